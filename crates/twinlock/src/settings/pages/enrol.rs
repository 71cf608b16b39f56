//! Setting an app up: which kind, which app, the QR code, the first code, and the backup codes it brings.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::Kind;
use crate::authenticators::flow::{Bound, binding};
use crate::authenticators::totp::pages::{PlatformApps, Setup, by_platform};
use crate::config::{Enrolment, Methods};
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, page, see_other};
use crate::settings::flow::{self, Overview};
use crate::step_up::pages::{ask_first, ask_or_stop};

use super::notice::Done;
use super::texts::keeping_all;
use super::{
    SECURITY, authenticator_id, codes, done, field_error, name_of, renewed, replaced, what_changes,
};

const APP: &str = "/settings/security/two-factor/app";
const MOVE: &str = "/settings/security/two-factor/move";

/// `GET /settings/security/two-factor/app`
#[derive(Deserialize)]
pub struct Asked {
    replaces: Option<String>,
}

/// `POST /settings/security/two-factor/app`; an empty `replaces` adds an app beside the others.
#[derive(Deserialize)]
pub struct BeginForm {
    label: Option<String>,
    replaces: Option<String>,
}

/// `POST /settings/security/two-factor/app/{id}`
#[derive(Deserialize)]
pub struct CodeForm {
    code: String,
}

#[derive(Template)]
#[template(path = "settings/choose.html")]
struct ChoosePage {
    page: Shell,
    app: bool,
    key: bool,
    text: bool,
    is_on: bool,
    disable: String,
}

#[derive(Template)]
#[template(path = "settings/install_app.html")]
struct InstallPage {
    page: Shell,
    steps: Steps,
    one_page: bool,
    what_changes: String,
    platforms: Vec<PlatformApps>,
    asks_label: bool,
    typed: String,
    error: String,
    replaces: String,
}

#[derive(Template)]
#[template(path = "settings/scan_app.html")]
struct ScanPage {
    page: Shell,
    steps: Steps,
    setup: Setup,
    one_page: bool,
    platforms: Vec<PlatformApps>,
    error: String,
}

#[derive(Template)]
#[template(path = "settings/app_code.html")]
struct CodePage {
    page: Shell,
    steps: Steps,
    id: String,
    error: String,
}

#[derive(Template)]
#[template(path = "settings/move.html")]
struct MovePage {
    page: Shell,
    apps: Vec<(String, String)>,
    /// What the choice says that replaces none, where there is one.
    keep: Option<String>,
}

/// "Step 2 of 3".
struct Steps {
    text: String,
    at: i64,
    of: i64,
}

fn is_one_page(visit: &Visit) -> bool {
    visit.moment.app.settings.two_factor.enrolment == Enrolment::OnePage
}

/// Where there are pages to count: on one page there is nothing to number.
fn steps(visit: &Visit, at: i64) -> Steps {
    let of = 3;
    let text = visit.moment.messages().with(
        "settings-step",
        &[("at", Arg::from(at)), ("of", Arg::from(of))],
    );
    Steps { text, at, of }
}

pub(super) fn dialog(visit: &Visit) -> Result<Shell, Stop> {
    let label = &visit.moment.app.settings.branding.labels.two_factor;
    visit.settings_shell(label.clone(), SettingsTab::Security)
}

/// `GET /settings/security/two-factor`: with one kind to choose from and nothing to turn off, straight to that kind.
///
/// # Errors
/// The database's trouble.
pub async fn choose(visit: Visit) -> Result<Response, Stop> {
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    let is_on = overview.held.is_on();
    let kinds = binding::offered(&visit.moment.app);
    if !is_on && let [only] = kinds.as_slice() {
        return Ok(see_other(page_of(*only)));
    }
    let disable = visit.moment.messages().text("settings-disable-button");
    let template = ChoosePage {
        page: dialog(&visit)?,
        app: kinds.contains(&Kind::Totp),
        key: kinds.contains(&Kind::Webauthn),
        text: kinds.contains(&Kind::Sms),
        is_on,
        disable,
    };
    page(StatusCode::OK, &template)
}

/// Where a kind is set up.
pub(super) fn page_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Webauthn => "/settings/security/two-factor/key",
        Kind::Sms => "/settings/security/two-factor/text",
        Kind::Totp | Kind::BackupCode => APP,
    }
}

/// `GET /settings/security/two-factor/app`
///
/// # Errors
/// [`Refusal::NotFound`] for an app that is not theirs.
pub async fn install(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stop> {
    let replaces = asked.replaces.unwrap_or_default();
    if let Some(proof) = ask_first(&visit, &install_path(&replaces)).await? {
        return Ok(proof);
    }
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    install_page(&visit, &overview, &replaces, None, String::new())
}

/// Where the form lives; an id in another spelling than ours is left out, not repeated.
fn install_path(replaces: &str) -> String {
    match replaces.parse::<AuthenticatorId>() {
        Ok(id) => format!("{APP}?replaces={id}"),
        Err(_) => String::from(APP),
    }
}

fn install_page(
    visit: &Visit,
    overview: &Overview,
    replaces: &str,
    typed: Option<String>,
    error: String,
) -> Result<Response, Stop> {
    let settings = &visit.moment.app.settings;
    let old = replaced(visit, &overview.held.factors, replaces)?;
    let template = InstallPage {
        page: dialog(visit)?,
        steps: steps(visit, 1),
        one_page: is_one_page(visit),
        what_changes: what_changes(visit, old),
        platforms: by_platform(&settings.two_factor.totp.apps),
        asks_label: overview.held.is_on(),
        typed: typed.unwrap_or_else(|| old.map(|old| old.label.clone()).unwrap_or_default()),
        replaces: old.map(|old| old.id.to_string()).unwrap_or_default(),
        error: error.clone(),
    };
    page(status(&error), &template)
}

fn status(error: &str) -> StatusCode {
    if error.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// `POST /settings/security/two-factor/app`
///
/// # Errors
/// [`Refusal::NotFound`] for an app that is not theirs.
pub async fn begin(
    visit: Visit,
    StrictForm(form): StrictForm<BeginForm>,
) -> Result<Response, Stop> {
    let acting = visit.acting()?;
    let replaces = form.replaces.unwrap_or_default();
    let old = match replaces.as_str() {
        "" => None,
        id => Some(authenticator_id(id)?),
    };
    let label = form.label.unwrap_or_default();
    match flow::begin_app(&visit.moment, acting, label.clone(), old).await {
        Ok(pending) => Ok(see_other(&format!("{APP}/{}", pending.id))),
        Err(Stop::Refused(Refusal::StepUpRequired)) => {
            ask_or_stop(Refusal::StepUpRequired.into(), &install_path(&replaces))
        }
        Err(stop) => {
            let error = field_error(&visit, stop)?;
            let overview = flow::overview(&visit.moment, acting).await?;
            install_page(&visit, &overview, &replaces, Some(label), error)
        }
    }
}

/// `GET /settings/security/two-factor/app/{id}`
///
/// # Errors
/// The database's trouble.
pub async fn scan(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    scan_page(&visit, &id, String::new()).await
}

/// A set-up that is finished or dead leads to the Security page, which shows how things are.
async fn scan_page(visit: &Visit, id: &str, error: String) -> Result<Response, Stop> {
    let id = authenticator_id(id)?;
    let pending = match flow::pending_app(&visit.moment, visit.acting()?, id).await {
        Err(Stop::Refused(Refusal::NotFound)) => return over(visit, id).await,
        pending => pending?,
    };
    let template = ScanPage {
        page: dialog(visit)?,
        steps: steps(visit, 2),
        setup: Setup::from(pending),
        one_page: is_one_page(visit),
        platforms: by_platform(&visit.moment.app.settings.two_factor.totp.apps),
        error: error.clone(),
    };
    page(status(&error), &template)
}

/// `GET /settings/security/two-factor/app/{id}/code`
///
/// # Errors
/// The database's trouble.
pub async fn code(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let known = authenticator_id(&id)?;
    match flow::pending_app(&visit.moment, visit.acting()?, known).await {
        Err(Stop::Refused(Refusal::NotFound)) => over(&visit, known).await,
        Ok(_) if is_one_page(&visit) => Ok(see_other(&format!("{APP}/{known}"))),
        Ok(_) => code_page(&visit, id, String::new()),
        Err(stop) => Err(stop),
    }
}

fn code_page(visit: &Visit, id: String, error: String) -> Result<Response, Stop> {
    let template = CodePage {
        page: dialog(visit)?,
        steps: steps(visit, 3),
        id,
        error: error.clone(),
    };
    page(status(&error), &template)
}

/// `POST /settings/security/two-factor/app/{id}`
///
/// # Errors
/// The database's trouble.
pub async fn confirm(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<CodeForm>,
) -> Result<Response, Stop> {
    let known = authenticator_id(&id)?;
    match flow::confirm(&visit.moment, visit.acting()?, known, form.code).await {
        Ok((bound, token)) => renewed(&visit, token.as_deref(), set_up(&visit, &bound)?),
        Err(Stop::Refused(Refusal::NotFound)) => over(&visit, known).await,
        Err(stop) => {
            let error = field_error(&visit, stop)?;
            if is_one_page(&visit) {
                scan_page(&visit, &id, error).await
            } else {
                code_page(&visit, id, error)
            }
        }
    }
}

/// A set-up that is finished or dead. Whoever comes again right after their first app brought the codes may have lost sight of them.
pub(super) async fn over(visit: &Visit, id: AuthenticatorId) -> Result<Response, Stop> {
    let held = flow::overview(&visit.moment, visit.acting()?).await?.held;
    Ok(done(if held.has_new_codes_of(id, visit.moment.now) {
        Done::CodesShownOnce
    } else {
        Done::SetUpOver
    }))
}

/// The first app brings backup codes, shown in this answer and never again; a later one leads back.
pub(super) fn set_up(visit: &Visit, bound: &Bound) -> Result<Response, Stop> {
    match (&bound.sheet, &bound.proven.replaced) {
        (Some(sheet), _) => codes::sheet_page(visit, sheet, codes::Why::TurnedOn, String::new()),
        (None, Some(_)) => Ok(done(Done::MethodReplaced)),
        (None, None) => Ok(done(Done::MethodAdded)),
    }
}

/// `GET /settings/security/two-factor/move`
///
/// # Errors
/// The database's trouble.
pub async fn move_phone(visit: Visit) -> Result<Response, Stop> {
    if let Some(proof) = ask_first(&visit, MOVE).await? {
        return Ok(proof);
    }
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    let factors = &overview.held.factors;
    let apps: Vec<_> = (factors.iter().filter(|factor| factor.kind == Kind::Totp)).collect();
    if apps.is_empty() {
        return Ok(see_other(SECURITY));
    }
    let messages = visit.moment.messages();
    let may_keep = visit.moment.app.settings.two_factor.methods == Methods::Several;
    let keep = may_keep.then(|| messages.text(keeping_all(apps.len())));
    let apps = apps.into_iter().map(|factor| {
        let name = ("name", Arg::from(name_of(&visit, factor)));
        let choice = messages.with("settings-move-replace", &[name]);
        (factor.id.to_string(), choice)
    });
    let template = MovePage {
        page: visit.settings_shell(messages.text("settings-move"), SettingsTab::Security)?,
        apps: apps.collect(),
        keep,
    };
    page(StatusCode::OK, &template)
}
