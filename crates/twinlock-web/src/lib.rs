//! The web plumbing under every page and API call: cookies, the own-origin check, problem+json answers,
//! strict request bodies, the caller's network address, security headers, static assets, messages in
//! several languages and the page frame. Nothing here knows what a person is doing; that belongs to the
//! application crate.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

// Templates name this crate as those of the application do.
extern crate self as twinlock_web;

mod accept_language;
pub mod assets;
pub mod body;
pub mod client;
pub mod cookies;
pub mod gallery;
pub mod headers;
pub mod i18n;
pub mod icons;
pub mod layout;
pub mod origin;
pub mod problem;
pub mod return_path;
mod strict_value;
pub mod theme;
pub mod timeline;
mod unique_keys;

pub use assets::{asset_url, serve_asset};
pub use body::{FormRejection, StrictForm, StrictJson};
pub use client::{TrustedProxies, client_ip, network_key};
pub use cookies::{CookieJar, clear_cookie, cookie_name, set_cookie};
pub use headers::apply_security_headers;
pub use i18n::{Arg, Catalog, Messages};
pub use icons::{icon, is_icon};
pub use layout::{MenuLink, Scheme, SchemeSwitch, Shell, ShellUser, Tab, Width};
pub use origin::{OriginVerdict, PublicUrl, check_own_origin};
pub use problem::{FieldProblem, Problem};
pub use return_path::safe_return_path;
pub use theme::{Theme, theme_css};
pub use timeline::{TimelineDay, TimelineEvent, Tone};
