//! Setting an app up, proving it, and comparing codes.

use twinlock_otp::{Digits, Parameters, Secret, Window};
use zeroize::Zeroizing;

use crate::account::Account;
use crate::app::{AccountId, AuthenticatorId, Refusal, Stop, Timestamp, Work};
use crate::authenticators::store::{self as authenticators, Authenticator, PENDING_LIFE};
use crate::authenticators::{Kind, Removal, Wrong};
use crate::session;

use super::rules::{self, Bound};
use super::store;

/// Second factors an account may hold.
const MOST: usize = 10;
/// Half-done enrolments an account may have at once.
const MOST_PENDING: usize = 5;

/// What a person scans.
pub struct Pending {
    /// The half-done authenticator.
    pub id: AuthenticatorId,
    /// The person's name for it.
    pub label: String,
    /// What it will replace.
    pub replaces: Option<AuthenticatorId>,
    /// The otpauth URI behind the QR code.
    pub uri: Zeroizing<String>,
    /// The key in base32.
    pub secret: Zeroizing<String>,
    /// The key in groups of four, to type by hand.
    pub grouped: Zeroizing<String>,
    /// When it dies.
    pub expires_at: Timestamp,
}

/// An app that was proven.
pub struct Proven {
    /// It.
    pub factor: Authenticator,
    /// Whether it is the account's first second factor.
    pub first: bool,
    /// What it took the place of.
    pub replaced: Option<AuthenticatorId>,
}

/// Begins an enrolment: a secret nobody has proven yet. It changes nothing until its first code is typed.
///
/// # Errors
/// [`Refusal::Field`] for a label that is too long or a full account; [`Refusal::NotFound`] for an unknown app to replace.
pub fn begin(
    w: &mut Work<'_, '_>,
    account: &Account,
    label: &str,
    replaces: Option<AuthenticatorId>,
) -> Result<Pending, Stop> {
    let label = clean_label(label)?;
    sweep(w, account.id)?;
    let active = authenticators::active(w, account.id)?;
    if let Some(old) = replaces
        && !active
            .iter()
            .any(|factor| factor.id == old && factor.kind == Kind::Totp)
    {
        return Err(Refusal::NotFound.into());
    }
    if active.len() >= MOST && replaces.is_none() {
        return Err(Refusal::Field {
            field: "label",
            code: "too_many_factors",
        }
        .into());
    }
    let now = w.now();
    let bytes: [u8; 20] = w.draw.bytes();
    let secret =
        Secret::new(bytes.to_vec()).map_err(|_| crate::app::Fault::Stored("TOTP secret"))?;
    let factor = Authenticator {
        id: AuthenticatorId::draw(now, &mut w.draw),
        kind: Kind::Totp,
        label,
        pending: true,
        preferred: false,
        replaces,
        created_at: now,
        expires_at: Some(now.plus(PENDING_LIFE)),
        activated_at: None,
        last_used_at: None,
    };
    let app = Bound {
        id: factor.id,
        secret,
        parameters: Parameters::default(),
        last_step: None,
    };
    authenticators::insert(w, account.id, &factor)?;
    store::insert(w, account.id, &app)?;
    Ok(shown(w, account, &factor, &app))
}

/// Brings an existing secret along, active at once (an application's own users only).
///
/// # Errors
/// [`Refusal::Field`] for a label that is too long or a full account.
pub fn import(
    w: &mut Work<'_, '_>,
    account: &Account,
    label: &str,
    secret: &Secret,
    parameters: Parameters,
) -> Result<Proven, Stop> {
    let pending = begin(w, account, label, None)?;
    store::remove(w, account.id, pending.id)?;
    let app = Bound {
        id: pending.id,
        secret: secret.clone(),
        parameters,
        last_step: None,
    };
    store::insert(w, account.id, &app)?;
    finish(w, account.id, pending.id, None)
}

/// A half-done enrolment, to show its QR code again until it is proven or has died.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none.
pub fn pending(
    w: &mut Work<'_, '_>,
    account: &Account,
    id: AuthenticatorId,
) -> Result<Pending, Stop> {
    let factor = live_pending(w, account.id, id)?;
    let app = store::load(w, account.id, id)?.ok_or(Refusal::NotFound)?;
    Ok(shown(w, account, &factor, &app))
}

/// Proves a half-done app by its first code, which is spent. The one it replaces goes in the same transaction.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such half-done app, [`Refusal::InvalidCode`] when the code does not fit.
pub fn confirm(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    code: &str,
) -> Result<Proven, Stop> {
    let factor = live_pending(w, account, id)?;
    let app = store::load(w, account, id)?.ok_or(Refusal::NotFound)?;
    let wrong = Refusal::InvalidCode {
        drift_seconds: None,
    };
    let typed = Digits::parse(code).map_err(|_| wrong)?;
    match compare(w, account, &[app], &typed)? {
        Ok(_) => finish(w, account, id, factor.replaces),
        Err(why) => Err(why.refusal().into()),
    }
}

/// Compares a code with some apps and spends the step it fits.
///
/// # Errors
/// The database's trouble.
pub fn compare(
    w: &mut Work<'_, '_>,
    account: AccountId,
    bound: &[Bound],
    typed: &Digits,
) -> Result<Result<AuthenticatorId, Wrong>, Stop> {
    let totp = &w.settings().two_factor.totp;
    let window = Window {
        past: totp.past_steps,
        future: totp.future_steps,
    };
    let (id, step) = match rules::judge(bound, typed, w.now(), window) {
        Ok(fit) => fit,
        Err(why) => return Ok(Err(why)),
    };
    if store::burn(w, account, id, step)? {
        Ok(Ok(id))
    } else {
        Ok(Err(Wrong::AlreadyUsed))
    }
}

/// Removes an app altogether, so that nothing brings it back: a half-done one, or one whose removal can no longer be undone.
///
/// # Errors
/// The database's trouble.
pub fn remove(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<bool, Stop> {
    store::remove(w, account, id)?;
    authenticators::remove(w, account, id)
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

fn finish(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    replaces: Option<AuthenticatorId>,
) -> Result<Proven, Stop> {
    let before = authenticators::active(w, account)?;
    let replaced = before.iter().find(|factor| Some(factor.id) == replaces);
    let preferred = before.is_empty() || replaced.is_some_and(|factor| factor.preferred);
    if let Some(old) = replaced {
        session::store::move_proof(w, account, old.id, id)?;
        authenticators::retire(w, account, old.id, Removal::Undoable)?;
    }
    if !authenticators::activate(w, account, id, preferred)? {
        return Err(Refusal::NotFound.into());
    }
    let first = before.is_empty();
    let factor = authenticators::load(w, account, id)?.ok_or(Refusal::NotFound)?;
    Ok(Proven {
        factor,
        first,
        replaced: replaced.map(|factor| factor.id),
    })
}

fn live_pending(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
) -> Result<Authenticator, Stop> {
    let now = w.now();
    match authenticators::load(w, account, id)? {
        Some(factor) if factor.pending && factor.expires_at.is_some_and(|at| at > now) => {
            Ok(factor)
        }
        _ => Err(Refusal::NotFound.into()),
    }
}

/// Half-done enrolments that died go; of the others the oldest, so that a few tabs can stand side by side.
fn sweep(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    for id in authenticators::stale(w, account)? {
        remove(w, account, id)?;
    }
    let waiting = authenticators::pending(w, account)?;
    let surplus = waiting.len().saturating_sub(MOST_PENDING - 1);
    for id in waiting.into_iter().take(surplus) {
        remove(w, account, id)?;
    }
    Ok(())
}

fn shown(w: &Work<'_, '_>, account: &Account, factor: &Authenticator, app: &Bound) -> Pending {
    let issuer = &w.settings().branding.name;
    let whose = account
        .email
        .as_deref()
        .or(account.external_id.as_deref())
        .unwrap_or(&account.name);
    Pending {
        id: factor.id,
        label: factor.label.clone(),
        replaces: factor.replaces,
        uri: rules::otpauth_uri(&app.secret, &app.parameters, issuer, whose),
        secret: app.secret.to_base32(),
        grouped: app.secret.grouped(),
        expires_at: factor.expires_at.unwrap_or_default(),
    }
}
