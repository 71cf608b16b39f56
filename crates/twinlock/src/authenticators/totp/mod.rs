//! Authenticator apps: a secret shown once as a QR code, then six digits that change every 30 seconds (RFC 6238).
//!
//! A code is accepted one step around now, once, and never one older than the last accepted (RFC 6238 section 5.2). A new app counts
//! only when its first code was typed; a half-done one dies after ten minutes and changes nothing.

pub mod flow;
pub mod pages;
pub mod rules;
pub mod store;
