//! Mail and text-message providers: a message in, an outcome out.
//!
//! This crate knows nothing of accounts, codes or the outbox. Whoever calls it keeps the message
//! until the outcome is [`Outcome::Accepted`] or [`Outcome::Refused`], and tries again after
//! [`Outcome::Later`]. No text in an outcome names an address or quotes a message, so outcomes may
//! be logged and stored.
//!
//! Delivery of mail is *at least once*: when a server goes silent after it has read a message,
//! nobody can know whether it kept it. The repeat carries the same `Message-ID`, by which mail
//! systems and people's mail programs recognise a duplicate.
//!
//! Texts ([`Text`], [`TextProvider`]) have no such thing, and each copy costs: the outcome says
//! whether a text may have been taken ([`TextOutcome::Later`]), and what happened to one that was
//! is told later by signed reports ([`StatusReport`]).
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod address;
mod connection;
mod letter;
mod memory;
mod smtp;
mod smtp_url;
mod text;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use memory::{Behaviour, MemoryMail};
pub use smtp::SmtpProvider;
pub use smtp_url::{ConfigError, TlsMode};
pub use text::{
    Alphabet, DeliveryState, KannelProvider, KannelSettings, MemoryTexts, Refusal, ReportRefusal,
    Reported, SIGNATURE_HEADER, Segments, SendingText, Several, StatusReport, Text,
    TextConfigError, TextOutcome, TextProvider, TwilioProvider, TwilioReports, TwilioSender,
    TwilioSettings, VonageProvider, VonageReports, VonageSettings, WebhookProvider, WebhookReports,
    WebhookSettings, read_kannel_report, segments, vonage_fields,
};

/// The bytes a mail goes over the wire as (RFC 5322), from `sender`: what the SMTP provider sends. `None` where the address is not usable,
/// the id is too long, or `sender` is not a mailbox.
#[must_use]
pub fn wire_form(mail: &Mail, sender: &str) -> Option<Vec<u8>> {
    let sender = smtp_url::sender(sender).ok()?;
    letter::compose(&sender, mail)
        .ok()
        .map(|letter| letter.content)
}

/// One message to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Stays the same over all attempts to send this message; becomes the left side of the
    /// `Message-ID` (RFC 5322 §3.6.4), so that a repeat is recognised as one. 1 to 200 bytes.
    pub id: String,
    /// The one recipient, as `local@domain`; the domain may be international (IDNA).
    pub to: String,
    /// Any text. Line breaks and control characters become spaces, and what goes beyond 200
    /// characters is cut.
    pub subject: String,
    /// The plain text body.
    pub text: String,
    /// The same content as HTML, if there is such a version.
    pub html: Option<String>,
}

/// Shows the id only: the rest holds addresses and codes, which must not reach a log.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What became of a message. `why` is for operators and holds neither addresses nor message text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has taken responsibility for the message.
    Accepted {
        /// The provider's own name for the message, if it told one.
        provider_id: Option<String>,
    },
    /// Permanent: this message to this recipient will never be taken. Do not retry.
    Refused {
        /// The reason.
        why: String,
    },
    /// Transient, or a fault of the set-up rather than of the message: retry.
    Later {
        /// The reason.
        why: String,
    },
}

impl Outcome {
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into() }
    }

    pub(crate) fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into() }
    }
}

/// The future of one [`MailProvider::send`]; it borrows the provider, not the mail.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A way to send mail.
pub trait MailProvider: Send + Sync {
    /// Sends one message. Faults are outcomes, not errors; dropping the future abandons the attempt
    /// without harm to other messages.
    fn send(&self, mail: &Mail) -> Sending<'_>;

    /// A short constant name for logs and the delivery log.
    fn name(&self) -> &'static str;
}
