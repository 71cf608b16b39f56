//! "This was not me": the link in the mail about a change of an account, good for 72 hours and for one press.
//!
//! A link stands for one event. It opens a page, nothing else, until its button is pressed; whoever holds it can only close the account's
//! doors, never open one. What a press does is told in `freeze`; here are the links alone.

pub mod store;

use std::time::Duration;

use crate::app::{AccountId, Timestamp};

pub use store::{end_all, issue, look_at, use_once};

/// How long a link is good, and so how long a change can be undone.
pub const LIFE: Duration = Duration::from_secs(72 * 3600);

/// A link that can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoLink {
    /// Whose account it freezes.
    pub account: AccountId,
    /// The event's word, as it was issued with: the topic of the mail that carries the link.
    pub event: String,
    /// The device the event came from.
    pub device_label: String,
    /// When the event happened.
    pub happened_at: Timestamp,
}

/// The path of the page a link opens, below the public URL.
#[must_use]
pub fn path(token: &str) -> String {
    format!("/not-me/{token}")
}
