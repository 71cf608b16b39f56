//! Telling a person what happened to their account.

use std::collections::BTreeMap;

use crate::app::{AccountId, Stop, Work};
use crate::outbox::{self, Letter, Topic};

use super::store;

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
    let Some(to) = store::load(w, account)?.and_then(|owner| owner.email) else {
        return Ok(());
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
        link: None,
        values: all,
        at: w.now(),
        language: w.moment.client.language.clone(),
    };
    let expires_at = w.now().plus(outbox::store::NOTICE_LIFE);
    outbox::post(w, account, &letter, expires_at, false)
}
