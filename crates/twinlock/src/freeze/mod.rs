//! Freezing an account: by its owner, who answers a notice with "this was not me", or by an application or an administrator.
//!
//! While an account is frozen nothing of it works: no session, no code, no change. Whoever pressed the link of a notice can close doors
//! only. What the owner froze opens again by a sign-in with all that counted before the event (see `sign_in`); what others froze, they
//! open. Why it is so: docs/adr/0012.

pub mod flow;
pub mod pages;

pub use flow::{freeze_by_key, open_by_key};
