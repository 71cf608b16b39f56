//! Passing a text through every limit, before it is ordered.

use std::time::Duration;

use twinlock_db::Locks;

use crate::app::{AccountId, Moment, Refusal, Stop, Tally, Work};
use crate::text_messages::Number;
use crate::text_messages::rules::{self, Ceiling};
use crate::text_messages::store::prefixes::{self, Counted};
use crate::throttle;
use crate::trusted_device;

use super::mac;

/// The names of the time between two texts to one number: of whoever, and of one account.
pub(super) const ANYBODYS: &str = "text_number_pause";
const OWN: &str = "text_own_pause";

/// Passes a text to `number` through every limit, and spends what it costs. A number that `is_proven`, the account's own, is no bought one and no
/// new neighbour: what strangers do to numbers beside it, or to others that begin alike, takes no texts from its owner. From a known device it has
/// a share no stranger with the password uses up. Before the transaction that orders it, and in its own: the rows are everybody's.
///
/// # Errors
/// [`Refusal::TextLimit`], [`Refusal::ResendTooSoon`]. For a number that is not proven neither tells what others have sent there.
pub async fn spend(
    moment: &Moment,
    account: AccountId,
    number: &Number,
    is_proven: bool,
) -> Result<(), Stop> {
    let number = number.clone();
    moment
        .write(Locks::none(), move |w| {
            let known = trusted_device::store::recognize(w, account)?.is_some();
            let order = Order {
                account,
                number: &number,
                is_proven,
                is_owners: is_proven && known,
            };
            spend_all(w, &order)
        })
        .await
}

/// A text that is to pass the limits.
struct Order<'a> {
    account: AccountId,
    number: &'a Number,
    is_proven: bool,
    /// To a proven number, from a known device.
    is_owners: bool,
}

fn spend_all(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let (now, prefix) = (w.now(), order.number.prefix());
    if order.is_proven {
        spend_ceilings(w, order)?;
        return prefixes::count(w, prefix, now, Counted::Sent);
    }
    if prefixes::stopped_until(w, prefix)?.is_some() {
        return refuse(w, order, "text_prefix", rules::LATER);
    }
    let (sent, entered) = prefixes::counted(w, prefix)?;
    if rules::is_pumped(sent, entered) {
        prefixes::stop(w, prefix)?;
        tracing::warn!(
            prefix,
            sent,
            entered,
            "too few texted codes come back: no texts there for a day"
        );
        return refuse(w, order, "text_prefix", rules::LATER);
    }
    spend_ceilings(w, order)?;
    prefixes::count(w, prefix, now, Counted::SetUp)
}

fn spend_ceilings(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let now = w.now();
    let mut spent: Vec<(Ceiling, Vec<u8>)> = Vec::new();
    let mut is_new_today = false;
    for (ceiling, subject) in costs(w, order) {
        // A number that is proven, or got a text of this account today, is no new neighbour. Whether it got one of others must make no difference.
        if ceiling == rules::BLOCK && (order.is_proven || !is_new_today) {
            continue;
        }
        let Ceiling { name, length, most } = ceiling;
        match throttle::store::spend_one(w, name, &subject, length, most)? {
            Some(used) => {
                is_new_today |= ceiling == rules::PAIR && used == 1;
                spent.push((ceiling, subject));
            }
            None => {
                hand_back(w, &spent)?;
                let wait = throttle::store::window_end(now, length).seconds_from(now);
                return refuse(w, order, name, Duration::from_secs(wait));
            }
        }
    }
    let refused = pass_pause(w, order);
    if refused.is_err() {
        hand_back(w, &spent)?;
    }
    refused
}

/// The time between two texts to one number, whoever orders them. How long it still lasts is told to whoever ordered the one before, and to
/// the number's owner: to others it would say that the number just got a text, and so that it is somebody's here.
fn pass_pause(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let of_number = mac(w, order.number);
    let own = pair(w, order);
    let Some(until) = throttle::store::pause(w, ANYBODYS, &of_number, rules::PAUSE)? else {
        // Free for anybody, so free for this account.
        return throttle::store::pause(w, OWN, &own, rules::PAUSE).map(|_| ());
    };
    if order.is_proven || throttle::store::paused(w, OWN, &own)?.is_some() {
        return Err(Refusal::ResendTooSoon(until).into());
    }
    refuse(w, order, ANYBODYS, rules::LATER)
}

/// One account and one number.
fn pair(w: &Work<'_, '_>, order: &Order<'_>) -> [u8; 32] {
    let parts = [&order.account.0[..], order.number.e164().as_bytes()];
    w.keyring().mac("text of one account", &parts)
}

fn hand_back(w: &mut Work<'_, '_>, spent: &[(Ceiling, Vec<u8>)]) -> Result<(), Stop> {
    for (ceiling, subject) in spent {
        throttle::store::refund(w, ceiling.name, subject, ceiling.length)?;
    }
    Ok(())
}

/// What one text costs, the narrowest first: what is refused there costs the rest nothing.
fn costs(w: &Work<'_, '_>, order: &Order<'_>) -> Vec<(Ceiling, Vec<u8>)> {
    let of_number = mac(w, order.number).to_vec();
    let block = w
        .keyring()
        .mac("text block", &[order.number.block().as_bytes()]);
    let client = &w.moment.client;
    let (account, network) = (order.account.0.to_vec(), client.network.clone());
    let sms = &w.settings().sms;
    let mut costs = Vec::with_capacity(14);
    let mut each = |ceilings: &[Ceiling], subject: &[u8]| {
        costs.extend(ceilings.iter().map(|one| (*one, subject.to_vec())));
    };
    if !order.is_owners {
        each(&rules::NUMBER_UNKNOWN, &of_number);
    }
    each(&rules::NUMBER, &of_number);
    each(&[rules::PAIR], &pair(w, order));
    each(&[rules::BLOCK], &block);
    if !order.is_owners {
        each(&rules::ACCOUNT_UNKNOWN, &account);
    }
    each(&rules::ACCOUNT, &account);
    each(&rules::NETWORK, &network);
    if let Some(application) = client.application {
        each(
            &[rules::application(sms.cap_per_application())],
            &application.0,
        );
    }
    each(&[rules::instance(sms.daily_cap)], &[]);
    costs
}

fn refuse(
    w: &mut Work<'_, '_>,
    order: &Order<'_>,
    limit: &'static str,
    wait: Duration,
) -> Result<(), Stop> {
    let now = w.now();
    prefixes::count(w, order.number.prefix(), now, Counted::Stopped)?;
    w.count(Tally::TextStopped(limit));
    let told = if order.is_proven { wait } else { rules::LATER };
    let retry_after = told.as_secs();
    Err(Refusal::TextLimit { retry_after }.into())
}
