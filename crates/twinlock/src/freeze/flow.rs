//! Looking at a link, pressing it, and freezing by a key.

use std::time::Duration;

use twinlock_db::Locks;

use crate::account::{self, Account};
use crate::app::{AccountId, FrozenBy, Moment, Refusal, Stop, Token, Work};
use crate::audit::{self, Event};
use crate::authenticators::{self, Since};
use crate::challenge;
use crate::outbox::Topic;
use crate::session;
use crate::sign_in;
use crate::throttle;
use crate::trusted_device;
use crate::undo::{self, UndoLink};

const HOUR: Duration = Duration::from_secs(3600);
/// Presses from one network in an hour.
const MOST_PRESSES: u32 = 60;

/// What a link stands for, while it can be used. Looking spends nothing, however often.
///
/// # Errors
/// The database's trouble.
pub async fn look(moment: &Moment, token: &str) -> Result<Option<UndoLink>, Stop> {
    let Some(token) = Token::parse(Token::UNDO, token) else {
        return Ok(None);
    };
    moment.read(move |w| undo::look_at(w, &token)).await
}

/// The way back after a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// By signing in; with which methods.
    SignIn(Since),
    /// Somebody else froze the account before, and opens it again.
    Others,
}

impl WayBack {
    /// Every way.
    pub const ALL: [WayBack; 4] = [
        Self::SignIn(Since::Before),
        Self::SignIn(Since::Now),
        Self::SignIn(Since::Never),
        Self::Others,
    ];

    /// Its word, in an address and in the mail.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SignIn(Since::Before) => "before",
            Self::SignIn(Since::Now) => "now",
            Self::SignIn(Since::Never) => "never",
            Self::Others => "others",
        }
    }
}

/// Presses the button: freezes the account. `None` for a link that is unknown, too old, or was used before.
///
/// # Errors
/// [`Refusal::TooManyRequests`] for one network's many presses.
pub async fn press(moment: &Moment, token: &str) -> Result<Option<WayBack>, Stop> {
    spend_network(moment).await?;
    let Some(token) = Token::parse(Token::UNDO, token) else {
        return Ok(None);
    };
    moment
        .write(Locks::account(token.owner), move |w| {
            let Some(link) = undo::use_once(w, &token)? else {
                return Ok(None);
            };
            disavow(w, &link).map(Some)
        })
        .await
}

async fn spend_network(moment: &Moment) -> Result<(), Stop> {
    moment
        .write(Locks::none(), |w| {
            let network = w.moment.client.network.clone();
            if throttle::store::spend(w, "undo_network_hour", &network, HOUR, MOST_PRESSES)? {
                return Ok(());
            }
            let now = w.now();
            let retry_after = throttle::store::window_end(now, HOUR).seconds_from(now);
            Err(Refusal::TooManyRequests { retry_after }.into())
        })
        .await
}

/// One transaction under the account's lock: a kill at any moment leaves the link unused or the account frozen, nothing between.
fn disavow(w: &mut Work<'_, '_>, link: &UndoLink) -> Result<WayBack, Stop> {
    let account = link.account;
    let froze = account::store::disavow(w, account, link.happened_at)?;
    session::store::end_since(w, account, link.happened_at)?;
    trusted_device::store::forget_since(w, account, link.happened_at)?;
    end_what_is_under_way(w, account)?;
    let event = Event::new("account_frozen").with("event", link.event.as_str());
    audit::append(w, account, &event)?;
    if !froze {
        return Ok(WayBack::Others);
    }
    let frozen = account::store::load(w, account)?.and_then(|owner| owner.frozen);
    let from = frozen.and_then(|frozen| frozen.disavowed_from());
    let former = authenticators::flow::former(w, account, from.unwrap_or(link.happened_at))?;
    let way = WayBack::SignIn(former.since);
    let values = [
        ("who", FrozenBy::Owner.word().to_owned()),
        ("way", way.word().to_owned()),
    ];
    account::notice(w, account, Topic::AccountFrozen, &values)?;
    Ok(way)
}

/// Whatever could still become a session or a method.
fn end_what_is_under_way(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    sign_in::store::end_all(w, account)?;
    challenge::store::drop_account(w, account)?;
    authenticators::flow::remove_pending(w, account)
}

/// Freezes an account for whoever an API key speaks for: its application, or an administrator for a person. Once is as good as twice.
///
/// # Errors
/// The database's trouble.
pub fn freeze_by_key(w: &mut Work<'_, '_>, account: &Account, key: &str) -> Result<(), Stop> {
    let by = speaks_for(account);
    if account.frozen.is_some_and(|frozen| frozen.by == by) {
        return Ok(());
    }
    account::store::freeze(w, account.id, by)?;
    session::flow::end_everything(w, account.id)?;
    end_what_is_under_way(w, account.id)?;
    let event = Event::new("account_frozen").with("by", key);
    audit::append(w, account.id, &event)?;
    tell_person(w, account, Topic::AccountFrozen)
}

/// Opens a frozen account again, whoever froze it. Nothing is brought back or removed, everybody signs in anew, and the links of before
/// can freeze it no more. Once is as good as twice.
///
/// # Errors
/// The database's trouble.
pub fn open_by_key(w: &mut Work<'_, '_>, account: &Account, key: &str) -> Result<(), Stop> {
    if account.frozen.is_none() {
        return Ok(());
    }
    account::store::open(w, account.id)?;
    undo::end_all(w, account.id)?;
    session::flow::end_everything(w, account.id)?;
    end_what_is_under_way(w, account.id)?;
    let event = Event::new("account_unfrozen").with("by", key);
    audit::append(w, account.id, &event)?;
    tell_person(w, account, Topic::AccountOpen)
}

fn speaks_for(account: &Account) -> FrozenBy {
    match account.application {
        Some(_) => FrozenBy::Application,
        None => FrozenBy::Administrator,
    }
}

/// An application tells its own users itself.
fn tell_person(w: &mut Work<'_, '_>, account: &Account, topic: Topic) -> Result<(), Stop> {
    if !account::signs_in_here(w, account)? {
        return Ok(());
    }
    let who = speaks_for(account).word().to_owned();
    account::notice(w, account.id, topic, &[("who", who)])
}
