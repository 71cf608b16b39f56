//! The running program: the application put together from its settings, the listener, and what works in the background.

pub mod clock_mark;
mod framing;
mod listen;
mod mail;
pub mod metrics;
mod migrations;
mod minute;
mod notify;
mod open;
mod process;
mod redirect;
pub mod restore;
pub mod rotation;
mod sweep;
mod texts;
pub mod tls;

pub use mail::provider;
pub use migrations::{MIGRATIONS, schema_version};
pub use open::{Opened, Opening, STATEMENTS, Surroundings, open};
pub use texts::provider as text_provider;

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use twinlock_web::PublicUrl;

use crate::account;
use crate::app::App;
use crate::audit::flow::checkpoint;
use crate::outbox;
use crate::text_messages;

use listen::Way;
use tls::Tls;

/// How long requests and mails in hand may take to finish after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// The signals that end the server, listened for before anybody is told that it is there.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the signals cannot be listened for.
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT")?,
        })
    }

    /// The same for a service: SIGHUP asks for files to be read afresh and ends nothing, whether or not there are any.
    ///
    /// # Errors
    /// When the signals cannot be listened for.
    pub fn listen_as_a_service() -> anyhow::Result<Self> {
        // Whoever listened once is not ended by the signal any more.
        drop(signal(SignalKind::hangup()).context("SIGHUP")?);
        Self::listen()
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Where the program listens.
pub struct Listeners {
    /// For people and programs.
    pub people: TcpListener,
    /// TLS spoken there, if it is.
    pub tls: Option<Tls>,
    /// Plain http that leads to the public address.
    pub redirect: Option<(TcpListener, PublicUrl)>,
    /// For whoever collects the figures.
    pub figures: Option<TcpListener>,
}

impl Listeners {
    /// Plain, and nothing else.
    #[must_use]
    pub fn plain(people: TcpListener) -> Self {
        Self {
            people,
            tls: None,
            redirect: None,
            figures: None,
        }
    }
}

/// Serves until SIGTERM or SIGINT, then finishes what is in hand (ten seconds at most; a second signal ends at once) and lets go of
/// the database.
///
/// # Errors
/// None now; the signature leaves room for a part that fails to stop.
pub async fn run(
    app: &App,
    listeners: Listeners,
    router: Router,
    mut signals: StopSignals,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(outbox::flow::run(
        app.clone(),
        account::mail_settled,
        stopped.clone(),
    ));
    tasks.spawn(text_messages::flow::run(app.clone(), stopped.clone()));
    tasks.spawn(sweep::run(app.clone(), stopped.clone()));
    tasks.spawn(minute::run(app.clone(), stopped.clone()));
    tasks.spawn(checkpoint::run(app.clone(), stopped.clone()));
    listen(app, listeners, router, &stopped, &mut tasks);
    notify::ready();
    tokio::select! {
        () = signals.received() => {}
        ended = tasks.join_next() => tracing::error!(?ended, "a part of the server ended by itself"),
    }
    tracing::info!("stopping");
    notify::stopping();
    stop.send_replace(true);
    tokio::select! {
        drained = tokio::time::timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }) => {
            if drained.is_err() {
                tracing::warn!("some work was cut off");
            }
        }
        () = signals.received() => {}
    }
    tasks.shutdown().await;
    app.store.close().await;
    Ok(())
}

fn listen(
    app: &App,
    listeners: Listeners,
    router: Router,
    stop: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) {
    let way = Way {
        limit_peers: app.settings.server.trusted_proxies.is_empty(),
        tls: listeners.tls.as_ref().map(Tls::acceptor),
    };
    if let Some((listener, public_url)) = listeners.redirect {
        let way = Way {
            tls: None,
            ..way.clone()
        };
        let router = redirect::router(public_url);
        tasks.spawn(listen::accept(listener, router, way, stop.clone()));
    }
    tasks.spawn(listen::accept(listeners.people, router, way, stop.clone()));
    if let Some(figures) = listeners.figures {
        let router = metrics::router(app);
        tasks.spawn(listen::accept(figures, router, Way::PLAIN, stop.clone()));
    }
    if let Some(tls) = listeners.tls {
        tasks.spawn(tls::keep(app.clone(), tls, stop.clone()));
    }
}
