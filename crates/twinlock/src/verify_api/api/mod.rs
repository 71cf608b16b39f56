//! Accounts and codes of an application's users.

mod devices;
mod factors;
mod record;
mod support;

use std::net::IpAddr;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use twinlock_web::{StrictJson, network_key};
use utoipa::ToSchema;

use crate::account::Account;
use crate::app::{AuthenticatorId, Client, Moment, Refusal, Stop, Timestamp};
use crate::authenticators::api::{TwoFactor, bearable};
use crate::authenticators::{AskedFor, Attempt, Kind, Wrong};
use crate::edge::{InPath, Visit, device_label};
use crate::session::Proof;

use super::flow::{self, Ask, Verified, accounts};
use super::rules::{AccountName, LONGEST_USER_AGENT};

pub use devices::{
    CheckedDevice, DeviceToCheck, MadeDevice, NewDevice, check_device, end_device, list_devices,
    make_device,
};
pub use factors::{
    BindKind, BoundFactor, NewFactor, SendCode, activate_factor, add_factor, change_factor,
    current_factor, make_codes, remove_factor, reveal_codes, send_code,
};
pub use record::list_events;
pub use support::{
    MustSetPassword, ResetReason, WasReset, freeze, require_new_password, reset, unfreeze, unlock,
};

/// An account to be made.
#[derive(Deserialize, ToSchema)]
pub struct NewAccount {
    /// The application's own id for it, unique within the application.
    #[schema(example = "user-42", min_length = 1, max_length = 255)]
    pub external_id: Option<String>,
    /// Where mail about it goes. Only with scope `admin` also a way in, and then unique.
    #[schema(example = "ann@example.org", max_length = 254)]
    pub email: Option<String>,
    /// The name shown.
    #[schema(example = "Ann", max_length = 100)]
    pub name: Option<String>,
    /// A password. Scope `admin`.
    #[schema(example = "otters juggle pebbles", max_length = 1024)]
    pub password: Option<String>,
    /// Whether the mailbox counts as proven. Scope `admin`.
    #[schema(example = true)]
    pub email_verified: Option<bool>,
}

/// An account.
#[derive(Serialize, ToSchema)]
pub struct AccountState {
    /// Its id.
    #[schema(example = "019ab1c2-4f81-7b3a-9d52-8e6f0a1b2c3d", format = Uuid)]
    pub id: String,
    /// The application's own id for it.
    #[schema(example = "user-42", required)]
    pub external_id: Option<String>,
    /// Where mail about it goes.
    #[schema(example = "ann@example.org", required)]
    pub email: Option<String>,
    /// Whether the mailbox was proven.
    #[schema(example = false)]
    pub email_verified: bool,
    /// The name shown; may be empty.
    #[schema(example = "Ann")]
    pub name: String,
    /// Whether a second factor must be set up before anything else.
    #[schema(example = false)]
    pub enrolment_required: bool,
    /// Whether it is frozen.
    #[schema(example = false)]
    pub frozen: bool,
    /// When it was made.
    #[schema(example = "2026-11-22T14:30:05Z", format = DateTime)]
    pub created_at: String,
    /// When mail to the address was last refused for good; null as soon as one is taken.
    #[schema(example = json!(null), required, format = DateTime)]
    pub mail_refused_at: Option<String>,
}

impl From<Account> for AccountState {
    fn from(account: Account) -> Self {
        Self {
            id: account.id.to_string(),
            external_id: account.external_id,
            email: account.email,
            email_verified: account.email_verified_at.is_some(),
            name: account.name,
            enrolment_required: account.enrolment_required,
            frozen: account.frozen.is_some(),
            created_at: account.created_at.rfc3339(),
            mail_refused_at: account.mail_refused_at.map(Timestamp::rfc3339),
        }
    }
}

/// Where the person sits, as the application sees it.
#[derive(Deserialize, ToSchema)]
pub struct ClientSeen {
    /// The person's address.
    #[schema(example = "203.0.113.9", max_length = 45)]
    pub ip: Option<String>,
    /// The person's browser.
    #[schema(
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
        max_length = 400
    )]
    pub user_agent: Option<String>,
}

/// A code to be checked.
#[derive(Deserialize, ToSchema)]
pub struct CodeToVerify {
    /// As typed; spaces and dashes do not matter.
    #[schema(example = "492039", max_length = 64)]
    pub code: String,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this factor.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub factor: Option<AuthenticatorId>,
    /// The known device's token of an earlier answer: wrong codes then count in this device's own budget.
    pub device_token: Option<String>,
    /// Where the person sits.
    pub client: Option<ClientSeen>,
}

/// Why a code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotVerified {
    /// It fits nothing.
    InvalidCode,
    /// A backup code with a typing slip; cost no try.
    Mistyped,
    /// It was accepted before; not said of texted codes.
    AlreadyUsed,
    /// A backup code of a sheet that was replaced; or the code that was texted last is good no more, by time, tries or use.
    Expired,
    /// It would have fitted `drift_seconds` ago: the phone's clock is behind.
    ClockDrift,
    /// The account has no such second factor.
    NoFactor,
}

/// What became of a code. Members that do not belong to the outcome are left out.
#[derive(Default, Serialize, ToSchema)]
pub struct Verification {
    /// Whether it was accepted; it is spent then.
    pub verified: bool,
    /// Accepted: the kind that accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kind: Option<Kind>,
    /// Accepted: the factor that accepted it; not for a backup code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub factor: Option<String>,
    /// Accepted: how many backup codes are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub backup_codes_remaining: Option<u32>,
    /// Accepted on a device not known yet: present this next time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub device_token: Option<String>,
    /// Not accepted: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<NotVerified>,
    /// `clock_drift`: by how much the clock is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drift_seconds: Option<u32>,
}

/// `POST /api/v1/accounts`
///
/// # Errors
/// [`Refusal::AlreadyExists`], [`Refusal::MissingScope`], [`Refusal::Field`].
pub async fn make_account(
    visit: Visit,
    StrictJson(body): StrictJson<NewAccount>,
) -> Result<Response, Stop> {
    let new = accounts::NewAccount {
        external_id: body.external_id,
        email: body.email,
        name: body.name,
        password: body.password,
        email_verified: body.email_verified,
    };
    let made = accounts::make(&visit.moment, visit.api()?.clone(), new).await?;
    Ok((StatusCode::CREATED, Json(AccountState::from(made))).into_response())
}

/// `GET /api/v1/accounts/{account}`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn show_account(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<Json<AccountState>, Stop> {
    let found = accounts::show(&visit.moment, ask(&visit, account)?).await?;
    Ok(Json(AccountState::from(found)))
}

/// `DELETE /api/v1/accounts/{account}`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn delete_account(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<StatusCode, Stop> {
    accounts::erase(&visit.moment, ask(&visit, account)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/accounts/{account}/two-factor`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn two_factor(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<Json<TwoFactor>, Stop> {
    let (held, required, trusted) = flow::two_factor(&visit.moment, ask(&visit, account)?).await?;
    Ok(Json(TwoFactor::of(&held, required, trusted)))
}

/// `POST /api/v1/accounts/{account}/verify`
///
/// # Errors
/// [`Refusal::Locked`], [`Refusal::Frozen`], [`Refusal::NotFound`]; a wrong code is an answer, not an error.
pub async fn verify(
    visit: Visit,
    InPath(account): InPath<AccountName>,
    StrictJson(body): StrictJson<CodeToVerify>,
) -> Result<Json<Verification>, Stop> {
    let asked = ask(&visit, account)?;
    let presented = body.device_token.clone();
    let moment = seen_from(&visit.moment, body.client, body.device_token)?;
    let attempt = Attempt {
        code: bearable(body.code)?,
        kind: body.kind,
        factor: body.factor,
        mailbox_proved: false,
        asked_for: AskedFor::Application,
        ceremony: None,
    };
    let verified = flow::verify(&moment, asked, attempt).await?;
    let mut answer = outcome(verified);
    if answer.verified {
        // A device that is known keeps its token; the caller stores what it gets, whichever it was.
        answer.device_token = answer.device_token.or(presented);
    }
    Ok(Json(answer))
}

/// The moment as if the person sat where the application says.
fn seen_from(
    moment: &Moment,
    client: Option<ClientSeen>,
    device_token: Option<String>,
) -> Result<Moment, Stop> {
    let mut seen = Client {
        device_tokens: device_token.into_iter().collect(),
        ..Client::clone(&moment.client)
    };
    let (ip, user_agent) = client.map_or((None, None), |client| (client.ip, client.user_agent));
    if let Some(ip) = ip {
        let ip: IpAddr = ip.parse().map_err(|_| Refusal::Field {
            field: "client.ip",
            code: "invalid",
        })?;
        seen.network = network_key(ip);
    }
    if let Some(agent) = user_agent {
        if agent.chars().count() > LONGEST_USER_AGENT {
            return Err(Refusal::Field {
                field: "client.user_agent",
                code: "too_long",
            }
            .into());
        }
        seen.device_label = device_label(&agent);
    }
    Ok(moment.of_client(seen))
}

/// The moment a text is ordered in. Where the application does not say who sits where, its own address must not stand for all of its users:
/// then what is left are the limits of the account, of numbers and of the instance.
fn texted_for(
    moment: &Moment,
    asked: &Ask,
    client: Option<ClientSeen>,
    device_token: Option<String>,
) -> Result<Moment, Stop> {
    if client.as_ref().is_some_and(|client| client.ip.is_some()) {
        return seen_from(moment, client, device_token);
    }
    let nowhere = Client {
        network: format!("{:?}", (asked.caller.application, &asked.account)).into_bytes(),
        ..Client::clone(&moment.client)
    };
    seen_from(&moment.of_client(nowhere), client, device_token)
}

fn outcome(verified: Verified) -> Verification {
    let not = |reason, drift_seconds| Verification {
        reason: Some(reason),
        drift_seconds,
        ..Verification::default()
    };
    match verified {
        Verified::Accepted {
            accepted,
            device_token,
        } => Verification {
            verified: true,
            kind: Some(match accepted.proof {
                Proof::Totp(_) => Kind::Totp,
                Proof::Webauthn(_) => Kind::Webauthn,
                Proof::Sms(_) => Kind::Sms,
                Proof::BackupCode => Kind::BackupCode,
            }),
            factor: accepted.proof.authenticator().map(|id| id.to_string()),
            backup_codes_remaining: Some(accepted.backup_codes_remaining),
            device_token,
            ..Verification::default()
        },
        Verified::Wrong(Wrong::Invalid | Wrong::Texted | Wrong::AppOrTexted) => {
            not(NotVerified::InvalidCode, None)
        }
        Verified::Wrong(Wrong::AlreadyUsed) => not(NotVerified::AlreadyUsed, None),
        Verified::Wrong(Wrong::Drift(seconds)) => not(NotVerified::ClockDrift, Some(seconds)),
        Verified::Wrong(Wrong::Mistyped) => not(NotVerified::Mistyped, None),
        Verified::Wrong(Wrong::OldSheet | Wrong::TextedOver) => not(NotVerified::Expired, None),
        Verified::NoFactor => not(NotVerified::NoFactor, None),
    }
}

/// Whose account, and who asks.
fn ask(visit: &Visit, account: AccountName) -> Result<Ask, Stop> {
    Ok(Ask {
        caller: visit.api()?.clone(),
        account,
    })
}
