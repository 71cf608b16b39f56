//! Setting a security key up.

use askama::Template;
use axum::Json;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use twinlock_web::{Shell, StrictForm};

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::edge::answer::words;
use crate::edge::{Visit, page};
use crate::settings::flow;
use crate::step_up::pages::{ask_first, ask_or_stop};

use super::enrol::{dialog, set_up};
use super::notice::Done;
use super::{authenticator_id, done, renewed, replaced, what_changes};

const KEY: &str = "/settings/security/two-factor/key";

/// `GET /settings/security/two-factor/key`
#[derive(Deserialize)]
pub struct Asked {
    replaces: Option<String>,
}

/// `POST /settings/security/two-factor/key/options`; an empty `replaces` adds a key beside the others.
#[derive(Deserialize)]
pub struct BeginForm {
    label: Option<String>,
    replaces: Option<String>,
}

/// `POST /settings/security/two-factor/key/{id}`
#[derive(Deserialize)]
pub struct KeyForm {
    credential: String,
    label: Option<String>,
    replaces: Option<String>,
}

#[derive(Template)]
#[template(path = "settings/security_key.html")]
struct KeyPage {
    page: Shell,
    what_changes: String,
    replaces: String,
    typed: String,
    error: String,
}

/// `GET /settings/security/two-factor/key`
///
/// # Errors
/// [`Refusal::NotFound`] for a method that is not theirs.
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stop> {
    if let Some(proof) = ask_first(&visit, KEY).await? {
        return Ok(proof);
    }
    let replaces = asked.replaces.unwrap_or_default();
    key_page(&visit, &replaces, String::new(), None).await
}

async fn key_page(
    visit: &Visit,
    replaces: &str,
    typed: String,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let factors = flow::overview(&visit.moment, visit.acting()?)
        .await?
        .held
        .factors;
    let old = replaced(visit, &factors, replaces)?;
    let template = KeyPage {
        page: dialog(visit)?,
        what_changes: what_changes(visit, old),
        replaces: old.map(|old| old.id.to_string()).unwrap_or_default(),
        typed,
        error: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
    };
    let status = refusal.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    page(status, &template)
}

/// `POST /settings/security/two-factor/key/options`: begins the registration; what the browser asks the key.
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::KindUnavailable`], [`Refusal::Field`], [`Refusal::NotFound`].
pub async fn options(
    visit: Visit,
    StrictForm(form): StrictForm<BeginForm>,
) -> Result<Response, Stop> {
    let old = match form.replaces.as_deref() {
        None | Some("") => None,
        Some(id) => Some(authenticator_id(id)?),
    };
    let label = form.label.unwrap_or_default();
    let begun = flow::begin_key(&visit.moment, visit.acting()?, label, old).await;
    let pending = match begun {
        Ok(pending) => pending,
        Err(stop) => return ask_or_stop(stop, KEY),
    };
    let id = pending.id.to_string();
    let options = json!({ "register": true, "id": id, "options": pending.options });
    Ok(Json(options).into_response())
}

/// `POST /settings/security/two-factor/key/{id}`: what the key answered.
///
/// # Errors
/// The database's trouble.
pub async fn confirm(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<KeyForm>,
) -> Result<Response, Stop> {
    let known: AuthenticatorId = authenticator_id(&id)?;
    let answer = serde_json::from_str(&form.credential).unwrap_or(Value::Null);
    match flow::confirm_key(&visit.moment, visit.acting()?, known, answer).await {
        Ok((bound, token)) => renewed(&visit, token.as_deref(), set_up(&visit, &bound)?),
        Err(Stop::Refused(Refusal::NotFound)) => Ok(done(Done::SetUpOver)),
        Err(Stop::Refused(refusal @ (Refusal::KeyNotAccepted | Refusal::AlreadyExists))) => {
            let replaces = form.replaces.unwrap_or_default();
            let label = form.label.unwrap_or_default();
            key_page(&visit, &replaces, label, Some(&refusal)).await
        }
        Err(stop) => Err(stop),
    }
}
