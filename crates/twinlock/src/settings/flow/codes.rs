//! Backup codes in the person's own hands: new ones, another look, a check.

use std::time::Duration;

use twinlock_db::Locks;

use crate::app::{Moment, Refusal, Stop};
use crate::authenticators::backup_codes::flow::{Checked, ShownCode};
use crate::authenticators::backup_codes::{self, Sheet};
use crate::authenticators::held;
use crate::outbox::Topic;
use crate::session::flow::{Acting, reload};
use crate::step_up::flow::demand;
use crate::throttle;

use super::{owner, tell};

/// Makes new backup codes; the old ones no longer work.
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::NoFactor`].
pub async fn make_codes(moment: &Moment, acting: &Acting) -> Result<Sheet, Stop> {
    make(moment, acting, None).await
}

/// Makes new backup codes in place of sheet `old` (0: there is none), so that a form sent twice makes them once.
///
/// # Errors
/// As [`make_codes`]; [`Refusal::AlreadyExists`] when another sheet is the live one by now.
pub async fn make_codes_instead_of(
    moment: &Moment,
    acting: &Acting,
    old: i64,
) -> Result<Sheet, Stop> {
    make(moment, acting, Some(old)).await
}

async fn make(moment: &Moment, acting: &Acting, old: Option<i64>) -> Result<Sheet, Stop> {
    let acting = acting.clone();
    let sheet = moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = demand(w, &acting)?;
            let held = held(w, session.account)?;
            if !held.is_on() {
                return Err(Refusal::NoFactor.into());
            }
            let live = held.backup_codes.as_ref().map_or(0, |sheet| sheet.sheet);
            if old.is_some_and(|old| old != live) {
                return Err(Refusal::AlreadyExists.into());
            }
            let sheet = backup_codes::flow::make(w, session.account)?;
            tell(
                w,
                &session,
                Topic::BackupCodesMade,
                "backup_codes_made",
                Vec::new(),
            )?;
            Ok(sheet)
        })
        .await?;
    Ok(sheet)
}

/// Shows the live sheet again, used codes included. Recorded and mailed each time.
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::RevealDisabled`], [`Refusal::NotFound`].
pub async fn reveal(moment: &Moment, acting: &Acting) -> Result<(i64, Vec<ShownCode>), Stop> {
    let acting = acting.clone();
    let shown = moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = demand(w, &acting)?;
            let shown = backup_codes::flow::reveal(w, session.account)?;
            tell(
                w,
                &session,
                Topic::BackupCodesRevealed,
                "backup_codes_revealed",
                Vec::new(),
            )?;
            Ok(shown)
        })
        .await?;
    Ok(shown)
}

/// Tells whether a saved code is good, without spending it.
///
/// # Errors
/// [`Refusal::Mistyped`], [`Refusal::InvalidCode`], [`Refusal::TooManyRequests`].
pub async fn check_code(moment: &Moment, acting: &Acting, code: String) -> Result<Checked, Stop> {
    const HOUR: Duration = Duration::from_secs(3600);
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = reload(w, &acting)?;
            owner(w, &session)?;
            if !throttle::store::spend(w, "check_code", &session.account.0, HOUR, 30)? {
                let now = w.now();
                let retry_after = throttle::store::window_end(now, HOUR).seconds_from(now);
                return Err(Refusal::TooManyRequests { retry_after }.into());
            }
            backup_codes::flow::check(w, session.account, &code)
        })
        .await
}
