//! `cargo xtask bench`: the goals of speed and memory, each as a ratio to a limit measured in the same run.
//!
//! The machine may be shared and noisy: a figure means something only beside the limit in its row. Only accepted operations count.
//! Client, server and database share the machine's cores. CPU time is the server process's, user and system apart.

mod bare;
mod client;
mod database;
mod devices;
mod gateway;
mod keys;
mod limits;
mod load;
mod pages;
mod pgbench;
mod phones;
mod server;
mod table;
mod texts;
mod usage;
mod verify;
mod whole;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use client::millis;
use database::{Database, EngineKind};
use gateway::Gateway;
use limits::Limits;
use load::Load;
use phones::Phones;
use server::{Place, Server};
use table::{Goal, Table};

/// Connections, as the goals say.
const CONNECTIONS: usize = 64;
/// The rows there are.
const ROWS: [&str; 7] = ["W1", "W2", "W3", "W4", "W5", "W6", "W7"];
/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

#[derive(clap::Parser)]
struct Options {
    /// Accounts with an authenticator app
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// People with a password and an app, who sign in
    #[arg(long, default_value_t = 300)]
    people: usize,
    /// Which databases
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
    /// Only these rows, such as W3,W5; all without
    #[arg(long, value_delimiter = ',', value_parser = ROWS)]
    only: Vec<String>,
    /// Serve a bare "hello" on this port; the run starts itself so
    #[arg(long, hide = true)]
    hello: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

impl Options {
    fn wants(&self, work: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one == work)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(port) = options.hello {
        return limits::serve_hello(port).await;
    }
    tokio::time::timeout(PATIENCE, measure(&options))
        .await
        .context("the run took too long")?
}

async fn measure(options: &Options) -> Result<()> {
    let binary = PathBuf::from(
        std::env::var("TWINLOCK_BIN")
            .context("TWINLOCK_BIN: the packaged binary; use `cargo xtask bench`")?,
    );
    let mut table = Table::new();
    let limits = Limits::of_this_machine().await?;
    limits.show(&mut table);
    if options.wants("W7") {
        texts::numbers(&mut table)?;
    }
    if options.engine != Engines::Postgres {
        one_engine(&binary, EngineKind::Sqlite, options, &limits, &mut table).await?;
    }
    if options.engine != Engines::Sqlite {
        one_engine(&binary, EngineKind::Postgres, options, &limits, &mut table).await?;
    }
    if options.wants("W7") {
        texts::drained(&mut table).await?;
    }
    let size = std::fs::metadata(&binary)?.len() as f64 / 1e6;
    table.goal(
        "W4",
        "size of the packaged binary",
        size,
        Goal::at_most(25.0, "MB"),
    );
    Ok(())
}

async fn one_engine(
    binary: &std::path::Path,
    kind: EngineKind,
    options: &Options,
    limits: &Limits,
    table: &mut Table,
) -> Result<()> {
    table.heading(kind.name());
    let gateway = Arc::new(Gateway::open().await?);
    let place = Place::new(binary, Database::new(kind)?, &gateway)?;
    let load = Arc::new(Load::prepare(&place, options.accounts, options.people).await?);
    if options.wants("W4") {
        starts(&place, table).await?;
    }
    let (server, _) = place.start().await?;
    let phones = match options.wants("W7") {
        true => Some(Phones::prepare(load.caller(&server.address, &place), &gateway).await?),
        false => None,
    };
    let mut rate = None;
    if options.wants("W1") {
        rate = Some(verify::over_http(&server, &place, &load, table).await?);
    }
    if options.wants("W2") {
        whole::sign_ins(&server, &place, &load, limits, table).await?;
    }
    if options.wants("W5") {
        devices::checked(&server, &place, &load, table).await?;
    }
    if options.wants("W3") {
        let token = load.session(&server.address, &place, "bench").await?;
        session_checks(&server, &place, &token, limits, table).await?;
        pages::show(&server, &place, &token, table).await?;
    }
    if options.wants("W6") {
        keys::asserted(&server, &place, &load, table).await?;
    }
    if let Some(phones) = phones {
        phones.verified(&server, &gateway, table).await?;
    }
    let used = server.resident_mb()?;
    if options.only.is_empty() {
        table.goal(
            "W4",
            "memory after all of this",
            used,
            Goal::at_most(64.0, "MB"),
        );
    }
    drop(server);
    match rate {
        Some(rate) => verify::against_bare(&place, &load, rate, table).await,
        None => Ok(()),
    }
}

/// W4: start to ready on an existing database, memory before first use.
async fn starts(place: &Place, table: &mut Table) -> Result<()> {
    let mut starts = Vec::new();
    let mut idle = 0.0;
    for _ in 0..5 {
        let (server, took) = place.start_without_texts().await?;
        starts.push(took);
        idle = server.resident_mb()?;
    }
    let (server, took) = place.start().await?;
    let added = server.resident_mb()? - idle;
    drop(server);
    starts.sort_unstable();
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    table.goal(
        "W4",
        "start to ready, median of 5",
        millis(median),
        Goal::at_most(100.0, "ms"),
    );
    table.goal(
        "W4",
        "memory before first use",
        idle,
        Goal::at_most(20.0, "MB"),
    );
    table.goal(
        "W4",
        "  and where texts are delivered",
        added,
        Goal::at_most(10.0, "MB"),
    );
    table.seen(
        "W4",
        "  start to ready there",
        format!("{:.1} ms", millis(took)),
    );
    Ok(())
}

/// W3: check a session.
async fn session_checks(
    server: &Server,
    place: &Place,
    token: &str,
    limits: &Limits,
    table: &mut Table,
) -> Result<()> {
    let ask = client::get("/api/v1/session", &place.address, token);
    let asks = |count| client::Repeated(ask.clone(), count);
    client::send_all(&server.address, asks(2_000), CONNECTIONS, "\"aal\"").await?;
    let before = server.usage()?;
    let outcome = client::send_all(
        &server.address,
        asks(limits::HELLOS),
        CONNECTIONS,
        "\"aal\"",
    )
    .await?;
    let cpu = server.usage()?.since(before).per_thousand(outcome.accepted);
    table.outcome("W3", "session checks", &outcome);
    let ratio = outcome.rate() / limits.hello_rate;
    table.goal(
        "W3",
        "session checks ÷ hello",
        ratio,
        Goal::at_least(0.5, ""),
    );
    table.cpu("W3", cpu, Some(0.03));
    Ok(())
}
