//! The running program: the application put together from its settings, the listener, and what works in the background.

mod listen;
mod mail;
pub mod metrics;
mod migrations;
mod open;
mod process;
mod sweep;

pub use mail::provider;
pub use migrations::{MIGRATIONS, schema_version};
pub use open::{Opened, Opening, STATEMENTS, Surroundings, open};

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use crate::outbox;

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

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
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
    listener: TcpListener,
    router: Router,
    mut signals: StopSignals,
    figures: Option<TcpListener>,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let limit_peers = app.settings.server.trusted_proxies.is_empty();
    let mut tasks = JoinSet::new();
    tasks.spawn(outbox::flow::run(app.clone(), stopped.clone()));
    tasks.spawn(sweep::run(app.clone(), stopped.clone()));
    if let Some(figures) = figures {
        let router = metrics::router(app);
        tasks.spawn(listen::accept(figures, router, false, stopped.clone()));
    }
    tasks.spawn(listen::accept(listener, router, limit_peers, stopped));
    tokio::select! {
        () = signals.received() => {}
        ended = tasks.join_next() => tracing::error!(?ended, "a part of the server ended by itself"),
    }
    tracing::info!("stopping");
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
