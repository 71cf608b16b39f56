//! Turning the one SQL text into what an engine reads.

use std::borrow::Cow;

use crate::{DbError, DbResult};

/// A piece of SQL text as far as conversion cares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    /// A string literal, a quoted name or a comment: never touched.
    Opaque(&'a str),
    /// A `--` comment up to the end of its line.
    Comment(&'a str),
    /// Letters, digits and underscores.
    Word(&'a str),
    /// Anything else, one character.
    Sign(&'a str),
}

/// Rewrites `?1` to `$1` outside literals, quoted names and comments.
///
/// # Errors
/// [`DbError::Statement`] for a `?` without number and for a `$`: SQLite numbers both by first
/// use, which would silently swap values between the engines.
pub(crate) fn for_postgres(sql: &str) -> DbResult<String> {
    let mut converted = String::with_capacity(sql.len());
    let mut asked = false;
    for piece in pieces(sql) {
        if asked && !matches!(piece, Piece::Word(word) if number(word)) {
            return Err(unnumbered(sql));
        }
        asked = false;
        match piece {
            Piece::Sign("?") => {
                asked = true;
                converted.push('$');
            }
            Piece::Sign("$") => return Err(unnumbered(sql)),
            Piece::Opaque(text) | Piece::Word(text) | Piece::Sign(text) => {
                converted.push_str(text);
            }
            Piece::Comment(_) => {}
        }
    }
    if asked {
        Err(unnumbered(sql))
    } else {
        Ok(converted)
    }
}

/// The statements of a migration, for one engine.
///
/// PostgreSQL gets BIGINT and BYTEA for INTEGER and BLOB. SQLite gets every table STRICT, so that it
/// refuses a value of another kind as PostgreSQL does, and WITHOUT ROWID where a comment
/// `-- without rowid` stands inside the statement or behind its semicolon.
pub(crate) fn of_migration(sql: &str, engine: crate::Engine) -> Vec<String> {
    let mut statements: Vec<Draft> = Vec::new();
    let mut draft = Draft::default();
    let mut just_closed = false;
    for piece in pieces(sql) {
        match piece {
            Piece::Comment(text) => {
                let asked = text
                    .trim_start_matches('-')
                    .trim()
                    .eq_ignore_ascii_case("without rowid");
                if asked && just_closed {
                    if let Some(last) = statements.last_mut() {
                        last.without_rowid = true;
                    }
                } else if asked {
                    draft.without_rowid = true;
                }
            }
            Piece::Sign(";") => {
                statements.push(std::mem::take(&mut draft));
                just_closed = true;
                continue;
            }
            Piece::Sign("\n") => {
                draft.text.push('\n');
                just_closed = false;
            }
            Piece::Word(word) => draft.text.push_str(&type_for(word, engine)),
            Piece::Opaque(text) | Piece::Sign(text) => draft.text.push_str(text),
        }
        just_closed = just_closed && draft.text.trim().is_empty();
    }
    statements.push(draft);
    statements
        .into_iter()
        .filter_map(|draft| draft.finish(engine))
        .collect()
}

#[derive(Default)]
struct Draft {
    text: String,
    without_rowid: bool,
}

impl Draft {
    fn finish(self, engine: crate::Engine) -> Option<String> {
        let text = self.text.trim();
        if text.is_empty() {
            return None;
        }
        let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
        let makes_table =
            words.next().as_deref() == Some("CREATE") && words.next().as_deref() == Some("TABLE");
        let ending = match (engine, makes_table, self.without_rowid) {
            (crate::Engine::Sqlite, true, false) => " STRICT",
            (crate::Engine::Sqlite, true, true) => " STRICT, WITHOUT ROWID",
            _ => "",
        };
        Some(format!("{text}{ending}"))
    }
}

fn type_for(word: &str, engine: crate::Engine) -> Cow<'_, str> {
    match (engine, word) {
        (crate::Engine::Postgres, "INTEGER") => Cow::Borrowed("BIGINT"),
        (crate::Engine::Postgres, "BLOB") => Cow::Borrowed("BYTEA"),
        _ => Cow::Borrowed(word),
    }
}

fn unnumbered(sql: &str) -> DbError {
    DbError::Statement(format!("number every parameter (?1, ?2, …): {sql}"))
}

fn number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Cuts SQL into pieces; together they are the text.
fn pieces<'s>(sql: &'s str) -> impl Iterator<Item = Piece<'s>> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (length, make): (usize, fn(&'s str) -> Piece<'s>) = if first == '\'' || first == '"' {
            // A doubled quote inside reads as two literals side by side, which copies the same.
            let closing = rest.char_indices().skip(1).find(|(_, sign)| *sign == first);
            (closing.map_or(rest.len(), |(at, _)| at + 1), Piece::Opaque)
        } else if rest.starts_with("--") {
            (rest.find('\n').unwrap_or(rest.len()), Piece::Comment)
        } else if is_word(first) {
            (
                rest.find(|sign| !is_word(sign)).unwrap_or(rest.len()),
                Piece::Word,
            )
        } else {
            (first.len_utf8(), Piece::Sign)
        };
        let (piece, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(make(piece))
    })
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;

    #[test]
    fn parameters_are_renamed_only_where_they_are_parameters() {
        for (given, wanted) in [
            ("SELECT ?1, ?12", "SELECT $1, $12"),
            ("SELECT '?1', \"?2\", ?3", "SELECT '?1', \"?2\", $3"),
            ("SELECT 'it''s ?1', ?2", "SELECT 'it''s ?1', $2"),
            (
                "SELECT a -- really ?1?\nFROM t WHERE b=?1",
                "SELECT a \nFROM t WHERE b=$1",
            ),
            ("SELECT '$1' || ?1", "SELECT '$1' || $1"),
            ("SELECT 'é?', ?1", "SELECT 'é?', $1"),
        ] {
            assert_eq!(for_postgres(given).unwrap(), wanted);
        }
    }

    #[test]
    fn a_parameter_without_number_is_refused() {
        for wrong in ["SELECT ?", "SELECT ? , ?1", "SELECT $1", "SELECT ?name"] {
            assert!(
                matches!(for_postgres(wrong), Err(DbError::Statement(_))),
                "{wrong}"
            );
        }
    }

    const MIGRATION: &str = "-- people; and their ids
CREATE TABLE account ( -- one row each
  account_id BLOB PRIMARY KEY,
  INTEGER_like TEXT NOT NULL DEFAULT 'INTEGER; BLOB',
  at INTEGER NOT NULL
); -- without rowid
CREATE INDEX account_at ON account (at);

create table plain (a TEXT);
";

    #[test]
    fn a_migration_gets_strict_tables_on_sqlite() {
        assert_eq!(
            of_migration(MIGRATION, Engine::Sqlite),
            [
                "CREATE TABLE account ( \n  account_id BLOB PRIMARY KEY,\n  INTEGER_like TEXT NOT NULL DEFAULT 'INTEGER; BLOB',\n  at INTEGER NOT NULL\n) STRICT, WITHOUT ROWID",
                "CREATE INDEX account_at ON account (at)",
                "create table plain (a TEXT) STRICT",
            ]
        );
    }

    #[test]
    fn a_migration_gets_the_types_of_postgresql() {
        assert_eq!(
            of_migration(MIGRATION, Engine::Postgres),
            [
                "CREATE TABLE account ( \n  account_id BYTEA PRIMARY KEY,\n  INTEGER_like TEXT NOT NULL DEFAULT 'INTEGER; BLOB',\n  at BIGINT NOT NULL\n)",
                "CREATE INDEX account_at ON account (at)",
                "create table plain (a TEXT)",
            ]
        );
    }

    #[test]
    fn the_comment_may_stand_inside_the_statement() {
        let sql = "CREATE TABLE t (a TEXT PRIMARY KEY) -- without rowid\n;";
        assert_eq!(
            of_migration(sql, Engine::Sqlite),
            ["CREATE TABLE t (a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"]
        );
    }
}
