//! Rows of text messages.

pub mod outcomes;
pub mod prefixes;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::app::{AccountId, Cell, Fault, MessageId, Stop, Tally, Timestamp, Work};

use super::Number;

pub use outcomes::{Became, became};

const POST: &str = "INSERT INTO text_message (account_id, message_id, prefix, sealed, state, provider, attempts, due_at, claimed_until, expires_at, created_at, changed_at) \
    VALUES (?1, ?2, ?3, ?4, 'queued', NULL, 0, ?5, 0, ?6, ?5, ?5)";
// Cross-account: the worker takes whatever is due, oldest first.
const DUE: &str = "SELECT account_id, message_id FROM text_message WHERE state = 'queued' AND due_at <= ?1 ORDER BY due_at LIMIT ?2";
const CLAIM: &str = "UPDATE text_message SET state = 'sending', claimed_until = ?4, attempts = attempts + 1, changed_at = ?3 \
    WHERE account_id = ?1 AND message_id = ?2 AND state = 'queued' RETURNING sealed, expires_at, attempts";
const SETTLE: &str = "UPDATE text_message SET state = ?3, provider = ?4, sealed = NULL, changed_at = ?5 \
    WHERE account_id = ?1 AND message_id = ?2 AND state = 'sending'";
const DEFER: &str = "UPDATE text_message SET state = 'queued', due_at = ?3, changed_at = ?4 WHERE account_id = ?1 AND message_id = ?2 AND state = 'sending'";
// Cross-account: what a server had in hand when it died.
const ANY_LOST: &str =
    "SELECT 1 FROM text_message WHERE state = 'sending' AND claimed_until < ?1 LIMIT 1";
const LOST: &str = "UPDATE text_message SET state = 'unknown', sealed = NULL, changed_at = ?1 WHERE state = 'sending' AND claimed_until < ?1";
// A report may come before its provider's answer does.
const REPORT: &str = "UPDATE text_message SET state = ?3, provider = ?5, sealed = NULL, changed_at = ?4 WHERE account_id = ?1 AND message_id = ?2 \
    AND state IN ('sending', 'unknown', 'accepted', 'sent') AND state <> ?3 AND NOT (state = 'sent' AND ?3 = 'accepted') \
    AND (provider IS NULL OR provider = ?5)";
const TAKEN_BY: &str =
    "SELECT provider FROM text_message WHERE account_id = ?1 AND message_id = ?2";
const STATE: &str =
    "SELECT state, changed_at FROM text_message WHERE account_id = ?1 AND message_id = ?2";
const DROP_ACCOUNT: &str = "DELETE FROM text_message WHERE account_id = ?1";
// Sweeps over all accounts, by age.
const PURGE: &str = "DELETE FROM text_message WHERE created_at < ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("text_message", "sealed", row: "message_id")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    POST,
    DUE,
    CLAIM,
    SETTLE,
    DEFER,
    ANY_LOST,
    LOST,
    REPORT,
    TAKEN_BY,
    STATE,
    DROP_ACCOUNT,
    PURGE,
];

/// How long what became of a text is kept, and what is counted about beginnings of numbers.
pub const KEPT: Duration = Duration::from_secs(31 * 24 * 3600);

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its provider.
    Queued,
    /// It is being handed over.
    Sending,
    /// The provider has it.
    Accepted,
    /// The provider passed it on to the carrier.
    Sent,
    /// The phone confirmed it.
    Delivered,
    /// It did not arrive and will not.
    Refused,
    /// Nobody knows whether the provider took it.
    Unknown,
    /// It was not handed over before its code died.
    Expired,
}

impl State {
    /// The state's word, in rows, figures and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Queued,
            Self::Sending,
            Self::Accepted,
            Self::Sent,
            Self::Delivered,
            Self::Refused,
            Self::Unknown,
            Self::Expired,
        ];
        all.into_iter().find(|state| state.word() == word)
    }
}

/// A text on its way.
#[derive(Clone, Serialize, Deserialize)]
pub struct Outgoing {
    /// Where to.
    pub to: Number,
    /// What it says.
    pub body: String,
}

/// A claimed text.
pub struct Claimed {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub message: MessageId,
    /// What goes where; absent when it has died.
    pub outgoing: Option<Outgoing>,
    /// When it dies.
    pub expires_at: Timestamp,
    /// Tries so far, this one included.
    pub attempts: i64,
}

fn cell(account: AccountId, message: &MessageId) -> Cell<'_> {
    Cell {
        column: "text_message.sealed",
        account,
        row: &message.0,
    }
}

/// Puts a text on its way; its id.
///
/// # Errors
/// The database's trouble.
pub fn post(
    w: &mut Work<'_, '_>,
    account: AccountId,
    outgoing: &Outgoing,
    expires_at: Timestamp,
) -> Result<MessageId, Stop> {
    let now = w.now();
    let message = MessageId::draw(now, &mut w.draw);
    let plain = serde_json::to_vec(outgoing).map_err(|_| Fault::Stored("text message"))?;
    let sealed = w.seal(cell(account, &message), &plain);
    let values = [
        account.into(),
        message.into(),
        outgoing.to.prefix().into(),
        sealed.into(),
        now.into(),
        expires_at.into(),
    ];
    w.tx.execute(POST, &values)?;
    w.count(Tally::Text(State::Queued.word()));
    w.note_texted();
    Ok(message)
}

/// Texts that are due, oldest first.
///
/// # Errors
/// The database's trouble.
pub fn due(w: &mut Work<'_, '_>, limit: i64) -> Result<Vec<(AccountId, MessageId)>, Stop> {
    let now = w.now();
    Ok(w.tx.query(DUE, &[now.into(), limit.into()], |row| {
        Ok((AccountId(row.bytes16(0)?), MessageId(row.bytes16(1)?)))
    })?)
}

/// Claims a text for `hold`; `None` when another worker was faster.
///
/// # Errors
/// The database's trouble, or a text that does not open.
pub fn claim(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
    hold: Duration,
) -> Result<Option<Claimed>, Stop> {
    let now = w.now();
    let values = [
        account.into(),
        message.into(),
        now.into(),
        now.plus(hold).into(),
    ];
    let found = w.tx.query_opt(CLAIM, &values, |row| {
        Ok((row.opt_bytes(0)?, row.int(1)?, row.int(2)?))
    })?;
    let Some((sealed, expires_at, attempts)) = found else {
        return Ok(None);
    };
    let expires_at = Timestamp::from_millis(expires_at);
    let outgoing = match sealed {
        Some(sealed) if expires_at > now => {
            let plain = w.open(cell(account, &message), &sealed)?;
            Some(serde_json::from_slice(&plain).map_err(|_| Fault::Stored("text message"))?)
        }
        _ => None,
    };
    Ok(Some(Claimed {
        account,
        message,
        outgoing,
        expires_at,
        attempts,
    }))
}

/// Writes down what became of a claimed text. What it said is wiped.
///
/// # Errors
/// The database's trouble.
pub fn settle(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
    state: State,
    provider: Option<&'static str>,
) -> Result<(), Stop> {
    let now = w.now();
    let values = [
        account.into(),
        message.into(),
        state.word().into(),
        provider.map(str::to_owned).into(),
        now.into(),
    ];
    w.tx.execute(SETTLE, &values)?;
    w.count(Tally::Text(state.word()));
    Ok(())
}

/// Puts a claimed text off that certainly was not taken.
///
/// # Errors
/// The database's trouble.
pub fn defer(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
    until: Timestamp,
) -> Result<(), Stop> {
    let now = w.now();
    let values = [account.into(), message.into(), until.into(), now.into()];
    w.tx.execute(DEFER, &values)?;
    w.count(Tally::Text("later"));
    Ok(())
}

/// Whether a server died with a text in hand.
///
/// # Errors
/// The database's trouble.
pub fn any_lost(w: &mut Work<'_, '_>) -> Result<bool, Stop> {
    let now = w.now();
    let found = w.tx.query_opt(ANY_LOST, &[now.into()], |row| row.int(0))?;
    Ok(found.is_some())
}

/// Texts a server had in hand when it died count as sent: nobody knows, and none is sent twice.
///
/// # Errors
/// The database's trouble.
pub fn give_up_lost(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    let lost = w.tx.execute(LOST, &[now.into()])?;
    for _ in 0..lost {
        w.count(Tally::Text(State::Unknown.word()));
    }
    Ok(())
}

/// What the provider of a text reported; whether it was news. What is final stays.
///
/// # Errors
/// The database's trouble.
pub fn report(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
    state: State,
    provider: &str,
) -> Result<bool, Stop> {
    let now = w.now();
    let values = [
        account.into(),
        message.into(),
        state.word().into(),
        now.into(),
        provider.into(),
    ];
    let news = w.tx.execute(REPORT, &values)? == 1;
    if news {
        w.count(Tally::Text(state.word()));
    }
    Ok(news)
}

/// Which provider took a text, where that is known; nothing of one that is gone.
///
/// # Errors
/// The database's trouble.
pub fn taken_by(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
) -> Result<Option<Option<String>>, Stop> {
    let values = [account.into(), message.into()];
    Ok(w.tx.query_opt(TAKEN_BY, &values, |row| row.opt_text(0))?)
}

/// What became of a text so far, and since when; nothing of one that is gone.
///
/// # Errors
/// The database's trouble.
pub fn state(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
) -> Result<Option<(State, Timestamp)>, Stop> {
    let values = [account.into(), message.into()];
    let found =
        w.tx.query_opt(STATE, &values, |row| Ok((row.text(0)?, row.int(1)?)))?;
    Ok(match found {
        None => None,
        Some((word, at)) => {
            let state = State::from_word(&word).ok_or(Fault::Stored("state of a text"))?;
            Some((state, Timestamp::from_millis(at)))
        }
    })
}

/// Drops every text of an account.
///
/// # Errors
/// The database's trouble.
pub fn drop_account(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(DROP_ACCOUNT, &[account.into()])?;
    Ok(())
}

/// Drops what is older than [`KEPT`].
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE, &[now.minus(KEPT).into()])?;
    prefixes::purge(w)
}
