//! Telling a person what happened to their account.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::app::{AccountId, Stop, Work};
use crate::outbox::{self, Letter, Topic};
use crate::throttle;

use super::{Mailbox, store};

/// Tells the person of a security event by mail, if the account has an address.
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
    if owner.email_verified_at.is_none() && !may_mail_unproven(w, &to)? {
        return Ok(());
    }
    let mut all: BTreeMap<String, String> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    all.insert(String::from("device"), w.moment.client.device_label.clone());
    let letter = Letter {
        to,
        topic,
        code: None,
        link: None,
        values: all,
        at: w.now(),
        language: w.moment.client.language.clone(),
        together_until: None,
    };
    let expires_at = w.now().plus(outbox::store::NOTICE_LIFE);
    outbox::post(w, account, &letter, expires_at, false)
}

/// An address an application wrote down and nobody proved may belong to a stranger: it gets a few notices a day, whoever sends them.
fn may_mail_unproven(w: &mut Work<'_, '_>, to: &str) -> Result<bool, Stop> {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    const NOTICES: u32 = 10;
    let Some(mailbox) = Mailbox::parse(to) else {
        return Ok(false);
    };
    let subject = mailbox.look_up(&w.moment.app);
    throttle::store::spend(w, "notice_unproven_day", &subject, DAY, NOTICES)
}
