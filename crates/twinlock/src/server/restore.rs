//! What a copy of the database that is put back must not bring back: sessions, sign-ins, codes, links and trust that were used up or
//! ended after the copy was made.
//!
//! Nobody can tell which of them were, so all of them die; each restore begins a new epoch, and what carries an older one is dead too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use twinlock_db::{DbResult, Location, Locks, OwnerGuard, Store, StoreOptions};

use crate::app::{App, Stop, SystemClock, SystemEntropy, Timestamp, Work};
use crate::config::{Email, Settings};
use crate::sign_up;

use super::{Opening, Surroundings, clock_mark, open, provider};

/// How far the clock may be behind what was written down earlier.
const SLACK: Duration = Duration::from_secs(120);
const EPOCH_FACT: &str = "epoch";
const RESTORED_FACT: &str = "restored_at";

pub(super) const EPOCH: &str = "SELECT value FROM instance_fact WHERE name = 'epoch'";
// Cross-account, each of them: a restore is for everybody.
const END_SESSIONS: &str = "DELETE FROM session";
const END_SIGN_INS: &str = "DELETE FROM sign_in";
const END_CODES: &str = "DELETE FROM challenge";
const FORGET_DEVICES: &str = "DELETE FROM device";
const END_LINKS: &str = "DELETE FROM undo_link";
const END_INVITATIONS: &str = "UPDATE invitation SET used_at = ?1 WHERE used_at IS NULL";
const END_SHEETS: &str = "UPDATE backup_code_sheet SET ended_at = ?1 WHERE ended_at IS NULL";
const WIPE_CODES: &str = "UPDATE backup_code SET sealed = NULL WHERE sealed IS NOT NULL";
const END_MAILS: &str =
    "UPDATE outbox SET state = 'expired', sealed = NULL, settled_at = ?1 WHERE state = 'queued'";
const END_ENROLMENTS: &str =
    "UPDATE authenticator SET expires_at = ?1 WHERE state = 'pending' AND expires_at > ?1";
// Two steps beyond now: the latest that a phone running ahead could have used.
const RAISE_STEPS: &str = "UPDATE totp SET last_step = CAST(?1 AS BIGINT) / period + 2 WHERE last_step < CAST(?1 AS BIGINT) / period + 2";

/// Every statement here but [`EPOCH`], for the test that prepares them all.
pub(super) const ENDS: [&str; 11] = [
    END_SESSIONS,
    END_SIGN_INS,
    END_CODES,
    FORGET_DEVICES,
    END_LINKS,
    END_INVITATIONS,
    END_SHEETS,
    WIPE_CODES,
    END_MAILS,
    END_ENROLMENTS,
    RAISE_STEPS,
];

/// How much died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Marked {
    /// The epoch that began.
    pub epoch: i64,
    /// Sessions that ended.
    pub sessions: u64,
    /// Sheets of backup codes that are no longer good.
    pub backup_code_sheets: u64,
    /// Known and trusted devices that were forgotten.
    pub devices: u64,
}

/// The epoch of a database: how often it was restored.
///
/// # Errors
/// The database's trouble.
pub async fn epoch(store: &Store) -> DbResult<i64> {
    let found = store
        .read(|tx| tx.query_opt(EPOCH, &[], |row| row.bytes(0)))
        .await?;
    let bytes = found.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    Ok(bytes.map_or(0, i64::from_be_bytes))
}

/// Begins a new epoch: what was open when the copy was made is dead, and no code up to now is accepted any more.
///
/// # Errors
/// The database's trouble; nothing is changed then.
pub async fn mark(app: &App) -> Result<Marked, Stop> {
    let epoch = epoch(&app.store).await?.max(app.epoch) + 1;
    app.moment()?
        .write(Locks::none(), move |w| end_everything(w, epoch))
        .await
}

fn end_everything(w: &mut Work<'_, '_>, epoch: i64) -> Result<Marked, Stop> {
    let now = w.now();
    let sessions = w.tx.execute(END_SESSIONS, &[])?;
    w.tx.execute(END_SIGN_INS, &[])?;
    w.tx.execute(END_CODES, &[])?;
    let devices = w.tx.execute(FORGET_DEVICES, &[])?;
    w.tx.execute(END_LINKS, &[])?;
    w.tx.execute(END_INVITATIONS, &[now.into()])?;
    let backup_code_sheets = w.tx.execute(END_SHEETS, &[now.into()])?;
    w.tx.execute(WIPE_CODES, &[])?;
    w.tx.execute(END_MAILS, &[now.into()])?;
    w.tx.execute(END_ENROLMENTS, &[now.into()])?;
    w.tx.execute(RAISE_STEPS, &[(now.as_millis() / 1000).into()])?;
    sign_up::store::set_fact(w, EPOCH_FACT, &epoch.to_be_bytes())?;
    sign_up::store::set_fact(w, RESTORED_FACT, &now.as_millis().to_be_bytes())?;
    Ok(Marked {
        epoch,
        sessions,
        backup_code_sheets,
        devices,
    })
}

/// A copy that stands in the database's place.
#[derive(Debug)]
pub struct Restored {
    /// What died.
    pub marked: Marked,
    /// Where the database before was moved to, if there was one.
    pub moved_to: Option<PathBuf>,
}

/// Puts a copy made by `twinlock backup` in the place of a SQLite database that nobody serves. The copy itself is left as it is, and
/// the database before is kept beside the new one. Nothing is changed until the copy was opened with the key file, checked, brought
/// up to date and marked.
///
/// # Errors
/// What is wrong with the copy, or that the database is being served.
pub async fn put_back(settings: &Settings, copy: &Path) -> anyhow::Result<Restored> {
    let location: Location = settings.database.url.parse().context("database.url")?;
    let Location::Sqlite(place) = location else {
        bail!(
            "a PostgreSQL database is put back with its own tools, such as pg_restore; then run `twinlock restore --mark`"
        );
    };
    // Without opening it: it may be what is broken.
    let _owner = OwnerGuard::of_file(&place)
        .context("stop `twinlock serve` first: a database in use cannot be replaced")?;
    let key = &settings.keys.master_key_file;
    if !key.exists() {
        bail!(
            "the key file {} is missing, and the copy cannot be read without it; put it back first (keys.master_key_file)",
            key.display()
        );
    }
    let fresh = beside(&place, ".restoring");
    take_copy(copy, &fresh)?;
    let marked = prepare(settings, &fresh).await;
    let put = marked.and_then(|marked| {
        let moved_to = exchange(&place, &fresh)?;
        Ok(Restored { marked, moved_to })
    });
    // Left over after a fault, and the lock of a name that nobody uses any more.
    for end in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(beside(&fresh, end));
    }
    put
}

fn take_copy(copy: &Path, fresh: &Path) -> anyhow::Result<()> {
    let shown = copy.display();
    let log = std::fs::metadata(beside(copy, "-wal"));
    if log.is_ok_and(|log| log.len() > 0) {
        bail!(
            "{shown} was copied while it was in use, and what is in {shown}-wal would be lost; make copies with `twinlock backup`"
        );
    }
    let mut begin = [0; 16];
    let opened = std::fs::File::open(copy);
    opened
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut begin))
        .with_context(|| format!("{shown} cannot be read"))?;
    if &begin != b"SQLite format 3\0" {
        bail!("{shown} is not a SQLite database");
    }
    std::fs::copy(copy, fresh).with_context(|| format!("copying {shown}"))?;
    private(fresh)
}

fn private(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
    Ok(())
}

/// Checks, migrates and marks the copy where it lies.
async fn prepare(settings: &Settings, fresh: &Path) -> anyhow::Result<Marked> {
    check(fresh).await?;
    let mut settings = settings.clone();
    settings.database.url = format!("sqlite:{}", fresh.display());
    mark_database(settings).await
}

/// Brings the database of the settings up to date and marks it as restored now; nobody may serve it. Whoever restores vouches for the
/// machine's clock: the service will not doubt that so much time has passed since the copy was made.
///
/// # Errors
/// What cannot be opened, or a clock that is behind what is in the copy.
pub async fn mark_database(settings: Settings) -> anyhow::Result<Marked> {
    let around = Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        mail: provider(&Email::default())?,
        texts: None,
    };
    let opened = open(settings, around, Opening::BringUpToDate).await?;
    let marked = mark_by_this_clock(&opened.app).await;
    opened.app.store.close().await;
    marked
}

async fn mark_by_this_clock(app: &App) -> anyhow::Result<Marked> {
    if let Some(mark) = clock_mark::seen(&app.store).await?
        && mark.seen > now().plus(SLACK)
    {
        bail!(
            "the clock says {}, but the database was in use at {}: set the clock first, or codes that were used would be accepted again",
            now().rfc3339(),
            mark.seen.rfc3339()
        );
    }
    let marked = mark(app).await;
    let marked = marked.map_err(|stop| anyhow::anyhow!("it could not be marked: {stop:?}"))?;
    clock_mark::accept(&app.store, now()).await?;
    Ok(marked)
}

async fn check(fresh: &Path) -> anyhow::Result<()> {
    let location = Location::Sqlite(fresh.to_owned());
    let store = Store::open(&location, StoreOptions::default()).await?;
    let found = store
        .read(|tx| tx.query_one("PRAGMA integrity_check(1)", &[], |row| row.text(0)))
        .await;
    let version = store.schema_version().await;
    store.close().await;
    let found = found.context("the copy is damaged")?;
    if found != "ok" {
        bail!("the copy is damaged: {found}");
    }
    match version {
        Ok(Some(_)) => Ok(()),
        Ok(None) => bail!("the copy is not a database of Twinlock"),
        Err(error) => Err(error).context("the copy is not a database of Twinlock"),
    }
}

/// The database before goes aside, the new one takes its name.
fn exchange(place: &Path, fresh: &Path) -> anyhow::Result<Option<PathBuf>> {
    let moved_to = if place.exists() {
        let stamp = now().rfc3339().replace([':', '-'], "");
        let aside = beside(place, &format!(".before-{stamp}"));
        for end in ["-wal", "-shm", ""] {
            let from = beside(place, end);
            if from.exists() {
                std::fs::rename(&from, beside(&aside, end))
                    .with_context(|| format!("moving {} aside", from.display()))?;
            }
        }
        Some(aside)
    } else {
        None
    };
    std::fs::rename(fresh, place).with_context(|| format!("naming {}", place.display()))?;
    let folder = place.parent().filter(|path| !path.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(moved_to)
}

fn now() -> Timestamp {
    use crate::app::Clock as _;
    SystemClock.now()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
