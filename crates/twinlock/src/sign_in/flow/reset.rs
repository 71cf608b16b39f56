//! Resetting two-factor authentication for somebody who cannot prove it any more.

use crate::account;
use crate::app::{AccountId, Refusal, Stop, Work};
use crate::audit::{self, Event};
use crate::authenticators;
use crate::outbox::Topic;
use crate::session;
use crate::throttle;

use crate::sign_in::store;

/// Characters a reason may have at most.
pub const LONGEST_REASON: usize = 500;

/// Removes every second factor, backup code, known device, session and open sign-in of an account, and demands that a second factor is
/// set up before anything else. `by`: who did it, for the record. The person is told by mail; ring the outbox's bell after the commit.
///
/// # Errors
/// [`Refusal::NotFound`] without such an account; [`Refusal::Field`] for a reason that is empty or longer than [`LONGEST_REASON`].
pub fn reset_two_factor(
    w: &mut Work<'_, '_>,
    account: AccountId,
    reason: &str,
    by: &str,
) -> Result<(), Stop> {
    let reason = checked(reason)?;
    if account::store::load(w, account)?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    authenticators::flow::remove_all(w, account)?;
    session::store::end_all(w, account)?;
    store::end_all(w, account)?;
    throttle::store::clear_waits(w, account)?;
    account::store::require_enrolment(w, account, true)?;
    audit::append(
        w,
        account,
        &Event::new("two_factor_reset")
            .with("reason", reason)
            .with("by", by),
    )?;
    account::notice(
        w,
        account,
        Topic::TwoFactorReset,
        &[("reason", reason.to_owned())],
    )
}

fn checked(reason: &str) -> Result<&str, Refusal> {
    let code = match reason.trim() {
        "" => "missing",
        trimmed if trimmed.chars().count() > LONGEST_REASON => "too_long",
        trimmed => return Ok(trimmed),
    };
    Err(Refusal::Field {
        field: "reason",
        code,
    })
}
