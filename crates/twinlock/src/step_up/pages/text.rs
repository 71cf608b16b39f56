//! The proof before a change by a texted code.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::Kind;
use crate::authenticators::api::bearable;
use crate::edge::{Visit, page, see_other};
use crate::sign_in::pages::texted::{Block, is_about_code};

use super::{AGAIN, Offer, Proof, SendForm, TextOffer, Wanted, address, flow, own_path, went_on};

const PATH: &str = "/step-up/text";
/// Asks for another way than the text.
const OTHERWISE: &str = "code";

/// `POST /step-up/text`
#[derive(Deserialize)]
pub struct CodeForm {
    return_to: Option<String>,
    code: String,
}

#[derive(Template)]
#[template(path = "step_up/text.html")]
struct TextPage {
    page: Shell,
    block: Block,
    return_to: String,
    /// The page's own address.
    here: String,
    /// Where another method is asked, and what the link says.
    other: Option<(String, String)>,
}

/// Whether the text's page comes before that of codes and keys: it is what the person prefers, or all there is.
pub(super) fn is_asked(offer: &Offer, with: Option<&str>) -> bool {
    let asked_otherwise = matches!(with, Some(AGAIN | OTHERWISE)) && has_other(offer);
    let is_first = offer.text.as_ref().is_some_and(|text| text.is_first);
    let is_only = offer.text.is_some() && !has_other(offer);
    (is_first || is_only) && !asked_otherwise
}

fn has_other(offer: &Offer) -> bool {
    offer.app || offer.backup_codes || offer.key.is_some()
}

/// The address of the page; `with` as it was asked.
pub(super) fn at(return_to: &str, with: &str) -> String {
    if with == AGAIN {
        address(PATH, &[("with", AGAIN), ("return_to", return_to)])
    } else {
        address(PATH, &[("return_to", return_to)])
    }
}

/// The way to it from the page of codes and keys.
pub(super) fn link(visit: &Visit, offered: &TextOffer, return_to: &str) -> (String, String) {
    let number = ("number", Arg::from(offered.hint.as_str()));
    let messages = visit.moment.messages();
    let words = messages.with("second-factor-use-text", &[number]);
    // Whoever got that far is not to be turned back because a proof is recent enough.
    (at(return_to, AGAIN), words)
}

/// `GET /step-up/text`
///
/// # Errors
/// A template that fails.
pub async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Stop> {
    let return_to = own_path(wanted.return_to.as_deref());
    let offer = flow::offer(&visit.moment, visit.acting()?).await?;
    if offer.done && wanted.with.as_deref() != Some(AGAIN) {
        return Ok(see_other(&return_to));
    }
    draw(&visit, &return_to, None).await
}

async fn draw(visit: &Visit, return_to: &str, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let (moment, messages) = (&visit.moment, visit.moment.messages());
    let offer = flow::offer(moment, visit.acting()?).await?;
    let asked = flow::text_asked(moment, visit.acting()?).await?;
    let Some(asked) = asked.filter(|_| offer.text.is_some()) else {
        return Ok(super::ask(return_to));
    };
    let elsewhere = [("with", OTHERWISE), ("return_to", return_to)];
    let template = TextPage {
        page: visit.shell(messages.text("step-up-title")),
        block: Block::new(visit, &asked, refusal),
        return_to: return_to.to_owned(),
        here: at(return_to, AGAIN),
        other: has_other(&offer).then(|| {
            (
                address("/step-up", &elsewhere),
                messages.text("step-up-other"),
            )
        }),
    };
    let status = refusal.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    page(status, &template)
}

/// `POST /step-up/text/send`
///
/// # Errors
/// The database's trouble.
pub async fn send(visit: Visit, StrictForm(form): StrictForm<SendForm>) -> Result<Response, Stop> {
    let return_to = own_path(form.return_to.as_deref());
    match flow::send_text(&visit.moment, visit.acting()?, None).await {
        Ok(_) => Ok(see_other(&at(&return_to, AGAIN))),
        Err(Stop::Refused(Refusal::NoFactor | Refusal::NotFound)) => Ok(super::ask(&return_to)),
        Err(Stop::Refused(refusal)) if is_about_code(&refusal) => {
            draw(&visit, &return_to, Some(&refusal)).await
        }
        Err(stop) => Err(stop),
    }
}

/// `POST /step-up/text`
///
/// # Errors
/// [`Refusal::SignedOut`], or the database's trouble.
pub async fn prove(visit: Visit, StrictForm(form): StrictForm<CodeForm>) -> Result<Response, Stop> {
    let return_to = own_path(form.return_to.as_deref());
    let ended = match bearable(form.code) {
        Ok(code) => {
            // A recovery code typed here is taken for one.
            let recovery = twinlock_otp::looks_like_backup_code(&code);
            let kind = (!recovery).then_some(Kind::Sms);
            flow::prove(&visit.moment, visit.acting()?, Proof::Code { code, kind }).await
        }
        Err(stop) => Err(stop),
    };
    match went_on(&visit, ended, &return_to)? {
        Ok(answer) => Ok(answer),
        Err(refusal) => draw(&visit, &return_to, Some(&refusal)).await,
    }
}
