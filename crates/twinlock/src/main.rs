//! Twinlock.
fn main() {}
