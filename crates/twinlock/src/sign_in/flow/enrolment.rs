//! Setting up a second factor in the middle of a sign-in, where one is required and none is there.

use serde_json::Value;
use twinlock_db::Locks;

use crate::account;
use crate::app::{AccountId, AuthenticatorId, Moment, Refusal, Stop, Token, Work};
use crate::audit::{self, Event};
use crate::authenticators::flow::{Bound, where_it_stands};
use crate::authenticators::sms::flow as sms;
use crate::authenticators::{self, Authenticator, Kind, totp, webauthn};
use crate::outbox::Topic;
use crate::session::{self, Proof};
use crate::text_messages::flow::spend;

use super::gate::{self, Progress};
use super::{Held, read_token};
use crate::sign_in::rules::Next;
use crate::sign_in::store::{self, SignIn};

/// A finished enrolment.
pub struct Enrolled {
    /// Where the sign-in stands now.
    pub progress: Progress,
    /// What was proven, and the first sheet of backup codes.
    pub bound: Bound,
}

/// Begins setting up an app.
///
/// # Errors
/// [`Refusal::WrongStep`] unless the sign-in waits for an enrolment.
pub async fn begin(
    moment: &Moment,
    token: &str,
    label: String,
) -> Result<totp::flow::Pending, Stop> {
    let token = stored(moment, token)?;
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = waiting(w, &token)?;
            let owner = gate::owner(w, sign_in.account)?;
            totp::flow::begin(w, &owner, &label, None)
        })
        .await
}

/// Begins registering a security key.
///
/// # Errors
/// [`Refusal::WrongStep`] unless the sign-in waits for an enrolment, [`Refusal::KindUnavailable`].
pub async fn begin_key(
    moment: &Moment,
    token: &str,
    label: String,
) -> Result<webauthn::flow::Pending, Stop> {
    let token = stored(moment, token)?;
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = waiting(w, &token)?;
            let owner = gate::owner(w, sign_in.account)?;
            webauthn::flow::begin(w, &owner, &label, None)
        })
        .await
}

/// The half-done app, to show its QR code again.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none.
pub async fn pending(
    moment: &Moment,
    token: &str,
    id: AuthenticatorId,
) -> Result<totp::flow::Pending, Stop> {
    let token = stored(moment, token)?;
    moment
        .read(move |w| {
            let sign_in = waiting(w, &token)?;
            let owner = gate::owner(w, sign_in.account)?;
            totp::flow::pending(w, &owner, id)
        })
        .await
}

/// Proves the app by its code, or the number by the one that was texted to it, and goes on.
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::NotFound`].
pub async fn confirm(
    moment: &Moment,
    token: &str,
    id: AuthenticatorId,
    code: String,
) -> Result<Enrolled, Stop> {
    let token = stored(moment, token)?;
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = waiting(w, &token)?;
            let bound = authenticators::flow::confirm(w, sign_in.account, id, &code)?;
            let proof = match bound.proven.factor.kind {
                Kind::Sms => Proof::Sms(id),
                _ => Proof::Totp(id),
            };
            go_on(w, sign_in, bound, proof)
        })
        .await
}

/// Takes a key's answer to being registered and goes on.
///
/// # Errors
/// [`Refusal::KeyNotAccepted`], [`Refusal::AlreadyExists`], [`Refusal::NotFound`].
pub async fn confirm_key(
    moment: &Moment,
    token: &str,
    id: AuthenticatorId,
    answer: Value,
) -> Result<Enrolled, Stop> {
    let token = stored(moment, token)?;
    // Only whoever holds the sign-in may use up what its key was asked.
    let held = token.clone();
    let account = moment.read(move |w| Ok(waiting(w, &held)?.account)).await?;
    let key = webauthn::flow::registered(moment, account, id, answer).await?;
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = waiting(w, &token)?;
            let bound = authenticators::flow::confirm_key(w, sign_in.account, id, &key)?;
            go_on(w, sign_in, bound, Proof::Webauthn(id))
        })
        .await
}

/// Begins setting a number up and sends a code to it.
///
/// # Errors
/// [`Refusal::WrongStep`] unless the sign-in waits for an enrolment, [`Refusal::KindUnavailable`], [`Refusal::Field`];
/// [`Refusal::ResendTooSoon`] and [`Refusal::TextLimit`] where no text may be sent.
pub async fn begin_text(
    moment: &Moment,
    token: &str,
    phone: &str,
    country: Option<&str>,
) -> Result<sms::Pending, Stop> {
    let token = stored(moment, token)?;
    let (looking, phone, country) = (token.clone(), phone.to_owned(), country.map(str::to_owned));
    let (account, number) = moment
        .read(move |w| {
            let sign_in = waiting(w, &looking)?;
            let number = sms::read_number(w.moment, &phone, country.as_deref())?;
            let owner = gate::owner(w, sign_in.account)?;
            sms::may_begin(w, owner.id, &number, None)?;
            Ok((owner.id, number))
        })
        .await?;
    spend(moment, account, &number, false).await?;
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = waiting(w, &token)?;
            let owner = gate::owner(w, sign_in.account)?;
            sms::begin(w, &owner, &number, None)
        })
        .await
}

/// The half-done number, to ask for its code again.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none.
pub async fn pending_text(
    moment: &Moment,
    token: &str,
    id: AuthenticatorId,
) -> Result<sms::Pending, Stop> {
    let token = stored(moment, token)?;
    moment
        .read(move |w| {
            let sign_in = waiting(w, &token)?;
            sms::pending(w, sign_in.account, id)
        })
        .await
}

/// What is half done, and where the code stands that was texted to set it up.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none.
pub async fn factor(
    moment: &Moment,
    token: &str,
    id: AuthenticatorId,
) -> Result<(Authenticator, Option<sms::Texted>), Stop> {
    let token = stored(moment, token)?;
    moment
        .read(move |w| {
            let sign_in = waiting(w, &token)?;
            where_it_stands(w, sign_in.account, id, None)
        })
        .await
}

/// Sends a new code to the half-done number.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`].
pub async fn resend_text(
    moment: &Moment,
    token: &str,
    id: AuthenticatorId,
) -> Result<sms::Texted, Stop> {
    let token = stored(moment, token)?;
    let account = AccountId(token.owner);
    sms::order(moment, account, sms::registering(id), move |w| {
        let sign_in = waiting(w, &token)?;
        sms::pending(w, sign_in.account, id).map(|pending| pending.factor.id)
    })
    .await
}

/// What follows the first proof of a second factor, whatever its kind.
fn go_on(
    w: &mut Work<'_, '_>,
    sign_in: SignIn,
    bound: Bound,
    proof: Proof,
) -> Result<Enrolled, Stop> {
    let account = sign_in.account;
    session::flow::end_everything(w, account)?;
    let told = bound.told();
    let event = (told.iter()).fold(Event::new("two_factor_on"), |event, (name, value)| {
        event.with(name, value.as_str())
    });
    audit::append(w, account, &event)?;
    account::notice(w, account, Topic::TwoFactorOn, &told)?;
    let renewed = Token::new(account.0, sign_in.id.0, &mut w.draw);
    if !store::proved_second(w, &sign_in, proof, None, renewed.secret.hash())? {
        return Err(Refusal::SignInExpired.into());
    }
    let sign_in = SignIn {
        second_factor: Some(proof),
        second_factor_at: Some(w.now()),
        ..sign_in
    };
    let progress = gate::pass(w, &sign_in, Some(renewed.text(Token::SIGN_IN)), false)?;
    Ok(Enrolled { progress, bound })
}

fn waiting(w: &mut Work<'_, '_>, token: &Token) -> Result<SignIn, Stop> {
    let sign_in = store::open(w, token)?;
    match gate::asked(w, &sign_in)? {
        Next::Enrol(_) => Ok(sign_in),
        _ => Err(Refusal::WrongStep.into()),
    }
}

fn stored(moment: &Moment, token: &str) -> Result<Token, Stop> {
    match read_token(moment, token)? {
        Held::Stored(token) => Ok(token),
        Held::Opened(_) => Err(Refusal::WrongStep.into()),
    }
}
