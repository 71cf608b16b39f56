use twinlock_otp::{Algorithm, Parameters, hotp};

use crate::rfc_secret;

/// RFC 4226 appendix D.
const HOTP: [&str; 10] = [
    "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
    "520489",
];

/// RFC 6238 appendix B: the moment, then SHA-1, SHA-256 and SHA-512.
const TOTP: [(i64, [&str; 3]); 6] = [
    (59, ["94287082", "46119246", "90693936"]),
    (1_111_111_109, ["07081804", "68084774", "25091201"]),
    (1_111_111_111, ["14050471", "67062674", "99943326"]),
    (1_234_567_890, ["89005924", "91819424", "93441116"]),
    (2_000_000_000, ["69279037", "90698825", "38618901"]),
    (20_000_000_000, ["65353130", "77737706", "47863826"]),
];

#[test]
fn the_counter_codes_are_those_of_rfc_4226() {
    for (counter, expected) in (0..).zip(HOTP) {
        assert_eq!(hotp(Algorithm::Sha1, &rfc_secret(20), counter, 6), expected);
    }
}

#[test]
fn the_time_codes_are_those_of_rfc_6238_and_shorter_codes_are_their_ends() {
    let hashes = [
        (Algorithm::Sha1, 20),
        (Algorithm::Sha256, 32),
        (Algorithm::Sha512, 64),
    ];
    for (moment, expected) in TOTP {
        for ((algorithm, length), expected) in hashes.into_iter().zip(expected) {
            for digits in 6..=8_u8 {
                let parameters = Parameters::new(algorithm, digits, 30).unwrap();
                let code = parameters.code_at_step(&rfc_secret(length), parameters.step_at(moment));
                assert_eq!(
                    *code,
                    expected[8 - usize::from(digits)..],
                    "{algorithm} at {moment}"
                );
            }
        }
    }
}

#[test]
fn asking_for_too_few_or_too_many_digits_gives_the_nearest_allowed_number() {
    let secret = rfc_secret(20);
    assert_eq!(hotp(Algorithm::Sha1, &secret, 0, 0).len(), 6);
    assert_eq!(hotp(Algorithm::Sha1, &secret, 0, u8::MAX).len(), 8);
}

/// attacks Z10
#[test]
fn time_steps_round_down_before_1970_and_do_not_stop_in_2038_or_2106() {
    let parameters = Parameters::default();
    for (moment, step) in [
        (0, 0),
        (29, 0),
        (30, 1),
        (-1, -1),
        (-30, -1),
        (-31, -2),
        ((1 << 31) - 1, 71_582_788),
        (1 << 31, 71_582_788),
        ((1 << 31) + 1, 71_582_788),
        ((1 << 31) + 2, 71_582_788),
        ((1 << 32) + 1, 143_165_576),
        (20_000_000_000, 666_666_666),
    ] {
        assert_eq!(parameters.step_at(moment), step, "{moment}");
    }
    let before_1970 = parameters.code_at_step(&rfc_secret(20), -1);
    assert_eq!(
        *before_1970,
        hotp(Algorithm::Sha1, &rfc_secret(20), u64::MAX, 6)
    );
}

#[test]
fn only_parameters_that_apps_know_are_allowed() {
    for digits in [0, 5, 9, 255] {
        assert!(Parameters::new(Algorithm::Sha1, digits, 30).is_err());
    }
    for period in [0, 14, 121, u32::MAX] {
        assert!(Parameters::new(Algorithm::Sha1, 6, period).is_err());
    }
    assert!(Parameters::new(Algorithm::Sha512, 8, 15).is_ok());
    assert!(Parameters::new(Algorithm::Sha256, 7, 120).is_ok());
}
