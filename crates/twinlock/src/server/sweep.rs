//! What clears away rows that died of age.

use std::time::Duration;

use tokio::sync::watch;
use twinlock_db::Locks;

use crate::app::{App, Stop, Work};
use crate::authenticators::{sms, webauthn};
use crate::{authenticators, challenge, outbox, session, sign_in, text_messages, throttle, undo};

/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(300);

type Sweep = fn(&mut Work<'_, '_>) -> Result<(), Stop>;

/// Each in a transaction of its own, so that nobody waits long for one.
const SWEEPS: &[(&str, Sweep)] = &[
    ("challenges", challenge::store::purge),
    ("keys that were asked", webauthn::store::purge),
    ("texted codes", sms::store::purge),
    ("text messages", text_messages::store::purge),
    ("sign-ins", sign_in::store::purge),
    ("sessions", session::store::purge),
    ("limits", throttle::store::purge),
    ("outbox", outbox::store::purge),
    ("undo links", undo::store::purge),
    ("removed methods", authenticators::flow::purge),
];

/// Runs until `stop` changes to true.
pub(super) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        for (what, sweep) in SWEEPS {
            if let Err(error) = once(&app, *sweep).await {
                tracing::warn!(what, ?error, "old rows could not be cleared away");
            }
        }
        // Waiting for the end is the pause.
        let waited = tokio::time::timeout(EVERY, stop.changed()).await;
        if matches!(waited, Ok(Err(_))) {
            return;
        }
    }
}

async fn once(app: &App, sweep: Sweep) -> Result<(), Stop> {
    app.moment()?.write(Locks::none(), sweep).await
}
