//! `twinlock restore`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use crate::server::restore::{self, Marked};

use super::{counted, say, settings};

/// Put a backup back, so that nothing that was used up since it was made can be used again.
///
/// Sessions, sign-ins, mailed codes, backup codes, links, invitations and known devices of the copy are dead; codes of authenticator
/// apps are accepted again from two minutes after now. The service must be stopped. The database before is kept beside the new one.
#[derive(clap::Args)]
#[command(
    override_usage = "twinlock restore [--json] <FILE>\n       twinlock restore [--json] --mark",
    after_help = "Example:
  twinlock restore /var/backups/twinlock-monday.db
  twinlock restore --mark        after pg_restore, a copy of files or a point-in-time recovery"
)]
pub(super) struct Restore {
    /// The copy, made by `twinlock backup`.
    #[arg(required_unless_present = "mark", conflicts_with = "mark")]
    file: Option<PathBuf>,
    /// The copy is in its place already: only end what it must not bring back.
    #[arg(long)]
    mark: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let (marked, moved_to) = match &self.file {
            Some(file) => {
                let restored = restore::put_back(&settings::load(config)?, file).await?;
                (restored.marked, restored.moved_to)
            }
            None => {
                let settings = settings::load(config)?;
                (restore::mark_database(settings).await?, None)
            }
        };
        if self.json {
            say(&json!({ "marked": marked, "moved_to": moved_to }).to_string());
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(file) = &self.file {
            say(&format!("{} is the database now.", file.display()));
        }
        if let Some(moved_to) = &moved_to {
            let shown = moved_to.display();
            say(&format!(
                "The one before is {shown}; delete it when you are sure."
            ));
        }
        say(&words(&marked));
        Ok(ExitCode::SUCCESS)
    }
}

fn words(marked: &Marked) -> String {
    let Marked {
        sessions,
        backup_code_sheets,
        devices,
        epoch,
    } = marked;
    let sessions = counted(*sessions, "session", "sessions");
    let sheets = counted(
        *backup_code_sheets,
        "sheet of backup codes",
        "sheets of backup codes",
    );
    let devices = counted(*devices, "known device", "known devices");
    format!(
        "Ended: {sessions}, {sheets}, {devices}, and every open sign-in, mailed code and link.\n\
         What was changed since the copy was made is undone: look through `twinlock key list` for keys that were revoked meanwhile.\n\
         With several nodes, start them all afresh (epoch {epoch})."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_told_as_one() {
        let marked = Marked {
            epoch: 3,
            sessions: 1,
            backup_code_sheets: 1,
            devices: 2,
        };
        let words = words(&marked);
        let start = "Ended: 1 session, 1 sheet of backup codes, 2 known devices, and every";
        assert!(words.starts_with(start), "{words}");
        assert!(
            words.ends_with("start them all afresh (epoch 3)."),
            "{words}"
        );
    }
}
