//! Changing an app that is set up: its name, which is asked first, removing one, and turning all of it off.

use askama::Template;
use axum::Json;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::{Authenticator, Kind, Removal};
use crate::edge::answer::{kept, words};
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, page, see_other};
use crate::settings::flow;
use crate::step_up::flow::KeyOffer;
use crate::step_up::pages::{ask_first, ask_or_stop, beside_field, prove_again, signed_out};

use super::notice::Done;
use super::{SECURITY, authenticator_id, done, field_error, name_of, renewed};

const DISABLE: &str = "/settings/security/two-factor/disable";
/// The same page, for people who came to remove their last app.
const DISABLE_LAST: &str = "/settings/security/two-factor/disable?why=last-method";

/// `GET /settings/security/two-factor/disable`
#[derive(Deserialize)]
pub struct Asked {
    why: Option<String>,
}

/// `POST /settings/security/methods/{id}/rename`
#[derive(Deserialize)]
pub struct LabelForm {
    label: String,
}

/// `POST /settings/security/methods/{id}/remove`
#[derive(Deserialize)]
pub struct RemoveForm {
    lost: Option<String>,
}

/// `POST /settings/security/two-factor/disable`
#[derive(Deserialize)]
pub struct DisableForm {
    code: String,
}

#[derive(Template)]
#[template(path = "settings/rename.html")]
struct RenamePage {
    page: Shell,
    id: String,
    typed: String,
    error: String,
}

#[derive(Template)]
#[template(path = "settings/remove.html")]
struct RemovePage {
    page: Shell,
    id: String,
    question: String,
    lost: bool,
    error: String,
    prove: String,
}

#[derive(Template)]
#[template(path = "settings/disable.html")]
struct DisablePage {
    page: Shell,
    required: bool,
    code: bool,
    code_hint: &'static str,
    key: bool,
    key_error: String,
    is_last: bool,
    button: String,
    typed: String,
    error: String,
}

async fn all(visit: &Visit) -> Result<Vec<Authenticator>, Stop> {
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    Ok(overview.held.factors)
}

fn one<'a>(factors: &'a [Authenticator], id: &str) -> Result<&'a Authenticator, Stop> {
    let id = authenticator_id(id)?;
    let found = factors.iter().find(|factor| factor.id == id);
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// `GET /settings/security/methods/{id}/rename`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn rename_form(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let factors = all(&visit).await?;
    let label = one(&factors, &id)?.label.clone();
    rename_page(&visit, StatusCode::OK, id, label, String::new())
}

fn rename_page(
    visit: &Visit,
    status: StatusCode,
    id: String,
    typed: String,
    error: String,
) -> Result<Response, Stop> {
    let title = visit.moment.messages().text("settings-rename-title");
    let template = RenamePage {
        page: visit.settings_shell(title, SettingsTab::Security)?,
        id,
        typed,
        error,
    };
    page(status, &template)
}

/// `POST /settings/security/methods/{id}/rename`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn rename(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<LabelForm>,
) -> Result<Response, Stop> {
    let known = authenticator_id(&id)?;
    match flow::rename(&visit.moment, visit.acting()?, known, form.label.clone()).await {
        Ok(()) => Ok(done(Done::MethodRenamed)),
        Err(stop) => {
            let error = field_error(&visit, stop)?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            rename_page(&visit, status, id, form.label, error)
        }
    }
}

/// `POST /settings/security/methods/{id}/prefer`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn prefer(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let id = authenticator_id(&id)?;
    match flow::prefer(&visit.moment, visit.acting()?, id).await {
        Ok(()) => Ok(done(Done::MethodPreferred)),
        // The button stands on the Security page itself, so that is where people choose again.
        Err(stop) => ask_or_stop(stop, &format!("{SECURITY}?done={}", Done::Proven.word())),
    }
}

/// `GET /settings/security/methods/{id}/remove`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn remove_form(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let factors = all(&visit).await?;
    let factor = one(&factors, &id)?;
    if factors.len() == 1 {
        return Ok(see_other(DISABLE_LAST));
    }
    if let Some(proof) = ask_first(&visit, &remove_path(factor)).await? {
        return Ok(proof);
    }
    remove_page(&visit, factor, None)
}

fn remove_page(
    visit: &Visit,
    factor: &Authenticator,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let name = name_of(visit, factor);
    let question = messages.with("settings-remove-title", &[("name", Arg::from(name))]);
    let template = RemovePage {
        page: visit.settings_shell(question.clone(), SettingsTab::Security)?,
        id: factor.id.to_string(),
        question,
        lost: refusal.is_some(),
        error: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
        prove: prove_again(&remove_path(factor)),
    };
    let status = refusal.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    page(status, &template)
}

fn remove_path(factor: &Authenticator) -> String {
    format!("/settings/security/methods/{}/remove", factor.id)
}

/// `POST /settings/security/methods/{id}/remove`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn remove(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<RemoveForm>,
) -> Result<Response, Stop> {
    let known = authenticator_id(&id)?;
    let removal = match form.lost.as_deref() {
        Some("yes") => Removal::Lost,
        _ => Removal::Undoable,
    };
    match flow::remove(&visit.moment, visit.acting()?, known, removal).await {
        Ok(token) => renewed(&visit, token.as_deref(), done(Done::MethodRemoved)),
        Err(Stop::Refused(Refusal::LastFactor)) => Ok(see_other(DISABLE_LAST)),
        Err(Stop::Refused(refusal @ Refusal::ProveByAnother)) => {
            let factors = all(&visit).await?;
            remove_page(&visit, one(&factors, &id)?, Some(&refusal))
        }
        Err(stop) => ask_or_stop(stop, &format!("/settings/security/methods/{known}/remove")),
    }
}

/// `GET /settings/security/two-factor/disable`
///
/// # Errors
/// The database's trouble.
pub async fn disable_form(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stop> {
    let is_last = asked.why.as_deref() == Some("last-method");
    disable_page(&visit, is_last, String::new(), None).await
}

async fn disable_page(
    visit: &Visit,
    is_last: bool,
    typed: String,
    slip: Option<&Refusal>,
) -> Result<Response, Stop> {
    let said = |refusal| words(refusal, &visit.moment.messages(), visit.moment.now);
    let (error, key_error) = match slip {
        Some(refusal @ Refusal::KeyNotAccepted) => (String::new(), said(refusal)),
        Some(refusal) => (said(refusal), String::new()),
        None => (String::new(), String::new()),
    };
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    if !overview.held.is_on() {
        return Ok(done(Done::OffAlready));
    }
    let has_app = (overview.held.factors.iter()).any(|one| one.kind == Kind::Totp);
    let button = visit.moment.messages().text("settings-disable-button");
    let status = slip.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let template = DisablePage {
        page: visit.settings_shell(button.clone(), SettingsTab::Security)?,
        required: overview.required,
        code: has_app || overview.held.codes_left() > 0,
        code_hint: if has_app {
            "settings-disable-code-hint"
        } else {
            "settings-disable-recovery-hint"
        },
        key: KeyOffer::of(&overview.held.factors).is_some(),
        key_error,
        is_last,
        button,
        typed,
        error,
    };
    page(status, &template)
}

/// `POST /settings/security/two-factor/disable`: a code typed for just this, whatever was proven before.
///
/// # Errors
/// The database's trouble.
pub async fn disable(
    visit: Visit,
    StrictForm(form): StrictForm<DisableForm>,
) -> Result<Response, Stop> {
    let typed = form.code.clone();
    let ended = flow::disable(&visit.moment, visit.acting()?, form.code).await;
    disabled(&visit, ended, typed).await
}

/// Off, or the page again with what is wrong.
async fn disabled(
    visit: &Visit,
    ended: Result<Option<String>, Stop>,
    typed: String,
) -> Result<Response, Stop> {
    match ended {
        Ok(token) => renewed(visit, token.as_deref(), done(Done::TwoFactorOff)),
        Err(Stop::Refused(Refusal::NoFactor)) => Ok(done(Done::OffAlready)),
        Err(Stop::Refused(Refusal::StillRequired)) => Ok(see_other(DISABLE)),
        Err(Stop::Refused(Refusal::SignedOut)) => signed_out(visit, DISABLE),
        Err(stop) => {
            let refusal = beside_field(stop)?;
            let typed = kept(&refusal, &typed);
            disable_page(visit, false, typed, Some(&refusal)).await
        }
    }
}

/// `POST /settings/security/two-factor/disable/key`
#[derive(Deserialize)]
pub struct DisableByKeyForm {
    credential: String,
}

/// `POST /settings/security/two-factor/disable/key/options`: what the browser asks the key.
///
/// # Errors
/// [`Refusal::StillRequired`], [`Refusal::NoFactor`].
pub async fn ask_to_disable(visit: Visit) -> Result<Response, Stop> {
    let options = flow::ask_to_disable(&visit.moment, visit.acting()?).await?;
    Ok(Json(json!({ "register": false, "options": options })).into_response())
}

/// `POST /settings/security/two-factor/disable/key`: a key touched for just this, whatever was proven before.
///
/// # Errors
/// The database's trouble.
pub async fn disable_by_key(
    visit: Visit,
    StrictForm(form): StrictForm<DisableByKeyForm>,
) -> Result<Response, Stop> {
    let answer = serde_json::from_str(&form.credential).unwrap_or(Value::Null);
    let ended = flow::disable_by_key(&visit.moment, visit.acting()?, answer).await;
    disabled(&visit, ended, String::new()).await
}
