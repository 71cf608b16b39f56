//! Beginning a sign-in and proving its first factor.

pub mod enrolment;
pub mod gate;
pub mod mailed_code;
pub mod opened;
pub mod reset;
pub mod second_factor;
mod thaw;
pub mod trust;

pub use mailed_code::{
    mailbox_code, refuse_resend_too_soon, refuse_without_code, send_code, verify_code,
};

use twinlock_db::Locks;

use crate::account::{self, Mailbox};
use crate::app::{AccountId, Moment, Refusal, SignInId, Stop, Token, Work};
use crate::audit::{self, Event};
use crate::authenticators::password;
use crate::challenge::store::{self as challenges, Key};
use crate::challenge::{self};
use crate::config::Method;
use crate::outbox::Topic;
use crate::session::FirstFactor;

use super::rules::{Next, Purpose};
use super::store::{self, SignIn};
use gate::{Progress, Step};
use opened::Opened;

/// A sign-in's token, either form.
pub enum Held {
    /// Nothing is proven.
    Opened(Opened),
    /// The first factor is.
    Stored(Token),
}

/// Reads a sign-in's token.
///
/// # Errors
/// [`Refusal::SignInExpired`] for anything but a token of ours.
pub fn read_token(moment: &Moment, token: &str) -> Result<Held, Stop> {
    if let Some(token) = Token::parse(Token::SIGN_IN, token) {
        return Ok(Held::Stored(token));
    }
    Ok(Held::Opened(Opened::read(&moment.app, moment.now, token)?))
}

/// Begins a sign-in for an address. Nothing tells whether anybody has it, and no row is written.
///
/// # Errors
/// [`Refusal::Field`] for what is not an address.
pub async fn begin(
    moment: &Moment,
    email: &str,
    return_to: Option<String>,
) -> Result<Progress, Stop> {
    let mailbox = Mailbox::parse(email).ok_or(Refusal::Field {
        field: "email",
        code: "invalid_email",
    })?;
    let phantom = mailbox.phantom(&moment.app);
    let account = {
        let mailbox = mailbox.clone();
        moment
            .read(move |w| account::store::find_by_mailbox(w, &mailbox))
            .await?
            .unwrap_or(phantom)
    };
    let opened = Opened {
        id: SignInId::draw(moment.now, &mut moment.draw("sign-in id")),
        account,
        email: mailbox.as_str().to_owned(),
        began_at: moment.now,
        purpose: Purpose::SignIn,
        return_to,
        epoch: moment.app.epoch,
    };
    let step = Step::FirstFactor {
        methods: moment.app.settings.sign_in.methods.clone(),
        mailed: None,
    };
    Ok(Progress {
        id: opened.id,
        token: Some(opened.token(moment)),
        step,
        thaw: None,
        not_texted: None,
    })
}

/// Where a sign-in stands.
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn current(moment: &Moment, token: &str) -> Result<Progress, Stop> {
    match read_token(moment, token)? {
        Held::Opened(opened) => opened_step(moment, opened).await,
        Held::Stored(token) => {
            let standing = moment.read(move |w| {
                let sign_in = store::open(w, &token)?;
                standing(w, &sign_in)
            });
            standing.await
        }
    }
}

async fn opened_step(moment: &Moment, opened: Opened) -> Result<Progress, Stop> {
    let key = key(opened.account, opened.id, first_purpose(opened.purpose));
    let mailed = moment.read(move |w| challenges::live(w, key)).await?;
    let step = if opened.purpose == Purpose::SignUp {
        Step::VerifyEmail {
            masked: account::rules::mask(&opened.email),
            mailed,
        }
    } else {
        Step::FirstFactor {
            methods: moment.app.settings.sign_in.methods.clone(),
            mailed,
        }
    };
    Ok(Progress {
        id: opened.id,
        token: None,
        step,
        thaw: None,
        not_texted: None,
    })
}

/// What is asked now, without completing anything: looking never makes a session. Where nothing is asked any more, since another tab made
/// this device trusted or a method went meanwhile, this sign-in leads nowhere, and a new one gets through.
fn standing(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<Progress, Stop> {
    match gate::asked(w, sign_in)? {
        Next::Session | Next::Thaw => return Err(Refusal::SignInExpired.into()),
        Next::SecondFactor => second_factor::refuse_begun_before_a_wait(w, sign_in)?,
        Next::Mailbox | Next::Enrol(_) | Next::NewPassword => {}
    }
    gate::pass(w, sign_in, None, false)
}

/// Proves the password.
///
/// # Errors
/// [`Refusal::InvalidCredentials`], or a wait; the same for addresses nobody has.
pub async fn verify_password(moment: &Moment, token: &str, typed: &str) -> Result<Progress, Stop> {
    let Held::Opened(opened) = read_token(moment, token)? else {
        return Err(Refusal::WrongStep.into());
    };
    let offered = moment
        .app
        .settings
        .sign_in
        .methods
        .contains(&Method::Password);
    if !offered || opened.purpose != Purpose::SignIn {
        return Err(Refusal::WrongStep.into());
    }
    let tried = password::flow::attempt(moment, opened.account, typed).await?;
    let progress = password::flow::settling(moment, tried, move |w, tried| {
        if let Err(stop) = password::flow::settle(w, tried) {
            note_refused(w, opened.account, "password")?;
            return Err(stop);
        }
        let sign_in = proven(w, &opened, FirstFactor::Password, Purpose::SignIn);
        gate::first_factor_proven(w, sign_in)
    })
    .await?;
    Ok(second_factor::text_at_once(moment, progress).await)
}

/// A wrong first factor goes into the record of the account, where there is one.
fn note_refused(w: &mut Work<'_, '_>, account: AccountId, kind: &str) -> Result<(), Stop> {
    if account::store::load(w, account)?.is_some() {
        audit::append(
            w,
            account,
            &Event::new("first_factor_refused").with("kind", kind),
        )?;
    }
    Ok(())
}

/// Sets the new password of a reset, or one that was required, and goes on. Every session, and every other sign-in, ends.
///
/// # Errors
/// [`Refusal::Field`] for a password that will not do, the present one among them; [`Refusal::WrongStep`] when a second factor is still asked.
pub async fn set_new_password(moment: &Moment, token: &str, typed: &str) -> Result<Progress, Stop> {
    let Held::Stored(token) = read_token(moment, token)? else {
        return Err(Refusal::WrongStep.into());
    };
    let opening = token.clone();
    let owner = moment
        .read(move |w| {
            let sign_in = store::open(w, &opening)?;
            if gate::asked(w, &sign_in)? != Next::NewPassword {
                return Err(Refusal::WrongStep.into());
            }
            gate::owner(w, sign_in.account)
        })
        .await?;
    let about = [
        owner.name.as_str(),
        owner.email.as_deref().unwrap_or_default(),
        &moment.app.settings.branding.name,
    ];
    let password = password::rules::new_password(typed, &moment.app.settings, &about)?;
    let hash = match password::flow::hash_another(moment, owner.id, password).await {
        Err(stop @ Stop::Refused(Refusal::Field { .. })) => {
            let token = token.clone();
            let counted = moment.write(Locks::account(token.owner), move |w| {
                let sign_in = store::open(w, &token)?;
                second_factor::end_after_too_many(w, &sign_in, true, false)
            });
            counted.await?;
            return Err(stop);
        }
        outcome => outcome?,
    };
    moment
        .write(Locks::account(token.owner), move |w| {
            let sign_in = store::open(w, &token)?;
            if gate::asked(w, &sign_in)? != Next::NewPassword {
                return Err(Refusal::WrongStep.into());
            }
            password::store::save(w, sign_in.account, &hash)?;
            crate::session::flow::end_everything(w, sign_in.account)?;
            store::end_others(w, &sign_in)?;
            store::reset_done(w, &sign_in)?;
            audit::append(w, sign_in.account, &Event::new("password_reset"))?;
            account::notice(w, sign_in.account, Topic::PasswordChanged, &[])?;
            let sign_in = SignIn {
                purpose: Purpose::SignIn,
                ..sign_in
            };
            gate::pass(w, &sign_in, None, true)
        })
        .await
}

/// A sign-in whose first factor was just proven.
#[must_use]
pub fn proven(
    w: &Work<'_, '_>,
    opened: &Opened,
    first_factor: FirstFactor,
    purpose: Purpose,
) -> SignIn {
    SignIn {
        account: opened.account,
        id: opened.id,
        purpose,
        first_factor,
        first_factor_at: w.now(),
        mailbox_proved_at: (first_factor == FirstFactor::EmailCode).then(|| w.now()),
        second_factor: None,
        second_factor_at: None,
        trust_device: None,
        wrong_codes: 0,
        return_to: opened.return_to.clone(),
        expires_at: opened.expires_at(),
    }
}

fn first_purpose(purpose: Purpose) -> challenge::Purpose {
    match purpose {
        Purpose::SignIn => challenge::Purpose::SignIn,
        Purpose::SignUp => challenge::Purpose::SignUp,
        Purpose::PasswordReset => challenge::Purpose::PasswordReset,
    }
}

/// The challenge of a sign-in.
#[must_use]
pub fn key(account: AccountId, within: SignInId, purpose: challenge::Purpose) -> Key {
    Key {
        account,
        within: within.0,
        purpose,
    }
}
