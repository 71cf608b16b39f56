//! The session behind a call, and proving it again.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::app::{AuthenticatorId, KEY_TIMEOUT, Refusal, Stop, Timestamp};
use crate::authenticators::Kind;
use crate::authenticators::api::{TextState, bearable};
use crate::authenticators::email_code::flow::Sent;
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
    /// Of a text message.
    Sms,
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
    /// A code by text message.
    Sms,
}

/// Asks for a mailed or a texted code, or for what a security key is asked.
#[derive(Deserialize, ToSchema)]
pub struct SendStepUpCode {
    /// Which of them; `sms` where only `factor` is given.
    pub kind: Option<SentKind>,
    /// `sms`: to this number, where there are several.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub factor: Option<AuthenticatorId>,
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
    /// `sms`: the last two digits of the number, such as `•••• 89`; up to four where two numbers of the account end alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone_hint: Option<String>,
    /// `sms`: what became of the text so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state: Option<TextState>,
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
    sessions::sign_out(&visit.moment, visit.acting()?).await?;
    let answer = StatusCode::NO_CONTENT.into_response();
    Ok(match visit.acting()?.carrier {
        sessions::Carrier::Cookie => visit.cookies().end_session().on(answer),
        sessions::Carrier::Bearer => answer,
    })
}

/// `POST /api/v1/session/step-up/send`
///
/// # Errors
/// [`Refusal::WrongStep`] where a second factor is asked; [`Refusal::NoFactor`]; [`Refusal::ResendTooSoon`], [`Refusal::TooManyRequests`],
/// [`Refusal::TextLimit`].
pub async fn send(
    visit: Visit,
    StrictJson(body): StrictJson<SendStepUpCode>,
) -> Result<Response, Stop> {
    let (moment, acting) = (&visit.moment, visit.acting()?);
    let answer = match asked(&body)? {
        SentKind::EmailCode => StepUpCodeSent::mailed(&flow::send_code(moment, acting).await?),
        SentKind::Webauthn => {
            let options = flow::ask_key(moment, acting).await?;
            StepUpCodeSent {
                webauthn: Some(options),
                ..StepUpCodeSent::until(moment.now.plus(KEY_TIMEOUT), moment.now)
            }
        }
        SentKind::Sms => {
            let texted = flow::send_text(moment, acting, body.factor).await?;
            StepUpCodeSent {
                state: texted.state.map(TextState::from),
                phone_hint: Some(texted.hint),
                ..StepUpCodeSent::until(texted.sent.expires_at, texted.sent.resend_at)
            }
        }
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// Only one of several numbers is named; keys are asked all at once, and there is one mailbox.
fn asked(body: &SendStepUpCode) -> Result<SentKind, Refusal> {
    let refuse = |field, code| Err(Refusal::Field { field, code });
    match (body.kind, body.factor) {
        (None, None) => refuse("kind", "missing"),
        (None | Some(SentKind::Sms), Some(_)) => Ok(SentKind::Sms),
        (Some(_), Some(_)) => refuse("factor", "invalid"),
        (Some(kind), None) => Ok(kind),
    }
}

impl StepUpCodeSent {
    fn until(expires_at: Timestamp, resend_at: Timestamp) -> Self {
        Self {
            expires_at: expires_at.rfc3339(),
            resend_at: resend_at.rfc3339(),
            delayed: false,
            phone_hint: None,
            state: None,
            webauthn: None,
        }
    }

    fn mailed(sent: &Sent) -> Self {
        Self {
            delayed: sent.delayed,
            ..Self::until(sent.times.expires_at, sent.times.resend_at)
        }
    }
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
        Some(CodeKind::Sms) => Some(Kind::Sms),
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
