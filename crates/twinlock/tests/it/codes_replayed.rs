//! One code, one use: replays, races, and codes that are too old (attack rows R).

use twinlock::app::Refusal;
use twinlock::authenticators::Kind;
use twinlock::sign_in::gate::{Progress, Step};

use crate::support::caller::{NOT_THAT_CODE, completed, was_turned_away};
use crate::support::{Caller, Person, Place, refused};

on_both_engines!(
    r01_a_code_is_good_once,
    r02_a_used_code_stays_used_in_the_next_steps,
    r03_fifty_at_once_one_wins,
    r04_one_code_in_two_sign_ins_opens_one,
    r06_a_code_of_another_kind_is_just_wrong,
    r07_a_code_used_in_the_settings_is_used_up_everywhere,
    r09_a_sign_in_of_ten_minutes_is_over,
    r10_an_older_code_after_a_newer_one_is_refused,
    r10_e3_a_late_phone_is_told_and_an_early_one_is_not,
    r11_two_hundred_guesses_at_once_buy_no_extra_try,
    d7_one_step_either_way_is_accepted_and_two_are_not,
);

async fn audited(place: &crate::support::TestApp, person: &Person, reason: &'static str) -> bool {
    let account = person.account;
    let events = place.work(move |w| twinlock::audit::store::recent(w, account, i64::MAX, 50));
    let events = events.await.unwrap();
    events
        .iter()
        .filter(|event| event.kind == "second_factor_refused")
        .filter_map(|event| event.detail.as_ref())
        .any(|detail| detail.get("reason").is_some_and(|said| said == reason))
}

async fn r01_a_code_is_good_once(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let (first, second) = (app.caller("192.0.2.1"), app.caller("192.0.2.2"));
    let code = first.code(&ann);
    let (one, two) = (
        first.half_session(&ann).await,
        second.half_session(&ann).await,
    );
    completed(first.verify(&one, &code).await.unwrap());
    assert_eq!(refused(second.verify(&two, &code).await), NOT_THAT_CODE);
    assert!(audited(&app, &ann, "already_used").await);
}

async fn r02_a_used_code_stays_used_in_the_next_steps(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let code = caller.code(&ann);
    let token = caller.half_session(&ann).await;
    completed(caller.verify(&token, &code).await.unwrap());
    for _ in 0..2 {
        app.forward(30);
        let token = caller.half_session(&ann).await;
        assert_eq!(refused(caller.verify(&token, &code).await), NOT_THAT_CODE);
    }
}

/// Sends every request at once and gives back what came of each.
async fn all_at_once(
    tries: Vec<(Caller, String, String)>,
) -> Vec<Result<Progress, twinlock::app::Stop>> {
    let gate = std::sync::Arc::new(tokio::sync::Barrier::new(tries.len()));
    let tasks: Vec<_> = tries
        .into_iter()
        .map(|(caller, token, code)| {
            let gate = std::sync::Arc::clone(&gate);
            tokio::spawn(async move {
                gate.wait().await;
                caller.verify(&token, &code).await
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// Exactly one is signed in; the others were refused or turned away.
fn exactly_one(outcomes: Vec<Result<Progress, twinlock::app::Stop>>) {
    let mut signed_in = 0;
    for outcome in outcomes {
        match outcome {
            Ok(progress) => {
                assert!(matches!(progress.step, Step::Complete(_)));
                signed_in += 1;
            }
            outcome if was_turned_away(&outcome) => {}
            outcome => {
                let why = refused(outcome);
                assert!(
                    matches!(why, Refusal::InvalidCode { .. } | Refusal::SignInExpired),
                    "{why:?}"
                );
            }
        }
    }
    assert_eq!(signed_in, 1);
}

async fn r03_fifty_at_once_one_wins(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    for round in 0..20 {
        app.forward(30);
        let caller = app.caller("192.0.2.1");
        let token = caller.half_session(&ann).await;
        let code = caller.code(&ann);
        let tries = (0..50).map(|_| (caller.clone(), token.clone(), code.clone()));
        exactly_one(all_at_once(tries.collect()).await);
        let counted = "SELECT COUNT(*) FROM session WHERE account_id = ?1";
        let sessions = app.number(counted, &[ann.account.into()]).await;
        assert_eq!(sessions, round + 2, "one more session each round");
    }
}

async fn r04_one_code_in_two_sign_ins_opens_one(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    for _ in 0..20 {
        // A month later no wrong code of the rounds before counts any more.
        app.forward(31 * 24 * 3600);
        let (here, there) = (app.caller("192.0.2.1"), app.caller("192.0.2.2"));
        let tokens = (
            here.half_session(&ann).await,
            there.half_session(&ann).await,
        );
        let code = here.code(&ann);
        let both = vec![
            (here.clone(), tokens.0.clone(), code.clone()),
            (there.clone(), tokens.1.clone(), code.clone()),
        ];
        exactly_one(all_at_once(both).await);
        for token in [&tokens.0, &tokens.1] {
            assert!(here.verify(token, &code).await.is_err());
        }
    }
}

async fn r06_a_code_of_another_kind_is_just_wrong(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let code = caller.code(&ann);
    let as_backup = caller
        .verify_as(&token, &code, Some(Kind::BackupCode))
        .await;
    assert_eq!(refused(as_backup), NOT_THAT_CODE);
    let as_app = caller
        .verify_as(&token, &ann.codes[0], Some(Kind::Totp))
        .await;
    assert_eq!(refused(as_app), NOT_THAT_CODE);
    completed(caller.verify(&token, &code).await.unwrap());
}

async fn r07_a_code_used_in_the_settings_is_used_up_everywhere(place: &Place) {
    use twinlock::step_up::flow::{Proof, prove};
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let replayed = Proof::Code {
        code: caller.code(&ann),
        kind: None,
    };
    assert_eq!(
        refused(prove(&caller.moment(), &acting, replayed).await),
        NOT_THAT_CODE
    );
    app.forward(30);
    let code = caller.code(&ann);
    let fresh = Proof::Code {
        code: code.clone(),
        kind: None,
    };
    prove(&caller.moment(), &acting, fresh).await.unwrap();
    let token = caller.half_session(&ann).await;
    assert_eq!(refused(caller.verify(&token, &code).await), NOT_THAT_CODE);
}

async fn r09_a_sign_in_of_ten_minutes_is_over(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let (early, late) = (
        caller.half_session(&ann).await,
        caller.half_session(&ann).await,
    );
    app.forward(599);
    completed(caller.verify(&early, &caller.code(&ann)).await.unwrap());
    app.forward(1);
    let code = caller.code(&ann);
    assert_eq!(
        refused(caller.verify(&late, &code).await),
        Refusal::SignInExpired
    );
}

async fn r10_an_older_code_after_a_newer_one_is_refused(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let now = app.time.seconds();
    let token = caller.half_session(&ann).await;
    completed(
        caller
            .verify(&token, &ann.phone().code_near(now, 1))
            .await
            .unwrap(),
    );
    for older in [0, -1] {
        let token = caller.half_session(&ann).await;
        let code = ann.phone().code_near(now, older);
        assert_eq!(refused(caller.verify(&token, &code).await), NOT_THAT_CODE);
    }
}

async fn r10_e3_a_late_phone_is_told_and_an_early_one_is_not(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let now = app.time.seconds();
    let token = caller.half_session(&ann).await;
    let late = refused(caller.verify(&token, &ann.phone().code_near(now, -5)).await);
    assert_eq!(
        late,
        Refusal::InvalidCode {
            drift_seconds: Some(150)
        }
    );
    let early = refused(caller.verify(&token, &ann.phone().code_near(now, 5)).await);
    assert_eq!(early, NOT_THAT_CODE);
}

async fn r11_two_hundred_guesses_at_once_buy_no_extra_try(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let tries = (0..200).map(|n| (caller.clone(), token.clone(), caller.wrong(&ann, n)));
    let outcomes = all_at_once(tries.collect()).await;
    let compared = outcomes
        .iter()
        .filter(|outcome| {
            matches!(
                outcome,
                Err(twinlock::app::Stop::Refused(Refusal::InvalidCode { .. }))
            )
        })
        .count();
    assert!(
        (1..=5).contains(&compared),
        "{compared} guesses were compared"
    );
    // The rest of the five, one after another; then the right code finds no sign-in to open.
    for n in 0..5 {
        let _ = caller.verify(&token, &caller.wrong(&ann, 300 + n)).await;
    }
    let why = refused(caller.verify(&token, &caller.code(&ann)).await);
    assert_eq!(why, Refusal::SignInExpired);
}

async fn d7_one_step_either_way_is_accepted_and_two_are_not(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let now = app.time.seconds();
    let token = caller.half_session(&ann).await;
    for outside in [2, -2] {
        let code = ann.phone().code_near(now, outside);
        assert!(matches!(
            refused(caller.verify(&token, &code).await),
            Refusal::InvalidCode { .. }
        ));
    }
    completed(
        caller
            .verify(&token, &ann.phone().code_near(now, -1))
            .await
            .unwrap(),
    );
    let token = caller.half_session(&ann).await;
    completed(
        caller
            .verify(&token, &ann.phone().code_near(now, 1))
            .await
            .unwrap(),
    );
}
