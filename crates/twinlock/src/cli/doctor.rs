//! `twinlock doctor`: what is wrong or unsafe, and what to do about it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use twinlock_db::Location;

use crate::app::{App, Clock as _, Stop, SystemClock, SystemEntropy, Timestamp, Work, may_follow};
use crate::config::{Email, Settings, Severity};
use crate::server::{self, Opening, Surroundings, clock_mark};
use crate::{account, authenticators};

use super::{Marks, doctor_files, doctor_texts, say, settings};

const WAITING_MAILS: &str =
    "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND created_at < ?1";
const LAST_MIGRATION: &str =
    "SELECT applied_at FROM schema_migration ORDER BY applied_at DESC LIMIT 1";

/// Every statement here, for the test that prepares them all.
pub(super) const STATEMENTS: &[&str] = &[WAITING_MAILS, LAST_MIGRATION];

/// How far the clock may be behind what was written down earlier.
const SLACK: Duration = Duration::from_secs(120);
/// Before this the clock cannot be right: 2026-01-01.
const EARLIEST: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// A certificate that ends sooner is worth a word.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
/// A mail that waits longer is worth a word.
const PATIENCE: Duration = Duration::from_secs(600);

/// Look for what is wrong or unsafe: settings, clock, key file, secrets in files, database, mail, texts, administrators.
///
/// Exit code 1 if something is wrong; warnings alone are 0.
#[derive(clap::Args)]
#[command(after_help = "Example:
  twinlock doctor --config /etc/twinlock.toml
  twinlock doctor --json")]
pub(super) struct Doctor {
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// Say that the machine's clock is right, although it jumped or the service was off for long: running servers follow it within a
    /// minute.
    #[arg(long)]
    accept_clock: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    Warning,
    Error,
}

#[derive(Serialize)]
struct Check {
    check: &'static str,
    state: State,
    text: String,
}

pub(super) struct Checks(Vec<Check>);

impl Checks {
    pub(super) fn add(&mut self, check: &'static str, state: State, text: impl Into<String>) {
        self.0.push(Check {
            check,
            state,
            text: text.into(),
        });
    }
}

impl Doctor {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let loaded = settings::read(config)?;
        let mut checks = Checks(Vec::new());
        let usable = look_at_settings(&loaded.settings, &mut checks);
        look_at_clock(&loaded.settings, &mut checks);
        doctor_files::look(&loaded.settings, &mut checks);
        look_at_certificate(&loaded.settings, &mut checks);
        if usable {
            look_inside(loaded.settings, self.accept_clock, &mut checks).await;
        }
        Ok(self.report(&checks.0))
    }

    fn report(&self, checks: &[Check]) -> ExitCode {
        let is_fine = checks.iter().all(|check| check.state != State::Error);
        if self.json {
            say(&serde_json::json!({ "ok": is_fine, "checks": checks }).to_string());
        } else {
            let marks = Marks::for_standard_output();
            for check in checks {
                let mark = match check.state {
                    State::Ok => marks.ok(),
                    State::Warning => marks.of(Severity::Warning),
                    State::Error => marks.of(Severity::Error),
                };
                say(&format!("{mark} {}: {}", check.check, check.text));
            }
        }
        if is_fine {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Whether anything could be started with them.
fn look_at_settings(settings: &Settings, checks: &mut Checks) -> bool {
    let findings = settings.findings();
    for finding in &findings {
        let state = match finding.severity {
            Severity::Error => State::Error,
            Severity::Warning => State::Warning,
        };
        checks.add(finding.setting, state, finding.text.as_str());
    }
    if findings.is_empty() {
        checks.add("settings", State::Ok, "nothing unsafe");
    }
    findings
        .iter()
        .all(|finding| finding.severity == Severity::Warning)
}

/// One-time codes need the right time; a clock behind what was written earlier is wrong for sure.
fn look_at_clock(settings: &Settings, checks: &mut Checks) {
    let now = SystemClock.now();
    if now < EARLIEST {
        checks.add(
            "clock",
            State::Error,
            format!(
                "it says {}, which cannot be; set it and keep it with NTP",
                now.rfc3339()
            ),
        );
        return;
    }
    match files(settings)
        .into_iter()
        .filter_map(|file| written_at(&file))
        .max()
    {
        Some(newest) if newest > now.plus(SLACK) => checks.add(
            "clock",
            State::Error,
            format!(
                "it says {}, but files were written at {}; set it and keep it with NTP",
                now.rfc3339(),
                newest.rfc3339()
            ),
        ),
        _ => checks.add("clock", State::Ok, now.rfc3339()),
    }
}

fn files(settings: &Settings) -> Vec<PathBuf> {
    let mut files = vec![settings.keys.master_key_file.clone()];
    if let Ok(Location::Sqlite(path)) = settings.database.url.parse() {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        files.push(path);
        files.push(PathBuf::from(log));
    }
    files
}

fn written_at(file: &Path) -> Option<Timestamp> {
    let at = std::fs::metadata(file).ok()?.modified().ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_millis(
        i64::try_from(since.as_millis()).ok()?,
    ))
}

fn look_at_certificate(settings: &Settings, checks: &mut Checks) {
    let Some(files) = settings.server.tls.files() else {
        return;
    };
    let name = "certificate";
    let shown = files.key.display();
    if std::fs::metadata(files.key).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
        let text = format!("everybody may read {shown}; run: chmod o= {shown}");
        checks.add(name, State::Error, text);
    }
    let now = SystemClock.now();
    match server::tls::read(&files) {
        Err(error) => checks.add(name, State::Error, format!("{error:#}")),
        Ok(found) if found.ends < now => checks.add(
            name,
            State::Error,
            format!(
                "it ended at {}; put a new one in its place",
                found.ends.rfc3339()
            ),
        ),
        Ok(found) if found.ends < now.plus(SOON) => checks.add(
            name,
            State::Warning,
            format!("it ends at {}; renew it", found.ends.rfc3339()),
        ),
        Ok(found) => checks.add(
            name,
            State::Ok,
            format!("good until {}", found.ends.rfc3339()),
        ),
    }
}

async fn look_inside(settings: Settings, accept_clock: bool, checks: &mut Checks) {
    let around = Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        mail: match server::provider(&Email::default()) {
            Ok(mail) => mail,
            Err(error) => return checks.add("mail", State::Error, format!("{error:#}")),
        },
        texts: None,
    };
    let app = match server::open(settings, around, Opening::AsItIs).await {
        Ok(opened) => opened.app,
        Err(error) => return checks.add("database", State::Error, format!("{error:#}")),
    };
    match app.store.ready().await {
        Ok(()) => checks.add(
            "database",
            State::Ok,
            format!(
                "reading and writing work, schema version {}",
                server::schema_version()
            ),
        ),
        Err(error) => checks.add("database", State::Error, error.to_string()),
    }
    if let Err(error) = look_at_time_gone_by(&app, accept_clock, checks).await {
        checks.add("clock", State::Error, error.to_string());
    }
    let mut rows = look_at_rows(&app, checks).await;
    if rows.is_ok() {
        rows = doctor_texts::look(&app, checks).await;
    }
    if let Err(stop) = rows {
        checks.add("database", State::Error, format!("{stop:?}"));
    }
    app.store.close().await;
}

/// The machine's clock beside the time the servers of this database went by.
async fn look_at_time_gone_by(
    app: &App,
    accept_clock: bool,
    checks: &mut Checks,
) -> twinlock_db::DbResult<()> {
    let (name, now) = ("clock", SystemClock.now());
    if accept_clock {
        clock_mark::accept(&app.store, now).await?;
        let text = format!(
            "{} is right, by your word; running servers follow it within a minute",
            now.rfc3339()
        );
        checks.add(name, State::Ok, text);
        return Ok(());
    }
    let doubt = clock_mark::doubt(&app.store).await?;
    let seen = clock_mark::seen(&app.store).await?;
    let wrong = match (doubt, seen) {
        (Some(doubt), _) => Some(doubt.believed),
        (None, Some(mark)) if !may_follow(mark.seen, now) => Some(mark.seen),
        _ => None,
    };
    if let Some(believed) = wrong {
        let text = format!(
            "it says {}, the service goes by {}. Set it and keep it with NTP; if it is right, run: twinlock doctor --accept-clock",
            now.rfc3339(),
            believed.rfc3339()
        );
        checks.add(name, State::Error, text);
    }
    Ok(())
}

/// What the rows tell.
struct Told {
    last_migration: Timestamp,
    waiting_mails: i64,
    administrators: usize,
    without_second_factor: usize,
}

async fn look_at_rows(app: &App, checks: &mut Checks) -> Result<(), Stop> {
    let moment = app.moment()?;
    let told = moment.read(ask).await?;
    if told.last_migration > moment.now.plus(SLACK) {
        checks.add(
            "clock",
            State::Error,
            format!(
                "the database was made at {}, which is still to come; set the clock and keep it with NTP",
                told.last_migration.rfc3339()
            ),
        );
    }
    if told.waiting_mails > 0 {
        checks.add(
            "mail",
            State::Warning,
            format!(
                "{} mails have waited for more than ten minutes; is `twinlock serve` running, and does the mail server take them?",
                told.waiting_mails
            ),
        );
    } else if app.settings.email.smtp_url.is_some() {
        checks.add(
            "mail",
            State::Ok,
            "a mail server is set, and no mail waits for it",
        );
    }
    judge_administrators(&told, checks);
    Ok(())
}

fn judge_administrators(told: &Told, checks: &mut Checks) {
    let name = "administrators";
    match told.administrators {
        0 => checks.add(
            name,
            State::Warning,
            "there is none; use the link `twinlock serve` prints at its start",
        ),
        1 => checks.add(
            name,
            State::Warning,
            "there is only one, and nobody to help them; invite another: twinlock user invite --role administrator",
        ),
        several => checks.add(name, State::Ok, several.to_string()),
    }
    if told.without_second_factor > 0 {
        checks.add(
            name,
            State::Warning,
            format!(
                "{} of {} have no two-factor authentication",
                told.without_second_factor, told.administrators
            ),
        );
    }
}

fn ask(w: &mut Work<'_, '_>) -> Result<Told, Stop> {
    let before = w.now().minus(PATIENCE);
    let last_migration = w.tx.query_opt(LAST_MIGRATION, &[], |row| row.int(0))?;
    let waiting_mails =
        w.tx.query_one(WAITING_MAILS, &[before.into()], |row| row.int(0))?;
    let administrators = account::store::administrators(w)?;
    let mut without_second_factor = 0;
    for administrator in &administrators {
        if authenticators::store::active(w, *administrator)?.is_empty() {
            without_second_factor += 1;
        }
    }
    Ok(Told {
        last_migration: Timestamp::from_millis(last_migration.unwrap_or_default()),
        waiting_mails,
        administrators: administrators.len(),
        without_second_factor,
    })
}
