//! Recognizing a session by its token, ending sessions, and giving the acting one a new id.

use std::sync::Arc;

use subtle::ConstantTimeEq as _;
use twinlock_db::Locks;

use crate::app::{AccountId, Moment, Refusal, SessionId, Stop, Token, Work};
use crate::audit;
use crate::trusted_device;

use super::rules::SEEN_EVERY;
use super::{Session, store};

/// How the acting session is carried: a cookie gets a new value at each rise of assurance, a bearer token stays what the caller holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `__Host-twinlock`.
    Cookie,
    /// `Authorization: Bearer`.
    Bearer,
}

/// A session that made the request.
#[derive(Clone, Debug)]
pub struct Acting {
    /// The session.
    pub session: Arc<Session>,
    /// How it came.
    pub carrier: Carrier,
}

impl Acting {
    /// Whose session.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.session.account
    }
}

/// The session a token opens, if it is live.
///
/// # Errors
/// [`Refusal::Frozen`] where nothing of the account works, or the database's trouble. Anything wrong with the token is `None`.
pub async fn recognize(moment: &Moment, token: &str) -> Result<Option<Arc<Session>>, Stop> {
    let Some(token) = Token::parse(Token::SESSION, token) else {
        return Ok(None);
    };
    let (account, id) = (AccountId(token.owner), SessionId(token.thing));
    let app = &moment.app;
    let session = if let Some(known) = app.sessions.get::<Session>(account, id) {
        known
    } else {
        let generation = app.sessions.generation(account);
        let Some(found) = moment.read(move |w| store::load(w, account, id)).await? else {
            return Ok(None);
        };
        let found = Arc::new(found);
        app.sessions
            .put(account, id, Arc::clone(&found), generation);
        found
    };
    let same: bool = token.secret.hash().ct_eq(&session.secret_hash).into();
    if !same || !session.is_live(moment.now, app.epoch, &app.settings) {
        return Ok(None);
    }
    if let Some(by) = session.frozen {
        return Err(Refusal::Frozen(by).into());
    }
    if session.last_seen_at.plus(SEEN_EVERY) < moment.now {
        moment
            .write(Locks::account(account.0), move |w| {
                store::seen(w, account, id)
            })
            .await?;
    }
    Ok(Some(session))
}

/// Takes note when a cookie's session is used by another browser than the one it was made in, as a stolen one is: the list shows the new one,
/// the record says so, and changes need a proof given there. The session as it stands then.
///
/// # Errors
/// The database's trouble.
pub async fn note_browser(
    moment: &Moment,
    session: Arc<Session>,
) -> Result<Option<Arc<Session>>, Stop> {
    if session.device_label == moment.client.device_label {
        return Ok(Some(session));
    }
    let (account, id) = (session.account, session.id);
    let before = session.device_label.clone();
    let moved = moment.write(Locks::account(account.0), move |w| {
        if store::moved(w, account, id)? {
            let event = audit::Event::new("session_moved").with("before", &before);
            audit::append(w, account, &event)?;
        }
        store::load(w, account, id)
    });
    Ok(moved.await?.map(Arc::new))
}

/// The acting session as it stands inside this transaction.
///
/// # Errors
/// [`Refusal::SignedOut`] when it ended meanwhile, [`Refusal::Frozen`] when its account was frozen.
pub fn reload(w: &mut Work<'_, '_>, acting: &Acting) -> Result<Session, Stop> {
    let found = store::load(w, acting.account(), acting.session.id)?;
    match found {
        Some(session) if session.is_live(w.now(), w.moment.app.epoch, w.settings()) => {
            match session.frozen {
                Some(by) => Err(Refusal::Frozen(by).into()),
                None => Ok(session),
            }
        }
        _ => Err(Refusal::SignedOut.into()),
    }
}

/// Ends every session of an account, and the trust of every device: from here on all is asked again, everywhere.
///
/// # Errors
/// The database's trouble.
pub fn end_everything(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    store::end_all(w, account)?;
    trusted_device::end_trust(w, account)
}

/// Ends the others and the trust of every device, that of the acting one too, and gives the acting session a new id where its carrier is a cookie. The new token, if there is one.
///
/// # Errors
/// [`Refusal::SignedOut`] when it ended meanwhile.
pub fn end_others_and_renew(w: &mut Work<'_, '_>, acting: &Acting) -> Result<Option<String>, Stop> {
    store::end_others(w, acting.account(), acting.session.id)?;
    trusted_device::end_trust(w, acting.account())?;
    renew(w, acting)
}

/// Gives the acting session a new id and secret where its carrier is a cookie.
///
/// # Errors
/// [`Refusal::SignedOut`] when it ended meanwhile.
pub fn renew(w: &mut Work<'_, '_>, acting: &Acting) -> Result<Option<String>, Stop> {
    if acting.carrier == Carrier::Bearer {
        return Ok(None);
    }
    let (account, now) = (acting.account(), w.now());
    let new_id = SessionId::draw(now, &mut w.draw);
    let token = Token::new(account.0, new_id.0, &mut w.draw);
    if store::renew(w, account, acting.session.id, new_id, token.secret.hash())? {
        Ok(Some(token.text(Token::SESSION)))
    } else {
        Err(Refusal::SignedOut.into())
    }
}

/// Signs out. The device stays what it is.
///
/// # Errors
/// The database's trouble.
pub async fn sign_out(moment: &Moment, acting: &Acting) -> Result<(), Stop> {
    let (account, id) = (acting.account(), acting.session.id);
    moment
        .write(Locks::account(account.0), move |w| {
            let Some(session) = store::load(w, account, id)? else {
                return Ok(());
            };
            store::end(w, account, id)?;
            if let Some(device) = session.device {
                trusted_device::store::used(w, account, device)?;
            }
            audit::append(w, account, &audit::Event::new("signed_out"))
        })
        .await
}

/// The account's live sessions, last used first.
///
/// # Errors
/// The database's trouble.
pub async fn list(moment: &Moment, account: AccountId) -> Result<Vec<Session>, Stop> {
    let mut sessions = moment.read(move |w| store::all(w, account)).await?;
    sessions.retain(|session| session.is_live(moment.now, moment.app.epoch, &moment.app.settings));
    Ok(sessions)
}

/// Ends one session of the acting person. Whoever sits at its device is asked for everything again.
///
/// # Errors
/// [`Refusal::NotFound`] for any id that is not one of theirs.
pub async fn end_one(moment: &Moment, acting: &Acting, id: SessionId) -> Result<(), Stop> {
    let account = acting.account();
    let here = acting.session.device;
    moment
        .write(Locks::account(account.0), move |w| {
            let Some(session) = store::load(w, account, id)? else {
                return Err(Refusal::NotFound.into());
            };
            store::end(w, account, id)?;
            if let Some(device) = session.device.filter(|device| Some(*device) != here) {
                trusted_device::store::end_trust_of(w, account, device)?;
            }
            audit::append(
                w,
                account,
                &audit::Event::new("session_ended").with("session", id.to_string()),
            )
        })
        .await
}

/// Ends every session but the acting one, and the trust of every other device; how many sessions.
///
/// # Errors
/// The database's trouble.
pub async fn end_others(moment: &Moment, acting: &Acting) -> Result<u64, Stop> {
    let (account, id) = (acting.account(), acting.session.id);
    let here = acting.session.device;
    moment
        .write(Locks::account(account.0), move |w| {
            let ended = store::end_others(w, account, id)?;
            match here {
                Some(device) => trusted_device::store::end_trust_but(w, account, device)?,
                None => trusted_device::end_trust(w, account)?,
            }
            audit::append(
                w,
                account,
                &audit::Event::new("other_sessions_ended").with("count", ended.to_string()),
            )?;
            Ok(ended)
        })
        .await
}
