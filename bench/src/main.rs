//! `cargo xtask bench`: the goals of speed and memory, each as a ratio to a limit measured in the same run.
//!
//! The machine may be shared and noisy: a figure means something only beside the limit in its row. Only accepted operations count.
//! Client and server share the machine's cores.

mod bare;
mod client;
mod limits;
mod load;
mod server;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};

use load::Load;
use server::Place;
use table::Table;

/// Connections, as the goals say.
const CONNECTIONS: usize = 64;

#[tokio::main]
async fn main() -> Result<()> {
    let binary = PathBuf::from(
        std::env::var("TWINLOCK_BIN")
            .context("TWINLOCK_BIN: the release binary; use `cargo xtask bench`")?,
    );
    let accounts: usize = std::env::args()
        .nth(1)
        .map_or(Ok(10_000), |text| text.parse())?;
    let mut table = Table::new();

    let place = Place::new(&binary)?;
    let load = Load::prepare(&place, accounts).await?;
    w4_start(&place, &mut table).await?;
    w1_verify(&place, &load, &mut table).await?;
    w3_session(&place, &load, &mut table).await?;
    table.print();
    Ok(())
}

/// W4: start to ready on an existing database, memory before first use, size of the binary.
async fn w4_start(place: &Place, table: &mut Table) -> Result<()> {
    let mut starts = Vec::new();
    let mut idle = 0.0;
    for _ in 0..5 {
        let (server, took) = place.start().await?;
        starts.push(took);
        idle = server.resident_mb()?;
    }
    starts.sort_unstable();
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    table.goal(
        "W4",
        "start to ready, median of 5",
        format!("{:.0} ms", millis(median)),
        "≤ 100 ms",
        median <= Duration::from_millis(100),
    );
    table.goal(
        "W4",
        "memory before first use",
        format!("{idle:.1} MB"),
        "≤ 20 MB",
        idle <= 20.0,
    );
    Ok(())
}

/// W1: verify a TOTP code over HTTP, durable, on the embedded database.
async fn w1_verify(place: &Place, load: &Load, table: &mut Table) -> Result<()> {
    let (server, _) = place.start().await?;
    let requests = load.codes(place)?;
    let before = server.cpu_seconds()?;
    let outcome =
        client::send_all(&server.address, requests, CONNECTIONS, "\"verified\":true").await?;
    let cpu = (server.cpu_seconds()? - before) / outcome.accepted as f64 * 1000.0;
    let used = server.resident_mb()?;
    drop(server);
    let bare = bare::writes(&place.database(), load.subjects(), CONNECTIONS).await?;
    table.limit(
        "W1",
        "bare store.write of the same statements",
        format!("{bare:.0}/s"),
    );
    table.seen(
        "W1",
        "accepted codes",
        format!("{:.0}/s, {} refused", outcome.rate(), outcome.refused),
    );
    table.seen(
        "W1",
        "p50 / p99",
        format!(
            "{:.1} / {:.1} ms",
            millis(outcome.percentile(50)),
            millis(outcome.percentile(99))
        ),
    );
    let ratio = outcome.rate() / bare;
    table.goal(
        "W1",
        "accepted codes ÷ bare writes",
        format!("{ratio:.2}"),
        "≥ 0.50",
        ratio >= 0.5,
    );
    table.goal(
        "W1",
        "CPU seconds per 1,000",
        format!("{cpu:.3}"),
        "≤ 0.12",
        cpu <= 0.12,
    );
    table.goal(
        "W4",
        "memory after the run",
        format!("{used:.1} MB"),
        "≤ 64 MB",
        used <= 64.0,
    );
    Ok(())
}

/// W3: check a session.
async fn w3_session(place: &Place, load: &Load, table: &mut Table) -> Result<()> {
    let (server, _) = place.start().await?;
    let token = load.session(&server.address, place).await?;
    let count = 60_000;
    let requests = std::sync::Arc::new(vec![
        client::get("/api/v1/session", &place.address, &token);
        count
    ]);
    client::send_all(
        &server.address,
        std::sync::Arc::new(vec![
            client::get("/api/v1/session", &place.address, &token);
            2_000
        ]),
        CONNECTIONS,
        "\"aal\"",
    )
    .await?;
    let before = server.cpu_seconds()?;
    let outcome = client::send_all(&server.address, requests, CONNECTIONS, "\"aal\"").await?;
    let cpu = (server.cpu_seconds()? - before) / outcome.accepted as f64 * 1000.0;
    drop(server);
    let (_, hello) = limits::hello(count, CONNECTIONS).await?;
    let hashes = limits::hashes(Duration::from_secs(2))?;
    table.limit("W3", "bare axum hello", format!("{hello:.0}/s"));
    table.limit("W2", "raw Argon2id, two threads", format!("{hashes:.1}/s"));
    table.seen(
        "W3",
        "session checks",
        format!("{:.0}/s, {} refused", outcome.rate(), outcome.refused),
    );
    table.seen(
        "W3",
        "p50 / p99",
        format!(
            "{:.1} / {:.1} ms",
            millis(outcome.percentile(50)),
            millis(outcome.percentile(99))
        ),
    );
    let ratio = outcome.rate() / hello;
    table.goal(
        "W3",
        "session checks ÷ hello",
        format!("{ratio:.2}"),
        "≥ 0.50",
        ratio >= 0.5,
    );
    table.goal(
        "W3",
        "CPU seconds per 1,000",
        format!("{cpu:.3}"),
        "≤ 0.03",
        cpu <= 0.03,
    );
    Ok(())
}

fn millis(length: Duration) -> f64 {
    length.as_secs_f64() * 1000.0
}
