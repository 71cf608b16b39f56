//! What setting up a second factor asks and does, whatever its kind: room for it, a name, and what happens once it is proven.

use crate::app::{AccountId, App, AuthenticatorId, Refusal, Stop, Work};
use crate::authenticators::store::{self, Authenticator, PENDING_LIFE};
use crate::authenticators::{Kind, Removal, sms, totp, webauthn};
use crate::config::{AllowedKind, Methods};
use crate::session;

/// Second factors an account may hold.
const MOST: usize = 10;
/// Half-done enrolments an account may have at once.
const MOST_PENDING: usize = 5;

/// The kinds that may be set up on this instance, in the order they are offered.
#[must_use]
pub fn offered(app: &App) -> Vec<Kind> {
    let allowed = &app.settings.two_factor.allowed_kinds;
    let mut kinds = Vec::with_capacity(3);
    if allowed.contains(&AllowedKind::Totp) {
        kinds.push(Kind::Totp);
    }
    if allowed.contains(&AllowedKind::Webauthn) && app.webauthn.is_some() {
        kinds.push(Kind::Webauthn);
    }
    if allowed.contains(&AllowedKind::Sms) && app.texts.is_some() {
        kinds.push(Kind::Sms);
    }
    kinds
}

/// A second factor that was proven.
pub struct Proven {
    /// It.
    pub factor: Authenticator,
    /// Whether it is the account's first second factor.
    pub first: bool,
    /// What it took the place of, as that was.
    pub replaced: Option<Authenticator>,
}

/// Begins an enrolment that will take the place of `replaces`. It counts for nothing until it is proven.
///
/// # Errors
/// [`Refusal::KindUnavailable`]; [`Refusal::Field`] for a name that is too long or a full account; [`Refusal::NotFound`] for an unknown one to replace.
pub fn begin(
    w: &mut Work<'_, '_>,
    account: AccountId,
    kind: Kind,
    label: &str,
    replaces: Option<AuthenticatorId>,
) -> Result<Authenticator, Stop> {
    if !offered(&w.moment.app).contains(&kind) {
        return Err(Refusal::KindUnavailable.into());
    }
    let label = clean_label(label)?;
    sweep(w, account)?;
    may_begin(w, account, replaces)?;
    let now = w.now();
    let factor = Authenticator {
        id: AuthenticatorId::draw(now, &mut w.draw),
        kind,
        label,
        pending: true,
        preferred: false,
        replaces,
        created_at: now,
        expires_at: Some(now.plus(PENDING_LIFE)),
        activated_at: None,
        last_used_at: None,
    };
    store::insert(w, account, &factor)?;
    Ok(factor)
}

/// Refuses what [`begin`] would refuse, before anything is spent on it.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown one to replace, [`Refusal::Field`] for a full account.
pub fn may_begin(
    w: &mut Work<'_, '_>,
    account: AccountId,
    replaces: Option<AuthenticatorId>,
) -> Result<(), Stop> {
    if fits(w, account, replaces)? {
        return Ok(());
    }
    Err(match replaces {
        Some(_) => Refusal::NotFound,
        None => Refusal::Field {
            field: "label",
            code: "too_many_factors",
        },
    }
    .into())
}

/// What a new method takes the place of by itself: where one is all there may be, the one there is.
///
/// # Errors
/// The database's trouble.
pub fn place_taken(
    w: &mut Work<'_, '_>,
    account: AccountId,
) -> Result<Option<AuthenticatorId>, Stop> {
    Ok(match w.settings().two_factor.methods {
        Methods::One => store::active(w, account)?.first().map(|factor| factor.id),
        Methods::Several => None,
    })
}

/// Whether there is a place for one more: that of the method it replaces, as long as that one counts, or a free one.
fn fits(
    w: &mut Work<'_, '_>,
    account: AccountId,
    replaces: Option<AuthenticatorId>,
) -> Result<bool, Stop> {
    let active = store::active(w, account)?;
    let most = match w.settings().two_factor.methods {
        Methods::One => 1,
        Methods::Several => MOST,
    };
    Ok(match replaces {
        Some(old) => active.iter().any(|factor| factor.id == old),
        None => active.len() < most,
    })
}

/// Removes one altogether, whatever its kind, so that nothing brings it back: a half-done one, or one whose removal can no longer be undone.
///
/// # Errors
/// The database's trouble.
pub fn erase(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<(), Stop> {
    totp::store::remove(w, account, id)?;
    webauthn::store::remove(w, account, id)?;
    sms::store::remove(w, account, id)?;
    store::remove(w, account, id)?;
    Ok(())
}

/// Characters a label may have.
pub const LONGEST_LABEL: usize = 60;

/// A label as it is kept: at most [`LONGEST_LABEL`] characters, without control and direction characters.
///
/// # Errors
/// [`Refusal::Field`] when it is too long.
pub fn clean_label(typed: &str) -> Result<String, Stop> {
    match crate::account::rules::clean_name(typed) {
        Some(label) if label.chars().count() <= LONGEST_LABEL => Ok(label),
        _ => Err(Refusal::Field {
            field: "label",
            code: "too_long",
        }
        .into()),
    }
}

/// Makes what was just proven count. The one it replaces goes in the same transaction.
///
/// # Errors
/// [`Refusal::NotFound`] when it died meanwhile.
pub fn finish(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    replaces: Option<AuthenticatorId>,
) -> Result<Proven, Stop> {
    let before = store::active(w, account)?;
    let replaced = before.iter().find(|factor| Some(factor.id) == replaces);
    let preferred = before.is_empty() || replaced.is_some_and(|factor| factor.preferred);
    if let Some(old) = replaced {
        session::store::move_proof(w, account, old.id, id)?;
        store::retire(w, account, old.id, Removal::Undoable)?;
    }
    if !store::activate(w, account, id, preferred)? {
        return Err(Refusal::NotFound.into());
    }
    let first = before.is_empty();
    let factor = store::load(w, account, id)?.ok_or(Refusal::NotFound)?;
    Ok(Proven {
        factor,
        first,
        replaced: replaced.cloned(),
    })
}

/// A half-done one that still waits, and for which there is still a place: of several begun for one place the first takes it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none.
pub fn pending(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
) -> Result<Authenticator, Stop> {
    let now = w.now();
    let waiting = store::load(w, account, id)?
        .filter(|factor| factor.pending && factor.expires_at.is_some_and(|at| at > now));
    match waiting {
        Some(factor) if fits(w, account, factor.replaces)? => Ok(factor),
        _ => Err(Refusal::NotFound.into()),
    }
}

/// Half-done enrolments that died go; of the others the oldest, so that a few tabs can stand side by side.
fn sweep(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    for id in store::stale(w, account)? {
        erase(w, account, id)?;
    }
    let waiting = store::pending(w, account)?;
    let surplus = waiting.len().saturating_sub(MOST_PENDING - 1);
    for id in waiting.into_iter().take(surplus) {
        erase(w, account, id)?;
    }
    Ok(())
}
