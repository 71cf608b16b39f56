//! Changing the data key: every column of sealed values is walked, and what an older key sealed is sealed anew, beside running
//! servers. It may be cut off at any moment; the next walk goes on with what is left.

use std::collections::BTreeMap;
use std::time::Duration;

use twinlock_db::sealed::{Cursor, KeyState, Keyring, Page, SealedColumn};
use twinlock_db::{DbError, DbResult};

use crate::app::{App, Timestamp};
use crate::authenticators::{backup_codes, password, sms, totp, webauthn};
use crate::{account, audit, challenge, outbox, session, text_messages};

/// Within this time every running server seals with a new key: it looks for new ones each minute.
pub const KNOWN_EVERYWHERE: Duration = Duration::from_secs(90);

/// Rows of one transaction.
const ROWS: u32 = 200;
/// Rows looked at together when nothing is changed.
const ROWS_COUNTED: u32 = 2000;
/// How often a page is tried while the database has too much to do, and the pause before each.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);

/// Every column of sealed values there is.
#[must_use]
pub fn sealed_columns() -> Vec<SealedColumn> {
    [
        account::store::SEALED,
        password::store::SEALED,
        totp::store::SEALED,
        webauthn::store::SEALED,
        sms::store::SEALED,
        text_messages::store::SEALED,
        backup_codes::store::SEALED,
        challenge::store::SEALED,
        outbox::store::SEALED,
        session::store::SEALED,
        audit::store::checkpoints::SEALED,
        audit::store::SEALED,
    ]
    .concat()
}

/// What a walk over all columns found so far.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// Sealed values looked at.
    pub values: u64,
    /// Of those, the ones that were sealed anew.
    pub resealed: u64,
    /// Values by the number of their data key, as they were found.
    pub by_key: BTreeMap<u32, u64>,
    /// Values that do not open, by `table.column` and account; they were left as they are.
    pub unreadable: Vec<(String, [u8; 16])>,
}

impl Walked {
    fn add(&mut self, column: SealedColumn, page: &Page) {
        self.values += page.by_key.values().sum::<u64>();
        self.resealed += page.resealed;
        for (key, values) in &page.by_key {
            *self.by_key.entry(*key).or_default() += values;
        }
        for account in &page.unreadable {
            let name = format!("{}.{}", column.table, column.column);
            self.unreadable.push((name, *account));
        }
    }

    /// Values that another key than this one sealed.
    #[must_use]
    pub fn not_of(&self, key: u32) -> u64 {
        let of_it = self.by_key.get(&key).copied().unwrap_or_default();
        self.by_key.values().sum::<u64>().saturating_sub(of_it)
    }
}

/// Counts all sealed values by their data key.
///
/// # Errors
/// The database's trouble, when it lasts.
pub async fn count(app: &App) -> DbResult<Walked> {
    let mut walked = Walked::default();
    for column in sealed_columns() {
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            let page = patiently(|| Keyring::count_page(&app.store, column, &from, ROWS_COUNTED));
            let page = page.await?;
            walked.add(column, &page);
            next = page.next;
        }
    }
    Ok(walked)
}

/// Seals everything anew that another key than the active one sealed; `seen` hears of each page.
///
/// # Errors
/// The database's trouble, when it lasts. What was done stays done.
pub async fn reseal(app: &App, mut seen: impl FnMut(&Walked)) -> anyhow::Result<Walked> {
    let mut walked = Walked::default();
    for column in sealed_columns() {
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            let seed = app.entropy.seed()?.draw("reseal").bytes();
            let page = patiently(|| {
                app.keyring
                    .reseal_page(&app.store, column, &from, ROWS, &seed)
            });
            let page = page.await?;
            walked.add(column, &page);
            seen(&walked);
            next = page.next;
        }
    }
    Ok(walked)
}

/// How long a server may still seal with the key before: until then a walk finds new values of it.
///
/// # Errors
/// The database's trouble.
pub async fn settles_at(app: &App) -> DbResult<Timestamp> {
    let keys = Keyring::stored(&app.store).await?;
    let active = keys.iter().find(|key| key.state == KeyState::Active);
    let made = active.map_or(0, |key| key.created_at_ms);
    Ok(Timestamp::from_millis(made).plus(KNOWN_EVERYWHERE))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause before a page is tried again"
)]
async fn patiently<F: Future<Output = DbResult<Page>>>(turn: impl Fn() -> F) -> DbResult<Page> {
    let mut tries = 0;
    loop {
        match turn().await {
            Err(DbError::Busy | DbError::Unavailable(_)) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}
