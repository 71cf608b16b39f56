//! Security keys as the JSON API asks and hears them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::{KEY_TIMEOUT, Moment, Refusal, Stop};
use crate::authenticators::Kind;
use crate::authenticators::api::{Enrolment, Factor, FactorState, TotpSetup, bearable};

use super::flow::Pending;

/// A kind of second factor a person can set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnKind {
    /// An authenticator app.
    Totp,
    /// A security key or passkey.
    Webauthn,
}

/// A second factor that waits for its first proof: `totp` or `webauthn`, by its kind.
#[derive(Serialize, ToSchema)]
pub struct SetUp {
    /// It, pending.
    pub factor: Factor,
    /// `totp`: what the app scans.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub totp: Option<TotpSetup>,
    /// `webauthn`: `PublicKeyCredentialCreationOptions` as JSON, for `PublicKeyCredential.parseCreationOptionsFromJSON`; good for five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Object>, example = json!({"challenge": "…"}))]
    pub webauthn: Option<Value>,
}

impl From<Enrolment> for SetUp {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            factor: enrolment.factor,
            totp: Some(enrolment.totp),
            webauthn: None,
        }
    }
}

impl From<Pending> for SetUp {
    fn from(pending: Pending) -> Self {
        Self {
            factor: Factor {
                id: pending.id.to_string(),
                kind: Kind::Webauthn,
                label: pending.label,
                state: FactorState::Pending,
                preferred: false,
                created_at: pending.created_at.rfc3339(),
                activated_at: None,
                last_used_at: None,
                expires_at: Some(pending.expires_at.rfc3339()),
            },
            totp: None,
            webauthn: Some(pending.options),
        }
    }
}

/// A proof of a second factor: a typed code, or what a security key answered. Exactly one of the two.
#[derive(Deserialize, ToSchema)]
pub struct FactorProof {
    /// As typed; spaces and dashes do not matter.
    #[schema(example = "492039", max_length = 64)]
    pub code: Option<String>,
    /// What the key answered: the credential's `toJSON()`.
    #[schema(value_type = Option<Object>)]
    pub credential: Option<Value>,
}

/// One of the two.
pub enum Given {
    /// A code.
    Code(String),
    /// What a key answered.
    Key(Value),
}

/// The one that was given.
///
/// # Errors
/// [`Refusal::Field`] for none, both, or a code nobody types.
pub fn given(code: Option<String>, credential: Option<Value>) -> Result<Given, Stop> {
    let refuse = |field, code| Err(Refusal::Field { field, code }.into());
    match (code, credential) {
        (Some(code), None) => Ok(Given::Code(bearable(code)?)),
        (None, Some(credential)) => Ok(Given::Key(credential)),
        (None, None) => refuse("code", "missing"),
        (Some(_), Some(_)) => refuse("credential", "invalid"),
    }
}

/// What a security key is asked.
#[derive(Serialize, ToSchema)]
pub struct KeyQuestion {
    /// `PublicKeyCredentialRequestOptions` as JSON, for `PublicKeyCredential.parseRequestOptionsFromJSON`.
    #[schema(value_type = Object, example = json!({"challenge": "…"}))]
    pub webauthn: Value,
    /// Until when an answer is taken. One answer is, and only to the question asked last.
    #[schema(example = "2026-11-22T14:37:00Z", format = DateTime)]
    pub expires_at: String,
}

impl KeyQuestion {
    /// Asked at this moment.
    #[must_use]
    pub fn asked(moment: &Moment, webauthn: Value) -> Self {
        Self {
            webauthn,
            expires_at: moment.now.plus(KEY_TIMEOUT).rfc3339(),
        }
    }
}
