//! twinlock-testkit
pub mod postgres;
pub mod smtp;
