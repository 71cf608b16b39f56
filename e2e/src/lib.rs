//! Browser tests: people with real Chromium against the real program, on a clock and an inbox a test can hold.
//!
//! [`Demo`] is the running product, [`Person`] somebody with a browser, [`Phone`] their authenticator app. Things on pages are found as
//! people and screen readers find them: by role and accessible name. Nothing waits for a while; everything waits for something, with a limit.

mod chromedriver;
mod contact_sheet;
mod demo;
mod inspection;
mod looks;
mod person;
mod phone;
mod search;
mod until;

pub use contact_sheet::contact_sheet;
pub use demo::{Demo, Listed, Mail, Seeded};
pub use person::{Browsing, Person, Screen};
pub use phone::Phone;
