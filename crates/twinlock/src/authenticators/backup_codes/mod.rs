//! Backup codes: ten one-time codes on a numbered sheet, for the day the phone is gone.
//!
//! Each works once. A new sheet ends the old one. A typing slip is told by the code's check character and costs nothing. A keyed hash
//! is kept for checking; a sealed copy only where people may look at their codes again.

pub mod flow;
pub mod pages;
pub mod store;

pub use flow::Sheet;
pub use store::SheetStatus;
