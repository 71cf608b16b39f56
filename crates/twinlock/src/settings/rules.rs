//! Who may say that a method was lost or stolen.

use crate::app::{AuthenticatorId, Timestamp};
use crate::authenticators::Authenticator;
use crate::session::{Proof, Session};
use crate::undo;

/// Whether a session may call the method `lost` lost, so that nothing brings it back: not by a proof of that very method, and not by one
/// that came so lately that its coming can still be undone. Otherwise whoever took the method could add one and take the owner's away
/// for good.
#[must_use]
pub fn may_call_lost(
    session: &Session,
    lost: AuthenticatorId,
    active: &[Authenticator],
    now: Timestamp,
) -> bool {
    match session.second_factor {
        Some(Proof::BackupCode) => true,
        Some(Proof::Totp(other) | Proof::Webauthn(other)) if other != lost => active
            .iter()
            .find(|factor| factor.id == other)
            .and_then(|factor| factor.activated_at)
            .is_some_and(|at| at.plus(undo::LIFE) <= now),
        Some(Proof::Totp(_) | Proof::Webauthn(_)) | None => false,
    }
}
