//! The store on both engines: what it promises when people race, programs crash and disks fill.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bad_days;
mod crashes;
mod fairness;
mod migrations;
mod racing;
mod sealing;
mod statements;
mod support;
mod tls;
