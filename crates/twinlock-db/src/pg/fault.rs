//! Sorting PostgreSQL's errors by what to do about them.

use postgres::Error;
use postgres::error::SqlState;

use crate::DbError;
use crate::tx::Setback;

/// An error, and whether running the whole transaction again may help.
pub(crate) struct Fault {
    pub(crate) error: DbError,
    pub(crate) setback: Option<Setback>,
}

impl Fault {
    pub(super) fn statement(text: String) -> Self {
        Self {
            error: DbError::Statement(text),
            setback: None,
        }
    }

    /// Sorts `error`, which `sql` met.
    ///
    /// Only the server's message is kept: its detail shows the values of the row.
    pub(super) fn of(error: &Error, sql: &str) -> Self {
        let Some(answer) = error.as_db_error() else {
            if error.is_closed() || is_io(error) {
                let error = DbError::Unavailable(format!("connection lost: {error}"));
                return Self {
                    error,
                    setback: Some(Setback::Dead),
                };
            }
            return Self::statement(format!("{error}{}: {sql}", cause(error)));
        };
        let code = answer.code();
        let text = format!("{} ({})", answer.message(), code.code());
        if *code == SqlState::T_R_SERIALIZATION_FAILURE
            || *code == SqlState::T_R_DEADLOCK_DETECTED
            || is_stale_plan(code, answer.message())
        {
            return Self {
                error: DbError::Unavailable(text),
                setback: Some(Setback::Race),
            };
        }
        if [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(code)
        {
            return Self {
                error: DbError::Unavailable(text),
                setback: Some(Setback::Dead),
            };
        }
        if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            let text = format!("the database is read-only: {text}");
            return Self {
                error: DbError::Unavailable(text),
                setback: None,
            };
        }
        if is_environment(code) {
            return Self {
                error: DbError::Unavailable(text),
                setback: None,
            };
        }
        Self::statement(format!("{text}: {sql}"))
    }

    /// Leaves a mark on the transaction if it should be run again.
    pub(crate) fn note(self, setback: &mut Option<Setback>) -> DbError {
        *setback = setback.or(self.setback);
        self.error
    }
}

/// A statement prepared before another node migrated the table.
pub(super) fn is_stale_plan(code: &SqlState, message: &str) -> bool {
    *code == SqlState::FEATURE_NOT_SUPPORTED && message.contains("cached plan")
}

/// Classes of errors that are about the server and not about the statement: connection (08),
/// authorization (28), catalog (3D), resources and disk (53), intervention and timeout (57), system
/// (58), corruption (XX); and a lock that was not free in time (55P03).
fn is_environment(code: &SqlState) -> bool {
    *code == SqlState::LOCK_NOT_AVAILABLE
        || ["08", "28", "3D", "53", "57", "58", "XX"]
            .iter()
            .any(|class| code.code().starts_with(class))
}

fn is_io(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

fn cause(error: &Error) -> String {
    std::error::Error::source(error)
        .map(|source| format!(": {source}"))
        .unwrap_or_default()
}
