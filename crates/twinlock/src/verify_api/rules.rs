//! How an account is named, and which account a key may see.

use serde::{Deserialize, Deserializer};

use crate::account::Account;
use crate::app::{AccountId, ApplicationId, Refusal};
use crate::application::{ApiCaller, Scope};

/// Characters an application's own id may have at most.
pub const LONGEST_EXTERNAL_ID: usize = 255;
/// Characters of a user agent that are looked at.
pub const LONGEST_USER_AGENT: usize = 400;
/// Characters of a trusted device's name.
pub const LONGEST_DEVICE_LABEL: usize = 200;

/// An account in a path: its id, or `ext:` and the application's own id for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountName {
    /// Its id.
    Id(AccountId),
    /// The application's own id.
    External(String),
}

impl<'de> Deserialize<'de> for AccountName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("not an account"))
    }
}

impl AccountName {
    /// Reads a name; `None` for what is neither form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text.strip_prefix("ext:") {
            Some(external) => Some(Self::External(external.to_owned())),
            None => text.parse().map(Self::Id).ok(),
        }
    }
}

/// An application's own id as it is kept: exactly as sent.
///
/// # Errors
/// [`Refusal::Field`] when it is empty or too long.
pub fn external_id(sent: &str) -> Result<String, Refusal> {
    let refuse = |code| Refusal::Field {
        field: "external_id",
        code,
    };
    match sent.chars().count() {
        0 => Err(refuse("missing")),
        1..=LONGEST_EXTERNAL_ID => Ok(sent.to_owned()),
        _ => Err(refuse("too_long")),
    }
}

/// Whether a key may see an account: one its application made, or with scope `admin` a person's.
#[must_use]
pub fn may_see(caller: &ApiCaller, account: &Account) -> bool {
    may_read(caller, account.application)
}

/// Whether a key may see an event: one of an account its application made, or with scope `admin` one of a person, of an account that is
/// gone, or of the instance. `application` is that of the event's account.
#[must_use]
pub fn may_read(caller: &ApiCaller, application: Option<ApplicationId>) -> bool {
    match application {
        Some(application) => application == caller.application,
        None => caller.may(Scope::Admin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<AccountName> {
        serde_json::from_value(serde_json::json!(text)).ok()
    }

    #[test]
    fn an_account_is_named_by_its_id_or_by_the_applications_own() {
        let id = "0190a5d0-7b1c-7000-8000-000000000001";
        assert_eq!(named(id), Some(AccountName::Id(id.parse().unwrap())));
        assert_eq!(
            named("ext:a/b c"),
            Some(AccountName::External(String::from("a/b c")))
        );
        for text in ["", "a", "EXT:a", "0190A5D0-7B1C-7000-8000-000000000001"] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn an_external_id_is_kept_as_it_was_sent() {
        assert_eq!(external_id(" Ünï ").unwrap(), " Ünï ");
        assert!(external_id("").is_err());
        assert!(external_id(&"ü".repeat(255)).is_ok());
        assert!(external_id(&"ü".repeat(256)).is_err());
    }
}
