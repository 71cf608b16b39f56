//! The person's own pages: profile, security, sessions. What they change about their own second factors, codes and password.
//!
//! Every change here demands a recent proof, tells the person by mail, leaves an event, ends the other sessions, and gives the acting
//! session a new id.

pub mod api;
pub mod flow;
pub mod pages;
pub mod rules;
pub mod store;
