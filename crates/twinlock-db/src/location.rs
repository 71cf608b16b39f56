//! Where the database is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Which engine a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded database: one file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Engine {
    /// Its name in lower case.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Where the database is: `sqlite:path/to/file` or `postgres://user:password@host/database`.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// The path of the database file; it is created if it does not exist.
    Sqlite(PathBuf),
    /// A connection string in PostgreSQL's URL form, with or without password.
    Postgres(String),
}

/// A text that names no database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the database as sqlite:path/to/file or postgres://user@host/database")]
pub struct LocationError;

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").ok_or(LocationError)?;
        // An in-memory database would be another, empty one for every connection.
        if path.is_empty() || path.starts_with(':') {
            return Err(LocationError);
        }
        let path = path
            .strip_prefix("//")
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path);
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Shows the place without user, password and parameters.
impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(formatter, "postgres://{place}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_from_its_text() {
        let sqlite = |path: &str| Ok(Location::Sqlite(PathBuf::from(path)));
        assert_eq!("sqlite:twinlock.db".parse(), sqlite("twinlock.db"));
        assert_eq!("sqlite:/var/lib/t.db".parse(), sqlite("/var/lib/t.db"));
        assert_eq!("sqlite:///var/lib/t.db".parse(), sqlite("/var/lib/t.db"));
        let url = "postgresql://a:b@h/d";
        assert_eq!(url.parse(), Ok(Location::Postgres(url.to_owned())));
        for wrong in [
            "",
            "sqlite:",
            "sqlite::memory:",
            "mysql://x",
            "/var/lib/t.db",
        ] {
            assert_eq!(wrong.parse::<Location>(), Err(LocationError), "{wrong}");
        }
    }

    #[test]
    fn a_printed_location_keeps_the_password_to_itself() {
        let location: Location = "postgres://u:hunter2@db.example:5433/twinlock?password=hunter2"
            .parse()
            .unwrap();
        assert_eq!(location.to_string(), "postgres://db.example:5433/twinlock");
        assert_eq!(format!("{location:?}"), location.to_string());
    }
}
