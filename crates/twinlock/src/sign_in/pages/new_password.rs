//! The new password at the end of a reset.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::password::rules::least_characters;
use crate::edge::answer::words;
use crate::edge::{Visit, page, see_other};
use crate::sign_in::rules::Thaw;
use crate::sign_in::{Progress, Step, flow};

use super::{AFTER_RECOVERY_CODE, HOME, Outcome, Standing, status_of, ticket, weigh};

/// `POST /sign-in/new-password`
#[derive(Deserialize)]
pub struct NewPasswordForm {
    password: String,
}

#[derive(Template)]
#[template(path = "sign_in/pages/new_password.html")]
struct NewPasswordPage {
    page: Shell,
    why: String,
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
        Step::NewPassword => form(&visit, standing.progress.thaw, None),
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
        Outcome::Done(progress) => Ok(saved(&visit, &progress)),
        Outcome::Slip(refusal) => {
            let thaw = Standing::of(&visit).await?.progress.thaw;
            form(&visit, thaw, Some(&refusal))
        }
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// On to the next page, which says that the password was saved where it is one of ours that can.
fn saved(visit: &Visit, progress: &Progress) -> Response {
    let (cookies, path) = ticket(visit, progress);
    let says_so = [HOME, AFTER_RECOVERY_CODE].contains(&path.as_str());
    let said = if says_so {
        "?done=password-changed"
    } else {
        ""
    };
    cookies.on(see_other(&format!("{path}{said}")))
}

fn form(visit: &Visit, thaw: Option<Thaw>, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let template = NewPasswordPage {
        page: visit.shell(messages.text("new-password-title")),
        why: thaw.map_or_else(String::new, |_| messages.text("thaw-new-password")),
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
