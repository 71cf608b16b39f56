//! What a start writes down about the instance: settings that changed, keys and schema that are new.

use std::collections::BTreeMap;

use serde_json::Value;
use twinlock_db::Locks;
use twinlock_db::sealed::Keyring;

use crate::app::{App, Fault, Stop, Work};
use crate::audit::rules::hex::Hex;
use crate::audit::store::facts;
use crate::audit::{Event, append_instance};
use crate::config::Settings;

/// Digests of the sections of the settings of the last start.
const SETTINGS: &str = "audit_settings";
/// The newest data key that is in the record.
const DATA_KEY: &str = "audit_data_key";

/// Compares the instance with what it was at the last start, and writes down what is new.
///
/// # Errors
/// The database's trouble.
pub async fn note(app: &App, applied: &[u32]) -> Result<(), Stop> {
    let sections = digests(&app.settings, &app.keyring)?;
    let schema = applied.last().copied();
    let moment = app.moment()?;
    moment
        .write(Locks::none(), move |w| {
            if let Some(version) = schema {
                let event = Event::new("instance_schema_changed");
                append_instance(w, &event.with("version", version.to_string()))?;
            }
            note_data_keys(w)?;
            note_settings(w, &sections)
        })
        .await
}

/// Writes data keys down that were made meanwhile.
///
/// # Errors
/// The database's trouble.
pub async fn note_new_keys(app: &App) -> Result<(), Stop> {
    app.moment()?.write(Locks::none(), note_data_keys).await
}

/// Writes down that the data keys are wrapped with another master key.
///
/// # Errors
/// The database's trouble.
pub async fn note_master_key(app: &App) -> Result<(), Stop> {
    let changed =
        |w: &mut Work<'_, '_>| append_instance(w, &Event::new("instance_master_key_changed"));
    app.moment()?.write(Locks::none(), changed).await
}

fn note_data_keys(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let known = facts::fact(w, DATA_KEY)?;
    let known = known.and_then(|bytes| Some(i64::from_be_bytes(bytes.try_into().ok()?)));
    for key in facts::data_keys_after(w, known.unwrap_or(0))? {
        let event = Event::new("instance_data_key_made");
        append_instance(w, &event.with("key", key.to_string()))?;
        facts::set_fact(w, DATA_KEY, &key.to_be_bytes())?;
    }
    Ok(())
}

fn note_settings(w: &mut Work<'_, '_>, sections: &BTreeMap<String, String>) -> Result<(), Stop> {
    let before: BTreeMap<String, String> = match facts::fact(w, SETTINGS)? {
        Some(kept) => {
            serde_json::from_slice(&kept).map_err(|_| Fault::Stored("digests of the settings"))?
        }
        None => BTreeMap::new(),
    };
    if before == *sections {
        return Ok(());
    }
    let changed: Vec<&str> = (sections.iter())
        .filter(|(name, digest)| before.get(*name) != Some(digest))
        .map(|(name, _)| name.as_str())
        .collect();
    let event = Event::new("instance_settings_changed");
    append_instance(w, &event.with("sections", changed.join(" ")))?;
    let kept =
        serde_json::to_vec(sections).map_err(|_| Fault::Stored("digests of the settings"))?;
    facts::set_fact(w, SETTINGS, &kept)
}

/// A keyed digest of each section: it tells that something changed, and nobody without the keys can try out what.
fn digests(settings: &Settings, keyring: &Keyring) -> Result<BTreeMap<String, String>, Fault> {
    let internal = |error: serde_json::Error| Fault::Internal(error.to_string());
    let Value::Object(sections) = serde_json::to_value(settings).map_err(internal)? else {
        return Ok(BTreeMap::new());
    };
    let digest = |(name, section): (String, Value)| {
        let text = section.to_string();
        let mac = keyring.mac("settings digest", &[name.as_bytes(), text.as_bytes()]);
        (name, Hex(mac).text())
    };
    Ok(sections.into_iter().map(digest).collect())
}
