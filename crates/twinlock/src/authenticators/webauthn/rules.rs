//! Stored keys, their names and the names of ceremonies.

use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::SecurityKey;

use crate::app::Fault;

/// The format credentials are stored in: what `webauthn-rs` 0.6 writes as JSON.
pub const FORMAT: i64 = 1;

/// A registered key: what the library knows of it.
#[derive(Clone, Debug)]
pub struct Key(pub SecurityKey);

impl Key {
    /// As it is stored.
    ///
    /// # Errors
    /// When the library cannot write it.
    pub fn encode(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(&self.0).map_err(|_| Fault::Stored("security key"))
    }

    /// Back from its row.
    ///
    /// # Errors
    /// For a format of a later release, and for what is not a key.
    pub fn decode(format: i64, stored: &[u8]) -> Result<Self, Fault> {
        match format {
            FORMAT => serde_json::from_slice(stored)
                .map(Self)
                .map_err(|_| Fault::Stored("security key")),
            _ => Err(Fault::Stored("format of a security key")),
        }
    }

    /// What its credential is found by: one of the whole instance.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash_of(self.0.cred_id())
    }
}

/// The hash a credential id is found by.
#[must_use]
pub fn hash_of(credential_id: &[u8]) -> [u8; 32] {
    Sha256::digest(credential_id).into()
}

/// What a key was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be registered; within the half-done authenticator.
    Register,
    /// To sign in; within the sign-in.
    SignIn,
    /// Before a change; within the session.
    StepUp,
    /// To turn two-factor authentication off; within the session.
    Disable,
}

impl Purpose {
    fn word(self) -> &'static [u8] {
        match self {
            Self::Register => b"register",
            Self::SignIn => b"sign-in",
            Self::StepUp => b"step-up",
            Self::Disable => b"disable",
        }
    }
}

/// What a challenge belongs to: an answer to another one does not find it.
#[derive(Clone, Copy, Debug)]
pub struct Ceremony {
    /// The sign-in, session or half-done authenticator.
    pub within: [u8; 16],
    /// What for.
    pub purpose: Purpose,
}

impl Ceremony {
    /// Its id in the row.
    #[must_use]
    pub fn id(self) -> [u8; 16] {
        let hash = Sha256::new()
            .chain_update(self.within)
            .chain_update(self.purpose.word())
            .finalize();
        let (id, _) = hash.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        *id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_within_each_thing_is_another_ceremony() {
        let purposes = [
            Purpose::Register,
            Purpose::SignIn,
            Purpose::StepUp,
            Purpose::Disable,
        ];
        let mut seen = std::collections::BTreeSet::new();
        for within in [[1; 16], [2; 16]] {
            for purpose in purposes {
                assert!(seen.insert(Ceremony { within, purpose }.id()));
            }
        }
    }

    #[test]
    fn a_key_of_a_later_format_or_a_broken_one_is_a_fault_and_never_no_key() {
        assert!(Key::decode(FORMAT + 1, b"{}").is_err());
        for broken in [&b""[..], b"{}", b"null", b"\xff"] {
            assert!(Key::decode(FORMAT, broken).is_err());
        }
    }

    /// What release 0.1 wrote. It must be readable by every later one.
    #[test]
    fn a_key_that_was_stored_by_an_earlier_release_is_read() {
        let stored = include_bytes!("../../../tests/stored/security_key_1.json");
        let key = Key::decode(1, stored).unwrap();
        assert_eq!(
            Key::decode(1, &key.encode().unwrap()).unwrap().hash(),
            key.hash()
        );
    }
}
