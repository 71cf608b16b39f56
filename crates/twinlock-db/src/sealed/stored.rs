//! Data keys in the table `data_key`: made, read again while the program runs, wrapped anew.

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
const ALL: &str = "SELECT key_id, wrapped, state, created_at FROM data_key ORDER BY key_id";
/// Changes nothing; whoever changes the list of keys does so alone until the transaction ends.
const HOLD: &str = "UPDATE data_key SET state = state WHERE key_id = 1";
const STEP_BACK: &str = "UPDATE data_key SET state = 'opens' WHERE state = 'active'";
const INSERT: &str =
    "INSERT INTO data_key (key_id, wrapped, state, created_at) VALUES (?1, ?2, 'active', ?3)";
const REWRAP: &str = "UPDATE data_key SET wrapped = ?2 WHERE key_id = ?1";
const RETIRE: &str = "UPDATE data_key SET state = 'retired' WHERE state = 'opens'";

/// Every statement of this module, for [`Store::prepare_all`].
pub(super) const STATEMENTS: &[&str] =
    &[INSERT_FIRST, ALL, HOLD, STEP_BACK, INSERT, REWRAP, RETIRE];

/// What a data key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It seals, and opens what it sealed.
    Active,
    /// It opens; values sealed with it are being sealed anew with the active one.
    Opens,
    /// It opens, should an old value turn up; none was left when it was last looked.
    Retired,
}

/// A data key as the table has it.
#[derive(Clone)]
pub struct StoredKey {
    wrapped: WrappedKey,
    /// What it is used for.
    pub state: KeyState,
    /// When it was made, milliseconds since 1970 UTC.
    pub created_at_ms: i64,
}

impl StoredKey {
    /// Its number.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        self.wrapped.key_id()
    }
}

/// What [`Keyring::add_stored`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// A new key was made and seals from now on.
    New(u32),
    /// An earlier change is not finished: its key seals already.
    Unfinished(u32),
}

impl Keyring {
    /// The statements on `data_key`, so that a test can prepare them with the others.
    pub const STATEMENTS: &'static [&'static str] = STATEMENTS;

    /// Opens the data keys of the database; the first time it makes key 1 from `entropy`, wrapped
    /// with the first of `masters`. Several nodes may do so at once: one key wins and all use it.
    /// More than one master is given while the master key is being changed.
    ///
    /// # Errors
    /// [`SealError::WrongMasterKey`] (inside [`crate::DbError::Sealed`]) if no master key is the
    /// one of this database, or what the store failed with.
    pub async fn open_stored(
        store: &Store,
        masters: &[MasterKey],
        entropy: [u8; 56],
        now_ms: i64,
    ) -> DbResult<Self> {
        let mut keys = store.read(all).await?;
        if keys.is_empty() {
            let master = masters.first().ok_or(SealError::NotAKey)?;
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
                    all(tx)
                })
                .await?;
        }
        let active = active_id(&keys)?;
        Ok(Self::from_keys(unwrapped(masters, &keys)?, active)?)
    }

    /// The data keys there are, oldest first.
    ///
    /// # Errors
    /// What the store failed with.
    pub async fn stored(store: &Store) -> DbResult<Vec<StoredKey>> {
        store.read(all).await
    }

    /// Takes up keys that another program or node made since. `masters` is asked only when there
    /// are such.
    ///
    /// # Errors
    /// As [`Keyring::open_stored`].
    pub async fn adopt_stored(
        &self,
        store: &Store,
        masters: impl FnOnce() -> Result<Vec<MasterKey>, SealError>,
    ) -> DbResult<()> {
        let keys = store.read(all).await?;
        let active = active_id(&keys)?;
        let unknown: Vec<StoredKey> = keys
            .into_iter()
            .filter(|key| !self.knows(key.key_id()))
            .collect();
        if unknown.is_empty() && active == self.active_id() {
            return Ok(());
        }
        let opened = match unknown.is_empty() {
            true => BTreeMap::new(),
            false => unwrapped(&masters()?, &unknown)?,
        };
        Ok(self.adopt(&opened, active)?)
    }

    /// Makes a new data key, which seals from now on, unless an earlier change is not finished.
    ///
    /// # Errors
    /// As [`Keyring::open_stored`]; nothing was changed then.
    pub async fn add_stored(
        store: &Store,
        masters: Vec<MasterKey>,
        entropy: [u8; 56],
        now_ms: i64,
    ) -> DbResult<Added> {
        let add = move |tx: &mut Tx<'_>| {
            let keys = held(tx)?;
            if keys.iter().any(|key| key.state == KeyState::Opens) {
                return Ok(Added::Unfinished(active_id(&keys)?));
            }
            // The new key is wrapped with the master the others are wrapped with, whatever lies beside.
            let master = master_of(&masters, &keys)?;
            let newest = keys.iter().map(StoredKey::key_id).max().unwrap_or_default();
            let new = Self::wrap_new(master, newest + 1, PURPOSE, entropy);
            tx.execute(STEP_BACK, &[])?;
            let values = [new.key_id().into(), new.bytes().into(), Value::Int(now_ms)];
            tx.execute(INSERT, &values)?;
            Ok(Added::New(new.key_id()))
        };
        store.write(Locks::none(), add).await
    }

    /// Wraps every data key with `new`, in one transaction; keys wrapped with it already stay.
    /// `nonces` gives 24 random bytes for a key's number, the same at each call.
    ///
    /// # Errors
    /// As [`Keyring::open_stored`]; nothing was changed then.
    pub async fn rewrap_stored(
        store: &Store,
        old: Vec<MasterKey>,
        new: MasterKey,
        nonces: impl Fn(u32) -> [u8; 24] + Send + Sync + 'static,
    ) -> DbResult<()> {
        let rewrap = move |tx: &mut Tx<'_>| {
            for key in held(tx)? {
                if Self::unwrap(&new, &key.wrapped, PURPOSE).is_ok() {
                    continue;
                }
                let id = key.key_id();
                let opened = unwrap_with_any(&old, &key.wrapped)?;
                let wrapped = Self::wrap(&new, id, PURPOSE, &*opened, &nonces(id));
                tx.execute(REWRAP, &[id.into(), wrapped.bytes().into()])?;
            }
            Ok(())
        };
        store.write(Locks::none(), rewrap).await
    }

    /// Whether a master key is the one that wraps the data keys of this database now.
    ///
    /// # Errors
    /// What the store failed with.
    pub async fn is_wrapped_with(store: &Store, master: &MasterKey) -> DbResult<bool> {
        let keys = store.read(all).await?;
        Ok(keys
            .iter()
            .all(|key| Self::unwrap(master, &key.wrapped, PURPOSE).is_ok()))
    }

    /// No value is sealed with any key but the active one any more.
    ///
    /// # Errors
    /// What the store failed with.
    pub async fn retire_stored(store: &Store) -> DbResult<u64> {
        store
            .write(Locks::none(), |tx| tx.execute(RETIRE, &[]))
            .await
    }
}

fn all(tx: &mut Tx<'_>) -> DbResult<Vec<StoredKey>> {
    tx.query(ALL, &[], |row| {
        let state = match row.text(2)?.as_str() {
            "active" => KeyState::Active,
            "opens" => KeyState::Opens,
            _ => KeyState::Retired,
        };
        Ok(StoredKey {
            wrapped: WrappedKey::new(row.u32(0)?, row.bytes(1)?),
            state,
            created_at_ms: row.int(3)?,
        })
    })
}

/// The keys, and nobody else changes them before this transaction ends.
fn held(tx: &mut Tx<'_>) -> DbResult<Vec<StoredKey>> {
    tx.execute(HOLD, &[])?;
    all(tx)
}

fn active_id(keys: &[StoredKey]) -> Result<u32, SealError> {
    keys.iter()
        .find(|key| key.state == KeyState::Active)
        .map(StoredKey::key_id)
        .ok_or(SealError::UnknownKey(0))
}

fn unwrapped(
    masters: &[MasterKey],
    keys: &[StoredKey],
) -> Result<BTreeMap<u32, Zeroizing<[u8; 32]>>, SealError> {
    keys.iter()
        .map(|key| Ok((key.key_id(), unwrap_with_any(masters, &key.wrapped)?)))
        .collect()
}

fn unwrap_with_any(
    masters: &[MasterKey],
    wrapped: &WrappedKey,
) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let mut refused = SealError::NotAKey;
    for master in masters {
        match Keyring::unwrap(master, wrapped, PURPOSE) {
            Ok(key) => return Ok(key),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn master_of<'a>(masters: &'a [MasterKey], keys: &[StoredKey]) -> Result<&'a MasterKey, SealError> {
    let opens_all = |master: &&MasterKey| {
        keys.iter()
            .all(|key| Keyring::unwrap(master, &key.wrapped, PURPOSE).is_ok())
    };
    let first = keys.first().map_or(0, StoredKey::key_id);
    masters
        .iter()
        .find(opens_all)
        .ok_or(SealError::WrongMasterKey(first))
}
