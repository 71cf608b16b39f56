//! The keys inside the database, and what is done with them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use super::primitives::{Key, decrypt, derive, encrypt, joined, keyed_hash};
use super::{MasterKey, SealError};

/// The format of sealed values and wrapped keys.
const FORMAT: u8 = 1;
/// The key that look-ups and MACs are derived from: they must stay the same when data keys change.
const FIRST_KEY: u32 = 1;
const NONCE: usize = 24;

/// Where a sealed value stands. A value opens only in the place it was sealed for.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The account that owns the row; zeros for rows of the instance.
    pub account: &'a [u8; 16],
    /// What tells the row from the account's other rows: the rest of its primary key.
    pub row: &'a [u8],
}

/// A data key as it is stored: sealed with the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    pub(super) key_id: u32,
    pub(super) bytes: Vec<u8>,
}

impl WrappedKey {
    /// A wrapped key as read from a row.
    #[must_use]
    pub fn new(key_id: u32, bytes: Vec<u8>) -> Self {
        Self { key_id, bytes }
    }

    /// The number of the key.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    /// What to store.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The open data keys, one of them active: it seals, the others only open. Cannot be printed.
///
/// It grows while the program runs: see [`Keyring::adopt`].
pub struct Keyring {
    ring: RwLock<Arc<Ring>>,
    lookup: Key,
    mac: Key,
}

#[derive(Clone)]
struct Ring {
    active_id: u32,
    active: Key,
    sealing: BTreeMap<u32, Key>,
}

impl Keyring {
    /// Makes a data key from 56 random bytes (32 of key, 24 of nonce) and wraps it.
    #[must_use]
    pub fn wrap_new(
        master: &MasterKey,
        key_id: u32,
        purpose: &str,
        entropy: [u8; 56],
    ) -> WrappedKey {
        let entropy = Zeroizing::new(entropy);
        let (key, nonce) = entropy.split_at(32);
        Self::wrap(master, key_id, purpose, key, nonce)
    }

    /// Wraps a key under 24 random bytes.
    pub(super) fn wrap(
        master: &MasterKey,
        key_id: u32,
        purpose: &str,
        key: &[u8],
        nonce: &[u8],
    ) -> WrappedKey {
        let mut fixed = [0; NONCE];
        fixed
            .iter_mut()
            .zip(nonce)
            .for_each(|(to, from)| *to = *from);
        let bound_to = wrapping_place(key_id, purpose);
        // An empty box, should it ever come to that, does not open.
        let sealed = encrypt(&wrapping_key(master), fixed, &bound_to, key).unwrap_or_default();
        WrappedKey {
            key_id,
            bytes: [&[FORMAT], fixed.as_slice(), &sealed].concat(),
        }
    }

    /// Opens a wrapped key.
    ///
    /// # Errors
    /// [`SealError::WrongMasterKey`], or [`SealError::Malformed`].
    pub fn unwrap(
        master: &MasterKey,
        wrapped: &WrappedKey,
        purpose: &str,
    ) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let (&format, rest) = wrapped.bytes.split_first().ok_or(SealError::Malformed)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(SealError::Malformed)?;
        if format != FORMAT {
            return Err(SealError::Malformed);
        }
        let bound_to = wrapping_place(wrapped.key_id, purpose);
        let key = decrypt(&wrapping_key(master), *nonce, &bound_to, sealed)
            .ok_or(SealError::WrongMasterKey(wrapped.key_id))?;
        let key = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| SealError::Malformed)?;
        Ok(Zeroizing::new(key))
    }

    /// A ring of open data keys.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] if the active one or the first is missing.
    pub fn from_keys(
        keys: BTreeMap<u32, Zeroizing<[u8; 32]>>,
        active_id: u32,
    ) -> Result<Self, SealError> {
        let first = keys
            .get(&FIRST_KEY)
            .ok_or(SealError::UnknownKey(FIRST_KEY))?;
        let sealing: BTreeMap<u32, Key> = keys
            .iter()
            .map(|(id, key)| (*id, derive(key, "twinlock seal")))
            .collect();
        let active = sealing
            .get(&active_id)
            .cloned()
            .ok_or(SealError::UnknownKey(active_id))?;
        Ok(Self {
            ring: RwLock::new(Arc::new(Ring {
                active_id,
                active,
                sealing,
            })),
            lookup: derive(first, "twinlock look-up"),
            mac: derive(first, "twinlock mac"),
        })
    }

    /// Takes up data keys that were made since, and seals with `active_id` from now on. No key is
    /// ever forgotten: what an older one sealed may turn up at any time.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] if the active one is neither new nor known; nothing changed then.
    pub fn adopt(
        &self,
        keys: &BTreeMap<u32, Zeroizing<[u8; 32]>>,
        active_id: u32,
    ) -> Result<(), SealError> {
        let mut ring = Ring::clone(&self.ring());
        for (id, key) in keys {
            ring.sealing
                .entry(*id)
                .or_insert_with(|| derive(key, "twinlock seal"));
        }
        ring.active = ring
            .sealing
            .get(&active_id)
            .cloned()
            .ok_or(SealError::UnknownKey(active_id))?;
        ring.active_id = active_id;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        Ok(())
    }

    /// Whether a value sealed with this data key could be opened.
    #[must_use]
    pub fn knows(&self, key_id: u32) -> bool {
        self.ring().sealing.contains_key(&key_id)
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Seals a value for a place with the active key: format, key id, nonce, ciphertext.
    ///
    /// `nonce_seed` is 32 random bytes drawn before the transaction. The nonce is a keyed hash of
    /// place and plaintext under it: a closure that runs twice with one seed, or a machine restored
    /// from a snapshot, seals the same value to the same bytes, and never two values under one
    /// nonce.
    #[must_use]
    pub fn seal(&self, place: Place<'_>, plaintext: &[u8], nonce_seed: &[u8; 32]) -> Vec<u8> {
        let ring = self.ring();
        let bound_to = place.bound_to(ring.active_id);
        let hash = keyed_hash(nonce_seed, &[&bound_to, plaintext]);
        let mut nonce = [0; NONCE];
        nonce.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        // An empty box, should it ever come to that (256 GiB), does not open.
        let sealed = encrypt(&ring.active, nonce, &bound_to, plaintext).unwrap_or_default();
        let key_id = ring.active_id.to_be_bytes();
        [&[FORMAT], key_id.as_slice(), nonce.as_slice(), &sealed].concat()
    }

    /// Opens a sealed value in its place. The plaintext is wiped when dropped.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`], [`SealError::UnknownKey`] or [`SealError::Malformed`]; none of
    /// them may be read as "there is no value".
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (key_id, rest) = split(sealed).ok_or(SealError::Malformed)?;
        let (nonce, ciphertext) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(SealError::Malformed)?;
        let ring = self.ring();
        let key = ring
            .sealing
            .get(&key_id)
            .ok_or(SealError::UnknownKey(key_id))?;
        decrypt(key, *nonce, &place.bound_to(key_id), ciphertext).ok_or(SealError::DoesNotOpen)
    }

    /// The number of the data key a value is sealed with, if it is a sealed value at all.
    #[must_use]
    pub fn key_id_of(sealed: &[u8]) -> Option<u32> {
        split(sealed).map(|(key_id, _)| key_id)
    }

    /// The number of the key that seals now.
    #[must_use]
    pub fn active_id(&self) -> u32 {
        self.ring().active_id
    }

    /// The keyed hash by which an identifier (an email address, a phone number) is found. It does
    /// not change when data keys do. `value` must be normalized by the caller.
    #[must_use]
    pub fn lookup(&self, kind: &str, value: &[u8]) -> [u8; 32] {
        keyed_hash(&self.lookup, &[kind.as_bytes(), value])
    }

    /// A MAC over `parts` for `purpose`, the same as long as the database lives: for checking short
    /// codes without keeping them. Compare in constant time, or inside a guarded statement.
    #[must_use]
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        keyed_hash(&self.mac, &[purpose.as_bytes(), &joined(parts)])
    }
}

impl Place<'_> {
    fn bound_to(&self, key_id: u32) -> Vec<u8> {
        joined(&[
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.account,
            self.row,
            &key_id.to_be_bytes(),
        ])
    }
}

fn split(sealed: &[u8]) -> Option<(u32, &[u8])> {
    let (&format, rest) = sealed.split_first()?;
    let (key_id, rest) = rest.split_first_chunk::<4>()?;
    (format == FORMAT).then(|| (u32::from_be_bytes(*key_id), rest))
}

fn wrapping_key(master: &MasterKey) -> Key {
    derive(master.bytes(), "twinlock wrap")
}

fn wrapping_place(key_id: u32, purpose: &str) -> Vec<u8> {
    joined(&[b"data_key", purpose.as_bytes(), &key_id.to_be_bytes()])
}
