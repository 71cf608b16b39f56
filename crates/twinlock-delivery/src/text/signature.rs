//! Keyed digests (HMAC, RFC 2104) over what goes to gateways and comes from them.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Signs `"<seconds>.<body>"`; the body in exactly the bytes that travel.
pub(super) fn timed(secret: &str, unix_seconds: i64, body: &[u8]) -> Option<String> {
    let digest = timed_mac(secret, unix_seconds, body)?
        .finalize()
        .into_bytes();
    Some(data_encoding::HEXLOWER.encode(&digest))
}

/// Compares in constant time.
pub(super) fn is_timed(secret: &str, unix_seconds: i64, body: &[u8], claimed: &[u8]) -> bool {
    timed_mac(secret, unix_seconds, body).is_some_and(|mac| mac.verify_slice(claimed).is_ok())
}

/// HMAC-SHA1 over the parts one after the other, compared in constant time.
pub(super) fn is_sha1<'a>(
    secret: &str,
    parts: impl Iterator<Item = &'a str>,
    claimed: &[u8],
) -> bool {
    Hmac::<Sha1>::new_from_slice(secret.as_bytes()).is_ok_and(|mac| is_over(mac, parts, claimed))
}

/// HMAC-SHA256 over the parts one after the other, compared in constant time.
pub(super) fn is_sha256<'a>(
    secret: &str,
    parts: impl Iterator<Item = &'a str>,
    claimed: &[u8],
) -> bool {
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).is_ok_and(|mac| is_over(mac, parts, claimed))
}

fn is_over<'a>(mut mac: impl Mac, parts: impl Iterator<Item = &'a str>, claimed: &[u8]) -> bool {
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.verify_slice(claimed).is_ok()
}

/// Always there: HMAC takes keys of any length.
fn timed_mac(secret: &str, unix_seconds: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{unix_seconds}.").as_bytes());
    mac.update(body);
    Some(mac)
}
