//! Anchoring the record, reading it whole, and what is written down about the instance itself.

pub mod checkpoint;
pub mod reading;
pub mod renewal;
pub mod start;
