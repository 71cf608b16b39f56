//! twinlock-testkit
pub mod smtp;
