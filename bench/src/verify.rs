//! W1: verify a TOTP code over HTTP, durable; against bare writes of the same statements, and pgbench.

use std::sync::Arc;

use anyhow::Result;

use crate::bare::{self, Writes};
use crate::client::{self, Repeated};
use crate::database::run_sql;
use crate::load::Load;
use crate::server::{Place, Server};
use crate::table::{Goal, Table};
use crate::{CONNECTIONS, pgbench};

const ACCEPTED: &str = "\"verified\":true";

/// Sends every code once; accepted codes a second.
pub(crate) async fn over_http(
    server: &Server,
    place: &Place,
    load: &Arc<Load>,
    table: &mut Table,
) -> Result<f64> {
    let requests = load.codes(place);
    let before = server.usage()?;
    let outcome = client::send_all(&server.address, requests, CONNECTIONS, ACCEPTED).await?;
    let cpu = server.usage()?.since(before).per_thousand(outcome.accepted);
    table.outcome("W1", "accepted codes", &outcome);
    // The goal is the embedded database's; with a server much of the work is the line to it.
    let most = place.database.postgres().is_none().then_some(0.12);
    table.cpu("W1", cpu, most);
    Ok(outcome.rate())
}

/// The limits of the same database, without the server.
pub(crate) async fn against_bare(
    place: &Place,
    load: &Load,
    rate: f64,
    table: &mut Table,
) -> Result<()> {
    if let Some((server, url)) = place.database.postgres() {
        let strangers = recorded(place, load, server, url).await?;
        for stranger in &strangers {
            eprintln!("{stranger}");
        }
        table.goal(
            "W1",
            "statements unlike those of one verification",
            strangers.len() as f64,
            Goal::at_most(0.0, ""),
        );
        let pgbench = pgbench::transactions(url, load.len())?;
        table.limit(
            "W1",
            "pgbench of the same statements",
            format!("{pgbench:.0}/s"),
        );
        table.goal(
            "W1",
            "accepted codes ÷ pgbench",
            rate / pgbench,
            Goal::at_least(0.5, ""),
        );
    }
    let writes: Writes =
        bare::writes(&place.database.location(), load.subjects(), CONNECTIONS).await?;
    table.limit(
        "W1",
        "bare store.write of the same statements",
        format!("{:.0}/s", writes.rate),
    );
    let ratio = rate / writes.rate;
    table.goal(
        "W1",
        "accepted codes ÷ bare writes",
        ratio,
        Goal::at_least(0.5, ""),
    );
    table.cpu("bare", writes.cpu, None);
    Ok(())
}

/// What one verification sends that the bare run does not, or the other way round, by the database's own log.
async fn recorded(
    place: &Place,
    load: &Load,
    postgres: &twinlock_testkit::postgres::PrivatePostgres,
    url: &str,
) -> Result<Vec<String>> {
    let (server, _) = place.start().await?;
    let [first, second] = load.late_codes(place)?;
    // The first fills the caches and prepares the statements; the second is looked at.
    client::send_all(&server.address, Repeated(first, 1), 1, ACCEPTED).await?;
    let name = url.rsplit('/').next().unwrap_or_default();
    // Settings of a database reach new connections only; this one reaches those that are open.
    run_sql(url, "ALTER SYSTEM SET log_statement = 'all'")?;
    run_sql(url, "SELECT pg_reload_conf()")?;
    let from = settled(postgres, url)?;
    let outcome = client::send_all(&server.address, Repeated(second, 1), 1, ACCEPTED).await?;
    run_sql(url, "ALTER SYSTEM RESET log_statement")?;
    run_sql(url, "SELECT pg_reload_conf()")?;
    anyhow::ensure!(outcome.accepted == 1, "a code for {name} was not accepted");
    let log = postgres.log()?;
    Ok(bare::missing(log.get(from..).unwrap_or_default())?)
}

/// Waits until the log shows statements; its length then.
fn settled(postgres: &twinlock_testkit::postgres::PrivatePostgres, url: &str) -> Result<usize> {
    for round in 0..200 {
        let mark = format!("bench mark {round}");
        run_sql(url, &format!("SELECT '{mark}'"))?;
        let log = postgres.log()?;
        if log.contains(&mark) {
            return Ok(log.len());
        }
    }
    anyhow::bail!("PostgreSQL does not log its statements")
}
