//! Changing methods: the old works until the new is proven, one place is taken once, and a freeze stops it all (K7, H2, E8, E16, E19).

use serde_json::Value;
use twinlock::app::{Refusal, Stop};
use twinlock::authenticators::{Kind, Removal};
use twinlock::config::{Methods, Settings};
use twinlock::freeze::freeze_by_key;
use twinlock::session::flow::Acting;
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow::second_factor;
use twinlock::sign_in::gate::Step;
use twinlock_testkit::phone::Phone;

use crate::security_keys::{asked, plain, signs_in, tries, with_key};
use crate::support::caller::completed;
use crate::support::key::SoftKey;
use crate::support::{Caller, Person, Place, TestApp, refused};

on_both_engines!(
    k7_an_app_is_replaced_by_a_key_and_back,
    e16_two_removals_at_once_leave_one_method,
    e8_a_removed_key_comes_back_with_the_account,
    e19_of_several_set_ups_for_one_place_the_first_takes_it,
    e19_where_one_method_is_all_there_may_be_only_one_set_up_ends,
    e19_eleven_methods_begun_are_ten_methods,
    e01_a_half_done_method_is_neither_shown_nor_finished_without_a_recent_proof,
    e11_a_freeze_between_question_and_touch_stops_the_key,
    t03_a_sign_in_that_waits_while_the_device_becomes_trusted_begins_anew,
);

async fn k7_an_app_is_replaced_by_a_key_and_back(place: &Place) {
    let app = place
        .app_with(|settings| settings.two_factor.methods = twinlock::config::Methods::One)
        .await;
    let mut ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let moment = caller.moment();
    let begun = settings::begin_key(&moment, &acting, String::new(), None)
        .await
        .unwrap();
    // Half done, it changes nothing.
    app.forward(30);
    let token = caller.half_session(&ann).await;
    completed(caller.verify(&token, &caller.code(&ann)).await.unwrap());
    let mut key = SoftKey::new(1);
    let answer = key.create(&begun.options, &plain());
    settings::confirm_key(&moment, &acting, begun.id, answer)
        .await
        .unwrap();
    let held = settings::overview(&moment, &acting).await.unwrap().held;
    assert_eq!(held.factors.len(), 1);
    assert_eq!(held.factors[0].kind, Kind::Webauthn);
    // The acting session survived, and goes back to an app.
    caller.set_up_app(&mut ann, &acting).await;
    let held = settings::overview(&moment, &acting).await.unwrap().held;
    assert_eq!(held.factors[0].kind, Kind::Totp);
    assert_eq!(held.factors.len(), 1);
    app.forward(30);
    let token = caller.half_session(&ann).await;
    completed(caller.verify(&token, &caller.code(&ann)).await.unwrap());
}

async fn e16_two_removals_at_once_leave_one_method(place: &Place) {
    let app = place
        .app_with(|settings| settings.two_factor.required = false)
        .await;
    for round in 0..3_u8 {
        let email = format!("person{round}@example.org");
        let (_, caller, session, _) = with_key(&app, &email, round + 1).await;
        let acting = caller.acting(&session.token).await;
        let held = settings::overview(&caller.moment(), &acting)
            .await
            .unwrap()
            .held;
        let both: Vec<_> = held
            .factors
            .iter()
            .map(|factor| {
                let (caller, acting, id) = (caller.clone(), acting.clone(), factor.id);
                tokio::spawn(async move {
                    settings::remove(&caller.moment(), &acting, id, Removal::Undoable).await
                })
            })
            .collect();
        let mut removed = 0;
        for one in both {
            match one.await.unwrap() {
                Ok(_) => removed += 1,
                Err(stop) => {
                    assert_eq!(refused(Err::<(), _>(stop)), Refusal::LastFactor);
                }
            }
        }
        assert_eq!(removed, 1);
    }
}

async fn e8_a_removed_key_comes_back_with_the_account(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, session, mut key) = with_key(&app, "ann@example.org", 1).await;
    app.forward(60);
    let acting = caller.acting(&session.token).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let id = held.factors[1].id;
    settings::remove(&caller.moment(), &acting, id, Removal::Undoable)
        .await
        .unwrap();
    let mail = app.last_mail_to(&ann.email).await;
    let at = mail.text.find("/not-me/").unwrap() + "/not-me/".len();
    let link = mail.text[at..].split_whitespace().next().unwrap();
    twinlock::freeze::flow::press(&caller.moment(), link)
        .await
        .unwrap()
        .unwrap();
    // The account is opened again by the very key that was taken away.
    let (token, options) = asked(&caller, &ann).await;
    let answer = key.get(&options, &plain());
    let step = tries(&caller, &token, answer).await.unwrap();
    assert!(matches!(step.step, Step::VerifyEmail { .. }));
    let token = step.token.unwrap();
    let moment = caller.moment();
    twinlock::sign_in::flow::send_code(&moment, &token, false)
        .await
        .unwrap();
    let code = app.mailed_code(&ann.email).await;
    let done = twinlock::sign_in::flow::verify_code(&moment, &token, &code)
        .await
        .unwrap();
    let done = completed(done);
    let acting = caller.acting(&done.token).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    assert!(held.ids().contains(&id));
    signs_in(&mut caller, &ann, &mut key).await;
}

fn one_method(settings: &mut Settings) {
    settings.two_factor.methods = Methods::One;
}

/// A half-done app and its phone.
async fn begun_app(
    caller: &Caller,
    acting: &Acting,
    replaces: Option<twinlock::app::AuthenticatorId>,
) -> (twinlock::app::AuthenticatorId, Phone) {
    let begun = settings::begin_app(&caller.moment(), acting, String::from("Phone"), replaces)
        .await
        .unwrap();
    (begun.id, Phone::scan(&begun.uri).unwrap())
}

async fn count(caller: &Caller, acting: &Acting) -> usize {
    let overview = settings::overview(&caller.moment(), acting).await;
    overview.unwrap().held.factors.len()
}

async fn ends_app(
    app: &TestApp,
    caller: &Caller,
    acting: &Acting,
    begun: &(twinlock::app::AuthenticatorId, Phone),
) -> Result<(), Stop> {
    let code = begun.1.code_at(app.time.seconds());
    let done = settings::confirm(&caller.moment(), acting, begun.0, code).await;
    done.map(|_| ())
}

async fn signed_in(app: &TestApp, email: &str) -> (Person, Caller, Acting) {
    let ann = app.person_with_app(email).await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    (ann, caller, acting)
}

async fn e19_of_several_set_ups_for_one_place_the_first_takes_it(place: &Place) {
    let app = place.app().await;
    let (_, caller, acting) = signed_in(&app, "ann@example.org").await;
    let held = settings::overview(&caller.moment(), &acting).await.unwrap();
    let old = Some(held.held.factors[0].id);
    let first = begun_app(&caller, &acting, old).await;
    let second = begun_app(&caller, &acting, old).await;
    let key = settings::begin_key(&caller.moment(), &acting, String::new(), old)
        .await
        .unwrap();
    ends_app(&app, &caller, &acting, &first).await.unwrap();
    let late = ends_app(&app, &caller, &acting, &second).await;
    assert_eq!(refused(late), Refusal::NotFound);
    let answer = SoftKey::new(1).create(&key.options, &plain());
    let late = settings::confirm_key(&caller.moment(), &acting, key.id, answer).await;
    assert_eq!(refused(late), Refusal::NotFound);
    assert_eq!(count(&caller, &acting).await, 1);
}

async fn e19_where_one_method_is_all_there_may_be_only_one_set_up_ends(place: &Place) {
    let app = place.app_with(one_method).await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    // None is there yet, so none of these replaces anything.
    let first = begun_app(&caller, &acting, None).await;
    let second = begun_app(&caller, &acting, None).await;
    let mut soft = SoftKey::new(1);
    let key = settings::begin_key(&caller.moment(), &acting, String::new(), None)
        .await
        .unwrap();
    let answer = soft.create(&key.options, &plain());
    settings::confirm_key(&caller.moment(), &acting, key.id, answer)
        .await
        .unwrap();
    for begun in [&first, &second] {
        let late = ends_app(&app, &caller, &acting, begun).await;
        assert_eq!(refused(late), Refusal::NotFound);
    }
    assert_eq!(count(&caller, &acting).await, 1);
    // What refused them stored nothing: the key can be registered again once it is gone.
    let again = begun_app(&caller, &acting, None).await;
    ends_app(&app, &caller, &acting, &again).await.unwrap();
    let held = settings::overview(&caller.moment(), &acting).await.unwrap();
    assert_eq!(held.held.factors.len(), 1);
    assert_eq!(held.held.factors[0].kind, Kind::Totp);
}

async fn e19_eleven_methods_begun_are_ten_methods(place: &Place) {
    let app = place.app().await;
    let (_, caller, acting) = signed_in(&app, "ann@example.org").await;
    for _ in 0..7 {
        let begun = begun_app(&caller, &acting, None).await;
        ends_app(&app, &caller, &acting, &begun).await.unwrap();
    }
    let mut begun = Vec::new();
    for _ in 0..4 {
        begun.push(begun_app(&caller, &acting, None).await);
    }
    let mut ended = 0;
    for one in &begun {
        ended += usize::from(ends_app(&app, &caller, &acting, one).await.is_ok());
    }
    assert_eq!((ended, count(&caller, &acting).await), (2, 10));
}

async fn e11_a_freeze_between_question_and_touch_stops_the_key(place: &Place) {
    let app = place.app().await;
    let (ann, caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    let (token, options) = asked(&caller, &ann).await;
    let account = ann.account;
    app.work_on(account, move |w| {
        let owner = twinlock::account::store::load(w, account)?.unwrap();
        freeze_by_key(w, &owner, "key")
    })
    .await;
    let answer: Value = key.get(&options, &plain());
    let stopped = refused(tries(&caller, &token, answer).await);
    assert!(
        matches!(stopped, Refusal::Frozen(_) | Refusal::SignInExpired),
        "{stopped:?}"
    );
    let stopped = refused(second_factor::ask_key(&caller.moment(), &token).await);
    assert!(
        matches!(stopped, Refusal::Frozen(_) | Refusal::SignInExpired),
        "{stopped:?}"
    );
    let sessions = "SELECT COUNT(*) FROM session WHERE account_id = ?1";
    assert_eq!(app.number(sessions, &[account.into()]).await, 0);
}

async fn t03_a_sign_in_that_waits_while_the_device_becomes_trusted_begins_anew(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, _) = signed_in(&app, "ann@example.org").await;
    let waiting = caller.half_session(&ann).await;
    app.forward(30);
    caller.sign_in_saying(&ann, true).await;
    let moment = caller.moment();
    let stands = twinlock::sign_in::flow::current(&moment, &waiting).await;
    assert_eq!(
        stands
            .map(|_| ())
            .map_err(|stop| refused(Err::<(), _>(stop))),
        Err(Refusal::SignInExpired)
    );
    assert!(caller.sign_in_without_code(&ann).await.is_some());
}

async fn e01_a_half_done_method_is_neither_shown_nor_finished_without_a_recent_proof(
    place: &Place,
) {
    let app = place.app().await;
    let (ann, mut caller, acting) = signed_in(&app, "ann@example.org").await;
    let begun = begun_app(&caller, &acting, None).await;
    // Somebody in another session of the same person, who knows the id.
    app.forward(60);
    caller.sign_in_saying(&ann, true).await;
    let other = caller.sign_in_without_code(&ann).await.unwrap();
    let other = caller.acting(&other.token).await;
    let shown = settings::pending_app(&caller.moment(), &other, begun.0).await;
    assert_eq!(refused(shown), Refusal::StepUpRequired);
    let ended = ends_app(&app, &caller, &other, &begun).await;
    assert_eq!(refused(ended), Refusal::StepUpRequired);
}
