//! What became of the texts of all accounts, for the operator.

use crate::app::{Fault, Stop, Timestamp, Work};

use super::State;

// Cross-account; what waits for its first try is no sign of anything.
const BECAME: &str = "SELECT state, COUNT(*) FROM text_message WHERE created_at >= ?1 AND (state <> 'queued' OR attempts > 0) GROUP BY state";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[BECAME];

/// How many texts became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Became {
    /// A provider has them, or they arrived.
    pub taken: i64,
    /// Providers refused them, or they did not arrive.
    pub refused: i64,
    /// No provider took them in time, or none has yet at the first try.
    pub late: i64,
    /// Nobody knows.
    pub unknown: i64,
}

/// What became of the texts ordered since a moment.
///
/// # Errors
/// The database's trouble.
pub fn became(w: &mut Work<'_, '_>, since: Timestamp) -> Result<Became, Stop> {
    let found = w.tx.query(BECAME, &[since.into()], |row| {
        Ok((row.text(0)?, row.int(1)?))
    })?;
    let mut became = Became::default();
    for (word, count) in found {
        let state = State::from_word(&word).ok_or(Fault::Stored("state of a text"))?;
        *match state {
            State::Accepted | State::Sent | State::Delivered => &mut became.taken,
            State::Refused => &mut became.refused,
            State::Expired | State::Queued => &mut became.late,
            State::Unknown | State::Sending => &mut became.unknown,
        } += count;
    }
    Ok(became)
}
