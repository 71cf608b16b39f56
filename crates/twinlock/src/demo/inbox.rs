//! Every mail and text the demo sent, instead of a mail server and a phone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use twinlock_db::Locks;
use twinlock_delivery::{
    Mail, MailProvider, Outcome, Sending, SendingText, Text, TextOutcome, TextProvider,
};

use crate::app::{App, Clock as _, Timestamp, Work};
use crate::text_messages::flow::reported;
use crate::text_messages::store::{self, State};

use super::DemoClock;

/// Mails kept; the oldest go.
const MOST: usize = 500;

/// Who delivers texts.
const PHONE: &str = "demo phone";
/// The channel of texts.
pub(super) const TEXTS: &str = "sms";

/// A mail or text as the inbox shows it.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Shown {
    /// `email` or `sms`.
    pub channel: &'static str,
    /// Whose.
    pub to: String,
    /// Its subject; a text has none.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The code in it, if there is one.
    pub code: Option<String>,
    /// The link in it, if there is one.
    pub link: Option<String>,
    /// When it left, by the demo's clock.
    pub sent_at: String,
    /// The id it was sent with, the same at each try.
    #[serde(skip)]
    pub id: String,
    /// The same as HTML.
    #[serde(skip)]
    pub html: Option<String>,
}

/// See the module's text. Clones share one inbox.
#[derive(Clone)]
pub struct Inbox {
    clock: DemoClock,
    mails: Arc<Mutex<VecDeque<Shown>>>,
    /// Hears the address for reports of each text that arrived.
    arrived: UnboundedSender<String>,
}

impl Inbox {
    /// An empty inbox; what it says on the other end is the address for reports of each text that arrived.
    #[must_use]
    pub fn new(clock: DemoClock) -> (Self, UnboundedReceiver<String>) {
        let (arrived, reports) = unbounded_channel();
        let inbox = Self {
            clock,
            mails: Arc::default(),
            arrived,
        };
        (inbox, reports)
    }

    /// The mails, newest first.
    #[must_use]
    pub fn newest_first(&self) -> Vec<Shown> {
        self.mails().iter().cloned().collect()
    }

    /// The HTML of one mail.
    #[must_use]
    pub fn html(&self, id: &str) -> Option<String> {
        let mails = self.mails();
        let found = mails.iter().find(|mail| mail.id == id)?;
        found.html.clone()
    }

    fn mails(&self) -> MutexGuard<'_, VecDeque<Shown>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MailProvider for Inbox {
    fn send(&self, mail: &Mail) -> Sending<'_> {
        let shown = shown(mail, self.clock.now());
        let mut mails = self.mails();
        // A repeat of a message carries the same id, as for real mail systems.
        if mails.iter().all(|known| known.id != shown.id) {
            mails.push_front(shown);
            mails.truncate(MOST);
        }
        drop(mails);
        Box::pin(async { Outcome::Accepted { provider_id: None } })
    }

    fn name(&self) -> &'static str {
        "demo inbox"
    }
}

impl TextProvider for Inbox {
    fn send(&self, text: &Text, _: i64) -> SendingText<'_> {
        let shown = texted(text, self.clock.now());
        let mut mails = self.mails();
        mails.push_front(shown);
        mails.truncate(MOST);
        drop(mails);
        if let Some(url) = &text.status_url {
            // A demo that is being closed hears nothing any more.
            let _ = self.arrived.send(url.clone());
        }
        Box::pin(async {
            TextOutcome::Accepted {
                provider: PHONE,
                provider_id: None,
            }
        })
    }

    fn name(&self) -> &'static str {
        PHONE
    }
}

/// Writes down of each text that it arrived, as a provider's report does.
pub(super) async fn report(app: App, mut arrived: UnboundedReceiver<String>) {
    while let Some(url) = arrived.recv().await {
        let token = url.rsplit('/').next().unwrap_or_default();
        let Some((account, message)) = reported(&app, token) else {
            continue;
        };
        let written = match app.moment() {
            Ok(moment) => {
                let delivered = move |w: &mut Work<'_, '_>| {
                    store::report(w, account, message, State::Delivered, PHONE)
                };
                moment.write(Locks::none(), delivered).await.map(|_| ())
            }
            Err(stop) => Err(stop),
        };
        if let Err(stop) = written {
            tracing::warn!(error = ?stop, "the phone could not report a text");
        }
    }
}

fn texted(text: &Text, at: Timestamp) -> Shown {
    Shown {
        channel: TEXTS,
        to: text.to.clone(),
        subject: String::new(),
        text: text.body.clone(),
        code: digits_in(&text.body),
        link: None,
        sent_at: at.rfc3339(),
        id: text.id.clone(),
        html: None,
    }
}

/// The first six digits in a row.
fn digits_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit())
        .find(|digits| digits.len() == 6)
        .map(str::to_owned)
}

fn shown(mail: &Mail, at: Timestamp) -> Shown {
    Shown {
        channel: "email",
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        code: code_in(&mail.text),
        link: link_in(&mail.text),
        sent_at: at.rfc3339(),
        id: mail.id.clone(),
        html: mail.html.clone(),
    }
}

/// A code stands on a line of its own, four and four with a dash between.
fn code_in(text: &str) -> Option<String> {
    text.lines()
        .map(str::trim)
        .find(|line| {
            line.len() == 9
                && line.as_bytes().get(4) == Some(&b'-')
                && twinlock_otp::EmailedCode::parse(line).is_ok()
        })
        .map(str::to_owned)
}

fn link_in(text: &str) -> Option<String> {
    text.split_whitespace()
        .find(|word| word.starts_with("http://") || word.starts_with("https://"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_link_are_pulled_out() {
        let text = "Your code to sign in is\n\n    ABCD-EFGH\n\nIt is good for 10 minutes.";
        assert_eq!(code_in(text).as_deref(), Some("ABCD-EFGH"));
        assert_eq!(link_in(text), None);
        let text = "Open this link:\n\n    http://localhost:8080/sign-up?invitation=x\n";
        assert_eq!(code_in(text), None);
        assert_eq!(
            link_in(text).as_deref(),
            Some("http://localhost:8080/sign-up?invitation=x")
        );
    }
}
