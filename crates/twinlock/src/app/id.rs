//! Identifiers: UUIDv7 made from the moment and its drawn randomness, one newtype per thing so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use twinlock_db::Value;
use uuid::Uuid;

use super::{Draw, Timestamp};

/// The text is not an id in its one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A new id for this moment (UUIDv7, RFC 9562 section 5.7).
            #[must_use]
            pub fn draw(now: Timestamp, draw: &mut Draw) -> Self {
                Self(uuid_v7(now, draw))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", Uuid::from_bytes(self.0).hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            /// Only the hyphenated lower-case form is read, so that one id has one spelling.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let uuid = Uuid::parse_str(text).map_err(|_| NotAnId)?;
                let id = Self(*uuid.as_bytes());
                if id.to_string() == text { Ok(id) } else { Err(NotAnId) }
            }
        }

        impl From<$name> for Value {
            fn from(id: $name) -> Value {
                Value::Id(id.0)
            }
        }

        impl From<&$name> for Value {
            fn from(id: &$name) -> Value {
                Value::Id(id.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom("not an id"))
            }
        }
    };
}

id!(
    /// A person, or a user of an application.
    AccountId
);
id!(
    /// One bound authenticator of an account.
    AuthenticatorId
);
id!(
    /// One attempt to sign in.
    SignInId
);
id!(
    /// One completed sign-in.
    SessionId
);
id!(
    /// One known browser or API caller.
    DeviceId
);
id!(
    /// An application that calls the API.
    ApplicationId
);
id!(
    /// One API key of an application.
    ApiKeyId
);
id!(
    /// A workspace.
    OrganizationId
);
id!(
    /// One message in the outbox.
    MessageId
);
id!(
    /// One invitation to sign up.
    InvitationId
);
id!(
    /// One link "this was not me".
    UndoLinkId
);

fn uuid_v7(now: Timestamp, draw: &mut Draw) -> [u8; 16] {
    let random: [u8; 10] = draw.bytes();
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    *uuid::Builder::from_unix_timestamp_millis(millis, &random)
        .as_uuid()
        .as_bytes()
}
