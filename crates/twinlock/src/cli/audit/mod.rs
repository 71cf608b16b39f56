//! `twinlock audit`: checking and exporting the record of events.

mod csv;
mod export;
mod lines;
mod progress;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use twinlock_db::Locks;

use crate::app::{AccountId, App};
use crate::audit::Chain;
use crate::audit::flow::checkpoint;
use crate::audit::rules::hex::Hex;
use crate::server::Opening;

use super::{say, settings, trouble};

/// The record of events.
#[derive(clap::Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check the record: names the first event that was changed, dropped, moved or invented.
    ///
    /// Works beside a running server, and with --file on an export, anywhere, without database or key. What it cannot see: events
    /// cut off or added at the end since the last checkpoint, by somebody who can write to the database. Exit code 1 if something
    /// was found.
    #[command(after_help = "Example:
  twinlock audit verify
  twinlock audit verify --file record.jsonl --public-key 4a1f…")]
    Verify(verify::Verify),
    /// Write the record to a file or to standard output.
    ///
    /// JSON lines can be checked by `twinlock audit verify --file`; with --kind, --since or --until each event only by itself. CSV is
    /// for people.
    #[command(after_help = "Example:
  twinlock audit export --output record.jsonl
  twinlock audit export --format csv --since 2026-03-01 --output march.csv")]
    Export(export::Export),
    /// Print the public key that signs the checkpoints. Keep it somewhere else.
    #[command(after_help = "Example:
  twinlock audit key")]
    Key {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Audit {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Verify(verify) => verify.run(config).await,
            Command::Export(export) => export.run(config).await,
            Command::Key { json } => key(config, json).await,
        }
    }
}

async fn key(config: Option<&Path>, as_json: bool) -> anyhow::Result<ExitCode> {
    let app = open(config).await?;
    let public_key = app
        .moment()
        .map_err(trouble)?
        .write(Locks::none(), |w| Ok(checkpoint::key(w)?.public_key()))
        .await
        .map_err(trouble)?;
    let text = Hex(public_key).text();
    if as_json {
        say(&serde_json::json!({ "algorithm": "Ed25519", "public_key": text }).to_string());
    } else {
        say(&text);
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn open(config: Option<&Path>) -> anyhow::Result<App> {
    Ok(settings::open(config, Opening::AsItIs).await?.app)
}

/// A chain as the command line names it.
fn chain(named: &str) -> anyhow::Result<Chain> {
    if named == "instance" {
        return Ok(Chain::INSTANCE);
    }
    match named.parse::<AccountId>() {
        Ok(account) => Ok(Chain::account(account)),
        Err(_) => bail!("{named:?} is neither an account's id nor the word instance"),
    }
}
