//! The JSON API's URLs for trusted devices of an application's users.

use axum::routing::{delete, get, post};
use http::Method;

use super::Route;
use crate::app::{FrozenBy, Refusal};
use crate::application::Scope;
use crate::edge::Doc;
use crate::edge::guard::Who;
use crate::trusted_device::api::TrustedDeviceList;
use crate::verify_api::api as accounts;

/// Every call.
pub(super) fn table() -> Vec<Route> {
    let mut routes = making();
    routes.extend(listing());
    routes
}

fn making() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/accounts/{account}/devices",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::make_device),
            Doc::of(
                "Trust a device",
                "After the person proved a second factor and ticked \"Trust this device\": keep `device_token` in a cookie of that browser and check it at its next sign-in. How long it lasts is up to the instance (`two_factor.ask`); an account has ten at most, and the one used longest ago makes room. Only for your own users: people who sign in here say so themselves, and are not found.",
            )
            .takes::<accounts::NewDevice>()
            .gives::<accounts::MadeDevice>(201)
            .refuses([
                Refusal::TrustDisabled,
                Refusal::NoFactor,
                Refusal::Frozen(FrozenBy::Application),
            ])
            .blames("label", &["missing", "too_long"]),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/devices/verify",
            Who::ApiKey(Scope::Verify),
            post(accounts::check_device),
            Doc::of(
                "Check a trusted device",
                "After the person's password, before you ask for a code: is this browser trusted? Look at `trusted`, not at the status. The token changes at each use: keep the new one in place of the old, which is good until the new one is presented. One that comes again after that is a copy: the device is then trusted no more, and the person is mailed. A trusted device never stands for a proof before something sensitive.",
            )
            .takes::<accounts::DeviceToCheck>()
            .gives::<accounts::CheckedDevice>(200)
            .refuses([Refusal::Frozen(FrozenBy::Application)]),
        )
        .audited(),
    ]
}

fn listing() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/accounts/{account}/devices",
            Who::ApiKey(Scope::AccountsRead),
            get(accounts::list_devices),
            Doc::of(
                "List trusted devices",
                "The account's trusted devices, the one used last first.",
            )
            .gives::<TrustedDeviceList>(200)
            .paged(),
        ),
        api(
            Method::DELETE,
            "/api/v1/accounts/{account}/devices/{device}",
            Who::ApiKey(Scope::AccountsWrite),
            delete(accounts::end_device),
            Doc::of(
                "Trust a device no more",
                "Its next sign-in asks for the second factor again.",
            ),
        )
        .audited(),
    ]
}
