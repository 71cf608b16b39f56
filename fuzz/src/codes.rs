//! Codes and keys as people type them.

use twinlock_otp::{
    Algorithm, BackupCode, Digits, EmailedCode, Otpauth, Parameters, Secret, looks_like_backup_code,
};
use url::Url;

use crate::text;

/// What is accepted is one of 32 symbols a place, reads back as itself however it is shown, and is what it looks like.
pub(crate) fn backup_code(bytes: &[u8]) {
    let typed = text(bytes);
    let Ok(code) = BackupCode::parse(&typed) else {
        return;
    };
    let canonical = code.canonical().to_owned();
    assert_eq!(canonical.len(), 14, "{typed:?}");
    assert!(canonical.bytes().all(is_crockford), "{canonical:?}");
    for again in [
        canonical.clone(),
        code.display().to_string(),
        canonical.to_lowercase(),
    ] {
        let read = BackupCode::parse(&again);
        assert!(
            read.is_ok_and(|read| read.canonical() == canonical),
            "{again:?}"
        );
    }
    assert!(looks_like_backup_code(&typed), "{typed:?}");
    for at in 0..canonical.len() {
        let mut slipped = canonical.clone().into_bytes();
        if let Some(symbol) = slipped.get_mut(at) {
            *symbol = if *symbol == b'0' { b'1' } else { b'0' };
        }
        let slipped = String::from_utf8_lossy(&slipped).into_owned();
        assert!(
            BackupCode::parse(&slipped).is_err(),
            "one wrong symbol went unnoticed: {slipped:?}"
        );
    }
}

fn is_crockford(symbol: u8) -> bool {
    b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&symbol)
}

/// What is accepted has eight symbols and reads back as itself.
pub(crate) fn emailed_code(bytes: &[u8]) {
    let typed = text(bytes);
    let Ok(code) = EmailedCode::parse(&typed) else {
        return;
    };
    let canonical = code.canonical().to_owned();
    assert_eq!(canonical.len(), 8, "{typed:?}");
    assert!(canonical.bytes().all(is_crockford), "{canonical:?}");
    for again in [canonical.clone(), code.display().to_string()] {
        let read = EmailedCode::parse(&again);
        assert!(
            read.is_ok_and(|read| read.canonical() == canonical),
            "{again:?}"
        );
    }
}

/// What is accepted is ASCII digits, as many as characters of some script that are digits were typed, in their order.
pub(crate) fn six_digits(bytes: &[u8]) {
    let typed = text(bytes);
    let Ok(code) = Digits::parse(&typed) else {
        return;
    };
    let digits = code.as_str();
    assert!(
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()),
        "{typed:?}"
    );
    let ascii: String = typed.chars().filter(char::is_ascii_digit).collect();
    let numeric = typed.chars().filter(|c| c.is_numeric()).count();
    assert!(digits.len() <= numeric, "{typed:?} became {digits:?}");
    if ascii.len() == numeric {
        assert_eq!(digits, ascii);
    }
    let again = Digits::parse(digits);
    assert!(again.is_ok_and(|again| again.as_str() == digits));
}

/// A key that is accepted is written and read back as the same bytes, within the stated lengths.
pub(crate) fn secret(bytes: &[u8]) {
    let typed = text(bytes);
    let Ok(secret) = Secret::from_base32(&typed) else {
        return;
    };
    let length = secret.as_bytes().len();
    assert!((Secret::MIN_BYTES..=Secret::MAX_BYTES).contains(&length));
    let again = Secret::from_base32(&secret.to_base32());
    assert!(
        again.is_ok_and(|again| again.as_bytes() == secret.as_bytes()),
        "{typed:?}"
    );
    let grouped = Secret::from_base32(&secret.grouped());
    assert!(
        grouped.is_ok_and(|grouped| grouped.as_bytes() == secret.as_bytes()),
        "{typed:?}"
    );
}

/// No name of a service or a person adds a parameter, moves the secret or makes the link longer than a QR code holds.
pub(crate) fn otpauth(bytes: &[u8]) {
    let all = text(bytes);
    let (issuer, account) = all.split_once('\n').unwrap_or((&all, ""));
    let Ok(secret) = Secret::new(vec![7; 20]) else {
        return;
    };
    let Ok(parameters) = Parameters::new(Algorithm::Sha1, 6, 30) else {
        return;
    };
    let uri = Otpauth {
        secret: &secret,
        parameters,
        issuer,
        account,
    }
    .to_uri();
    assert!(uri.is_ascii() && uri.len() <= 2010, "{}", uri.len());
    let parsed = Url::parse(&uri);
    assert!(parsed.is_ok(), "{all:?}");
    let Ok(parsed) = parsed else { return };
    assert_eq!(
        (parsed.scheme(), parsed.host_str(), parsed.fragment()),
        ("otpauth", Some("totp"), None)
    );
    let names: Vec<String> = parsed
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    let expected: &[&str] = if names.len() == 5 {
        &["secret", "issuer", "algorithm", "digits", "period"]
    } else {
        &["secret", "algorithm", "digits", "period"]
    };
    assert_eq!(names, expected, "{all:?}");
    let key = parsed.query_pairs().find(|(name, _)| name == "secret");
    assert!(key.is_some_and(|(_, value)| *value == **secret.to_base32()));
}
