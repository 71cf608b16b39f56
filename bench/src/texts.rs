//! W7: reading phone numbers, and handing over a hundred thousand texts that waited.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use twinlock::app::{AccountId, App, Stop, SystemClock, SystemEntropy};
use twinlock::config::Settings;
use twinlock::server::{self, Opening, Surroundings};
use twinlock::text_messages::store::{self, Outgoing};
use twinlock::text_messages::{Number, flow, rules};
use twinlock_db::Locks;
use twinlock_delivery::{SendingText, Text, TextOutcome, TextProvider};

use crate::client;
use crate::table::{Goal, Table};
use crate::usage::Usage;

/// Numbers that are read.
const NUMBERS: u32 = 50_000;
/// Texts that wait.
const WAITING: usize = 100_000;
/// Texts put on their way in one transaction.
const AT_ONCE: usize = 1_000;

/// Reading numbers: what is unpacked once, and each after that.
pub(crate) fn numbers(table: &mut Table) -> Result<()> {
    let allowed = ["DE", "US", "GB", "FR"].map(str::to_owned);
    let before = resident_mb()?;
    rules::load();
    let unpacked = resident_mb()? - before;
    let usage = Usage::own()?;
    for n in 0..NUMBERS {
        let typed = format!("01512 {:07}", 1_000_000 + n);
        let read = Number::parse(&typed, Some("DE"), &allowed);
        ensure!(read.is_ok(), "{typed} is a number");
    }
    let seconds = Usage::own()?.since(usage).total();
    let each = seconds * 1e6 / f64::from(NUMBERS);
    table.goal(
        "W7",
        "a number read, µs of CPU",
        each,
        Goal::at_most(50.0, "µs"),
    );
    table.goal(
        "W7",
        "memory of what is known of numbers",
        unpacked,
        Goal::at_most(10.0, "MB"),
    );
    Ok(())
}

/// A provider that takes every text at once, and sees whether they come oldest first.
#[derive(Default)]
struct Taking {
    taken: AtomicUsize,
    newest: AtomicUsize,
    overtook: AtomicUsize,
}

impl TextProvider for Taking {
    fn send(&self, text: &Text, _: i64) -> SendingText<'_> {
        let number: usize = text.body.parse().unwrap_or_default();
        self.taken.fetch_add(1, Ordering::Relaxed);
        let newest = self.newest.fetch_max(number, Ordering::Relaxed);
        // Lanes run side by side; a batch is the most one may be ahead of another.
        if number + 64 < newest {
            self.overtook.fetch_add(1, Ordering::Relaxed);
        }
        Box::pin(async {
            TextOutcome::Accepted {
                provider: "bench",
                provider_id: None,
            }
        })
    }

    fn name(&self) -> &'static str {
        "bench"
    }
}

/// A hundred thousand texts wait, and leave.
pub(crate) async fn drained(table: &mut Table) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut settings = Settings::default();
    settings.database.url = format!("sqlite:{}", folder.path().join("texts.db").display());
    settings.keys.master_key_file = folder.path().join("texts.key");
    let provider = Arc::new(Taking::default());
    let around = Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        mail: server::provider(&settings.email)?,
        texts: Some(provider.clone()),
    };
    let opened = server::open(settings, around, Opening::BringUpToDate).await?;
    put_on_their_way(&opened.app).await?;
    let before = resident_mb()?;
    let (began, mut most) = (client::now(), before);
    let sends: Arc<dyn TextProvider> = provider.clone();
    while flow::pass(&opened.app, &sends).await.map_err(said)? > 0 {
        most = most.max(resident_mb()?);
    }
    let seconds = began.elapsed().as_secs_f64();
    let taken = provider.taken.load(Ordering::Relaxed);
    ensure!(taken == WAITING, "{taken} of {WAITING} texts left");
    ensure!(
        provider.overtook.load(Ordering::Relaxed) == 0,
        "texts overtook each other"
    );
    table.seen(
        "W7",
        "texts that waited, handed over oldest first",
        format!("{:.0}/s", WAITING as f64 / seconds),
    );
    table.goal(
        "W7",
        "memory beside it, for 100,000 of them",
        most - before,
        Goal::at_most(10.0, "MB"),
    );
    opened.app.store.close().await;
    Ok(())
}

async fn put_on_their_way(app: &App) -> Result<()> {
    let allowed = ["DE".to_owned()];
    let number = Number::parse("+4915121234567", None, &allowed)
        .ok()
        .context("a number")?;
    for batch in 0..WAITING / AT_ONCE {
        let number = number.clone();
        let moment = app.moment().map_err(said)?;
        let work = move |w: &mut twinlock::app::Work<'_, '_>| {
            let until = w.now().plus(std::time::Duration::from_secs(3600));
            for n in 0..AT_ONCE {
                let outgoing = Outgoing {
                    to: number.clone(),
                    body: (batch * AT_ONCE + n).to_string(),
                };
                store::post(w, AccountId([1; 16]), &outgoing, until)?;
            }
            Ok(())
        };
        moment.write(Locks::none(), work).await.map_err(said)?;
    }
    Ok(())
}

fn said(stop: Stop) -> anyhow::Error {
    anyhow::anyhow!("{stop:?}")
}

/// Memory of this process, in MB (proc(5): `VmRSS`).
fn resident_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes: f64 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .context("VmRSS")?
        .parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}
