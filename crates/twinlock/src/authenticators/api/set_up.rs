//! Setting a second factor up, proving it, and what is sent for it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::{Refusal, Stop, Timestamp};
use crate::authenticators::sms::flow::{Pending as PendingText, Texted};
use crate::authenticators::webauthn::flow::Pending as PendingKey;
use crate::authenticators::{Authenticator, Kind};
use crate::text_messages::rules::calling_code;
use crate::text_messages::store::State;

use super::{Enrolment, Factor, FactorState, TotpSetup, bearable};

/// A kind of second factor a person can set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnKind {
    /// An authenticator app.
    Totp,
    /// A security key or passkey.
    Webauthn,
    /// A phone that gets codes as text messages.
    Sms,
}

/// What is to be set up, with what its kind needs.
pub enum Wanted {
    /// An authenticator app, by this name.
    Totp(String),
    /// A security key, by this name.
    Webauthn(String),
    /// A number.
    Sms(TypedPhone),
}

/// A number as it came.
pub struct TypedPhone {
    /// In any form.
    pub phone: String,
    /// The country it is dialled in, where it does not say so itself.
    pub country: Option<String>,
}

/// What a body wants set up.
///
/// # Errors
/// [`Refusal::Field`] for a number that is missing, or members that do not belong to the kind.
pub fn wanted(
    kind: OwnKind,
    label: Option<String>,
    phone: Option<String>,
    country: Option<String>,
) -> Result<Wanted, Refusal> {
    let label = label.unwrap_or_default();
    if kind == OwnKind::Sms {
        // A number is called by its last digits, until it gets another name.
        return if label.trim().is_empty() {
            typed_phone(phone, country).map(Wanted::Sms)
        } else {
            Err(invalid("label"))
        };
    }
    no_phone(phone.as_ref(), country.as_ref())?;
    Ok(match kind {
        OwnKind::Webauthn => Wanted::Webauthn(label),
        OwnKind::Totp | OwnKind::Sms => Wanted::Totp(label),
    })
}

/// A number that must be there.
///
/// # Errors
/// [`Refusal::Field`] where it is not, or its country is none.
pub fn typed_phone(phone: Option<String>, country: Option<String>) -> Result<TypedPhone, Refusal> {
    let phone = phone.ok_or(Refusal::Field {
        field: "phone",
        code: "missing",
    })?;
    if country
        .as_deref()
        .is_some_and(|one| calling_code(one).is_none())
    {
        return Err(invalid("country"));
    }
    Ok(TypedPhone { phone, country })
}

/// A number must not be there.
///
/// # Errors
/// [`Refusal::Field`] where it is.
pub fn no_phone(phone: Option<&String>, country: Option<&String>) -> Result<(), Refusal> {
    match (phone, country) {
        (Some(_), _) => Err(invalid("phone")),
        (None, Some(_)) => Err(invalid("country")),
        (None, None) => Ok(()),
    }
}

fn invalid(field: &'static str) -> Refusal {
    Refusal::Field {
        field,
        code: "invalid",
    }
}

/// A second factor that waits for its first proof: `totp`, `webauthn` or `sms`, by its kind.
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
    /// `sms`: the code that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sms: Option<TextedCode>,
}

impl From<Enrolment> for SetUp {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            factor: enrolment.factor,
            totp: Some(enrolment.totp),
            webauthn: None,
            sms: None,
        }
    }
}

impl From<PendingKey> for SetUp {
    fn from(pending: PendingKey) -> Self {
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
            sms: None,
        }
    }
}

impl From<PendingText> for SetUp {
    fn from(pending: PendingText) -> Self {
        Self {
            factor: Factor::from(&pending.factor),
            totp: None,
            webauthn: None,
            sms: pending.texted.map(TextedCode::from),
        }
    }
}

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "queued")]
pub enum TextState {
    /// It waits for whoever delivers texts.
    Queued,
    /// Whoever delivers texts has it.
    Accepted,
    /// The carrier has it.
    Sent,
    /// The phone confirmed it.
    Delivered,
    /// It did not arrive and will not.
    Refused,
    /// Nobody knows whether it was sent; it is not sent again by itself.
    Unknown,
    /// It could not be handed over before its code died.
    Expired,
}

impl From<State> for TextState {
    fn from(state: State) -> Self {
        match state {
            State::Queued | State::Sending => Self::Queued,
            State::Accepted => Self::Accepted,
            State::Sent => Self::Sent,
            State::Delivered => Self::Delivered,
            State::Refused => Self::Refused,
            State::Unknown => Self::Unknown,
            State::Expired => Self::Expired,
        }
    }
}

/// A code that was texted.
#[derive(Serialize, ToSchema)]
pub struct TextedCode {
    /// The last two digits of the number, such as `•••• 89`; up to four where two numbers of the account end alike.
    #[schema(example = "•••• 89")]
    pub phone_hint: String,
    /// When the code dies.
    #[schema(example = "2026-11-22T14:37:00Z", format = DateTime)]
    pub expires_at: String,
    /// When a new code may be asked for.
    #[schema(example = "2026-11-22T14:33:00Z", format = DateTime)]
    pub resend_at: String,
    /// What became of the text so far; null where that is not known any more.
    #[schema(required)]
    pub state: Option<TextState>,
}

impl From<Texted> for TextedCode {
    fn from(texted: Texted) -> Self {
        Self {
            phone_hint: texted.hint,
            expires_at: Timestamp::rfc3339(texted.sent.expires_at),
            resend_at: Timestamp::rfc3339(texted.sent.resend_at),
            state: texted.state.map(TextState::from),
        }
    }
}

/// A second factor, and where the code stands that was texted to it.
#[derive(Serialize, ToSchema)]
pub struct FactorNow {
    /// It.
    pub factor: Factor,
    /// The code that was texted last to set it up, or for "Verify a code".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sms: Option<TextedCode>,
}

impl From<(Authenticator, Option<Texted>)> for FactorNow {
    fn from((factor, texted): (Authenticator, Option<Texted>)) -> Self {
        Self {
            factor: Factor::from(&factor),
            sms: texted.map(TextedCode::from),
        }
    }
}

/// A kind of second factor something is sent for before it can be proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedKind {
    /// What a security key is asked.
    Webauthn,
    /// A code as a text message.
    Sms,
}

/// Whether a number is among these.
#[must_use]
pub fn has_number(factors: &[Authenticator]) -> bool {
    factors.iter().any(|factor| factor.kind == Kind::Sms)
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
