//! The session behind a call, and proving it again.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::app::{KEY_TIMEOUT, Refusal, Stop, Timestamp};
use crate::authenticators::Kind;
use crate::authenticators::api::bearable;
use crate::edge::Visit;
use crate::session::flow::{self as sessions, Acting, reload};
use crate::session::{Assurance, Session};

use super::flow::{self, Proof};

/// What a typed code is.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// Of an authenticator app.
    Totp,
    /// A backup code.
    BackupCode,
    /// A mailed code, where there is no second factor.
    EmailCode,
}

/// A proof: a code, what a security key answered, or a password where there is no second factor. Exactly one of the three.
#[derive(Deserialize, ToSchema)]
pub struct StepUp {
    /// As typed.
    #[schema(example = "492039", max_length = 64)]
    pub code: Option<String>,
    /// What the code is; found out by its shape when left out (`email_code` has to be said).
    pub kind: Option<CodeKind>,
    /// What the key answered: the credential's `toJSON()`.
    #[schema(value_type = Option<Object>)]
    pub credential: Option<Value>,
    /// As typed.
    #[schema(max_length = 1024)]
    pub password: Option<String>,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentKind {
    /// A code by mail, where there is no second factor.
    EmailCode,
    /// What a security key is asked.
    Webauthn,
}

/// Asks for a mailed code, or for what a security key is asked.
#[derive(Deserialize, ToSchema)]
pub struct SendStepUpCode {
    /// Which of the two.
    pub kind: SentKind,
}

/// A code is on its way, or a key can be asked.
#[derive(Serialize, ToSchema)]
pub struct StepUpCodeSent {
    /// When the code dies.
    #[schema(example = "2026-11-22T14:42:00Z", format = DateTime)]
    pub expires_at: String,
    /// When a new code may be asked for.
    #[schema(example = "2026-11-22T14:33:00Z", format = DateTime)]
    pub resend_at: String,
    /// Whether mail is in trouble right now and may be late.
    #[schema(example = false)]
    pub delayed: bool,
    /// `webauthn`: `PublicKeyCredentialRequestOptions` as JSON, for `PublicKeyCredential.parseRequestOptionsFromJSON`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Object>)]
    pub webauthn: Option<Value>,
}

/// Assurance level (NIST SP 800-63B).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aal {
    /// One factor, or two that the standard does not accept together.
    Aal1,
    /// Two factors the standard accepts.
    Aal2,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct SessionState {
    /// Whose.
    #[schema(example = "019ab1c2-4f81-7b3a-9d52-8e6f0a1b2c3d", format = Uuid)]
    pub account: String,
    /// Assurance level.
    #[schema(example = "aal2")]
    pub aal: Aal,
    /// Methods used (RFC 8176).
    #[schema(example = json!(["pwd", "otp", "mfa"]))]
    pub amr: Vec<String>,
    /// When the first factor was last proven.
    #[schema(example = "2026-11-22T14:30:05Z", format = DateTime)]
    pub authenticated_at: String,
    /// When the second factor was last proven.
    #[schema(example = "2026-11-22T14:31:10Z", required, format = DateTime)]
    pub second_factor_at: Option<String>,
    /// When it ends in any case.
    #[schema(example = "2026-12-22T14:31:10Z", format = DateTime)]
    pub expires_at: String,
}

impl From<&Session> for SessionState {
    fn from(session: &Session) -> Self {
        Self {
            account: session.account.to_string(),
            aal: match session.assurance() {
                Assurance::Aal1 => Aal::Aal1,
                Assurance::Aal2 => Aal::Aal2,
            },
            amr: session.amr().into_iter().map(String::from).collect(),
            authenticated_at: session.first_factor_at.rfc3339(),
            second_factor_at: session.second_factor_at.map(Timestamp::rfc3339),
            expires_at: session.expires_at.rfc3339(),
        }
    }
}

/// `GET /api/v1/session`
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn current(visit: Visit) -> Result<Json<SessionState>, Stop> {
    // The guard has just recognized it; looking again would only cost.
    Ok(Json(SessionState::from(visit.acting()?.session.as_ref())))
}

/// `DELETE /api/v1/session`
///
/// # Errors
/// The database's trouble.
pub async fn sign_out(visit: Visit) -> Result<Response, Stop> {
    sessions::sign_out(&visit.moment, visit.acting()?, false).await?;
    let answer = StatusCode::NO_CONTENT.into_response();
    Ok(match visit.acting()?.carrier {
        sessions::Carrier::Cookie => visit.cookies().end_session().on(answer),
        sessions::Carrier::Bearer => answer,
    })
}

/// `POST /api/v1/session/step-up/send`
///
/// # Errors
/// [`Refusal::WrongStep`] where a second factor is asked; [`Refusal::ResendTooSoon`], [`Refusal::TooManyRequests`].
pub async fn send(
    visit: Visit,
    StrictJson(body): StrictJson<SendStepUpCode>,
) -> Result<Response, Stop> {
    let answer = match body.kind {
        SentKind::EmailCode => {
            let sent = flow::send_code(&visit.moment, visit.acting()?).await?;
            StepUpCodeSent {
                expires_at: Timestamp::rfc3339(sent.times.expires_at),
                resend_at: Timestamp::rfc3339(sent.times.resend_at),
                delayed: sent.delayed,
                webauthn: None,
            }
        }
        SentKind::Webauthn => {
            let options = flow::ask_key(&visit.moment, visit.acting()?).await?;
            let now = visit.moment.now;
            StepUpCodeSent {
                expires_at: now.plus(KEY_TIMEOUT).rfc3339(),
                resend_at: now.rfc3339(),
                delayed: false,
                webauthn: Some(options),
            }
        }
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// `POST /api/v1/session/step-up`
///
/// # Errors
/// [`Refusal::InvalidCode`] and its like, [`Refusal::InvalidCredentials`]; [`Refusal::SignedOut`] after the fifth wrong one.
pub async fn prove(visit: Visit, StrictJson(body): StrictJson<StepUp>) -> Result<Response, Stop> {
    let acting = visit.acting()?;
    let renewed = flow::prove(&visit.moment, acting, proof(body)?).await?;
    let session = match &renewed {
        Some(token) => sessions::recognize(&visit.moment, token)
            .await?
            .ok_or(Refusal::SignedOut)?,
        None => {
            let acting: Acting = acting.clone();
            let session = visit.moment.read(move |w| reload(w, &acting)).await?;
            std::sync::Arc::new(session)
        }
    };
    let answer = Json(SessionState::from(session.as_ref())).into_response();
    Ok(renew_cookie(&visit, renewed, answer))
}

/// Puts the session's new cookie on an answer, where the session is a cookie and got one.
#[must_use]
pub fn renew_cookie(visit: &Visit, renewed: Option<String>, answer: Response) -> Response {
    match (renewed, &visit.acting) {
        (Some(token), Some(acting)) => {
            let seconds = acting.session.expires_at.seconds_from(visit.moment.now);
            visit.cookies().session(&token, seconds).on(answer)
        }
        _ => answer,
    }
}

fn proof(body: StepUp) -> Result<Proof, Stop> {
    let refuse = |field, code| Err(Refusal::Field { field, code }.into());
    let kind = match body.kind {
        Some(CodeKind::Totp) => Some(Kind::Totp),
        Some(CodeKind::BackupCode) => Some(Kind::BackupCode),
        Some(CodeKind::EmailCode) | None => None,
    };
    if let Some(answer) = body.credential {
        return match (body.code, body.password) {
            (None, None) => Ok(Proof::Key(answer)),
            _ => refuse("credential", "invalid"),
        };
    }
    match (body.code, body.password) {
        (Some(code), None) if body.kind == Some(CodeKind::EmailCode) => {
            Ok(Proof::EmailCode(bearable(code)?))
        }
        (Some(code), None) => Ok(Proof::Code {
            code: bearable(code)?,
            kind,
        }),
        (None, Some(_)) if body.kind.is_some() => refuse("kind", "invalid"),
        (None, Some(password)) => Ok(Proof::Password(password)),
        (None, None) => refuse("code", "missing"),
        (Some(_), Some(_)) => refuse("password", "invalid"),
    }
}
