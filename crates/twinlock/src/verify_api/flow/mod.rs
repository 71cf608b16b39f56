//! What an application does with its users' second factors. Each use case is one transaction under the account's lock.

pub mod accounts;
pub mod codes;
pub mod devices;
pub mod factors;
pub mod record;

use twinlock_db::Locks;

use crate::account::{self, Account};
use crate::app::{AccountId, Moment, Refusal, Stop, Work};
use crate::application::{self, ApiCaller};
use crate::audit::{self, Event};
use crate::authenticators::flow::end_copied;
use crate::authenticators::store::Standing;
use crate::authenticators::{
    self, Accepted, Attempt, Ceremony, Purpose, Removal, Verdict, Wrong, verify as judge,
};
use crate::freeze::{freeze_by_key, open_by_key};
use crate::outbox::Topic;
use crate::session;
use crate::sign_in::gate::required_by;
use crate::sign_in::reset::{By, demand_new_password, reset_two_factor};
use crate::throttle;
use crate::trusted_device;
use crate::trusted_device::store::Proven;

use super::rules::{AccountName, may_read, may_see};

/// Whose account, and who asks.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The application and what its key may do.
    pub caller: ApiCaller,
    /// The account.
    pub account: AccountName,
}

/// Who asked, for the record.
#[must_use]
pub fn record(caller: &ApiCaller) -> String {
    format!("key {}", caller.key)
}

/// Who asked, for the person: the application's name, as the operator gave it.
fn told(w: &mut Work<'_, '_>, caller: &ApiCaller) -> Result<Vec<(&'static str, String)>, Stop> {
    let name = application::store::name(w, caller.application)?;
    Ok(vec![
        ("by", String::from("application")),
        ("application", name.unwrap_or_default()),
    ])
}

/// The same, both ways.
fn asked_by(w: &mut Work<'_, '_>, caller: &ApiCaller) -> Result<By, Stop> {
    Ok(By {
        recorded: record(caller),
        told: told(w, caller)?,
    })
}

/// A mail for the person about what an application did.
fn tell(
    w: &mut Work<'_, '_>,
    account: AccountId,
    by: &ApiCaller,
    topic: Topic,
    label: &[(&'static str, String)],
) -> Result<(), Stop> {
    let values = [told(w, by)?, label.to_vec()].concat();
    account::notice(w, account, topic, &values)
}

/// What became of a code.
pub enum Verified {
    /// It was accepted and is spent.
    Accepted {
        /// What accepted it.
        accepted: Accepted,
        /// Makes the device known next time, where it was not.
        device_token: Option<String>,
    },
    /// It was not.
    Wrong(Wrong),
    /// There is nothing to compare with.
    NoFactor,
}

/// Judges a code of an application's user. An accepted code is spent, whoever accepted it.
///
/// # Errors
/// [`Refusal::Locked`], [`Refusal::Frozen`], [`Refusal::NotFound`]; a wrong code is no error here.
pub async fn verify(moment: &Moment, ask: Ask, attempt: Attempt) -> Result<Verified, Stop> {
    change(moment, ask, move |w, account, _| {
        end_copied(w, account.id)?;
        let attempt = Attempt {
            ceremony: Some(asked_here(account.id)),
            ..attempt.clone()
        };
        match judge(w, account, &attempt)? {
            Verdict::Accepted(accepted) => Ok(Verified::Accepted {
                device_token: remember(w, account)?,
                accepted,
            }),
            Verdict::Wrong { why, .. } => Ok(Verified::Wrong(why)),
            Verdict::NoFactor => Ok(Verified::NoFactor),
            Verdict::Locked { until, backup_code } => {
                Err(authenticators::rules::locked(until, backup_code).into())
            }
        }
    })
    .await
}

/// What a code an application has sent to its user is sent within.
#[must_use]
pub fn asked_here(account: AccountId) -> Ceremony {
    Ceremony {
        within: account.0,
        purpose: Purpose::Application,
    }
}

/// The application asks when and where it likes, and knows its users' devices itself: nobody is told of a new one.
fn remember(w: &mut Work<'_, '_>, account: &Account) -> Result<Option<String>, Stop> {
    // Devices of people who sign in here become known by their own sign-ins, of which they are told.
    if account::signs_in_here(w, account)? {
        return Ok(None);
    }
    let proven = Proven::SecondFactor;
    Ok(trusted_device::store::remember(w, account.id, proven, false)?.token)
}

/// Ends the waits of an account. The 30-day budget stays.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn unlock(moment: &Moment, ask: Ask) -> Result<(), Stop> {
    change(moment, ask, |w, account, by| {
        throttle::store::clear_waits(w, account.id)?;
        audit::append(
            w,
            account.id,
            &Event::new("unlocked").with("by", record(by)),
        )?;
        tell(w, account.id, by, Topic::CodesUnlocked, &[])
    })
    .await
}

/// Freezes an account: nothing of it works until it is opened again.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn freeze(moment: &Moment, ask: Ask) -> Result<(), Stop> {
    change(moment, ask, |w, account, by| {
        freeze_by_key(w, account, &record(by))
    })
    .await
}

/// Opens a frozen account again, whoever froze it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn unfreeze(moment: &Moment, ask: Ask) -> Result<(), Stop> {
    change(moment, ask, |w, account, by| {
        open_by_key(w, account, &record(by))
    })
    .await
}

/// Resets two-factor authentication of an account; its id.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Field`] for a reason that will not do.
pub async fn reset(moment: &Moment, ask: Ask, reason: String) -> Result<AccountId, Stop> {
    change(moment, ask, move |w, account, by| {
        let by = asked_by(w, by)?;
        reset_two_factor(w, account.id, &reason, &by, Removal::Undoable)?;
        Ok(account.id)
    })
    .await
}

/// Demands a new password at the next sign-in, of somebody who has one; whose account, and whether it does. Sessions and trust end either way.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn require_new_password(moment: &Moment, ask: Ask) -> Result<(AccountId, bool), Stop> {
    change(moment, ask, |w, account, by| {
        let by = asked_by(w, by)?;
        Ok((account.id, demand_new_password(w, account.id, &by)?))
    })
    .await
}

/// One use case on one account, under its lock; then the outbox looks whether there is something to send.
async fn change<T, F>(moment: &Moment, ask: Ask, work: F) -> Result<T, Stop>
where
    T: Send + 'static,
    F: Fn(&mut Work<'_, '_>, &Account, &ApiCaller) -> Result<T, Stop> + Send + Sync + 'static,
{
    let id = resolve(moment, &ask).await?;
    moment
        .write(Locks::account(id.0), move |w| {
            let account = visible(w, &ask.caller, id)?;
            work(w, &account, &ask.caller)
        })
        .await
}

/// One look at one account.
async fn look<T, F>(moment: &Moment, ask: Ask, work: F) -> Result<T, Stop>
where
    T: Send + 'static,
    F: Fn(&mut Work<'_, '_>, &Account) -> Result<T, Stop> + Send + Sync + 'static,
{
    let id = resolve(moment, &ask).await?;
    moment
        .read(move |w| {
            let account = visible(w, &ask.caller, id)?;
            work(w, &account)
        })
        .await
}

async fn resolve(moment: &Moment, ask: &Ask) -> Result<AccountId, Stop> {
    let external = match &ask.account {
        AccountName::Id(id) => return Ok(*id),
        AccountName::External(external) => external.clone(),
    };
    let application = ask.caller.application;
    moment
        .read(move |w| account::store::find_by_external_id(w, application, &external))
        .await?
        .ok_or_else(|| Refusal::NotFound.into())
}

fn visible(w: &mut Work<'_, '_>, caller: &ApiCaller, id: AccountId) -> Result<Account, Stop> {
    account::store::load(w, id)?
        .filter(|account| may_see(caller, account))
        .ok_or_else(|| Refusal::NotFound.into())
}

/// A frozen account is left as it is.
fn refuse_frozen(account: &Account) -> Result<(), Stop> {
    match account.frozen {
        Some(frozen) => Err(Refusal::Frozen(frozen.by).into()),
        None => Ok(()),
    }
}

/// Neither an account the key may not see nor a frozen one; without its texts, which are sealed, since it is asked for all the time whether a device is trusted.
fn refuse_unless_open(
    w: &mut Work<'_, '_>,
    caller: &ApiCaller,
    id: AccountId,
) -> Result<Standing, Stop> {
    let standing = authenticators::store::standing(w, id)?
        .filter(|standing| may_read(caller, standing.application))
        .ok_or(Refusal::NotFound)?;
    match standing.frozen {
        Some(by) => Err(Refusal::Frozen(by).into()),
        None => Ok(standing),
    }
}

/// What follows every change of an account's second factors: its sessions end, the record and the person hear of it.
fn changed(
    w: &mut Work<'_, '_>,
    account: &Account,
    told: (Topic, &'static str),
    method: &[(&'static str, String)],
    by: &ApiCaller,
) -> Result<(), Stop> {
    session::flow::end_everything(w, account.id)?;
    let (topic, event) = told;
    let event = (method.iter()).fold(Event::new(event), |event, (name, value)| {
        event.with(name, value.as_str())
    });
    audit::append(w, account.id, &event.with("by", record(by)))?;
    tell(w, account.id, by, topic, method)
}

/// What an account holds, whether a second factor is required of it, and how many devices skip it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn two_factor(
    moment: &Moment,
    ask: Ask,
) -> Result<(authenticators::Held, bool, usize), Stop> {
    look(moment, ask, |w, account| {
        let held = authenticators::held(w, account.id)?;
        let trusted = trusted_device::store::trusted(w, account.id)?.len();
        Ok((held, required_by(w, account).is_some(), trusted))
    })
    .await
}
