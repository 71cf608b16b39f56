//! What a session is good for, how long, and what ends it (attack rows S).

use twinlock::app::Refusal;
use twinlock::authenticators::Removal;
use twinlock::session::flow::{Acting, Carrier, sign_out};
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::reset::{By, reset_two_factor};
use twinlock::step_up::flow::{Proof, prove};

use crate::support::books::{credentials, nothing_is_active};
use crate::support::caller::{NOT_THAT_CODE, PASSWORD, completed};
use crate::support::{Caller, Person, Place, TestApp, refused};

on_both_engines!(
    s01_every_step_gives_a_new_token_and_the_old_one_is_dead,
    s01_stepping_up_gives_a_cookie_a_new_value,
    s02_turning_it_on_ends_the_other_sessions,
    s03_b9_a_proof_of_eleven_minutes_ago_changes_nothing,
    s04_what_ends_the_other_sessions_ends_them_at_once,
    s04_a_half_done_sign_in_dies_with_the_password_it_began_with,
    s04_a_half_done_sign_in_dies_with_a_forgotten_password,
    s05_signing_out_is_for_good,
    s07_a_session_lies_unused_for_seven_days_at_most,
    s07_a_session_lives_for_thirty_days_at_most,
    e11_k8_turning_it_off_takes_a_code_typed_for_it,
    h7_nobody_turns_off_what_is_required,
);

async fn s01_every_step_gives_a_new_token_and_the_old_one_is_dead(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let begun = caller.begin(&ann.email).await;
    let first = sign_in::verify_password(&caller.moment(), &begun, PASSWORD)
        .await
        .unwrap();
    let half = first.token.unwrap();
    assert_ne!(begun, half);
    let session = completed(caller.verify(&half, &caller.code(&ann)).await.unwrap());
    app.forward(30);
    let code = caller.code(&ann);
    assert_eq!(
        refused(caller.verify(&half, &code).await),
        Refusal::SignInExpired
    );
    assert_eq!(
        refused(caller.verify(&begun, &code).await),
        Refusal::WrongStep
    );
    for planted in [&begun, &half] {
        assert!(caller.try_acting(planted).await.is_none());
    }
    assert!(caller.try_acting(&session.token).await.is_some());
}

async fn as_cookie(caller: &Caller, token: &str) -> Acting {
    Acting {
        carrier: Carrier::Cookie,
        ..caller.acting(token).await
    }
}

async fn s01_stepping_up_gives_a_cookie_a_new_value(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    app.forward(660);
    let acting = as_cookie(&caller, &session.token).await;
    let code = caller.code(&ann);
    let renewed = prove(&caller.moment(), &acting, Proof::Code { code, kind: None }).await;
    let renewed = renewed.unwrap().expect("a new cookie");
    assert!(caller.try_acting(&session.token).await.is_none());
    assert!(caller.try_acting(&renewed).await.is_some());
}

async fn s02_turning_it_on_ends_the_other_sessions(place: &Place) {
    let app = place.app().await;
    let mut bob = app.person("bob@example.org").await;
    let (mut here, mut there) = (app.caller("192.0.2.1"), app.caller("192.0.2.2"));
    let (own, other) = (here.sign_in(&bob).await, there.sign_in(&bob).await);
    let acting = as_cookie(&here, &own.token).await;
    here.set_up_app(&mut bob, &acting).await;
    assert!(there.try_acting(&other.token).await.is_none());
    assert!(
        here.try_acting(&own.token).await.is_none(),
        "the acting one got a new value"
    );
    assert_eq!(
        app.mails_about(&bob.email, "two-factor authentication is on")
            .await,
        1
    );
}

/// Everything that changes who may sign in and with what, tried with a session whose proof is too old.
async fn try_all_changes(caller: &Caller, acting: &Acting, person: &Person) {
    let held = settings::overview(&caller.moment(), acting)
        .await
        .unwrap()
        .held;
    let id = held.factors[0].id;
    let moment = caller.moment();
    let must_step_up = |why: Refusal| assert_eq!(why, Refusal::StepUpRequired);
    must_step_up(refused(
        settings::begin_app(&moment, acting, String::new(), None).await,
    ));
    must_step_up(refused(
        settings::begin_app(&moment, acting, String::new(), Some(id)).await,
    ));
    must_step_up(refused(
        settings::remove(&moment, acting, id, Removal::Undoable).await,
    ));
    must_step_up(refused(settings::prefer(&moment, acting, id).await));
    must_step_up(refused(settings::make_codes(&moment, acting).await));
    must_step_up(refused(settings::reveal(&moment, acting).await));
    let new = settings::change_password(
        &moment,
        acting,
        Some(PASSWORD.to_owned()),
        "a brand new passphrase",
    )
    .await;
    must_step_up(refused(new));
    // A first factor does not stand in for the second one.
    let by_password = prove(&moment, acting, Proof::Password(PASSWORD.to_owned())).await;
    must_step_up(refused(by_password));
    let by_mail = twinlock::step_up::flow::send_code(&moment, acting).await;
    assert_eq!(refused(by_mail), Refusal::WrongStep);
    assert_eq!(person.codes.len(), 10);
}

async fn s03_b9_a_proof_of_eleven_minutes_ago_changes_nothing(place: &Place) {
    let app = place
        .app_with(|all| all.two_factor.backup_codes.reveal = true)
        .await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    settings::reveal(&caller.moment(), &acting).await.unwrap();
    app.forward(600);
    let before = credentials(&app).await;
    try_all_changes(&caller, &acting, &ann).await;
    assert_eq!(credentials(&app).await, before);
    let code = caller.code(&ann);
    prove(&caller.moment(), &acting, Proof::Code { code, kind: None })
        .await
        .unwrap();
    settings::make_codes(&caller.moment(), &acting)
        .await
        .unwrap();
}

/// Something that ends every other session.
#[derive(Clone, Copy, Debug)]
enum Event {
    NewPassword,
    ForgottenPassword,
    AppAdded,
    AppRemoved,
    TurnedOff,
    Reset,
}

async fn happen(
    app: &TestApp,
    event: Event,
    caller: &mut Caller,
    ann: &mut Person,
    acting: &Acting,
) {
    let moment = caller.moment();
    match event {
        Event::NewPassword => {
            let new = "a brand new passphrase";
            settings::change_password(&moment, acting, Some(PASSWORD.to_owned()), new)
                .await
                .unwrap();
        }
        Event::ForgottenPassword => {
            let token = caller.begin(&ann.email).await;
            let sent = sign_in::send_code(&moment, &token, true).await.unwrap();
            let code = app.mailed_code(&ann.email).await;
            let proven = sign_in::verify_code(&moment, &sent.1.unwrap(), &code)
                .await
                .unwrap();
            app.forward(30);
            let typed = caller.code(ann);
            let second = caller.verify(&proven.token.unwrap(), &typed).await.unwrap();
            let token = second.token.unwrap();
            sign_in::set_new_password(&caller.moment(), &token, "a brand new passphrase")
                .await
                .unwrap();
        }
        Event::AppAdded => caller.set_up_app(ann, acting).await,
        Event::AppRemoved => {
            caller.set_up_app(ann, acting).await;
            let held = settings::overview(&moment, acting).await.unwrap().held;
            settings::remove(&moment, acting, held.factors[0].id, Removal::Undoable)
                .await
                .unwrap();
        }
        Event::TurnedOff => {
            app.forward(30);
            let code = caller.code(ann);
            settings::disable(&caller.moment(), acting, code)
                .await
                .unwrap();
        }
        Event::Reset => {
            let account = ann.account;
            app.work_on(account, move |w| {
                reset_two_factor(
                    w,
                    account,
                    "lost phone and codes",
                    &By::machine(),
                    Removal::Undoable,
                )
            })
            .await;
        }
    }
}

async fn s04_what_ends_the_other_sessions_ends_them_at_once(place: &Place) {
    let app = place.app().await;
    let all = [
        Event::NewPassword,
        Event::ForgottenPassword,
        Event::AppAdded,
        Event::AppRemoved,
        Event::TurnedOff,
        Event::Reset,
    ];
    for (n, event) in all.into_iter().enumerate() {
        let mut ann = app.person_with_app(&format!("ann{n}@example.org")).await;
        let (mut here, mut there) = (app.caller("192.0.2.1"), app.caller("192.0.2.2"));
        let other = there.sign_in(&ann).await;
        let own = here.sign_in(&ann).await;
        let acting = here.acting(&own.token).await;
        assert!(there.try_acting(&other.token).await.is_some());
        happen(&app, event, &mut here, &mut ann, &acting).await;
        assert!(there.try_acting(&other.token).await.is_none(), "{event:?}");
    }
}

async fn s04_a_half_done_sign_in_dies_with_the_password_it_began_with(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let thief = app.caller("192.0.2.66");
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let half = thief.half_session(&ann).await;
    let acting = caller.acting(&session.token).await;
    let new = "a brand new passphrase";
    settings::change_password(&caller.moment(), &acting, Some(PASSWORD.to_owned()), new)
        .await
        .unwrap();
    app.forward(30);
    let why = refused(thief.verify(&half, &thief.code(&ann)).await);
    assert_eq!(why, Refusal::SignInExpired);
}

async fn s04_a_half_done_sign_in_dies_with_a_forgotten_password(place: &Place) {
    let app = place.app().await;
    let mut ann = app.person_with_app("ann@example.org").await;
    let thief = app.caller("192.0.2.66");
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let half = thief.half_session(&ann).await;
    let acting = caller.acting(&session.token).await;
    happen(
        &app,
        Event::ForgottenPassword,
        &mut caller,
        &mut ann,
        &acting,
    )
    .await;
    app.forward(30);
    let why = refused(thief.verify(&half, &thief.code(&ann)).await);
    assert_eq!(why, Refusal::SignInExpired);
}

async fn s05_signing_out_is_for_good(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    sign_out(&caller.moment(), &acting).await.unwrap();
    assert!(caller.try_acting(&session.token).await.is_none());
    let outcome = settings::overview(&caller.moment(), &acting).await;
    assert_eq!(refused(outcome), Refusal::SignedOut);
}

async fn s07_a_session_lies_unused_for_seven_days_at_most(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let week = 7 * 24 * 3600;
    app.forward(week - 1);
    assert!(caller.try_acting(&session.token).await.is_some());
    app.forward(week - 1);
    assert!(
        caller.try_acting(&session.token).await.is_some(),
        "use counts"
    );
    app.forward(week);
    assert!(caller.try_acting(&session.token).await.is_none());
}

async fn s07_a_session_lives_for_thirty_days_at_most(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    for _ in 0..29 {
        app.forward(24 * 3600);
        assert!(caller.try_acting(&session.token).await.is_some());
    }
    app.forward(24 * 3600 - 1);
    assert!(caller.try_acting(&session.token).await.is_some());
    app.forward(1);
    assert!(caller.try_acting(&session.token).await.is_none());
}

/// Devices with a budget of their own.
const KNOWN_DEVICES: &str = "SELECT COUNT(*) FROM device WHERE second_factor = 1";

async fn e11_k8_turning_it_off_takes_a_code_typed_for_it(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let before = credentials(&app).await;
    let used = caller.code(&ann);
    for typed in [String::new(), caller.wrong(&ann, 1), used] {
        let outcome = settings::disable(&caller.moment(), &acting, typed).await;
        assert_eq!(refused(outcome), NOT_THAT_CODE);
    }
    assert_eq!(credentials(&app).await, before);
    app.forward(30);
    let code = caller.code(&ann);
    settings::disable(&caller.moment(), &acting, code)
        .await
        .unwrap();
    assert_eq!(
        app.mails_about(&ann.email, "two-factor authentication is off")
            .await,
        1
    );
    let after = credentials(&app).await;
    // What was removed is kept for as long as it can be undone, and counts for nothing.
    assert!(nothing_is_active(&after));
    assert_eq!(app.number(KNOWN_DEVICES, &[]).await, 0);
    completed(caller.try_password(&ann.email, PASSWORD).await.unwrap());
}

async fn h7_nobody_turns_off_what_is_required(place: &Place) {
    let open = place.app().await;
    let ann = open.person_with_app("ann@example.org").await;
    let app = place.app_with(|all| all.two_factor.required = true).await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let before = credentials(&app).await;
    app.forward(30);
    let code = caller.code(&ann);
    let outcome = settings::disable(&caller.moment(), &acting, code).await;
    assert_eq!(refused(outcome), Refusal::StillRequired);
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let outcome = settings::remove(
        &caller.moment(),
        &acting,
        held.factors[0].id,
        Removal::Undoable,
    )
    .await;
    assert_eq!(refused(outcome), Refusal::LastFactor);
    assert_eq!(credentials(&app).await, before);
}
