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

#[cfg(test)]
mod tests {
    use super::*;

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
