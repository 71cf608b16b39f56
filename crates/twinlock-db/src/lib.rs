//! The database of Twinlock: one use case is one closure in one transaction.
//!
//! A caller hands [`Store::write`] the rows it depends on ([`Locks`]) and a closure of SQL and pure
//! rules; the closure runs on SQLite or on PostgreSQL from the same text, and the caller is
//! answered only when its change is durable. On SQLite one thread commits up to 64 closures at a
//! time, so durability costs one `fsync` for all of them. On PostgreSQL the locks are taken as row
//! locks, and a closure that lost a race is run again: it must therefore be re-runnable, and hold
//! no clock, randomness, hashing or network.
//!
//! Secrets are kept in sealed columns: see [`sealed`].
//!
//! # One SQL text for both engines
//! * parameters are `?1`, `?2`, …; values are integers (`i64`), text and bytes, nothing else;
//! * no constraint error is caught and continued: `ON CONFLICT DO NOTHING … RETURNING`, and no row
//!   means conflict. A closure that swallows the error of a statement is rolled back;
//! * a sum needs `CAST(SUM(x) AS BIGINT)`: PostgreSQL makes sums numeric;
//! * arithmetic on a bare parameter needs `CAST(?1 AS BIGINT)`: PostgreSQL would otherwise take the
//!   narrow type of a literal beside it.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod sealed;

mod account_queue;
mod error;
mod job;
mod location;
mod locks;
mod measure;
mod migration;
mod options;
mod owner;
mod pg;
mod row;
mod sqlite;
mod statement;
mod store;
mod turnstile;
mod tx;
mod value;

pub use error::{DbError, DbResult};
pub use location::{Engine, Location, LocationError};
pub use locks::Locks;
pub use measure::{Distribution, Histogram, Pulse};
pub use migration::Migration;
pub use options::StoreOptions;
pub use owner::OwnerGuard;
pub use row::Row;
pub use store::{AccountHook, Store};
pub use tx::Tx;
pub use value::Value;
