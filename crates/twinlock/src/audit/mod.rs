//! The record of what happened: append-only chains of events, one for each account and one for the instance, each event bound to the
//! one before by its hash, the ends of all chains anchored every hour in a signed checkpoint.
//!
//! An event names a kind and a few plain values, never a secret, a code or an address. Its body enters the chain as a salted
//! commitment, so that erasing a person can drop body and salt and the chain still checks. `docs/src/operators/audit.md` says what
//! this proves and what it does not.

pub mod api;
pub mod flow;
pub mod rules;
pub mod store;

pub use rules::chain::Chain;
pub use store::{append, append_instance, append_unless_repeated};

use std::collections::BTreeMap;

/// One event to append.
#[derive(Clone, Debug)]
pub struct Event {
    /// One of [`rules::kinds::KINDS`]; with dashes also the message id `audit-<kind>`.
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
