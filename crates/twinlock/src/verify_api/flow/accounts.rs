//! Making, looking at and deleting accounts.

use twinlock_db::Locks;

use crate::account::{self, Account, Mailbox, Role};
use crate::app::{AccountId, Moment, Refusal, Stop, Work};
use crate::application::{ApiCaller, Scope};
use crate::audit::{self, Event};
use crate::authenticators::{self, backup_codes, password, sms, totp, webauthn};
use crate::challenge;
use crate::outbox::{self, Topic};
use crate::session;
use crate::sign_in;
use crate::text_messages;
use crate::throttle;
use crate::trusted_device;
use crate::undo;
use crate::verify_api::rules::external_id;

use super::{Ask, change, look, record, tell};

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// The application's own id for it.
    pub external_id: Option<String>,
    /// Where mail about it goes. With scope `admin` also a way in.
    pub email: Option<String>,
    /// The name shown.
    pub name: Option<String>,
    /// A password; scope `admin` only.
    pub password: Option<String>,
    /// The mailbox counts as proven; scope `admin` only.
    pub email_verified: Option<bool>,
}

/// Makes an account of the caller's application.
///
/// # Errors
/// [`Refusal::AlreadyExists`], [`Refusal::MissingScope`], [`Refusal::Field`].
pub async fn make(moment: &Moment, caller: ApiCaller, new: NewAccount) -> Result<Account, Stop> {
    let is_admin = caller.may(Scope::Admin);
    if !is_admin && (new.password.is_some() || new.email_verified.is_some()) {
        return Err(Refusal::MissingScope(Scope::Admin.word()).into());
    }
    let (account, mailbox) = described(moment, &caller, &new)?;
    let hash = match new.password.as_deref() {
        Some(typed) => Some(hash(moment, &account, typed).await?),
        None => None,
    };
    // What an application says of an address opens no door; only with scope `admin` does the address lead to the account.
    let claimed = mailbox.filter(|_| is_admin);
    moment
        .write(Locks::account(account.id.0), move |w| {
            insert(w, &account, claimed.as_ref(), &record(&caller))?;
            if let Some(hash) = &hash {
                password::store::save(w, account.id, hash)?;
            }
            Ok(account.clone())
        })
        .await
}

fn described(
    moment: &Moment,
    caller: &ApiCaller,
    new: &NewAccount,
) -> Result<(Account, Option<Mailbox>), Stop> {
    let refuse = |field, code| Refusal::Field { field, code };
    let mailbox = new
        .email
        .as_deref()
        .map(|typed| Mailbox::parse(typed).ok_or(refuse("email", "invalid_email")))
        .transpose()?;
    let email_verified = new.email_verified == Some(true);
    if mailbox.is_none() && (email_verified || new.password.is_some()) {
        return Err(refuse("email", "missing").into());
    }
    let name = account::rules::clean_name(new.name.as_deref().unwrap_or_default())
        .ok_or(refuse("name", "too_long"))?;
    let external_id = new.external_id.as_deref().map(external_id).transpose()?;
    let account = Account {
        id: AccountId::draw(moment.now, &mut moment.draw("account id")),
        application: Some(caller.application),
        external_id,
        role: Role::Person,
        name,
        email: mailbox.as_ref().map(|mailbox| mailbox.as_str().to_owned()),
        email_verified_at: email_verified.then_some(moment.now),
        enrolment_required: false,
        new_password_required: false,
        frozen: None,
        created_at: moment.now,
        mail_refused_at: None,
    };
    Ok((account, mailbox))
}

async fn hash(moment: &Moment, account: &Account, typed: &str) -> Result<String, Stop> {
    let settings = &moment.app.settings;
    let about = [
        account.name.as_str(),
        account.email.as_deref().unwrap_or_default(),
        &settings.branding.name,
    ];
    let password = password::rules::new_password(typed, settings, &about)?;
    password::flow::hash_new(moment, password).await
}

fn insert(
    w: &mut Work<'_, '_>,
    account: &Account,
    claimed: Option<&Mailbox>,
    by: &str,
) -> Result<(), Stop> {
    let external_is_free = match (account.application, &account.external_id) {
        (Some(application), Some(external)) => {
            account::store::claim_external_id(w, account.id, application, external)?
        }
        _ => true,
    };
    let mailbox_is_free = match claimed {
        Some(mailbox) if external_is_free => account::store::claim_mailbox(w, account.id, mailbox)?,
        _ => true,
    };
    if !(external_is_free && mailbox_is_free) {
        // A refusal commits: what was claimed on the way is given back.
        account::store::delete(w, account)?;
        return Err(Refusal::AlreadyExists.into());
    }
    account::store::insert(w, account)?;
    audit::append(w, account.id, &Event::new("account_made").with("by", by))
}

/// An account.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn show(moment: &Moment, ask: Ask) -> Result<Account, Stop> {
    look(moment, ask, |_, account| Ok(account.clone())).await
}

/// Deletes an account and everything of it. Its record keeps the chain of events without what they said.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn erase(moment: &Moment, ask: Ask) -> Result<(), Stop> {
    change(moment, ask, |w, account, by| {
        let id = account.id;
        session::flow::end_everything(w, id)?;
        sign_in::store::end_all(w, id)?;
        challenge::store::drop_account(w, id)?;
        totp::store::remove_all(w, id)?;
        webauthn::store::remove_all(w, id)?;
        sms::store::remove_all(w, id)?;
        text_messages::store::drop_account(w, id)?;
        authenticators::store::remove_all(w, id)?;
        backup_codes::store::remove_all(w, id)?;
        password::store::remove(w, id)?;
        trusted_device::store::forget_all(w, id)?;
        undo::end_all(w, id)?;
        throttle::store::clear_all(w, id)?;
        outbox::store::drop_account(w, id)?;
        // The last letter outlives the account; what it says is wiped as soon as it has left.
        tell(w, id, by, Topic::AccountDeleted, &[])?;
        account::store::delete(w, account)?;
        audit::append(w, id, &Event::new("account_deleted").with("by", record(by)))?;
        audit::store::erase(w, id)?;
        // Last, for it waits for others at the same place.
        let event = Event::new("instance_account_deleted").with("account", id.to_string());
        audit::append_instance(w, &event.with("by", record(by)))
    })
    .await
}
