//! The worker that hands mail over after commit.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use twinlock_db::{DbError, Locks};
use twinlock_delivery::{Mail, Outcome};

use crate::app::{AccountId, App, Fault, MessageId, Moment, Stop, Work};

use super::Settled;
use super::pages::written;
use super::store::{self, Claimed};

/// How long a message stays claimed; longer than any provider's time-out.
const HOLD: Duration = Duration::from_secs(60);
/// The worker looks at least this often.
const LOOK: Duration = Duration::from_secs(2);
/// A letter that does not open is looked at again after this long, until it dies.
const SPOILT: Duration = Duration::from_secs(300);
/// Messages taken at a time.
const BATCH: i64 = 32;

/// Hears what came of a letter, in the transaction that ends it. Whose account it is about, this place does not know.
pub type Hear = fn(&mut Work<'_, '_>, AccountId, &Settled) -> Result<(), Stop>;

/// Runs until `stop` changes to true; a message in hand is finished first.
pub async fn run(app: App, hear: Hear, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match pass(&app, hear).await {
            Ok(0) => {
                tokio::select! {
                    () = app.outbox_bell.notified() => {}
                    () = pause(LOOK) => {}
                    _ = stop.changed() => {}
                }
            }
            Ok(_) => {}
            Err(stop) => {
                tracing::error!(error = ?stop, "the outbox could not be read");
                pause(LOOK).await;
            }
        }
    }
}

/// Hands over what is due now; the number of messages looked at.
///
/// # Errors
/// The database's trouble.
pub async fn pass(app: &App, hear: Hear) -> Result<usize, Stop> {
    let moment = app.moment()?;
    let due = moment.read(|w| store::due(w, BATCH)).await?;
    let mut touched = 0;
    for (account, message) in due {
        let moment = app.moment()?;
        let claimed = moment
            .write(Locks::none(), move |w| {
                store::claim(w, account, message, HOLD)
            })
            .await;
        match claimed {
            Ok(Some(claimed)) => {
                touched += 1;
                deliver(app, hear, claimed).await?;
            }
            Ok(None) => {}
            Err(stop) if is_of_the_letter(&stop) => {
                tracing::error!(mail = %message, error = ?stop, "a letter does not open; it holds up no other");
                let later = moment.now.plus(SPOILT);
                moment
                    .write(Locks::none(), move |w| {
                        store::defer(w, account, message, later)
                    })
                    .await?;
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(touched)
}

/// Trouble with this one row, not with the database.
fn is_of_the_letter(stop: &Stop) -> bool {
    matches!(
        stop,
        Stop::Fault(Fault::Stored(_) | Fault::Database(DbError::Sealed(_) | DbError::Statement(_)))
    )
}

async fn deliver(app: &App, hear: Hear, claimed: Claimed) -> Result<(), Stop> {
    let (account, message) = (claimed.account, claimed.message);
    let Some(letter) = claimed.letter else {
        let expired = move |w: &mut Work<'_, '_>| store::settle(w, account, message, "expired");
        return app.moment()?.write(Locks::none(), expired).await;
    };
    let messages = app.catalog.messages(&letter.language);
    let words = written(&letter, &messages, &app.settings.branding, &app.theme)
        .map_err(|error| Fault::Internal(format!("template of a mail: {error}")))?;
    let mail = Mail {
        id: message.to_string(),
        to: letter.to.clone(),
        subject: words.subject,
        text: words.text,
        html: Some(words.html),
    };
    let outcome = app.mail.send(&mail).await;
    let moment = app.moment()?;
    let settled = |taken| Settled {
        to: letter.to,
        topic: letter.topic,
        taken,
    };
    match outcome {
        Outcome::Accepted { .. } => {
            app.mail_in_trouble.store(false, Ordering::Relaxed);
            end(&moment, (account, message), hear, settled(true)).await
        }
        Outcome::Refused { why } => {
            tracing::warn!(mail = %message, why, "a mail was refused for good");
            end(&moment, (account, message), hear, settled(false)).await
        }
        Outcome::Later { why } => {
            app.mail_in_trouble.store(true, Ordering::Relaxed);
            tracing::warn!(mail = %message, why, attempts = claimed.attempts, "a mail has to wait");
            let until = moment.now.plus(back_off(claimed.attempts));
            moment
                .write(Locks::none(), move |w| {
                    store::defer(w, account, message, until)
                })
                .await
        }
    }
}

/// Ends a message and lets it be heard of. Under the account's lock only where the account's record is written.
async fn end(
    moment: &Moment,
    of: (AccountId, MessageId),
    hear: Hear,
    settled: Settled,
) -> Result<(), Stop> {
    let (account, message) = of;
    let (locks, state) = if settled.taken {
        (Locks::none(), "sent")
    } else {
        (Locks::account(account.0), "refused")
    };
    moment
        .write(locks, move |w| {
            // The account's row before the message's, as everybody who holds both.
            hear(w, account, &settled)?;
            store::settle(w, account, message, state)
        })
        .await
}

/// 2, 4, 8 … seconds, at most 5 minutes.
fn back_off(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 8)).unwrap_or(1);
    Duration::from_secs((1_u64 << doublings).min(300))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker's own rhythm; no decision rests on it"
)]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
