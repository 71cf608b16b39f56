//! The one way a typed code is judged, whoever asks: sign-in, step-up, turning off, or an application.

pub mod binding;
mod copies;
mod digits;
mod former;
mod judging;
mod texting;

pub use copies::end_copied;
pub use former::{Restored, former, purge, restore};

pub use binding::Proven;
pub use judging::{standings, verify, verify_former, waited_after};
pub use texting::{AskedText, asked_text, may_be_texted, where_it_stands};

use twinlock_otp::{Parameters, Secret};

use crate::account::{self, Account};
use crate::app::{AccountId, AuthenticatorId, Refusal, Stop, Work};
use crate::session;
use crate::trusted_device;

use super::rules::{Held, Kind, Removal};
use super::{backup_codes, sms, store, totp, webauthn};

/// What the account holds.
///
/// # Errors
/// The database's trouble; a row that cannot be read is a fault, never "nothing".
pub fn held(w: &mut Work<'_, '_>, account: AccountId) -> Result<Held, Stop> {
    Ok(Held {
        factors: store::active(w, account)?,
        backup_codes: backup_codes::store::status(w, account)?,
    })
}

/// Whether two-factor authentication is on.
///
/// # Errors
/// The database's trouble.
pub fn is_on(w: &mut Work<'_, '_>, account: AccountId) -> Result<bool, Stop> {
    Ok(store::standing(w, account)?.is_some_and(|standing| standing.is_on))
}

/// A second factor that was proven for the first time.
pub struct Bound {
    /// It, and what it replaced.
    pub proven: Proven,
    /// The account's first sheet of backup codes, shown once.
    pub sheet: Option<backup_codes::Sheet>,
}

impl Bound {
    /// What the record and the person are told of it: its kind and name, and those of the one it took the place of.
    #[must_use]
    pub fn told(&self) -> Vec<(&'static str, String)> {
        let mut told = self.proven.factor.told();
        if let Some(former) = &self.proven.replaced {
            told.push(("former_kind", former.kind.word().to_owned()));
            told.push(("former", former.label.clone()));
        }
        told
    }
}

/// Proves a half-done second factor by its first code; the account's first one brings backup codes, in the same transaction.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such half-done one, [`Refusal::InvalidCode`] when the code does not fit.
pub fn confirm(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    code: &str,
) -> Result<Bound, Stop> {
    let proven = match binding::pending(w, account, id)?.kind {
        Kind::Totp => totp::flow::confirm(w, account, id, code)?,
        Kind::Sms => sms::flow::confirm(w, account, id, code)?,
        // A key signs; nothing that is typed is of it.
        Kind::Webauthn | Kind::BackupCode => return Err(Refusal::NotFound.into()),
    };
    if let Some(old) = &proven.replaced {
        texting::tell_ended(w, account, old.id)?;
    }
    with_backup_codes(w, account, proven)
}

/// Brings an existing app's secret along, active at once.
///
/// # Errors
/// [`Refusal::Field`] for a label that is too long or a full account.
pub fn import(
    w: &mut Work<'_, '_>,
    account: &Account,
    label: &str,
    secret: &Secret,
    parameters: Parameters,
) -> Result<Bound, Stop> {
    let proven = totp::flow::import(w, account, label, secret, parameters)?;
    with_backup_codes(w, account.id, proven)
}

/// Makes a security key count that was just registered.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such half-done one, [`Refusal::AlreadyExists`] for a key that is somebody's already.
pub fn confirm_key(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    key: &webauthn::rules::Key,
) -> Result<Bound, Stop> {
    let proven = webauthn::flow::bind(w, account, id, key)?;
    if let Some(old) = &proven.replaced {
        texting::tell_ended(w, account, old.id)?;
    }
    with_backup_codes(w, account, proven)
}

fn with_backup_codes(
    w: &mut Work<'_, '_>,
    account: AccountId,
    proven: Proven,
) -> Result<Bound, Stop> {
    let sheet = if proven.first {
        Some(backup_codes::flow::make(w, account)?)
    } else {
        None
    };
    account::store::require_enrolment(w, account, false)?;
    Ok(Bound { proven, sheet })
}

/// Removes one second factor. With the last one the backup codes go: two-factor authentication is off.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such one.
pub fn remove(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    removal: Removal,
) -> Result<(), Stop> {
    if !store::retire(w, account, id, removal)? {
        return Err(Refusal::NotFound.into());
    }
    // Whoever has a lost phone need not hear of it.
    if removal == Removal::Undoable {
        texting::tell_ended(w, account, id)?;
    }
    let left = store::active(w, account)?;
    match left.first() {
        None => remove_all(w, account, Removal::Undoable),
        Some(first) if !first.preferred => store::prefer(w, account, first.id).map(|_| ()),
        Some(_) => Ok(()),
    }
}

/// Removes every second factor and every backup code of the account. No device is known and no session rests on a second factor any more.
///
/// # Errors
/// The database's trouble.
pub fn remove_all(w: &mut Work<'_, '_>, account: AccountId, removal: Removal) -> Result<(), Stop> {
    remove_pending(w, account)?;
    if removal == Removal::Undoable {
        for factor in store::active(w, account)? {
            texting::tell_ended(w, account, factor.id)?;
        }
    }
    store::retire_all(w, account, removal)?;
    if removal == Removal::Lost {
        backup_codes::store::spend_all(w, account)?;
    }
    backup_codes::store::end_sheets(w, account)?;
    trusted_device::store::lower_all(w, account)?;
    session::store::drop_second_factor(w, account)
}

/// Removes every half-done enrolment.
///
/// # Errors
/// The database's trouble.
pub fn remove_pending(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    for id in store::pending(w, account)? {
        binding::erase(w, account, id)?;
    }
    Ok(())
}
