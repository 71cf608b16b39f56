//! Sending a code to a mailbox within its budgets.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use twinlock_db::Locks;

use crate::account::Mailbox;
use crate::app::{Moment, Refusal, Stop, Timestamp, Work};
use crate::challenge::store::{self as challenges, Key, Times};
use crate::outbox::{self, Letter, Topic};
use crate::throttle::store as budgets;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A code that is on its way.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// When a new one may be asked for and when this one dies.
    pub times: Times,
    /// Whether mail is in trouble right now, so that the page can say so.
    pub delayed: bool,
}

/// What to send.
#[derive(Clone)]
pub struct Order {
    /// Where to.
    pub mailbox: Mailbox,
    /// The challenge the code answers.
    pub key: Key,
    /// What the letter is about.
    pub topic: Topic,
    /// Kept beside the code.
    pub payload: Option<Vec<u8>>,
    /// Nobody has this address: everything happens but the mail.
    pub to_nobody: bool,
}

/// Spends the mailbox's and the network's budget for one code; the same for addresses nobody has.
///
/// # Errors
/// [`Refusal::TooManyRequests`].
pub async fn spend(moment: &Moment, mailbox: &Mailbox, on_known_device: bool) -> Result<(), Stop> {
    let subject = mailbox.look_up(&moment.app);
    moment
        .write(Locks::none(), move |w| {
            let network = w.moment.client.network.clone();
            let limits = w.settings().limits.clone();
            // A known device keeps a budget of its own, so that a stranger cannot use up its owner's mails.
            let (hour_kind, day_kind) = if on_known_device {
                ("mail_hour_known", "mail_day_known")
            } else {
                ("mail_hour", "mail_day")
            };
            take(
                w,
                "mail_network_hour",
                &network,
                HOUR,
                limits.email_codes_network_hour,
            )?;
            take(w, hour_kind, &subject, HOUR, limits.email_codes_hour)?;
            take(w, day_kind, &subject, DAY, limits.email_codes_day)
        })
        .await
}

fn take(
    w: &mut Work<'_, '_>,
    kind: &'static str,
    subject: &[u8],
    length: Duration,
    limit: u32,
) -> Result<(), Stop> {
    if budgets::spend(w, kind, subject, length, limit)? {
        return Ok(());
    }
    let now = w.now();
    Err(Refusal::TooManyRequests {
        retry_after: budgets::window_end(now, length).seconds_from(now),
    }
    .into())
}

/// Makes a code and posts it, in the caller's transaction.
///
/// # Errors
/// [`Refusal::ResendTooSoon`], or the database's trouble.
pub fn post(w: &mut Work<'_, '_>, order: &Order) -> Result<Times, Stop> {
    let (code, times) = challenges::make(w, order.key, order.payload.clone())?;
    let letter = Letter {
        to: order.mailbox.as_str().to_owned(),
        topic: order.topic,
        code: (order.topic != Topic::AlreadySignedUp).then(|| code.display().to_string()),
        link: None,
        values: BTreeMap::from([(String::from("device"), w.moment.client.device_label.clone())]),
        at: w.now(),
        language: w.moment.client.language.clone(),
        together_until: None,
    };
    let expires_at: Timestamp = times.expires_at;
    outbox::post(w, order.key.account, &letter, expires_at, order.to_nobody)?;
    Ok(times)
}

/// Tells the outbox that something waits, and the page whether mail is in trouble.
#[must_use]
pub fn sent(moment: &Moment, times: Times) -> Sent {
    Sent {
        times,
        delayed: moment.app.mail_in_trouble.load(Ordering::Relaxed),
    }
}
