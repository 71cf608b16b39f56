//! Passing a text through every limit, and the worker that hands texts over after commit.

mod limits;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use twinlock_db::Locks;
use twinlock_delivery::{Text, TextOutcome, TextProvider};

use crate::app::{AccountId, App, MessageId, Stop, Tally, Timestamp, Work};

use super::Number;
use super::store::prefixes::{self, Counted};
use super::store::{self, Claimed, State};

pub use limits::{spend, spend_notice, waits_until};

/// How long a text stays claimed; longer than all providers' time-outs together.
const HOLD: Duration = Duration::from_secs(60);
/// The worker looks at least this often.
const LOOK: Duration = Duration::from_secs(2);
/// Texts looked for at a time.
const BATCH: i64 = 64;
/// Texts handed over side by side: one that hangs holds up no other.
const LANES: usize = 8;

/// What tells a number from others without saying it.
#[must_use]
pub fn mac(w: &Work<'_, '_>, number: &Number) -> [u8; 32] {
    w.keyring().mac("text number", &[number.e164().as_bytes()])
}

/// A texted code came back, of a text ordered at `at` by an account, from a number that `is_proven` or is so only now.
///
/// # Errors
/// The database's trouble.
pub fn entered(
    w: &mut Work<'_, '_>,
    account: AccountId,
    number: &Number,
    at: Timestamp,
    is_proven: bool,
) -> Result<(), Stop> {
    w.count(Tally::TextEntered);
    limits::forget_unanswered(w, account, number)?;
    let what = if is_proven {
        Counted::Entered
    } else {
        Counted::Proven
    };
    prefixes::count(w, number.prefix(), at, what)
}

/// Hands texts over until `stop` changes to true; those in hand are finished first.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let Some(provider) = app.texts.clone() else {
        // Nobody delivers, so nothing is ordered.
        let _ = stop.wait_for(|stopped| *stopped).await;
        return;
    };
    while !*stop.borrow() {
        match pass(&app, &provider).await {
            Ok(0) => {
                tokio::select! {
                    () = app.texts_bell.notified() => {}
                    () = pause(LOOK) => {}
                    _ = stop.changed() => {}
                }
            }
            Ok(_) => {}
            Err(stop) => {
                tracing::error!(error = ?stop, "the texts on their way could not be read");
                pause(LOOK).await;
            }
        }
    }
}

/// Hands over what is due now, oldest first; the number of texts looked at.
///
/// # Errors
/// The database's trouble.
pub async fn pass(app: &App, provider: &Arc<dyn TextProvider>) -> Result<usize, Stop> {
    let moment = app.moment()?;
    let (due, lost) = moment
        .read(|w| Ok((store::due(w, BATCH)?, store::any_lost(w)?)))
        .await?;
    if lost {
        moment.write(Locks::none(), store::give_up_lost).await?;
    }
    let mut lanes: JoinSet<Result<bool, Stop>> = JoinSet::new();
    let mut touched = 0;
    for (account, message) in due {
        if lanes.len() >= LANES {
            touched += usize::from(ended(lanes.join_next().await)?);
        }
        let (app, provider) = (app.clone(), Arc::clone(provider));
        lanes.spawn(async move { hand_over(&app, &provider, account, message).await });
    }
    while let Some(one) = lanes.join_next().await {
        touched += usize::from(ended(Some(one))?);
    }
    Ok(touched)
}

fn ended(one: Option<Result<Result<bool, Stop>, tokio::task::JoinError>>) -> Result<bool, Stop> {
    match one {
        Some(Ok(outcome)) => outcome,
        // It was cut off: its row is given up once its claim has run out.
        Some(Err(_)) | None => Ok(false),
    }
}

/// Hands one text over; whether it was there to be claimed.
async fn hand_over(
    app: &App,
    provider: &Arc<dyn TextProvider>,
    account: AccountId,
    message: MessageId,
) -> Result<bool, Stop> {
    let moment = app.moment()?;
    let claimed = moment
        .write(Locks::none(), move |w| {
            store::claim(w, account, message, HOLD)
        })
        .await?;
    let Some(claimed) = claimed else {
        return Ok(false);
    };
    let Some(outgoing) = &claimed.outgoing else {
        settle(app, &claimed, State::Expired, None).await?;
        return Ok(true);
    };
    let text = Text {
        id: message.to_string(),
        to: outgoing.to.e164().to_owned(),
        body: outgoing.body.clone(),
        good_until: Some(claimed.expires_at.as_millis().div_euclid(1000)),
        status_url: Some(report_url(app, account, message)),
    };
    let seconds = moment.now.as_millis().div_euclid(1000);
    match provider.send(&text, seconds).await {
        TextOutcome::Accepted { provider, .. } => {
            app.texts_in_trouble.store(false, Ordering::Relaxed);
            settle(app, &claimed, State::Accepted, Some(provider)).await?;
        }
        TextOutcome::Refused { kind, why } => {
            tracing::warn!(text = %message, ?kind, why, "a text was refused for good");
            let to = outgoing.to.clone();
            app.moment()?
                .write(Locks::none(), move |w| {
                    limits::forget_unanswered(w, account, &to)?;
                    store::settle(w, account, message, State::Refused, None)
                })
                .await?;
        }
        TextOutcome::Later {
            maybe_sent: true,
            why,
        } => {
            app.texts_in_trouble.store(true, Ordering::Relaxed);
            tracing::warn!(text = %message, why, "a provider may have taken a text; it is not sent again");
            settle(app, &claimed, State::Unknown, None).await?;
        }
        TextOutcome::Later { why, .. } => {
            app.texts_in_trouble.store(true, Ordering::Relaxed);
            tracing::warn!(text = %message, why, attempts = claimed.attempts, "a text has to wait");
            let moment = app.moment()?;
            let until = moment.now.plus(back_off(claimed.attempts));
            moment
                .write(Locks::none(), move |w| {
                    store::defer(w, account, message, until)
                })
                .await?;
        }
    }
    Ok(true)
}

async fn settle(
    app: &App,
    claimed: &Claimed,
    state: State,
    provider: Option<&'static str>,
) -> Result<(), Stop> {
    let (account, message) = (claimed.account, claimed.message);
    app.moment()?
        .write(Locks::none(), move |w| {
            store::settle(w, account, message, state, provider)
        })
        .await
}

/// 2, 4, 8, 16, 30 seconds: a code is worth little after five minutes.
fn back_off(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 5)).unwrap_or(1);
    Duration::from_secs((1_u64 << doublings).min(30))
}

/// Where a provider reports what became of a text. What is in the address is known to the provider alone.
#[must_use]
pub fn report_url(app: &App, account: AccountId, message: MessageId) -> String {
    let base = app.settings.server.public_url.trim_end_matches('/');
    format!("{base}{REPORTS}/{}", report_token(app, account, message))
}

/// The path reports come to, before the token.
pub const REPORTS: &str = "/reports/texts";

fn report_token(app: &App, account: AccountId, message: MessageId) -> String {
    let mac = report_mac(app, account, message);
    BASE64URL_NOPAD.encode(&[&account.0[..], &message.0[..], &mac[..16]].concat())
}

fn report_mac(app: &App, account: AccountId, message: MessageId) -> [u8; 32] {
    app.keyring.mac("text report", &[&account.0, &message.0])
}

/// Which text a report's address is of.
#[must_use]
pub fn reported(app: &App, token: &str) -> Option<(AccountId, MessageId)> {
    let bytes: [u8; 48] = BASE64URL_NOPAD
        .decode(token.as_bytes())
        .ok()?
        .try_into()
        .ok()?;
    let (account, rest) = bytes.split_first_chunk::<16>()?;
    let (message, mac) = rest.split_first_chunk::<16>()?;
    let (account, message) = (AccountId(*account), MessageId(*message));
    let right = report_mac(app, account, message);
    let same: bool = right.first_chunk::<16>()?.as_slice().ct_eq(mac).into();
    same.then_some((account, message))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker's own rhythm; no decision rests on it"
)]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
