//! Checking a password: count, hash outside the transaction, settle.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use twinlock_db::Locks;
use zeroize::Zeroizing;

use crate::app::{self, AccountId, DeviceId, Moment, Refusal, Stop, Work};
use crate::authenticators::flow::end_copied;
use crate::config::Method;
use crate::throttle::{self, Bucket, Standing, Tally, rules as limits};
use crate::trusted_device;

use super::{rules, store};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A password try that was counted and hashed, to be settled in the transaction that acts on it.
#[derive(Clone)]
pub struct Tried {
    /// Whose, possibly a phantom.
    pub account: AccountId,
    /// Whether the password was right.
    pub right: bool,
    counted: Counted,
}

#[derive(Clone)]
struct Counted {
    device: Option<DeviceId>,
    stored: Option<String>,
}

/// Counts the try and compares.
///
/// # Errors
/// [`Refusal::Locked`] or [`Refusal::TooManyRequests`] before anything is compared, the same for addresses nobody has.
pub async fn attempt(moment: &Moment, account: AccountId, typed: &str) -> Result<Tried, Stop> {
    let password = rules::normalize(typed)?;
    let place = moment.app.hasher.reserve()?;
    spend_network(moment).await?;
    let counted = moment
        .write(Locks::account(account.0), move |w| count(w, account))
        .await?;
    let right = moment
        .app
        .hasher
        .check(place, password, counted.stored.clone())
        .await?;
    Ok(Tried {
        account,
        right,
        counted,
    })
}

/// Settles a try: a right one hands its failures back, unless the password changed meanwhile.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] for a wrong one.
pub fn settle(w: &mut Work<'_, '_>, tried: &Tried) -> Result<(), Stop> {
    let unchanged = store::load(w, tried.account)? == tried.counted.stored;
    let buckets = buckets(w, tried.counted.device);
    for bucket in buckets {
        let mut tally = throttle::store::load(w, tried.account, bucket)?;
        if tried.right && unchanged {
            tally.forgive(1);
        }
        throttle::store::save(w, tried.account, bucket, &tally)?;
    }
    let accepted = tried.right && unchanged;
    tell(w, if accepted { "accepted" } else { "wrong" });
    if !accepted {
        return Err(Refusal::InvalidCredentials.into());
    }
    refund_network(w)
}

fn tell(w: &Work<'_, '_>, outcome: &'static str) {
    w.count(app::Tally::FirstFactor {
        kind: "password",
        outcome,
    });
}

/// Runs the transaction that settles a try. Where it fails on our side, a right try is handed back all the same ([`forgiving`]): our
/// trouble must not lock anybody out.
///
/// # Errors
/// What `work` says, or the database's trouble.
pub async fn settling<T, F>(moment: &Moment, tried: Tried, work: F) -> Result<T, Stop>
where
    T: Send + 'static,
    F: Fn(&mut Work<'_, '_>, &Tried) -> Result<T, Stop> + Send + Sync + 'static,
{
    let owned = tried.clone();
    let locks = Locks::account(tried.account.0);
    let outcome = moment.write(locks, move |w| work(w, &owned)).await;
    forgiving(moment, &tried, outcome).await
}

/// Passes on what became of the work that follows a try. Where it failed on our side, a right try is handed back.
///
/// # Errors
/// That of the outcome.
pub async fn forgiving<T>(
    moment: &Moment,
    tried: &Tried,
    outcome: Result<T, Stop>,
) -> Result<T, Stop> {
    if tried.right && matches!(outcome, Err(Stop::Fault(_))) {
        hand_back(moment, tried.clone()).await;
    }
    outcome
}

#[expect(
    clippy::disallowed_methods,
    reason = "lets a crowded queue clear before the next attempt; no decision rests on it"
)]
async fn hand_back(moment: &Moment, tried: Tried) {
    for attempt in 1..=5_u64 {
        tokio::time::sleep(Duration::from_millis(40 * attempt)).await;
        let owned = tried.clone();
        let locks = Locks::account(tried.account.0);
        let done = moment.write(locks, move |w| settle(w, &owned)).await;
        if !matches!(done, Err(Stop::Fault(_))) {
            return;
        }
    }
    tracing::warn!("a right password stays counted as a try: the database could not be written");
}

/// The hash of a new password that was checked already.
///
/// # Errors
/// [`crate::app::Fault::Overloaded`] when too many hashes are waiting.
pub async fn hash_new(moment: &Moment, password: Zeroizing<String>) -> Result<String, Stop> {
    let salt = moment.draw("password salt").bytes();
    moment.app.hasher.hash(password, salt).await
}

/// The hash of a new password, checked already, that takes the place of the one there is: it has to be another one, or whoever was asked for
/// a new password because the old one is known could keep it.
///
/// # Errors
/// [`Refusal::Field`] with `not_new`; [`Refusal::TooManyRequests`]; [`crate::app::Fault::Overloaded`] when too many hashes are waiting.
pub async fn hash_another(
    moment: &Moment,
    account: AccountId,
    password: Zeroizing<String>,
) -> Result<String, Stop> {
    let stored = moment.read(move |w| store::load(w, account)).await?;
    if stored.is_some() {
        let hasher = &moment.app.hasher;
        let place = hasher.reserve()?;
        // What is no new one costs work and changes nothing: it counts like any other try of its network.
        spend_network(moment).await?;
        if hasher.check(place, password.clone(), stored).await? {
            return Err(rules::not_new().into());
        }
        moment.write(Locks::none(), refund_network).await?;
    }
    hash_new(moment, password).await
}

fn refund_network(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let network = w.moment.client.network.clone();
    throttle::store::refund(w, "password_minute", &network, MINUTE)?;
    throttle::store::refund(w, "password_hour", &network, HOUR)
}

async fn spend_network(moment: &Moment) -> Result<(), Stop> {
    let settings = &moment.app.settings.limits;
    let (minute, hour) = (
        settings.password_network_minute,
        settings.password_network_hour,
    );
    moment
        .write(Locks::none(), move |w| {
            let network = w.moment.client.network.clone();
            let now = w.now();
            if !throttle::store::spend(w, "password_minute", &network, MINUTE, minute)? {
                tell(w, "limited");
                let retry_after = throttle::store::window_end(now, MINUTE).seconds_from(now);
                return Err(Refusal::TooManyRequests { retry_after }.into());
            }
            if !throttle::store::spend(w, "password_hour", &network, HOUR, hour)? {
                tell(w, "limited");
                let retry_after = throttle::store::window_end(now, HOUR).seconds_from(now);
                return Err(Refusal::TooManyRequests { retry_after }.into());
            }
            Ok(())
        })
        .await
}

fn count(w: &mut Work<'_, '_>, account: AccountId) -> Result<Counted, Stop> {
    end_copied(w, account)?;
    let device = trusted_device::store::recognize(w, account)?;
    let now = w.now();
    let buckets = buckets(w, device);
    let mut tallies: Vec<(Bucket, Tally)> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        let tally = throttle::store::load(w, account, bucket)?;
        let standing = match bucket {
            Bucket::PasswordFrom(_) => limits::password_from_standing(&tally, now),
            _ => limits::password_standing(&tally, now),
        };
        if let Standing::Until(until) = standing {
            tell(w, "locked");
            return Err(Refusal::Locked {
                until,
                still_possible: still_possible(w),
            }
            .into());
        }
        tallies.push((bucket, tally));
    }
    for (bucket, mut tally) in tallies {
        match bucket {
            Bucket::PasswordFrom(_) => limits::count_password_from(&mut tally, now),
            _ => tally.count(now, 1),
        }
        throttle::store::save(w, account, bucket, &tally)?;
    }
    Ok(Counted {
        device,
        stored: store::load(w, account)?,
    })
}

/// What works while passwords wait: nothing guessed at them closes the way by the mailbox, where it is offered.
fn still_possible(w: &Work<'_, '_>) -> Vec<&'static str> {
    if w.settings().sign_in.methods.contains(&Method::EmailCode) {
        vec!["email_code"]
    } else {
        Vec::new()
    }
}

/// A known device counts alone; anyone else counts for the account and, with growing waits, for the network at this account.
fn buckets(w: &Work<'_, '_>, device: Option<DeviceId>) -> Vec<Bucket> {
    if let Some(device) = device {
        return vec![Bucket::PasswordDevice(device)];
    }
    let hash: [u8; 32] = Sha256::digest(&w.moment.client.network).into();
    let mut network = [0; 8];
    network.copy_from_slice(hash.first_chunk::<8>().unwrap_or(&[0; 8]));
    vec![Bucket::Password, Bucket::PasswordFrom(network)]
}
