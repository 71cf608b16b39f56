//! Signing up by the JSON API, and mailed codes of every sign-in: a sign-up is a sign-in that begins with proving the mailbox.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::app::{Refusal, SignInId, Stop, Timestamp};
use crate::authenticators::api::{TypedCode, bearable};
use crate::edge::{InPath, Visit};
use crate::sign_in::Purpose;
use crate::sign_in::api::{SignInState, token, told};
use crate::sign_in::flow::{self as sign_in, Held, read_token};

use super::flow::{self, Form};

/// Asks for an account.
#[derive(Deserialize, ToSchema)]
pub struct SignUp {
    /// The address.
    #[schema(example = "ann@example.org", max_length = 254)]
    pub email: String,
    /// The name shown.
    #[schema(example = "Ann", max_length = 100)]
    pub name: Option<String>,
    /// A password, where the account is to have one.
    #[schema(example = "otters juggle pebbles", max_length = 1024)]
    pub password: Option<String>,
    /// The token of an invitation link.
    pub invitation: Option<String>,
}

/// What a mailed code is for.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeFor {
    /// To sign in.
    SignIn,
    /// To set a new password; a second factor is asked first where there is one.
    PasswordReset,
}

/// Asks for a mailed code.
#[derive(Deserialize, ToSchema)]
pub struct SendCode {
    /// To sign in, unless said otherwise.
    pub purpose: Option<CodeFor>,
}

/// A code is on its way; the same is answered for addresses nobody has.
#[derive(Serialize, ToSchema)]
pub struct CodeSent {
    /// The sign-in's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// The token to go on with, where this step gave a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
    /// When the code dies.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When a new code may be asked for.
    #[schema(format = DateTime)]
    pub resend_at: String,
    /// Whether mail is in trouble right now and may be late.
    pub delayed: bool,
}

/// `POST /api/v1/sign-up`
///
/// # Errors
/// [`Refusal::Field`], [`Refusal::SignUpClosed`], [`Refusal::TooManyRequests`].
pub async fn ask(visit: Visit, StrictJson(body): StrictJson<SignUp>) -> Result<Response, Stop> {
    let form = Form {
        email: body.email,
        name: body.name.unwrap_or_default(),
        password: body.password,
        invitation: body.invitation,
        return_to: None,
    };
    let (progress, _) = flow::ask(&visit.moment, form).await?;
    Ok((StatusCode::ACCEPTED, Json(told(&visit, progress).await?)).into_response())
}

/// `POST /api/v1/sign-in/{id}/email-code`
///
/// # Errors
/// [`Refusal::ResendTooSoon`], [`Refusal::TooManyRequests`], [`Refusal::WrongStep`].
pub async fn send_code(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    body: Option<StrictJson<SendCode>>,
) -> Result<Response, Stop> {
    let held = token(&visit, id)?;
    let purpose = body.and_then(|StrictJson(body)| body.purpose);
    let (sent, renewed) = if is_sign_up(&visit, held)? {
        if purpose.is_some() {
            return Err(Refusal::WrongStep.into());
        }
        (flow::send_again(&visit.moment, held).await?, None)
    } else {
        let reset = purpose == Some(CodeFor::PasswordReset);
        sign_in::send_code(&visit.moment, held, reset).await?
    };
    let answer = CodeSent {
        id: id.to_string(),
        token: renewed.map(|token| visit.with_device(token)),
        expires_at: Timestamp::rfc3339(sent.times.expires_at),
        resend_at: Timestamp::rfc3339(sent.times.resend_at),
        delayed: sent.delayed,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// `POST /api/v1/sign-in/{id}/verify-email`
///
/// # Errors
/// [`Refusal::InvalidCode`] for every cause; [`Refusal::SignInExpired`].
pub async fn verify_email(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    StrictJson(body): StrictJson<TypedCode>,
) -> Result<Json<SignInState>, Stop> {
    let held = token(&visit, id)?;
    let code = bearable(body.code)?;
    let progress = if is_sign_up(&visit, held)? {
        flow::verify(&visit.moment, held, &code).await?
    } else {
        sign_in::verify_code(&visit.moment, held, &code).await?
    };
    Ok(Json(told(&visit, progress).await?))
}

fn is_sign_up(visit: &Visit, token: &str) -> Result<bool, Stop> {
    Ok(match read_token(&visit.moment, token)? {
        Held::Opened(opened) => opened.purpose == Purpose::SignUp,
        Held::Stored(_) => false,
    })
}
