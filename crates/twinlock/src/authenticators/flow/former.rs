//! Methods as they stood before an event their owner disavows: which of them open a frozen account again, and bringing them back.
//!
//! The rule: what counted just before the event counts. Where nothing did, because two-factor authentication was only turned on by the
//! event or after it, what is there now is asked: the mailbox alone never takes a second factor away.

use crate::account;
use crate::app::{AccountId, AuthenticatorId, Fault, Stop, Timestamp, Work};
use crate::authenticators::rules::{Former, Held, Since, kept_with};
use crate::authenticators::{Authenticator, backup_codes, store};
use crate::session::Proof;
use crate::trusted_device;

use super::{binding, held};

/// What a sign-in that opens the account again is judged against.
///
/// # Errors
/// The database's trouble.
pub fn former(w: &mut Work<'_, '_>, account: AccountId, event: Timestamp) -> Result<Former, Stop> {
    let then = Held {
        factors: store::before(w, account, event)?,
        backup_codes: backup_codes::store::status_before(w, account, event)?,
    };
    // A sheet was live only while a method was: one that was lost since leaves its codes.
    if then.is_on() || then.codes_left() > 0 {
        return Ok(Former {
            since: Since::Before,
            held: then,
        });
    }
    let now = held(w, account)?;
    Ok(if now.is_on() {
        Former {
            since: Since::Now,
            held: now,
        }
    } else {
        Former {
            since: Since::Never,
            held: Held::default(),
        }
    })
}

/// What bringing the former methods back did, in the names their owner gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Methods that count again, or still.
    pub kept: Vec<String>,
    /// Methods that are gone for good.
    pub removed: Vec<String>,
    /// Whether a second factor must be set up before anything else, because those of before were lost.
    pub set_up_anew: bool,
    /// Whether backup codes made after the event died with it.
    pub codes_ended: bool,
}

/// Brings back what counted before the event and removes for good what came after it; devices are forgotten. `proof`: what opened the
/// account; it says what to keep where nothing counted before.
///
/// # Errors
/// The database's trouble.
pub fn restore(
    w: &mut Work<'_, '_>,
    account: AccountId,
    event: Timestamp,
    proof: Option<Proof>,
) -> Result<Restored, Stop> {
    let present = held(w, account)?;
    let former = former(w, account, event)?;
    let was_on = former.since == Since::Before;
    let kept = kept_with(former, proof);
    let mut outcome = Restored::default();
    for factor in &kept.factors {
        if !is_among(&present.factors, factor.id) && !store::revive(w, account, factor.id)? {
            return Err(Fault::Stored("a removed authenticator").into());
        }
        outcome.kept.push(factor.label.clone());
    }
    for factor in &present.factors {
        if !is_among(&kept.factors, factor.id) {
            erase(w, account, factor.id)?;
            outcome.removed.push(factor.label.clone());
        }
    }
    for id in store::removed(w, account)? {
        erase(w, account, id)?;
    }
    if let Some(first) = kept.factors.first() {
        store::prefer(w, account, first.id)?;
    }
    if was_on || kept.is_on() {
        // Where all that counted was lost meanwhile, a new one is set up before anything else.
        outcome.set_up_anew = !kept.is_on();
        account::store::require_enrolment(w, account, outcome.set_up_anew)?;
    }
    outcome.codes_ended = bring_back_sheet(w, account, &present, &kept)?;
    trusted_device::store::forget_all(w, account)?;
    Ok(outcome)
}

fn is_among(factors: &[Authenticator], id: AuthenticatorId) -> bool {
    factors.iter().any(|factor| factor.id == id)
}

fn erase(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<(), Stop> {
    binding::erase(w, account, id)
}

/// Whether a sheet that is live now ends.
fn bring_back_sheet(
    w: &mut Work<'_, '_>,
    account: AccountId,
    present: &Held,
    kept: &Held,
) -> Result<bool, Stop> {
    let live = present.backup_codes.as_ref().map(|sheet| sheet.sheet);
    let codes = kept.backup_codes.as_ref().filter(|_| kept.is_on());
    match codes.map(|sheet| sheet.sheet) {
        wanted if wanted == live => return Ok(false),
        Some(wanted) => backup_codes::store::revive(w, account, wanted)?,
        None => backup_codes::store::end_sheets(w, account)?,
    }
    Ok(live.is_some())
}

/// Drops removed methods whose end can no longer be undone. A sweep over all accounts, by age.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    for (account, id) in store::old_removed(w)? {
        erase(w, account, id)?;
    }
    Ok(())
}
