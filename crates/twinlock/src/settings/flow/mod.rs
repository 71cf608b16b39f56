//! What a person may change about their own account.

mod activity;
mod check_up;
mod codes;
mod devices;
mod keys;
mod password;
mod texts;
mod turning_off;

pub use activity::{events, proof_of_events};
pub use check_up::put_off;
pub use codes::{check_code, make_codes, make_codes_instead_of, reveal};
pub use devices::{end_all_trust, end_trust_of, sign_out_and_forget, trusted_devices};
pub use keys::{ask_to_disable, begin_key, confirm_key, disable_by_key};
pub use password::change_password;
pub use texts::{
    Typed, begin_text, factor, pending_text, resend_text, text_to_disable, text_to_disable_asked,
};
pub use turning_off::{disable, disable_by};
use turning_off::{may_be_turned_off, turn_off};

use std::collections::BTreeMap;
use std::time::Duration;

use twinlock_db::Locks;

use crate::account::{self, Account};
use crate::app::{AccountId, AuthenticatorId, Moment, Refusal, Stop, Timestamp, Work};
use crate::audit::{self, Event};
use crate::authenticators::flow::Bound;
use crate::authenticators::flow::binding::{self, clean_label};
use crate::authenticators::{
    self, Authenticator, Held, Kind, Removal, held, password as passwords, sms, totp,
};
use crate::outbox::Topic;
use crate::session::flow::{Acting, end_others_and_renew, reload};
use crate::session::{self, Proof, Session};
use crate::settings::rules::{Seen, Suggestion, may_call_lost, suggestions};
use crate::sign_in::gate::required_by;
use crate::step_up::flow::{demand, owner};
use crate::trusted_device::{Device, store};

/// What the Security page shows.
pub struct Overview {
    /// The account.
    pub account: Account,
    /// Its second factors and codes.
    pub held: Held,
    /// Whether it has a password.
    pub has_password: bool,
    /// Whether a second factor is required of it.
    pub required: bool,
    /// Devices that skip the second factor, last used first.
    pub trusted_devices: Vec<Device>,
    /// What is worth doing, the weightiest first.
    pub suggestions: Vec<Suggestion>,
    /// When each number was last proven.
    pub confirmed: Vec<(AuthenticatorId, Timestamp)>,
}

impl Overview {
    /// When a number was last proven; nothing for other kinds.
    #[must_use]
    pub fn confirmed_at(&self, factor: &Authenticator) -> Option<Timestamp> {
        let mut confirmed = self.confirmed.iter();
        confirmed
            .find(|(id, _)| *id == factor.id)
            .map(|(_, at)| *at)
    }
}

/// What the Security page shows.
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn overview(moment: &Moment, acting: &Acting) -> Result<Overview, Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = reload(w, &acting)?;
            let account = owner(w, &session)?;
            let held = held(w, session.account)?;
            let trusted_devices = store::trusted(w, session.account)?;
            let dismissed = super::store::dismissed(w, session.account)?;
            let confirmed = confirmed(w, session.account, &held)?;
            let kinds = binding::offered(&w.moment.app);
            let seen = Seen {
                held: &held,
                devices: &trusted_devices,
                confirmed: &confirmed,
                methods: w.moment.app.settings.two_factor.methods,
                offers_better: kinds.iter().any(|kind| *kind != Kind::Sms),
            };
            let suggestions = suggestions(&seen, &dismissed, w.now());
            Ok(Overview {
                held,
                has_password: passwords::store::load(w, session.account)?.is_some(),
                required: required_by(w, &account).is_some(),
                trusted_devices,
                suggestions,
                confirmed,
                account,
            })
        })
        .await
}

fn confirmed(
    w: &mut Work<'_, '_>,
    account: AccountId,
    held: &Held,
) -> Result<Vec<(AuthenticatorId, Timestamp)>, Stop> {
    let mut confirmed = Vec::new();
    for factor in held.factors.iter().filter(|one| one.kind == Kind::Sms) {
        if let Some((_, Some(at))) = sms::store::load(w, account, factor.id)? {
            confirmed.push((factor.id, at));
        }
    }
    Ok(confirmed)
}

/// What was brought back and what removed when the account was last opened again, if that was within `since`.
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn last_thaw(
    moment: &Moment,
    acting: &Acting,
    since: Duration,
) -> Result<Option<BTreeMap<String, String>>, Stop> {
    const LOOKED_AT: i64 = 100;
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = reload(w, &acting)?;
            let earliest = w.now().minus(since);
            let events = audit::store::recent(w, session.account, i64::MAX, LOOKED_AT)?;
            let thawed = events
                .into_iter()
                .find(|event| event.kind == "account_thawed" && event.at > earliest);
            Ok(thawed.and_then(|event| event.detail))
        })
        .await
}

/// Begins setting up an app, or setting one up anew (`replaces`). Nothing changes until its first code is typed.
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::NotFound`], [`Refusal::Field`].
pub async fn begin_app(
    moment: &Moment,
    acting: &Acting,
    label: String,
    replaces: Option<AuthenticatorId>,
) -> Result<totp::flow::Pending, Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = demand(w, &acting)?;
            let account = owner(w, &session)?;
            let old = binding::place_taken(w, account.id)?;
            totp::flow::begin(w, &account, &label, replaces.or(old))
        })
        .await
}

/// A half-done app, to show its QR code again.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none, [`Refusal::StepUpRequired`].
pub async fn pending_app(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
) -> Result<totp::flow::Pending, Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = may_finish(w, &acting, id)?;
            let account = owner(w, &session)?;
            totp::flow::pending(w, &account, id)
        })
        .await
}

/// Proves a half-done app by its first code, or a number by the one that was texted to it. The new session token, where the session is a cookie.
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::NotFound`], [`Refusal::StepUpRequired`].
pub async fn confirm(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
    code: String,
) -> Result<(Bound, Option<String>), Stop> {
    let acting = acting.clone();
    let done = moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = may_finish(w, &acting, id)?;
            owner(w, &session)?;
            let bound = authenticators::flow::confirm(w, session.account, id, &code)?;
            let proof = proof_of(&bound.proven.factor);
            let token = now_counts(w, &acting, &session, &bound, proof)?;
            Ok((bound, token))
        })
        .await?;
    Ok(done)
}

/// What is half done is shown and finished by whoever could have begun it: its id alone, out of a browser's history, is not enough.
fn may_finish(w: &mut Work<'_, '_>, acting: &Acting, id: AuthenticatorId) -> Result<Session, Stop> {
    let session = reload(w, acting)?;
    binding::pending(w, session.account, id)?;
    demand(w, acting)
}

/// What follows when a method of one's own was proven: the session rests on it, everybody else signs in anew, and the person is told.
fn now_counts(
    w: &mut Work<'_, '_>,
    acting: &Acting,
    session: &Session,
    bound: &Bound,
    proof: Proof,
) -> Result<Option<String>, Stop> {
    // A backup code that let somebody in stays what the session rests on: with it they may call a lost phone lost.
    let proof = match session.second_factor {
        Some(Proof::BackupCode) if !bound.proven.first => Proof::BackupCode,
        _ => proof,
    };
    session::store::proved_second(w, session.account, session.id, proof)?;
    let (topic, event) = match (&bound.proven.first, &bound.proven.replaced) {
        (true, _) => (Topic::TwoFactorOn, "two_factor_on"),
        (false, Some(_)) => (Topic::MethodReplaced, "method_replaced"),
        (false, None) => (Topic::MethodAdded, "method_added"),
    };
    tell(w, session, topic, event, bound.told())?;
    end_others_and_renew(w, acting)
}

/// Names an app.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Field`].
pub async fn rename(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
    label: String,
) -> Result<(), Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = reload(w, &acting)?;
            let label = clean_label(&label)?;
            if !authenticators::store::rename(w, session.account, id, &label)? {
                return Err(Refusal::NotFound.into());
            }
            audit::append(
                w,
                session.account,
                &Event::new("method_renamed").with("label", label),
            )
        })
        .await
}

/// Makes an app the one asked first.
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::NotFound`].
pub async fn prefer(moment: &Moment, acting: &Acting, id: AuthenticatorId) -> Result<(), Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = demand(w, &acting)?;
            let active = authenticators::store::active(w, session.account)?;
            if !active.iter().any(|factor| factor.id == id) {
                return Err(Refusal::NotFound.into());
            }
            authenticators::store::prefer(w, session.account, id)?;
            audit::append(
                w,
                session.account,
                &Event::new("method_preferred").with("authenticator", id.to_string()),
            )
        })
        .await
}

/// Removes one of several apps. The last one goes only by turning two-factor authentication off. One that was lost is never accepted
/// again, and to say so takes a proof by another method or a backup code.
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::ProveByAnother`], [`Refusal::LastFactor`], [`Refusal::NotFound`].
pub async fn remove(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
    removal: Removal,
) -> Result<Option<String>, Stop> {
    let acting = acting.clone();
    let token = moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = demand(w, &acting)?;
            let active = authenticators::store::active(w, session.account)?;
            let Some(factor) = active.iter().find(|factor| factor.id == id) else {
                return Err(Refusal::NotFound.into());
            };
            if active.len() == 1 {
                return Err(Refusal::LastFactor.into());
            }
            if removal == Removal::Lost && !may_call_lost(&session, id, &active, w.now()) {
                return Err(Refusal::ProveByAnother.into());
            }
            authenticators::flow::remove(w, session.account, id, removal)?;
            let survivor = authenticators::store::active(w, session.account)?;
            // Whoever proved the one that goes was asked to prove it just now; from here on the session rests on what is left.
            if session.second_factor.and_then(Proof::authenticator) == Some(id)
                && let Some(survivor) = survivor.first()
            {
                let proof = proof_of(survivor);
                session::store::rests_on(w, session.account, session.id, proof)?;
            }
            tell(
                w,
                &session,
                Topic::MethodRemoved,
                "method_removed",
                factor.told(),
            )?;
            end_others_and_renew(w, &acting)
        })
        .await?;
    Ok(token)
}

/// What a session rests on that rests on this method.
fn proof_of(factor: &Authenticator) -> Proof {
    match factor.kind {
        Kind::Webauthn => Proof::Webauthn(factor.id),
        Kind::Sms => Proof::Sms(factor.id),
        Kind::Totp | Kind::BackupCode => Proof::Totp(factor.id),
    }
}

/// Changes the name shown.
///
/// # Errors
/// [`Refusal::Field`] when it is too long.
pub async fn rename_account(moment: &Moment, acting: &Acting, name: &str) -> Result<(), Stop> {
    let name = account::rules::clean_name(name).ok_or(Refusal::Field {
        field: "name",
        code: "too_long",
    })?;
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = reload(w, &acting)?;
            account::store::rename(w, session.account, &name)?;
            audit::append(w, session.account, &Event::new("name_changed"))
        })
        .await
}

/// An event for the record and a mail for the person.
fn tell(
    w: &mut Work<'_, '_>,
    session: &Session,
    topic: Topic,
    event: &'static str,
    method: Vec<(&'static str, String)>,
) -> Result<(), Stop> {
    account::notice(w, session.account, topic, &method)?;
    let event = (method.into_iter()).fold(Event::new(event), |event, (name, value)| {
        event.with(name, value)
    });
    audit::append(w, session.account, &event)
}
