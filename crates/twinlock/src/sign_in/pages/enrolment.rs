//! Setting an app up in the middle of a sign-in, where a second factor is required and none is there.

use askama::Template;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Shell, StrictForm, safe_return_path};

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::backup_codes::Sheet;
use crate::authenticators::backup_codes::pages::{ShownSheet, carried_back};
use crate::authenticators::flow::binding;
use crate::authenticators::totp::pages::{PlatformApps, Setup, by_platform};
use crate::authenticators::{Kind, held};
use crate::config::Enrolment;
use crate::edge::answer::words;
use crate::edge::{Visit, page, see_other};
use crate::sign_in::flow::enrolment;
use crate::sign_in::{Requirement, Step};

use super::mailed::CodeForm;
use super::{Outcome, Standing, status_of, ticket, weigh};

/// `POST /sign-in/enroll/saved`
#[derive(Deserialize)]
pub struct SavedForm {
    sheet: String,
    next: String,
    saved: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/enroll.html")]
struct EnrollPage {
    page: Shell,
    why: String,
    steps: String,
    one_page: bool,
    platforms: Vec<PlatformApps>,
    has_app: bool,
    has_key: bool,
    has_text: bool,
}

#[derive(Template)]
#[template(path = "sign_in/pages/enroll_key.html")]
struct KeyPage {
    page: Shell,
    typed: String,
    error: String,
}

/// `POST /sign-in/enroll/key/options`
#[derive(Deserialize)]
pub struct BeginKeyForm {
    label: Option<String>,
}

/// `POST /sign-in/enroll/key/{id}`
#[derive(Deserialize)]
pub struct KeyForm {
    credential: String,
    label: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/enroll_scan.html")]
struct ScanPage {
    page: Shell,
    steps: String,
    one_page: bool,
    platforms: Vec<PlatformApps>,
    code_path: String,
    setup: Setup,
    error: String,
}

#[derive(Template)]
#[template(path = "sign_in/pages/enroll_code.html")]
struct CodePage {
    page: Shell,
    steps: String,
    path: String,
    error: String,
}

#[derive(Template)]
#[template(path = "sign_in/pages/enroll_codes.html")]
struct SheetPage {
    page: Shell,
    sheet: ShownSheet,
    next: String,
    error: String,
}

/// `GET /sign-in/enroll`: why, and which apps there are.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn explain(visit: Visit) -> Result<Response, Stop> {
    let standing = Standing::of(&visit).await?;
    let Step::Enrol(required_by) = standing.progress.step else {
        return Ok(standing.lead_on(&visit));
    };
    let messages = visit.moment.messages();
    let settings = &visit.moment.app.settings;
    let why = match required_by {
        Requirement::Instance => "enroll-why-instance",
        Requirement::Reset => "enroll-why-reset",
    };
    let kinds = binding::offered(&visit.moment.app);
    let template = EnrollPage {
        has_app: kinds.contains(&Kind::Totp),
        has_key: kinds.contains(&Kind::Webauthn),
        has_text: kinds.contains(&Kind::Sms),
        page: visit.shell(&settings.branding.labels.two_factor),
        why: messages.with(why, &[("product", Arg::from(&settings.branding.name))]),
        steps: steps(&messages, 1),
        one_page: is_one_page(&visit),
        platforms: by_platform(&settings.two_factor.totp.apps),
    };
    page(StatusCode::OK, &template)
}

/// `GET /sign-in/enroll/key`: setting up a security key.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn show_key(visit: Visit) -> Result<Response, Stop> {
    key_page(&visit, String::new(), None).await
}

async fn key_page(
    visit: &Visit,
    typed: String,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let Step::Enrol(_) = standing.progress.step else {
        return Ok(standing.lead_on(visit));
    };
    if !binding::offered(&visit.moment.app).contains(&Kind::Webauthn) {
        return Ok(see_other("/sign-in/enroll"));
    }
    let template = KeyPage {
        page: visit.shell(&visit.moment.app.settings.branding.labels.two_factor),
        typed,
        error: error(visit, refusal),
    };
    page(status_of(visit, refusal), &template)
}

/// `POST /sign-in/enroll/key/options`: begins the registration; what the browser asks the key.
///
/// # Errors
/// [`Refusal::SignInExpired`], [`Refusal::WrongStep`], [`Refusal::KindUnavailable`], [`Refusal::Field`].
pub async fn key_options(
    visit: Visit,
    StrictForm(form): StrictForm<BeginKeyForm>,
) -> Result<Response, Stop> {
    let label = form.label.unwrap_or_default();
    let pending = enrolment::begin_key(&visit.moment, visit.sign_in()?, label).await?;
    let id = pending.id.to_string();
    let options = json!({ "register": true, "id": id, "options": pending.options });
    Ok(Json(options).into_response())
}

/// `POST /sign-in/enroll/key/{id}`: what the key answered; the backup codes are shown once, in this answer.
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn confirm_key(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<KeyForm>,
) -> Result<Response, Stop> {
    let Ok(key) = id.parse::<AuthenticatorId>() else {
        return Ok(see_other("/sign-in/enroll"));
    };
    if let Some(answer) = sent_again(&visit, key).await? {
        return Ok(answer);
    }
    let answer = serde_json::from_str(&form.credential).unwrap_or(Value::Null);
    let ended = enrolment::confirm_key(&visit.moment, visit.sign_in()?, key, answer).await;
    if let Err(Stop::Refused(Refusal::NotFound)) = ended {
        return Ok(see_other("/sign-in/enroll"));
    }
    match weigh(&visit, ended).await? {
        Outcome::Done(enrolled) => enrolled_page(&visit, &enrolled),
        Outcome::Slip(refusal) => {
            key_page(&visit, form.label.unwrap_or_default(), Some(&refusal)).await
        }
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// Where the set-up of a sign-in leads that is through: to where the codes are missed, if it brought them just now and still counts.
pub(super) async fn sent_again(
    visit: &Visit,
    id: AuthenticatorId,
) -> Result<Option<Response>, Stop> {
    let (Some(acting), None) = (&visit.acting, &visit.sign_in) else {
        return Ok(None);
    };
    let account = acting.session.account;
    let held = visit.moment.read(move |w| held(w, account)).await?;
    Ok(Some(see_other(
        if held.has_new_codes_of(id, visit.moment.now) {
            "/settings/security?done=codes-shown-once"
        } else {
            "/settings/security?done=set-up-over"
        },
    )))
}

pub(super) fn enrolled_page(
    visit: &Visit,
    enrolled: &enrolment::Enrolled,
) -> Result<Response, Stop> {
    let (cookies, next) = ticket(visit, &enrolled.progress);
    let answer = match &enrolled.bound.sheet {
        Some(sheet) => sheet_page(visit, sheet, next, None)?,
        None => see_other(&next),
    };
    Ok(cookies.on(answer))
}

/// `POST /sign-in/enroll`: makes a key nobody has proven yet.
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn begin(visit: Visit) -> Result<Response, Stop> {
    let begun = enrolment::begin(&visit.moment, visit.sign_in()?, String::new()).await;
    match weigh(&visit, begun).await? {
        Outcome::Done(pending) => Ok(see_other(&format!("/sign-in/enroll/{}", pending.id))),
        Outcome::Slip(refusal) => Err(refusal.into()),
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// `GET /sign-in/enroll/{id}`: the QR code.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn scan(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    match pending(&visit, &id).await? {
        Ok(setup) => scan_page(&visit, setup, None),
        Err(answer) => Ok(answer),
    }
}

fn scan_page(visit: &Visit, setup: Setup, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let settings = &visit.moment.app.settings;
    let template = ScanPage {
        page: visit.shell(&settings.branding.labels.two_factor),
        steps: steps(&messages, 2),
        one_page: is_one_page(visit),
        platforms: by_platform(&settings.two_factor.totp.apps),
        code_path: format!("/sign-in/enroll/{}/code", setup.id),
        setup,
        error: error(visit, refusal),
    };
    page(status_of(visit, refusal), &template)
}

/// `GET /sign-in/enroll/{id}/code`: the code, where it has a page of its own.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask_code(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    match pending(&visit, &id).await? {
        Ok(setup) => code_page(&visit, setup, None),
        Err(answer) => Ok(answer),
    }
}

fn code_page(visit: &Visit, setup: Setup, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    if is_one_page(visit) {
        return scan_page(visit, setup, refusal);
    }
    let messages = visit.moment.messages();
    let template = CodePage {
        page: visit.shell(messages.text("second-factor-title")),
        steps: steps(&messages, 3),
        path: format!("/sign-in/enroll/{}", setup.id),
        error: error(visit, refusal),
    };
    page(status_of(visit, refusal), &template)
}

/// `POST /sign-in/enroll/{id}`: proves the app; the backup codes are shown once, in this answer.
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn confirm(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<CodeForm>,
) -> Result<Response, Stop> {
    let Ok(app) = id.parse::<AuthenticatorId>() else {
        return Ok(see_other("/sign-in/enroll"));
    };
    if let Some(answer) = sent_again(&visit, app).await? {
        return Ok(answer);
    }
    let ended = enrolment::confirm(&visit.moment, visit.sign_in()?, app, form.code).await;
    if let Err(Stop::Refused(Refusal::NotFound)) = ended {
        return Ok(see_other("/sign-in/enroll"));
    }
    match weigh(&visit, ended).await? {
        Outcome::Done(enrolled) => enrolled_page(&visit, &enrolled),
        Outcome::Slip(refusal) => match pending(&visit, &id).await? {
            Ok(setup) => code_page(&visit, setup, Some(&refusal)),
            Err(answer) => Ok(answer),
        },
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// `POST /sign-in/enroll/saved`: goes on once the tick says that the codes are kept.
///
/// # Errors
/// A template that fails.
pub async fn saved(
    visit: Visit,
    StrictForm(form): StrictForm<SavedForm>,
) -> Result<Response, Stop> {
    let next = safe_return_path(&form.next).unwrap_or_else(|| String::from("/"));
    match (form.saved, carried_back(&form.sheet)) {
        (None, Some(sheet)) => sheet_page(&visit, &sheet, next, Some("backup-codes-tick")),
        _ => Ok(see_other(&next)),
    }
}

fn sheet_page(
    visit: &Visit,
    sheet: &Sheet,
    next: String,
    slip: Option<&'static str>,
) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let branding = &visit.moment.app.settings.branding;
    let status = match slip {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let template = SheetPage {
        page: visit.shell(messages.with(
            "enroll-is-on",
            &[("label", Arg::from(branding.labels.two_factor.as_str()))],
        )),
        sheet: ShownSheet::new(sheet, &messages, branding, visit.person.as_deref()),
        next,
        error: slip.map(|id| messages.text(id)).unwrap_or_default(),
    };
    page(status, &template)
}

/// The half-done app, or the page that answers instead: it died, or the sign-in is at another step.
async fn pending(visit: &Visit, id: &str) -> Result<Result<Setup, Response>, Stop> {
    let again = see_other("/sign-in/enroll");
    let Ok(id) = id.parse::<AuthenticatorId>() else {
        return Ok(Err(again));
    };
    let found = enrolment::pending(&visit.moment, visit.sign_in()?, id).await;
    if let Err(Stop::Refused(Refusal::NotFound)) = found {
        return Ok(Err(again));
    }
    match weigh(visit, found).await? {
        Outcome::Done(pending) => Ok(Ok(Setup::from(pending))),
        Outcome::Slip(refusal) => Err(refusal.into()),
        Outcome::Elsewhere(answer) => Ok(Err(answer)),
    }
}

fn is_one_page(visit: &Visit) -> bool {
    visit.moment.app.settings.two_factor.enrolment == Enrolment::OnePage
}

fn steps(messages: &Messages, at: i64) -> String {
    messages.with("enroll-steps", &[("at", Arg::from(at))])
}

fn error(visit: &Visit, refusal: Option<&Refusal>) -> String {
    refusal.map_or_else(String::new, |refusal| {
        words(refusal, &visit.moment.messages(), visit.moment.now)
    })
}
