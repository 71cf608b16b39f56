//! The page that asks for a proof before a sensitive change, and the way to it and back.

mod drawing;
pub mod text;

use askama::Template;
use axum::Json;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use twinlock_web::{Shell, StrictForm, safe_return_path};

use crate::app::{Refusal, Stop};
use crate::authenticators::Kind;
use crate::edge::{Visit, page, see_other};

use super::flow::{self, Offer, Proof, TextOffer};
use drawing::{Asks, draw};

const HOME: &str = "/settings/security";

/// `GET /step-up`
#[derive(Deserialize)]
pub struct Wanted {
    return_to: Option<String>,
    with: Option<String>,
}

/// `POST /step-up`: one of the three proofs.
#[derive(Deserialize)]
pub struct ProofForm {
    return_to: Option<String>,
    code: Option<String>,
    password: Option<String>,
    email_code: Option<String>,
}

/// `POST /step-up/send`
#[derive(Deserialize)]
pub struct SendForm {
    return_to: Option<String>,
}

/// Asks for a proof though one is recent.
const AGAIN: &str = "another";

#[derive(Template)]
#[template(path = "step_up/signed_out.html")]
struct SignedOutPage {
    page: Shell,
    return_to: String,
}

/// To the page that asks for a proof, and from there back to `path`.
#[must_use]
pub fn ask(path: &str) -> Response {
    see_other(&address("/step-up", &[("return_to", path)]))
}

/// Where it is proven again by another method, though a proof is recent enough; from there back to `path`.
#[must_use]
pub fn prove_again(path: &str) -> String {
    address("/step-up", &[("with", AGAIN), ("return_to", path)])
}

/// The way to a proof where none is recent enough, so that nobody fills a form in vain.
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn ask_first(visit: &Visit, path: &str) -> Result<Option<Response>, Stop> {
    let offer = flow::offer(&visit.moment, visit.acting()?).await?;
    Ok((!offer.done).then(|| ask(path)))
}

/// The answer to a change that did not happen: to the proof and back to the page with its form (`path`), or the stop as it is.
///
/// # Errors
/// Every stop that is not about a proof.
pub fn ask_or_stop(stop: Stop, path: &str) -> Result<Response, Stop> {
    match stop {
        Stop::Refused(Refusal::StepUpRequired) => Ok(ask(path)),
        stop => Err(stop),
    }
}

/// A refusal that is said beside the field it is about.
///
/// # Errors
/// Every other stop.
pub fn beside_field(stop: Stop) -> Result<Refusal, Stop> {
    match stop {
        Stop::Refused(
            refusal @ (Refusal::InvalidCode { .. }
            | Refusal::InvalidMailedCode
            | Refusal::InvalidTextedCode
            | Refusal::InvalidAppOrTextedCode
            | Refusal::TextedCodeOver
            | Refusal::Mistyped
            | Refusal::KeyNotAccepted
            | Refusal::InvalidCredentials
            | Refusal::Locked { .. }
            | Refusal::ResendTooSoon(_)
            | Refusal::TooManyRequests { .. }
            | Refusal::Field { .. }),
        ) => Ok(refusal),
        stop => Err(stop),
    }
}

/// Says that the fifth wrong proof ended the session, and leads back in.
///
/// # Errors
/// A template that fails.
pub fn signed_out(visit: &Visit, return_to: &str) -> Result<Response, Stop> {
    let mut shell = visit.shell(visit.moment.messages().text("step-up-signed-out-title"));
    shell.signed_in = None;
    let template = SignedOutPage {
        page: shell,
        return_to: address("/sign-in", &[("return_to", return_to)]),
    };
    let response = page(StatusCode::UNAUTHORIZED, &template)?;
    Ok(visit.cookies().end_session().on(response))
}

/// `GET /step-up`
///
/// # Errors
/// A template that fails.
pub async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Stop> {
    let return_to = own_path(wanted.return_to.as_deref());
    let offer = flow::offer(&visit.moment, visit.acting()?).await?;
    if offer.done && wanted.with.as_deref() != Some(AGAIN) {
        return Ok(see_other(&return_to));
    }
    if text::is_asked(&offer, wanted.with.as_deref()) {
        let again = wanted.with.as_deref().unwrap_or_default();
        return Ok(see_other(&text::at(&return_to, again)));
    }
    let asks = choose(&offer, wanted.with.as_deref() == Some("email"));
    draw(&visit, &offer, asks, return_to, None).await
}

/// `POST /step-up`
///
/// # Errors
/// [`Refusal::SignedOut`], or the database's trouble.
pub async fn prove(
    visit: Visit,
    StrictForm(form): StrictForm<ProofForm>,
) -> Result<Response, Stop> {
    let return_to = own_path(form.return_to.as_deref());
    let (asks, proof) = match (form.code, form.password, form.email_code) {
        (Some(code), _, _) => (Asks::Code, of_app(code)),
        (None, Some(password), _) => (Asks::Password, Proof::Password(password)),
        (None, None, Some(code)) => (Asks::EmailCode, Proof::EmailCode(code)),
        (None, None, None) => return Ok(ask(&return_to)),
    };
    let typed = match &proof {
        Proof::Code { code, .. } => code.clone(),
        Proof::Password(_) | Proof::EmailCode(_) | Proof::Key(_) => String::new(),
    };
    proved(&visit, proof, asks, return_to, typed).await
}

/// A code of an app, or a recovery code; a texted one has its own page, so that no code here is compared with two things.
fn of_app(code: String) -> Proof {
    let recovery = twinlock_otp::looks_like_backup_code(&code);
    let kind = (!recovery).then_some(Kind::Totp);
    Proof::Code { code, kind }
}

/// `POST /step-up/key`
#[derive(Deserialize)]
pub struct KeyForm {
    return_to: Option<String>,
    credential: String,
}

/// `POST /step-up/key`: what a security key answered.
///
/// # Errors
/// [`Refusal::SignedOut`], or the database's trouble.
pub async fn prove_by_key(
    visit: Visit,
    StrictForm(form): StrictForm<KeyForm>,
) -> Result<Response, Stop> {
    let return_to = own_path(form.return_to.as_deref());
    let answer = serde_json::from_str(&form.credential).unwrap_or(Value::Null);
    proved(
        &visit,
        Proof::Key(answer),
        Asks::Code,
        return_to,
        String::new(),
    )
    .await
}

/// `POST /step-up/key/options`: what the browser asks the key.
///
/// # Errors
/// [`Refusal::NoFactor`] where there is no key.
pub async fn ask_key(visit: Visit) -> Result<Response, Stop> {
    let options = flow::ask_key(&visit.moment, visit.acting()?).await?;
    Ok(Json(json!({ "register": false, "options": options })).into_response())
}

/// On to where a proof was asked for, or the page again with what is wrong.
async fn proved(
    visit: &Visit,
    proof: Proof,
    asks: Asks,
    return_to: String,
    typed: String,
) -> Result<Response, Stop> {
    let acting = visit.acting()?;
    let ended = flow::prove(&visit.moment, acting, proof).await;
    match went_on(visit, ended, &return_to)? {
        Ok(answer) => Ok(answer),
        Err(refusal) => {
            let offer = flow::offer(&visit.moment, acting).await?;
            draw(visit, &offer, asks, return_to, Some((refusal, typed))).await
        }
    }
}

/// On to where a proof was asked for, or what is to be said beside the field.
fn went_on(
    visit: &Visit,
    ended: Result<Option<String>, Stop>,
    return_to: &str,
) -> Result<Result<Response, Refusal>, Stop> {
    match ended {
        Ok(token) => {
            let ends = visit.acting()?.session.expires_at;
            let seconds = ends.seconds_from(visit.moment.now);
            let cookies = visit.cookies();
            let cookies = match token {
                Some(token) => cookies.session(&token, seconds),
                None => cookies,
            };
            Ok(Ok(cookies.on(see_other(return_to))))
        }
        Err(Stop::Refused(Refusal::SignedOut)) => signed_out(visit, return_to).map(Ok),
        // Two-factor authentication was turned on or off meanwhile: another proof counts now.
        Err(Stop::Refused(Refusal::StepUpRequired | Refusal::NoFactor)) => Ok(Ok(ask(return_to))),
        Err(stop) => beside_field(stop).map(Err),
    }
}

/// `POST /step-up/send`
///
/// # Errors
/// The database's trouble.
pub async fn send(visit: Visit, StrictForm(form): StrictForm<SendForm>) -> Result<Response, Stop> {
    let return_to = own_path(form.return_to.as_deref());
    let acting = visit.acting()?;
    let there = address("/step-up", &[("with", "email"), ("return_to", &return_to)]);
    match flow::send_code(&visit.moment, acting).await {
        // A code sent a moment ago is as good as a new one.
        Ok(_) | Err(Stop::Refused(Refusal::ResendTooSoon(_))) => Ok(see_other(&there)),
        Err(Stop::Refused(Refusal::WrongStep)) => Ok(ask(&return_to)),
        Err(stop) => {
            let refusal = beside_field(stop)?;
            let offer = flow::offer(&visit.moment, acting).await?;
            let slip = Some((refusal, String::new()));
            draw(&visit, &offer, Asks::EmailCode, return_to, slip).await
        }
    }
}

fn choose(offer: &Offer, by_email: bool) -> Asks {
    if offer.second_factor {
        Asks::Code
    } else if offer.password && !(by_email && offer.email_code.is_some()) {
        Asks::Password
    } else {
        Asks::EmailCode
    }
}

fn own_path(asked: Option<&str>) -> String {
    asked
        .and_then(safe_return_path)
        .filter(|path| !path.starts_with("/step-up"))
        .unwrap_or_else(|| String::from(HOME))
}

fn address(path: &str, query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("{path}?{query}")
}
