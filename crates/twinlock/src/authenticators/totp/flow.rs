//! Setting an app up, proving it, and comparing codes.

use twinlock_otp::{Digits, Parameters, Secret, Window};
use zeroize::Zeroizing;

use crate::account::Account;
use crate::app::{AccountId, AuthenticatorId, Refusal, Stop, Timestamp, Work};
use crate::authenticators::flow::binding::{self, Proven};
use crate::authenticators::store::Authenticator;
use crate::authenticators::{Kind, Wrong};

use super::rules::{self, Bound};
use super::store;

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
    let factor = binding::begin(w, account.id, Kind::Totp, label, replaces)?;
    let bytes: [u8; 20] = w.draw.bytes();
    let secret =
        Secret::new(bytes.to_vec()).map_err(|_| crate::app::Fault::Stored("TOTP secret"))?;
    let app = Bound {
        id: factor.id,
        secret,
        parameters: Parameters::default(),
        last_step: None,
    };
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
    binding::finish(w, account.id, pending.id, None)
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
    let factor = binding::pending(w, account.id, id)?;
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
    let factor = binding::pending(w, account, id)?;
    let app = store::load(w, account, id)?.ok_or(Refusal::NotFound)?;
    let wrong = Refusal::InvalidCode {
        drift_seconds: None,
    };
    let typed = Digits::parse(code).map_err(|_| wrong)?;
    match compare(w, account, &[app], &typed)? {
        Ok(_) => binding::finish(w, account, id, factor.replaces),
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
