//! Opening an account again that its owner froze: by signing in with all that counted before the event.

use crate::account::{self, Account};
use crate::app::{AccountId, Fault, Stop, Timestamp, Work};
use crate::audit::{self, Event};
use crate::authenticators::flow::{Restored, former, restore};
use crate::authenticators::{Held, Since, password};
use crate::challenge;
use crate::config::Method;
use crate::outbox::Topic;
use crate::session::{self, Proof};
use crate::sign_in::rules::{OPEN_AGAIN, Thaw};
use crate::sign_in::store::{self, SignIn};
use crate::undo;

use super::gate::Scene;

/// What a sign-in to an account frozen by its owner is judged against.
///
/// # Errors
/// The database's trouble.
pub(super) fn scene(w: &mut Work<'_, '_>, owner: Account, event: Timestamp) -> Result<Scene, Stop> {
    let former = former(w, owner.id, event)?;
    let new_password = asks_new_password(w, owner.id, event, former.since)?;
    Ok(Scene {
        owner,
        held: former.held,
        thaw: Some(Thaw {
            since: former.since,
            new_password,
        }),
    })
}

/// A new password is asked where the old one may be somebody else's: where it was all there was, and where it is younger than the event.
fn asks_new_password(
    w: &mut Work<'_, '_>,
    account: AccountId,
    event: Timestamp,
    since: Since,
) -> Result<bool, Stop> {
    if !w.settings().sign_in.methods.contains(&Method::Password) {
        return Ok(false);
    }
    Ok(match password::store::changed_at(w, account)? {
        Some(changed_at) => since != Since::Before || changed_at >= event,
        None => false,
    })
}

/// Whether what was proven in this sign-in is something that opens the account. A backup code is, if it was judged since the freeze:
/// then only those of the former sheet were looked at.
pub(super) fn counts(sign_in: &SignIn, former: &Held, frozen_at: Timestamp) -> bool {
    match sign_in.second_factor {
        Some(Proof::Totp(id) | Proof::Webauthn(id) | Proof::Sms(id)) => former.ids().contains(&id),
        Some(Proof::BackupCode) => sign_in.second_factor_at.is_some_and(|at| at >= frozen_at),
        None => false,
    }
}

/// Brings back what counted before the event, ends everything else that could let somebody in, and opens the account. One transaction:
/// all of it or nothing.
///
/// # Errors
/// The database's trouble.
pub(super) fn open_again(
    w: &mut Work<'_, '_>,
    sign_in: &SignIn,
    owner: &Account,
) -> Result<SignIn, Stop> {
    let account = owner.id;
    let event = owner
        .frozen
        .and_then(|frozen| frozen.disavowed_from())
        .ok_or(Fault::Stored("freeze of an account"))?;
    let restored = restore(w, account, event, sign_in.second_factor)?;
    session::flow::end_everything(w, account)?;
    store::end_others(w, sign_in)?;
    challenge::store::drop_account(w, account)?;
    undo::end_all(w, account)?;
    account::store::open(w, account)?;
    store::lead_to(w, sign_in, OPEN_AGAIN)?;
    let mut sign_in = SignIn {
        return_to: Some(String::from(OPEN_AGAIN)),
        ..sign_in.clone()
    };
    if restored.set_up_anew {
        store::forget_second(w, &sign_in)?;
        sign_in.second_factor = None;
        sign_in.second_factor_at = None;
    }
    tell(w, account, &restored)?;
    Ok(sign_in)
}

/// For the record and the person alike: what counts again and what is gone.
fn tell(w: &mut Work<'_, '_>, account: AccountId, restored: &Restored) -> Result<(), Stop> {
    let event = Event::new("account_thawed")
        .with("kept", names(w, &restored.kept))
        .with("removed", names(w, &restored.removed))
        .with("codes_ended", yes_or_no(restored.codes_ended))
        .with("set_up_anew", yes_or_no(restored.set_up_anew));
    audit::append(w, account, &event)?;
    let mut values: Vec<(&str, String)> = event.detail.into_iter().collect();
    values.push(("who", String::from("owner")));
    account::notice(w, account, Topic::AccountOpen, &values)
}

fn names(w: &Work<'_, '_>, labels: &[String]) -> String {
    let unnamed = w.moment.messages().text("settings-app");
    let named = labels.iter().map(|label| match label.is_empty() {
        true => unnamed.as_str(),
        false => label.as_str(),
    });
    named.collect::<Vec<_>>().join(", ")
}

fn yes_or_no(holds: bool) -> String {
    String::from(if holds { "yes" } else { "no" })
}
