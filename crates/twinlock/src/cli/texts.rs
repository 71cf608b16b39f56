//! `twinlock texts`

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::app::Timestamp;
use crate::server::Opening;
use crate::text_messages::store;
use crate::text_messages::store::prefixes::{self, Prefix};

use super::{doctor_texts, say, settings, trouble};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Where text messages went in the last 24 hours: the beginnings of numbers (country code and four digits) most codes were sent to, how
/// many of them were entered, and how many were stopped by a limit.
#[derive(clap::Args)]
#[command(after_help = "Example:
  twinlock texts
  twinlock texts --json")]
pub(super) struct Texts {
    /// Print them as JSON.
    #[arg(long)]
    json: bool,
}

impl Texts {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let opened = settings::open(config, Opening::AsItIs).await?;
        let moment = opened.app.moment().map_err(trouble)?;
        let since = moment.now.minus(DAY);
        let read = moment
            .read(move |w| Ok((prefixes::prefixes(w, since)?, store::became(w, since)?)))
            .await;
        opened.app.store.close().await;
        let (found, became) = read.map_err(trouble)?;
        if self.json {
            let lines: Vec<serde_json::Value> = found.iter().map(as_json).collect();
            let texts = serde_json::json!({
                "taken": became.taken,
                "refused": became.refused,
                "late": became.late,
                "unknown": became.unknown,
            });
            say(&serde_json::json!({ "prefixes": lines, "texts": texts }).to_string());
        } else {
            print(&found);
            if let Some((_, text)) = doctor_texts::trouble(&became) {
                say(&format!("\nAttention: {text}"));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(one: &Prefix) -> serde_json::Value {
    serde_json::json!({
        "prefix": one.prefix,
        "sent": one.sent,
        "entered": one.entered,
        "stopped": one.stopped,
        "stopped_until": one.stopped_until.map(Timestamp::rfc3339),
    })
}

fn print(found: &[Prefix]) {
    if found.is_empty() {
        return say("No codes were sent as text messages in the last 24 hours.");
    }
    say(&line(&[
        "numbers",
        "sent",
        "entered",
        "stopped",
        "no texts until",
    ]));
    for one in found {
        let until = one
            .stopped_until
            .map_or_else(String::new, Timestamp::rfc3339);
        say(&line(&[
            &format!("{}…", one.prefix),
            &one.sent.to_string(),
            &one.entered.to_string(),
            &one.stopped.to_string(),
            &until,
        ]));
    }
}

fn line(cells: &[&str; 5]) -> String {
    let [prefix, sent, entered, stopped, until] = cells;
    let line = format!("{prefix:<12} {sent:>7} {entered:>7} {stopped:>7}  {until}");
    line.trim_end().to_owned()
}
