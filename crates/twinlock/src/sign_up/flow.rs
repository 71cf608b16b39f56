//! Asking for an account, and proving the mailbox.

use serde::{Deserialize, Serialize};
use twinlock_db::Locks;
use zeroize::Zeroizing;

use crate::account::{self, Account, Mailbox, Role};
use crate::app::{AccountId, Cell, Fault, InvitationId, Moment, Refusal, SignInId, Stop, Work};
use crate::audit::{self, Event};
use crate::authenticators::{email_code, password};
use crate::challenge::{self, store as challenges};
use crate::outbox::Topic;
use crate::session::FirstFactor;
use crate::sign_in::flow::{
    Held, key, proven, read_token, refuse_resend_too_soon, refuse_without_code,
};
use crate::sign_in::opened::Opened;
use crate::sign_in::{Progress, Purpose, Step, gate};

use super::{rules, store};

/// What a person fills in.
#[derive(Clone)]
pub struct Form {
    /// The address.
    pub email: String,
    /// The name shown; may be empty.
    pub name: String,
    /// A password, where passwords are offered.
    pub password: Option<String>,
    /// The token of an invitation link.
    pub invitation: Option<String>,
    /// Where to go afterwards.
    pub return_to: Option<String>,
}

/// What waits for the mailbox to be proven.
#[derive(Clone, Serialize, Deserialize)]
struct Waiting {
    name: String,
    password_hash: Option<String>,
    role: String,
    invitation: Option<InvitationId>,
    /// The address has an account already: no code will ever fit.
    taken: bool,
}

/// Asks for an account: a code goes to the mailbox. The answer is the same for an address that has an account.
///
/// # Errors
/// [`Refusal::Field`], [`Refusal::SignUpClosed`], [`Refusal::TooManyRequests`].
pub async fn ask(moment: &Moment, form: Form) -> Result<(Progress, email_code::flow::Sent), Stop> {
    let mailbox = Mailbox::parse(&form.email).ok_or(Refusal::Field {
        field: "email",
        code: "invalid_email",
    })?;
    let name = account::rules::clean_name(&form.name).ok_or(Refusal::Field {
        field: "name",
        code: "too_long",
    })?;
    let (role, invitation) = admit(moment, &form, &mailbox).await?;
    let password = check_password(moment, &form, &name, &mailbox)?;
    // The budget comes before the hash: a refused sign-up costs nothing worth the trouble.
    email_code::flow::spend(moment, &mailbox, false).await?;
    let password_hash = match password {
        Some(password) => Some(password::flow::hash_new(moment, password).await?),
        None => None,
    };
    let looked_up = mailbox.clone();
    let taken = moment
        .read(move |w| account::store::find_by_mailbox(w, &looked_up))
        .await?
        .is_some();
    let mut draw = moment.draw("sign-up");
    let account = if taken {
        mailbox.phantom(&moment.app)
    } else {
        AccountId::draw(moment.now, &mut draw)
    };
    let waiting = Waiting {
        name,
        password_hash,
        role: role.word().to_owned(),
        invitation,
        taken,
    };
    let opened = Opened {
        id: SignInId::draw(moment.now, &mut draw),
        account,
        email: mailbox.as_str().to_owned(),
        began_at: moment.now,
        purpose: Purpose::SignUp,
        return_to: form.return_to,
        epoch: moment.app.epoch,
    };
    let token = opened.token(moment);
    let (id, sent) = (opened.id, post(moment, opened, waiting).await?);
    let step = Step::VerifyEmail {
        masked: mailbox.masked(),
        mailed: Some(sent.times),
    };
    Ok((
        Progress {
            id,
            token: Some(token),
            step,
            thaw: None,
            not_texted: None,
        },
        sent,
    ))
}

fn check_password(
    moment: &Moment,
    form: &Form,
    name: &str,
    mailbox: &Mailbox,
) -> Result<Option<Zeroizing<String>>, Stop> {
    let Some(typed) = form.password.as_deref().filter(|typed| !typed.is_empty()) else {
        return Ok(None);
    };
    let settings = &moment.app.settings;
    let about = [name, mailbox.as_str(), &settings.branding.name];
    Ok(Some(password::rules::new_password(
        typed, settings, &about,
    )?))
}

/// Sends the code again; the old one dies.
///
/// # Errors
/// [`Refusal::ResendTooSoon`], [`Refusal::TooManyRequests`], [`Refusal::WrongStep`].
pub async fn send_again(moment: &Moment, token: &str) -> Result<email_code::flow::Sent, Stop> {
    let opened = opened(moment, token)?;
    let key = key(opened.account, opened.id, challenge::Purpose::SignUp);
    refuse_resend_too_soon(moment, key).await?;
    let (account, id) = (opened.account, opened.id);
    let waiting = moment
        .read(move |w| {
            let payload = challenges::payload(w, key)?;
            unseal(w, account, id, payload)
        })
        .await?;
    email_code::flow::spend(moment, &opened.mailbox()?, false).await?;
    post(moment, opened, waiting).await
}

async fn post(
    moment: &Moment,
    opened: Opened,
    waiting: Waiting,
) -> Result<email_code::flow::Sent, Stop> {
    let mailbox = opened.mailbox()?;
    let topic = if waiting.taken {
        Topic::AlreadySignedUp
    } else {
        Topic::SignUpCode
    };
    let plain = serde_json::to_vec(&waiting).map_err(|_| Fault::Stored("sign-up"))?;
    let times = moment
        .write(Locks::account(opened.account.0), move |w| {
            let payload = Some(w.seal(cell(opened.account, &opened.id), &plain));
            let key = key(opened.account, opened.id, challenge::Purpose::SignUp);
            let order = email_code::flow::Order {
                mailbox: mailbox.clone(),
                key,
                topic,
                payload,
                to_nobody: false,
            };
            email_code::flow::post(w, &order)
        })
        .await?;
    Ok(email_code::flow::sent(moment, times))
}

/// Proves the mailbox: the account exists from here on, and the sign-in goes on through the gate.
///
/// # Errors
/// [`Refusal::InvalidMailedCode`] for every cause; [`Refusal::SignInExpired`] when the address was taken meanwhile.
pub async fn verify(moment: &Moment, token: &str, typed: &str) -> Result<Progress, Stop> {
    let opened = opened(moment, token)?;
    let typed = typed.to_owned();
    let asked = key(opened.account, opened.id, challenge::Purpose::SignUp);
    refuse_without_code(moment, asked).await?;
    moment
        .write(Locks::account(opened.account.0), move |w| {
            make_account(w, &opened, &typed)
        })
        .await
}

fn make_account(w: &mut Work<'_, '_>, opened: &Opened, typed: &str) -> Result<Progress, Stop> {
    let (account, id) = (opened.account, opened.id);
    let payload = challenges::consume(w, key(account, id, challenge::Purpose::SignUp), typed)?;
    let waiting = unseal(w, account, id, payload)?;
    if waiting.taken {
        return Err(Refusal::InvalidMailedCode.into());
    }
    let mailbox = opened.mailbox()?;
    if account::store::find_by_mailbox(w, &mailbox)?.is_some() {
        return Err(Refusal::SignInExpired.into());
    }
    if let Some(invitation) = waiting.invitation
        && !store::spend(w, invitation)?
    {
        return Err(Refusal::SignUpClosed.into());
    }
    if !account::store::claim_mailbox(w, account, &mailbox)? {
        return Err(Refusal::SignInExpired.into());
    }
    let now = w.now();
    let made = Account {
        id: account,
        application: None,
        external_id: None,
        role: Role::from_word(&waiting.role),
        name: waiting.name.clone(),
        email: Some(mailbox.as_str().to_owned()),
        email_verified_at: Some(now),
        enrolment_required: false,
        new_password_required: false,
        frozen: None,
        created_at: now,
        mail_refused_at: None,
    };
    account::store::insert(w, &made)?;
    if let Some(hash) = &waiting.password_hash {
        password::store::save(w, account, hash)?;
    }
    audit::append(w, account, &Event::new("account_made"))?;
    let sign_in = proven(w, opened, FirstFactor::EmailCode, Purpose::SignUp);
    let progress = gate::first_factor_proven(w, sign_in)?;
    if made.role != Role::Person {
        let event = Event::new("instance_role_given")
            .with("account", account.to_string())
            .with("role", made.role.word());
        audit::append_instance(w, &event)?;
    }
    Ok(progress)
}

fn unseal(
    w: &Work<'_, '_>,
    account: AccountId,
    id: SignInId,
    payload: Option<Vec<u8>>,
) -> Result<Waiting, Stop> {
    let sealed = payload.ok_or(Refusal::SignInExpired)?;
    let plain = w.open(cell(account, &id), &sealed)?;
    serde_json::from_slice(&plain).map_err(|_| Fault::Stored("sign-up").into())
}

fn cell(account: AccountId, id: &SignInId) -> Cell<'_> {
    Cell {
        column: "challenge.payload",
        account,
        row: &id.0,
    }
}

fn opened(moment: &Moment, token: &str) -> Result<Opened, Stop> {
    match read_token(moment, token)? {
        Held::Opened(opened) if opened.purpose == Purpose::SignUp => Ok(opened),
        _ => Err(Refusal::WrongStep.into()),
    }
}

async fn admit(
    moment: &Moment,
    form: &Form,
    mailbox: &Mailbox,
) -> Result<(Role, Option<InvitationId>), Stop> {
    if let Some(token) = form.invitation.clone().filter(|token| !token.is_empty()) {
        let found = moment.read(move |w| store::look_at(w, &token)).await?;
        let (id, role) = found.ok_or(Refusal::SignUpClosed)?;
        return Ok((role, Some(id)));
    }
    if rules::is_open_to(&moment.app.settings.sign_in, mailbox) {
        Ok((Role::Person, None))
    } else {
        Err(Refusal::SignUpClosed.into())
    }
}
