//! Browsers and API callers an account was signed in to with before.
//!
//! One that completed a second factor is a *known* device: it has a budget of its own for wrong codes, so that guessing elsewhere cannot
//! lock its owner out. One that only completed a sign-in has nothing but this: its owner is not told of it as a new device. A *trusted*
//! device is a known one where the second factor is not asked, for as long as `two_factor.ask` allows and nothing ended it. Trust is no
//! authentication (NIST SP 800-63B section 5.1): it adds nothing to a session's assurance, and never stands for a step-up.

pub mod api;
pub mod rules;
pub mod store;

pub use rules::Trust;
pub use store::{Device, end_trust};

use std::time::Duration;

/// How long a device stays known.
pub const KNOWN: Duration = Duration::from_secs(365 * 24 * 3600);
/// Tokens a browser keeps at most: one for each account used on it.
pub const TOKENS: usize = 5;
/// Trusted devices an account has at most; a new one takes the place of the one used longest ago.
pub const MOST_TRUSTED: i64 = 10;
/// Successors of one token of which none was ever presented: a browser that loses so many answers in a row is none, but a copy.
pub const MOST_LOST: i64 = 10;
