//! Backup codes in settings: a new sheet, the one look at it, another look where that is allowed, and checking a saved code.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::backup_codes::Sheet;
use crate::authenticators::backup_codes::flow::Checked;
use crate::authenticators::backup_codes::pages::{ShownSheet, carried_back, day, file_text};
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, page, see_other};
use crate::settings::flow;
use crate::step_up::pages::{ask_first, ask_or_stop};

use super::notice::Done;
use super::{SECURITY, done, field_error};

const NEW: &str = "/settings/security/backup-codes/new";
const REVEAL: &str = "/settings/security/backup-codes/reveal";

/// Why a sheet is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The first app was just proven.
    TurnedOn,
    /// The person asked for new codes.
    Renewed,
}

/// `POST /settings/security/backup-codes/new`: which sheet the person saw when they asked for another.
#[derive(Deserialize)]
pub struct NewForm {
    instead_of: String,
}

/// `POST …/saved`
#[derive(Deserialize)]
pub struct SavedForm {
    sheet: String,
    saved: Option<String>,
}

/// `POST /backup-codes/download`: the sheet's form, sent by another button.
#[derive(Deserialize)]
pub struct DownloadForm {
    sheet: String,
    /// Of the form around it; not read.
    #[serde(rename = "saved")]
    _saved: Option<String>,
    /// Of the form around it; not read.
    #[serde(rename = "next")]
    _next: Option<String>,
}

/// `POST /settings/security/backup-codes/check`
#[derive(Deserialize)]
pub struct CheckForm {
    code: String,
}

#[derive(Template)]
#[template(path = "settings/sheet.html")]
struct SheetPage {
    page: Shell,
    action: &'static str,
    lead: String,
    sheet: ShownSheet,
    error: String,
}

#[derive(Template)]
#[template(path = "settings/new_codes.html")]
struct NewPage {
    page: Shell,
    left: String,
    instead_of: i64,
}

#[derive(Template)]
#[template(path = "settings/reveal.html")]
struct RevealPage {
    page: Shell,
    codes: Vec<(String, Option<String>)>,
    heading: String,
}

#[derive(Template)]
#[template(path = "settings/check_code.html")]
struct CheckPage {
    page: Shell,
    typed: String,
    error: String,
    outcome: Option<(&'static str, String)>,
}

/// A new sheet, in the answer that made it.
pub(super) fn sheet_page(
    visit: &Visit,
    sheet: &Sheet,
    why: Why,
    error: String,
) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let branding = &visit.moment.app.settings.branding;
    let label = ("label", Arg::from(branding.labels.two_factor.as_str()));
    let (title, lead, action) = match why {
        Why::TurnedOn => (
            messages.with("settings-is-on", &[label]),
            String::new(),
            "/settings/security/two-factor/saved",
        ),
        Why::Renewed => (
            messages.text("settings-new-codes-made"),
            messages.text("settings-new-codes-old-die"),
            "/settings/security/backup-codes/saved",
        ),
    };
    let status = if error.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let template = SheetPage {
        page: visit.settings_shell(title, SettingsTab::Security)?,
        action,
        lead,
        sheet: ShownSheet::new(sheet, &messages, branding, visit.person.as_deref()),
        error,
    };
    page(status, &template)
}

/// `POST /settings/security/two-factor/saved`
///
/// # Errors
/// A template that fails.
pub async fn saved_first(
    visit: Visit,
    StrictForm(form): StrictForm<SavedForm>,
) -> Result<Response, Stop> {
    saved(&visit, &form, Why::TurnedOn, Done::TwoFactorOn)
}

/// `POST /settings/security/backup-codes/saved`
///
/// # Errors
/// A template that fails.
pub async fn saved_new(
    visit: Visit,
    StrictForm(form): StrictForm<SavedForm>,
) -> Result<Response, Stop> {
    saved(&visit, &form, Why::Renewed, Done::CodesSaved)
}

fn saved(visit: &Visit, form: &SavedForm, why: Why, word: Done) -> Result<Response, Stop> {
    if form.saved.is_some() {
        return Ok(done(word));
    }
    let error = visit.moment.messages().text("backup-codes-tick");
    match carried_back(&form.sheet) {
        Some(sheet) => sheet_page(visit, &sheet, why, error),
        None => Ok(see_other(SECURITY)),
    }
}

/// `POST /backup-codes/download`: the codes the browser holds anyway, as a text file. Nothing is looked up, and what is not a
/// sheet of codes does not come back.
///
/// # Errors
/// [`Refusal::Field`].
pub async fn download(
    visit: Visit,
    StrictForm(form): StrictForm<DownloadForm>,
) -> Result<Response, Stop> {
    let sheet = carried_back(&form.sheet).ok_or(Refusal::Field {
        field: "sheet",
        code: "invalid",
    })?;
    let branding = &visit.moment.app.settings.branding;
    let messages = visit.moment.messages();
    let shown = ShownSheet::new(&sheet, &messages, branding, visit.person.as_deref());
    let disposition = format!("attachment; filename=\"{}\"", shown.file_name);
    let headers = [
        (
            header::CONTENT_TYPE,
            String::from("text/plain; charset=utf-8"),
        ),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, file_text(&shown)).into_response())
}

/// `GET /settings/security/backup-codes/new`
///
/// # Errors
/// The database's trouble.
pub async fn new_form(visit: Visit) -> Result<Response, Stop> {
    if let Some(proof) = ask_first(&visit, NEW).await? {
        return Ok(proof);
    }
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    if !overview.held.is_on() {
        return Ok(done(Done::OffAlready));
    }
    let messages = visit.moment.messages();
    let left = ("left", Arg::from(overview.held.codes_left()));
    let template = NewPage {
        page: visit.settings_shell(messages.text("settings-new-codes"), SettingsTab::Security)?,
        left: messages.with("settings-new-codes-left", &[left]),
        instead_of: (overview.held.backup_codes.as_ref()).map_or(0, |sheet| sheet.sheet),
    };
    page(StatusCode::OK, &template)
}

/// `POST /settings/security/backup-codes/new`
///
/// # Errors
/// The database's trouble.
pub async fn new(visit: Visit, StrictForm(form): StrictForm<NewForm>) -> Result<Response, Stop> {
    let Ok(old) = form.instead_of.parse::<i64>() else {
        return Ok(see_other(NEW));
    };
    match flow::make_codes_instead_of(&visit.moment, visit.acting()?, old).await {
        Ok(sheet) => sheet_page(&visit, &sheet, Why::Renewed, String::new()),
        Err(Stop::Refused(Refusal::AlreadyExists)) => Ok(done(Done::CodesMadeAlready)),
        Err(Stop::Refused(Refusal::NoFactor)) => Ok(done(Done::OffAlready)),
        Err(stop) => ask_or_stop(stop, NEW),
    }
}

/// `GET /settings/security/backup-codes/reveal`
///
/// # Errors
/// [`Refusal::RevealDisabled`] where codes cannot be shown again.
pub async fn reveal_form(visit: Visit) -> Result<Response, Stop> {
    if !visit.moment.app.settings.two_factor.backup_codes.reveal {
        return Err(Refusal::RevealDisabled.into());
    }
    if let Some(proof) = ask_first(&visit, REVEAL).await? {
        return Ok(proof);
    }
    reveal_page(&visit, Vec::new(), String::new())
}

fn reveal_page(
    visit: &Visit,
    codes: Vec<(String, Option<String>)>,
    heading: String,
) -> Result<Response, Stop> {
    let title = visit.moment.messages().text("settings-reveal-title");
    let template = RevealPage {
        page: visit.settings_shell(title, SettingsTab::Security)?,
        codes,
        heading,
    };
    page(StatusCode::OK, &template)
}

/// `POST /settings/security/backup-codes/reveal`
///
/// # Errors
/// [`Refusal::RevealDisabled`], [`Refusal::NotFound`].
pub async fn reveal(visit: Visit) -> Result<Response, Stop> {
    let (number, shown) = match flow::reveal(&visit.moment, visit.acting()?).await {
        Ok(shown) => shown,
        Err(stop) => return ask_or_stop(stop, REVEAL),
    };
    let messages = visit.moment.messages();
    let codes = shown.into_iter().map(|shown| {
        let used = shown.used_at.map(|at| {
            let day = ("day", Arg::from(day(at, &messages)));
            messages.with("settings-code-used", &[day])
        });
        (shown.code, used)
    });
    let heading = messages.with("settings-sheet-number", &[("number", Arg::from(number))]);
    reveal_page(&visit, codes.collect(), heading)
}

/// `GET /settings/security/backup-codes/check`
///
/// # Errors
/// A template that fails.
pub async fn check_form(visit: Visit) -> Result<Response, Stop> {
    check_page(&visit, String::new(), String::new(), None)
}

fn check_page(
    visit: &Visit,
    typed: String,
    error: String,
    outcome: Option<(&'static str, String)>,
) -> Result<Response, Stop> {
    let title = visit.moment.messages().text("settings-check-title");
    let status = if error.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let template = CheckPage {
        page: visit.settings_shell(title, SettingsTab::Security)?,
        typed,
        error,
        outcome,
    };
    page(status, &template)
}

/// `POST /settings/security/backup-codes/check`
///
/// # Errors
/// The database's trouble.
pub async fn check(
    visit: Visit,
    StrictForm(form): StrictForm<CheckForm>,
) -> Result<Response, Stop> {
    let typed = form.code.clone();
    match flow::check_code(&visit.moment, visit.acting()?, form.code).await {
        Ok(checked) => {
            let outcome = outcome(&visit, checked);
            check_page(&visit, String::new(), String::new(), Some(outcome))
        }
        Err(Stop::Refused(Refusal::Field {
            code: "not_a_backup_code",
            ..
        })) => {
            let error = visit.moment.messages().text("settings-check-not-a-code");
            check_page(&visit, String::new(), error, None)
        }
        Err(Stop::Refused(Refusal::Mistyped)) => {
            let error = visit.moment.messages().text("settings-check-mistyped");
            check_page(&visit, typed, error, None)
        }
        Err(stop) => {
            let error = field_error(&visit, stop)?;
            check_page(&visit, String::new(), error, None)
        }
    }
}

fn outcome(visit: &Visit, checked: Checked) -> (&'static str, String) {
    let messages = visit.moment.messages();
    let number = ("number", Arg::from(checked.ordinal.unwrap_or(0)));
    let sheet = ("sheet", Arg::from(checked.sheet.unwrap_or(0)));
    match (checked.valid, checked.used_at, checked.sheet) {
        (true, _, _) => ("ok", messages.with("settings-check-good", &[number, sheet])),
        (false, Some(at), _) => {
            let day = ("day", Arg::from(day(at, &messages)));
            let text = messages.with("settings-check-used", &[number, sheet, day]);
            ("warning", text)
        }
        (false, None, Some(_)) => (
            "warning",
            messages.with("settings-check-old", &[number, sheet]),
        ),
        (false, None, None) => ("error", messages.text("settings-check-unknown")),
    }
}
