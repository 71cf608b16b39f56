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
    Activated, BindKind, ChangeFactor, Enrolment, Factor, NewCodes, RevealedCodes, TotpSetup,
    TypedCode, bearable, meaningful,
};
use crate::authenticators::flow::Bound;
use crate::edge::{InPath, Visit};
use crate::verify_api::flow::codes;
use crate::verify_api::flow::factors::{self, Brought};
use crate::verify_api::rules::AccountName;

use super::ask;

/// Sets up a second factor: a new secret that waits for its first code, or an existing one that is active at once.
#[derive(Deserialize, ToSchema)]
pub struct NewFactor {
    /// Only `totp` so far.
    pub kind: BindKind,
    /// The person's name for it.
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
}

/// A second factor that was set up. `totp` for one that waits for its first code, `backup_codes` for one that is active at once.
#[derive(Serialize, ToSchema)]
pub struct BoundFactor {
    /// It.
    pub factor: Factor,
    /// What the app scans, for one that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub totp: Option<TotpSetup>,
    /// The account's backup codes, with its first active second factor only; shown once.
    #[schema(required)]
    pub backup_codes: Option<Vec<String>>,
}

impl From<Enrolment> for BoundFactor {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            factor: enrolment.factor,
            totp: Some(enrolment.totp),
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
    let BindKind::Totp = body.kind;
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
