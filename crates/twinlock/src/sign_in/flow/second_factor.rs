//! Proving the second factor of a sign-in.

use serde_json::Value;
use twinlock_db::Locks;

use crate::app::{AccountId, AuthenticatorId, Moment, Refusal, Stop, Token, Work};
use crate::authenticators::flow::{
    AskedText, asked_text, may_be_texted, standings, verify_former, waited_after,
};
use crate::authenticators::rules::{Ceremony, Purpose};
use crate::authenticators::sms::flow::{self as sms, Texted};
use crate::authenticators::webauthn::flow as webauthn;
use crate::authenticators::{self, Attempt, Kind, Standings, Verdict, verify};
use crate::session::{FirstFactor, Proof};
use crate::throttle::rules::wrong_codes_per_sign_in;

use super::gate::{self, Progress, Step};
use super::{Held, read_token, thaw};
use crate::sign_in::rules::Next;
use crate::sign_in::store::{self, SignIn};

/// Judges a typed code and passes the gate if it is accepted. `trust`: what the person said of the device, if they were asked.
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::Mistyped`], [`Refusal::Locked`]; [`Refusal::SignInExpired`] when too many were wrong.
pub async fn verify_second_factor(
    moment: &Moment,
    token: &str,
    attempt: Attempt,
    trust: Option<bool>,
) -> Result<Progress, Stop> {
    let token = stored(moment, token)?;
    moment
        .write(Locks::account(token.owner), move |w| {
            judge(w, &token, &attempt, trust)
        })
        .await
}

fn judge(
    w: &mut Work<'_, '_>,
    token: &Token,
    attempt: &Attempt,
    trust: Option<bool>,
) -> Result<Progress, Stop> {
    let sign_in = waiting(w, token)?;
    let scene = gate::Scene::of(w, &sign_in)?;
    let mailbox_proved =
        sign_in.mailbox_proved_at.is_some() && sign_in.first_factor != FirstFactor::EmailCode;
    let attempt = Attempt {
        mailbox_proved,
        ceremony: Some(within(token)),
        ..attempt.clone()
    };
    let verdict = match scene.thaw {
        Some(_) => verify_former(w, &scene.owner, &attempt, &scene.held)?,
        None => verify(w, &scene.owner, &attempt)?,
    };
    if let Verdict::Wrong { counted, waits, .. } = verdict {
        end_after_too_many(w, &sign_in, counted, waits)?;
    }
    let accepted = verdict.accepted()?;
    proven(w, &sign_in, accepted.proof, trust)
}

/// The second factor is proven: the sign-in gets a new token and goes on.
fn proven(
    w: &mut Work<'_, '_>,
    sign_in: &SignIn,
    proof: Proof,
    trust: Option<bool>,
) -> Result<Progress, Stop> {
    let renewed = Token::new(sign_in.account.0, sign_in.id.0, &mut w.draw);
    let hash = renewed.secret.hash();
    if !store::proved_second(w, sign_in, proof, trust, hash)? {
        return Err(Refusal::SignInExpired.into());
    }
    let sign_in = SignIn {
        second_factor: Some(proof),
        second_factor_at: Some(w.now()),
        trust_device: trust,
        ..sign_in.clone()
    };
    gate::pass(w, &sign_in, Some(renewed.text(Token::SIGN_IN)), false)
}

/// The sign-in of a token that waits for its second factor.
fn waiting(w: &mut Work<'_, '_>, token: &Token) -> Result<SignIn, Stop> {
    let sign_in = store::open(w, token)?;
    if gate::asked(w, &sign_in)? != Next::SecondFactor {
        return Err(Refusal::WrongStep.into());
    }
    refuse_begun_before_a_wait(w, &sign_in)?;
    Ok(sign_in)
}

fn stored(moment: &Moment, token: &str) -> Result<Token, Stop> {
    match read_token(moment, token)? {
        Held::Stored(token) => Ok(token),
        Held::Opened(_) => Err(Refusal::WrongStep.into()),
    }
}

/// What a key is asked and a code is sent within.
fn within(token: &Token) -> Ceremony {
    Ceremony {
        within: token.thing,
        purpose: Purpose::SignIn,
    }
}

/// Asks the keys that count in this sign-in; what the browser is asked.
///
/// # Errors
/// [`Refusal::WrongStep`] unless a second factor is asked; [`Refusal::NoFactor`] where there is no key.
pub async fn ask_key(moment: &Moment, token: &str) -> Result<Value, Stop> {
    let token = stored(moment, token)?;
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = waiting(w, &token)?;
            let factors = gate::Scene::of(w, &sign_in)?.held.factors;
            webauthn::ask(w, sign_in.account, within(&token), &factors)
        })
        .await
}

/// Sends a code to a number that counts in this sign-in: the one asked for, or the first.
///
/// # Errors
/// [`Refusal::WrongStep`] unless a second factor is asked; [`Refusal::NoFactor`] where there is no number; [`Refusal::ResendTooSoon`],
/// [`Refusal::TextLimit`], [`Refusal::KindUnavailable`].
pub async fn send_text(
    moment: &Moment,
    token: &str,
    factor: Option<AuthenticatorId>,
) -> Result<Texted, Stop> {
    let token = stored(moment, token)?;
    let account = AccountId(token.owner);
    sms::order(moment, account, within(&token), move |w| {
        let sign_in = waiting(w, &token)?;
        let held = gate::Scene::of(w, &sign_in)?.held;
        may_be_texted(w, sign_in.account, &held)?;
        sms::among(&held.factors, factor)
    })
    .await
}

/// The code that was texted last in this sign-in, if there is one.
///
/// # Errors
/// [`Refusal::WrongStep`] unless a second factor is asked.
pub async fn texted(moment: &Moment, token: &str) -> Result<Option<Texted>, Stop> {
    let token = stored(moment, token)?;
    moment
        .read(move |w| {
            let sign_in = waiting(w, &token)?;
            sms::texted(w, sign_in.account, within(&token))
        })
        .await
}

/// Where the code by text stands that this sign-in asks for; nothing where no number counts in it.
///
/// # Errors
/// [`Refusal::WrongStep`] unless a second factor is asked.
pub async fn text_asked(moment: &Moment, token: &str) -> Result<Option<AskedText>, Stop> {
    let token = stored(moment, token)?;
    moment
        .read(move |w| {
            let sign_in = waiting(w, &token)?;
            let held = gate::Scene::of(w, &sign_in)?.held;
            asked_text(w, sign_in.account, within(&token), &held)
        })
        .await
}

/// Where a number is asked first, its code is on its way as soon as the first factor is proven; why it is not, the next step says.
pub(super) async fn text_at_once(moment: &Moment, mut progress: Progress) -> Progress {
    let Step::SecondFactor { factors, .. } = &progress.step else {
        return progress;
    };
    let is_first = factors.first().is_some_and(|one| one.kind == Kind::Sms);
    let Some(token) = progress.token.as_deref().filter(|_| is_first) else {
        return progress;
    };
    match send_text(moment, token, None).await {
        Ok(_) => {}
        Err(Stop::Refused(refusal)) => progress.not_texted = Some(refusal),
        Err(Stop::Fault(error)) => {
            tracing::warn!(?error, "a code could not be put on its way");
        }
    }
    progress
}

/// Judges what a key answered and passes the gate if it is accepted. Keys never wait; five wrong answers end the sign-in all the same.
///
/// # Errors
/// [`Refusal::KeyNotAccepted`]; [`Refusal::SignInExpired`] when too many were wrong.
pub async fn verify_key(
    moment: &Moment,
    token: &str,
    answer: Value,
    trust: Option<bool>,
) -> Result<Progress, Stop> {
    let token = stored(moment, token)?;
    let opening = token.clone();
    moment
        .read(move |w| waiting(w, &opening).map(|_| ()))
        .await?;
    let account = AccountId(token.owner);
    let answered = webauthn::answered(moment, account, within(&token), answer).await?;
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = waiting(w, &token)?;
            let factors = gate::Scene::of(w, &sign_in)?.held.factors;
            match webauthn::accept(w, account, &answered, &factors) {
                Ok(proof) => proven(w, &sign_in, proof, trust),
                Err(stop @ Stop::Refused(_)) => {
                    end_after_too_many(w, &sign_in, true, false)?;
                    Err(stop)
                }
                Err(fault) => Err(fault),
            }
        })
        .await
}

/// A wait is not to be sat out in a sign-in begun before it: that one is over (ADR 0007). Sign-ins on a known device go on, or whoever guesses
/// elsewhere could end those of the account's owner.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub(super) fn refuse_begun_before_a_wait(
    w: &mut Work<'_, '_>,
    sign_in: &SignIn,
) -> Result<(), Stop> {
    match waited_after(w, sign_in.account, sign_in.first_factor_at)? {
        true => Err(Refusal::SignInExpired.into()),
        false => Ok(()),
    }
}

/// Five wrong codes end the sign-in, and so does one that brings a wait.
pub(super) fn end_after_too_many(
    w: &mut Work<'_, '_>,
    sign_in: &SignIn,
    counted: bool,
    waits: bool,
) -> Result<(), Stop> {
    if !counted {
        return Ok(());
    }
    let wrong = store::wrong(w, sign_in)?;
    if waits || wrong >= i64::from(wrong_codes_per_sign_in(&w.settings().limits)) {
        store::end(w, sign_in)?;
    }
    Ok(())
}

/// Whether codes of the sign-in's account would be looked at in another sign-in from here. This one may be over.
///
/// # Errors
/// The database's trouble; [`Refusal::Frozen`], [`Refusal::SignInExpired`] where no sign-in leads anywhere.
pub async fn code_standings(moment: &Moment, token: &str) -> Result<Standings, Stop> {
    let token = stored(moment, token)?;
    moment
        .read(move |w| {
            let owner = gate::owner(w, AccountId(token.owner))?;
            let account = owner.id;
            let held = match owner.frozen.and_then(|frozen| frozen.disavowed_from()) {
                Some(event) => thaw::scene(w, owner, event)?.held,
                None => authenticators::held(w, account)?,
            };
            standings(w, account, &held)
        })
        .await
}
