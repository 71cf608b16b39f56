//! The second factor by a security key.

use askama::Template;
use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::{Authenticator, Kind};
use crate::edge::answer::words;
use crate::edge::{Visit, page};
use crate::sign_in::Step;
use crate::sign_in::flow::second_factor;

use super::second_factor::{Tick, said, use_text, why};
use super::{Outcome, Standing, go_on, status_of, weigh};

/// `POST /sign-in/security-key`
#[derive(Deserialize)]
pub struct KeyForm {
    credential: String,
    trust_device: Option<String>,
    shared: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/security_key.html")]
struct KeyPage {
    page: Shell,
    why: String,
    tick: Option<Tick>,
    text: Option<String>,
    has_app: bool,
    recovery: bool,
    error: String,
}

/// Whether one of these kinds is among some second factors.
pub(super) fn has(factors: &[Authenticator], kind: Kind) -> bool {
    factors.iter().any(|factor| factor.kind == kind)
}

/// `GET /sign-in/security-key`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask(visit: Visit) -> Result<Response, Stop> {
    key_page(&visit, None, None).await
}

/// `POST /sign-in/security-key/options`: what the browser asks the key.
///
/// # Errors
/// [`Refusal::SignInExpired`], [`Refusal::WrongStep`], [`Refusal::NoFactor`].
pub async fn options(visit: Visit) -> Result<Response, Stop> {
    let options = second_factor::ask_key(&visit.moment, visit.sign_in()?).await?;
    Ok(Json(json!({ "register": false, "options": options })).into_response())
}

/// `POST /sign-in/security-key`: what the key answered.
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify(visit: Visit, StrictForm(form): StrictForm<KeyForm>) -> Result<Response, Stop> {
    let said = said(&visit, form.trust_device.as_deref(), form.shared.as_deref());
    let answer = serde_json::from_str(&form.credential).unwrap_or(Value::Null);
    let token = visit.sign_in()?;
    let tried = second_factor::verify_key(&visit.moment, token, answer, said).await;
    match weigh(&visit, tried).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => key_page(&visit, Some(&refusal), said).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

async fn key_page(
    visit: &Visit,
    refusal: Option<&Refusal>,
    said: Option<bool>,
) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let Step::SecondFactor {
        factors,
        backup_codes,
    } = &standing.progress.step
    else {
        return Ok(standing.lead_on(visit));
    };
    if !has(factors, Kind::Webauthn) {
        return Ok(standing.lead_on(visit));
    }
    let messages = visit.moment.messages();
    // Where the instance moved to an address without a name, its keys are of no use any more.
    let unusable = visit.moment.app.webauthn.is_none();
    let unusable = unusable.then_some(Refusal::KindUnavailable);
    let refusal = refusal.or(unusable.as_ref());
    let template = KeyPage {
        page: visit.shell(messages.text("sign-in-key-title")),
        why: why(visit, standing.progress.thaw),
        tick: Tick::of(visit, standing.progress.thaw, said),
        text: use_text(visit, factors),
        has_app: has(factors, Kind::Totp),
        recovery: *backup_codes,
        error: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
    };
    page(status_of(visit, refusal), &template)
}
