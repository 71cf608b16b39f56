//! A mailed code as first factor and on the way to a new password, and the proof of the mailbox in the middle of a sign-in.

use axum::response::Response;
use twinlock_web::StrictForm;

use crate::account::rules::mask;
use crate::app::{Refusal, Stop};
use crate::config::Method;
use crate::edge::{Visit, see_other};
use crate::sign_in::flow::mailed_code::MailboxFor;
use crate::sign_in::flow::{self, mailed_code};
use crate::sign_in::{Purpose, Step};

use super::mailed::{Asked, CodeForm};
use super::{Outcome, Standing, go_on, weigh};

const FIRST: &str = "/sign-in/email-code";
const MAILBOX: &str = "/sign-in/verify-email";

/// `GET /sign-in/email-code`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn first(visit: Visit) -> Result<Response, Stop> {
    first_page(&visit, None).await
}

async fn first_page(visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let methods = &visit.moment.app.settings.sign_in.methods;
    let opened = standing
        .opened_for(&[Purpose::SignIn, Purpose::PasswordReset])
        .filter(|opened| {
            opened.purpose == Purpose::PasswordReset || methods.contains(&Method::EmailCode)
        });
    let (Some(opened), Step::FirstFactor { mailed, .. }) = (opened, &standing.progress.step) else {
        return Ok(standing.lead_on(visit));
    };
    let mut links = Vec::new();
    if opened.purpose == Purpose::SignIn && methods.contains(&Method::Password) {
        links.push(("/sign-in/password", "sign-in-with-password"));
    }
    links.push(("/sign-in", "start-again"));
    let asked = Asked {
        heading: "mailed-code-title",
        why: None,
        masked: mask(&opened.email),
        action: FIRST,
        mailed: *mailed,
        links,
    };
    asked.answer(visit, refusal)
}

/// `POST /sign-in/email-code/send`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn send_first(visit: Visit) -> Result<Response, Stop> {
    let standing = Standing::of(&visit).await?;
    let Some(opened) = standing.opened_for(&[Purpose::SignIn, Purpose::PasswordReset]) else {
        return Ok(standing.lead_on(&visit));
    };
    let reset = opened.purpose == Purpose::PasswordReset;
    let sent = flow::send_code(&visit.moment, &standing.token, reset).await;
    match weigh(&visit, sent).await? {
        Outcome::Done((_, token)) => {
            let cookies = visit.cookies().sign_in(&token.unwrap_or(standing.token));
            Ok(cookies.on(see_other(FIRST)))
        }
        Outcome::Slip(refusal) => first_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// `POST /sign-in/email-code`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify_first(
    visit: Visit,
    StrictForm(form): StrictForm<CodeForm>,
) -> Result<Response, Stop> {
    let standing = Standing::of(&visit).await?;
    if standing.opened.is_none() {
        return Ok(standing.lead_on(&visit));
    }
    let tried = flow::verify_code(&visit.moment, &standing.token, &form.code).await;
    match weigh(&visit, tried).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => first_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// `GET /sign-in/verify-email`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn mailbox(visit: Visit) -> Result<Response, Stop> {
    mailbox_page(&visit, None).await
}

async fn mailbox_page(visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let Some(offer) = mailed_code::mailbox_offer(&visit.moment, visit.sign_in()?).await? else {
        return Ok(Standing::of(visit).await?.lead_on(visit));
    };
    let messages = visit.moment.messages();
    let start_again = ("/sign-in", "start-again");
    let (why, link) = match offer.wanted {
        MailboxFor::MoreTries => {
            let back = ("/sign-in/second-factor", "second-factor-back");
            ("mailbox-why-more-tries", back)
        }
        MailboxFor::Enrolment => ("mailbox-why-enrolment", start_again),
        MailboxFor::NewPassword => ("mailbox-why-new-password", start_again),
        MailboxFor::Thaw => ("thaw-mailbox", start_again),
    };
    let asked = Asked {
        heading: "mailbox-title",
        why: Some(messages.text(why)),
        masked: offer.masked,
        action: MAILBOX,
        mailed: offer.mailed,
        links: vec![link],
    };
    asked.answer(visit, refusal)
}

/// `POST /sign-in/verify-email/send`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn send_mailbox(visit: Visit) -> Result<Response, Stop> {
    let offer = mailed_code::mailbox_offer(&visit.moment, visit.sign_in()?).await?;
    if offer.is_none() {
        return Ok(Standing::of(&visit).await?.lead_on(&visit));
    }
    let sent = flow::send_code(&visit.moment, visit.sign_in()?, false).await;
    match weigh(&visit, sent).await? {
        Outcome::Done(_) => Ok(see_other(MAILBOX)),
        Outcome::Slip(refusal) => mailbox_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// `POST /sign-in/verify-email`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify_mailbox(
    visit: Visit,
    StrictForm(form): StrictForm<CodeForm>,
) -> Result<Response, Stop> {
    let offer = mailed_code::mailbox_offer(&visit.moment, visit.sign_in()?).await?;
    if offer.is_none() {
        return Ok(Standing::of(&visit).await?.lead_on(&visit));
    }
    let tried = flow::verify_code(&visit.moment, visit.sign_in()?, &form.code).await;
    match weigh(&visit, tried).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => mailbox_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}
