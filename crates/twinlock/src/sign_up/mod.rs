//! Making an account: an address, a name, perhaps a password; then a code from the mailbox. Only then does anything exist.
//!
//! Until the mailbox is proven nothing about the address changes, so a stranger who signs up with yours leaves nothing behind. An
//! address that has an account already gets the same answer; its owner is told by mail.

pub mod api;
pub mod flow;
pub mod pages;
pub mod rules;
pub mod store;
