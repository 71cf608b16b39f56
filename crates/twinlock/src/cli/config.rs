//! `twinlock config check`

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::config::{LoadError, Severity};

use super::{Marks, say, settings};

/// Look at the settings.
#[derive(clap::Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Read the settings and say what is wrong with them; exit code 1 if nothing could be started with them.
    #[command(after_help = "Example:
  twinlock config check --config /etc/twinlock.toml")]
    Check {
        /// Print the findings as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Line {
    severity: Severity,
    setting: Option<&'static str>,
    text: String,
}

impl Config {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let Command::Check { json } = self.command;
        let (file, lines) = match settings::read(config) {
            Ok(loaded) => {
                let findings = loaded.settings.findings().into_iter();
                let lines = findings.map(|finding| Line {
                    severity: finding.severity,
                    setting: Some(finding.setting),
                    text: finding.text,
                });
                (loaded.file, lines.collect())
            }
            Err(error) => (None, unreadable(error.downcast::<LoadError>()?)),
        };
        let is_fine = lines.iter().all(|line| line.severity == Severity::Warning);
        if json {
            say(&serde_json::json!({ "ok": is_fine, "findings": lines }).to_string());
        } else {
            let marks = Marks::for_standard_output();
            for line in &lines {
                let setting = line
                    .setting
                    .map_or(String::new(), |name| format!("{name}: "));
                say(&format!(
                    "{} {setting}{}",
                    marks.of(line.severity),
                    line.text
                ));
            }
            if is_fine {
                let whose = file.map_or(String::from("the defaults"), |file| {
                    file.display().to_string()
                });
                say(&format!("{} {whose}: settings can be used", marks.ok()));
            }
        }
        Ok(if is_fine {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn unreadable(error: LoadError) -> Vec<Line> {
    let line = |text| Line {
        severity: Severity::Error,
        setting: None,
        text,
    };
    error.0.into_iter().map(line).collect()
}
