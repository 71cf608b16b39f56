//! The one gate: decides what is asked next, and makes the session when nothing is. No other code makes one.

use crate::account::{self, Account};
use crate::app::{AccountId, Refusal, SessionId, SignInId, Stop, Token, Work};
use crate::audit::{self, Event};
use crate::authenticators::flow::end_copied;
use crate::authenticators::{Authenticator, Held, Since, held, is_on};
use crate::challenge::store::Times;
use crate::config::Method;
use crate::outbox::Topic;
use crate::session::{self, Session, rules::total};
use crate::trusted_device::{
    self,
    store::{Proven, Remembered},
};

use super::{thaw, trust};
use crate::sign_in::rules::{Facts, Next, Purpose, Requirement, Thaw, next};
use crate::sign_in::store::{self, SignIn};

/// Where a sign-in stands, and the token that goes on from here.
pub struct Progress {
    /// The sign-in's id.
    pub id: SignInId,
    /// A new token, where this step gave one.
    pub token: Option<String>,
    /// What is asked next.
    pub step: Step,
    /// Set while the account is frozen and this sign-in is opening it again.
    pub thaw: Option<Thaw>,
    /// Why no code was texted by itself to a number that is asked first.
    pub not_texted: Option<Refusal>,
}

/// What is asked next.
pub enum Step {
    /// A first factor.
    FirstFactor {
        /// What is offered, the first one asked first.
        methods: Vec<Method>,
        /// A mailed code that is live.
        mailed: Option<Times>,
    },
    /// A code from the mailbox.
    VerifyEmail {
        /// The address, masked.
        masked: String,
        /// A mailed code that is live.
        mailed: Option<Times>,
    },
    /// A code of a second factor.
    SecondFactor {
        /// What the account holds, the preferred one first.
        factors: Vec<Authenticator>,
        /// Whether there are backup codes left.
        backup_codes: bool,
    },
    /// Setting up a second factor.
    Enrol(Requirement),
    /// A new password.
    NewPassword,
    /// Signed in.
    Complete(Box<Completed>),
}

/// A sign-in that is through.
#[derive(Clone)]
pub struct Completed {
    /// The session's token.
    pub token: String,
    /// The session.
    pub session: Session,
    /// A new token that makes this device known.
    pub device_token: Option<String>,
    /// Set when a backup code stood in for the second factor: how many are left.
    pub backup_codes_left: Option<u32>,
    /// Where to go; a checked relative path.
    pub return_to: Option<String>,
}

/// A first factor was proven: stores the sign-in and passes the gate.
///
/// # Errors
/// [`Refusal::SignInExpired`] when this sign-in was proven before.
pub fn first_factor_proven(w: &mut Work<'_, '_>, sign_in: SignIn) -> Result<Progress, Stop> {
    let token = Token::new(sign_in.account.0, sign_in.id.0, &mut w.draw);
    if !store::insert(w, &sign_in, token.secret.hash())? {
        return Err(Refusal::SignInExpired.into());
    }
    audit::append(
        w,
        sign_in.account,
        &Event::new("first_factor_accepted").with("kind", sign_in.first_factor.word()),
    )?;
    end_copied(w, sign_in.account)?;
    pass(w, &sign_in, Some(token.text(Token::SIGN_IN)), false)
}

/// Decides what is asked next; makes the session when nothing is.
///
/// # Errors
/// [`Refusal::Frozen`]; [`Refusal::SignInExpired`] when another request completed it first.
pub fn pass(
    w: &mut Work<'_, '_>,
    sign_in: &SignIn,
    token: Option<String>,
    password_set: bool,
) -> Result<Progress, Stop> {
    let scene = Scene::of(w, sign_in)?;
    let step = match next(&scene.facts(w, sign_in, password_set)?) {
        Next::Session => return complete(w, sign_in),
        Next::Thaw => {
            let sign_in = thaw::open_again(w, sign_in, &scene.owner)?;
            // Asked as of every account from here on; it is frozen no more, so this goes one step deep.
            return pass(w, &sign_in, token, password_set);
        }
        Next::SecondFactor => Step::SecondFactor {
            backup_codes: scene.held.codes_left() > 0,
            factors: scene.held.factors,
        },
        Next::Mailbox => Step::VerifyEmail {
            masked: masked(&scene.owner),
            mailed: super::mailbox_code(w, sign_in)?,
        },
        Next::Enrol(required_by) => Step::Enrol(required_by),
        Next::NewPassword => Step::NewPassword,
    };
    Ok(Progress {
        id: sign_in.id,
        token,
        step,
        thaw: scene.thaw,
        not_texted: None,
    })
}

/// What is asked of a sign-in right now.
///
/// # Errors
/// The database's trouble, or [`Refusal::Frozen`].
pub fn asked(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<Next, Stop> {
    let scene = Scene::of(w, sign_in)?;
    Ok(next(&scene.facts(w, sign_in, false)?))
}

/// The account of a sign-in, what it is judged against, and whether it has to be opened first.
pub(super) struct Scene {
    pub(super) owner: Account,
    /// What the account holds, or while it is frozen what opens it.
    pub(super) held: Held,
    pub(super) thaw: Option<Thaw>,
}

impl Scene {
    pub(super) fn of(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<Self, Stop> {
        let owner = owner(w, sign_in.account)?;
        match owner.frozen.and_then(|frozen| frozen.disavowed_from()) {
            Some(event) => thaw::scene(w, owner, event),
            None => Ok(Self {
                held: held(w, sign_in.account)?,
                owner,
                thaw: None,
            }),
        }
    }

    fn facts(
        &self,
        w: &mut Work<'_, '_>,
        sign_in: &SignIn,
        password_set: bool,
    ) -> Result<Facts, Stop> {
        let frozen_at = self.owner.frozen.map(|frozen| frozen.at);
        Ok(Facts {
            has_second_factor: match self.thaw {
                Some(thaw) => thaw.since != Since::Never,
                None => self.held.is_on(),
            },
            second_factor_proven: match frozen_at {
                Some(at) => thaw::counts(sign_in, &self.held, at),
                None => sign_in.second_factor.is_some(),
            },
            trusted_device: trust::is_trusted_here(w, sign_in.account)?,
            mailbox_proven: sign_in.mailbox_proved_at.is_some(),
            required_by: required_by(w, &self.owner),
            purpose: sign_in.purpose,
            new_password_required: self.owner.new_password_required
                && w.settings().sign_in.methods.contains(&Method::Password),
            password_set,
            thaw: self.thaw,
        })
    }
}

/// The account of a sign-in.
///
/// # Errors
/// [`Refusal::SignInExpired`] when it is gone, [`Refusal::Frozen`] when it is frozen and no sign-in opens it again.
pub fn owner(w: &mut Work<'_, '_>, account: AccountId) -> Result<Account, Stop> {
    match account::store::load(w, account)? {
        Some(owner) => match owner.frozen {
            Some(frozen) if frozen.disavowed_from().is_none() => {
                Err(Refusal::Frozen(frozen.by).into())
            }
            _ => Ok(owner),
        },
        None => Err(Refusal::SignInExpired.into()),
    }
}

fn masked(owner: &Account) -> String {
    owner
        .email
        .as_deref()
        .map(account::rules::mask)
        .unwrap_or_default()
}

/// Who requires a second factor of this account.
#[must_use]
pub fn required_by(w: &Work<'_, '_>, owner: &Account) -> Option<Requirement> {
    if owner.enrolment_required {
        Some(Requirement::Reset)
    } else if w.settings().two_factor.required {
        Some(Requirement::Instance)
    } else {
        None
    }
}

fn complete(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<Progress, Stop> {
    if !store::end(w, sign_in)? {
        return Err(Refusal::SignInExpired.into());
    }
    let now = w.now();
    let account = sign_in.account;
    let second = second_word(w, sign_in)?;
    let remembered = remember_device(w, sign_in)?;
    let id = SessionId::draw(now, &mut w.draw);
    let token = Token::new(account.0, id.0, &mut w.draw);
    let session = Session {
        account,
        id,
        secret_hash: token.secret.hash(),
        epoch: w.moment.app.epoch,
        first_factor: sign_in.first_factor,
        second_factor: sign_in.second_factor,
        first_factor_at: sign_in.first_factor_at,
        second_factor_at: sign_in.second_factor_at,
        step_up_failures: 0,
        device: Some(remembered.id),
        device_label: w.moment.client.device_label.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(total(w.settings())),
        frozen: None,
    };
    session::store::insert(w, &session)?;
    let used_backup_code = matches!(sign_in.second_factor, Some(session::Proof::BackupCode));
    let backup_codes_left = if used_backup_code {
        Some(held(w, account)?.codes_left())
    } else {
        None
    };
    audit::append(
        w,
        account,
        &Event::new("signed_in")
            .with("session", id.to_string())
            .with("first", sign_in.first_factor.word())
            .with("second", second),
    )?;
    let completed = Completed {
        token: token.text(Token::SESSION),
        session,
        device_token: remembered.token,
        backup_codes_left,
        return_to: sign_in.return_to.clone(),
    };
    Ok(Progress {
        id: sign_in.id,
        token: None,
        step: Step::Complete(Box::new(completed)),
        thaw: None,
        not_texted: None,
    })
}

/// What stood for the second factor, for the record.
fn second_word(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<&'static str, Stop> {
    Ok(match sign_in.second_factor {
        Some(proof) => proof.word(),
        None if is_on(w, sign_in.account)? => "trusted_device",
        None => "none",
    })
}

/// Remembers the browser, and tells the person of one that is new. The browser an account was made in is not.
fn remember_device(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<Remembered, Stop> {
    let proven = match sign_in.second_factor {
        Some(_) => Proven::SecondFactor,
        None => Proven::SignIn,
    };
    let trusts = trust::becomes_trusted(w, sign_in);
    // Between the first factor and now somebody may have used a copy of what this browser still holds.
    end_copied(w, sign_in.account)?;
    let remembered = trusted_device::store::remember(w, sign_in.account, proven, trusts)?;
    if remembered.raised {
        session::store::end_on(w, sign_in.account, remembered.id)?;
    }
    if trusts {
        let label = w.moment.client.device_label.clone();
        let event = Event::new("device_trusted").with("label", label);
        audit::append(w, sign_in.account, &event)?;
    }
    if remembered.is_new && sign_in.purpose != Purpose::SignUp {
        let second = sign_in.second_factor.map_or("none", session::Proof::word);
        let values = [
            ("first", sign_in.first_factor.word().to_owned()),
            ("second", second.to_owned()),
        ];
        account::notice(w, sign_in.account, Topic::NewDevice, &values)?;
    }
    Ok(remembered)
}
