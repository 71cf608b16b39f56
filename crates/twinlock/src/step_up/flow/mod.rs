//! Stepping up, and demanding it.

mod offer;

pub use offer::{KeyOffer, Offer, TextOffer, offer};

use serde_json::Value;
use twinlock_db::Locks;

use crate::account::{self, Account, Mailbox};
use crate::app::{AuthenticatorId, Moment, Refusal, Stop, Work};
use crate::audit::{self, Event};
use crate::authenticators::flow::{AskedText, asked_text, may_be_texted};
use crate::authenticators::rules::{Ceremony, Purpose};
use crate::authenticators::sms::flow::{self as sms, Texted};
use crate::authenticators::webauthn::flow::{self as webauthn, Answered};
use crate::authenticators::{
    AskedFor, Attempt, Kind, Verdict, email_code, held, is_on, password, verify,
};
use crate::challenge::{self, store as challenges, store::Key};
use crate::outbox::Topic;
use crate::session::flow::{Acting, reload, renew};
use crate::session::{self, Session};
use crate::trusted_device;

/// Wrong proofs that end a session.
const MOST_FAILURES: i64 = 5;

/// What was typed.
#[derive(Clone)]
pub enum Proof {
    /// A code of an app, or a backup code.
    Code {
        /// As typed.
        code: String,
        /// Only this kind.
        kind: Option<Kind>,
    },
    /// The password.
    Password(String),
    /// A mailed code.
    EmailCode(String),
    /// What a security key answered.
    Key(Value),
}

/// Demands a recent proof, in the transaction that makes the change.
///
/// # Errors
/// [`Refusal::StepUpRequired`], or [`Refusal::SignedOut`].
pub fn demand(w: &mut Work<'_, '_>, acting: &Acting) -> Result<Session, Stop> {
    let session = reload(w, acting)?;
    owner(w, &session)?;
    let on = is_on(w, session.account)?;
    if session.is_stepped_up(w.now(), on, w.settings()) {
        Ok(session)
    } else {
        Err(Refusal::StepUpRequired.into())
    }
}

/// Sends a code to the mailbox of an account that has no second factor.
///
/// # Errors
/// [`Refusal::WrongStep`] where a second factor is asked; [`Refusal::ResendTooSoon`], [`Refusal::TooManyRequests`].
pub async fn send_code(moment: &Moment, acting: &Acting) -> Result<email_code::flow::Sent, Stop> {
    let (looking, now) = (acting.clone(), moment.now);
    let key = key(acting);
    let (mailbox, known) = moment
        .read(move |w| {
            let session = reload(w, &looking)?;
            if is_on(w, session.account)? {
                return Err(Refusal::WrongStep.into());
            }
            if let Some(times) = challenges::live(w, key)?.filter(|times| times.resend_at > now) {
                return Err(Refusal::ResendTooSoon(times.resend_at).into());
            }
            let email = owner(w, &session)?.email;
            let mailbox = email
                .as_deref()
                .and_then(Mailbox::parse)
                .ok_or(Refusal::WrongStep)?;
            Ok((
                mailbox,
                trusted_device::store::recognize(w, session.account)?.is_some(),
            ))
        })
        .await?;
    email_code::flow::spend(moment, &mailbox, known).await?;
    let order = email_code::flow::Order {
        mailbox,
        key,
        topic: Topic::StepUpCode,
        payload: None,
        to_nobody: false,
    };
    let times = moment
        .write(Locks::account(acting.account().0), move |w| {
            email_code::flow::post(w, &order)
        })
        .await?;
    Ok(email_code::flow::sent(moment, times))
}

/// The times of the mailed code that is on its way, if there is one.
///
/// # Errors
/// The database's trouble.
pub async fn mailed(moment: &Moment, acting: &Acting) -> Result<Option<challenges::Times>, Stop> {
    let key = key(acting);
    moment.read(move |w| challenges::live(w, key)).await
}

/// Proves it. The new session token, where the session is a cookie.
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::InvalidCredentials`], [`Refusal::Locked`]; [`Refusal::SignedOut`] after the fifth wrong one.
pub async fn prove(moment: &Moment, acting: &Acting, proof: Proof) -> Result<Option<String>, Stop> {
    let acting = acting.clone();
    let locks = Locks::account(acting.account().0);
    match proof {
        Proof::Code { code, kind } => {
            let attempt = Attempt {
                code,
                kind,
                factor: None,
                mailbox_proved: false,
                asked_for: AskedFor::Change,
                ceremony: Some(within(&acting)),
            };
            moment
                .write(locks, move |w| by_code(w, &acting, &attempt))
                .await
        }
        Proof::Password(typed) => {
            let looking = acting.clone();
            moment
                .read(move |w| without_second_factor(w, &looking).map(|_| ()))
                .await?;
            let tried = password::flow::attempt(moment, acting.account(), &typed).await?;
            password::flow::settling(moment, tried, move |w, tried| {
                let session = without_second_factor(w, &acting)?;
                if let Err(stop) = password::flow::settle(w, tried) {
                    refused(w, &session, "password")?;
                    return Err(failed(w, &session)?.unwrap_or(stop));
                }
                by_first_factor(w, &acting, "password")
            })
            .await
        }
        Proof::Key(answer) => {
            let answered = webauthn::answered(moment, acting.account(), within(&acting), answer);
            let answered = answered.await?;
            moment
                .write(locks, move |w| by_key(w, &acting, &answered))
                .await
        }
        Proof::EmailCode(typed) => {
            moment
                .write(locks, move |w| {
                    let session = without_second_factor(w, &acting)?;
                    if let Err(stop) = challenges::consume(w, key(&acting), &typed) {
                        refused(w, &session, "email_code")?;
                        return Err(failed(w, &session)?.unwrap_or(stop));
                    }
                    by_first_factor(w, &acting, "email_code")
                })
                .await
        }
    }
}

/// Judges a code typed in a session: counts in the account's limits and in the session's own.
///
/// # Errors
/// [`Refusal::InvalidCode`] and its like; [`Refusal::SignedOut`] after the fifth wrong one.
pub fn judge(
    w: &mut Work<'_, '_>,
    session: &Session,
    attempt: &Attempt,
) -> Result<session::Proof, Stop> {
    let owner = owner(w, session)?;
    let verdict = verify(w, &owner, attempt)?;
    if let Verdict::Wrong { counted: true, .. } = verdict
        && let Some(stop) = failed(w, session)?
    {
        return Err(stop);
    }
    Ok(verdict.accepted()?.proof)
}

/// Judges what a key answered in a session: counts in the session's own limit, never in the account's.
///
/// # Errors
/// [`Refusal::KeyNotAccepted`]; [`Refusal::SignedOut`] after the fifth wrong one.
pub fn judge_key(
    w: &mut Work<'_, '_>,
    session: &Session,
    answered: &Answered,
) -> Result<session::Proof, Stop> {
    owner(w, session)?;
    let factors = held(w, session.account)?.factors;
    match webauthn::accept(w, session.account, answered, &factors) {
        Err(stop @ Stop::Refused(_)) => Err(failed(w, session)?.unwrap_or(stop)),
        outcome => outcome,
    }
}

/// Asks the account's keys, for a proof before a change and nothing else.
///
/// # Errors
/// [`Refusal::NoFactor`] where there is no key.
pub async fn ask_key(moment: &Moment, acting: &Acting) -> Result<Value, Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = reload(w, &acting)?;
            owner(w, &session)?;
            let factors = held(w, session.account)?.factors;
            webauthn::ask(w, session.account, within(&acting), &factors)
        })
        .await
}

/// What a key is asked and a code is sent within.
fn within(acting: &Acting) -> Ceremony {
    Ceremony {
        within: acting.session.id.0,
        purpose: Purpose::StepUp,
    }
}

fn by_key(
    w: &mut Work<'_, '_>,
    acting: &Acting,
    answered: &Answered,
) -> Result<Option<String>, Stop> {
    let session = reload(w, acting)?;
    let proof = judge_key(w, &session, answered)?;
    stepped_up(w, acting, &session, proof)
}

/// Sends a code to one of the account's numbers, for a proof before a change and nothing else.
///
/// # Errors
/// [`Refusal::NoFactor`] where there is no number; [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`], [`Refusal::KindUnavailable`].
pub async fn send_text(
    moment: &Moment,
    acting: &Acting,
    factor: Option<AuthenticatorId>,
) -> Result<Texted, Stop> {
    let ceremony = within(acting);
    let (account, acting) = (acting.account(), acting.clone());
    sms::order(moment, account, ceremony, move |w| {
        let session = reload(w, &acting)?;
        owner(w, &session)?;
        let held = held(w, session.account)?;
        may_be_texted(w, session.account, &held)?;
        sms::among(&held.factors, factor)
    })
    .await
}

/// Where the code by text before a change stands; nothing where there is no number.
///
/// # Errors
/// The database's trouble.
pub async fn text_asked(moment: &Moment, acting: &Acting) -> Result<Option<AskedText>, Stop> {
    let (account, ceremony) = (acting.account(), within(acting));
    moment
        .read(move |w| {
            let held = held(w, account)?;
            asked_text(w, account, ceremony, &held)
        })
        .await
}

fn by_code(
    w: &mut Work<'_, '_>,
    acting: &Acting,
    attempt: &Attempt,
) -> Result<Option<String>, Stop> {
    let session = reload(w, acting)?;
    let proof = judge(w, &session, attempt)?;
    stepped_up(w, acting, &session, proof)
}

fn stepped_up(
    w: &mut Work<'_, '_>,
    acting: &Acting,
    session: &Session,
    proof: session::Proof,
) -> Result<Option<String>, Stop> {
    session::store::proved_second(w, session.account, session.id, proof)?;
    audit::append(
        w,
        session.account,
        &Event::new("stepped_up").with("kind", proof.word()),
    )?;
    renew(w, acting)
}

fn by_first_factor(
    w: &mut Work<'_, '_>,
    acting: &Acting,
    kind: &'static str,
) -> Result<Option<String>, Stop> {
    session::store::proved_first(w, acting.account(), acting.session.id)?;
    audit::append(
        w,
        acting.account(),
        &Event::new("stepped_up").with("kind", kind),
    )?;
    renew(w, acting)
}

/// A first factor steps up only where there is no second one.
fn without_second_factor(w: &mut Work<'_, '_>, acting: &Acting) -> Result<Session, Stop> {
    let session = reload(w, acting)?;
    owner(w, &session)?;
    if is_on(w, session.account)? {
        Err(Refusal::StepUpRequired.into())
    } else {
        Ok(session)
    }
}

fn refused(w: &mut Work<'_, '_>, session: &Session, kind: &str) -> Result<(), Stop> {
    let event = Event::new("step_up_refused").with("kind", kind);
    audit::append(w, session.account, &event)
}

/// Counts a wrong proof; the fifth ends the session.
fn failed(w: &mut Work<'_, '_>, session: &Session) -> Result<Option<Stop>, Stop> {
    if session::store::failed_step_up(w, session.account, session.id)? < MOST_FAILURES {
        return Ok(None);
    }
    session::store::end(w, session.account, session.id)?;
    audit::append(
        w,
        session.account,
        &Event::new("session_ended").with("reason", "wrong_codes"),
    )?;
    account::notice(w, session.account, Topic::SessionEndedByTries, &[])?;
    Ok(Some(Refusal::SignedOut.into()))
}

/// The account behind a session.
///
/// # Errors
/// [`Refusal::Frozen`]; [`Refusal::SignedOut`] when the account is gone.
pub fn owner(w: &mut Work<'_, '_>, session: &Session) -> Result<Account, Stop> {
    match account::store::load(w, session.account)? {
        Some(owner) => match owner.frozen {
            Some(frozen) => Err(Refusal::Frozen(frozen.by).into()),
            None => Ok(owner),
        },
        None => Err(Refusal::SignedOut.into()),
    }
}

fn key(acting: &Acting) -> Key {
    Key {
        account: acting.account(),
        within: acting.session.id.0,
        purpose: challenge::Purpose::StepUp,
    }
}
