//! The same statements by pgbench, PostgreSQL's own load program: what the database gives with nothing of ours before it.
//!
//! pgbench draws numbers, not ids; so a copy of the database gets ids that follow from a number.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::bare::{Answer, Bound, STEPS, numbered};
use crate::database::run_sql;

/// Connections: as many as the store's pool has.
const CLIENTS: &str = "16";
/// Seconds of the run.
const SECONDS: &str = "10";

/// Transactions a second of the statements of one accepted code, over `accounts` accounts of the database at `url`.
pub(crate) fn transactions(url: &str, accounts: usize) -> Result<f64> {
    let (server, name) = url.rsplit_once('/').context("a database's address")?;
    let copy = format!("{name}_pgbench");
    let maintenance = format!("{server}/postgres");
    run_sql(
        &maintenance,
        &format!("CREATE DATABASE {copy} TEMPLATE {name}"),
    )?;
    let copied = format!("{server}/{copy}");
    run_sql(&copied, NUMBERED)?;
    run_sql(&copied, "VACUUM ANALYZE")?;
    let rate = run(&copied, &script(accounts)?);
    run_sql(&maintenance, &format!("DROP DATABASE {copy} WITH (FORCE)"))?;
    rate
}

/// Every account with an app gets the id that its number makes, everywhere; its app the same.
const NUMBERED: &str = "
SET session_replication_role = replica;
CREATE TEMP TABLE renamed AS SELECT account_id AS before, authenticator_id AS factor,
  int8send(row_number() OVER (ORDER BY account_id)) || int8send(row_number() OVER (ORDER BY account_id)) AS after FROM totp;
CREATE INDEX ON renamed (before);
DO $$
DECLARE place record;
BEGIN
  FOR place IN SELECT c.table_name FROM information_schema.columns c
      WHERE c.table_schema = 'public' AND c.column_name = 'authenticator_id' LOOP
    EXECUTE format('UPDATE %I t SET authenticator_id = r.after FROM renamed r WHERE t.authenticator_id = r.factor', place.table_name);
  END LOOP;
  FOR place IN SELECT c.table_name FROM information_schema.columns c
      WHERE c.table_schema = 'public' AND c.column_name = 'account_id' LOOP
    EXECUTE format('UPDATE %I t SET account_id = r.after FROM renamed r WHERE t.account_id = r.before', place.table_name);
  END LOOP;
END $$;
";

/// The statements as pgbench reads them, in the frame the store puts around them.
fn script(accounts: usize) -> Result<String> {
    let mut script =
        format!("\\set n random(1, {accounts})\n\\set r random(1, 1000000000000000)\n");
    script.push_str("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n");
    writeln!(
        script,
        "SELECT 1 FROM account WHERE account_id = {ID} FOR UPDATE;"
    )?;
    for step in STEPS {
        let mut sql = numbered(step.sql()?);
        // From the last to the first, so that $1 is not found in $12.
        for (place, bound) in step.values.iter().enumerate().rev() {
            sql = sql.replace(&format!("${}", place + 1), &bound.written());
        }
        let ending = if step.answer == Answer::Head {
            " \\gset h_"
        } else {
            ";"
        };
        writeln!(script, "{sql}{ending}")?;
    }
    script.push_str("COMMIT;\n");
    Ok(script)
}

/// The id that follows from `:n`.
const ID: &str = "(int8send(:n::int8) || int8send(:n::int8))";

impl Bound {
    fn written(self) -> String {
        match self {
            Self::Account | Self::Factor => ID.to_owned(),
            Self::Fresh => String::from("(int8send(:r::int8) || int8send(:n::int8))"),
            Self::Rising => String::from("(extract(epoch from clock_timestamp()) * 1000000)::int8"),
            Self::Head => String::from(":h_seq::int8"),
            Self::Next => String::from("(:h_seq::int8 + 1)"),
            Self::Word(word) => format!("'{word}'"),
            Self::Bytes(length) => format!("'\\x{}'::bytea", "07".repeat(length)),
            Self::Number(number) => number.to_string(),
        }
    }
}

fn run(url: &str, script: &str) -> Result<f64> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), script)?;
    let output = Command::new("pgbench")
        .args([
            "-n", "-M", "prepared", "-c", CLIENTS, "-j", "2", "-T", SECONDS, "-f",
        ])
        .arg(file.path())
        .arg(url)
        .stdin(Stdio::null())
        .output()
        .context("pgbench (Debian: apt install postgresql-contrib)")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !said.contains("number of failed transactions: 0 ") {
        bail!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rest| rest.split_whitespace().next());
    rate.context("tps")?.parse().context("tps")
}
