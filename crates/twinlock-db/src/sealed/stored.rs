//! Data keys in the table `data_key`.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Keyring, MasterKey, SealError, WrappedKey};
use crate::tx::Tx;
use crate::{DbResult, Locks, Store, Value};

/// Every data key is wrapped for this purpose.
const PURPOSE: &str = "seal";

const INSERT_FIRST: &str = "INSERT INTO data_key (key_id, wrapped, state, created_at)
 SELECT ?1, ?2, 'active', ?3 WHERE NOT EXISTS (SELECT 1 FROM data_key)
 ON CONFLICT DO NOTHING";
const ALL: &str = "SELECT key_id, wrapped, state FROM data_key ORDER BY key_id";

/// Every statement of this module, for [`Store::prepare_all`].
pub(super) const STATEMENTS: &[&str] = &[INSERT_FIRST, ALL];

impl Keyring {
    /// The statements on `data_key`, so that a test can prepare them with the others.
    pub const STATEMENTS: &'static [&'static str] = STATEMENTS;

    /// Opens the data keys of the database; the first time it makes key 1 from `entropy`. Several
    /// nodes may do so at once: one key wins and all use it.
    ///
    /// # Errors
    /// [`SealError::WrongMasterKey`] (inside [`crate::DbError::Sealed`]) if the master key is not
    /// the one of this database, or what the store failed with.
    pub async fn open_stored(
        store: &Store,
        master: &MasterKey,
        entropy: [u8; 56],
        now_ms: i64,
    ) -> DbResult<Self> {
        let mut keys = store.read(stored).await?;
        if keys.is_empty() {
            let first = Self::wrap_new(master, 1, PURPOSE, entropy);
            // Read again rather than trusted: another node may have been first.
            keys = store
                .write(Locks::none(), move |tx| {
                    tx.execute(
                        INSERT_FIRST,
                        &[
                            Value::from(first.key_id()),
                            Value::from(first.bytes()),
                            Value::Int(now_ms),
                        ],
                    )?;
                    stored(tx)
                })
                .await?;
        }
        let mut open = BTreeMap::new();
        let mut active = None;
        for key in &keys {
            let bytes: Zeroizing<[u8; 32]> = Self::unwrap(master, &key.wrapped, PURPOSE)?;
            open.insert(key.wrapped.key_id(), bytes);
            if key.state == "active" {
                active = Some(key.wrapped.key_id());
            }
        }
        let active = active.ok_or(SealError::UnknownKey(0))?;
        Ok(Self::from_keys(open, active)?)
    }
}

struct Stored {
    wrapped: WrappedKey,
    state: String,
}

fn stored(tx: &mut Tx<'_>) -> DbResult<Vec<Stored>> {
    tx.query(ALL, &[], |row| {
        Ok(Stored {
            wrapped: WrappedKey::new(row.u32(0)?, row.bytes(1)?),
            state: row.text(2)?,
        })
    })
}
