//! Passwords: a first factor. Hashed with Argon2id (RFC 9106) on a pool of its own, sealed on disk, never logged.
//!
//! A try is counted in one transaction, hashed outside, and settled in a second one; an address nobody has costs the same.

pub mod flow;
pub mod rules;
pub mod store;
