//! Text messages (SMS): one short text to one phone, and what its provider says became of it.
//!
//! A text costs money and reaches a person, and gateways know no equivalent of the `Message-ID` of
//! a mail. So there is a third question beside "taken?" and "try again?": whether the provider may
//! have the text although it did not say so ([`TextOutcome::Later`] with `maybe_sent`). Whoever
//! sends decides whether a second copy is better than none.

mod gateway;
mod kannel;
mod memory;
mod report;
mod segments;
mod settings;
mod several;
mod signature;
mod twilio;
mod twilio_codes;
mod twilio_reports;
mod vonage;
mod vonage_codes;
mod vonage_reports;
mod webhook;
mod webhook_reports;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use kannel::{KannelProvider, KannelSettings, read_kannel_report};
pub use memory::MemoryTexts;
pub use report::{DeliveryState, ReportRefusal, Reported, StatusReport};
pub use segments::{Alphabet, Segments, segments};
pub use settings::TextConfigError;
pub use several::Several;
pub use twilio::{TwilioProvider, TwilioSender, TwilioSettings};
pub use twilio_reports::TwilioReports;
pub use vonage::{VonageProvider, VonageSettings};
pub use vonage_reports::{VonageReports, vonage_fields};
pub use webhook::{SIGNATURE_HEADER, WebhookProvider, WebhookSettings};
pub use webhook_reports::WebhookReports;

/// One text to one phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// Stays the same over all attempts to send this text. 1 to 200 visible ASCII characters.
    pub id: String,
    /// The one recipient's number in full: `+`, country code and number, digits only (E.164).
    pub to: String,
    /// What the person reads. [`segments()`] says how many messages it is billed as.
    pub body: String,
    /// When the text has lost its meaning, in seconds since 1970 UTC: it is not sent then or later,
    /// and gateways are told not to deliver it any more.
    pub good_until: Option<i64>,
    /// Where the gateway may report what became of the text: an `http` or `https` URL, which holds
    /// whatever the caller needs to find and trust the report. `None` asks for no reports.
    pub status_url: Option<String>,
}

/// Shows the id only: the rest holds numbers and codes, which must not reach a log.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What became of a text. `why` is for operators and holds neither numbers nor message text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextOutcome {
    /// The provider has taken responsibility for the text. Whether it arrives, a report may tell.
    Accepted {
        /// Which provider took it: its [`TextProvider::name`].
        provider: &'static str,
        /// The provider's own name for the text, if it told one.
        provider_id: Option<String>,
    },
    /// Permanent: this text to this number will not be taken. Do not retry.
    Refused {
        /// Whose fault it is, as far as the provider tells.
        kind: Refusal,
        /// The reason.
        why: String,
    },
    /// Transient, or a fault of the set-up rather than of the text: retry.
    Later {
        /// Whether the provider may have taken the text all the same: it went silent, or hung up,
        /// after the text was on its way. A retry can then bring the person a second copy. If
        /// false, the text was certainly not taken.
        maybe_sent: bool,
        /// The reason.
        why: String,
    },
}

/// Why a text was not taken, or did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The number gets no texts: it is invalid, a landline, unknown, or its phone stays out of
    /// reach.
    CannotReceive,
    /// The carrier filters such texts, or the person told the sender to stop.
    Blocked,
    /// This provider's account may not send there: a matter between the operator and the provider,
    /// for which another provider may have no such rule.
    NotAllowed,
    /// Anything else, or no reason given.
    Other,
}

impl TextOutcome {
    fn refused(kind: Refusal, why: impl Into<String>) -> Self {
        Self::Refused {
            kind,
            why: why.into(),
        }
    }

    /// Certainly not taken.
    fn not_taken(why: impl Into<String>) -> Self {
        Self::Later {
            maybe_sent: false,
            why: why.into(),
        }
    }

    /// Nobody knows whether it was taken.
    fn unclear(why: impl Into<String>) -> Self {
        Self::Later {
            maybe_sent: true,
            why: why.into(),
        }
    }
}

/// The future of one [`TextProvider::send`]; it borrows the provider, not the text.
pub type SendingText<'a> = Pin<Box<dyn Future<Output = TextOutcome> + Send + 'a>>;

/// A way to send texts.
pub trait TextProvider: Send + Sync {
    /// Sends one text; `unix_seconds` is the time now, in seconds since 1970 UTC. Faults are
    /// outcomes, not errors. Dropping the future abandons the attempt without harm to other texts;
    /// whether the provider has taken this one is then as unknown as after a silence.
    fn send(&self, text: &Text, unix_seconds: i64) -> SendingText<'_>;

    /// A short constant name for logs and the delivery log.
    fn name(&self) -> &'static str;
}

/// Fewest and most digits of a number: the most are E.164's, the fewest those of the shortest real
/// numbers with a country code (islands such as Saint Helena).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

const LONGEST_ID: usize = 200;

/// What makes a text impossible to send whoever the provider is.
fn obstacle(text: &Text, unix_seconds: i64) -> Option<TextOutcome> {
    if !is_full_number(&text.to) {
        let why = "the number is not in full international form";
        return Some(TextOutcome::refused(Refusal::CannotReceive, why));
    }
    if text.body.is_empty() {
        return Some(TextOutcome::refused(Refusal::Other, "the text is empty"));
    }
    let id = &text.id;
    if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(TextOutcome::refused(
            Refusal::Other,
            "the id is not 1 to 200 visible characters",
        ));
    }
    if seconds_left(text, unix_seconds) == Some(0) {
        let why = "the text is not good any more";
        return Some(TextOutcome::refused(Refusal::Other, why));
    }
    if text.status_url.is_some() && status_url(text).is_none() {
        return Some(TextOutcome::not_taken(
            "the address for status reports is not usable",
        ));
    }
    None
}

fn is_full_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else {
        return false;
    };
    DIGITS.contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// For how long the text is still worth delivering; `None` if for ever.
fn seconds_left(text: &Text, unix_seconds: i64) -> Option<u64> {
    let left = text.good_until?.saturating_sub(unix_seconds);
    Some(u64::try_from(left).unwrap_or(0))
}

/// The address for reports in the form of the URL standard, which is ASCII.
fn status_url(text: &Text) -> Option<url::Url> {
    let url = url::Url::parse(text.status_url.as_deref()?).ok()?;
    let usable = matches!(url.scheme(), "http" | "https") && url.fragment().is_none();
    usable.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_to(to: &str) -> Text {
        Text {
            id: "1".to_owned(),
            to: to.to_owned(),
            body: "Your code is 123456.".to_owned(),
            good_until: Some(1_000),
            status_url: None,
        }
    }

    #[test]
    fn only_a_number_in_full_is_sent_to() {
        for to in [
            "+14155552671",
            "+4915112345678",
            "+2901234",
            "+882161234567",
        ] {
            assert_eq!(obstacle(&text_to(to), 0), None, "{to}");
        }
        let bad = [
            "",
            "+",
            "14155552671",
            "0014155552671",
            "+014155552671",
            "+1 415 5552671",
            "+1415555267a",
            "+1415555267١",
            "+1415,+4915112345678",
            "+123456",
            "+1234567890123456",
            "+14155552671\r\nX-Kannel-To: +4915112345678",
        ];
        for to in bad {
            let outcome = obstacle(&text_to(to), 0);
            let kind = Refusal::CannotReceive;
            assert!(
                matches!(outcome, Some(TextOutcome::Refused { kind: found, .. }) if found == kind),
                "{to:?} was taken"
            );
        }
    }

    #[test]
    fn a_text_is_not_sent_from_the_second_on_in_which_it_is_no_good_any_more() {
        let text = text_to("+14155552671");
        assert_eq!(obstacle(&text, 999), None);
        for late in [1_000, 1_001, i64::MAX] {
            assert!(matches!(
                obstacle(&text, late),
                Some(TextOutcome::Refused { .. })
            ));
        }
        let timeless = Text {
            good_until: None,
            ..text
        };
        assert_eq!(obstacle(&timeless, i64::MAX), None);
    }

    #[test]
    fn a_text_in_a_log_line_shows_no_number_and_no_code() {
        let shown = format!("{:?}", text_to("+14155552671"));
        assert_eq!(shown, "Text { id: \"1\", .. }");
    }
}
