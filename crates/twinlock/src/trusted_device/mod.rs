//! Browsers and API callers that completed a second factor before: *known* devices.
//!
//! A known device has a budget of its own for wrong codes, so that guessing elsewhere cannot lock its owner out. It skips nothing.

pub mod store;

use std::time::Duration;

/// How long a device stays known.
pub const KNOWN: Duration = Duration::from_secs(365 * 24 * 3600);
/// Tokens a browser keeps at most: one for each account used on it.
pub const TOKENS: usize = 5;
