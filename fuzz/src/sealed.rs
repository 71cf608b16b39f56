//! What we gave out and get back: tokens, and sealed values from the database.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use twinlock::app::Token;
use twinlock_db::sealed::{Keyring, Place};
use zeroize::Zeroizing;

use crate::text;

/// A token has one spelling.
pub(crate) fn token(bytes: &[u8]) {
    let sent = text(bytes);
    for prefix in [
        Token::SESSION,
        Token::SIGN_IN,
        Token::DEVICE,
        Token::API_KEY,
        Token::INVITATION,
        Token::UNDO,
    ] {
        let Some(token) = Token::parse(prefix, &sent) else {
            continue;
        };
        assert_eq!(token.text(prefix), sent);
        assert!(!format!("{token:?}").contains(sent.trim_start_matches(prefix)));
    }
}

/// Nobody without the key writes something that opens, and what was sealed opens in its own place only.
pub(crate) fn sealed(bytes: &[u8]) {
    let keyring = keyring();
    assert!(keyring.is_some());
    let Some(keyring) = keyring else { return };
    let account = [1; 16];
    let place = |row| Place {
        table: "totp",
        column: "secret",
        account: &account,
        row,
    };
    assert!(keyring.open(place(b"a"), bytes).is_err(), "it opened");
    let mut sealed = keyring.seal(place(b"a"), bytes, &[3; 32]);
    assert!(
        keyring
            .open(place(b"a"), &sealed)
            .is_ok_and(|plain| **plain == *bytes)
    );
    assert!(
        keyring.open(place(b"b"), &sealed).is_err(),
        "it opened elsewhere"
    );
    let at = bytes.first().map_or(0, |byte| usize::from(*byte)) % sealed.len();
    if let Some(byte) = sealed.get_mut(at) {
        *byte ^= 1;
    }
    assert!(
        keyring.open(place(b"a"), &sealed).is_err(),
        "it opened changed"
    );
}

fn keyring() -> Option<&'static Keyring> {
    static KEYRING: OnceLock<Option<Keyring>> = OnceLock::new();
    KEYRING
        .get_or_init(|| {
            let key = Zeroizing::new([5; 32]);
            Keyring::from_keys(BTreeMap::from([(1, key)]), 1).ok()
        })
        .as_ref()
}
