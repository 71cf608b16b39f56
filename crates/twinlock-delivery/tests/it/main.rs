//! Mail and texts over real connections: real servers for good days, scripted ones for bad days.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bad_days;
mod good_days;
mod log;
mod scripted;
mod texts;

use std::time::Duration;

use twinlock_delivery::{Mail, SmtpProvider};

const FROM: &str = "Twinlock <no-reply@example.com>";

fn provider(url: &str, limit: Duration) -> SmtpProvider {
    SmtpProvider::from_url(url, FROM, limit).unwrap()
}

fn mail(id: &str) -> Mail {
    Mail {
        id: id.to_owned(),
        to: "ann@example.org".to_owned(),
        subject: "Your sign-in code".to_owned(),
        text: "Your code is ABCD-EFGH.\n".to_owned(),
        html: None,
    }
}
