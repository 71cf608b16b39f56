//! What a running server does each minute beside its requests: it writes down the time it goes by, and looks for new data keys.

use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;

use super::clock_mark;

/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(60);

/// Runs until `stop` changes to true.
pub(super) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = clock_mark::keep(&app).await {
            tracing::warn!(%error, "the time could not be written down");
        }
        if let Err(error) = app.read_keys_again().await {
            tracing::warn!(%error, "the data keys could not be read again");
        }
        // Waiting for the end is the pause.
        let waited = tokio::time::timeout(EVERY, stop.changed()).await;
        if matches!(waited, Ok(Err(_))) {
            return;
        }
    }
}
