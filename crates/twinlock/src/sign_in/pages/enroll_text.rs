//! Setting a number up in the middle of a sign-in, where a second factor is required and none is there.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use twinlock_web::{Shell, StrictForm};

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::Kind;
use crate::authenticators::api::bearable;
use crate::authenticators::flow::{AskedText, binding};
use crate::edge::{Visit, page, see_other};
use crate::sign_in::Step;
use crate::sign_in::flow::enrolment;

use super::enrolment::{enrolled_page, sent_again};
use super::mailed::CodeForm;
use super::texted::{Block, Number, NumberForm, is_about_code, is_about_number};
use super::{Outcome, Standing, in_query, status_of, weigh};

const ENROLL: &str = "/sign-in/enroll";
const PATH: &str = "/sign-in/enroll/text";

#[derive(Template)]
#[template(path = "sign_in/pages/enroll_number.html")]
struct NumberPage {
    page: Shell,
    number: Number,
}

#[derive(Template)]
#[template(path = "sign_in/pages/enroll_text.html")]
struct CodePage {
    page: Shell,
    path: String,
    send: String,
    back: String,
    block: Block,
}

/// `GET /sign-in/enroll/text`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn show(visit: Visit) -> Result<Response, Stop> {
    let before = match in_query(&visit, "pending").as_deref().map(str::parse) {
        Some(Ok(id)) => enrolment::pending_text(&visit.moment, visit.sign_in()?, id)
            .await
            .ok(),
        _ => None,
    };
    let typed = before.map(|before| NumberForm::of(&before, ""));
    number_page(&visit, typed.as_ref(), None).await
}

async fn number_page(
    visit: &Visit,
    typed: Option<&NumberForm>,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let Step::Enrol(_) = standing.progress.step else {
        return Ok(standing.lead_on(visit));
    };
    if !binding::offered(&visit.moment.app).contains(&Kind::Sms) {
        return Ok(see_other(ENROLL));
    }
    let template = NumberPage {
        page: visit.shell(&visit.moment.app.settings.branding.labels.two_factor),
        number: Number::new(visit, typed, refusal),
    };
    page(status_of(visit, refusal), &template)
}

/// `POST /sign-in/enroll/text`: sends a code to a number that counts for nothing until it comes back.
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn begin(
    visit: Visit,
    StrictForm(form): StrictForm<NumberForm>,
) -> Result<Response, Stop> {
    let country = form
        .country
        .as_deref()
        .filter(|country| !country.is_empty());
    let begun = enrolment::begin_text(&visit.moment, visit.sign_in()?, &form.phone, country).await;
    match begun {
        Err(Stop::Refused(Refusal::KindUnavailable)) => Ok(see_other(ENROLL)),
        Err(Stop::Refused(refusal)) if is_about_number(&refusal) => {
            number_page(&visit, Some(&form), Some(&refusal)).await
        }
        begun => match weigh(&visit, begun).await? {
            Outcome::Done(pending) => Ok(see_other(&format!("{PATH}/{}", pending.factor.id))),
            Outcome::Slip(refusal) => Err(refusal.into()),
            Outcome::Elsewhere(answer) => Ok(answer),
        },
    }
}

/// `GET /sign-in/enroll/text/{id}`: where the code went.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask_code(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    match id.parse() {
        Ok(id) => code_page(&visit, id, None).await,
        Err(_) => Ok(see_other(ENROLL)),
    }
}

async fn code_page(
    visit: &Visit,
    id: AuthenticatorId,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    let found = enrolment::pending_text(&visit.moment, visit.sign_in()?, id).await;
    if let Err(Stop::Refused(Refusal::NotFound)) = found {
        return Ok(see_other(ENROLL));
    }
    let pending = match weigh(visit, found).await? {
        Outcome::Done(pending) => pending,
        Outcome::Slip(refusal) => return Err(refusal.into()),
        Outcome::Elsewhere(answer) => return Ok(answer),
    };
    let messages = visit.moment.messages();
    let template = CodePage {
        page: visit.shell(messages.text("second-factor-title")),
        path: format!("{PATH}/{id}"),
        send: format!("{PATH}/{id}/send"),
        back: format!("{PATH}?pending={id}"),
        block: Block::new(visit, &AskedText::of(pending), refusal),
    };
    page(status_of(visit, refusal), &template)
}

/// `POST /sign-in/enroll/text/{id}/send`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn send(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let Ok(id) = id.parse::<AuthenticatorId>() else {
        return Ok(see_other(ENROLL));
    };
    match enrolment::resend_text(&visit.moment, visit.sign_in()?, id).await {
        Err(Stop::Refused(Refusal::NotFound)) => Ok(see_other(ENROLL)),
        Err(Stop::Refused(refusal)) if is_about_code(&refusal) => {
            code_page(&visit, id, Some(&refusal)).await
        }
        sent => match weigh(&visit, sent).await? {
            Outcome::Done(_) => Ok(see_other(&format!("{PATH}/{id}"))),
            Outcome::Slip(refusal) => Err(refusal.into()),
            Outcome::Elsewhere(answer) => Ok(answer),
        },
    }
}

/// `POST /sign-in/enroll/text/{id}`: proves the number; the backup codes are shown once, in this answer.
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn confirm(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<CodeForm>,
) -> Result<Response, Stop> {
    let Ok(id) = id.parse::<AuthenticatorId>() else {
        return Ok(see_other(ENROLL));
    };
    if let Some(answer) = sent_again(&visit, id).await? {
        return Ok(answer);
    }
    let ended = match bearable(form.code) {
        Ok(code) => enrolment::confirm(&visit.moment, visit.sign_in()?, id, code).await,
        Err(stop) => Err(stop),
    };
    if let Err(Stop::Refused(Refusal::NotFound)) = ended {
        return Ok(see_other(ENROLL));
    }
    match weigh(&visit, ended).await? {
        Outcome::Done(enrolled) => enrolled_page(&visit, &enrolled),
        Outcome::Slip(refusal) => code_page(&visit, id, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}
