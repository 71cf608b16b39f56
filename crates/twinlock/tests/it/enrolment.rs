//! Setting up, changing and taking away second factors (attack rows E).

use twinlock::app::Refusal;
use twinlock::authenticators::Removal;
use twinlock::settings::flow as settings;
use twinlock::sign_in::enrolment;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::gate::Step;
use twinlock::sign_in::reset::{By, reset_two_factor};
use twinlock_testkit::phone::Phone;

use crate::support::books::{credentials, nothing_is_active};
use crate::support::caller::{NOT_THAT_CODE, PASSWORD, completed};
use crate::support::{Place, refused};

on_both_engines!(
    e01_a_half_session_of_somebody_with_a_second_factor_enrols_nothing,
    e02_a_required_second_factor_is_set_up_only_after_the_mailbox_is_proven,
    e02_c3_after_a_reset_the_mailbox_and_a_new_set_up_come_before_anything,
    e05_a_half_done_set_up_counts_for_nothing_and_dies_in_ten_minutes,
    e06_k7_the_old_app_works_until_the_new_one_is_proven,
    e06_two_tabs_cannot_both_take_the_place_of_the_old_app,
    e08_a_key_is_not_shown_again_once_it_is_proven,
    e15_nobody_touches_somebody_elses_app,
    e17_a_hostile_name_adds_nothing_to_the_link,
    n09_nobody_sets_anything_up_on_an_address_that_is_not_proven,
    a_set_up_sent_again_tells_of_codes_only_while_they_count,
);

async fn e01_a_half_session_of_somebody_with_a_second_factor_enrols_nothing(place: &Place) {
    let app = place.app_with(|all| all.two_factor.required = true).await;
    let open = place.app().await;
    let ann = open.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let half = caller.half_session(&ann).await;
    let before = credentials(&app).await;
    let outcome = enrolment::begin(&caller.moment(), &half, String::from("Mine")).await;
    assert_eq!(refused(outcome), Refusal::WrongStep);
    assert_eq!(credentials(&app).await, before);
}

async fn e02_a_required_second_factor_is_set_up_only_after_the_mailbox_is_proven(place: &Place) {
    let open = place.app().await;
    let bob = open.person("bob@example.org").await;
    let app = place.app_with(|all| all.two_factor.required = true).await;
    let caller = app.caller("192.0.2.1");
    let progress = caller.try_password(&bob.email, PASSWORD).await.unwrap();
    assert!(matches!(progress.step, Step::VerifyEmail { .. }));
    let token = progress.token.unwrap();
    let outcome = enrolment::begin(&caller.moment(), &token, String::new()).await;
    assert_eq!(refused(outcome), Refusal::WrongStep);
    sign_in::send_code(&caller.moment(), &token, false)
        .await
        .unwrap();
    let mailed = app.mailed_code(&bob.email).await;
    let progress = sign_in::verify_code(&caller.moment(), &token, &mailed)
        .await
        .unwrap();
    assert!(matches!(progress.step, Step::Enrol(_)));
    let token = progress.token.unwrap();
    let pending = enrolment::begin(&caller.moment(), &token, String::from("Phone"))
        .await
        .unwrap();
    let code = Phone::scan(&pending.uri)
        .unwrap()
        .code_at(app.time.seconds());
    let done = enrolment::confirm(&caller.moment(), &token, pending.id, code)
        .await
        .unwrap();
    assert_eq!(done.bound.sheet.as_ref().unwrap().codes.len(), 10);
    completed(done.progress);
    assert_eq!(
        app.mails_about(&bob.email, "two-factor authentication is on")
            .await,
        1
    );
}

async fn e02_c3_after_a_reset_the_mailbox_and_a_new_set_up_come_before_anything(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let (account, caller) = (ann.account, app.caller("192.0.2.1"));
    let half = caller.half_session(&ann).await;
    app.work_on(account, move |w| {
        reset_two_factor(
            w,
            account,
            "lost everything",
            &By::machine(),
            Removal::Undoable,
        )
    })
    .await;
    assert_eq!(app.mails_about(&ann.email, "was reset").await, 1);
    let why = refused(caller.verify(&half, &caller.code(&ann)).await);
    assert_eq!(why, Refusal::SignInExpired);
    let after = credentials(&app).await;
    assert!(nothing_is_active(&after));
    for table in ["device", "session"] {
        assert!(after[table].is_empty(), "{table}");
    }
    let progress = caller.try_password(&ann.email, PASSWORD).await.unwrap();
    assert!(matches!(progress.step, Step::VerifyEmail { .. }));
}

async fn e05_a_half_done_set_up_counts_for_nothing_and_dies_in_ten_minutes(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_app(&caller.moment(), &acting, String::new(), None).await;
    let pending = begun.unwrap();
    let phone = Phone::scan(&pending.uri).unwrap();
    let progress = caller.try_password(&bob.email, PASSWORD).await.unwrap();
    completed(progress);
    app.forward(599);
    let shown = settings::pending_app(&caller.moment(), &acting, pending.id)
        .await
        .unwrap();
    assert_eq!(*shown.uri, *pending.uri);
    app.forward(1);
    let code = phone.code_at(app.time.seconds());
    let moment = caller.moment();
    // The session's own proof is ten minutes old as well by now.
    twinlock::step_up::flow::prove(
        &moment,
        &acting,
        twinlock::step_up::flow::Proof::Password(PASSWORD.to_owned()),
    )
    .await
    .unwrap();
    let outcome = settings::confirm(&moment, &acting, pending.id, code).await;
    assert_eq!(refused(outcome), Refusal::NotFound);
    let outcome = settings::pending_app(&moment, &acting, pending.id).await;
    assert_eq!(refused(outcome), Refusal::NotFound);
}

async fn e06_k7_the_old_app_works_until_the_new_one_is_proven(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let old = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held
        .factors[0]
        .id;
    let pending = settings::begin_app(&caller.moment(), &acting, String::from("New"), Some(old))
        .await
        .unwrap();
    let new = Phone::scan(&pending.uri).unwrap();
    caller.sign_in(&ann).await;
    app.forward(30);
    let code = new.code_at(app.time.seconds());
    let (bound, _) = settings::confirm(&caller.moment(), &acting, pending.id, code)
        .await
        .unwrap();
    assert_eq!(bound.proven.replaced.map(|factor| factor.id), Some(old));
    assert!(bound.sheet.is_none(), "the codes of before stay good");
    app.forward(30);
    let token = caller.half_session(&ann).await;
    assert_eq!(
        refused(caller.verify(&token, &caller.code(&ann)).await),
        NOT_THAT_CODE
    );
    let code = new.code_at(app.time.seconds());
    completed(caller.verify(&token, &code).await.unwrap());
    assert_eq!(app.mails_about(&ann.email, "set up anew").await, 1);
}

async fn e06_two_tabs_cannot_both_take_the_place_of_the_old_app(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let old = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held
        .factors[0]
        .id;
    let mut tabs = Vec::new();
    for _ in 0..2 {
        let begun = settings::begin_app(&caller.moment(), &acting, String::new(), Some(old)).await;
        tabs.push(begun.unwrap());
    }
    for tab in &tabs {
        let code = Phone::scan(&tab.uri).unwrap().code_at(app.time.seconds());
        let _ = settings::confirm(&caller.moment(), &acting, tab.id, code).await;
    }
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    assert!(held.factors.iter().all(|factor| factor.id != old));
    assert_eq!(
        held.factors
            .iter()
            .filter(|factor| factor.preferred)
            .count(),
        1
    );
}

async fn e08_a_key_is_not_shown_again_once_it_is_proven(place: &Place) {
    let app = place.app().await;
    let mut bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    caller.set_up_app(&mut bob, &acting).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let outcome = settings::pending_app(&caller.moment(), &acting, held.factors[0].id).await;
    assert_eq!(refused(outcome), Refusal::NotFound);
    let kept = "SELECT COUNT(*) FROM totp WHERE secret = ?1";
    let plain = bob.phone().key_bytes();
    assert_eq!(
        app.number(kept, &[plain.into()]).await,
        0,
        "no key stands in clear"
    );
}

async fn e15_nobody_touches_somebody_elses_app(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let (mut hers, mut own) = (app.caller("192.0.2.1"), app.caller("192.0.2.2"));
    let session = hers.sign_in(&ann).await;
    let acting = hers.acting(&session.token).await;
    let id = settings::overview(&hers.moment(), &acting)
        .await
        .unwrap()
        .held
        .factors[0]
        .id;
    let session = own.sign_in(&eve).await;
    let acting = own.acting(&session.token).await;
    let before = credentials(&app).await;
    let moment = own.moment();
    assert_eq!(
        refused(settings::remove(&moment, &acting, id, Removal::Undoable).await),
        Refusal::NotFound
    );
    assert_eq!(
        refused(settings::prefer(&moment, &acting, id).await),
        Refusal::NotFound
    );
    let named = settings::rename(&moment, &acting, id, String::from("Mine")).await;
    assert_eq!(refused(named), Refusal::NotFound);
    let taken = settings::begin_app(&moment, &acting, String::new(), Some(id)).await;
    assert_eq!(refused(taken), Refusal::NotFound);
    let shown = settings::pending_app(&moment, &acting, id).await;
    assert_eq!(refused(shown), Refusal::NotFound);
    assert_eq!(credentials(&app).await, before);
}

async fn e17_a_hostile_name_adds_nothing_to_the_link(place: &Place) {
    let hostile = "Evil:x?secret=AAAAAAAA&issuer=Bank#";
    let app = place
        .app_with(|all| all.branding.name = hostile.to_owned())
        .await;
    let bob = app.person("bob&secret=bbbbbbbb@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let pending = settings::begin_app(&caller.moment(), &acting, String::new(), None)
        .await
        .unwrap();
    let phone = Phone::scan(&pending.uri).unwrap();
    assert_eq!(phone.key(), *pending.secret);
    assert_eq!(phone.account, bob.email);
    assert_eq!(pending.uri.matches("secret=").count(), 1);
    assert_eq!(pending.uri.matches("issuer=").count(), 1);
}

async fn n09_nobody_sets_anything_up_on_an_address_that_is_not_proven(place: &Place) {
    let app = place.app_with(|all| all.two_factor.required = true).await;
    let caller = app.caller("192.0.2.1");
    let token = caller.ask_for_account("ann@example.org").await.unwrap();
    let outcome = enrolment::begin(&caller.moment(), &token, String::new()).await;
    assert_eq!(refused(outcome), Refusal::WrongStep);
    assert!(app.account_of("ann@example.org").await.is_none());
    let rows = credentials(&app).await;
    assert!(rows.values().all(Vec::is_empty), "{rows:?}");
}

/// The page that showed the codes, loaded again.
async fn a_set_up_sent_again_tells_of_codes_only_while_they_count(place: &Place) {
    let open = place.app().await;
    let bob = open.person("bob@example.org").await;
    let app = place.app_with(|all| all.two_factor.required = true).await;
    let caller = app.caller("203.0.113.5");
    let progress = caller.try_password(&bob.email, PASSWORD).await.unwrap();
    let token = progress.token.unwrap();
    sign_in::send_code(&caller.moment(), &token, false)
        .await
        .unwrap();
    let mailed = app.mailed_code(&bob.email).await;
    let proven = sign_in::verify_code(&caller.moment(), &token, &mailed).await;
    let token = proven.unwrap().token.unwrap();
    let pending = enrolment::begin(&caller.moment(), &token, String::from("Phone"))
        .await
        .unwrap();
    let code = Phone::scan(&pending.uri)
        .unwrap()
        .code_at(app.time.seconds());
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock-signin", &token);
    let path = format!("/sign-in/enroll/{}", pending.id);
    let values = [("code", code.as_str())];
    let shown = browser.post(&path, &values).await;
    assert_eq!(shown.status, http::StatusCode::OK, "{}", shown.body);
    let again = browser.post(&path, &values).await;
    assert_eq!(again.location(), "/settings/security?done=codes-shown-once");
    let account = bob.account;
    app.work_on(account, move |w| {
        twinlock::authenticators::flow::remove_all(w, account, Removal::Undoable)
    })
    .await;
    let again = browser.post(&path, &values).await;
    assert_eq!(again.location(), "/settings/security?done=set-up-over");
    // Neither signed in nor in a sign-in: nothing to set up.
    let stranger = app.browser().post(&path, &values).await;
    assert_eq!(stranger.status, http::StatusCode::GONE);
}
