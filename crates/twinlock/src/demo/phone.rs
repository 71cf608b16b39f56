//! The simulated phone: an authenticator app that shows running codes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use twinlock_otp::{Algorithm, Parameters, Secret};
use url::Url;

use crate::app::{AccountId, App, AuthenticatorId, Stop, Timestamp};
use crate::authenticators::totp;
use crate::{account, app};

use super::folder;

// Over all accounts: the demo's phone stands before whatever screen shows a QR code.
const NEWEST_PENDING: &str = "SELECT account_id, authenticator_id FROM authenticator WHERE kind = 'totp' AND state = 'pending' AND expires_at > ?1 \
    ORDER BY created_at DESC, authenticator_id DESC LIMIT 1";

/// Every statement here, for the test that prepares them all.
pub(super) const STATEMENTS: &[&str] = &[NEWEST_PENDING];

/// See the module's text.
pub struct Phone {
    file: PathBuf,
    keys: Mutex<Vec<Kept>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    /// Its number on the phone.
    id: u64,
    /// What the app shows, such as `Twinlock: ann@example.org`.
    name: String,
    secret: String,
    algorithm: String,
    digits: u8,
    period: u32,
}

/// A code that is running now.
pub struct Running {
    /// Its number on the phone.
    pub id: u64,
    /// What the app shows beside it.
    pub name: String,
    /// Whether a newer key has the same name, as after a new QR code for the same account.
    pub older: bool,
    /// The code.
    pub code: String,
    /// Seconds until the next one.
    pub seconds_left: i64,
}

impl Phone {
    /// The phone as `file` left it.
    ///
    /// # Errors
    /// When the file is there and is not a phone's.
    pub fn open(file: PathBuf) -> anyhow::Result<Self> {
        let keys = match folder::read(&file)? {
            Some(text) => serde_json::from_str(&text)?,
            None => Vec::new(),
        };
        Ok(Self {
            file,
            keys: Mutex::new(keys),
        })
    }

    /// Adds what was pasted: an otpauth address, or a key in base32. False when it is neither.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn add(&self, pasted: &str) -> anyhow::Result<bool> {
        let Some(mut kept) = read(pasted.trim()) else {
            return Ok(false);
        };
        let mut keys = self.keys();
        keys.retain(|known| known.secret != kept.secret);
        kept.id = keys.iter().map(|known| known.id).max().unwrap_or(0) + 1;
        keys.insert(0, kept);
        self.write_down(&keys)?;
        Ok(true)
    }

    /// Removes a key.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn remove(&self, id: u64) -> anyhow::Result<()> {
        let mut keys = self.keys();
        keys.retain(|known| known.id != id);
        self.write_down(&keys)
    }

    /// The codes at `now`, the newest key first.
    #[must_use]
    pub fn running(&self, now: Timestamp) -> Vec<Running> {
        let seconds = now.as_seconds();
        let keys = self.keys();
        let mut names = HashSet::new();
        let mut running = Vec::new();
        for kept in keys.iter() {
            let Some((secret, parameters)) = kept.key() else {
                continue;
            };
            let step = parameters.step_at(seconds);
            let ends = (step + 1) * i64::from(parameters.period);
            running.push(Running {
                id: kept.id,
                name: kept.name.clone(),
                older: !names.insert(kept.name.as_str()),
                code: parameters.code_at_step(&secret, step).to_string(),
                seconds_left: ends - seconds,
            });
        }
        running
    }

    fn keys(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_down(&self, keys: &[Kept]) -> anyhow::Result<()> {
        folder::replace(&self.file, &serde_json::to_string_pretty(keys)?)
    }
}

/// The otpauth address behind the QR code that was shown last and is not proven yet.
///
/// # Errors
/// The database's trouble.
pub(super) async fn shown_last(app: &App) -> Result<Option<String>, Stop> {
    app.moment()?
        .read(|w| {
            let now = w.now();
            let found = w.tx.query_opt(NEWEST_PENDING, &[now.into()], |row| {
                Ok((row.bytes16(0)?, row.bytes16(1)?))
            })?;
            let Some((owner, factor)) = found else {
                return Ok(None);
            };
            let Some(owner) = account::store::load(w, AccountId(owner))? else {
                return Ok(None);
            };
            match totp::flow::pending(w, &owner, AuthenticatorId(factor)) {
                Ok(pending) => Ok(Some(pending.uri.to_string())),
                Err(app::Stop::Refused(_)) => Ok(None),
                Err(fault) => Err(fault),
            }
        })
        .await
}

impl Kept {
    fn key(&self) -> Option<(Secret, Parameters)> {
        let secret = Secret::from_base32(&self.secret).ok()?;
        let algorithm: Algorithm = self.algorithm.parse().ok()?;
        let parameters = Parameters::new(algorithm, self.digits, self.period).ok()?;
        Some((secret, parameters))
    }
}

fn read(pasted: &str) -> Option<Kept> {
    let usual = Parameters::default();
    let mut kept = Kept {
        id: 0,
        name: String::from("Key typed by hand"),
        secret: pasted.to_owned(),
        algorithm: usual.algorithm.to_string(),
        digits: usual.digits,
        period: usual.period,
    };
    if pasted.to_ascii_lowercase().starts_with("otpauth:") {
        let address = Url::parse(pasted).ok()?;
        if address.host_str() != Some("totp") {
            return None;
        }
        let label = address.path().trim_start_matches('/');
        let label = percent_encoding::percent_decode_str(label).decode_utf8_lossy();
        kept.name = label.replacen(':', ": ", 1);
        for (name, value) in address.query_pairs() {
            match name.as_ref() {
                "secret" => kept.secret = value.into_owned(),
                "algorithm" => kept.algorithm = value.into_owned(),
                "digits" => kept.digits = value.parse().ok()?,
                "period" => kept.period = value.parse().ok()?,
                _ => {}
            }
        }
    }
    kept.secret = Secret::from_base32(&kept.secret)
        .ok()?
        .to_base32()
        .to_string();
    kept.key()?;
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phone_takes_an_address_or_a_key_and_shows_the_code_of_the_moment() {
        let folder = tempfile::tempdir().unwrap();
        let phone = Phone::open(folder.path().join("phone.json")).unwrap();
        // The secret of RFC 6238's test vectors.
        let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let address = format!(
            "otpauth://totp/Twinlock%20Demo:ann%40example.org?secret={key}&issuer=Twinlock%20Demo&digits=8"
        );
        assert!(phone.add(&address).unwrap());
        let shown = phone.running(Timestamp::from_millis(59_000));
        assert_eq!(shown[0].code, "94287082");
        assert_eq!(shown[0].seconds_left, 1);
        assert_eq!(shown[0].name, "Twinlock Demo: ann@example.org");
        assert!(
            phone
                .add("gezd gnbv gy3t qojq gezd gnbv gy3t qojq")
                .unwrap()
        );
        assert_eq!(
            phone.running(Timestamp::from_millis(59_000))[0].code,
            "287082"
        );
        assert!(!phone.add("not a key!").unwrap());
        let again = Phone::open(folder.path().join("phone.json")).unwrap();
        let id = again.running(Timestamp::from_millis(0))[0].id;
        again.remove(id).unwrap();
        assert!(again.running(Timestamp::from_millis(0)).is_empty());
    }

    #[test]
    fn of_two_keys_for_the_same_account_the_older_one_is_marked() {
        let folder = tempfile::tempdir().unwrap();
        let phone = Phone::open(folder.path().join("phone.json")).unwrap();
        for (account, key) in [
            ("ann", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            ("bob", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
            ("ann", "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK"),
        ] {
            let address = format!("otpauth://totp/Acme:{account}?secret={key}&issuer=Acme");
            assert!(phone.add(&address).unwrap());
        }
        let shown = phone.running(Timestamp::from_millis(0));
        let told: Vec<_> = (shown.iter())
            .map(|code| (code.name.as_str(), code.older))
            .collect();
        assert_eq!(
            told,
            [
                ("Acme: ann", false),
                ("Acme: bob", false),
                ("Acme: ann", true)
            ]
        );
    }
}
