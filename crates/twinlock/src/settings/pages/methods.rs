//! Changing a method that is set up: its name, which is asked first, and removing one.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::{Authenticator, Kind, Removal};
use crate::edge::answer::words;
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, page, see_other};
use crate::settings::flow;
use crate::step_up::pages::{ask_first, ask_or_stop, prove_again};

use super::notice::Done;
use super::{SECURITY, authenticator_id, done, field_error, name_of, renewed};

/// Where two-factor authentication is turned off, for people who came to remove their last method.
const DISABLE_LAST: &str = "/settings/security/two-factor/disable?why=last-method";

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
    what: &'static str,
    lost: bool,
    error: String,
    prove: String,
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
    let factor = one(&factors, &id)?;
    // What is shown of a number is its name.
    if factor.kind == Kind::Sms {
        return Err(Refusal::NotFound.into());
    }
    rename_page(
        &visit,
        StatusCode::OK,
        id,
        factor.label.clone(),
        String::new(),
    )
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
        what: match factor.kind {
            Kind::Sms => "settings-remove-what-number",
            Kind::Totp | Kind::Webauthn | Kind::BackupCode => "settings-remove-what",
        },
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
