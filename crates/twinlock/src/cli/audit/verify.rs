//! `twinlock audit verify`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::app::{AccountId, Timestamp};
use crate::audit::flow::reading::Reader;
use crate::audit::rules::chain::ChainKind;
use crate::audit::rules::finding::Finding;
use crate::audit::rules::hex::Hex;
use crate::audit::rules::verifier::{Report, Trusted, Verifier};
use crate::cli::{Marks, say, trouble};
use crate::config::Severity;

use super::progress::{Progress, grouped};
use super::{chain, lines, open};

/// Check the record.
#[derive(clap::Args)]
pub(super) struct Verify {
    /// Check this export, or a proof from the page Activity, instead of the database.
    #[arg(long, value_name = "EXPORT", conflicts_with = "account")]
    file: Option<PathBuf>,
    /// Only this account's events, or those of the `instance`.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The key that must have signed the checkpoints, as `audit key` printed it; otherwise the one found there is believed.
    #[arg(long, value_name = "K")]
    public_key: Option<String>,
    /// A checkpoint that was written down elsewhere, as a check or the log named it: it must be there.
    #[arg(long, value_name = "NUMBER:HASH")]
    expect: Option<String>,
    /// Print what was found as JSON.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let mut verifier = Verifier::new(self.trusted()?);
        let is_whole = match &self.file {
            Some(file) => lines::feed(file, &mut verifier)?,
            None => self.feed(config, &mut verifier).await?,
        };
        if !is_whole {
            bail!(
                "stopped after {} events; the record was not checked to its end",
                grouped(verifier.events())
            );
        }
        let report = verifier.finish();
        if self.json {
            say(&as_json(&report).to_string());
        } else {
            self.tell(&report);
        }
        Ok(if report.found == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn trusted(&self) -> anyhow::Result<Trusted> {
        let public_key = match &self.public_key {
            Some(text) => Some(
                Hex::parse(text)
                    .context("--public-key has 64 hexadecimal digits, as `twinlock audit key` prints them")?
                    .0,
            ),
            None => None,
        };
        let checkpoint = match &self.expect {
            Some(text) => {
                let parts = text.split_once(':');
                let parsed = parts
                    .and_then(|(number, hash)| Some((number.parse().ok()?, Hex::parse(hash)?.0)));
                Some(
                    parsed.context(
                        "--expect is a number, a colon and a hash, as a check names them",
                    )?,
                )
            }
            None => None,
        };
        Ok(Trusted {
            public_key,
            checkpoint,
        })
    }

    /// False when it was stopped.
    async fn feed(&self, config: Option<&Path>, verifier: &mut Verifier) -> anyhow::Result<bool> {
        let chain = self.account.as_deref().map(chain).transpose()?;
        let app = open(config).await?;
        let mut reader = Reader::new(&app, chain);
        let total = reader.events().await.map_err(trouble)?;
        let mut progress = Progress::of(total, "events");
        let mut is_whole = true;
        while let Some(items) = reader.next().await.map_err(trouble)? {
            items.iter().for_each(|item| verifier.feed(item));
            progress.tell(verifier.events());
            if progress.is_stopped() {
                is_whole = false;
                break;
            }
        }
        progress.end();
        app.store.close().await;
        Ok(is_whole)
    }

    fn tell(&self, report: &Report) {
        let marks = Marks::for_standard_output();
        let seen = &report.seen;
        for finding in &report.findings {
            say(&format!("{} {finding}", marks.of(Severity::Error)));
        }
        let kept = report.findings.len() as u64;
        if report.found > kept {
            say(&format!("  and {} more", grouped(report.found - kept)));
        }
        let looked_at = format!(
            "{} in {}, {}",
            counted(seen.events, "event"),
            counted(report.chains, "chain"),
            counted(seen.checkpoints, "checkpoint")
        );
        if report.found > 0 {
            return say(&format!("\nLooked at {looked_at}."));
        }
        if report.picked {
            return say(&format!(
                "{} {}: each is as it was written. They were picked out of their chains, so that nothing can be said of events that are missing.",
                marks.ok(),
                looked_at
            ));
        }
        say(&format!(
            "{} {looked_at}: nothing was changed, dropped, moved or invented.",
            marks.ok()
        ));
        if report.erased > 0 {
            say(&format!(
                "  What {} events said was erased with their accounts; that they were there, when, and of which kind, is proven all the same.",
                grouped(report.erased)
            ));
        }
        self.tell_limits(report);
    }

    fn tell_limits(&self, report: &Report) {
        let mark = Marks::for_standard_output().of(Severity::Warning);
        match report.newest {
            Some((number, at, hash)) => say(&format!(
                "  Newest checkpoint: {number}:{}\n  of {}. Keep this line elsewhere; `--expect` checks later that it is still there.",
                Hex(hash).text(),
                Timestamp::from_millis(at).rfc3339()
            )),
            None => say(&format!(
                "{mark} There is no checkpoint yet: whoever can write to the database could have rewritten everything."
            )),
        }
        if report.not_anchored > 0 {
            say(&format!(
                "{mark} {} events came after the newest checkpoint of their chain: had such events been cut off or added, nobody would see it.",
                grouped(report.not_anchored)
            ));
        }
        if self.public_key.is_none() && self.file.is_some() && report.newest.is_some() {
            say(&format!(
                "{mark} The signatures were checked with the key the file names itself; give the one `twinlock audit key` printed with --public-key."
            ));
        }
    }
}

fn as_json(report: &Report) -> serde_json::Value {
    let newest = report.newest.map(|(number, at, hash)| {
        json!({ "number": number, "at": Timestamp::from_millis(at).rfc3339(), "hash": Hex(hash).text() })
    });
    json!({
        "ok": report.found == 0,
        "events": report.seen.events,
        "chains": report.chains,
        "anchors": report.seen.anchors,
        "checkpoints": report.seen.checkpoints,
        "erased": report.erased,
        "not_anchored": report.not_anchored,
        "newest_checkpoint": newest,
        "found": report.found,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> serde_json::Value {
    let account = finding
        .chain
        .filter(|chain| chain.kind == ChainKind::Account)
        .map(|chain| AccountId(chain.id));
    json!({
        "code": finding.flaw.word(),
        "chain": finding.chain.map(|chain| chain.kind.word()),
        "account": account,
        "seq": finding.flaw.seq(),
        "text": finding.to_string(),
    })
}
/// "1 event", "2 events".
fn counted(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {what}{end}", grouped(number))
}
