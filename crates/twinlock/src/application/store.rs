//! Rows of applications and their keys.

use crate::app::{ApiKeyId, ApplicationId, Stop, Timestamp, Token, Work};
use crate::audit::{Event, append_instance};

use super::Scope;

const FIND_APPLICATION: &str =
    "SELECT application_id FROM application WHERE name = ?1 ORDER BY created_at LIMIT 1";
const NAME: &str = "SELECT name FROM application WHERE application_id = ?1";
const INSERT_APPLICATION: &str =
    "INSERT INTO application (application_id, name, created_at) VALUES (?1, ?2, ?3)";
const INSERT_KEY: &str = "INSERT INTO api_key (application_id, key_id, secret_hash, label, scopes, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const LOAD_KEY: &str = "SELECT secret_hash, scopes FROM api_key WHERE application_id = ?1 AND key_id = ?2 AND revoked_at IS NULL";
const REVOKE_KEY: &str = "UPDATE api_key SET revoked_at = ?3 WHERE application_id = ?1 AND key_id = ?2 AND revoked_at IS NULL";
// Cross-application: the operator's list.
const ALL_KEYS: &str = "SELECT a.name, k.application_id, k.key_id, k.label, k.scopes, k.created_at, k.revoked_at FROM api_key k \
    JOIN application a ON a.application_id = k.application_id ORDER BY k.created_at, k.key_id LIMIT 1000";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    FIND_APPLICATION,
    NAME,
    INSERT_APPLICATION,
    INSERT_KEY,
    LOAD_KEY,
    REVOKE_KEY,
    ALL_KEYS,
];

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Hash of its secret.
    pub secret_hash: Vec<u8>,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// A key as it is listed.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// The application's name.
    pub application: String,
    /// The application.
    pub application_id: ApplicationId,
    /// The key.
    pub key: ApiKeyId,
    /// What it is for, in the operator's words.
    pub label: String,
    /// What it may do.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// The application of this name; made when there is none.
///
/// # Errors
/// The database's trouble.
pub fn application(w: &mut Work<'_, '_>, name: &str) -> Result<ApplicationId, Stop> {
    if let Some(id) =
        w.tx.query_opt(FIND_APPLICATION, &[name.into()], |row| row.bytes16(0))?
    {
        return Ok(ApplicationId(id));
    }
    let now = w.now();
    let id = ApplicationId::draw(now, &mut w.draw);
    w.tx.execute(INSERT_APPLICATION, &[id.into(), name.into(), now.into()])?;
    let event = Event::new("instance_application_made").with("application", id.to_string());
    append_instance(w, &event)?;
    Ok(id)
}

/// What the operator called an application.
///
/// # Errors
/// The database's trouble.
pub fn name(w: &mut Work<'_, '_>, application: ApplicationId) -> Result<Option<String>, Stop> {
    let found =
        w.tx.query_opt(NAME, &[application.into()], |row| row.text(0))?;
    Ok(found)
}

/// Makes a key; its token, shown once.
///
/// # Errors
/// The database's trouble.
pub fn make_key(
    w: &mut Work<'_, '_>,
    application: ApplicationId,
    label: &str,
    scopes: &[Scope],
) -> Result<String, Stop> {
    let now = w.now();
    let key = ApiKeyId::draw(now, &mut w.draw);
    let token = Token::new(application.0, key.0, &mut w.draw);
    let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let values = [
        application.into(),
        key.into(),
        token.secret.hash().into(),
        label.into(),
        words.join(" ").into(),
        now.into(),
    ];
    w.tx.execute(INSERT_KEY, &values)?;
    let event = Event::new("instance_api_key_made")
        .with("application", application.to_string())
        .with("key", key.to_string())
        .with("scopes", words.join(" "));
    append_instance(w, &event)?;
    Ok(token.text(Token::API_KEY))
}

/// A key that is not revoked.
///
/// # Errors
/// The database's trouble.
pub fn load_key(
    w: &mut Work<'_, '_>,
    application: ApplicationId,
    key: ApiKeyId,
) -> Result<Option<StoredKey>, Stop> {
    let found =
        w.tx.query_opt(LOAD_KEY, &[application.into(), key.into()], |row| {
            Ok((row.bytes(0)?, row.text(1)?))
        })?;
    Ok(found.map(|(secret_hash, scopes)| StoredKey {
        secret_hash,
        scopes: scopes.split(' ').filter_map(Scope::from_word).collect(),
    }))
}

/// Revokes a key; whether there was one.
///
/// # Errors
/// The database's trouble.
pub fn revoke_key(
    w: &mut Work<'_, '_>,
    application: ApplicationId,
    key: ApiKeyId,
) -> Result<bool, Stop> {
    let now = w.now();
    let values = [application.into(), key.into(), now.into()];
    if w.tx.execute(REVOKE_KEY, &values)? == 0 {
        return Ok(false);
    }
    let event = Event::new("instance_api_key_revoked")
        .with("application", application.to_string())
        .with("key", key.to_string());
    append_instance(w, &event)?;
    Ok(true)
}

/// All keys, oldest first.
///
/// # Errors
/// The database's trouble.
pub fn all_keys(w: &mut Work<'_, '_>) -> Result<Vec<ListedKey>, Stop> {
    let found = w.tx.query(ALL_KEYS, &[], |row| {
        Ok(ListedKey {
            application: row.text(0)?,
            application_id: ApplicationId(row.bytes16(1)?),
            key: ApiKeyId(row.bytes16(2)?),
            label: row.text(3)?,
            scopes: row.text(4)?,
            created_at: Timestamp::from_millis(row.int(5)?),
            revoked_at: row.opt_int(6)?.map(Timestamp::from_millis),
        })
    })?;
    Ok(found)
}
