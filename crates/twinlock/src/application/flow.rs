//! Recognizing an application by its key.

use std::sync::Arc;

use crate::app::{AccountId, ApiKeyId, ApplicationId, Moment, SessionId, Stop, Token};

use super::ApiCaller;
use super::store::{self, StoredKey};

/// The application a key opens.
///
/// # Errors
/// The database's trouble. Anything wrong with the key is `None`.
pub async fn recognize(moment: &Moment, key: &str) -> Result<Option<ApiCaller>, Stop> {
    let Some(token) = Token::parse(Token::API_KEY, key) else {
        return Ok(None);
    };
    let (application, id) = (ApplicationId(token.owner), ApiKeyId(token.thing));
    // Keys are remembered for a few seconds beside the sessions; the ids of applications and accounts never meet.
    let (owner, thing) = (AccountId(application.0), SessionId(id.0));
    let cache = &moment.app.sessions;
    let stored = if let Some(known) = cache.get::<StoredKey>(owner, thing) {
        known
    } else {
        let generation = cache.generation(owner);
        let Some(found) = moment
            .read(move |w| store::load_key(w, application, id))
            .await?
        else {
            return Ok(None);
        };
        let found = Arc::new(found);
        cache.put(owner, thing, Arc::clone(&found), generation);
        found
    };
    if !token.secret.matches(&stored.secret_hash) {
        return Ok(None);
    }
    Ok(Some(ApiCaller {
        application,
        key: id,
        scopes: stored.scopes.clone(),
    }))
}
