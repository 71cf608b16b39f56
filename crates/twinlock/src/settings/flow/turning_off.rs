//! Turning two-factor authentication off.

use twinlock_db::Locks;

use crate::app::{Moment, Refusal, Stop, Work};
use crate::authenticators::{self, AskedFor, Attempt, Kind, Removal, is_on};
use crate::outbox::Topic;
use crate::session::Session;
use crate::session::flow::{Acting, end_others_and_renew, reload};
use crate::sign_in::gate::required_by;
use crate::step_up::flow::{judge, owner};

use super::keys::to_disable;
use super::tell;

/// Turns two-factor authentication off, by a code typed for just this.
///
/// # Errors
/// [`Refusal::InvalidCode`] and its like, [`Refusal::StillRequired`], [`Refusal::NoFactor`].
pub async fn disable(
    moment: &Moment,
    acting: &Acting,
    code: String,
) -> Result<Option<String>, Stop> {
    disable_by(moment, acting, code, None).await
}

/// Turns two-factor authentication off, by a code of one kind that was typed for just this.
///
/// # Errors
/// As [`disable`].
pub async fn disable_by(
    moment: &Moment,
    acting: &Acting,
    code: String,
    kind: Option<Kind>,
) -> Result<Option<String>, Stop> {
    let acting = acting.clone();
    let attempt = Attempt {
        code,
        kind,
        factor: None,
        mailbox_proved: false,
        asked_for: AskedFor::Change,
        ceremony: Some(to_disable(&acting)),
    };
    let token = moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = may_be_turned_off(w, &acting)?;
            judge(w, &session, &attempt)?;
            turn_off(w, &acting, &session)
        })
        .await?;
    Ok(token)
}

pub(super) fn may_be_turned_off(w: &mut Work<'_, '_>, acting: &Acting) -> Result<Session, Stop> {
    let session = reload(w, acting)?;
    let account = owner(w, &session)?;
    if !is_on(w, account.id)? {
        return Err(Refusal::NoFactor.into());
    }
    if required_by(w, &account).is_some() {
        return Err(Refusal::StillRequired.into());
    }
    Ok(session)
}

pub(super) fn turn_off(
    w: &mut Work<'_, '_>,
    acting: &Acting,
    session: &Session,
) -> Result<Option<String>, Stop> {
    authenticators::flow::remove_all(w, session.account, Removal::Undoable)?;
    tell(
        w,
        session,
        Topic::TwoFactorOff,
        "two_factor_off",
        Vec::new(),
    )?;
    end_others_and_renew(w, acting)
}
