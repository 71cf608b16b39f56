//! Clocks that jump, rows that were moved or spoilt, mail that does not leave, a database under load (attack rows Z).

use std::time::Duration;

use twinlock::app::{Refusal, Stop};
use twinlock::settings::flow as settings;
use twinlock::throttle::{Bucket, store as throttle};
use twinlock_delivery::Behaviour;

use crate::support::caller::{NOT_THAT_CODE, PASSWORD, completed};
use crate::support::{Place, refused};

on_both_engines!(
    z07_many_people_at_once_are_all_served,
    z08_a_clock_set_back_brings_no_code_back,
    z08_a_clock_set_back_ends_no_wait,
    z15_z16_a_secret_moved_to_another_account_opens_nothing,
    z21_mail_that_cannot_leave_waits_and_leaves_once,
    z21_a_code_that_died_is_not_mailed_any_more,
    z21_a_letter_that_does_not_open_holds_up_no_other,
    z22_what_cannot_be_recorded_does_not_happen,
    a_right_password_costs_nothing_when_the_change_fails_on_our_side,
);

async fn z07_many_people_at_once_are_all_served(place: &Place) {
    let app = place.app().await;
    let mut signing_in = Vec::new();
    for n in 0..16 {
        let person = app.person(&format!("p{n}@example.org")).await;
        app.forward(300);
        let caller = app.caller(&format!("192.0.2.{n}"));
        signing_in.push((caller, person));
    }
    let tasks: Vec<_> = signing_in
        .into_iter()
        .map(|(caller, person)| {
            tokio::spawn(async move { caller.try_password(&person.email, PASSWORD).await })
        })
        .collect();
    for task in tasks {
        completed(task.await.unwrap().unwrap());
    }
}

async fn z08_a_clock_set_back_brings_no_code_back(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    for back in [120, 24 * 3600] {
        app.forward(60);
        let code = caller.code(&ann);
        let token = caller.half_session(&ann).await;
        completed(caller.verify(&token, &code).await.unwrap());
        let then = app.time.millis();
        app.time.back(Duration::from_secs(back));
        let token = caller.half_session(&ann).await;
        assert_eq!(refused(caller.verify(&token, &code).await), NOT_THAT_CODE);
        assert_eq!(
            refused(caller.verify(&token, &caller.code(&ann)).await),
            NOT_THAT_CODE
        );
        app.time.set_millis(then);
    }
}

async fn z08_a_clock_set_back_ends_no_wait(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    for n in 0..5 {
        assert_eq!(
            refused(caller.verify(&token, &caller.wrong(&ann, n)).await),
            NOT_THAT_CODE
        );
    }
    app.time.back(Duration::from_secs(120));
    let token = caller.half_session(&ann).await;
    let outcome = caller.verify(&token, &caller.code(&ann)).await;
    assert!(matches!(
        outcome,
        Err(Stop::Refused(twinlock::app::Refusal::Locked { .. }))
    ));
    let account = ann.account;
    let tally = app
        .work_on(account, move |w| {
            throttle::load(w, account, Bucket::SecondFactor)
        })
        .await;
    assert_eq!(tally.failures.len(), 5);
    app.forward(120);
}

async fn z15_z16_a_secret_moved_to_another_account_opens_nothing(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let swap = "UPDATE totp SET secret = (SELECT secret FROM totp WHERE account_id = ?1) WHERE account_id = ?2";
    app.tamper(swap, &[eve.account.into(), ann.account.into()])
        .await;
    let swap = "UPDATE password SET hash = (SELECT hash FROM password WHERE account_id = ?1) WHERE account_id = ?2";
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let outcome = caller.verify(&token, &caller.code(&eve)).await;
    assert!(matches!(outcome, Err(Stop::Fault(_))));
    app.tamper(swap, &[eve.account.into(), ann.account.into()])
        .await;
    let outcome = caller.try_password(&ann.email, PASSWORD).await;
    assert!(matches!(outcome, Err(Stop::Fault(_))));
}

async fn z21_mail_that_cannot_leave_waits_and_leaves_once(place: &Place) {
    let app = place.app().await;
    let caller = app.caller("192.0.2.1");
    app.mail.behave(Behaviour::Fail);
    let token = caller.ask_for_account("ann@example.org").await.unwrap();
    app.deliver().await;
    assert!(app.mail.sent().is_empty());
    app.mail.behave(Behaviour::AcceptThenFail);
    app.forward(2);
    app.deliver().await;
    app.mail.behave(Behaviour::Accept);
    app.forward(10);
    app.deliver().await;
    app.forward(300);
    app.deliver().await;
    let sent = app.mail.sent();
    assert_eq!(sent.len(), 2, "the repeat after an answer that was lost");
    assert_eq!(sent[0].id, sent[1].id, "and it says that it is one");
    let code = app.mailed_code("ann@example.org").await;
    let verified = twinlock::sign_up::flow::verify(&caller.moment(), &token, &code).await;
    completed(verified.unwrap());
}

async fn z21_a_code_that_died_is_not_mailed_any_more(place: &Place) {
    let app = place.app().await;
    app.mail.behave(Behaviour::Fail);
    app.caller("192.0.2.1")
        .ask_for_account("ann@example.org")
        .await
        .unwrap();
    app.deliver().await;
    app.mail.behave(Behaviour::Accept);
    app.forward(601);
    app.deliver().await;
    assert!(app.mail.sent().is_empty());
}

async fn z21_a_letter_that_does_not_open_holds_up_no_other(place: &Place) {
    let app = place.app().await;
    app.caller("192.0.2.1")
        .ask_for_account("ann@example.org")
        .await
        .unwrap();
    app.tamper("UPDATE outbox SET sealed = ?1", &[vec![1_u8; 80].into()])
        .await;
    app.forward(1);
    app.caller("192.0.2.2")
        .ask_for_account("bob@example.org")
        .await
        .unwrap();
    app.deliver().await;
    let to: Vec<String> = app.mail.sent().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["bob@example.org"]);
    app.forward(601);
}

async fn z22_what_cannot_be_recorded_does_not_happen(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let sessions = "SELECT COUNT(*) FROM session";
    let before = app.number(sessions, &[]).await;
    app.tamper("ALTER TABLE audit_event RENAME TO audit_gone", &[])
        .await;
    let code = caller.code(&ann);
    let outcome = caller.verify(&token, &code).await;
    assert!(matches!(outcome, Err(Stop::Fault(_))));
    assert_eq!(app.number(sessions, &[]).await, before);
    app.tamper("ALTER TABLE audit_gone RENAME TO audit_event", &[])
        .await;
    completed(caller.verify(&token, &code).await.unwrap());
}

async fn a_right_password_costs_nothing_when_the_change_fails_on_our_side(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let token = caller.sign_in(&ann).await.token;
    let acting = caller.acting(&token).await;
    let new = "herons borrow umbrellas";
    let change = async || {
        let current = Some(PASSWORD.to_owned());
        settings::change_password(&caller.moment(), &acting, current, new).await
    };
    app.tamper("ALTER TABLE audit_event RENAME TO audit_gone", &[])
        .await;
    for _ in 0..6 {
        assert!(matches!(change().await, Err(Stop::Fault(_))));
    }
    app.tamper("ALTER TABLE audit_gone RENAME TO audit_event", &[])
        .await;
    // Nor does a new password that will not do.
    for _ in 0..6 {
        let current = Some(PASSWORD.to_owned());
        let easy = settings::change_password(&caller.moment(), &acting, current, "short").await;
        assert!(matches!(
            refused(easy),
            Refusal::Field {
                field: "password",
                ..
            }
        ));
    }
    change().await.unwrap();
    completed(caller.try_password(&ann.email, new).await.unwrap());
}
