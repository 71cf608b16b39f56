//! One's own trusted devices by the JSON API.

use axum::Json;
use http::StatusCode;

use crate::app::{DeviceId, Stop};
use crate::edge::{InPath, Page, Visit};
use crate::settings::flow;
use crate::trusted_device::api::{TrustedDevice, TrustedDeviceList};

/// `GET /api/v1/me/devices`
///
/// # Errors
/// [`crate::app::Refusal::SignedOut`].
pub async fn list_devices(visit: Visit, page: Page) -> Result<Json<TrustedDeviceList>, Stop> {
    let all = flow::trusted_devices(&visit.moment, visit.acting()?).await?;
    let (shown, next_cursor) = page.cut(all, |device| device.id.to_string());
    Ok(Json(TrustedDeviceList {
        items: shown.iter().map(TrustedDevice::from).collect(),
        next_cursor,
    }))
}

/// `DELETE /api/v1/me/devices/{device}`
///
/// # Errors
/// [`crate::app::Refusal::NotFound`] for any id that is not that of one of their trusted devices.
pub async fn end_device(visit: Visit, InPath(id): InPath<DeviceId>) -> Result<StatusCode, Stop> {
    flow::end_trust_of(&visit.moment, visit.acting()?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
