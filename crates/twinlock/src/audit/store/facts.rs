//! What the record remembers about the instance between two starts.

use crate::app::{Stop, Work};

const FACT: &str = "SELECT value FROM instance_fact WHERE name = ?1";
const SET_FACT: &str = "INSERT INTO instance_fact (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
const DATA_KEYS: &str = "SELECT key_id FROM data_key WHERE key_id > ?1 ORDER BY key_id";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[FACT, SET_FACT, DATA_KEYS];

/// A fact.
///
/// # Errors
/// The database's trouble.
pub fn fact(w: &mut Work<'_, '_>, name: &'static str) -> Result<Option<Vec<u8>>, Stop> {
    Ok(w.tx.query_opt(FACT, &[name.into()], |row| row.bytes(0))?)
}

/// Writes a fact down.
///
/// # Errors
/// The database's trouble.
pub fn set_fact(w: &mut Work<'_, '_>, name: &'static str, value: &[u8]) -> Result<(), Stop> {
    w.tx.execute(SET_FACT, &[name.into(), value.into()])?;
    Ok(())
}

/// Data keys made after this one.
///
/// # Errors
/// The database's trouble.
pub fn data_keys_after(w: &mut Work<'_, '_>, key: i64) -> Result<Vec<i64>, Stop> {
    Ok(w.tx.query(DATA_KEYS, &[key.into()], |row| row.int(0))?)
}
