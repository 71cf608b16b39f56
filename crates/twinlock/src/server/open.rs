//! Putting the application together.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, bail};
use tokio::sync::Notify;
use twinlock_db::sealed::{Keyring, MasterKey};
use twinlock_db::{Location, OwnerGuard, Store, StoreOptions};
use twinlock_delivery::{MailProvider, TextProvider};
use twinlock_web::Theme;

use crate::app::{App, Cache, Clock, Entropy, Hasher, Meters, Parts, Seed, Stop, relying_party};
use crate::audit;
use crate::config::Settings;
use crate::edge::texts;
use crate::outbox::NOT_CONFIGURED;
use crate::text_messages;

use super::clock_mark;
use super::migrations::{MIGRATIONS, schema_version};
use super::restore;

const ANY_DATA_KEY: &str = "SELECT key_id FROM data_key ORDER BY key_id LIMIT 1";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &{
    let [a, b, c, d, e, f, g, h, i, j, k] = restore::ENDS;
    [
        ANY_DATA_KEY,
        restore::EPOCH,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
    ]
};

/// What the application takes from the world around it.
pub struct Surroundings {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Where mail leaves.
    pub mail: Arc<dyn MailProvider>,
    /// Where texts leave, where somebody delivers them.
    pub texts: Option<Arc<dyn TextProvider>>,
}

/// How the database is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Made and brought up to date where needed: `serve`, `migrate`, `demo`.
    BringUpToDate,
    /// Must be there and of this program's schema: commands that work beside `serve`.
    AsItIs,
}

/// An application, and its right to be the only one on its database file.
pub struct Opened {
    /// The application.
    pub app: App,
    /// Held for as long as this process may serve; `None` beside another one.
    pub owner: Option<OwnerGuard>,
    /// Versions of the schema that were applied now.
    pub applied: Vec<u32>,
}

/// Opens database and keys and puts the application together.
///
/// # Errors
/// What could not be opened, and what to do about it.
pub async fn open(
    settings: Settings,
    around: Surroundings,
    opening: Opening,
) -> anyhow::Result<Opened> {
    let (store, owner, applied) = open_store(&settings, &around, opening).await?;
    // Before anybody asks for the time: the machine's clock may be wrong.
    if let Some(mark) = clock_mark::seen(&store).await? {
        around.clock.hear(mark);
    }
    let seed = around.entropy.seed()?;
    let key_file = &settings.keys.master_key_file;
    let masters = master_keys(&store, key_file, &seed, opening).await?;
    let keyring = Keyring::open_stored(
        &store,
        &masters,
        seed.draw("data key").bytes(),
        around.clock.now().as_millis(),
    )
    .await
    .with_context(|| wrong_key_file(key_file))?;
    let epoch = restore::epoch(&store).await?;
    if around.texts.is_some() {
        // What is known of numbers takes a moment to unpack: not while somebody waits.
        text_messages::rules::load();
    }
    let meters = Meters::default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let app = App::new(Parts {
        store,
        keyring,
        hasher: Hasher::new(cores, meters.clone(), &mut seed.draw("hasher"))?,
        theme: Theme::new(&settings.branding.accent).map_err(anyhow::Error::msg)?,
        catalog: texts::catalog().context("the texts built into the program")?,
        webauthn: relying_party(&settings),
        settings,
        clock: around.clock,
        entropy: around.entropy,
        // Nothing will be accepted, so the first letter need not fail for people to be told.
        mail_in_trouble: AtomicBool::new(around.mail.name() == NOT_CONFIGURED),
        mail: around.mail,
        sessions: Cache::default(),
        outbox_bell: Notify::new(),
        texts: around.texts,
        texts_bell: Notify::new(),
        texts_in_trouble: AtomicBool::new(false),
        meters,
        epoch,
    });
    if opening == Opening::BringUpToDate {
        keep_record(&app, &applied).await?;
    }
    Ok(Opened {
        app,
        owner,
        applied,
    })
}

/// Brings the record up to date, and writes down what is new about the instance.
async fn keep_record(app: &App, applied: &[u32]) -> anyhow::Result<()> {
    let failed = |stop: Stop| anyhow::anyhow!("the record of events: {stop:?}");
    let renewed = audit::flow::renewal::renew(app).await.map_err(failed)?;
    if renewed > 0 {
        tracing::info!(
            renewed,
            "chains of events were brought to this release's format"
        );
    }
    audit::flow::start::note(app, applied).await.map_err(failed)
}

async fn open_store(
    settings: &Settings,
    around: &Surroundings,
    opening: Opening,
) -> anyhow::Result<(Store, Option<OwnerGuard>, Vec<u32>)> {
    let location: Location = settings.database.url.parse().context("database.url")?;
    if opening == Opening::AsItIs
        && let Location::Sqlite(path) = &location
        && !path.exists()
    {
        bail!(
            "there is no database at {}; run this where the settings are, name them with --config, or make it with `twinlock migrate`",
            path.display()
        );
    }
    let store = Store::open(&location, StoreOptions::default())
        .await
        .context("the database (database.url)")?;
    match opening {
        Opening::BringUpToDate => {
            // Before anything is changed: another release may be serving this file.
            let owner = store.sole_owner().await?;
            let applied = store
                .migrate(MIGRATIONS, around.clock.now().as_millis())
                .await
                .context("bringing the database up to date")?;
            Ok((store, Some(owner), applied))
        }
        Opening::AsItIs => match store.schema_version().await? {
            Some(version) if version == schema_version() => Ok((store, None, Vec::new())),
            Some(version) if version > schema_version() => bail!(
                "the database has schema version {version}, this release knows only up to {}: use the newer release",
                schema_version()
            ),
            _ => bail!("the database is not up to date; run `twinlock migrate`"),
        },
    }
}

/// The key outside the database, and its successor while it is being changed; made the first time, never when the database was
/// sealed with another.
async fn master_keys(
    store: &Store,
    file: &Path,
    seed: &Seed,
    opening: Opening,
) -> anyhow::Result<Vec<MasterKey>> {
    if file.exists() || MasterKey::successor_of(file).exists() {
        return Ok(MasterKey::with_successor(file)?);
    }
    let has_keys = store
        .read(|tx| tx.query_opt(ANY_DATA_KEY, &[], |row| row.int(0)))
        .await?
        .is_some();
    if has_keys {
        bail!(
            "the key file {} is missing, and what is in the database was sealed with it; restore it from where it was kept (keys.master_key_file)",
            file.display()
        );
    }
    if opening == Opening::AsItIs {
        bail!(
            "there is no key file at {} yet; start `twinlock serve` once (keys.master_key_file)",
            file.display()
        );
    }
    let made = MasterKey::generate_file(file, seed.draw("master key").bytes())?;
    Ok(vec![made])
}

fn wrong_key_file(file: &Path) -> String {
    let file = file.display();
    format!(
        "the keys of the database; is {file} the key file that belongs to it? A backup made before the master key was changed needs the one kept as {file}.before-…"
    )
}
