//! Trusted devices at the gate: whether this one skips the second factor, and whether it will from now on.

use crate::app::{AccountId, Stop, Work};
use crate::config::Ask;
use crate::session::{self, rules::idle};
use crate::trusted_device::{Device, rules::is_wanted, store as devices};

use crate::sign_in::store::SignIn;

/// Whether the client brought a token of a device that is trusted.
///
/// # Errors
/// The database's trouble.
pub(super) fn is_trusted_here(w: &mut Work<'_, '_>, account: AccountId) -> Result<bool, Stop> {
    match devices::presented(w, account)?.found() {
        Some(found) => is_trusted(w, account, &found.device),
        None => Ok(false),
    }
}

/// Whether a device is trusted now.
///
/// # Errors
/// The database's trouble.
pub fn is_trusted(w: &mut Work<'_, '_>, account: AccountId, device: &Device) -> Result<bool, Stop> {
    let now = w.now();
    if !device
        .trust
        .is_some_and(|trust| trust.holds(now, w.settings()))
    {
        return Ok(false);
    }
    if w.settings().two_factor.ask != Ask::NewDevice {
        return Ok(true);
    }
    // Until the session ends by time: what lies idle for as long as a session may is a new device again.
    let seen = session::store::last_seen_on(w, account, device.id)?;
    let used_at = device.last_used_at.max(seen.unwrap_or_default());
    Ok(now < used_at.plus(idle(w.settings())))
}

/// Whether the device of a sign-in that is through becomes trusted. Only what was proven in this very sign-in counts.
pub(super) fn becomes_trusted(w: &Work<'_, '_>, sign_in: &SignIn) -> bool {
    sign_in.second_factor.is_some() && is_wanted(w.settings().two_factor.ask, sign_in.trust_device)
}
