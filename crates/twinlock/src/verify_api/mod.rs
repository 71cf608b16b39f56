//! Two-factor authentication for an application's own users: the JSON API behind API keys.
//!
//! An application knows its users by its own ids (`ext:<external_id>`) or by ours. It sees the accounts it made, and with scope `admin`
//! those of people; everything else is 404. What it asks for here runs through the same flows, limits and record as everywhere else.

pub mod api;
pub mod flow;
pub mod rules;
