//! `twinlock backup`

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;
use twinlock_db::Engine;

use crate::server::Opening;

use super::{say, settings};

/// Copy a SQLite database to a new file while it is in use: the state of one moment.
///
/// The key file is not in it: keep a copy of that one apart, for without it the copy cannot be read.
#[derive(clap::Args)]
#[command(after_help = "Example:
  twinlock backup /var/backups/twinlock-monday.db")]
pub(super) struct Backup {
    /// The new file; one that is there already is never overwritten.
    file: PathBuf,
    /// Print what was written as JSON.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let app = settings::open(config, Opening::AsItIs).await?.app;
        if app.store.engine() == Engine::Postgres {
            bail!(
                "PostgreSQL is backed up with its own tools, such as `pg_dump --format=custom`; keep a copy of {} apart",
                app.settings.keys.master_key_file.display()
            );
        }
        if self.file.exists() {
            bail!("{} is there already; name a new file", self.file.display());
        }
        app.store
            .backup_to(&self.file, progress())
            .await
            .with_context(|| format!("the copy to {}", self.file.display()))?;
        let bytes = std::fs::metadata(&self.file)?.len();
        let key = &app.settings.keys.master_key_file;
        if self.json {
            say(&json!({ "file": self.file, "bytes": bytes, "key_file": key }).to_string());
        } else {
            say(&format!(
                "{} was written ({} KiB).\nThe key file {} is not in it: keep a copy of it apart, or the backup cannot be read.",
                self.file.display(),
                bytes.div_ceil(1024),
                key.display()
            ));
        }
        app.store.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// A line that is written over on a terminal; nothing elsewhere.
fn progress() -> impl Fn(u64, u64) + Send + 'static {
    let shown = std::io::stderr().is_terminal();
    move |done, total| {
        if shown && total > 0 {
            let mut err = std::io::stderr().lock();
            let end = if done == total { "\n" } else { "" };
            // Whoever closed the terminal does not want to see it.
            let _ = write!(err, "\r{:3} % of {total} pages{end}", done * 100 / total);
        }
    }
}
