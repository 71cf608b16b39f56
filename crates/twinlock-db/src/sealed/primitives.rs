//! The few cryptographic operations everything else is put together from.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A key; wiped when it is dropped.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// SHA-256 of a token, for storing. Only for tokens of 256 random bits: anything that can be
/// guessed needs a keyed or a slow hash.
#[must_use]
pub fn hash_token(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// A key for one purpose, from a key for all (HKDF-SHA256, RFC 5869).
pub(super) fn derive(key: &[u8; 32], purpose: &str) -> Key {
    let mut derived = Zeroizing::new([0; 32]);
    // 32 bytes is within what HKDF-SHA256 gives (8160), so this cannot fail.
    let expanded = Hkdf::<Sha256>::new(None, key).expand(purpose.as_bytes(), derived.as_mut());
    debug_assert!(expanded.is_ok());
    derived
}

/// HMAC-SHA256 (RFC 2104) over parts, each preceded by its length, so that no two lists of parts
/// read the same.
pub(super) fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // The MAC wants its key as one block of the hash, filled up with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&(*block).into());
    for part in parts {
        mac.update(&length(part));
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Parts joined, each preceded by its length.
pub(super) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        all.extend_from_slice(&length(part));
        all.extend_from_slice(part);
    }
    all
}

/// XChaCha20-Poly1305. `None` only for plaintexts beyond 256 GiB.
pub(super) fn encrypt(
    key: &[u8; 32],
    nonce: [u8; 24],
    bound_to: &[u8],
    plaintext: &[u8],
) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plaintext,
                aad: bound_to,
            },
        )
        .ok()
}

/// The reverse; `None` if anything was changed.
pub(super) fn decrypt(
    key: &[u8; 32],
    nonce: [u8; 24],
    bound_to: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(
            &XNonce::from(nonce),
            Payload {
                msg: ciphertext,
                aad: bound_to,
            },
        )
        .ok()
        .map(Zeroizing::new)
}

fn length(part: &[u8]) -> [u8; 8] {
    (part.len() as u64).to_be_bytes()
}
