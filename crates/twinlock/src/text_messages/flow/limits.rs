//! Passing a text through every limit, before it is ordered.

use std::time::Duration;

use twinlock_db::Locks;

use crate::app::{AccountId, ApplicationId, Moment, Refusal, Stop, Tally, Timestamp, Work};
use crate::text_messages::Number;
use crate::text_messages::rules::{self, Ceiling};
use crate::text_messages::store::prefixes::{self, Counted};
use crate::throttle;
use crate::trusted_device;

use super::mac;

/// The names of the time between two texts to one number: of whoever, and of one account.
const ANYBODYS: &str = "text_number_pause";
const OWN: &str = "text_own_pause";
/// And of the time an account waits once it was told that it was too soon: its unknown devices, or whoever sets the number up.
const TOLD: &str = "text_told_pause";
/// The names of what is known of a number whose codes nobody types: how many went there, and when the next one may.
const UNANSWERED: &str = "text_unanswered";
const UNANSWERED_STOP: &str = "text_unanswered_stop";

/// Passes a text to `number` through every limit, and spends what it costs. A number that `is_proven`, the account's own, is no bought one and no
/// new neighbour: what strangers do to numbers beside it, or to others that begin alike, takes no texts from its owner. From a known device it has
/// a share that neither a stranger with the password nor an application uses up. Before the transaction that orders it, and in its own: the rows
/// are everybody's.
///
/// # Errors
/// [`Refusal::TextLimit`], [`Refusal::TextsUnanswered`], [`Refusal::ResendTooSoon`]. Except to its owner none tells when others had texts sent there.
pub async fn spend(
    moment: &Moment,
    account: AccountId,
    number: &Number,
    is_proven: bool,
) -> Result<(), Stop> {
    let number = number.clone();
    moment
        .write(Locks::none(), move |w| {
            let order = Order {
                account,
                number: &number,
                is_proven,
                is_known: is_proven && is_known(w, account)?,
                application: w.moment.client.application,
            };
            spend_all(w, &order)
        })
        .await
}

/// Until when no text can be sent to a number of the account, because it got one a moment ago for whatever it was. To the second for its owner's
/// device alone; from elsewhere it is said once one was refused, and then as a whole minute from now.
///
/// # Errors
/// The database's trouble.
pub fn waits_until(
    w: &mut Work<'_, '_>,
    account: AccountId,
    number: &Number,
) -> Result<Option<Timestamp>, Stop> {
    if w.moment.client.application.is_none() && is_known(w, account)? {
        let of_number = mac(w, number);
        return throttle::store::paused(w, ANYBODYS, &of_number);
    }
    let own = pair(w, account, number);
    let told = throttle::store::paused(w, TOLD, &own)?;
    Ok(told.map(|_| in_a_minute(w)))
}

/// Passes the notice to a number that ended through the limits on money and that of the number's day, and spends what it costs; whether it may be sent.
///
/// # Errors
/// The database's trouble.
pub fn spend_notice(w: &mut Work<'_, '_>, number: &Number) -> Result<bool, Stop> {
    let mut spent = Vec::new();
    let of_day = (rules::NUMBER[1], mac(w, number).to_vec());
    for (ceiling, subject) in money(w).into_iter().chain([of_day]) {
        if spend_one(w, ceiling, &subject)?.is_none() {
            hand_back(w, &spent)?;
            stopped(w, number, ceiling.name)?;
            return Ok(false);
        }
        spent.push((ceiling, subject));
    }
    Ok(true)
}

/// A code came back from a number, or the provider would not take a text to it, which is not its owner's fault: the account's orders from here, or by
/// the application that asks, are as good as new.
pub(super) fn forget_unanswered(
    w: &mut Work<'_, '_>,
    account: AccountId,
    number: &Number,
) -> Result<(), Stop> {
    let application = w.moment.client.application;
    for known_by in [None, Some(account)] {
        let subject = line(w, number, application, known_by);
        throttle::store::forget(w, UNANSWERED, &subject)?;
        throttle::store::forget(w, UNANSWERED_STOP, &subject)?;
    }
    Ok(())
}

/// A text that is to pass the limits.
struct Order<'a> {
    account: AccountId,
    number: &'a Number,
    is_proven: bool,
    /// To a proven number, from a known device.
    is_known: bool,
    /// Who orders it, where it is an application by its key. It says itself which device is known.
    application: Option<ApplicationId>,
}

impl Order<'_> {
    fn known_by(&self) -> Option<AccountId> {
        self.is_known.then_some(self.account)
    }

    /// The owner's, as far as we saw it ourselves: over all accounts only these may use a number up.
    fn is_owners(&self) -> bool {
        self.is_known && self.application.is_none()
    }
}

fn is_known(w: &mut Work<'_, '_>, account: AccountId) -> Result<bool, Stop> {
    Ok(trusted_device::store::recognize(w, account)?.is_some())
}

fn spend_all(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let (now, prefix) = (w.now(), order.number.prefix());
    if order.is_proven {
        refuse_unanswered(w, order)?;
        spend_ceilings(w, order)?;
        count_unanswered(w, order)?;
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

/// Whoever has no use for the codes of a proven number gets one text a day. When the last one went there is told to the hour only.
fn refuse_unanswered(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let subject = line(w, order.number, order.application, order.known_by());
    let Some(until) = throttle::store::paused(w, UNANSWERED_STOP, &subject)? else {
        return Ok(());
    };
    stopped(w, order.number, UNANSWERED)?;
    let hours = until.seconds_from(w.now()).div_ceil(3600);
    let retry_after = hours * 3600;
    Err(Refusal::TextsUnanswered { retry_after }.into())
}

fn count_unanswered(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let subject = line(w, order.number, order.application, order.known_by());
    let counted = spend_one(w, rules::UNANSWERED, &subject)?;
    if counted.is_none_or(rules::is_unanswered) {
        throttle::store::pause(w, UNANSWERED_STOP, &subject, rules::STOPPED)?;
        tracing::warn!(
            prefix = order.number.prefix(),
            "nobody enters the codes texted to a number: one text a day there"
        );
    }
    Ok(())
}

fn spend_ceilings(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let now = w.now();
    let mut spent: Vec<(Ceiling, Vec<u8>)> = Vec::new();
    let mut firsts = Vec::new();
    for (ceiling, subject) in costs(w, order) {
        // A number that is proven, or got a text of this account today, is no new neighbour. Whether it got one of others must make no difference.
        let is_first = |other: Ceiling| firsts.contains(&other);
        if ceiling == rules::BLOCK && (order.is_proven || !is_first(rules::PAIR)) {
            continue;
        }
        // The last places of a number are for its owner, and for applications that had none yet.
        let is_applications_first = |share| order.application.is_some() && is_first(share);
        let keeps = rules::kept_of(ceiling);
        let kept = keeps.filter(|share| !order.is_owners() && !is_applications_first(*share));
        let most = kept.map_or(ceiling.most, |share| share.most);
        let allowed = Ceiling { most, ..ceiling };
        match spend_one(w, allowed, &subject)? {
            Some(used) => {
                if used == 1 {
                    firsts.push(ceiling);
                }
                spent.push((ceiling, subject));
            }
            None => {
                hand_back(w, &spent)?;
                let wait = throttle::store::window_end(now, ceiling.length).seconds_from(now);
                return refuse(w, order, ceiling.name, Duration::from_secs(wait));
            }
        }
    }
    let refused = pass_pause(w, order);
    if refused.is_err() {
        hand_back(w, &spent)?;
    }
    refused
}

/// The time between two texts to one number, whoever orders them. How long it still lasts is told to the number's owner, and while it is set up
/// to whoever ordered the one before: to others it would say when the number got a text, and so that it is somebody's here.
fn pass_pause(w: &mut Work<'_, '_>, order: &Order<'_>) -> Result<(), Stop> {
    let of_number = mac(w, order.number);
    let own = pair(w, order.account, order.number);
    let is_elsewhere = order.is_proven && !order.is_owners();
    // Whoever was told to wait waits: trying each second would show when the pause ends.
    if throttle::store::paused(w, TOLD, &own)?.is_some() {
        if is_elsewhere {
            return Err(Refusal::ResendTooSoon(in_a_minute(w)).into());
        }
        if !order.is_proven {
            return refuse(w, order, ANYBODYS, rules::LATER);
        }
    }
    let Some(until) = throttle::store::pause(w, ANYBODYS, &of_number, rules::PAUSE)? else {
        // Free for anybody, so free for this account.
        return throttle::store::pause(w, OWN, &own, rules::PAUSE).map(|_| ());
    };
    if is_elsewhere {
        throttle::store::pause(w, TOLD, &own, rules::PAUSE)?;
        return Err(Refusal::ResendTooSoon(in_a_minute(w)).into());
    }
    if order.is_proven || throttle::store::paused(w, OWN, &own)?.is_some() {
        return Err(Refusal::ResendTooSoon(until).into());
    }
    throttle::store::pause(w, TOLD, &own, rules::LATER)?;
    refuse(w, order, ANYBODYS, rules::LATER)
}

/// As long as a pause lasts at most, so that it tells nothing of when it began.
fn in_a_minute(w: &Work<'_, '_>) -> Timestamp {
    w.now().plus(rules::PAUSE)
}

/// One account and one number.
fn pair(w: &Work<'_, '_>, account: AccountId, number: &Number) -> [u8; 32] {
    let parts = [&account.0[..], number.e164().as_bytes()];
    w.keyring().mac("text of one account", &parts)
}

/// One number, and one application or everybody here: each has a share of the number's texts.
fn share(w: &Work<'_, '_>, order: &Order<'_>) -> [u8; 32] {
    let application = id_of(order.application);
    let parts = [order.number.e164().as_bytes(), &application];
    w.keyring().mac("text share", &parts)
}

/// The same, the known devices of each account and each other network apart: what one has sent to a number and never enters stops the other's texts
/// no more than its share does. The networks of its users an application only says.
fn line(
    w: &Work<'_, '_>,
    number: &Number,
    application: Option<ApplicationId>,
    known_by: Option<AccountId>,
) -> [u8; 32] {
    let application = id_of(application);
    let whose = match known_by {
        Some(account) => account.0.to_vec(),
        None if application.is_empty() => w.moment.client.network.clone(),
        None => Vec::new(),
    };
    let parts = [number.e164().as_bytes(), &application, &whose];
    w.keyring().mac("text line", &parts)
}

fn id_of(application: Option<ApplicationId>) -> Vec<u8> {
    application.map_or_else(Vec::new, |one| one.0.to_vec())
}

fn spend_one(w: &mut Work<'_, '_>, ceiling: Ceiling, subject: &[u8]) -> Result<Option<i64>, Stop> {
    let Ceiling { name, length, most } = ceiling;
    throttle::store::spend_one(w, name, subject, length, most)
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
    let account = order.account.0.to_vec();
    let share = share(w, order);
    let mut costs = Vec::with_capacity(16);
    let mut each = |ceilings: &[Ceiling], subject: &[u8]| {
        costs.extend(ceilings.iter().map(|one| (*one, subject.to_vec())));
    };
    if !order.is_known {
        each(&rules::NUMBER_UNKNOWN, &share);
    }
    if !order.is_owners() {
        each(&rules::NUMBER_SHARE, &share);
    }
    each(&rules::NUMBER, &of_number);
    each(&[rules::PAIR], &pair(w, order.account, order.number));
    each(&[rules::BLOCK], &block);
    if !order.is_known {
        each(&rules::ACCOUNT_UNKNOWN, &account);
    }
    each(&rules::ACCOUNT, &account);
    each(&rules::NETWORK, &network(w));
    costs.extend(money(w));
    costs
}

/// Where it is ordered from. An application says itself where its users sit, and may say so of its own share alone.
fn network(w: &Work<'_, '_>) -> Vec<u8> {
    let client = &w.moment.client;
    [id_of(client.application), client.network.clone()].concat()
}

/// What every text costs, whatever it says.
fn money(w: &Work<'_, '_>) -> Vec<(Ceiling, Vec<u8>)> {
    let sms = &w.settings().sms;
    let mut costs = Vec::with_capacity(2);
    if let Some(application) = w.moment.client.application {
        let most = sms.cap_per_application();
        costs.push((rules::application(most), application.0.to_vec()));
    }
    costs.push((rules::instance(sms.daily_cap), Vec::new()));
    costs
}

fn refuse(
    w: &mut Work<'_, '_>,
    order: &Order<'_>,
    limit: &'static str,
    wait: Duration,
) -> Result<(), Stop> {
    stopped(w, order.number, limit)?;
    let told = if order.is_proven { wait } else { rules::LATER };
    let retry_after = told.as_secs();
    Err(Refusal::TextLimit { retry_after }.into())
}

/// Counts a text that was not sent.
fn stopped(w: &mut Work<'_, '_>, number: &Number, limit: &'static str) -> Result<(), Stop> {
    let now = w.now();
    w.count(Tally::TextStopped(limit));
    prefixes::count(w, number.prefix(), now, Counted::Stopped)
}
