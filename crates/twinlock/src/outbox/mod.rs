//! Mail on its way: rows written in the transaction that caused them, handed over after commit by a worker with retry and back-off.
//!
//! A mail with a code is never sent after its code died. Two servers on one database never send one message twice: each claims a
//! message before it touches it. What a message says is sealed, and wiped once it has left.

pub mod flow;
pub mod pages;
pub mod rules;
pub mod store;

pub use rules::{Letter, Settled, Sort, Topic};
pub use store::post;

/// The name of the mail provider that stands in where none is configured.
pub const NOT_CONFIGURED: &str = "not configured";
