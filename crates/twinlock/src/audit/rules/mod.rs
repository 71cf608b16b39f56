//! The record's format and how it is checked: pure, so that an export is checked without database or key.
//!
//! `docs/src/operators/audit.md` has the same in words, for whoever writes a verifier of their own.

pub mod chain;
pub mod checkpoint;
pub mod finding;
pub mod hex;
pub mod item;
pub mod kinds;
pub mod tree;
pub mod verifier;

/// A SHA-256 hash.
pub type Hash = [u8; 32];
