//! One's own backup codes.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::app::{Stop, Timestamp};
use crate::authenticators::api::{NewCodes, RevealedCodes, TypedCode, bearable};
use crate::edge::Visit;
use crate::settings::flow;

/// What is known of a backup code; it was not spent.
#[derive(Serialize, ToSchema)]
pub struct CheckedCode {
    /// Whether it would be accepted.
    #[schema(example = true)]
    pub valid: bool,
    /// The sheet it is on, where it is known.
    #[schema(example = 2, required)]
    pub sheet: Option<i64>,
    /// Its number on the sheet.
    #[schema(example = 3, required)]
    pub ordinal: Option<i64>,
    /// When it was used.
    #[schema(example = json!(null), required, format = DateTime)]
    pub used_at: Option<String>,
}

/// `GET /api/v1/me/backup-codes`
///
/// # Errors
/// [`crate::app::Refusal::StepUpRequired`], [`crate::app::Refusal::RevealDisabled`], [`crate::app::Refusal::NotFound`].
pub async fn reveal_codes(visit: Visit) -> Result<Json<RevealedCodes>, Stop> {
    let shown = flow::reveal(&visit.moment, visit.acting()?).await?;
    Ok(Json(RevealedCodes::from(shown)))
}

/// `POST /api/v1/me/backup-codes`
///
/// # Errors
/// [`crate::app::Refusal::StepUpRequired`], [`crate::app::Refusal::NoFactor`].
pub async fn make_codes(visit: Visit) -> Result<Response, Stop> {
    let sheet = flow::make_codes(&visit.moment, visit.acting()?).await?;
    Ok((StatusCode::CREATED, Json(NewCodes::from(sheet))).into_response())
}

/// `POST /api/v1/me/backup-codes/check`
///
/// # Errors
/// [`crate::app::Refusal::Mistyped`], [`crate::app::Refusal::InvalidCode`], [`crate::app::Refusal::TooManyRequests`].
pub async fn check_code(
    visit: Visit,
    StrictJson(body): StrictJson<TypedCode>,
) -> Result<Json<CheckedCode>, Stop> {
    let code = bearable(body.code)?;
    let checked = flow::check_code(&visit.moment, visit.acting()?, code).await?;
    Ok(Json(CheckedCode {
        valid: checked.valid,
        sheet: checked.sheet,
        ordinal: checked.ordinal,
        used_at: checked.used_at.map(Timestamp::rfc3339),
    }))
}
