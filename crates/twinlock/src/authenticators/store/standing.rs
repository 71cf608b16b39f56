//! Whether two-factor authentication is on, and what else must be known of an account before anything is asked of it.

use crate::app::{AccountId, ApplicationId, FrozenBy, Stop, Work};

const STANDING: &str = "SELECT a.application_id, a.frozen_at, a.frozen_by, \
    EXISTS (SELECT 1 FROM authenticator f WHERE f.account_id = a.account_id AND f.state = 'active') FROM account a WHERE a.account_id = ?1";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[STANDING];

/// Whose an account is, whether it is open and has a second factor: one look, without its texts, which are sealed.
#[derive(Clone, Copy)]
pub struct Standing {
    /// The application it belongs to; `None` for a person who signs in here.
    pub application: Option<ApplicationId>,
    /// Who froze it, while it is frozen.
    pub frozen: Option<FrozenBy>,
    /// Whether two-factor authentication is on.
    pub is_on: bool,
}

/// How an account stands.
///
/// # Errors
/// The database's trouble.
pub fn standing(w: &mut Work<'_, '_>, id: AccountId) -> Result<Option<Standing>, Stop> {
    let found = w.tx.query_opt(STANDING, &[id.into()], |row| {
        let (frozen_at, by) = (row.opt_int(1)?, row.opt_text(2)?);
        Ok(Standing {
            application: row.opt_bytes16(0)?.map(ApplicationId),
            frozen: frozen_at.map(|_| FrozenBy::from_word(by.as_deref())),
            is_on: row.flag(3)?,
        })
    })?;
    Ok(found)
}
