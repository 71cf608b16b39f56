//! Applications that call the JSON API, and their keys.
//!
//! A key belongs to one application, says what it may do by its scopes, and is stored only as a hash.

pub mod flow;
pub mod rules;
pub mod store;

pub use rules::{ApiCaller, Scope};
