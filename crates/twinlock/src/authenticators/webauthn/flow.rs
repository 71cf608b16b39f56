//! Asking keys and judging their answers.

use serde_json::Value;
use twinlock_db::Locks;
use uuid::Uuid;
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{
    AuthenticationResult, CredentialID, PublicKeyCredential, RegisterPublicKeyCredential,
    SecurityKey, SecurityKeyAuthentication, SecurityKeyRegistration, WebauthnError,
};

use crate::account::{self, Account};
use crate::app::{
    self, AccountId, App, AuthenticatorId, Fault, Moment, Refusal, Stop, Timestamp, Work,
};
use crate::audit::{self, Event};
use crate::authenticators::Kind;
use crate::authenticators::flow::binding::{self, Proven};
use crate::authenticators::store::{self as authenticators, Authenticator};
use crate::outbox::Topic;
use crate::session::Proof;

use super::rules::{Key, hash_of};
use super::store;
use crate::authenticators::rules::{Ceremony, Purpose};

/// A key that waits for its touch.
pub struct Pending {
    /// The half-done authenticator.
    pub id: AuthenticatorId,
    /// The person's name for it.
    pub label: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it dies.
    pub expires_at: Timestamp,
    /// What the browser is asked: `PublicKeyCredentialCreationOptions` as JSON (WebAuthn section 5.1.8).
    pub options: Value,
}

/// Begins registering a key. It changes nothing until the key answers.
///
/// # Errors
/// [`Refusal::KindUnavailable`]; [`Refusal::Field`] for a name that is too long or a full account; [`Refusal::NotFound`] for an unknown one to replace.
pub fn begin(
    w: &mut Work<'_, '_>,
    account: &Account,
    label: &str,
    replaces: Option<AuthenticatorId>,
) -> Result<Pending, Stop> {
    let app = w.moment.app.clone();
    let party = relying_party(&app)?;
    let factor = binding::begin(w, account.id, Kind::Webauthn, label, replaces)?;
    let whose = account.email.as_deref().unwrap_or(&account.name);
    let name = if account.name.is_empty() {
        whose
    } else {
        &account.name
    };
    let (mut options, state) = party
        .start_securitykey_registration(
            Uuid::from_bytes(account.id.0),
            whose,
            name,
            Some(registered_already(w, account.id)?),
            None,
            None,
        )
        .map_err(library)?;
    // A phone's or a computer's own key is as welcome as one on a ring.
    options.public_key.hints = None;
    let ceremony = registering(factor.id);
    store::ask(w, account.id, ceremony, &written(&state)?)?;
    Ok(Pending {
        id: factor.id,
        label: factor.label,
        created_at: factor.created_at,
        expires_at: factor.expires_at.unwrap_or_default(),
        options: as_json(&options.public_key)?,
    })
}

/// Keys this account has: none of them is registered twice.
fn registered_already(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<CredentialID>, Stop> {
    let ids = ids_of(&authenticators::active(w, account)?);
    let keys = store::among(w, account, &ids)?;
    Ok(keys.iter().map(|key| key.0.cred_id().clone()).collect())
}

/// The keys among some second factors.
fn ids_of(factors: &[Authenticator]) -> Vec<AuthenticatorId> {
    let keys = factors.iter().filter(|one| one.kind == Kind::Webauthn);
    keys.map(|one| one.id).collect()
}

fn registering(id: AuthenticatorId) -> Ceremony {
    Ceremony {
        within: id.0,
        purpose: Purpose::Register,
    }
}

/// Checks what a key answered to being registered. What it was asked is used up by it, whatever the answer.
///
/// # Errors
/// [`Refusal::KeyNotAccepted`] for whatever does not fit.
pub async fn registered(
    moment: &Moment,
    account: AccountId,
    id: AuthenticatorId,
    answer: Value,
) -> Result<Key, Stop> {
    let state = take(moment, account, registering(id)).await?;
    let app = &moment.app;
    let state: Option<SecurityKeyRegistration> = state.as_deref().and_then(read);
    let answer: Option<RegisterPublicKeyCredential> = serde_json::from_value(answer).ok();
    let (Some(state), Some(answer)) = (state, answer) else {
        return Err(Refusal::KeyNotAccepted.into());
    };
    match relying_party(app)?.finish_securitykey_registration(&answer, &state) {
        Ok(key) => Ok(Key(key)),
        Err(error) => {
            tracing::debug!(%error, "a key was not registered");
            Err(Refusal::KeyNotAccepted.into())
        }
    }
}

/// Makes a registered key count.
///
/// # Errors
/// [`Refusal::NotFound`] when it died meanwhile; [`Refusal::AlreadyExists`] for one that is registered already, wherever.
pub fn bind(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    key: &Key,
) -> Result<Proven, Stop> {
    let factor = binding::pending(w, account, id)?;
    if factor.kind != Kind::Webauthn {
        return Err(Refusal::NotFound.into());
    }
    // What it counted so far is not told by the library; its first use sets it.
    if !store::insert(w, account, id, key, 0)? {
        return Err(Refusal::AlreadyExists.into());
    }
    binding::finish(w, account, id, factor.replaces)
}

/// Asks the keys among some second factors; what the browser is asked: `PublicKeyCredentialRequestOptions` as JSON (WebAuthn section 5.1.9).
///
/// # Errors
/// [`Refusal::NoFactor`] where none of them is a key; [`Refusal::KindUnavailable`].
pub fn ask(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    factors: &[Authenticator],
) -> Result<Value, Stop> {
    let app = w.moment.app.clone();
    let keys: Vec<SecurityKey> = store::among(w, account, &ids_of(factors))?
        .into_iter()
        .map(|key| key.0)
        .collect();
    if keys.is_empty() {
        return Err(Refusal::NoFactor.into());
    }
    let (mut options, state) = relying_party(&app)?
        .start_securitykey_authentication(&keys)
        .map_err(library)?;
    options.public_key.hints = None;
    store::ask(w, account, ceremony, &written(&state)?)?;
    as_json(&options.public_key)
}

/// What became of a key's answer, before it counts.
pub enum Answered {
    /// It fits what was asked.
    Fits(Box<AuthenticationResult>),
    /// It fits, but the key's counter went back: two of it may be about. The hash of its credential.
    Copied([u8; 32]),
    /// It does not.
    Wrong,
}

/// Checks what a key answered. What it was asked is used up by it, whatever the answer.
///
/// # Errors
/// The database's trouble.
pub async fn answered(
    moment: &Moment,
    account: AccountId,
    ceremony: Ceremony,
    answer: Value,
) -> Result<Answered, Stop> {
    let state = take(moment, account, ceremony).await?;
    let state: Option<SecurityKeyAuthentication> = state.as_deref().and_then(read);
    let answer: Option<PublicKeyCredential> = serde_json::from_value(answer).ok();
    let (Some(state), Some(answer)) = (state, answer) else {
        return Ok(Answered::Wrong);
    };
    let checked = relying_party(&moment.app)?.finish_securitykey_authentication(&answer, &state);
    Ok(match checked {
        Ok(result) => Answered::Fits(Box::new(result)),
        Err(WebauthnError::CredentialPossibleCompromise) => {
            Answered::Copied(hash_of(&answer.raw_id))
        }
        Err(error) => {
            tracing::debug!(%error, "a key's answer did not fit");
            Answered::Wrong
        }
    })
}

/// Lets an answer count, if its key is still one of `factors` and its counter went up; what it proves.
///
/// # Errors
/// [`Refusal::KeyNotAccepted`].
pub fn accept(
    w: &mut Work<'_, '_>,
    account: AccountId,
    answered: &Answered,
    factors: &[Authenticator],
) -> Result<Proof, Stop> {
    let hash = match answered {
        Answered::Fits(result) => hash_of(result.cred_id()),
        Answered::Copied(hash) => *hash,
        Answered::Wrong => return Err(refused(w, account)?),
    };
    let live = ids_of(factors);
    let id = store::find(w, account, hash)?.filter(|id| live.contains(id));
    let Some(id) = id else {
        return Err(refused(w, account)?);
    };
    let key = store::load(w, account, id)?;
    let (Answered::Fits(result), Some(mut key)) = (answered, key) else {
        return Err(copied(w, account, id, factors)?);
    };
    key.0.update_credential(result);
    if !store::advance(w, account, id, &key, result.counter())? {
        return Err(copied(w, account, id, factors)?);
    }
    authenticators::used(w, account, id)?;
    let proof = Proof::Webauthn(id);
    let event = Event::new("second_factor_accepted").with("kind", proof.word());
    audit::append(w, account, &event)?;
    tried(w, "accepted");
    Ok(proof)
}

fn tried(w: &Work<'_, '_>, outcome: &'static str) {
    w.count(app::Tally::SecondFactor {
        kind: Kind::Webauthn.word(),
        outcome,
    });
}

fn refused(w: &mut Work<'_, '_>, account: AccountId) -> Result<Stop, Stop> {
    tried(w, "wrong");
    let event = Event::new("second_factor_refused").with("kind", Kind::Webauthn.word());
    audit::append(w, account, &event)?;
    Ok(Refusal::KeyNotAccepted.into())
}

/// The counter of a key went back (WebAuthn section 6.1.1): it is not accepted, and its owner is told.
fn copied(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    factors: &[Authenticator],
) -> Result<Stop, Stop> {
    tried(w, "copied");
    let factor = factors.iter().find(|factor| factor.id == id);
    let label = factor.map_or_else(String::new, |factor| factor.label.clone());
    let event = Event::new("key_copied").with("label", label.as_str());
    audit::append(w, account, &event)?;
    account::notice(w, account, Topic::KeyCopied, &[("label", label)])?;
    Ok(Refusal::KeyNotAccepted.into())
}

async fn take(
    moment: &Moment,
    account: AccountId,
    ceremony: Ceremony,
) -> Result<Option<Vec<u8>>, Stop> {
    moment
        .write(Locks::account(account.0), move |w| {
            store::take(w, account, ceremony)
        })
        .await
}

fn relying_party(app: &App) -> Result<&Webauthn, Stop> {
    let party = app.webauthn.as_ref();
    party.ok_or_else(|| Refusal::KindUnavailable.into())
}

fn library(error: WebauthnError) -> Stop {
    Fault::Internal(error.to_string()).into()
}

fn written(state: &impl serde::Serialize) -> Result<Vec<u8>, Stop> {
    serde_json::to_vec(state).map_err(|error| Fault::Internal(error.to_string()).into())
}

fn read<T: serde::de::DeserializeOwned>(state: &[u8]) -> Option<T> {
    serde_json::from_slice(state).ok()
}

fn as_json(options: &impl serde::Serialize) -> Result<Value, Stop> {
    serde_json::to_value(options).map_err(|error| Fault::Internal(error.to_string()).into())
}
