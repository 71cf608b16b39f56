//! Which codes are accepted when, and what is said about a late clock.

use std::collections::HashMap;

use proptest::prelude::*;
use twinlock_otp::{Algorithm, Digits, Match, Parameters, Secret, Window, drift_behind};

use crate::{Bytes, rfc_secret, typed};

const NOW: i64 = 1_700_000_010;

fn code_of(step: i64) -> Digits {
    typed(&Parameters::default().code_at_step(&rfc_secret(20), step))
}

fn now_step() -> i64 {
    Parameters::default().step_at(NOW)
}

fn check(code: &Digits, window: Window, last_step: Option<i64>) -> Match {
    Parameters::default().matching_step(&rfc_secret(20), code, NOW, window, last_step)
}

fn drift(code: &Digits, window: Window, last_step: Option<i64>) -> Option<u32> {
    drift_behind(
        &Parameters::default(),
        &rfc_secret(20),
        code,
        NOW,
        window,
        last_step,
    )
}

#[test]
fn a_code_one_step_early_or_late_is_accepted_and_none_beyond() {
    let step = now_step();
    for offset in -1..=1 {
        let expected = Match::Accepted {
            step: step + offset,
        };
        assert_eq!(
            check(&code_of(step + offset), Window::default(), None),
            expected
        );
    }
    for offset in [-100, -2, 2, 100] {
        assert_eq!(
            check(&code_of(step + offset), Window::default(), None),
            Match::None
        );
    }
}

#[test]
fn the_strict_window_accepts_no_code_of_the_future() {
    let step = now_step();
    assert_eq!(
        check(&code_of(step - 1), Window::STRICT, None),
        Match::Accepted { step: step - 1 }
    );
    assert_eq!(
        check(&code_of(step), Window::STRICT, None),
        Match::Accepted { step }
    );
    assert_eq!(check(&code_of(step + 1), Window::STRICT, None), Match::None);
}

#[test]
fn a_code_is_accepted_until_the_last_second_of_its_window() {
    let parameters = Parameters::default();
    let code = code_of(now_step());
    let first_second = now_step() * 30 - 30;
    let fits = |moment| {
        parameters.matching_step(&rfc_secret(20), &code, moment, Window::default(), None)
            != Match::None
    };
    assert!(!fits(first_second - 1));
    assert!(fits(first_second));
    assert!(fits(first_second + 89));
    assert!(!fits(first_second + 90));
}

/// attacks R01, R02
#[test]
fn a_used_code_is_recognised_as_a_replay_for_as_long_as_it_fits() {
    let used = now_step();
    let code = code_of(used);
    for later in [0, 29, 30] {
        let answer = Parameters::default().matching_step(
            &rfc_secret(20),
            &code,
            NOW + later,
            Window::default(),
            Some(used),
        );
        assert_eq!(answer, Match::AlreadyUsed { step: used });
    }
}

/// attacks R10
#[test]
fn an_older_code_is_refused_after_a_newer_one() {
    let step = now_step();
    let used = Some(step + 1);
    assert_eq!(
        check(&code_of(step), Window::default(), used),
        Match::AlreadyUsed { step }
    );
    let older = Match::AlreadyUsed { step: step - 1 };
    assert_eq!(check(&code_of(step - 1), Window::default(), used), older);
}

#[test]
fn the_next_code_is_accepted_after_the_present_one_was_used() {
    let step = now_step();
    let answer = check(&code_of(step + 1), Window::default(), Some(step));
    assert_eq!(answer, Match::Accepted { step: step + 1 });
}

#[test]
fn a_code_that_happens_to_fit_two_steps_is_used_up_for_both() {
    let parameters = Parameters::default();
    let window = Window {
        past: 255,
        future: 255,
    };
    let (secret, code, earlier, later) = colliding_steps(&parameters);
    let check = |last_step| parameters.matching_step(&secret, &code, NOW, window, last_step);
    assert_eq!(check(None), Match::Accepted { step: later });
    assert_eq!(check(Some(earlier)), Match::Accepted { step: later });
    assert_eq!(check(Some(later)), Match::AlreadyUsed { step: later });
}

/// A key with the same code at two steps within 255 steps of now, 4 to 100 steps apart; about one key in twenty has such a pair.
fn colliding_steps(parameters: &Parameters) -> (Secret, Digits, i64, i64) {
    let mut bytes = Bytes(3);
    let now = now_step();
    loop {
        let secret = bytes.secret();
        let mut seen = HashMap::new();
        for step in now - 255..=now + 255 {
            let code = parameters.code_at_step(&secret, step).to_string();
            let earlier = seen.insert(code.clone(), step);
            if let Some(earlier) = earlier.filter(|earlier| (4..=100).contains(&(step - earlier))) {
                return (secret, typed(&code), earlier, step);
            }
        }
    }
}

#[test]
fn a_code_with_a_zero_more_or_less_is_another_code() {
    let parameters = Parameters::new(Algorithm::Sha1, 8, 30).unwrap();
    let secret = rfc_secret(20);
    // RFC 6238: 07081804 at this moment.
    let answer = |code| {
        parameters.matching_step(
            &secret,
            &typed(code),
            1_111_111_109,
            Window::default(),
            None,
        )
    };
    assert_eq!(answer("07081804"), Match::Accepted { step: 37_037_036 });
    assert_eq!(answer("7081804"), Match::None);
    assert_eq!(answer("007081804"), Match::None);
    assert_eq!(answer("081804"), Match::None);
}

#[test]
fn a_late_clock_is_named_up_to_an_hour_back() {
    let step = now_step();
    for behind in 2..=120 {
        let expected = u32::try_from(behind * 30).unwrap();
        assert_eq!(
            drift(&code_of(step - behind), Window::default(), None),
            Some(expected)
        );
    }
    assert_eq!(drift(&code_of(step - 121), Window::default(), None), None);
}

#[test]
fn the_hour_is_an_hour_for_other_periods_too() {
    let secret = rfc_secret(20);
    for period in [15, 60, 120] {
        let parameters = Parameters::new(Algorithm::Sha1, 8, period).unwrap();
        let step = parameters.step_at(NOW);
        let farthest = i64::from(3600 / period);
        let ask = |behind| {
            let code = typed(&parameters.code_at_step(&secret, step - behind));
            drift_behind(&parameters, &secret, &code, NOW, Window::default(), None)
        };
        assert_eq!(ask(farthest), Some(3600));
        assert_eq!(ask(farthest + 1), None);
    }
}

/// attacks R10
#[test]
fn nothing_is_said_about_a_code_of_the_future_or_of_the_window() {
    let step = now_step();
    for ahead in -1..=130 {
        assert_eq!(
            drift(&code_of(step + ahead), Window::default(), None),
            None,
            "{ahead}"
        );
        assert_eq!(
            drift(&code_of(step + ahead), Window::STRICT, None),
            None,
            "{ahead}"
        );
    }
}

#[test]
fn a_code_seen_before_is_no_late_clock() {
    let step = now_step();
    assert_eq!(
        drift(&code_of(step - 5), Window::default(), Some(step - 5)),
        None
    );
    assert_eq!(
        drift(&code_of(step - 5), Window::default(), Some(step)),
        None
    );
    assert_eq!(
        drift(&code_of(step - 5), Window::default(), Some(step - 6)),
        Some(150)
    );
}

#[test]
fn where_a_code_fits_two_past_steps_the_nearer_one_is_named() {
    let parameters = Parameters::default();
    let (secret, code, earlier, later) = colliding_steps(&parameters);
    assert!(later - earlier <= 100, "both lie in the hour before");
    let moment = (later + 2) * 30;
    let named = drift_behind(&parameters, &secret, &code, moment, Window::default(), None);
    assert_eq!(named, Some(60));
    let only_the_farther_is_past = (later - 2) * 30;
    let named = drift_behind(
        &parameters,
        &secret,
        &code,
        only_the_farther_is_past,
        Window::STRICT,
        None,
    );
    let expected = u32::try_from((later - 2 - earlier) * 30).unwrap();
    assert_eq!(named, Some(expected));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_clock_and_no_parameters_make_a_check_panic(
        moment in prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -100_i64..100],
        digits in any::<u8>(),
        period in prop_oneof![Just(0_u32), 15..=120_u32, Just(u32::MAX)],
        past in any::<u8>(),
        future in any::<u8>(),
        last_step in any::<Option<i64>>(),
    ) {
        let parameters = Parameters { algorithm: Algorithm::Sha1, digits, period };
        let (secret, window, code) = (rfc_secret(20), Window { past, future }, typed("123456"));
        let _ = parameters.matching_step(&secret, &code, moment, window, last_step);
        if period != 0 {
            let _ = drift_behind(&parameters, &secret, &code, moment, window, last_step);
        }
    }

    #[test]
    fn an_accepted_step_is_always_inside_the_window_and_newer_than_the_last(
        moment in 0_i64..40_000_000_000,
        offset in -3_i64..=3,
        used in proptest::option::of(-3_i64..=3),
    ) {
        let parameters = Parameters::default();
        let now = parameters.step_at(moment);
        let code = typed(&parameters.code_at_step(&rfc_secret(20), now + offset));
        let last_step = used.map(|used| now + used);
        match parameters.matching_step(&rfc_secret(20), &code, moment, Window::default(), last_step) {
            Match::Accepted { step } => {
                prop_assert!((now - 1..=now + 1).contains(&step));
                prop_assert!(last_step.is_none_or(|last| step > last));
            }
            Match::AlreadyUsed { step } => prop_assert!(last_step.is_some_and(|last| step <= last)),
            Match::None => prop_assert!(offset.abs() > 1),
        }
    }
}
