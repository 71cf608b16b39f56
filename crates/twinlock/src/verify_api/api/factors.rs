//! Second factors and backup codes of an application's users.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use twinlock_otp::{Parameters, ParametersError, Secret};
use twinlock_web::StrictJson;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::api::{
    Activated, ChangeFactor, Enrolment, Factor, FactorNow, NewCodes, RevealedCodes, TextedCode,
    TotpSetup, TypedCode, bearable, meaningful, no_phone, typed_phone,
};
use crate::authenticators::flow::Bound;
use crate::authenticators::sms::flow::Pending;
use crate::edge::{InPath, Visit};
use crate::verify_api::flow::factors::{self, Brought};
use crate::verify_api::flow::{Ask, codes};
use crate::verify_api::rules::AccountName;

use super::{ClientSeen, ask, texted_for};

/// A kind of second factor an application sets up for its users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BindKind {
    /// An authenticator app.
    Totp,
    /// A phone that gets codes as text messages.
    Sms,
}

/// Sets up a second factor: a new secret that waits for its first code, or an existing one that is active at once.
#[derive(Deserialize, ToSchema)]
pub struct NewFactor {
    /// What is set up.
    pub kind: BindKind,
    /// The person's name for it; not for `sms`.
    #[schema(max_length = 60)]
    pub label: Option<String>,
    /// An existing secret in base32, 16 to 128 bytes; then `activate` must be `true`. Not for people's accounts.
    #[schema(max_length = 512)]
    pub secret: Option<String>,
    /// `SHA1` (usual), `SHA256` or `SHA512`, with an existing secret only.
    pub algorithm: Option<String>,
    /// 6 (usual) to 8, with an existing secret only.
    #[schema(minimum = 6, maximum = 8)]
    pub digits: Option<u8>,
    /// Seconds, 15 to 120, usually 30; with an existing secret only.
    #[schema(minimum = 15, maximum = 120)]
    pub period: Option<u32>,
    /// Whether an existing secret counts at once.
    pub activate: Option<bool>,
    /// `sms`: the number, in any form, with its country code or with `country`.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
    /// `sms`: the country a number without country code is dialled in, as two letters (ISO 3166-1).
    #[schema(min_length = 2, max_length = 2)]
    pub country: Option<String>,
    /// `sms`: where the person sits; so many texts go out for one network.
    pub client: Option<ClientSeen>,
}

/// A second factor that was set up. `totp` or `sms` for one that waits for its first code, `backup_codes` for one that is active at once.
#[derive(Serialize, ToSchema)]
pub struct BoundFactor {
    /// It.
    pub factor: Factor,
    /// What the app scans, for one that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub totp: Option<TotpSetup>,
    /// The code that was sent, for a number that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sms: Option<TextedCode>,
    /// The account's backup codes, with its first active second factor only; shown once.
    #[schema(required)]
    pub backup_codes: Option<Vec<String>>,
}

impl From<Enrolment> for BoundFactor {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            factor: enrolment.factor,
            totp: Some(enrolment.totp),
            sms: None,
            backup_codes: None,
        }
    }
}

impl From<Pending> for BoundFactor {
    fn from(pending: Pending) -> Self {
        Self {
            factor: Factor::from(&pending.factor),
            totp: None,
            sms: pending.texted.map(TextedCode::from),
            backup_codes: None,
        }
    }
}

impl From<Bound> for BoundFactor {
    fn from(bound: Bound) -> Self {
        let activated = Activated::from(bound);
        Self {
            factor: activated.factor,
            totp: None,
            sms: None,
            backup_codes: activated.backup_codes,
        }
    }
}

/// `POST /api/v1/accounts/{account}/factors`
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Field`], [`Refusal::Frozen`].
pub async fn add_factor(
    visit: Visit,
    InPath(account): InPath<AccountName>,
    StrictJson(mut body): StrictJson<NewFactor>,
) -> Result<Response, Stop> {
    let asked = ask(&visit, account)?;
    if body.kind == BindKind::Sms {
        let made = add_number(&visit, asked, body).await?;
        return Ok((StatusCode::CREATED, Json(made)).into_response());
    }
    no_phone(body.phone.as_ref(), body.country.as_ref())?;
    let label = body.label.take().unwrap_or_default();
    let made = match brought(body)? {
        Some(brought) => {
            BoundFactor::from(factors::import(&visit.moment, asked, label, brought).await?)
        }
        None => BoundFactor::from(Enrolment::from(
            factors::begin(&visit.moment, asked, label).await?,
        )),
    };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn add_number(visit: &Visit, asked: Ask, body: NewFactor) -> Result<BoundFactor, Stop> {
    let refuse = |field| {
        Stop::from(Refusal::Field {
            field,
            code: "invalid",
        })
    };
    let of_apps = [
        (
            body.label.is_some_and(|label| !label.trim().is_empty()),
            "label",
        ),
        (body.secret.is_some(), "secret"),
        (body.algorithm.is_some(), "algorithm"),
        (body.digits.is_some(), "digits"),
        (body.period.is_some(), "period"),
        (body.activate == Some(true), "activate"),
    ];
    if let Some((_, field)) = of_apps.into_iter().find(|(sent, _)| *sent) {
        return Err(refuse(field));
    }
    let typed = typed_phone(body.phone, body.country)?;
    let moment = texted_for(&visit.moment, &asked, body.client, None)?;
    let pending = factors::begin_text(&moment, asked, typed.phone, typed.country).await?;
    Ok(BoundFactor::from(pending))
}

/// Sends a code to a number.
#[derive(Default, Deserialize, ToSchema)]
pub struct SendCode {
    /// Where the person sits; so many texts go out for one network.
    pub client: Option<ClientSeen>,
    /// The known device's token of an earlier answer: some texts are kept for known devices.
    pub device_token: Option<String>,
}

/// `POST /api/v1/accounts/{account}/factors/{factor}/send`
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Frozen`]; [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`], [`Refusal::KindUnavailable`].
pub async fn send_code(
    visit: Visit,
    InPath((account, factor)): InPath<(AccountName, AuthenticatorId)>,
    body: Option<StrictJson<SendCode>>,
) -> Result<Response, Stop> {
    let asked = ask(&visit, account)?;
    let body = body.map_or_else(SendCode::default, |StrictJson(body)| body);
    let moment = texted_for(&visit.moment, &asked, body.client, body.device_token)?;
    let texted = factors::send(&moment, asked, factor).await?;
    Ok((StatusCode::ACCEPTED, Json(TextedCode::from(texted))).into_response())
}

/// `GET /api/v1/accounts/{account}/factors/{factor}`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn current_factor(
    visit: Visit,
    InPath((account, factor)): InPath<(AccountName, AuthenticatorId)>,
) -> Result<Json<FactorNow>, Stop> {
    let found = factors::current(&visit.moment, ask(&visit, account)?, factor).await?;
    Ok(Json(FactorNow::from(found)))
}

/// The existing secret in a body, if there is one.
fn brought(body: NewFactor) -> Result<Option<Brought>, Stop> {
    let refuse = |field, code| Stop::from(Refusal::Field { field, code });
    let Some(secret) = body.secret.map(Zeroizing::new) else {
        let needs_secret = [
            (body.algorithm.is_some(), "algorithm"),
            (body.digits.is_some(), "digits"),
            (body.period.is_some(), "period"),
            (body.activate == Some(true), "activate"),
        ];
        return match needs_secret.into_iter().find(|(sent, _)| *sent) {
            Some((_, field)) => Err(refuse(field, "invalid")),
            None => Ok(None),
        };
    };
    if body.activate != Some(true) {
        return Err(refuse("activate", "missing"));
    }
    let usual = Parameters::default();
    let algorithm = match body.algorithm.as_deref() {
        Some(name) => name.parse().map_err(|_| refuse("algorithm", "invalid"))?,
        None => usual.algorithm,
    };
    let (digits, period) = (
        body.digits.unwrap_or(usual.digits),
        body.period.unwrap_or(usual.period),
    );
    let parameters = Parameters::new(algorithm, digits, period).map_err(|error| match error {
        ParametersError::Digits => refuse("digits", "invalid"),
        ParametersError::Period => refuse("period", "invalid"),
    })?;
    let secret = Secret::from_base32(&secret).map_err(|_| refuse("secret", "invalid"))?;
    Ok(Some(Brought { secret, parameters }))
}

/// `POST /api/v1/accounts/{account}/factors/{factor}/activate`
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn activate_factor(
    visit: Visit,
    InPath((account, factor)): InPath<(AccountName, AuthenticatorId)>,
    StrictJson(body): StrictJson<TypedCode>,
) -> Result<Json<Activated>, Stop> {
    let asked = ask(&visit, account)?;
    let code = bearable(body.code)?;
    let bound = factors::activate(&visit.moment, asked, factor, code).await?;
    Ok(Json(Activated::from(bound)))
}

/// `PATCH /api/v1/accounts/{account}/factors/{factor}`
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Field`], [`Refusal::Frozen`].
pub async fn change_factor(
    visit: Visit,
    InPath((account, factor)): InPath<(AccountName, AuthenticatorId)>,
    StrictJson(change): StrictJson<ChangeFactor>,
) -> Result<Json<Factor>, Stop> {
    meaningful(&change)?;
    let asked = ask(&visit, account)?;
    let prefer = change.preferred.is_some();
    let changed = factors::alter(&visit.moment, asked, factor, change.label, prefer).await?;
    Ok(Json(Factor::from(&changed)))
}

/// `DELETE /api/v1/accounts/{account}/factors/{factor}`
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn remove_factor(
    visit: Visit,
    InPath((account, factor)): InPath<(AccountName, AuthenticatorId)>,
) -> Result<StatusCode, Stop> {
    factors::remove(&visit.moment, ask(&visit, account)?, factor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/accounts/{account}/backup-codes`
///
/// # Errors
/// [`Refusal::NoFactor`], [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn make_codes(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<Response, Stop> {
    let sheet = codes::make(&visit.moment, ask(&visit, account)?).await?;
    Ok((StatusCode::CREATED, Json(NewCodes::from(sheet))).into_response())
}

/// `GET /api/v1/accounts/{account}/backup-codes`
///
/// # Errors
/// [`Refusal::RevealDisabled`], [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn reveal_codes(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<Json<RevealedCodes>, Stop> {
    let shown = codes::reveal(&visit.moment, ask(&visit, account)?).await?;
    Ok(Json(RevealedCodes::from(shown)))
}
