//! The application under test: real parts, except for the clock, the mail provider and where seeds come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use twinlock::app::{
    AccountId, App, BelievedClock, Cache, Clock, Entropy, Hasher, Meters, NoEntropy, Parts, Seed,
    Steady, Stop, Timestamp, Work, relying_party,
};
use twinlock::config::{Settings, SignUp};
use twinlock::edge::texts;
use twinlock::server::clock_mark;
use twinlock::{account, outbox};
use twinlock_db::sealed::{Keyring, MasterKey};
use twinlock_db::{Locks, Store, StoreOptions, Value};
use twinlock_delivery::{Mail, MemoryMail, MemoryTexts, TextProvider};
use twinlock_testkit::clock::FakeTime;
use twinlock_web::{PublicUrl, Theme, TrustedProxies};

use super::Place;

/// The running application; clones are the same one.
#[derive(Clone)]
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) mail: MemoryMail,
    pub(crate) texts: MemoryTexts,
    pub(crate) time: FakeTime,
    pub(crate) public_url: PublicUrl,
}

/// The test's clock as the application asks it.
struct TurnedClock(FakeTime);

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.millis())
    }
}

impl Steady for TurnedClock {
    fn millis(&self) -> i64 {
        self.0.millis()
    }
}

/// Seeds that look random and are the same at every run, never twice in one place.
struct SeededEntropy(Arc<AtomicU64>);

impl Entropy for SeededEntropy {
    fn seed(&self) -> Result<Seed, NoEntropy> {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::new()
            .chain_update(b"seeds of tests")
            .chain_update(n.to_be_bytes());
        Ok(Seed(hash.finalize().into()))
    }
}

/// Texts leave where the settings name somebody who delivers them; it is always the same phone.
fn provider_of(place: &Place, settings: &Settings) -> Option<Arc<dyn TextProvider>> {
    settings.sms.provider?;
    Some(Arc::new(place.texts.clone()))
}

impl TestApp {
    pub(crate) async fn start(place: &Place, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(TurnedClock(place.time.clone()));
        Self::start_by(place, clock, change).await
    }

    /// A server that goes by another clock than the place's; its person-like helpers (`forward`, `now`) do too.
    pub(crate) async fn start_by_clock(place: &Place, time: FakeTime) -> Self {
        let clock = Arc::new(TurnedClock(time.clone()));
        let mut app = Self::start_by(place, clock, |_| {}).await;
        app.time = time;
        app
    }

    /// As `serve` starts: the machine's clock is believed as long as it agrees with what was seen and with the steady count.
    pub(crate) async fn start_on_a_machine(place: &Place) -> Self {
        let machine = TurnedClock(place.time.clone());
        let clock = BelievedClock::new(machine, TurnedClock(place.steady.clone()));
        Self::start_by(place, Arc::new(clock), |_| {}).await
    }

    async fn start_by(
        place: &Place,
        clock: Arc<dyn Clock>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let mut settings = Settings::default();
        settings.keys.master_key_file.clone_from(&place.key_file);
        settings.server.public_url = String::from("https://login.example.org");
        settings.sign_in.sign_up = SignUp::Open;
        change(&mut settings);
        let store = Store::open(&place.location, StoreOptions::default())
            .await
            .unwrap();
        store
            .migrate(twinlock::server::MIGRATIONS, place.time.millis())
            .await
            .unwrap();
        if let Some(mark) = clock_mark::seen(&store).await.unwrap() {
            clock.hear(mark);
        }
        let entropy = Arc::new(SeededEntropy(Arc::clone(&place.seeds_drawn)));
        let mut draw = entropy.seed().unwrap().draw("start");
        let keyring = Keyring::open_stored(
            &store,
            &MasterKey::with_successor(&settings.keys.master_key_file).unwrap(),
            draw.bytes(),
            place.time.millis(),
        )
        .await
        .unwrap();
        let epoch = twinlock::server::restore::epoch(&store).await.unwrap();
        let meters = Meters::default();
        let app = App::new(Parts {
            store,
            keyring,
            clock,
            entropy,
            theme: Theme::new(&settings.branding.accent).unwrap(),
            catalog: texts::catalog().unwrap(),
            webauthn: relying_party(&settings),
            hasher: Hasher::new(2, meters.clone(), &mut draw).unwrap(),
            meters,
            mail: Arc::new(place.mail.clone()),
            texts: provider_of(place, &settings),
            texts_bell: Notify::new(),
            texts_in_trouble: AtomicBool::new(false),
            sessions: Cache::default(),
            outbox_bell: Notify::new(),
            mail_in_trouble: AtomicBool::new(false),
            epoch,
            settings,
        });
        let public_url = PublicUrl::parse(&app.settings.server.public_url).unwrap();
        let proxies = TrustedProxies::parse(&app.settings.server.trusted_proxies).unwrap();
        Self {
            router: twinlock::routes::router(&app, public_url.clone(), proxies),
            app,
            mail: place.mail.clone(),
            texts: place.texts.clone(),
            time: place.time.clone(),
            public_url,
        }
    }

    /// The time by the application's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Lets time pass.
    pub(crate) fn forward(&self, seconds: u64) {
        self.time.forward(Duration::from_secs(seconds));
    }

    /// Hands over what is due, until nothing is.
    pub(crate) async fn deliver(&self) {
        while outbox::flow::pass(&self.app, account::mail_settled)
            .await
            .unwrap()
            > 0
        {}
    }

    /// Every mail handed over to an address, oldest first.
    pub(crate) async fn mails_to(&self, address: &str) -> Vec<Mail> {
        self.deliver().await;
        let mut mails = self.mail.sent();
        mails.retain(|mail| mail.to == address);
        mails
    }

    /// The newest mail to an address.
    pub(crate) async fn last_mail_to(&self, address: &str) -> Mail {
        let mut mails = self.mails_to(address).await;
        mails
            .pop()
            .unwrap_or_else(|| panic!("no mail to {address}"))
    }

    /// The code in the newest mail to an address.
    pub(crate) async fn mailed_code(&self, address: &str) -> String {
        code_in(&self.last_mail_to(address).await)
    }

    /// The newest mail to an address with this in its subject.
    pub(crate) async fn last_mail_about(&self, address: &str, subject: &str) -> Mail {
        let mut mails = self.mails_to(address).await;
        mails.retain(|mail| mail.subject.contains(subject));
        mails
            .pop()
            .unwrap_or_else(|| panic!("no mail to {address} about {subject:?}"))
    }

    /// How many mails to an address have this in their subject.
    pub(crate) async fn mails_about(&self, address: &str, subject: &str) -> usize {
        let mails = self.mails_to(address).await;
        mails
            .iter()
            .filter(|mail| mail.subject.contains(subject))
            .count()
    }

    /// The same under an account's lock, as everything that changes an account.
    pub(crate) async fn work_on<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl Fn(&mut Work<'_, '_>) -> Result<T, Stop> + Send + Sync + 'static,
    ) -> T {
        let moment = self.app.moment().unwrap();
        let locks = Locks::account(account.0);
        moment.write(locks, work).await.unwrap()
    }

    /// Runs statements in one transaction of the application itself.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Work<'_, '_>) -> Result<T, Stop> + Send + Sync + 'static,
    ) -> Result<T, Stop> {
        let moment = self.app.moment().unwrap();
        moment.write(Locks::none(), work).await
    }

    /// Changes rows behind the application's back, as a fault or somebody with the database's password does.
    pub(crate) async fn tamper(&self, sql: &'static str, values: &[Value]) -> u64 {
        let values = values.to_vec();
        let changed = self
            .app
            .store
            .write(Locks::none(), move |tx| tx.execute(sql, &values));
        changed.await.unwrap()
    }

    /// One number from the database.
    pub(crate) async fn number(&self, sql: &'static str, values: &[Value]) -> i64 {
        let values = values.to_vec();
        let found = self
            .app
            .store
            .read(move |tx| tx.query_one(sql, &values, |row| row.int(0)));
        found.await.unwrap()
    }
}

/// The code a mail carries: the one line that stands alone, indented.
pub(crate) fn code_in(mail: &Mail) -> String {
    code_in_text(&mail.text).unwrap_or_else(|| panic!("no code in {:?}", mail.text))
}

/// The same, if there is one.
pub(crate) fn code_in_text(text: &str) -> Option<String> {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 9 && line.as_bytes().get(4) == Some(&b'-'));
    line.map(str::to_owned)
}
