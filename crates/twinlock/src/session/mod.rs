//! A completed sign-in: what proved it, when, from which device, and until when it is good.
//!
//! Only `sign_in` makes one. A session knows the authenticators it rests on; when two-factor authentication or the password changes,
//! every other session of the account ends and the acting one gets a new id (see [`flow`]).

pub mod flow;
pub mod rules;
pub mod store;

pub use rules::{Assurance, FirstFactor, Proof, Session};
