//! Proving it again before a sensitive change: a code of the second factor, or a first factor where there is none.
//!
//! A proof holds for ten minutes; the sign-in's own counts. Wrong codes count in the account's limits, and five of them end the session.

pub mod api;
pub mod flow;
pub mod pages;
