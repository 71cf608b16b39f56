//! Resetting two-factor authentication for somebody who cannot prove it any more.

use crate::account;
use crate::app::{AccountId, FrozenBy, Refusal, Stop, Work};
use crate::audit::{self, Event};
use crate::authenticators::{self, Removal, password};
use crate::outbox::Topic;
use crate::session;
use crate::throttle;
use crate::trusted_device;
use crate::undo;

use crate::sign_in::store;

/// Characters a reason may have at most.
pub const LONGEST_REASON: usize = 500;

/// Who reset it.
#[derive(Clone, Debug)]
pub struct By {
    /// For the record.
    pub recorded: String,
    /// For the person: values of the mail.
    pub told: Vec<(&'static str, String)>,
}

impl By {
    /// Somebody with access to the machine itself.
    #[must_use]
    pub fn machine() -> Self {
        Self {
            recorded: String::from("command line"),
            told: vec![("by", String::from("machine"))],
        }
    }
}

/// Removes every second factor, backup code, known device, session and open sign-in of an account, and demands that a second factor is
/// set up before anything else. A freeze by the owner ends with it. `removal`: whether the person may
/// undo it by the link of the mail that tells them, or everything was lost for good.
///
/// # Errors
/// [`Refusal::NotFound`] without such an account; [`Refusal::Field`] for a reason that is empty or longer than [`LONGEST_REASON`].
pub fn reset_two_factor(
    w: &mut Work<'_, '_>,
    account: AccountId,
    reason: &str,
    by: &By,
    removal: Removal,
) -> Result<(), Stop> {
    let reason = checked(reason)?;
    let owner = account::store::load(w, account)?.ok_or(Refusal::NotFound)?;
    // Whoever froze it and has nothing left of before asked for just this.
    if owner
        .frozen
        .is_some_and(|frozen| frozen.by == FrozenBy::Owner)
    {
        account::store::open(w, account)?;
        undo::end_all(w, account)?;
    }
    authenticators::flow::remove_all(w, account, removal)?;
    trusted_device::store::forget_all(w, account)?;
    session::flow::end_everything(w, account)?;
    store::end_all(w, account)?;
    throttle::store::clear_waits(w, account)?;
    account::store::require_enrolment(w, account, true)?;
    audit::append(
        w,
        account,
        &Event::new("two_factor_reset")
            .with("reason", reason)
            .with("by", by.recorded.as_str()),
    )?;
    // The reason is the administrators' own note: it stays in the record.
    account::notice(w, account, Topic::TwoFactorReset, &by.told)
}

/// **Require a new password**: the one of before is known to somebody, or somebody thinks so. Every session, trust and open sign-in ends,
/// and the next sign-in asks for a new one, after a code from the mailbox. Whether the account has a password at all.
///
/// # Errors
/// The database's trouble.
pub fn demand_new_password(
    w: &mut Work<'_, '_>,
    account: AccountId,
    by: &By,
) -> Result<bool, Stop> {
    let has_password = password::store::changed_at(w, account)?.is_some();
    session::flow::end_everything(w, account)?;
    store::end_all(w, account)?;
    if !has_password {
        return Ok(false);
    }
    account::store::require_new_password(w, account, true)?;
    let event = Event::new("new_password_required").with("by", by.recorded.as_str());
    audit::append(w, account, &event)?;
    account::notice(w, account, Topic::NewPasswordRequired, &by.told)?;
    Ok(true)
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
