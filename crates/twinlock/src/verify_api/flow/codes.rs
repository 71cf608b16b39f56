//! Backup codes of an application's users.

use crate::app::{Moment, Refusal, Stop};
use crate::audit::{self, Event};
use crate::authenticators::backup_codes::{self, Sheet, flow::ShownCode};
use crate::authenticators::is_on;
use crate::outbox::Topic;

use super::{Ask, change, record, refuse_frozen, tell};

/// Makes new backup codes; the old ones no longer work.
///
/// # Errors
/// [`Refusal::NoFactor`], [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn make(moment: &Moment, ask: Ask) -> Result<Sheet, Stop> {
    change(moment, ask, |w, account, by| {
        refuse_frozen(account)?;
        if !is_on(w, account.id)? {
            return Err(Refusal::NoFactor.into());
        }
        let sheet = backup_codes::flow::make(w, account.id)?;
        audit::append(
            w,
            account.id,
            &Event::new("backup_codes_made").with("by", record(by)),
        )?;
        tell(w, account.id, by, Topic::BackupCodesMade, &[])?;
        Ok(sheet)
    })
    .await
}

/// Shows the live sheet, used codes included. Recorded and mailed each time.
///
/// # Errors
/// [`Refusal::RevealDisabled`], [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn reveal(moment: &Moment, ask: Ask) -> Result<(i64, Vec<ShownCode>), Stop> {
    change(moment, ask, |w, account, by| {
        refuse_frozen(account)?;
        let shown = backup_codes::flow::reveal(w, account.id)?;
        audit::append(
            w,
            account.id,
            &Event::new("backup_codes_revealed").with("by", record(by)),
        )?;
        tell(w, account.id, by, Topic::BackupCodesRevealed, &[])?;
        Ok(shown)
    })
    .await
}
