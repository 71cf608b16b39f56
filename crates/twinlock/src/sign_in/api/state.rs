//! Where a sign-in stands, as every step of the JSON API answers it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{Stop, Timestamp};
use crate::authenticators::api::{Factor, TextedCode, has_number};
use crate::authenticators::{Authenticator, Kind};
use crate::challenge::store::Times;
use crate::config::Method;
use crate::edge::Visit;

use crate::sign_in::gate::{Completed, Progress, Step};
use crate::sign_in::rules::Requirement;
use crate::sign_in::second_factor;
use crate::trusted_device::rules::is_wanted;

/// What a sign-in waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// One of `methods`.
    FirstFactor,
    /// A code from the mailbox.
    VerifyEmail,
    /// A code of one of `factors`.
    SecondFactor,
    /// Setting up a second factor.
    Enroll,
    /// A new password.
    NewPassword,
    /// Nothing: here is the session.
    Complete,
}

/// Who requires the enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The instance's settings.
    Instance,
    /// Two-factor authentication was reset.
    Reset,
}

/// A way to start a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstFactorMethod {
    /// A password.
    Password,
    /// A code sent by email.
    EmailCode,
}

/// A second factor that may be used now.
#[derive(Serialize, ToSchema)]
pub struct OfferedFactor {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The person's name for it.
    pub label: String,
}

/// A session that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewSession {
    /// For `Authorization: Bearer`. Shown once.
    pub token: String,
    /// When it ends in any case.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Assurance level: `aal1` or `aal2` (NIST SP 800-63B).
    pub aal: String,
    /// Methods used (RFC 8176).
    pub amr: Vec<String>,
}

/// Where a sign-in stands. Members that do not belong to its state are left out.
#[derive(Serialize, ToSchema)]
pub struct SignInState {
    /// The sign-in's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// The token to go on with, where this step gave a new one; the one before is dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
    /// What it waits for.
    pub state: State,
    /// `true` while the account is frozen and this sign-in is opening it again: `second_factor` then takes only what counted before the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
    /// `first_factor`: what is offered, the first one asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub methods: Option<Vec<FirstFactorMethod>>,
    /// `verify_email`: the address, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email_hint: Option<String>,
    /// When a mailed code that is live dies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub expires_at: Option<String>,
    /// When a new code may be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub resend_at: Option<String>,
    /// `second_factor`: what the account holds, the preferred one first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub factors: Option<Vec<OfferedFactor>>,
    /// `second_factor`: the one to ask first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub preferred: Option<String>,
    /// `second_factor`: whether backup codes are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub backup_codes: Option<bool>,
    /// `second_factor`: the code that was texted last in this sign-in. Where a number is preferred, one is on its way without being asked for;
    /// left out where none could be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sms: Option<TextedCode>,
    /// `second_factor`: whether this device will be trusted where `trust_device` is left out; left out itself where no device is trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trust: Option<bool>,
    /// `enroll`: who requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<Reason>,
    /// `complete`: the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub session: Option<NewSession>,
    /// `complete`: present it when the next sign-in begins; it takes the place of any given before. The person is then not told of a new device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub device_token: Option<String>,
    /// `complete`, after a backup code: how many are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub backup_codes_remaining: Option<u32>,
}

/// A forced enrolment that is done, and where the sign-in stands now.
#[derive(Serialize, ToSchema)]
pub struct EnrolledState {
    /// The factor, active.
    pub factor: Factor,
    /// The account's backup codes, shown once.
    #[schema(required)]
    pub backup_codes: Option<Vec<String>>,
    /// The sign-in's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// The token to go on with, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
    /// What it waits for.
    pub state: State,
    /// `complete`: the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub session: Option<NewSession>,
    /// `complete`: present it when the next sign-in begins; it takes the place of any given before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub device_token: Option<String>,
}

/// Where a sign-in stands, as it is told.
///
/// # Errors
/// The database's trouble.
pub async fn told(visit: &Visit, progress: Progress) -> Result<SignInState, Stop> {
    let sms = match &progress.step {
        Step::SecondFactor { factors, .. } if has_number(factors) => {
            texted(visit, progress.token.as_deref()).await?
        }
        _ => None,
    };
    Ok(SignInState {
        sms,
        ..at(visit, progress)
    })
}

/// The code that was texted last, to whoever holds the token this step gave, or the one the call came with.
async fn texted(visit: &Visit, given: Option<&str>) -> Result<Option<TextedCode>, Stop> {
    let Some(token) = given.or(visit.sign_in.as_deref()) else {
        return Ok(None);
    };
    let texted = second_factor::texted(&visit.moment, token).await?;
    Ok(texted.map(TextedCode::from))
}

fn at(visit: &Visit, progress: Progress) -> SignInState {
    let mut state = SignInState {
        id: progress.id.to_string(),
        token: progress.token.map(|token| visit.with_device(token)),
        state: State::Complete,
        frozen: progress.thaw.map(|_| true),
        methods: None,
        email_hint: None,
        expires_at: None,
        resend_at: None,
        factors: None,
        preferred: None,
        backup_codes: None,
        sms: None,
        trust: None,
        reason: None,
        session: None,
        device_token: None,
        backup_codes_remaining: None,
    };
    match progress.step {
        Step::FirstFactor { methods, mailed } => {
            state.state = State::FirstFactor;
            state.methods = Some(methods.into_iter().map(method).collect());
            state.mailed(mailed);
        }
        Step::VerifyEmail { masked, mailed } => {
            state.state = State::VerifyEmail;
            state.email_hint = Some(masked);
            state.mailed(mailed);
        }
        Step::SecondFactor {
            factors,
            backup_codes,
        } => {
            state.state = State::SecondFactor;
            state.preferred = factors.first().map(|factor| factor.id.to_string());
            state.factors = Some(factors.iter().map(offered).collect());
            state.backup_codes = Some(backup_codes);
            state.trust = trust_unless_said(visit).filter(|_| state.frozen.is_none());
        }
        Step::Enrol(required_by) => {
            state.state = State::Enroll;
            state.reason = Some(match required_by {
                Requirement::Instance => Reason::Instance,
                Requirement::Reset => Reason::Reset,
            });
        }
        Step::NewPassword => state.state = State::NewPassword,
        Step::Complete(completed) => state.complete(*completed),
    }
    state
}

impl SignInState {
    fn mailed(&mut self, times: Option<Times>) {
        self.expires_at = times.map(|times| Timestamp::rfc3339(times.expires_at));
        self.resend_at = times.map(|times| Timestamp::rfc3339(times.resend_at));
    }

    fn complete(&mut self, completed: Completed) {
        let session = &completed.session;
        self.session = Some(NewSession {
            token: completed.token,
            expires_at: session.expires_at.rfc3339(),
            aal: session.assurance().word().to_owned(),
            amr: session.amr().into_iter().map(String::from).collect(),
        });
        self.device_token = completed.device_token;
        self.backup_codes_remaining = completed.backup_codes_left;
    }
}

fn method(method: Method) -> FirstFactorMethod {
    match method {
        Method::Password => FirstFactorMethod::Password,
        Method::EmailCode => FirstFactorMethod::EmailCode,
    }
}

fn offered(factor: &Authenticator) -> OfferedFactor {
    OfferedFactor {
        id: factor.id.to_string(),
        kind: factor.kind,
        label: factor.label.clone(),
    }
}

/// Whether a device becomes trusted where the client says nothing of it; `None` where none ever does.
fn trust_unless_said(visit: &Visit) -> Option<bool> {
    let ask = visit.moment.app.settings.two_factor.ask;
    is_wanted(ask, Some(true)).then(|| is_wanted(ask, None))
}
