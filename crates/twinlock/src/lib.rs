//! Twinlock: a self-hosted two-factor sign-in service. ARCHITECTURE.md has the map.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod account;
pub mod admin;
pub mod api_reference;
pub mod app;
pub mod application;
pub mod audit;
pub mod authenticators;
pub mod challenge;
pub mod cli;
pub mod config;
pub mod demo;
pub mod edge;
pub mod freeze;
pub mod help;
pub mod outbox;
pub mod routes;
pub mod server;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod sign_up;
pub mod step_up;
pub mod text_messages;
pub mod throttle;
pub mod trusted_device;
pub mod undo;
pub mod verify_api;
