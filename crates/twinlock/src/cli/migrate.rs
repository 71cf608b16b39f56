//! `twinlock migrate`

use std::path::Path;
use std::process::ExitCode;

use crate::server::{self, Opening};

use super::{say, settings};

/// Bring the database up to date and end. `serve` does the same by itself.
#[derive(clap::Args)]
#[command(after_help = "Example:
  twinlock migrate --config /etc/twinlock.toml")]
pub(super) struct Migrate {
    /// Print the versions as JSON.
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let opened = settings::open(config, Opening::BringUpToDate).await?;
        let (version, applied) = (server::schema_version(), opened.applied);
        if self.json {
            let line = serde_json::json!({ "schema_version": version, "applied": applied });
            say(&line.to_string());
        } else if applied.is_empty() {
            say(&format!(
                "The database is up to date (schema version {version})."
            ));
        } else {
            say(&format!(
                "The database was brought to schema version {version} ({} steps).",
                applied.len()
            ));
        }
        opened.app.store.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
