//! Limits on guessing: how many wrong codes and passwords are looked at before a wait, and for whom.
//!
//! A failure is written down before anything is compared and handed back on success, so that neither a crash nor fifty requests at
//! once buy an extra guess. Failures of second factors are counted per account over all its factors, sign-ins, networks and
//! servers (NIST SP 800-63B section 3.2.2). A device that completed a second factor before has a budget of its own, so that an attacker
//! elsewhere cannot lock its owner out.

pub mod rules;
pub mod store;

pub use rules::{Bucket, Standing, Tally};
