//! Mailed codes of a sign-in: as first factor, on the way to a new password, and as proof of the mailbox in its middle.

use twinlock_db::Locks;

use crate::account::{self, Mailbox};
use crate::app::{AccountId, Moment, Refusal, SignInId, Stop, Token, Work};
use crate::audit::{self, Event};
use crate::authenticators::email_code;
use crate::authenticators::is_on;
use crate::challenge::store::{self as challenges, Key, Times};
use crate::challenge::{self};
use crate::config::Method;
use crate::outbox::Topic;
use crate::session::FirstFactor;
use crate::sign_in::rules::{Next, Purpose};
use crate::sign_in::store::{self, SignIn};
use crate::trusted_device;

use super::gate::{self, Progress};
use super::opened::Opened;
use super::{Held, first_purpose, key, proven, read_token};

/// Sends a code: for a sign-in, for a new password, or to prove the mailbox in the middle of a sign-in.
///
/// # Errors
/// [`Refusal::ResendTooSoon`], [`Refusal::TooManyRequests`]; the same for addresses nobody has.
pub async fn send_code(
    moment: &Moment,
    token: &str,
    reset: bool,
) -> Result<(email_code::flow::Sent, Option<String>), Stop> {
    match read_token(moment, token)? {
        Held::Opened(opened) if opened.purpose == Purpose::SignUp => Err(Refusal::WrongStep.into()),
        Held::Opened(mut opened) => {
            let offered = moment
                .app
                .settings
                .sign_in
                .methods
                .contains(&Method::EmailCode);
            opened.purpose = if reset {
                Purpose::PasswordReset
            } else {
                Purpose::SignIn
            };
            if !reset && !offered {
                return Err(Refusal::WrongStep.into());
            }
            let sent = send_first_code(moment, &opened).await?;
            Ok((sent, Some(opened.token(moment))))
        }
        Held::Stored(token) => Ok((send_mailbox_code(moment, token).await?, None)),
    }
}

async fn send_first_code(moment: &Moment, opened: &Opened) -> Result<email_code::flow::Sent, Stop> {
    let mailbox = opened.mailbox()?;
    let account = opened.account;
    let known = moment
        .read(move |w| Ok(trusted_device::store::recognize(w, account)?.is_some()))
        .await?;
    let purpose = first_purpose(opened.purpose);
    let key = key(opened.account, opened.id, purpose);
    refuse_resend_too_soon(moment, key).await?;
    email_code::flow::spend(moment, &mailbox, known).await?;
    let topic = if purpose == challenge::Purpose::PasswordReset {
        Topic::PasswordResetCode
    } else {
        Topic::SignInCode
    };
    let times = moment
        .write(Locks::account(opened.account.0), move |w| {
            let to_nobody = account::store::load(w, account)?.is_none();
            let order = email_code::flow::Order {
                mailbox: mailbox.clone(),
                key,
                topic,
                payload: None,
                to_nobody,
            };
            email_code::flow::post(w, &order)
        })
        .await?;
    Ok(email_code::flow::sent(moment, times))
}

/// Tells "too soon" before a budget is spent.
///
/// # Errors
/// [`Refusal::ResendTooSoon`].
pub async fn refuse_resend_too_soon(moment: &Moment, key: Key) -> Result<(), Stop> {
    let now = moment.now;
    match moment.read(move |w| challenges::live(w, key)).await? {
        Some(times) if times.resend_at > now => Err(Refusal::ResendTooSoon(times.resend_at).into()),
        _ => Ok(()),
    }
}

async fn send_mailbox_code(moment: &Moment, token: Token) -> Result<email_code::flow::Sent, Stop> {
    let account = AccountId(token.owner);
    let key = key(account, SignInId(token.thing), challenge::Purpose::Mailbox);
    let opening = token.clone();
    let (mailbox, known) = moment
        .read(move |w| {
            let sign_in = store::open(w, &opening)?;
            if !matches!(
                gate::asked(w, &sign_in)?,
                Next::Mailbox | Next::SecondFactor
            ) {
                return Err(Refusal::WrongStep.into());
            }
            let owner = gate::owner(w, sign_in.account)?;
            let mailbox = owner
                .email
                .as_deref()
                .and_then(Mailbox::parse)
                .ok_or(Refusal::WrongStep)?;
            Ok((
                mailbox,
                trusted_device::store::recognize(w, sign_in.account)?.is_some(),
            ))
        })
        .await?;
    refuse_resend_too_soon(moment, key).await?;
    email_code::flow::spend(moment, &mailbox, known).await?;
    let times = moment
        .write(Locks::account(account.0), move |w| {
            store::open(w, &token)?;
            let order = email_code::flow::Order {
                mailbox: mailbox.clone(),
                key,
                topic: Topic::MailboxCode,
                payload: None,
                to_nobody: false,
            };
            email_code::flow::post(w, &order)
        })
        .await?;
    Ok(email_code::flow::sent(moment, times))
}

/// An offer to prove the mailbox in the middle of a sign-in.
pub struct MailboxOffer {
    /// The address, masked.
    pub masked: String,
    /// A mailed code that is live.
    pub mailed: Option<Times>,
    /// What it is for.
    pub wanted: MailboxFor,
}

/// What the mailbox is proven for in the middle of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxFor {
    /// A few more tries at the second factor; everything else goes on only with it.
    MoreTries,
    /// Setting up a second factor.
    Enrolment,
    /// Setting a new password, which was asked for.
    NewPassword,
    /// Opening a frozen account again.
    Thaw,
}

/// Whether a second factor has to be set up first.
fn asks_enrolment(w: &mut Work<'_, '_>, owner: &account::Account) -> Result<bool, Stop> {
    Ok(gate::required_by(w, owner).is_some() && !is_on(w, owner.id)?)
}

/// Whether proving the mailbox is asked for now, or would give more tries: only where the sign-in did not start from the mailbox.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn mailbox_offer(moment: &Moment, token: &str) -> Result<Option<MailboxOffer>, Stop> {
    let Held::Stored(token) = read_token(moment, token)? else {
        return Ok(None);
    };
    let looked = moment.read(move |w| {
        let sign_in = store::open(w, &token)?;
        let asked = gate::asked(w, &sign_in)?;
        let owner = gate::owner(w, sign_in.account)?;
        let wanted = match asked {
            Next::Mailbox if owner.frozen.is_some() => MailboxFor::Thaw,
            Next::Mailbox if owner.new_password_required && !asks_enrolment(w, &owner)? => {
                MailboxFor::NewPassword
            }
            Next::Mailbox => MailboxFor::Enrolment,
            Next::SecondFactor if sign_in.mailbox_proved_at.is_none() => MailboxFor::MoreTries,
            _ => return Ok(None),
        };
        let Some(email) = owner.email else {
            return Ok(None);
        };
        Ok(Some(MailboxOffer {
            masked: account::rules::mask(&email),
            mailed: mailbox_code(w, &sign_in)?,
            wanted,
        }))
    });
    looked.await
}

/// The live code that proves the mailbox in the middle of this sign-in.
///
/// # Errors
/// The database's trouble.
pub fn mailbox_code(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<Option<Times>, Stop> {
    challenges::live(
        w,
        key(sign_in.account, sign_in.id, challenge::Purpose::Mailbox),
    )
}

/// Refuses at once where no mailed code could fit any more, so that a stranger's guesses never stand in the account's queue.
///
/// # Errors
/// [`Refusal::InvalidMailedCode`], as for a wrong code.
pub async fn refuse_without_code(moment: &Moment, key: Key) -> Result<(), Stop> {
    if moment.read(move |w| challenges::is_open(w, key)).await? {
        Ok(())
    } else {
        Err(Refusal::InvalidMailedCode.into())
    }
}

/// Proves a mailed code: as first factor, or of the mailbox in the middle of a sign-in.
///
/// # Errors
/// [`Refusal::InvalidMailedCode`] for every cause; the same for addresses nobody has.
pub async fn verify_code(moment: &Moment, token: &str, typed: &str) -> Result<Progress, Stop> {
    let typed = typed.to_owned();
    match read_token(moment, token)? {
        Held::Opened(opened) if opened.purpose == Purpose::SignUp => Err(Refusal::WrongStep.into()),
        Held::Opened(opened) => {
            let asked = key(opened.account, opened.id, first_purpose(opened.purpose));
            refuse_without_code(moment, asked).await?;
            let work = move |w: &mut Work<'_, '_>| {
                let purpose = first_purpose(opened.purpose);
                let asked = key(opened.account, opened.id, purpose);
                if let Err(stop) = challenges::consume(w, asked, &typed) {
                    super::note_refused(w, opened.account, "email_code")?;
                    return Err(stop);
                }
                gate::first_factor_proven(
                    w,
                    proven(w, &opened, FirstFactor::EmailCode, opened.purpose),
                )
            };
            let progress = moment
                .write(Locks::account(opened_account(token, moment)?.0), work)
                .await?;
            Ok(super::second_factor::text_at_once(moment, progress).await)
        }
        Held::Stored(token) => {
            moment
                .write(Locks::account(token.owner), move |w| {
                    prove_mailbox(w, &token, &typed)
                })
                .await
        }
    }
}

fn opened_account(token: &str, moment: &Moment) -> Result<AccountId, Stop> {
    Ok(Opened::read(&moment.app, moment.now, token)?.account)
}

fn prove_mailbox(w: &mut Work<'_, '_>, token: &Token, typed: &str) -> Result<Progress, Stop> {
    let sign_in = store::open(w, token)?;
    let asked = key(sign_in.account, sign_in.id, challenge::Purpose::Mailbox);
    if let Err(stop) = challenges::consume(w, asked, typed) {
        audit::append(w, sign_in.account, &Event::new("mailbox_refused"))?;
        return Err(stop);
    }
    let renewed = Token::new(sign_in.account.0, sign_in.id.0, &mut w.draw);
    store::proved_mailbox(w, &sign_in, renewed.secret.hash())?;
    audit::append(w, sign_in.account, &Event::new("mailbox_proven"))?;
    account::notice(w, sign_in.account, Topic::MailboxProven, &[])?;
    let sign_in = SignIn {
        mailbox_proved_at: Some(w.now()),
        ..sign_in
    };
    gate::pass(w, &sign_in, Some(renewed.text(Token::SIGN_IN)), false)
}
