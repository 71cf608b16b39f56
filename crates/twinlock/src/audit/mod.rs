//! The record of what happened to an account: append-only, each event chained to the one before by its hash.
//!
//! An event names a message id and a few plain values, never a secret or a code. Its body enters the chain as a salted commitment,
//! so that erasing a person can drop body and salt and the chain still checks.

pub mod store;

pub use store::append;

use std::collections::BTreeMap;

/// One event to append.
#[derive(Clone, Debug)]
pub struct Event {
    /// Stable word, also the message id `audit-<kind>` with dashes.
    pub kind: &'static str,
    /// Plain values shown with it.
    pub detail: BTreeMap<&'static str, String>,
}

impl Event {
    /// An event without values.
    #[must_use]
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            detail: BTreeMap::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.detail.insert(name, value.into());
        self
    }
}
