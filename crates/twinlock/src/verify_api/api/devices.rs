//! Trusted devices of an application's users.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::account::rules::clean;
use crate::app::{Client, DeviceId, Refusal, Stop};
use crate::edge::{InPath, Page, Visit};
use crate::trusted_device::api::{TrustedDevice, TrustedDeviceList};
use crate::verify_api::flow::devices::{self, Made};
use crate::verify_api::rules::{AccountName, LONGEST_DEVICE_LABEL};

use super::ask;

/// A device to be trusted.
#[derive(Deserialize, ToSchema)]
pub struct NewDevice {
    /// A short name for it, such as browser and system.
    #[schema(example = "Firefox on Linux", min_length = 1, max_length = 200)]
    pub label: String,
}

/// A device that is trusted now.
#[derive(Serialize, ToSchema)]
pub struct MadeDevice {
    /// The device.
    pub device: TrustedDevice,
    /// For a cookie of that browser. Shown once.
    #[schema(example = "tld_AZqxwl0-f0CKUbYsc9hOlW3kR9pVbXn2TzQmDs7FhJc")]
    pub device_token: String,
}

/// A device's token to be checked.
#[derive(Deserialize, ToSchema)]
pub struct DeviceToCheck {
    /// The token, as it was last given out. Any other text is that of no trusted device.
    #[schema(example = "tld_AZqxwl0-f0CKUbYsc9hOlW3kR9pVbXn2TzQmDs7FhJc")]
    pub token: String,
}

/// Whether a code has to be asked for. Members that do not belong to the answer are left out.
#[derive(Default, Serialize, ToSchema)]
pub struct CheckedDevice {
    /// Whether the device is trusted, and no code need be asked for.
    #[schema(example = true)]
    pub trusted: bool,
    /// Trusted: the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub device: Option<TrustedDevice>,
    /// Trusted: the token to keep in place of the one that was sent. That one is good until this is presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "tld_AZqxwl0-f0CKUbYsc9hOlW3kR9pVbXn2TzQmDs7FhJc"
    )]
    pub device_token: Option<String>,
}

/// `POST /api/v1/accounts/{account}/devices`
///
/// # Errors
/// [`Refusal::TrustDisabled`], [`Refusal::NoFactor`], [`Refusal::Field`], [`Refusal::Frozen`]; [`Refusal::NotFound`], also for a person who signs in here.
pub async fn make_device(
    visit: Visit,
    InPath(account): InPath<AccountName>,
    StrictJson(body): StrictJson<NewDevice>,
) -> Result<Response, Stop> {
    let label = clean(&body.label);
    let refuse = |code| Refusal::Field {
        field: "label",
        code,
    };
    match label.chars().count() {
        0 => return Err(refuse("missing").into()),
        1..=LONGEST_DEVICE_LABEL => {}
        _ => return Err(refuse("too_long").into()),
    }
    let made = devices::make(&visit.moment, ask(&visit, account)?, label).await?;
    let answer = MadeDevice {
        device: TrustedDevice::from(&made.device),
        device_token: made.token,
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// `POST /api/v1/accounts/{account}/devices/verify`
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Frozen`]; a token that is none is an answer, not an error.
pub async fn check_device(
    visit: Visit,
    InPath(account): InPath<AccountName>,
    StrictJson(body): StrictJson<DeviceToCheck>,
) -> Result<Json<CheckedDevice>, Stop> {
    let moment = visit.moment.of_client(Client {
        device_tokens: vec![body.token],
        ..Client::clone(&visit.moment.client)
    });
    let found = devices::check(&moment, ask(&visit, account)?).await?;
    Ok(Json(match found {
        None => CheckedDevice::default(),
        Some(Made { device, token }) => CheckedDevice {
            trusted: true,
            device: Some(TrustedDevice::from(&device)),
            device_token: Some(token),
        },
    }))
}

/// `GET /api/v1/accounts/{account}/devices`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn list_devices(
    visit: Visit,
    InPath(account): InPath<AccountName>,
    page: Page,
) -> Result<Json<TrustedDeviceList>, Stop> {
    let all = devices::list(&visit.moment, ask(&visit, account)?).await?;
    let (shown, next_cursor) = page.cut(all, |device| device.id.to_string());
    Ok(Json(TrustedDeviceList {
        items: shown.iter().map(TrustedDevice::from).collect(),
        next_cursor,
    }))
}

/// `DELETE /api/v1/accounts/{account}/devices/{device}`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn end_device(
    visit: Visit,
    InPath((account, id)): InPath<(AccountName, DeviceId)>,
) -> Result<StatusCode, Stop> {
    devices::end(&visit.moment, ask(&visit, account)?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
