//! Where one test happens: its database, its key, its clock and its mailbox, which outlive a restart of the application.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use twinlock::config::Settings;
use twinlock_db::Location;
use twinlock_delivery::MemoryMail;
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
    pub(crate) master_key: [u8; 32],
    pub(crate) seeds_drawn: Arc<AtomicU64>,
    open: Mutex<Vec<TestApp>>,
    _folder: Option<TempDir>,
    _server: Option<ThrowawayDatabase>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("twinlock.db"));
        Self::at(location, Some(folder), None)
    }

    /// `None`, and a printed line, where no server was started for the tests.
    pub(crate) fn postgres() -> Option<Self> {
        let server = test_database().unwrap()?;
        let location = server.url().parse().unwrap();
        Some(Self::at(location, None, Some(server)))
    }

    fn at(location: Location, folder: Option<TempDir>, server: Option<ThrowawayDatabase>) -> Self {
        Self {
            location,
            time: FakeTime::at_millis(START),
            mail: MemoryMail::new(),
            master_key: [7; 32],
            seeds_drawn: Arc::default(),
            open: Mutex::default(),
            _folder: folder,
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

    /// The application after its process ended and was started again.
    pub(crate) async fn restarted(&self, old: &TestApp) -> TestApp {
        old.app.store.close().await;
        self.open.lock().unwrap().clear();
        let settings = old.app.settings.clone();
        self.app_with(|all| *all = settings).await
    }

    /// Ends the test: every mail has left, and the books of every account are right.
    pub(crate) async fn finish(&self) {
        let last = self.open.lock().unwrap().last().cloned();
        if let Some(app) = last {
            app.deliver().await;
            books::close(&app).await;
        }
        let open: Vec<TestApp> = self.open.lock().unwrap().drain(..).collect();
        for app in open {
            app.app.store.close().await;
        }
    }
}
