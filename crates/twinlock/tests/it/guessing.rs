//! Guessing codes and passwords: what is counted, for whom, and who is never locked out by it (attack rows B).

use std::time::Duration;

use twinlock::app::{Refusal, Stop, Timestamp};
use twinlock::authenticators::rules::UNTIL_RECOVERY;
use twinlock::authenticators::{AskedFor, Attempt};
use twinlock::config::Profile;
use twinlock::sign_in::flow as sign_in;
use twinlock::step_up::flow::{Proof, prove};
use twinlock::throttle::{Bucket, store as throttle};

use crate::support::caller::{NOT_THAT_CODE, PASSWORD, completed};
use crate::support::{Caller, Person, Place, TestApp, refused};

on_both_engines!(
    b01_five_wrong_codes_end_the_sign_in_and_bring_a_wait,
    b01_the_strict_profile_ends_it_after_three,
    b02_a_new_sign_in_does_not_start_the_count_anew,
    b02_a_month_of_patience_buys_twenty_guesses,
    b05_the_count_outlives_a_restart,
    b07_five_wrong_codes_at_step_up_end_the_session,
    b08_somebody_elses_success_clears_nothing,
    b08_success_clears_the_row_but_not_the_month,
    b12_r03_two_servers_count_together_and_accept_once,
    b13_a_sign_in_that_was_locked_stays_over,
    b14_strangers_do_not_keep_the_owner_out_of_a_known_device,
    b14_strangers_cannot_use_up_the_owners_mails,
    b17_locked_answers_the_same_and_burns_nothing,
    a_known_device_still_signs_in_while_codes_are_locked_elsewhere,
    a_backup_code_is_still_looked_at_while_codes_are_locked,
    ten_wrong_backup_codes_a_day_and_no_more,
    the_owner_is_told_of_guesses_once,
    the_owner_is_told_when_a_hundred_wrong_codes_turn_codes_off,
    b01_codes_that_are_off_stay_off_until_recovery,
    b13_a_proven_mailbox_sits_out_no_wait,
    a_proven_mailbox_gives_five_more_tries_a_month,
);

const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// Types wrong codes until something else than "wrong" is answered; how many were compared, and that answer.
async fn guess(caller: &Caller, token: &str, person: &Person, most: u32) -> (u32, Option<Refusal>) {
    for n in 0..most {
        let why = refused(caller.verify(token, &caller.wrong(person, n)).await);
        if why != NOT_THAT_CODE {
            return (n, Some(why));
        }
    }
    (most, None)
}

async fn tally(app: &TestApp, person: &Person, bucket: Bucket) -> twinlock::throttle::Tally {
    let account = person.account;
    app.work(move |w| throttle::load(w, account, bucket))
        .await
        .unwrap()
}

fn until(why: &Refusal) -> Timestamp {
    match why {
        Refusal::Locked { until, .. } => *until,
        other => panic!("not locked: {other:?}"),
    }
}

async fn b01_five_wrong_codes_end_the_sign_in_and_bring_a_wait(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let (compared, then) = guess(&caller, &token, &ann, 9).await;
    assert_eq!((compared, then), (5, Some(Refusal::SignInExpired)));
    for (wait, wrong) in [(30, 1), (60, 1), (120, 1), (240, 1), (480, 1), (3600, 0)] {
        let token = caller.half_session(&ann).await;
        let why = refused(caller.verify(&token, &caller.code(&ann)).await);
        assert_eq!(until(&why).seconds_from(app.now()), wait);
        app.forward(wait);
        if wrong == 1 {
            let token = caller.half_session(&ann).await;
            assert_eq!(guess(&caller, &token, &ann, 1).await.0, 1);
        }
    }
}

async fn b01_the_strict_profile_ends_it_after_three(place: &Place) {
    let app = place
        .app_with(|settings| settings.limits.profile = Profile::Strict)
        .await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let (compared, then) = guess(&caller, &token, &ann, 9).await;
    assert_eq!((compared, then), (3, Some(Refusal::SignInExpired)));
}

async fn b02_a_new_sign_in_does_not_start_the_count_anew(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut guessing = Vec::new();
    for n in 1..=20 {
        let caller = app.caller(&format!("192.0.2.{n}"));
        let token = caller.half_session(&ann).await;
        let ann = ann.clone();
        guessing.push(tokio::spawn(async move {
            let mut compared = 0;
            for n in 0..5 {
                let outcome = caller.verify(&token, &caller.wrong(&ann, n)).await;
                if matches!(outcome, Err(Stop::Refused(Refusal::InvalidCode { .. }))) {
                    compared += 1;
                }
            }
            compared
        }));
    }
    let mut compared = 0;
    for guesses in guessing {
        compared += guesses.await.unwrap();
    }
    assert!(
        (1..=5).contains(&compared),
        "{compared} guesses were compared"
    );
}

async fn b02_a_month_of_patience_buys_twenty_guesses(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let end = app.now().plus(MONTH);
    let mut all = 0;
    while app.now() < end {
        let token = caller.half_session(&ann).await;
        let (compared, then) = guess(&caller, &token, &ann, 9).await;
        all += compared;
        if let Some(why @ Refusal::Locked { .. }) = then {
            app.time.set_millis(until(&why).as_millis());
        }
        assert!(all <= 20, "{all} guesses were compared");
    }
    assert_eq!(all, 20);
}

async fn b05_the_count_outlives_a_restart(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    assert_eq!(guess(&caller, &token, &ann, 4).await, (4, None));
    let app = place.restarted(&app).await;
    let caller = app.caller("192.0.2.1");
    assert_eq!(
        guess(&caller, &token, &ann, 9).await,
        (1, Some(Refusal::SignInExpired))
    );
    let token = caller.half_session(&ann).await;
    let why = refused(caller.verify(&token, &caller.code(&ann)).await);
    assert_eq!(until(&why).seconds_from(app.now()), 30);
}

async fn b07_five_wrong_codes_at_step_up_end_the_session(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    // The thief has the session, not the device's cookie.
    let thief = app.caller("192.0.2.66");
    let acting = thief.acting(&session.token).await;
    let mut compared = 0;
    for n in 0..100 {
        let code = thief.wrong(&ann, n);
        let outcome = prove(&thief.moment(), &acting, Proof::Code { code, kind: None }).await;
        match refused(outcome) {
            NOT_THAT_CODE => compared += 1,
            Refusal::SignedOut => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(compared, 4, "the fifth one ends the session");
    assert!(thief.try_acting(&session.token).await.is_none());
    let token = thief.half_session(&ann).await;
    let why = refused(thief.verify(&token, &thief.code(&ann)).await);
    assert!(matches!(why, Refusal::Locked { .. }), "{why:?}");
}

async fn b08_somebody_elses_success_clears_nothing(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    for n in 0..4 {
        let token = caller.half_session(&ann).await;
        assert_eq!(
            refused(caller.verify(&token, &caller.wrong(&ann, n)).await),
            NOT_THAT_CODE
        );
        caller.sign_in(&eve).await;
    }
    assert_eq!(tally(&app, &ann, Bucket::SecondFactor).await.in_a_row, 4);
}

async fn b08_success_clears_the_row_but_not_the_month(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    for _ in 0..5 {
        let token = caller.half_session(&ann).await;
        assert_eq!(guess(&caller, &token, &ann, 4).await, (4, None));
        app.forward(30);
        let outcome = caller.verify(&token, &caller.code(&ann)).await;
        if let Err(Stop::Refused(why)) = &outcome {
            assert!(matches!(why, Refusal::Locked { .. }), "{why:?}");
        }
    }
    let tally = tally(&app, &ann, Bucket::SecondFactor).await;
    assert_eq!(tally.failures.len(), 20);
    let token = caller.half_session(&ann).await;
    let why = refused(caller.verify(&token, &caller.code(&ann)).await);
    assert!(
        until(&why) > app.now().plus(MONTH / 2),
        "the month is used up: {why:?}"
    );
}

/// Two servers on one database.
async fn b12_r03_two_servers_count_together_and_accept_once(place: &Place) {
    let (one, two) = (place.app().await, place.app().await);
    let ann = one.person_with_app("ann@example.org").await;
    let (here, there) = (one.caller("192.0.2.1"), two.caller("192.0.2.2"));
    for _ in 0..5 {
        let code = here.code(&ann);
        let (first, second) = (
            here.half_session(&ann).await,
            there.half_session(&ann).await,
        );
        let (a, b) = tokio::join!(here.verify(&first, &code), there.verify(&second, &code));
        assert_eq!(
            u8::from(a.is_ok()) + u8::from(b.is_ok()),
            1,
            "one code, one session"
        );
        one.forward(30);
    }
    let waiting = there.half_session(&ann).await;
    // The loser of the last pair was the first failure in a row.
    for n in 0..4 {
        let caller = if n % 2 == 0 { &here } else { &there };
        let token = caller.half_session(&ann).await;
        assert_eq!(
            refused(caller.verify(&token, &caller.wrong(&ann, n)).await),
            NOT_THAT_CODE
        );
    }
    let token = there.half_session(&ann).await;
    let why = refused(there.verify(&token, &there.code(&ann)).await);
    assert!(matches!(why, Refusal::Locked { .. }), "{why:?}");
    for server in [&one, &two] {
        server.forward(31);
    }
    let over = refused(there.verify(&waiting, &there.code(&ann)).await);
    assert_eq!(over, Refusal::SignInExpired);
}

async fn b13_a_sign_in_that_was_locked_stays_over(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    guess(&caller, &token, &ann, 9).await;
    app.forward(31);
    let why = refused(caller.verify(&token, &caller.code(&ann)).await);
    assert_eq!(why, Refusal::SignInExpired);
    let why = refused(caller.verify(&token, &ann.codes[0]).await);
    assert_eq!(why, Refusal::SignInExpired);
}

async fn b14_strangers_do_not_keep_the_owner_out_of_a_known_device(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut own = app.caller("192.0.2.1");
    own.sign_in(&ann).await;
    for n in 1..=14 {
        let stranger = app.caller(&format!("198.51.100.{n}"));
        let why = refused(
            stranger
                .try_password("ann@example.org", "wrong but long enough")
                .await,
        );
        let expected = if n <= 10 { 422 } else { 429 };
        let told = twinlock::edge::answer::tell(&why, app.now())
            .status
            .as_u16();
        assert_eq!(told, expected, "try {n}: {why:?}");
    }
    let elsewhere = app.caller("192.0.2.200");
    let why = refused(elsewhere.try_password("ann@example.org", PASSWORD).await);
    assert!(matches!(why, Refusal::Locked { .. }), "{why:?}");
    own.sign_in(&ann).await;
    assert!(
        tally(&app, &ann, Bucket::SecondFactor)
            .await
            .failures
            .is_empty()
    );
}

async fn b14_strangers_cannot_use_up_the_owners_mails(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut own = app.caller("192.0.2.1");
    own.sign_in(&ann).await;
    let mut refusals = 0;
    for n in 1..=8 {
        let stranger = app.caller(&format!("198.51.100.{n}"));
        let token = stranger.begin("ann@example.org").await;
        if let Err(stop) = sign_in::send_code(&stranger.moment(), &token, false).await {
            let why = refused::<()>(Err(stop));
            assert!(matches!(why, Refusal::TooManyRequests { .. }), "{why:?}");
            refusals += 1;
        }
    }
    assert_eq!(refusals, 3, "five mails an hour");
    let token = own.begin("ann@example.org").await;
    sign_in::send_code(&own.moment(), &token, false)
        .await
        .unwrap();
}

async fn b17_locked_answers_the_same_and_burns_nothing(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    guess(&caller, &token, &ann, 9).await;
    app.forward(1);
    let token = caller.half_session(&ann).await;
    let next = ann.phone().code_near(app.time.seconds(), 1);
    let wrong = refused(caller.verify(&token, &caller.wrong(&ann, 7)).await);
    let right = refused(caller.verify(&token, &next).await);
    assert_eq!(wrong, right);
    assert!(matches!(right, Refusal::Locked { .. }));
    app.forward(30);
    completed(caller.verify(&token, &next).await.unwrap());
}

async fn lock(app: &TestApp, person: &Person) {
    let attacker = app.caller("192.0.2.66");
    let token = attacker.half_session(person).await;
    guess(&attacker, &token, person, 9).await;
}

async fn a_known_device_still_signs_in_while_codes_are_locked_elsewhere(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut own = app.caller("192.0.2.1");
    own.sign_in(&ann).await;
    lock(&app, &ann).await;
    let token = own.half_session(&ann).await;
    app.forward(20);
    completed(own.verify(&token, &own.code(&ann)).await.unwrap());
}

async fn a_backup_code_is_still_looked_at_while_codes_are_locked(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    lock(&app, &ann).await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let why = refused(caller.verify(&token, &caller.code(&ann)).await);
    let Refusal::Locked { still_possible, .. } = why else {
        panic!("{why:?}")
    };
    assert_eq!(still_possible, ["backup_code"]);
    completed(caller.verify(&token, &ann.codes[0]).await.unwrap());
}

async fn ten_wrong_backup_codes_a_day_and_no_more(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let caller = app.caller("192.0.2.1");
    for n in 0..10 {
        let token = caller.half_session(&ann).await;
        // Well-formed codes of somebody else's sheet.
        let why = refused(caller.verify(&token, &eve.codes[n]).await);
        assert_eq!(why, NOT_THAT_CODE, "try {n}");
    }
    let token = caller.half_session(&ann).await;
    let why = refused(caller.verify(&token, &ann.codes[0]).await);
    assert!(matches!(why, Refusal::Locked { .. }), "{why:?}");
    app.forward(24 * 3600);
    let token = caller.half_session(&ann).await;
    completed(caller.verify(&token, &ann.codes[0]).await.unwrap());
}

async fn the_owner_is_told_of_guesses_once(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    for _ in 0..3 {
        lock(&app, &ann).await;
        app.forward(300);
    }
    assert_eq!(app.mails_about(&ann.email, "guessing").await, 1);
}

async fn the_owner_is_told_when_a_hundred_wrong_codes_turn_codes_off(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let account = ann.account;
    let nearly = twinlock::throttle::Tally {
        in_a_row: 99,
        ..twinlock::throttle::Tally::default()
    };
    app.work(move |w| throttle::save(w, account, Bucket::SecondFactor, &nearly))
        .await
        .unwrap();
    let caller = app.caller("192.0.2.1");
    let other = caller.half_session(&ann).await;
    let token = caller.half_session(&ann).await;
    refused(caller.verify(&token, &caller.wrong(&ann, 0)).await);
    let mail = app.last_mail_to(&ann.email).await;
    let said = "Codes of your authenticator app are not accepted any more";
    assert!(mail.text.contains(said), "{}", mail.text);
    assert!(!mail.text.contains("looked at again"), "{}", mail.text);
    // No half-done sign-in gets around it.
    let why = refused(caller.verify(&other, &caller.code(&ann)).await);
    assert_eq!(until(&why), UNTIL_RECOVERY);
}

async fn b01_codes_that_are_off_stay_off_until_recovery(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let account = ann.account;
    let guessed = |in_a_row| twinlock::throttle::Tally {
        in_a_row,
        ..twinlock::throttle::Tally::default()
    };
    // A guesser who rests between two rounds is not begun anew with.
    let (nearly, other) = (guessed(99), guessed(99));
    app.work(move |w| {
        throttle::save(w, account, Bucket::SecondFactor, &nearly)?;
        throttle::save(w, account, Bucket::BackupCode, &other)
    })
    .await
    .unwrap();
    app.forward(60 * 24 * 3600);
    app.work(throttle::purge).await.unwrap();
    assert_eq!(tally(&app, &ann, Bucket::BackupCode).await.in_a_row, 0);
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    refused(caller.verify(&token, &caller.wrong(&ann, 0)).await);
    app.forward(60 * 24 * 3600);
    app.work(throttle::purge).await.unwrap();
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let why = refused(caller.verify(&token, &caller.code(&ann)).await);
    assert_eq!(until(&why), UNTIL_RECOVERY);
    // A wrong recovery code does not end what the right one is about to.
    let eve = app.person_with_app("eve@example.org").await;
    let token = caller.half_session(&ann).await;
    refused(caller.verify(&token, &eve.codes[0]).await);
    completed(caller.verify(&token, &ann.codes[0]).await.unwrap());
}

/// So many wrong codes of three days ago, none of them since the last success.
async fn guessed_lately(app: &TestApp, person: &Person, failures: usize) {
    let account = person.account;
    let spent = app.now().minus(Duration::from_secs(3 * 24 * 3600));
    let tally = twinlock::throttle::Tally {
        failures: vec![spent; failures],
        ..Default::default()
    };
    app.work(move |w| throttle::save(w, account, Bucket::SecondFactor, &tally))
        .await
        .unwrap();
}

/// Proves the mailbox in a half session; its next token.
async fn prove_mailbox(caller: &Caller, person: &Person, token: &str) -> String {
    sign_in::send_code(&caller.moment(), token, false)
        .await
        .unwrap();
    let mailed = caller.app.mailed_code(&person.email).await;
    let progress = sign_in::verify_code(&caller.moment(), token, &mailed).await;
    progress.unwrap().token.unwrap()
}

async fn b13_a_proven_mailbox_sits_out_no_wait(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    guessed_lately(&app, &ann, 15).await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let old = prove_mailbox(&caller, &ann, &token).await;
    let guessing = caller.half_session(&ann).await;
    for n in 0..5 {
        refused(caller.verify(&guessing, &caller.wrong(&ann, n)).await);
    }
    app.forward(31);
    let why = refused(caller.verify(&old, &caller.code(&ann)).await);
    assert_eq!(why, Refusal::SignInExpired);
}

async fn a_proven_mailbox_gives_five_more_tries_a_month(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    guessed_lately(&app, &ann, 20).await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let why = refused(caller.verify(&token, &caller.code(&ann)).await);
    assert!(matches!(why, Refusal::Locked { .. }), "{why:?}");
    let token = prove_mailbox(&caller, &ann, &token).await;
    let attempt = Attempt {
        code: caller.code(&ann),
        kind: None,
        factor: None,
        mailbox_proved: false,
        asked_for: AskedFor::SignIn,
        ceremony: None,
    };
    let outcome =
        sign_in::second_factor::verify_second_factor(&caller.moment(), &token, attempt, None).await;
    completed(outcome.unwrap());
}
