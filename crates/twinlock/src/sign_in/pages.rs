//! The pages of signing in.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::{Shell, StrictForm, safe_return_path};

use crate::app::{Refusal, Stop};
use crate::config::{Method, SignUp};
use crate::edge::answer::words;
use crate::edge::{Visit, page, see_other};

use super::flow;
use super::gate::{Completed, Progress, Step};

/// Where a page leads back to.
#[derive(Deserialize)]
pub struct ReturnTo {
    return_to: Option<String>,
}

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
#[template(path = "sign_in/start.html")]
struct StartPage {
    page: Shell,
    email: String,
    error: String,
    return_to: String,
    sign_up: bool,
}

#[derive(Template)]
#[template(path = "sign_in/password.html")]
struct PasswordPage {
    page: Shell,
    error: String,
    email_code: bool,
}

/// `GET /sign-in`
///
/// # Errors
/// A template that fails.
pub async fn start(visit: Visit, Query(query): Query<ReturnTo>) -> Result<Response, Stop> {
    let return_to = query
        .return_to
        .as_deref()
        .and_then(safe_return_path)
        .unwrap_or_default();
    if visit.acting.is_some() {
        return Ok(see_other(if return_to.is_empty() {
            "/settings/security"
        } else {
            &return_to
        }));
    }
    start_page(
        &visit,
        StatusCode::OK,
        String::new(),
        String::new(),
        return_to,
    )
}

fn start_page(
    visit: &Visit,
    status: StatusCode,
    email: String,
    error: String,
    return_to: String,
) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let sign_up = visit.moment.app.settings.sign_in.sign_up != SignUp::Invitation;
    page(
        status,
        &StartPage {
            page: visit.shell(messages.text("sign-in-title")),
            email,
            error,
            return_to,
            sign_up,
        },
    )
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
    match flow::begin(&visit.moment, &form.email, return_to.clone()).await {
        Ok(progress) => Ok(go_on(&visit, progress)),
        Err(Stop::Refused(refusal @ Refusal::Field { .. })) => {
            let error = words(&refusal, &visit.moment.messages(), visit.moment.now);
            start_page(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.email,
                error,
                return_to.unwrap_or_default(),
            )
        }
        Err(stop) => Err(stop),
    }
}

/// `GET /sign-in/password`
///
/// # Errors
/// A template that fails.
pub async fn password(visit: Visit) -> Result<Response, Stop> {
    password_page(&visit, StatusCode::OK, String::new())
}

fn password_page(visit: &Visit, status: StatusCode, error: String) -> Result<Response, Stop> {
    let title = visit.moment.messages().text("sign-in-title");
    let email_code = visit
        .moment
        .app
        .settings
        .sign_in
        .methods
        .contains(&Method::EmailCode);
    page(
        status,
        &PasswordPage {
            page: visit.shell(title),
            error,
            email_code,
        },
    )
}

/// `POST /sign-in/password`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify_password(
    visit: Visit,
    StrictForm(form): StrictForm<PasswordForm>,
) -> Result<Response, Stop> {
    match flow::verify_password(&visit.moment, visit.sign_in()?, &form.password).await {
        Ok(progress) => Ok(go_on(&visit, progress)),
        Err(Stop::Refused(
            refusal @ (Refusal::InvalidCredentials
            | Refusal::Locked { .. }
            | Refusal::TooManyRequests { .. }),
        )) => {
            let error = words(&refusal, &visit.moment.messages(), visit.moment.now);
            password_page(&visit, StatusCode::UNPROCESSABLE_ENTITY, error)
        }
        Err(stop) => Err(stop),
    }
}

/// To the page of the next step, with the cookies this one gave.
#[must_use]
pub fn go_on(visit: &Visit, progress: Progress) -> Response {
    let mut cookies = visit.cookies();
    if let Some(token) = &progress.token {
        cookies = cookies.sign_in(token);
    }
    let path = match progress.step {
        Step::FirstFactor { methods, .. } => match methods.first() {
            Some(Method::EmailCode) => "/sign-in/email-code",
            Some(Method::Password) | None => "/sign-in/password",
        },
        Step::VerifyEmail { .. } => "/sign-in/verify-email",
        Step::SecondFactor { .. } => "/sign-in/second-factor",
        Step::Enrol(_) => "/sign-in/enroll",
        Step::NewPassword => "/sign-in/new-password",
        Step::Complete(completed) => return signed_in(visit, &completed),
    };
    cookies.on(see_other(path))
}

/// The session's cookie, and on to where the person wanted to go; after a recovery code, to what is worth doing now.
#[must_use]
pub fn signed_in(visit: &Visit, completed: &Completed) -> Response {
    let seconds = completed.session.expires_at.seconds_from(visit.moment.now);
    let mut cookies = visit
        .cookies()
        .session(&completed.token, seconds)
        .end_sign_in();
    if let Some(device) = &completed.device_token {
        cookies = cookies.device(device);
    }
    let path = match (completed.backup_codes_left, &completed.return_to) {
        (Some(_), _) => "/settings/recovery-code-used",
        (None, Some(path)) => path.as_str(),
        (None, None) => "/settings/security",
    };
    cookies.on(see_other(path))
}
