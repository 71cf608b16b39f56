//! Where one test happens: its database, its key, its clock and its mailbox, which outlive a restart of the application.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use twinlock::config::Settings;
use twinlock_db::Location;
use twinlock_db::sealed::MasterKey;
use twinlock_delivery::{MemoryMail, MemoryTexts};
use twinlock_testkit::clock::FakeTime;
use twinlock_testkit::postgres::{ThrowawayDatabase, test_database};

use super::TestApp;
use super::books;

/// Ten seconds into a step of thirty, at the start of an hour.
pub(crate) const START: i64 = 1_800_000_010_000;

/// See the module's text.
pub(crate) struct Place {
    pub(crate) location: Location,
    pub(crate) time: FakeTime,
    pub(crate) mail: MemoryMail,
    pub(crate) texts: MemoryTexts,
    /// What the machine counts since it was started; it stands still unless a test moves it.
    pub(crate) steady: FakeTime,
    pub(crate) key_file: PathBuf,
    pub(crate) seeds_drawn: Arc<AtomicU64>,
    open: Mutex<Vec<TestApp>>,
    pub(crate) folder: TempDir,
    _server: Option<ThrowawayDatabase>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("twinlock.db"));
        Self::at(location, folder, None)
    }

    /// `None`, and a printed line, where no server was started for the tests.
    pub(crate) fn postgres() -> Option<Self> {
        let server = test_database().unwrap()?;
        let location = server.url().parse().unwrap();
        Some(Self::at(
            location,
            tempfile::tempdir().unwrap(),
            Some(server),
        ))
    }

    fn at(location: Location, folder: TempDir, server: Option<ThrowawayDatabase>) -> Self {
        let key_file = folder.path().join("twinlock.key");
        MasterKey::generate_file(&key_file, [7; 32]).unwrap();
        Self {
            location,
            time: FakeTime::at_millis(START),
            mail: MemoryMail::new(),
            texts: MemoryTexts::new(),
            steady: FakeTime::at_millis(0),
            key_file,
            seeds_drawn: Arc::default(),
            open: Mutex::default(),
            folder,
            _server: server,
        }
    }

    /// The application with settings most tests want: https, sign-up open.
    pub(crate) async fn app(&self) -> TestApp {
        self.app_with(|_| {}).await
    }

    /// The application with changed settings. A second one on the same place is a second server.
    pub(crate) async fn app_with(&self, change: impl FnOnce(&mut Settings)) -> TestApp {
        let app = TestApp::start(self, change).await;
        self.open.lock().unwrap().push(app.clone());
        app
    }

    /// A second server with a clock of its own.
    pub(crate) async fn app_by(&self, clock: FakeTime) -> TestApp {
        let app = TestApp::start_by_clock(self, clock).await;
        self.open.lock().unwrap().push(app.clone());
        app
    }

    /// The application on a machine whose clock may be wrong: the clock of the place is the machine's, its steady count runs apart.
    pub(crate) async fn app_on_a_machine(&self) -> TestApp {
        let app = TestApp::start_on_a_machine(self).await;
        self.open.lock().unwrap().push(app.clone());
        app
    }

    /// The application after its process ended and was started again.
    pub(crate) async fn restarted(&self, old: &TestApp) -> TestApp {
        old.app.store.close().await;
        self.open.lock().unwrap().clear();
        let settings = old.app.settings.clone();
        self.app_with(|all| *all = settings).await
    }

    /// The same on a machine whose clock may be wrong.
    pub(crate) async fn restarted_on_a_machine(&self, old: &TestApp) -> TestApp {
        old.app.store.close().await;
        self.open.lock().unwrap().clear();
        self.app_on_a_machine().await
    }

    /// Ends the test: every mail has left, and the books of every account are right.
    pub(crate) async fn finish(&self) {
        let last = self.open.lock().unwrap().last().cloned();
        if let Some(app) = last {
            // A notice that stands for a whole hour leaves when the hour is over.
            app.forward(3600);
            app.deliver().await;
            books::close(&app).await;
        }
        let open: Vec<TestApp> = self.open.lock().unwrap().drain(..).collect();
        for app in open {
            app.app.store.close().await;
        }
    }
}
