//! The schema, step by step: numbered, forward only, never edited.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::statement::of_migration;
use crate::tx::Tx;
use crate::{DbError, DbResult, Engine, Value};

/// One step of the schema: one text for both engines.
///
/// The text uses the types INTEGER, TEXT and BLOB only; statements end with a semicolon. Tables are
/// STRICT on SQLite; `-- without rowid` behind a table's semicolon makes it WITHOUT ROWID there.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number: 1, 2, 3, …
    pub version: u32,
    /// What it brings, as in the file name.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  checksum BLOB NOT NULL,
  applied_at INTEGER NOT NULL
);";

/// Brings the schema up to date inside one transaction, under a lock, and says what was applied.
///
/// # Errors
/// [`DbError::SchemaTooNew`], [`DbError::MigrationChanged`], or what a statement failed with.
pub(crate) fn run(tx: &mut Tx<'_>, migrations: &[Migration], now_ms: i64) -> DbResult<Vec<u32>> {
    in_order(migrations)?;
    wait_alone(tx)?;
    for statement in of_migration(CREATE_TABLE, tx.engine()) {
        tx.batch(&statement)?;
    }
    let applied = applied(tx)?;
    check(&applied, migrations)?;
    let mut done = Vec::new();
    for migration in migrations
        .iter()
        .filter(|one| !applied.contains_key(&one.version))
    {
        apply(tx, migration, now_ms)?;
        done.push(migration.version);
    }
    Ok(done)
}

/// The newest version applied, or `None` for a database without schema.
///
/// # Errors
/// What a statement failed with.
pub(crate) fn version(tx: &mut Tx<'_>) -> DbResult<Option<u32>> {
    let exists = match tx.engine() {
        Engine::Sqlite => {
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'"
        }
        Engine::Postgres => {
            "SELECT 1 FROM pg_catalog.pg_tables WHERE tablename = 'schema_migration' AND schemaname = current_schema()"
        }
    };
    if tx.query_opt(exists, &[], |row| row.int(0))?.is_none() {
        return Ok(None);
    }
    tx.query_opt(
        "SELECT version FROM schema_migration ORDER BY version DESC LIMIT 1",
        &[],
        |row| row.u32(0),
    )
}

fn in_order(migrations: &[Migration]) -> DbResult<()> {
    let mut last = 0;
    for migration in migrations {
        if migration.version <= last {
            return Err(DbError::Statement(format!(
                "migration {} stands after {last}: number them upwards",
                migration.version
            )));
        }
        last = migration.version;
    }
    Ok(())
}

/// SQLite's write transaction is the lock already; PostgreSQL needs one, and more patience than a
/// request has, because another node may be migrating.
fn wait_alone(tx: &mut Tx<'_>) -> DbResult<()> {
    if tx.engine() == Engine::Postgres {
        tx.batch(
            "SET LOCAL lock_timeout = '120s'; SET LOCAL statement_timeout = 0;
             SELECT pg_catalog.pg_advisory_xact_lock(8389759082730251115)",
        )?;
    }
    Ok(())
}

struct Applied {
    name: String,
    checksum: [u8; 32],
}

fn applied(tx: &mut Tx<'_>) -> DbResult<BTreeMap<u32, Applied>> {
    let rows = tx.query(
        "SELECT version, name, checksum FROM schema_migration ORDER BY version",
        &[],
        |row| {
            Ok((
                row.u32(0)?,
                Applied {
                    name: row.text(1)?,
                    checksum: row.bytes32(2)?,
                },
            ))
        },
    )?;
    Ok(rows.into_iter().collect())
}

fn check(applied: &BTreeMap<u32, Applied>, migrations: &[Migration]) -> DbResult<()> {
    let known = migrations.last().map_or(0, |last| last.version);
    if let Some((&found, _)) = applied.last_key_value()
        && found > known
    {
        return Err(DbError::SchemaTooNew { found, known });
    }
    for (&version, row) in applied {
        let ours = migrations.iter().find(|one| one.version == version);
        if ours.is_none_or(|one| checksum(one.sql) != row.checksum) {
            let name = ours.map_or_else(|| row.name.clone(), |one| one.name.to_owned());
            return Err(DbError::MigrationChanged { version, name });
        }
    }
    Ok(())
}

fn apply(tx: &mut Tx<'_>, migration: &Migration, now_ms: i64) -> DbResult<()> {
    for statement in of_migration(migration.sql, tx.engine()) {
        tx.batch(&statement).map_err(|fault| match fault {
            DbError::Statement(text) => DbError::Statement(format!(
                "migration {} ({}): {text}",
                migration.version, migration.name
            )),
            other => other,
        })?;
    }
    tx.execute(
        "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
        &[
            Value::from(migration.version),
            Value::from(migration.name),
            Value::from(checksum(migration.sql)),
            Value::Int(now_ms),
        ],
    )?;
    Ok(())
}

/// Over the lines without their endings, so that a checkout with other line ends is no change.
fn checksum(sql: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for line in sql.lines() {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hash.finalize().into()
}
