//! The address, and the password.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use twinlock_web::{Shell, StrictForm, safe_return_path};

use crate::app::{Refusal, Stop};
use crate::config::{Method, SignUp};
use crate::edge::answer::words;
use crate::edge::{Visit, page, see_other};
use crate::sign_in::{Progress, Purpose, flow};

use super::{HOME, Outcome, Standing, go_on, in_query, path_in_query, status_of, weigh};

/// `POST /sign-in`
#[derive(Deserialize)]
pub struct EmailForm {
    email: String,
    return_to: Option<String>,
}

/// `POST /sign-in/password`
#[derive(Deserialize)]
pub struct PasswordForm {
    password: String,
}

#[derive(Template)]
#[template(path = "sign_in/pages/start.html")]
struct StartPage {
    page: Shell,
    email: String,
    error: String,
    return_to: String,
    sign_up: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/password.html")]
struct PasswordPage {
    page: Shell,
    email: String,
    error: String,
    email_code: bool,
}

/// `GET /sign-in`
///
/// # Errors
/// A template that fails.
pub async fn start(visit: Visit) -> Result<Response, Stop> {
    let return_to = path_in_query(&visit, "return_to");
    if visit.acting.is_some() {
        return Ok(see_other(return_to.as_deref().unwrap_or(HOME)));
    }
    start_page(&visit, String::new(), return_to, None)
}

fn start_page(
    visit: &Visit,
    email: String,
    return_to: Option<String>,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let open = visit.moment.app.settings.sign_in.sign_up != SignUp::Invitation;
    let mut shell = visit.shell(messages.text("sign-in-title"));
    shell.banner = (in_query(visit, "done").as_deref() == Some("signed-out"))
        .then(|| messages.text("sign-in-signed-out"));
    let template = StartPage {
        page: shell,
        email,
        error: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
        sign_up: open.then(|| with_return_to("/sign-up", return_to.as_deref())),
        return_to: return_to.unwrap_or_default(),
    };
    page(status_of(visit, refusal), &template)
}

/// A path of ours that hands `return_to` on.
fn with_return_to(path: &str, return_to: Option<&str>) -> String {
    let Some(return_to) = return_to else {
        return path.to_owned();
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_to", return_to);
    format!("{path}?{}", query.finish())
}

/// `POST /sign-in`
///
/// # Errors
/// The database's trouble.
pub async fn begin(
    visit: Visit,
    StrictForm(form): StrictForm<EmailForm>,
) -> Result<Response, Stop> {
    let return_to = form.return_to.as_deref().and_then(safe_return_path);
    let begun = begin_and_send(&visit, &form.email, return_to.clone()).await;
    match begun {
        Ok(progress) => Ok(go_on(&visit, progress)),
        Err(Stop::Refused(refusal @ (Refusal::Field { .. } | Refusal::TooManyRequests { .. }))) => {
            start_page(&visit, form.email, return_to, Some(&refusal))
        }
        Err(stop) => Err(stop),
    }
}

/// Where a mailed code is asked first it is sent at once, for addresses nobody has too.
async fn begin_and_send(
    visit: &Visit,
    email: &str,
    return_to: Option<String>,
) -> Result<Progress, Stop> {
    let mut progress = flow::begin(&visit.moment, email, return_to).await?;
    let first = visit.moment.app.settings.sign_in.methods.first();
    if let (Some(Method::EmailCode), Some(token)) = (first, &progress.token) {
        let (_, token) = flow::send_code(&visit.moment, token, false).await?;
        progress.token = token;
    }
    Ok(progress)
}

/// `GET /sign-in/password`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn password(visit: Visit) -> Result<Response, Stop> {
    password_page(&visit, None).await
}

async fn password_page(visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let methods = &visit.moment.app.settings.sign_in.methods;
    let email = match standing.opened_for(&[Purpose::SignIn]) {
        Some(opened) if methods.contains(&Method::Password) => opened.email.clone(),
        _ => return Ok(standing.lead_on(visit)),
    };
    let messages = visit.moment.messages();
    let template = PasswordPage {
        page: visit.shell(messages.text("sign-in-title")),
        email,
        error: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
        email_code: methods.contains(&Method::EmailCode),
    };
    page(status_of(visit, refusal), &template)
}

/// `POST /sign-in/password`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify_password(
    visit: Visit,
    StrictForm(form): StrictForm<PasswordForm>,
) -> Result<Response, Stop> {
    let tried = flow::verify_password(&visit.moment, visit.sign_in()?, &form.password).await;
    match weigh(&visit, tried).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => password_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

#[derive(Template)]
#[template(path = "sign_in/pages/forgot_password.html")]
struct ForgotPage {
    page: Shell,
    explained: String,
    problem: String,
}

/// `GET /sign-in/forgot-password`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn forgot(visit: Visit) -> Result<Response, Stop> {
    forgot_page(&visit, None).await
}

async fn forgot_page(visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let methods = &visit.moment.app.settings.sign_in.methods;
    let opened = standing
        .opened_for(&[Purpose::SignIn, Purpose::PasswordReset])
        .filter(|_| methods.contains(&Method::Password));
    let Some(opened) = opened else {
        return Ok(standing.lead_on(visit));
    };
    let messages = visit.moment.messages();
    let masked = crate::account::rules::mask(&opened.email);
    let template = ForgotPage {
        page: visit.shell(messages.text("sign-in-forgot-title")),
        explained: messages.with("sign-in-forgot-text", &[("to", masked.into())]),
        problem: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
    };
    page(status_of(visit, refusal), &template)
}

/// `POST /sign-in/forgot-password`: sends a code to the mailbox.
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn send_reset_code(visit: Visit) -> Result<Response, Stop> {
    let standing = Standing::of(&visit).await?;
    let methods = &visit.moment.app.settings.sign_in.methods;
    if standing.opened.is_none() || !methods.contains(&Method::Password) {
        return Ok(standing.lead_on(&visit));
    }
    let sent = flow::send_code(&visit.moment, &standing.token, true).await;
    match weigh(&visit, sent).await? {
        Outcome::Done((_, token)) => {
            let cookies = visit.cookies().sign_in(&token.unwrap_or(standing.token));
            Ok(cookies.on(see_other("/sign-in/email-code")))
        }
        Outcome::Slip(refusal) => forgot_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}
