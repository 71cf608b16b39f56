//! Setting up, proving, changing and removing second factors of an application's users.

use twinlock_otp::{Parameters, Secret};

use crate::account::{self, Account};
use crate::app::{AuthenticatorId, Moment, Refusal, Stop, Work};
use crate::application::ApiCaller;
use crate::audit::{self, Event};
use crate::authenticators::flow::{Bound, binding, where_it_stands};
use crate::authenticators::sms::flow::{self as sms, Texted};
use crate::authenticators::{self, Authenticator, Kind, Removal, totp};
use crate::config::Methods;
use crate::outbox::Topic;

use crate::text_messages::flow::spend;

use super::{Ask, asked_here, change, changed, look, record, refuse_frozen, visible};

/// A secret an application brings along.
#[derive(Clone)]
pub struct Brought {
    /// The key.
    pub secret: Secret,
    /// Algorithm, digits, period.
    pub parameters: Parameters,
}

/// Begins setting up an app. It changes nothing until its first code is accepted.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Frozen`], [`Refusal::Field`].
pub async fn begin(moment: &Moment, ask: Ask, label: String) -> Result<totp::flow::Pending, Stop> {
    change(moment, ask, move |w, account, _| {
        refuse_frozen(account)?;
        let old = binding::place_taken(w, account.id)?;
        totp::flow::begin(w, account, &label, old)
    })
    .await
}

/// Begins setting a number of an application's user up and sends a code to it.
///
/// # Errors
/// As [`begin`], and [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`], [`Refusal::AlreadyExists`].
pub async fn begin_text(
    moment: &Moment,
    ask: Ask,
    phone: String,
    country: Option<String>,
) -> Result<sms::Pending, Stop> {
    let account = look(moment, ask.clone(), |_, account| {
        refuse_frozen(account)?;
        Ok(account.id)
    })
    .await?;
    let number = sms::read_number(moment, &phone, country.as_deref())?;
    let wanted = number.clone();
    look(moment, ask.clone(), move |w, account| {
        let old = binding::place_taken(w, account.id)?;
        sms::may_begin(w, account.id, &wanted, old)
    })
    .await?;
    spend(moment, account, &number, false).await?;
    change(moment, ask, move |w, account, _| {
        refuse_frozen(account)?;
        let old = binding::place_taken(w, account.id)?;
        sms::begin(w, account, &number, old)
    })
    .await
}

/// Sends a code to a number of an application's user: to one that is half done, to set it up, or to one that counts, to be verified.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Frozen`]; [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`], [`Refusal::KindUnavailable`].
pub async fn send(moment: &Moment, ask: Ask, id: AuthenticatorId) -> Result<Texted, Stop> {
    let (account, is_pending) = look(moment, ask.clone(), move |w, account| {
        let factor = authenticators::store::load(w, account.id, id)?;
        let factor = factor.filter(|factor| factor.kind == Kind::Sms);
        Ok((account.id, factor.ok_or(Refusal::NotFound)?.pending))
    })
    .await?;
    let ceremony = if is_pending {
        sms::registering(id)
    } else {
        asked_here(account)
    };
    sms::order(moment, account, ceremony, move |w| {
        let account = visible(w, &ask.caller, account)?;
        refuse_frozen(&account)?;
        if is_pending {
            return sms::pending(w, account.id, id).map(|pending| pending.factor.id);
        }
        sms::among(&authenticators::store::active(w, account.id)?, Some(id))
    })
    .await
}

/// A second factor of an application's user, and where the code stands that was texted to it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn current(
    moment: &Moment,
    ask: Ask,
    id: AuthenticatorId,
) -> Result<(Authenticator, Option<Texted>), Stop> {
    look(moment, ask, move |w, account| {
        where_it_stands(w, account.id, id, Some(asked_here(account.id)))
    })
    .await
}

/// Brings an existing secret along, active at once. Not for people's accounts: nobody but they choose their secrets' app.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Frozen`], [`Refusal::Field`]; [`Refusal::AlreadyExists`] where one method is all there may be.
pub async fn import(
    moment: &Moment,
    ask: Ask,
    label: String,
    brought: Brought,
) -> Result<Bound, Stop> {
    change(moment, ask, move |w, account, by| {
        refuse_frozen(account)?;
        if account::signs_in_here(w, account)? {
            return Err(Refusal::Field {
                field: "secret",
                code: "invalid",
            }
            .into());
        }
        let only_one = w.settings().two_factor.methods == Methods::One;
        if only_one && !authenticators::store::active(w, account.id)?.is_empty() {
            return Err(Refusal::AlreadyExists.into());
        }
        let bound =
            authenticators::flow::import(w, account, &label, &brought.secret, brought.parameters)?;
        tell_bound(w, account, &bound, by)?;
        Ok(bound)
    })
    .await
}

/// Proves a half-done app by its first code, which is spent.
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn activate(
    moment: &Moment,
    ask: Ask,
    id: AuthenticatorId,
    code: String,
) -> Result<Bound, Stop> {
    change(moment, ask, move |w, account, by| {
        refuse_frozen(account)?;
        let bound = authenticators::flow::confirm(w, account.id, id, &code)?;
        tell_bound(w, account, &bound, by)?;
        Ok(bound)
    })
    .await
}

fn tell_bound(
    w: &mut Work<'_, '_>,
    account: &Account,
    bound: &Bound,
    by: &ApiCaller,
) -> Result<(), Stop> {
    let told = match (bound.proven.first, &bound.proven.replaced) {
        (true, _) => (Topic::TwoFactorOn, "two_factor_on"),
        (false, Some(_)) => (Topic::MethodReplaced, "method_replaced"),
        (false, None) => (Topic::MethodAdded, "method_added"),
    };
    changed(w, account, told, &bound.told(), by)
}

/// Names a second factor, or makes it the one asked first.
///
/// # Errors
/// [`Refusal::NotFound`] for one that is not active, [`Refusal::Field`] for a label that is too long.
pub async fn alter(
    moment: &Moment,
    ask: Ask,
    id: AuthenticatorId,
    label: Option<String>,
    prefer: bool,
) -> Result<Authenticator, Stop> {
    change(moment, ask, move |w, account, by| {
        refuse_frozen(account)?;
        let label = label.as_deref().map(binding::clean_label).transpose()?;
        active(w, account, id)?;
        if let Some(label) = &label {
            authenticators::store::rename(w, account.id, id, label)?;
        }
        if prefer {
            authenticators::store::prefer(w, account.id, id)?;
        }
        let event = if prefer {
            "method_preferred"
        } else {
            "method_renamed"
        };
        audit::append(
            w,
            account.id,
            &Event::new(event)
                .with("authenticator", id.to_string())
                .with("by", record(by)),
        )?;
        active(w, account, id)
    })
    .await
}

/// Removes a second factor. With the last one the backup codes go: two-factor authentication is off.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Frozen`].
pub async fn remove(moment: &Moment, ask: Ask, id: AuthenticatorId) -> Result<(), Stop> {
    change(moment, ask, move |w, account, by| {
        refuse_frozen(account)?;
        let factor = authenticators::store::load(w, account.id, id)?.ok_or(Refusal::NotFound)?;
        if factor.pending {
            // It never counted: nothing else changes, and nobody has to hear of it.
            return binding::erase(w, account.id, id);
        }
        authenticators::flow::remove(w, account.id, id, Removal::Undoable)?;
        let told = if authenticators::store::active(w, account.id)?.is_empty() {
            (Topic::TwoFactorOff, "two_factor_off")
        } else {
            (Topic::MethodRemoved, "method_removed")
        };
        changed(w, account, told, &factor.told(), by)
    })
    .await
}

fn active(
    w: &mut Work<'_, '_>,
    account: &Account,
    id: AuthenticatorId,
) -> Result<Authenticator, Stop> {
    authenticators::store::load(w, account.id, id)?
        .filter(|factor| !factor.pending)
        .ok_or_else(|| Refusal::NotFound.into())
}
