use hmac::digest::Digest;
use hmac::digest::common::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::{Algorithm, Secret};

/// The HOTP value of one counter (RFC 4226 §5.3), padded with zeros to `digits`.
///
/// `digits` outside 6..=8 is taken as the nearest of these: RFC 4226 §5.3 demands at least six, and nine or ten digits would not be
/// evenly spread.
#[must_use]
pub fn hotp(algorithm: Algorithm, secret: &Secret, counter: u64, digits: u8) -> String {
    padded(
        KeyedHash::new(algorithm, secret).number(counter, digits),
        digits,
    )
}

/// Writes a number with leading zeros as a code of `digits` digits.
pub(crate) fn padded(number: u32, digits: u8) -> String {
    format!("{number:0width$}", width = usize::from(clamped(digits)))
}

/// A key made ready once, because one check looks at several counters.
#[derive(Clone)]
pub(crate) enum KeyedHash {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

impl KeyedHash {
    pub(crate) fn new(algorithm: Algorithm, secret: &Secret) -> Self {
        let key = secret.as_bytes();
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(keyed::<_, Sha1>(key)),
            Algorithm::Sha256 => Self::Sha256(keyed::<_, Sha256>(key)),
            Algorithm::Sha512 => Self::Sha512(keyed::<_, Sha512>(key)),
        }
    }

    /// The truncated HMAC of a counter modulo 10^`digits`.
    pub(crate) fn number(&self, counter: u64, digits: u8) -> u32 {
        let truncated = match self {
            Self::Sha1(mac) => truncated_mac(mac.clone(), counter),
            Self::Sha256(mac) => truncated_mac(mac.clone(), counter),
            Self::Sha512(mac) => truncated_mac(mac.clone(), counter),
        };
        truncated % 10_u32.pow(u32::from(clamped(digits)))
    }
}

/// Builds the HMAC from a key padded or hashed to one block (RFC 2104 §2). The constructor that takes a slice does the same but returns
/// an error that cannot happen.
fn keyed<M: KeyInit, D: Digest>(secret: &[u8]) -> M {
    let mut block = Key::<M>::default();
    if secret.len() > block.len() {
        let mut digest = D::digest(secret);
        fill(&mut block, &digest);
        digest.zeroize();
    } else {
        fill(&mut block, secret);
    }
    let mac = M::new(&block);
    block.zeroize();
    mac
}

fn fill(block: &mut [u8], key: &[u8]) {
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
}

/// Dynamic truncation (RFC 4226 §5.3): the low four bits of the last byte say where to read 31 bits.
fn truncated_mac<M: Mac>(mac: M, counter: u64) -> u32 {
    let digest = Zeroizing::new(
        mac.chain_update(counter.to_be_bytes())
            .finalize()
            .into_bytes()
            .to_vec(),
    );
    let offset = usize::from(digest.last().copied().unwrap_or_default() & 0xf);
    digest
        .iter()
        .skip(offset)
        .take(4)
        .fold(0, |word, &byte| (word << 8) | u32::from(byte))
        & 0x7fff_ffff
}

fn clamped(digits: u8) -> u8 {
    digits.clamp(6, 8)
}
