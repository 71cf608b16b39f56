//! Numeric codes as people and phones type them.

use proptest::prelude::*;
use twinlock_otp::{Digits, Secret, TypedError};

#[test]
fn a_code_may_be_typed_in_many_ways() {
    for raw in [
        "012345",
        " 012 345\r\n",
        "012-345",
        "012\u{2011}345",
        "012\u{2013}345",
        "012\u{2212}345",
        "012\u{a0}345",
        "012\u{202f}345",
        "\u{200e}012\u{200b}345\u{feff}",
        "\u{2066}012345\u{2069}",
        "０１２３４５",
        "٠١٢٣٤٥",
        "۰۱۲۳۴۵",
        "०१२३४५",
        "๐๑๒๓๔๕",
        "𝟎𝟏𝟐𝟑𝟒𝟓",
        "0１٢3-４۵",
    ] {
        assert_eq!(Digits::parse(raw).unwrap().as_str(), "012345", "{raw}");
    }
}

#[test]
fn a_code_has_four_to_ten_digits() {
    assert_eq!(Digits::parse("123"), Err(TypedError::NotDigits));
    assert_eq!(Digits::parse("1234").unwrap().len(), 4);
    assert_eq!(Digits::parse("1234567890").unwrap().len(), 10);
    assert_eq!(Digits::parse("12345678901"), Err(TypedError::TooLong));
}

#[test]
fn nothing_typed_is_told_from_something_wrong() {
    for raw in ["", "   ", "\n", "- -", "\u{200b}\u{202e}"] {
        assert_eq!(Digits::parse(raw), Err(TypedError::Empty));
    }
    for raw in [
        "12345a",
        "12345²",
        "①②③④⑤⑥",
        "12.345",
        "12,345",
        "+123456",
        "123456\0",
        "null",
        "[123456]",
        "三四五六",
    ] {
        assert_eq!(Digits::parse(raw), Err(TypedError::NotDigits), "{raw}");
    }
}

#[test]
fn an_overlong_text_is_refused_before_it_is_read() {
    assert_eq!(Digits::parse(&"1".repeat(10_000)), Err(TypedError::TooLong));
    assert_eq!(Digits::parse(&"x".repeat(65)), Err(TypedError::TooLong));
    assert_eq!(
        Digits::parse(&format!("{}123456", " ".repeat(58)))
            .unwrap()
            .len(),
        6
    );
    assert_eq!(
        Digits::parse(&format!("{}123456", " ".repeat(59))),
        Err(TypedError::TooLong)
    );
}

#[test]
fn leading_zeros_make_another_code() {
    assert_ne!(
        Digits::parse("001234").unwrap(),
        Digits::parse("1234").unwrap()
    );
    assert_eq!(
        Digits::parse("001234").unwrap(),
        Digits::parse("00 12 34").unwrap()
    );
}

#[test]
fn a_typed_code_does_not_print_itself() {
    assert_eq!(format!("{:?}", Digits::parse("123456")), "Ok(Digits(…))");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn no_text_makes_reading_panic_and_what_reads_is_plain_digits(text in prop_oneof![any::<String>(), "[\\p{Nd}\\s\u{2010}-]{0,20}"]) {
        if let Ok(code) = Digits::parse(&text) {
            prop_assert!(code.as_str().bytes().all(|digit| digit.is_ascii_digit()));
            let again = Digits::parse(code.as_str());
            prop_assert_eq!(again.as_ref(), Ok(&code));
        }
    }

    #[test]
    fn no_text_makes_reading_a_key_panic(text in prop_oneof![any::<String>(), "[a-zA-Z2-7= -]{0,300}"]) {
        if let Ok(secret) = Secret::from_base32(&text) {
            prop_assert_eq!(&Secret::from_base32(&secret.to_base32()).unwrap(), &secret);
        }
    }
}
