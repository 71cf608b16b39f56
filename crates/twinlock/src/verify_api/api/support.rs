//! What support does for an account: end its waits, freeze it, reset it, demand a new password.

use axum::Json;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::app::Stop;
use crate::edge::{InPath, Visit};
use crate::verify_api::flow;
use crate::verify_api::rules::AccountName;

use super::ask;

/// Why two-factor authentication is reset.
#[derive(Deserialize, ToSchema)]
pub struct ResetReason {
    /// For the record.
    #[schema(
        example = "phone lost, seen in person by Bo",
        min_length = 1,
        max_length = 500
    )]
    pub reason: String,
}

/// Two-factor authentication was reset.
#[derive(Serialize, ToSchema)]
pub struct WasReset {
    /// Whose.
    #[schema(example = "019ab1c2-4f81-7b3a-9d52-8e6f0a1b2c3d", format = Uuid)]
    pub account: String,
    /// A second factor must be set up before anything else.
    #[schema(example = true)]
    pub enrolment_required: bool,
}

/// A new password is asked for.
#[derive(Serialize, ToSchema)]
pub struct MustSetPassword {
    /// Of whom.
    #[schema(example = "019ab1c2-4f81-7b3a-9d52-8e6f0a1b2c3d", format = Uuid)]
    pub account: String,
    /// Whether the next sign-in asks for a new password; not of somebody who has none.
    #[schema(example = true)]
    pub new_password_required: bool,
}

/// `POST /api/v1/accounts/{account}/unlock`
///
/// # Errors
/// [`crate::app::Refusal::NotFound`].
pub async fn unlock(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<StatusCode, Stop> {
    flow::unlock(&visit.moment, ask(&visit, account)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/accounts/{account}/freeze`
///
/// # Errors
/// [`crate::app::Refusal::NotFound`].
pub async fn freeze(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<StatusCode, Stop> {
    flow::freeze(&visit.moment, ask(&visit, account)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/accounts/{account}/unfreeze`
///
/// # Errors
/// [`crate::app::Refusal::NotFound`].
pub async fn unfreeze(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<StatusCode, Stop> {
    flow::unfreeze(&visit.moment, ask(&visit, account)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/accounts/{account}/two-factor/reset`
///
/// # Errors
/// [`crate::app::Refusal::NotFound`], [`crate::app::Refusal::Field`].
pub async fn reset(
    visit: Visit,
    InPath(account): InPath<AccountName>,
    StrictJson(body): StrictJson<ResetReason>,
) -> Result<Json<WasReset>, Stop> {
    let account = flow::reset(&visit.moment, ask(&visit, account)?, body.reason).await?;
    Ok(Json(WasReset {
        account: account.to_string(),
        enrolment_required: true,
    }))
}

/// `POST /api/v1/accounts/{account}/require-new-password`
///
/// # Errors
/// [`crate::app::Refusal::NotFound`].
pub async fn require_new_password(
    visit: Visit,
    InPath(account): InPath<AccountName>,
) -> Result<Json<MustSetPassword>, Stop> {
    let asked = ask(&visit, account)?;
    let (account, required) = flow::require_new_password(&visit.moment, asked).await?;
    Ok(Json(MustSetPassword {
        account: account.to_string(),
        new_password_required: required,
    }))
}
