//! The new password at the end of a reset.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::password::rules::least_characters;
use crate::edge::answer::words;
use crate::edge::{Visit, page};
use crate::sign_in::{Step, flow};

use super::{Outcome, Standing, go_on, status_of, weigh};

/// `POST /sign-in/new-password`
#[derive(Deserialize)]
pub struct NewPasswordForm {
    password: String,
}

#[derive(Template)]
#[template(path = "sign_in/pages/new_password.html")]
struct NewPasswordPage {
    page: Shell,
    hint: String,
    error: String,
}

/// `GET /sign-in/new-password`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask(visit: Visit) -> Result<Response, Stop> {
    let standing = Standing::of(&visit).await?;
    match standing.progress.step {
        Step::NewPassword => form(&visit, None),
        _ => Ok(standing.lead_on(&visit)),
    }
}

/// `POST /sign-in/new-password`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn set(
    visit: Visit,
    StrictForm(typed): StrictForm<NewPasswordForm>,
) -> Result<Response, Stop> {
    let ended = flow::set_new_password(&visit.moment, visit.sign_in()?, &typed.password).await;
    match weigh(&visit, ended).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => form(&visit, Some(&refusal)),
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

fn form(visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let template = NewPasswordPage {
        page: visit.shell(messages.text("new-password-title")),
        hint: password_hint(visit),
        error: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
    };
    page(status_of(visit, refusal), &template)
}

/// What a new password needs, told before it is typed.
#[must_use]
pub fn password_hint(visit: &Visit) -> String {
    let least = least_characters(&visit.moment.app.settings);
    let messages = visit.moment.messages();
    messages.with("new-password-hint", &[("least", Arg::from(least))])
}
