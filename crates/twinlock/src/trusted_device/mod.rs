//! Browsers and API callers an account was signed in to with before.
//!
//! One that completed a second factor is a *known* device: it has a budget of its own for wrong codes, so that guessing elsewhere cannot
//! lock its owner out. One that only completed a sign-in has nothing but this: its owner is not told of it as a new device. Neither skips
//! anything.

pub mod store;

use std::time::Duration;

/// How long a device stays known.
pub const KNOWN: Duration = Duration::from_secs(365 * 24 * 3600);
/// Tokens a browser keeps at most: one for each account used on it.
pub const TOKENS: usize = 5;
