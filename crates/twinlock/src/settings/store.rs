//! Suggestions that were put off.

use crate::app::{AccountId, Stop, Timestamp, Work};

use super::rules::Suggestion;

const DISMISSED: &str =
    "SELECT suggestion, dismissed_at FROM dismissed_suggestion WHERE account_id = ?1";
const DISMISS: &str = "INSERT INTO dismissed_suggestion (account_id, suggestion, dismissed_at) VALUES (?1, ?2, ?3) \
    ON CONFLICT (account_id, suggestion) DO UPDATE SET dismissed_at = ?3";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[DISMISSED, DISMISS];

/// What an account put off, and when; words of other releases are left out.
///
/// # Errors
/// The database's trouble.
pub fn dismissed(
    w: &mut Work<'_, '_>,
    account: AccountId,
) -> Result<Vec<(Suggestion, Timestamp)>, Stop> {
    let rows = w.tx.query(DISMISSED, &[account.into()], |row| {
        Ok((row.text(0)?, Timestamp::from_millis(row.int(1)?)))
    })?;
    let known = rows
        .into_iter()
        .filter_map(|(word, at)| Some((Suggestion::of(word.as_str())?, at)));
    Ok(known.collect())
}

/// Puts a suggestion off.
///
/// # Errors
/// The database's trouble.
pub fn dismiss(
    w: &mut Work<'_, '_>,
    account: AccountId,
    suggestion: Suggestion,
) -> Result<(), Stop> {
    let now = w.now();
    let values = [account.into(), suggestion.word().into(), now.into()];
    w.tx.execute(DISMISS, &values)?;
    Ok(())
}
