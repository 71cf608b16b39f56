//! Two servers on one database: what one did, the other one knows (Z06, Z11, S04), and rounds in which many really compare at once (R03, R11, K02).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;
use twinlock::app::{Refusal, Stop};
use twinlock::session::flow as sessions;
use twinlock::sign_in::gate::{Progress, Step};
use twinlock_testkit::clock::FakeTime;

use crate::support::caller::{Caller, NOT_THAT_CODE, completed, was_turned_away};
use crate::support::{Place, TestApp, refused};

on_both_engines!(
    z11_a_server_whose_clock_is_forty_seconds_ahead_accepts_no_used_code,
    z11_a_wait_and_a_mailed_code_hold_on_a_server_with_another_clock,
    s04_a_session_ended_at_one_server_is_dead_at_the_other_within_five_seconds,
    r03_k02_of_fifty_who_all_compare_one_gets_in,
    r11_of_fifty_guesses_that_all_reach_the_database_five_are_compared,
);

/// Two servers of one place; the second has a clock of its own.
async fn two(place: &Place) -> (TestApp, TestApp, FakeTime) {
    let other = FakeTime::at_millis(place.time.millis());
    let one = place.app().await;
    let two = place.app_by(other.clone()).await;
    (one, two, other)
}

async fn z11_a_server_whose_clock_is_forty_seconds_ahead_accepts_no_used_code(place: &Place) {
    let (one, two, clock) = two(place).await;
    let ann = one.person_with_app("ann@example.org").await;
    clock.set_millis(place.time.millis() + 40_000);
    let (here, there) = (one.caller("192.0.2.1"), two.caller("192.0.2.2"));
    let code = here.code(&ann);
    let token = here.half_session(&ann).await;
    completed(here.verify(&token, &code).await.unwrap());
    let token = there.half_session(&ann).await;
    assert_eq!(refused(there.verify(&token, &code).await), NOT_THAT_CODE);
    // The other way round: the server ahead accepts a code of its window, the one behind no earlier one any more.
    let ahead = ann.phone().code_at(clock.seconds());
    completed(there.verify(&token, &ahead).await.unwrap());
    let token = here.half_session(&ann).await;
    for steps in [-1, 0, 1] {
        let near = ann.phone().code_near(place.time.seconds(), steps);
        let why = refused(here.verify(&token, &near).await);
        assert_eq!(why, NOT_THAT_CODE, "{steps}");
    }
}

async fn z11_a_wait_and_a_mailed_code_hold_on_a_server_with_another_clock(place: &Place) {
    let (one, two, clock) = two(place).await;
    let ann = one.person_with_app("ann@example.org").await;
    clock.set_millis(place.time.millis() + 20_000);
    let (here, there) = (one.caller("192.0.2.1"), two.caller("192.0.2.2"));
    for n in 0..5 {
        let token = here.half_session(&ann).await;
        let _ = here.verify(&token, &here.wrong(&ann, n)).await;
    }
    let token = there.half_session(&ann).await;
    let why = refused(
        there
            .verify(&token, &ann.phone().code_at(clock.seconds()))
            .await,
    );
    assert!(matches!(why, Refusal::Locked { .. }), "{why:?}");
    // A mailed code of ten minutes is not good for longer at the server that is behind.
    let asked = there.ask_for_account("bob@example.org").await.unwrap();
    let code = two.mailed_code("bob@example.org").await;
    place.time.forward(Duration::from_secs(10 * 60 + 20));
    let late = twinlock::sign_up::flow::verify(&here.moment(), &asked, &code).await;
    let late = late.err().unwrap();
    assert!(matches!(late, Stop::Refused(_)), "{late:?}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the promise is one of real time: a revoked session is dead everywhere within five seconds"
)]
async fn s04_a_session_ended_at_one_server_is_dead_at_the_other_within_five_seconds(place: &Place) {
    let (one, two) = (place.app().await, place.app().await);
    let ann = one.person("ann@example.org").await;
    let (mut here, there) = (one.caller("192.0.2.1"), two.caller("192.0.2.2"));
    let session = here.sign_in(&ann).await;
    // The other server has it in its cache, as fresh as can be.
    assert!(there.try_acting(&session.token).await.is_some());
    let acting = here.acting(&session.token).await;
    sessions::sign_out(&here.moment(), &acting).await.unwrap();
    assert!(
        here.try_acting(&session.token).await.is_none(),
        "here at once"
    );
    let mut waited = 0;
    while there.try_acting(&session.token).await.is_some() {
        waited += 1;
        assert!(waited < 50, "alive after five seconds");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sends all at the same moment, over two servers, each again for as long as it is turned away: nobody is spared the comparison.
async fn all_compare(tries: Vec<(Caller, String, String)>) -> Vec<Result<Progress, Stop>> {
    let gate = Arc::new(Barrier::new(tries.len()));
    let tasks: Vec<_> = tries
        .into_iter()
        .map(|(caller, token, code)| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move {
                gate.wait().await;
                loop {
                    let outcome = caller.verify(&token, &code).await;
                    if !was_turned_away(&outcome) {
                        return outcome;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

async fn r03_k02_of_fifty_who_all_compare_one_gets_in(place: &Place) {
    let (one, two) = (place.app().await, place.app().await);
    let ann = one.person_with_app("ann@example.org").await;
    for round in 0..10 {
        // Ten half sessions, five tries each: no sign-in ends before its code was compared.
        one.forward(31 * 24 * 3600);
        let callers = [one.caller("192.0.2.1"), two.caller("192.0.2.2")];
        let code = match round % 2 {
            0 => callers[0].code(&ann),
            _ => ann.codes[round].clone(),
        };
        let mut tries = Vec::new();
        for n in 0..50 {
            let caller = callers[n % 2].clone();
            if n % 5 == 0 {
                let network = format!("192.0.2.{}", 10 + n);
                let begun = one.caller(&network).half_session(&ann).await;
                tries.extend((0..5).map(|_| (caller.clone(), begun.clone(), code.clone())));
            }
        }
        let outcomes = all_compare(tries).await;
        let mut got_in = 0;
        let mut compared = 0;
        for outcome in outcomes {
            match outcome {
                Ok(progress) => {
                    assert!(matches!(progress.step, Step::Complete(_)));
                    got_in += 1;
                }
                outcome => match refused(outcome) {
                    Refusal::InvalidCode { .. } => compared += 1,
                    Refusal::Locked { .. } | Refusal::SignInExpired => {}
                    other => panic!("{other:?}"),
                },
            }
        }
        assert_eq!(got_in, 1, "round {round}");
        assert!(
            compared >= 4,
            "round {round}: {compared} were compared in vain"
        );
    }
}

async fn r11_of_fifty_guesses_that_all_reach_the_database_five_are_compared(place: &Place) {
    let (one, two) = (place.app().await, place.app().await);
    let ann = one.person_with_app("ann@example.org").await;
    let callers = [one.caller("192.0.2.1"), two.caller("192.0.2.2")];
    let mut tries = Vec::new();
    for n in 0..50_usize {
        let caller = callers[n % 2].clone();
        let token = one
            .caller(&format!("192.0.2.{}", 10 + n))
            .half_session(&ann)
            .await;
        let wrong = caller.wrong(&ann, u32::try_from(n).unwrap());
        tries.push((caller, token, wrong));
    }
    let outcomes = all_compare(tries).await;
    let compared = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(Stop::Refused(Refusal::InvalidCode { .. }))))
        .count();
    assert_eq!(
        compared, 5,
        "fifty sign-ins, ten at each of five: one budget"
    );
    let token = callers[0].half_session(&ann).await;
    let right = refused(callers[0].verify(&token, &callers[0].code(&ann)).await);
    assert!(matches!(right, Refusal::Locked { .. }), "{right:?}");
}
