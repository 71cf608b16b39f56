//! What a request can reach: the store, the clock, randomness, keys and settings, and the frame every use case runs in.
//!
//! A use case takes a [`Moment`] (one instant, one seed, one client), does slow work before or after, and does its reading and
//! writing in one closure over [`Work`]. The closure may run more than once; nothing in it asks the machine for time or randomness.

mod believed;
mod cache;
mod client;
mod clock;
mod hasher;
mod id;
mod keys;
mod meters;
mod refusal;
mod relying_party;
mod text;
mod token;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use twinlock_db::sealed::{Keyring, Place, SealError};
use twinlock_db::{DbError, Locks, Store, Tx};
use twinlock_delivery::{MailProvider, TextProvider};
use twinlock_web::Theme;
use twinlock_web::i18n::{Catalog, Messages};
use webauthn_rs::Webauthn;
use zeroize::Zeroizing;

pub use believed::{BelievedClock, Steady, SystemSteady, may_follow};
pub use cache::Cache;
pub use client::Client;
pub use clock::{
    Clock, Doubt, Draw, Entropy, Mark, NoEntropy, Seed, SystemClock, SystemEntropy, Timestamp,
};
pub use hasher::Hasher;
pub use id::{
    AccountId, ApiKeyId, ApplicationId, AuthenticatorId, DeviceId, InvitationId, MessageId,
    NotAnId, OrganizationId, SessionId, SignInId, UndoLinkId,
};
pub use meters::{Meters, RouteFigures, Tally};
pub use refusal::{Fault, FrozenBy, Refusal, Stop};
pub use relying_party::{KEY_TIMEOUT, relying_party};
pub use text::is_deceptive;
pub use token::{Secret, Token};

use crate::config::Settings;

/// The running application; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the application is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The keys that seal and sign.
    pub keyring: Keyring,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Settings in force.
    pub settings: Settings,
    /// Whom security keys answer to, where they can.
    pub webauthn: Option<Webauthn>,
    /// Texts in all languages.
    pub catalog: Catalog,
    /// The pool that hashes passwords.
    pub hasher: Hasher,
    /// The accent colour's stylesheet.
    pub theme: Theme,
    /// Where mail leaves.
    pub mail: Arc<dyn MailProvider>,
    /// Where texts leave, where somebody delivers them.
    pub texts: Option<Arc<dyn TextProvider>>,
    /// Rung after a text was put on its way.
    pub texts_bell: Notify,
    /// Whether the last text could not be handed over.
    pub texts_in_trouble: AtomicBool,
    /// Sessions seen a moment ago.
    pub sessions: Cache,
    /// Rung after a message was put in the outbox.
    pub outbox_bell: Notify,
    /// Whether the last mail could not be handed over.
    pub mail_in_trouble: AtomicBool,
    /// What the process counts about itself.
    pub meters: Meters,
    /// Raised by each restore; sessions and codes of an older epoch are dead.
    pub epoch: i64,
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Puts the parts together and lets the session cache hear of every account that is written.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let app = Self(Arc::new(parts));
        let cache = app.sessions.clone();
        app.store
            .on_account_write(Arc::new(move |account| cache.forget(AccountId(*account))));
        app
    }

    /// A moment for work nobody asked for over the network: start-up, the command line, the outbox.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn moment(&self) -> Result<Moment, Stop> {
        Ok(self.moment_of(Client::local(), self.entropy.seed()?))
    }

    /// The moment of one request, whose randomness comes from `seed`.
    #[must_use]
    pub fn moment_of(&self, client: Client, seed: Seed) -> Moment {
        Moment {
            app: self.clone(),
            now: self.clock.now(),
            seed,
            client: Arc::new(client),
        }
    }
}

/// One instant of one use case.
#[derive(Clone)]
pub struct Moment {
    /// The application.
    pub app: App,
    /// The time of the whole use case.
    pub now: Timestamp,
    /// Randomness of the whole use case.
    pub seed: Seed,
    /// Who asks.
    pub client: Arc<Client>,
}

impl Moment {
    /// One transaction. A refusal commits, a fault rolls back.
    ///
    /// # Errors
    /// What `work` says, or the database's trouble.
    pub async fn write<T, F>(&self, locks: Locks, work: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: Fn(&mut Work<'_, '_>) -> Result<T, Stop> + Send + Sync + 'static,
    {
        let moment = self.clone();
        let after = Arc::new(After::default());
        let noted = Arc::clone(&after);
        let work = Arc::new(move |tx: &mut Tx<'_>| run(&moment, tx, &noted, &work));
        let attempt = || {
            let work = Arc::clone(&work);
            let locks = locks.clone();
            self.app.store.write(locks, move |tx| work(tx))
        };
        let mut outcome = attempt().await;
        if self.app.learned_a_key(&outcome).await {
            outcome = attempt().await;
        }
        // Only now is the message there for the outbox to find.
        if after.posted.load(Ordering::Relaxed) {
            self.app.outbox_bell.notify_one();
        }
        if after.texted.load(Ordering::Relaxed) {
            self.app.texts_bell.notify_one();
        }
        if outcome.is_ok() {
            self.app.meters.add(&after.tallies());
        }
        settle(outcome)
    }

    /// One consistent look, never used to decide a single use.
    ///
    /// # Errors
    /// What `work` says, or the database's trouble.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: Fn(&mut Work<'_, '_>) -> Result<T, Stop> + Send + Sync + 'static,
    {
        let moment = self.clone();
        let work = Arc::new(move |tx: &mut Tx<'_>| run(&moment, tx, &After::default(), &work));
        let attempt = || {
            let work = Arc::clone(&work);
            self.app.store.read(move |tx| work(tx))
        };
        let mut outcome = attempt().await;
        if self.app.learned_a_key(&outcome).await {
            outcome = attempt().await;
        }
        settle(outcome)
    }

    /// The same moment for a client that brings this device token before any other.
    #[must_use]
    pub fn on_device(&self, token: String) -> Self {
        let mut client = Client::clone(&self.client);
        client.device_tokens.insert(0, token);
        self.of_client(client)
    }

    /// The same moment for another client.
    #[must_use]
    pub fn of_client(&self, client: Client) -> Self {
        Self {
            client: Arc::new(client),
            ..self.clone()
        }
    }

    /// The texts in the client's language.
    #[must_use]
    pub fn messages(&self) -> Messages {
        self.app.catalog.messages(&self.client.language)
    }

    /// Randomness needed outside a transaction; `purpose` keeps streams apart.
    #[must_use]
    pub fn draw(&self, purpose: &str) -> Draw {
        self.seed.draw(purpose)
    }
}

/// What is done once a transaction is committed.
#[derive(Default)]
struct After {
    posted: AtomicBool,
    texted: AtomicBool,
    tallies: Mutex<Vec<Tally>>,
}

impl After {
    fn forget(&self) {
        self.posted.store(false, Ordering::Relaxed);
        self.texted.store(false, Ordering::Relaxed);
        self.tallies().clear();
    }

    fn tallies(&self) -> MutexGuard<'_, Vec<Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Inner<T> = Result<Result<T, Stop>, DbError>;

fn run<T>(
    moment: &Moment,
    tx: &mut Tx<'_>,
    after: &After,
    work: &impl Fn(&mut Work<'_, '_>) -> Result<T, Stop>,
) -> Inner<T> {
    // Nothing of a run before this one happened: it lost its race, or was undone with somebody else's.
    after.forget();
    let mut work_frame = Work {
        tx,
        moment,
        draw: moment.seed.draw("work"),
        after,
        missing_key: std::cell::Cell::new(None),
    };
    let answer = work(&mut work_frame);
    // Whatever the work made of it: a value that could not be read here may be one that another server sealed a moment ago.
    if let Some(key) = work_frame.missing_key.get() {
        return Err(SealError::UnknownKey(key).into());
    }
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Fault(Fault::Database(error))) => Err(error),
        Err(Stop::Fault(fault)) => Err(DbError::Statement(fault.to_string())),
        Err(refused) => Ok(Err(refused)),
    }
}

fn settle<T>(outcome: Inner<T>) -> Result<T, Stop> {
    match outcome {
        Ok(inner) => inner,
        Err(error) => Err(error.into()),
    }
}

/// The frame of one transaction: the statements, the instant, and randomness that is the same at a re-run.
pub struct Work<'a, 'tx> {
    /// Runs statements.
    pub tx: &'a mut Tx<'tx>,
    /// The instant.
    pub moment: &'a Moment,
    /// Random bytes.
    pub draw: Draw,
    after: &'a After,
    missing_key: std::cell::Cell<Option<u32>>,
}

/// Where a sealed value stands; it opens nowhere else.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// `table.column`.
    pub column: &'static str,
    /// The account that owns the row.
    pub account: AccountId,
    /// The rest of the row's key.
    pub row: &'a [u8],
}

impl Cell<'_> {
    fn place(&self) -> Place<'_> {
        let (table, column) = self.column.split_once('.').unwrap_or((self.column, ""));
        Place {
            table,
            column,
            account: &self.account.0,
            row: self.row,
        }
    }
}

impl Work<'_, '_> {
    /// The instant of the use case.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.moment.now
    }

    /// Settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.moment.app.settings
    }

    /// The keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.moment.app.keyring
    }

    /// A message was put into the outbox: it is looked at as soon as this transaction is done.
    pub fn note_posted(&self) {
        self.after.posted.store(true, Ordering::Relaxed);
    }

    /// A text was put on its way: it is looked at as soon as this transaction is done.
    pub fn note_texted(&self) {
        self.after.texted.store(true, Ordering::Relaxed);
    }

    /// Counts something, if this transaction is committed.
    pub fn count(&self, tally: Tally) {
        self.after.tallies().push(tally);
    }

    /// Seals a value to its place.
    #[must_use]
    pub fn seal(&mut self, cell: Cell<'_>, plain: &[u8]) -> Vec<u8> {
        let seed = self.draw.bytes();
        self.moment.app.keyring.seal(cell.place(), plain, &seed)
    }

    /// Opens a sealed value. A value that does not open is a fault, never "absent".
    ///
    /// # Errors
    /// When the value was changed, moved, or its key is missing.
    pub fn open(&self, cell: Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Stop> {
        let opened = self.moment.app.keyring.open(cell.place(), sealed);
        if let Err(SealError::UnknownKey(key)) = &opened {
            self.missing_key.set(Some(*key));
        }
        opened.map_err(|error| Stop::from(DbError::from(error)))
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// As [`Work::open`], or when it is not UTF-8.
    pub fn open_text(&self, cell: Cell<'_>, sealed: &[u8]) -> Result<String, Stop> {
        let plain = self.open(cell, sealed)?;
        String::from_utf8(plain.to_vec())
            .map_err(|_| Fault::Stored("sealed text is not UTF-8").into())
    }
}

/// Seals outside a transaction (before a token or a hash is stored).
#[must_use]
pub fn seal_with(moment: &Moment, draw: &mut Draw, cell: Cell<'_>, plain: &[u8]) -> Vec<u8> {
    moment.app.keyring.seal(cell.place(), plain, &draw.bytes())
}

/// Opens outside a transaction.
#[must_use]
pub fn open_with(app: &App, cell: Cell<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    app.keyring.open(cell.place(), sealed).ok()
}
