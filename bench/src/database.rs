//! The database under the server: a file of our own, or a private PostgreSQL server that keeps what it acknowledges.

use anyhow::{Context as _, Result, anyhow};
use tempfile::TempDir;
use twinlock_db::Location;
use twinlock_testkit::postgres::{PrivatePostgres, ThrowawayDatabase, throwaway_database};

/// Which engine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EngineKind {
    /// The embedded one.
    Sqlite,
    /// A server.
    Postgres,
}

impl EngineKind {
    /// As people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite (embedded)",
            Self::Postgres => "PostgreSQL (fsync on)",
        }
    }
}

/// One empty database.
pub(crate) enum Database {
    /// A file in this folder.
    Sqlite(TempDir),
    /// A database of a private server; it goes before its server does.
    Postgres {
        /// The database.
        database: ThrowawayDatabase,
        /// Its server.
        server: PrivatePostgres,
    },
}

impl Database {
    /// A new one.
    pub(crate) fn new(kind: EngineKind) -> Result<Self> {
        match kind {
            EngineKind::Sqlite => Ok(Self::Sqlite(tempfile::tempdir()?)),
            EngineKind::Postgres => {
                let server = PrivatePostgres::start_durable()?;
                let database = throwaway_database(&server.url())?;
                Ok(Self::Postgres { database, server })
            }
        }
    }

    /// As it stands in the settings.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}/bench.db", folder.path().display()),
            Self::Postgres { database, .. } => database.url().to_owned(),
        }
    }

    /// As the store wants it.
    pub(crate) fn location(&self) -> Location {
        match self {
            Self::Sqlite(folder) => Location::Sqlite(folder.path().join("bench.db")),
            Self::Postgres { database, .. } => Location::Postgres(database.url().to_owned()),
        }
    }

    /// The PostgreSQL server, where there is one.
    pub(crate) fn postgres(&self) -> Option<(&PrivatePostgres, &str)> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres { database, server } => Some((server, database.url())),
        }
    }
}

/// Runs statements on a PostgreSQL server, on a thread of their own: the client blocks.
pub(crate) fn run_sql(url: &str, statements: &str) -> Result<()> {
    let (url, statements) = (url.to_owned(), statements.to_owned());
    let client = std::thread::spawn(move || -> Result<()> {
        let mut client = postgres::Client::connect(&url, postgres::NoTls)?;
        client.batch_execute(&statements).context(statements)
    });
    client
        .join()
        .map_err(|_| anyhow!("the PostgreSQL client panicked"))?
}
