//! The person's own numbers that get codes.

use twinlock_db::Locks;

use crate::app::{AuthenticatorId, Moment, Stop};
use crate::authenticators::flow::{AskedText, asked_text, binding, may_be_texted, where_it_stands};
use crate::authenticators::sms::flow::{self as sms, Pending, Texted, registering};
use crate::authenticators::{Authenticator, held};
use crate::session::flow::{Acting, reload};
use crate::step_up::flow::{demand, owner};
use crate::text_messages::flow::spend;

use super::keys::to_disable;
use super::{may_be_turned_off, may_finish};

/// A number as it was typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// In any form.
    pub phone: String,
    /// The country it is dialled in, two letters (ISO 3166-1), where it does not say so itself.
    pub country: Option<String>,
}

/// Begins setting a number up, or one in place of another method (`replaces`), and sends a code to it. Nothing changes until that comes back.
///
/// # Errors
/// [`crate::app::Refusal::StepUpRequired`], [`crate::app::Refusal::KindUnavailable`], [`crate::app::Refusal::Field`], [`crate::app::Refusal::NotFound`], [`crate::app::Refusal::AlreadyExists`];
/// [`crate::app::Refusal::ResendTooSoon`] and [`crate::app::Refusal::TextLimit`] where no text may be sent.
pub async fn begin_text(
    moment: &Moment,
    acting: &Acting,
    typed: Typed,
    replaces: Option<AuthenticatorId>,
) -> Result<Pending, Stop> {
    let looking = acting.clone();
    moment
        .read(move |w| demand(w, &looking).map(|_| ()))
        .await?;
    let number = sms::read_number(moment, &typed.phone, typed.country.as_deref())?;
    let (looking, wanted) = (acting.clone(), number.clone());
    moment
        .read(move |w| {
            let account = demand(w, &looking)?.account;
            let old = binding::place_taken(w, account)?;
            sms::may_begin(w, account, &wanted, replaces.or(old))
        })
        .await?;
    spend(moment, acting.account(), &number, false).await?;
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = demand(w, &acting)?;
            let account = owner(w, &session)?;
            let old = binding::place_taken(w, account.id)?;
            sms::begin(w, &account, &number, replaces.or(old))
        })
        .await
}

/// A half-done number, to ask for its code again.
///
/// # Errors
/// [`crate::app::Refusal::NotFound`] when there is none.
pub async fn pending_text(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
) -> Result<Pending, Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = may_finish(w, &acting, id)?;
            owner(w, &session)?;
            sms::pending(w, session.account, id)
        })
        .await
}

/// A second factor, and where the code stands that was texted to set it up.
///
/// # Errors
/// [`crate::app::Refusal::NotFound`] when there is none.
pub async fn factor(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
) -> Result<(Authenticator, Option<Texted>), Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = reload(w, &acting)?;
            owner(w, &session)?;
            where_it_stands(w, session.account, id, None)
        })
        .await
}

/// Sends a new code to a half-done number.
///
/// # Errors
/// [`crate::app::Refusal::NotFound`]; [`crate::app::Refusal::ResendTooSoon`], [`crate::app::Refusal::TextLimit`].
pub async fn resend_text(
    moment: &Moment,
    acting: &Acting,
    id: AuthenticatorId,
) -> Result<Texted, Stop> {
    let (account, acting) = (acting.account(), acting.clone());
    sms::order(moment, account, registering(id), move |w| {
        let session = may_finish(w, &acting, id)?;
        owner(w, &session)?;
        sms::pending(w, session.account, id).map(|pending| pending.factor.id)
    })
    .await
}

/// Sends a code for turning two-factor authentication off and nothing else.
///
/// # Errors
/// [`crate::app::Refusal::StillRequired`], [`crate::app::Refusal::NoFactor`]; [`crate::app::Refusal::ResendTooSoon`], [`crate::app::Refusal::TextLimit`].
pub async fn text_to_disable(moment: &Moment, acting: &Acting) -> Result<Texted, Stop> {
    let ceremony = to_disable(acting);
    let (account, acting) = (acting.account(), acting.clone());
    sms::order(moment, account, ceremony, move |w| {
        let session = may_be_turned_off(w, &acting)?;
        let held = held(w, session.account)?;
        may_be_texted(w, session.account, &held)?;
        sms::among(&held.factors, None)
    })
    .await
}

/// Where the code by text for turning it off stands; nothing where there is no number.
///
/// # Errors
/// The database's trouble.
pub async fn text_to_disable_asked(
    moment: &Moment,
    acting: &Acting,
) -> Result<Option<AskedText>, Stop> {
    let (account, ceremony) = (acting.account(), to_disable(acting));
    moment
        .read(move |w| {
            let held = held(w, account)?;
            asked_text(w, account, ceremony, &held)
        })
        .await
}
