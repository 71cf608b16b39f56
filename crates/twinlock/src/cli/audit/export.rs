//! `twinlock audit export`

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;
use twinlock_web::Messages;

use crate::app::{App, Timestamp};
use crate::audit::flow::reading::Reader;
use crate::audit::rules::item::{End, EventLine, Item, Scope};
use crate::cli::trouble;

use super::progress::{Progress, grouped};
use super::{chain, csv, open};

/// Write the record.
#[derive(clap::Args)]
pub(super) struct Export {
    /// `jsonl`: JSON lines, which can be checked; `csv`: for people.
    #[arg(long, default_value = "jsonl", value_parser = ["jsonl", "csv"])]
    format: String,
    /// Only this account's events, or those of the `instance`.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only events of this kind, such as `signed_in`; may be given several times.
    #[arg(long = "kind", value_name = "K")]
    kinds: Vec<String>,
    /// Only events from this moment on: `2026-03-01` or `2026-03-01T12:00:00Z`.
    #[arg(long, value_name = "T", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only events before this moment.
    #[arg(long, value_name = "T", value_parser = moment)]
    until: Option<Timestamp>,
    /// The new file, readable by its owner only; one that is there already is never overwritten. Without it, standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let point = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let day: jiff::civil::Date = text.parse().ok()?;
        let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(midnight.timestamp())
    });
    point
        .map(|point| Timestamp::from_millis(point.as_millisecond()))
        .ok_or_else(|| String::from("write it as 2026-03-01 or 2026-03-01T12:00:00Z"))
}

impl Export {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        if let Some(file) = &self.output
            && file.exists()
        {
            bail!("{} is there already; name a new file", file.display());
        }
        let chain = self.account.as_deref().map(chain).transpose()?;
        let app = open(config).await?;
        let reader = Reader::new(&app, chain);
        let written = match &self.output {
            Some(file) => self.to_file(&app, reader, file).await?,
            None => {
                let mut out = BufWriter::new(std::io::stdout().lock());
                let written = self.write(&app, reader, &mut out).await?;
                out.flush()?;
                written
            }
        };
        app.store.close().await;
        // Not on standard output, which may be the export itself.
        let into = match &self.output {
            Some(file) => format!(" into {}", file.display()),
            None => String::new(),
        };
        note(&format!("{} events were written{into}.", grouped(written)));
        Ok(ExitCode::SUCCESS)
    }

    /// Into a file of another name first, so that a file of this name is always whole.
    async fn to_file(&self, app: &App, reader: Reader, file: &Path) -> anyhow::Result<u64> {
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let shown = || file.display().to_string();
        // Made with mode 0600, and gone again if anything fails on the way.
        let begun = NamedTempFile::new_in(folder).with_context(shown)?;
        let mut out = BufWriter::new(begun);
        let written = self.write(app, reader, &mut out).await?;
        let whole = out.into_inner().with_context(shown)?;
        whole.as_file().sync_all().with_context(shown)?;
        whole.persist_noclobber(file).with_context(shown)?;
        Ok(written)
    }

    async fn write(
        &self,
        app: &App,
        mut reader: Reader,
        out: &mut impl Write,
    ) -> anyhow::Result<u64> {
        let total = reader.events().await.map_err(trouble)?;
        let mut progress = Progress::of(total, "events");
        let mut pen = Pen {
            wanted: self,
            messages: app.catalog.messages("en"),
            picked: !self.kinds.is_empty() || self.since.is_some() || self.until.is_some(),
            written: End::default(),
        };
        let mut read = 0;
        if self.format == "csv" {
            out.write_all(csv::HEADER.as_bytes())?;
        }
        while let Some(items) = reader.next().await.map_err(trouble)? {
            for item in items {
                read += u64::from(matches!(item, Item::Event(_)));
                pen.put(item, out)?;
            }
            progress.tell(read);
            if progress.is_stopped() {
                progress.end();
                bail!("stopped; nothing was kept");
            }
        }
        progress.end();
        Ok(pen.written.events)
    }

    fn wants(&self, event: &EventLine) -> bool {
        let at = Timestamp::from_millis(event.at_ms);
        (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
    }
}

struct Pen<'a> {
    wanted: &'a Export,
    messages: Messages,
    /// Events picked out of their chains stand alone: no anchors, no heads.
    picked: bool,
    written: End,
}

impl Pen<'_> {
    fn put(&mut self, item: Item, out: &mut impl Write) -> anyhow::Result<()> {
        let item = match item {
            Item::Event(event) if !self.wanted.wants(&event) => return Ok(()),
            Item::Event(event) if self.wanted.format == "csv" => {
                self.written.events += 1;
                out.write_all(csv::line(&event, &self.messages).as_bytes())?;
                return Ok(());
            }
            _ if self.wanted.format == "csv" => return Ok(()),
            Item::Export(mut export) if self.picked => {
                export.scope = Scope::Picked;
                Item::Export(export)
            }
            Item::Checkpoint(_) | Item::Anchor(_) | Item::Head(_) if self.picked => return Ok(()),
            Item::End(_) if self.picked => Item::End(self.written),
            other => other,
        };
        self.written.events += u64::from(matches!(item, Item::Event(_)));
        serde_json::to_writer(&mut *out, &item)?;
        out.write_all(b"\n")?;
        Ok(())
    }
}

fn note(text: &str) {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() {
        let mut err = std::io::stderr().lock();
        // Whoever closed the terminal does not want to see it.
        let _ = writeln!(err, "{text}");
    }
}
