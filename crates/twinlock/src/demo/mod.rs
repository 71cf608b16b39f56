//! The demo: the whole product with a simulated phone, a simulated inbox and a clock that can be moved, on loopback only.
//!
//! Nothing of it is ever mounted by `serve`. Its accounts, their passwords and the keys on its phone are for show.

mod clock;
mod folder;
mod inbox;
mod pages;
mod phone;
mod seed;
mod specimens;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::Router;
use tokio::task::JoinSet;
use twinlock_web::{PublicUrl, TrustedProxies};

use crate::app::{App, SystemEntropy};
use crate::config::Settings;
use crate::routes;
use crate::server::{self, Opening, Surroundings};

pub use clock::DemoClock;
pub use inbox::{Inbox, Shown};
pub use phone::Phone;
pub use seed::{Seeded, SeededAccount};

use folder::Folder;
use twinlock_db::OwnerGuard;

/// The settings of the demo, also a file to start from.
pub const SETTINGS: &str = include_str!("../../../../examples/demo.toml");

/// Every statement of the demo, for the test that prepares them all.
pub const STATEMENTS: &[&[&str]] = &[phone::STATEMENTS, seed::STATEMENTS];

/// A demo that is ready to be served.
pub struct Demo {
    /// The application.
    pub app: App,
    /// Its clock.
    pub clock: DemoClock,
    /// Every mail it sent.
    pub inbox: Inbox,
    /// The authenticator app.
    pub phone: Phone,
    /// Who and what is there from the start.
    pub seeded: Seeded,
    /// Where it is reached.
    pub url: String,
    /// Where it keeps its files.
    folder: Folder,
    _owner: Option<OwnerGuard>,
    /// What the phone reports; ends with the demo.
    _reports: JoinSet<()>,
}

impl Demo {
    /// Makes the demo, or takes up the one that `data` holds. Without `data` everything goes when the demo is dropped.
    ///
    /// # Errors
    /// An address that is not loopback, settings that make no sense, or a folder that cannot be used.
    pub async fn open(
        mut settings: Settings,
        listen: SocketAddr,
        data: Option<PathBuf>,
    ) -> anyhow::Result<Arc<Self>> {
        if !listen.ip().is_loopback() {
            bail!("the demo listens on loopback only, such as 127.0.0.1:8080");
        }
        let folder = Folder::open(data)?;
        settings.server.listen = listen.to_string();
        settings.server.public_url = url_of(listen);
        settings.server.trusted_proxies.clear();
        settings.database.url = format!("sqlite:{}", folder.file("twinlock.db").display());
        settings.keys.master_key_file = folder.file("twinlock.key");
        settings.email.smtp_url = None;
        let url = settings.server.public_url.clone();
        let clock = DemoClock::open(folder.file("clock"))?;
        let (inbox, arrived) = Inbox::new(clock.clone());
        let around = Surroundings {
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SystemEntropy),
            mail: Arc::new(inbox.clone()),
            texts: Some(Arc::new(inbox.clone())),
        };
        let opened = server::open(settings, around, Opening::BringUpToDate).await?;
        let app = opened.app;
        let mut reports = JoinSet::new();
        reports.spawn(inbox::report(app.clone(), arrived));
        let phone = Phone::open(folder.file("phone.json"))?;
        let seeded = seed::take_up(&app, &phone, &folder.file("demo.json")).await?;
        Ok(Arc::new(Self {
            app,
            clock,
            inbox,
            phone,
            seeded,
            url,
            folder,
            _owner: opened.owner,
            _reports: reports,
        }))
    }

    /// The product's routes and, beside them, the demo's own.
    ///
    /// # Errors
    /// None in practice: the address is the demo's own.
    pub fn router(self: &Arc<Self>) -> anyhow::Result<Router> {
        let public_url = PublicUrl::parse(&self.url).context("the demo's address")?;
        let mut routes = routes::table();
        routes.extend(pages::routes(self));
        routes.extend(specimens::routes());
        Ok(routes::mounted(
            &self.app,
            public_url,
            TrustedProxies::default(),
            routes,
        ))
    }

    /// Whether the demo's files stay when it ends, and where they are.
    #[must_use]
    pub fn kept_in(&self) -> Option<&std::path::Path> {
        self.folder.kept()
    }
}

/// Browsers treat `localhost` best; other loopback addresses are named as they are.
fn url_of(listen: SocketAddr) -> String {
    match listen.ip().to_string().as_str() {
        "127.0.0.1" | "::1" => format!("http://localhost:{}", listen.port()),
        _ => format!("http://{listen}"),
    }
}
