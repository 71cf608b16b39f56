//! Telling a person what happened to their account.

use std::collections::BTreeMap;
use std::time::Duration;

use twinlock_web::PublicUrl;

use crate::app::{AccountId, Fault, Stop, Timestamp, Work};
use crate::audit::{self, Event};
use crate::outbox::{self, Letter, Settled, Sort, Topic};
use crate::{throttle, undo};

use super::{Account, Mailbox, store};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Mails of one topic a day to an address that nobody proved.
const MOST_UNPROVEN: u32 = 5;

/// Tells the person of a security event by mail, if the account has an address; with the link "this was not me" where they may use it.
///
/// # Errors
/// The database's trouble.
pub fn notice(
    w: &mut Work<'_, '_>,
    account: AccountId,
    topic: Topic,
    values: &[(&str, String)],
) -> Result<(), Stop> {
    let Some(owner) = store::load(w, account)? else {
        return Ok(());
    };
    let Some(to) = owner.email.clone() else {
        return Ok(());
    };
    if owner.email_verified_at.is_none() && !may_mail_unproven(w, &to, topic)? {
        return Ok(());
    }
    let together_until = match pace(w, account, topic)? {
        Pace::Now => None,
        Pace::At(until) => Some(until),
        Pace::WithAnother => return Ok(()),
    };
    let mut all: BTreeMap<String, String> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    all.insert(String::from("device"), w.moment.client.device_label.clone());
    let letter = Letter {
        to,
        topic,
        code: None,
        link: not_me(w, account, topic)?,
        values: all,
        at: w.now(),
        language: w.moment.client.language.clone(),
        together_until,
    };
    let leaves_at = together_until.unwrap_or(w.now());
    let expires_at = leaves_at.plus(outbox::store::NOTICE_LIFE);
    outbox::post(w, account, &letter, expires_at, false)
}

/// What came of a mail to this account: a refusal for good is kept until one is taken again, and recorded. Nobody is told of it by mail.
/// Mail to somebody without an account leaves no trace.
///
/// # Errors
/// The database's trouble.
pub fn mail_settled(
    w: &mut Work<'_, '_>,
    account: AccountId,
    settled: &Settled,
) -> Result<(), Stop> {
    if settled.taken {
        return store::mail_taken(w, account);
    }
    let Some(owner) = store::load(w, account)? else {
        return Ok(());
    };
    // It may have been sent to an address of before.
    if owner.email.as_deref() != Some(settled.to.as_str()) {
        return Ok(());
    }
    store::mail_refused(w, account)?;
    let event = Event::new("mail_refused").with("topic", settled.topic.word());
    audit::append(w, account, &event)
}

/// When a notice leaves.
enum Pace {
    /// By itself, at once.
    Now,
    /// It stands for all of its topic until then, and leaves then.
    At(Timestamp),
    /// A notice that waits already stands for it.
    WithAnother,
}

/// What [`Topic::sort`] promises: each by itself up to a number an hour, the rest of the hour together in one more.
fn pace(w: &mut Work<'_, '_>, account: AccountId, topic: Topic) -> Result<Pace, Stop> {
    let Sort::Notice {
        most_an_hour: Some(most),
        ..
    } = topic.sort()
    else {
        return Ok(Pace::Now);
    };
    let subject = [account.0.as_slice(), topic.word().as_bytes()].concat();
    if throttle::store::spend(w, "notice_hour", &subject, HOUR, most)? {
        return Ok(Pace::Now);
    }
    if throttle::store::spend(w, "notice_together", &subject, HOUR, 1)? {
        return Ok(Pace::At(throttle::store::window_end(w.now(), HOUR)));
    }
    Ok(Pace::WithAnother)
}

/// The link "this was not me" of an event that happens now. Its host is the configured one, whatever a request says.
fn not_me(w: &mut Work<'_, '_>, account: AccountId, topic: Topic) -> Result<Option<String>, Stop> {
    if !topic.can_be_disavowed() {
        return Ok(None);
    }
    let Some(token) = undo::issue(w, account, topic.word())? else {
        return Ok(None);
    };
    let public_url = PublicUrl::parse(&w.settings().server.public_url)
        .map_err(|error| Fault::Internal(format!("server.public_url: {error}")))?;
    Ok(Some(public_url.join(&undo::path(&token))))
}

/// An address an application wrote down and nobody proved may belong to a stranger: it gets a few notices of one topic a day, whoever
/// sends them. Each topic counts for itself, so that none can be used up to hide another.
fn may_mail_unproven(w: &mut Work<'_, '_>, to: &str, topic: Topic) -> Result<bool, Stop> {
    let Some(mailbox) = Mailbox::parse(to) else {
        return Ok(false);
    };
    let mailbox = mailbox.look_up(&w.moment.app);
    let subject = [mailbox.as_slice(), topic.word().as_bytes()].concat();
    throttle::store::spend(w, "notice_unproven_day", &subject, DAY, MOST_UNPROVEN)
}

/// Whether its person signs in here: somebody of no application, or one whose address leads to the account because an administrator said so.
///
/// # Errors
/// The database's trouble.
pub fn signs_in_here(w: &mut Work<'_, '_>, account: &Account) -> Result<bool, Stop> {
    if account.application.is_none() {
        return Ok(true);
    }
    let Some(mailbox) = account.email.as_deref().and_then(Mailbox::parse) else {
        return Ok(false);
    };
    Ok(store::find_by_mailbox(w, &mailbox)? == Some(account.id))
}
