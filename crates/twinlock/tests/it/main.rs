//! The application as people, programs and attackers meet it: the real router and the real flows on a real database, in process, on
//! SQLite and on PostgreSQL. Time stands still until a test turns the clock; codes come from the phone and the mailbox, never from a
//! bypass.
//!
//! Tests carry the ids of what they prove: `r03_…` is a row of the attack list, `K8`, `E6` … are lines of the product's contract.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[macro_use]
mod support;

mod administration;
mod api_reference;
mod backup_codes;
mod bad_days;
mod changing_methods;
mod clocks;
mod codes_replayed;
mod command_line;
mod constant_time;
mod delivery_reports;
mod device_copies;
mod documents;
mod doors;
mod enrolment;
mod every_answer;
mod freeze;
mod gate;
mod guards;
mod guessing;
mod help;
mod hostile_names;
mod json_api;
mod kannel;
mod keys;
mod kills;
mod looks;
mod mailed_codes;
mod mails;
mod model;
mod new_password;
mod notices;
mod odds;
mod operations;
mod proxies;
mod pumping;
mod recent_proof;
mod record;
mod restoring;
mod same_answers;
mod second_look;
mod security_keys;
mod sessions;
mod settings_pages;
mod strangers;
mod text_codes;
mod text_codes_api;
mod text_pages;
mod text_shares;
mod text_words;
mod texts;
mod tls;
mod trusted_devices;
mod trusted_devices_api;
mod tutorial;
mod two_servers;
mod wrong_tries;
