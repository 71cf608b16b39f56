//! Codes by mail: a first factor, the proof of a mailbox, and the way to a new password. Never a second factor.

pub mod flow;
