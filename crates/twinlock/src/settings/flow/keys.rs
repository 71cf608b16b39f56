//! The person's own security keys.

use serde_json::Value;
use twinlock_db::Locks;

use crate::app::{AuthenticatorId, Moment, Stop};
use crate::authenticators::flow::{Bound, binding};
use crate::authenticators::rules::{Ceremony, Purpose};
use crate::authenticators::webauthn::flow::{self as webauthn, Pending};
use crate::authenticators::{self, held};
use crate::session::Proof;
use crate::session::flow::Acting;
use crate::step_up::flow::{demand, judge_key, owner};

use super::{may_be_turned_off, may_finish, now_counts, turn_off};

/// Begins registering a key, or one in place of another method (`replaces`). Nothing changes until it answers.
///
/// # Errors
/// [`crate::app::Refusal::StepUpRequired`], [`crate::app::Refusal::KindUnavailable`], [`crate::app::Refusal::Field`], [`crate::app::Refusal::NotFound`].
pub async fn begin_key(
    moment: &Moment,
    acting: &Acting,
    label: String,
    replaces: Option<AuthenticatorId>,
) -> Result<Pending, Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = demand(w, &acting)?;
            let account = owner(w, &session)?;
            let old = binding::place_taken(w, account.id)?;
            webauthn::begin(w, &account, &label, replaces.or(old))
        })
        .await
}

/// Takes a key's answer to being registered. The new session token, where the session is a cookie.
///
/// # Errors
/// [`crate::app::Refusal::KeyNotAccepted`], [`crate::app::Refusal::AlreadyExists`], [`crate::app::Refusal::NotFound`].
pub async fn confirm_key(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
    answer: Value,
) -> Result<(Bound, Option<String>), Stop> {
    let key = webauthn::registered(moment, acting.account(), id, answer).await?;
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = may_finish(w, &acting, id)?;
            owner(w, &session)?;
            let bound = authenticators::flow::confirm_key(w, session.account, id, &key)?;
            let token = now_counts(w, &acting, &session, &bound, Proof::Webauthn(id))?;
            Ok((bound, token))
        })
        .await
}

pub(super) fn to_disable(acting: &Acting) -> Ceremony {
    Ceremony {
        within: acting.session.id.0,
        purpose: Purpose::Disable,
    }
}

/// Asks a key, for turning two-factor authentication off and nothing else.
///
/// # Errors
/// [`crate::app::Refusal::StillRequired`], [`crate::app::Refusal::NoFactor`].
pub async fn ask_to_disable(moment: &Moment, acting: &Acting) -> Result<Value, Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = may_be_turned_off(w, &acting)?;
            let factors = held(w, session.account)?.factors;
            webauthn::ask(w, session.account, to_disable(&acting), &factors)
        })
        .await
}

/// Turns two-factor authentication off, by a key touched for just this.
///
/// # Errors
/// [`crate::app::Refusal::KeyNotAccepted`], [`crate::app::Refusal::StillRequired`], [`crate::app::Refusal::NoFactor`].
pub async fn disable_by_key(
    moment: &Moment,
    acting: &Acting,
    answer: Value,
) -> Result<Option<String>, Stop> {
    let asked = to_disable(acting);
    let answered = webauthn::answered(moment, acting.account(), asked, answer).await?;
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = may_be_turned_off(w, &acting)?;
            judge_key(w, &session, &answered)?;
            turn_off(w, &acting, &session)
        })
        .await
}
