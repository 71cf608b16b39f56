//! Security keys and passkeys as second factor (WebAuthn Level 3).
//!
//! The library (`webauthn-rs`) asks and checks; here is what it is asked about, what becomes of the answer, and where both are kept. A
//! ceremony is always the same: the challenge is stored for one purpose within one sign-in or session ([`flow::ask`], [`flow::begin`]),
//! taken out once ([`flow::answered`], [`flow::registered`]), checked outside any transaction, and only then does the answer count.

pub mod api;
pub mod flow;
pub mod rules;
pub mod store;
