//! Codes sent by mail.

use proptest::prelude::*;
use twinlock_otp::{EmailedCode, EmailedCodeError};

#[test]
fn known_random_bytes_give_known_codes() {
    assert_eq!(*EmailedCode::from_random(&[0; 5]).display(), "0000-0000");
    assert_eq!(*EmailedCode::from_random(&[0xff; 5]).display(), "ZZZZ-ZZZZ");
    let rising = EmailedCode::from_random(&[0x52, 0xd8, 0xd6, 0x3e, 0x11]);
    assert_eq!(rising.canonical(), "ABCDCFGH");
}

#[test]
fn a_code_may_be_typed_in_many_ways() {
    let code = EmailedCode::parse("AB10-CDEF").unwrap();
    for typed in [
        "ab10cdef",
        "AB10 CDEF\n",
        "ABIO-CDEF",
        "abl0\u{2013}cdef",
        "ABio\u{a0}CD\u{200b}EF",
        "ＡＢ１０－ＣＤＥＦ",
        "a-b-1-0-c-d-e-f",
    ] {
        assert_eq!(EmailedCode::parse(typed).as_ref(), Ok(&code), "{typed}");
    }
    assert_eq!(code.canonical(), "AB10CDEF");
}

#[test]
fn other_texts_are_no_emailed_codes() {
    let overlong = "A".repeat(10_000);
    for text in [
        "",
        "--",
        "ABCD-EFG",
        "ABCD-EFGHJ",
        "ABCD-EFGU",
        "ABCD-EFG!",
        "ABCD-EFGÉ",
        &overlong,
    ] {
        assert_eq!(
            EmailedCode::parse(text),
            Err(EmailedCodeError::NotAnEmailedCode),
            "{text}"
        );
    }
}

#[test]
fn an_emailed_code_does_not_print_itself() {
    assert_eq!(
        format!("{:?}", EmailedCode::from_random(&[7; 5])),
        "EmailedCode(…)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>()) {
        let _ = EmailedCode::parse(&text);
    }

    #[test]
    fn different_random_values_give_different_codes_that_read_back(one in any::<[u8; 5]>(), two in any::<[u8; 5]>()) {
        let code = EmailedCode::from_random(&one);
        let read = EmailedCode::parse(&code.display());
        prop_assert_eq!(read.as_ref(), Ok(&code));
        prop_assert_eq!(code == EmailedCode::from_random(&two), one == two);
    }
}
