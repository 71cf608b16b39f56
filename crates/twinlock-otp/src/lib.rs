//! One-time codes and the texts around them: authenticator-app codes (TOTP, RFC 6238, on HOTP, RFC 4226), the `otpauth://` link an app
//! scans, backup codes and emailed codes, and the reading of codes as people type them.
//!
//! Everything here is pure. The time comes in as Unix seconds, randomness comes in as bytes, and what was accepted before comes in as the
//! last step; remembering that step, counting attempts and telling the person what happened belong to the caller. Nothing in this crate
//! prints a secret: the types that hold one write a placeholder when formatted for debugging, compare in constant time and are wiped
//! when dropped.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod algorithm;
pub mod backup_code;
mod crockford;
mod digits;
pub mod emailed_code;
mod hotp;
mod otpauth;
mod secret;
mod totp;
mod typed;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use backup_code::{BackupCode, BackupCodeError, looks_like_backup_code};
pub use digits::{Digits, TypedError};
pub use emailed_code::{EmailedCode, EmailedCodeError};
pub use hotp::hotp;
pub use otpauth::Otpauth;
pub use secret::{Secret, SecretError};
pub use totp::{Match, Parameters, ParametersError, Window, drift_behind};
pub use typed::decimal_value;
