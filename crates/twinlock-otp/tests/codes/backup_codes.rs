//! Backup codes as they are made, printed, read out and typed back.

use proptest::prelude::*;
use twinlock_otp::{BackupCode, BackupCodeError, Digits, EmailedCode, looks_like_backup_code};

use crate::Bytes;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn some_codes(count: usize) -> Vec<BackupCode> {
    let mut bytes = Bytes(4);
    (0..count)
        .map(|_| BackupCode::from_random(&bytes.array()))
        .collect()
}

#[test]
fn a_code_is_shown_in_three_groups_of_its_alphabet() {
    for code in some_codes(200) {
        let shown = code.display();
        let groups: Vec<_> = shown.split('-').map(str::len).collect();
        assert_eq!(groups, [5, 5, 4]);
        assert_eq!(shown.replace('-', ""), code.canonical());
        assert!(
            code.canonical()
                .bytes()
                .all(|symbol| ALPHABET.contains(&symbol))
        );
    }
}

#[test]
fn known_random_bytes_give_known_codes() {
    assert_eq!(
        *BackupCode::from_random(&[0; 9]).display(),
        "00000-00000-0000"
    );
    // The check symbol worked by hand: 7 doubled symbols of 31 weigh 31, and 6 plain ones 31: 13 × 31 = 403 = 12 × 32 + 19.
    assert_eq!(
        *BackupCode::from_random(&[0xff; 9]).display(),
        "ZZZZZ-ZZZZZ-ZZZD"
    );
    // The last seven bits are not used.
    let almost = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80];
    assert_eq!(
        BackupCode::from_random(&almost),
        BackupCode::from_random(&[0xff; 9])
    );
    // 00001 00010 00011 … : the symbols 1 to 13 in turn.
    let rising = [0x08, 0x86, 0x42, 0x98, 0xe8, 0x4a, 0x96, 0xc6, 0x80];
    assert!(
        BackupCode::from_random(&rising)
            .canonical()
            .starts_with("123456789ABCD")
    );
}

#[test]
fn every_code_reads_back_from_paper_and_from_the_canonical_form() {
    for code in some_codes(500) {
        assert_eq!(BackupCode::parse(&code.display()).unwrap(), code);
        assert_eq!(BackupCode::parse(code.canonical()).unwrap(), code);
    }
}

/// attacks K07
#[test]
fn a_code_may_be_typed_in_many_ways() {
    for code in some_codes(100) {
        let shown = code.display();
        let full_width: String = shown
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect();
        for typed in [
            shown.to_lowercase(),
            shown.replace('-', " "),
            shown.replace('-', "\u{a0}"),
            shown.replace('-', "\u{2011}"),
            shown.replace('-', "\u{2013}"),
            shown.replace('-', "\u{200b}"),
            shown.replace('1', "l"),
            shown.replace('1', "I"),
            shown.replace('1', "i").replace('0', "o"),
            shown.replace('1', "L").replace('0', "O"),
            format!("\u{202a}{}\u{202c}\r\n", *shown),
            format!("  {}\n", *shown),
            full_width,
        ] {
            assert_eq!(BackupCode::parse(&typed).as_ref(), Ok(&code), "{typed}");
            assert!(looks_like_backup_code(&typed));
        }
    }
}

#[test]
fn every_single_wrong_symbol_is_noticed() {
    for code in some_codes(50) {
        for position in 0..14 {
            for &other in ALPHABET
                .iter()
                .filter(|&&other| other != code.canonical().as_bytes()[position])
            {
                let mut slip = code.canonical().as_bytes().to_vec();
                slip[position] = other;
                let slip = String::from_utf8(slip).unwrap();
                assert_eq!(BackupCode::parse(&slip), Err(BackupCodeError::Mistyped));
            }
        }
    }
}

#[test]
fn every_swap_of_neighbours_is_noticed_except_between_0_and_z() {
    let mut unnoticed = 0;
    for code in some_codes(3_000) {
        for position in 0..13 {
            let mut slip = code.canonical().as_bytes().to_vec();
            slip.swap(position, position + 1);
            let mut pair = [slip[position], slip[position + 1]];
            pair.sort_unstable();
            let slip = String::from_utf8(slip).unwrap();
            let is_noticed = BackupCode::parse(&slip) == Err(BackupCodeError::Mistyped);
            assert_eq!(is_noticed, pair[0] != pair[1] && pair != *b"0Z", "{pair:?}");
            unnoticed += usize::from(pair == *b"0Z");
        }
    }
    assert!(unnoticed > 0, "the exception was met");
}

#[test]
fn a_u_is_a_slip_in_a_full_code_and_nothing_otherwise() {
    let code = &some_codes(1)[0];
    let slip = format!("U{}", &code.canonical()[1..]);
    assert_eq!(BackupCode::parse(&slip), Err(BackupCodeError::Mistyped));
    assert!(looks_like_backup_code(&slip));
    assert_eq!(
        BackupCode::parse("UUUU"),
        Err(BackupCodeError::NotABackupCode)
    );
}

#[test]
fn other_texts_are_no_backup_codes() {
    let code = &some_codes(1)[0];
    for text in [
        String::new(),
        " - ".to_owned(),
        "123456".to_owned(),
        "ABCD-EFGH".to_owned(),
        code.canonical()[..13].to_owned(),
        format!("{}0", code.canonical()),
        format!("{}!", &code.canonical()[..13]),
        format!("É{}", &code.canonical()[1..]),
        "٠".repeat(14),
        format!("{}{}", " ".repeat(60), code.canonical()),
        "A".repeat(10_000),
        "\u{fdfa}".repeat(60),
    ] {
        assert_eq!(
            BackupCode::parse(&text),
            Err(BackupCodeError::NotABackupCode),
            "{text}"
        );
        assert!(!looks_like_backup_code(&text), "{text}");
    }
}

#[test]
fn a_code_of_one_kind_is_never_a_backup_code_too() {
    let mut bytes = Bytes(5);
    for code in some_codes(500) {
        assert!(Digits::parse(&code.display()).is_err());
        assert!(EmailedCode::parse(&code.display()).is_err());
        assert!(!looks_like_backup_code(
            &EmailedCode::from_random(&bytes.array()).display()
        ));
    }
}

#[test]
fn every_symbol_comes_equally_often_in_every_place() {
    let mut counts = [[0_u32; 256]; 14];
    for code in some_codes(32_000) {
        for (place, symbol) in counts.iter_mut().zip(code.canonical().bytes()) {
            place[usize::from(symbol)] += 1;
        }
    }
    // 1,000 expected each; seven standard deviations either way.
    for place in counts {
        assert!(
            ALPHABET
                .iter()
                .all(|&symbol| (780..1_220).contains(&place[usize::from(symbol)]))
        );
    }
}

#[test]
fn a_backup_code_does_not_print_itself() {
    assert_eq!(format!("{:?}", some_codes(1)[0]), "BackupCode(…)");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn no_text_makes_reading_panic_and_what_reads_is_canonical(text in prop_oneof![any::<String>(), "[0-9A-Za-z -]{14,17}"]) {
        if let Ok(code) = BackupCode::parse(&text) {
            let again = BackupCode::parse(code.canonical());
            prop_assert_eq!(again.as_ref(), Ok(&code));
        }
        prop_assert_eq!(
            looks_like_backup_code(&text),
            BackupCode::parse(&text) != Err(BackupCodeError::NotABackupCode)
        );
    }

    #[test]
    fn every_random_value_gives_a_code_that_reads_back(random in any::<[u8; 9]>()) {
        let code = BackupCode::from_random(&random);
        prop_assert_eq!(BackupCode::parse(&code.display()), Ok(code));
    }
}
