//! What a guesser gets, played against the rules and the running application, and compared with what the book publishes.

use std::time::Duration;

use twinlock::app::Timestamp;
use twinlock::authenticators::{self, AskedFor, Attempt, Verdict};
use twinlock::challenge;
use twinlock::config::{Limits, Profile};
use twinlock::throttle::rules::{self, Standing};
use twinlock::throttle::{Bucket, Tally, store as throttle};
use twinlock_otp::{BackupCode, EmailedCode};

use crate::support::{Person, Place, TestApp};

on_both_engines!(b02_a_year_of_perfect_guessing_compares_what_is_published);

const PAGE: &str = include_str!("../../../../docs/src/operators/limits.md");

const DAY: Duration = Duration::from_secs(24 * 3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// The likeliest six-digit code: RFC 4226 takes 31 bits modulo a million, which favours the lower half by a hair.
const LIKELIEST_CODE: f64 = 2148.0 / 2_147_483_648.0;
/// Codes that are good at one moment: this step and one to either side, and this step alone.
const WINDOWS: [u32; 2] = [3, 1];
/// Codes on one sheet.
const BACKUP_CODES: f64 = 10.0;

/// What a guesser holds beside the first factor, and whether its owner signs in meanwhile.
#[derive(Clone, Copy)]
struct Guesser {
    mailbox: bool,
    known_device: bool,
    owner_signs_in: bool,
}

const FIRST_FACTOR: Guesser = Guesser {
    mailbox: false,
    known_device: false,
    owner_signs_in: true,
};

/// Makes every guess the rules compare, at the first moment they do, for so long. The owner's success comes after each guess, which
/// is the best that can happen to a guesser; or never.
fn guesses(who: Guesser, limits: &Limits, length: Duration) -> u32 {
    let (mut shared, mut device) = (Tally::default(), Tally::default());
    let (mut now, mut compared) = (START, 0);
    while now < START.plus(length) {
        if who.known_device && rules::device_standing(&device, now, 1) == Standing::Open {
            device.count(now, 1);
            compared += 1;
            continue;
        }
        match rules::second_factor_standing(&shared, now, limits, 1, who.mailbox) {
            Standing::Open => {
                rules::count_second_factor(&mut shared, now, 1);
                compared += 1;
                if who.owner_signs_in {
                    shared.clear_row();
                }
            }
            Standing::Until(then) => now = earlier(then, who, &device, now),
            Standing::Off => break,
        }
    }
    compared
}

/// The first moment at which either budget lets one more guess through.
fn earlier(then: Timestamp, who: Guesser, device: &Tally, now: Timestamp) -> Timestamp {
    match rules::device_standing(device, now, 1) {
        Standing::Until(free) if who.known_device => then.min(free),
        _ => then,
    }
}

/// Wrong backup codes that are compared.
fn backup_guesses(length: Duration) -> u32 {
    let (mut tally, mut now, mut compared) = (Tally::default(), START, 0);
    while now < START.plus(length) {
        match rules::backup_code_standing(&tally, now) {
            Standing::Open => {
                tally.count(now, 1);
                compared += 1;
            }
            Standing::Until(then) => now = then,
            Standing::Off => break,
        }
    }
    compared
}

fn app_code_line(what: &str, guesses: u32) -> String {
    let [wide, narrow] =
        WINDOWS.map(|codes| scientific(f64::from(guesses) * f64::from(codes) * LIKELIEST_CODE));
    format!("| {what} | {guesses} | {wide} | {narrow} |")
}

fn app_code_lines() -> Vec<String> {
    let usual = Limits::default();
    let strict = Limits {
        profile: Profile::Strict,
        ..Limits::default()
    };
    let alone = Guesser {
        owner_signs_in: false,
        ..FIRST_FACTOR
    };
    let mailbox = Guesser {
        mailbox: true,
        ..FIRST_FACTOR
    };
    let device = Guesser {
        known_device: true,
        ..FIRST_FACTOR
    };
    let both = Guesser {
        mailbox: true,
        ..device
    };
    let mut lines = vec![app_code_line(
        "one sign-in",
        rules::wrong_codes_per_sign_in(&usual),
    )];
    let mut add = |what: &str, who, limits: &Limits, lengths: &[(&str, Duration)]| {
        for (name, length) in lengths {
            lines.push(app_code_line(
                &format!("{what}, {name}"),
                guesses(who, limits, *length),
            ));
        }
    };
    let all = [("a day", DAY), ("30 days", MONTH), ("a year", YEAR)];
    add("first factor", FIRST_FACTOR, &usual, &all);
    add(
        "first factor, owner away",
        alone,
        &usual,
        &[("a day", DAY), ("for ever", 100 * YEAR)],
    );
    add("first factor and mailbox", mailbox, &usual, &all);
    add(
        "first factor and the cookie of a known device",
        device,
        &usual,
        &all,
    );
    add("all three", both, &usual, &all);
    add("first factor, strict profile", FIRST_FACTOR, &strict, &all);
    lines
}

fn other_lines() -> Vec<String> {
    let bits = |symbols: usize| 2_f64.powi(i32::try_from(5 * symbols).unwrap());
    // The last symbol of a backup code follows from the others.
    let backup = |length| {
        let guesses = backup_guesses(length);
        (
            guesses,
            f64::from(guesses) * BACKUP_CODES / bits(BackupCode::SYMBOLS - 1),
        )
    };
    let limits = Limits::default();
    let mailed_a_day = limits.email_codes_day * u32::try_from(challenge::TRIES).unwrap();
    let mailed = |days: u32| {
        let guesses = mailed_a_day * days;
        (guesses, f64::from(guesses) / bits(EmailedCode::SYMBOLS))
    };
    [
        ("backup codes, a day", backup(DAY)),
        ("backup codes, a year", backup(YEAR)),
        ("codes sent by email, a day", mailed(1)),
        ("codes sent by email, a year", mailed(365)),
    ]
    .map(|(what, (guesses, odds))| format!("| {what} | {guesses} | {} |", scientific(odds)))
    .to_vec()
}

/// `6.0 · 10⁻⁵`
fn scientific(number: f64) -> String {
    let written = format!("{number:.1e}");
    let (mantissa, exponent) = written.split_once('e').unwrap();
    let raised: String = exponent
        .chars()
        .map(|sign| match sign {
            '-' => '⁻',
            digit => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹']
                [digit.to_digit(10).unwrap() as usize],
        })
        .collect();
    format!("{mantissa} · 10{raised}")
}

#[test]
fn b02_the_published_odds_are_those_of_the_rules() {
    let wanted = [app_code_lines(), other_lines()].concat();
    for line in &wanted {
        assert!(
            PAGE.lines().any(|published| published == line),
            "limits.md should say:\n{}",
            wanted.join("\n")
        );
    }
    let rows = PAGE
        .lines()
        .filter(|line| line.contains("· 10⁻") && line.starts_with('|'));
    assert_eq!(rows.count(), wanted.len(), "a row nobody computed");
}

#[test]
fn b02_the_promise_of_the_security_page_holds() {
    let usual = Limits::default();
    let odds = |guesses: u32| f64::from(guesses) * f64::from(WINDOWS[0]) * LIKELIEST_CODE;
    let mailbox = Guesser {
        mailbox: true,
        ..FIRST_FACTOR
    };
    // 6·10⁻⁵ a day and 1·10⁻³ a year, to the digits promised.
    assert!(odds(guesses(FIRST_FACTOR, &usual, DAY)) < 6.05e-5);
    assert!(odds(guesses(mailbox, &usual, YEAR)) < 1e-3);
}

#[test]
fn b02_no_length_of_time_beats_the_budget_times_its_months() {
    let usual = Limits::default();
    for days in 1..=400 {
        let played = guesses(FIRST_FACTOR, &usual, days * DAY);
        let months = days.div_ceil(30);
        assert_eq!(played, rules::month_limit(&usual) * months, "{days} days");
    }
}

#[test]
fn b02_guessing_at_two_apps_is_no_better() {
    let usual = Limits::default();
    let (mut tally, mut now, mut tries) = (Tally::default(), START, 0);
    while now < START.plus(YEAR) {
        match rules::second_factor_standing(&tally, now, &usual, 2, false) {
            Standing::Open => {
                rules::count_second_factor(&mut tally, now, 2);
                tally.clear_row();
                tries += 1;
            }
            Standing::Until(then) => now = then,
            Standing::Off => break,
        }
    }
    assert_eq!(2 * tries, guesses(FIRST_FACTOR, &usual, YEAR));
}

/// The same year against the real way a code is judged, with the owner signing in on another device after every fourth guess.
async fn b02_a_year_of_perfect_guessing_compares_what_is_published(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let end = app.now().plus(YEAR);
    let mut compared = 0;
    while app.now() < end {
        match judge(
            &app,
            &ann,
            ann.phone().wrong_code(app.time.seconds(), compared % 40),
        )
        .await
        {
            Verdict::Wrong { counted, .. } => {
                assert!(counted);
                compared += 1;
            }
            Verdict::Locked { until, .. } => {
                let until = until.expect("the owner's success keeps the codes on");
                app.time.set_millis(until.as_millis());
            }
            Verdict::Accepted(_) | Verdict::NoFactor => panic!("a wrong code is refused"),
        }
        if compared % 4 == 0 {
            app.forward(30);
            judge(&app, &ann, ann.phone().code_at(app.time.seconds())).await;
        }
    }
    let mailbox = Guesser {
        mailbox: true,
        ..FIRST_FACTOR
    };
    let published = guesses(mailbox, &Limits::default(), YEAR);
    assert_eq!(compared, published, "guesses in a year");
    let account = ann.account;
    let tally = app
        .work(move |w| throttle::load(w, account, Bucket::SecondFactor))
        .await
        .unwrap();
    assert!(tally.failures.len() <= 25, "{}", tally.failures.len());
}

/// One code from a device nobody knows, of somebody who proved the mailbox.
async fn judge(app: &TestApp, person: &Person, code: String) -> Verdict {
    let attempt = Attempt {
        code,
        kind: None,
        factor: None,
        mailbox_proved: true,
        asked_for: AskedFor::SignIn,
        ceremony: None,
    };
    let id = person.account;
    app.work_on(id, move |w| {
        let account = twinlock::account::store::load(w, id)?.expect("the account");
        authenticators::verify(w, &account, &attempt)
    })
    .await
}
