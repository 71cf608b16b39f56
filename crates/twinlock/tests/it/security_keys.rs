//! Security keys and passkeys as second factor (attack rows W, product lines E1, K7, H2).

use http::Method;
use serde_json::{Value, json};
use twinlock::app::{Refusal, SignInId, Stop, Token};
use twinlock::authenticators::{Kind, Removal};
use twinlock::session::{Assurance, Proof as Proven};
use twinlock::settings::flow as settings;
use twinlock::sign_in::enrolment;
use twinlock::sign_in::flow::{self as sign_in, second_factor};
use twinlock::sign_in::gate::{Completed, Progress, Step};
use twinlock::step_up::flow as step_up;
use twinlock::step_up::flow::Proof;

use crate::support::caller::{PASSWORD, completed};
use crate::support::key::{SoftKey, Twist};
use crate::support::{Caller, Person, Place, TestApp, refused};

on_both_engines!(
    a_key_is_set_up_named_used_and_removed,
    a_key_alone_turns_it_on_and_off,
    w01_a_challenge_is_answered_once_in_time_and_where_it_was_asked,
    w01_the_same_answer_twenty_times_at_once_lets_one_in,
    w02_w03_every_answer_that_is_not_of_this_place_is_refused,
    w03_w10_every_registration_that_is_not_as_asked_is_refused,
    w04_a_touch_is_one_factor_and_never_stands_for_two,
    w06_only_a_key_of_this_account_that_still_counts_is_taken,
    w07_a_counter_that_goes_back_is_refused_and_told,
    w07_a_key_that_does_not_count_is_fine,
    w07_a_key_belongs_to_one_account,
    w10_what_is_no_answer_at_all_breaks_nothing,
    w11_hostile_names_of_keys_are_shown_as_text,
    w12_e01_a_half_session_and_an_old_proof_set_no_key_up,
    b7_five_wrong_answers_end_the_sign_in_and_lock_nothing,
    e11_five_wrong_answers_before_a_change_end_the_session,
    the_json_api_sets_up_and_asks_keys,
    keys_are_not_offered_at_an_address_without_a_name,
    a_kind_that_is_not_allowed_is_not_set_up,
    e1_where_a_second_factor_is_demanded_a_key_is_one,
    e1_a_demanded_key_is_set_up_by_api_too,
);

const ORIGIN: &str = "https://login.example.org";

pub(crate) fn plain() -> Twist {
    Twist::none(ORIGIN)
}

/// Somebody with an app and a key, and a fresh session that proved the app.
pub(crate) async fn with_key(
    app: &TestApp,
    email: &str,
    number: u8,
) -> (Person, Caller, Completed, SoftKey) {
    let ann = app.person_with_app(email).await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let mut key = SoftKey::new(number);
    caller.set_up_key(&acting, &mut key, "Blue key").await;
    (ann, caller, session, key)
}

/// A half session and what its key is asked.
pub(crate) async fn asked(caller: &Caller, person: &Person) -> (String, Value) {
    let token = caller.half_session(person).await;
    let options = second_factor::ask_key(&caller.moment(), &token).await;
    (token, options.unwrap())
}

/// Answers in a half session.
pub(crate) async fn tries(caller: &Caller, token: &str, answer: Value) -> Result<Progress, Stop> {
    second_factor::verify_key(&caller.moment(), token, answer, None).await
}

pub(crate) async fn signs_in(caller: &mut Caller, person: &Person, key: &mut SoftKey) -> Completed {
    let (token, options) = asked(caller, person).await;
    let answer = key.get(&options, &plain());
    let done = tries(caller, &token, answer).await;
    let done = completed(done.unwrap());
    caller.remember(&done);
    done
}

async fn a_key_is_set_up_named_used_and_removed(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, session, mut key) = with_key(&app, "ann@example.org", 1).await;
    let acting = caller.acting(&session.token).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    assert_eq!(held.factors.len(), 2);
    assert_eq!(held.factors[1].kind, Kind::Webauthn);
    let id = held.factors[1].id;
    assert_eq!(app.mails_about(&ann.email, "a method was added").await, 1);
    let done = signs_in(&mut caller, &ann, &mut key).await;
    assert_eq!(done.session.second_factor, Some(Proven::Webauthn(id)));
    assert_eq!(done.session.amr(), ["pwd", "hwk", "mfa"]);
    assert_eq!(done.session.assurance(), Assurance::Aal2);
    let acting = caller.acting(&done.token).await;
    let moment = caller.moment();
    settings::rename(&moment, &acting, id, String::from("Red key"))
        .await
        .unwrap();
    settings::prefer(&moment, &acting, id).await.unwrap();
    let progress = caller.try_password(&ann.email, PASSWORD).await.unwrap();
    let Step::SecondFactor { factors, .. } = progress.step else {
        panic!("the second factor is asked")
    };
    assert_eq!((factors[0].id, factors[0].label.as_str()), (id, "Red key"));
    // Removed, it opens nothing, and the session that rested on it rests on the app.
    settings::remove(&moment, &acting, id, Removal::Undoable)
        .await
        .unwrap();
    let token = caller.half_session(&ann).await;
    let gone = second_factor::ask_key(&caller.moment(), &token).await;
    assert_eq!(refused(gone), Refusal::NoFactor);
    let acting = caller.acting(&done.token).await;
    assert!(matches!(
        acting.session.second_factor,
        Some(Proven::Totp(_))
    ));
}

async fn a_key_alone_turns_it_on_and_off(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let mut key = SoftKey::new(1);
    let codes = caller.set_up_key(&acting, &mut key, "").await;
    assert_eq!(codes.len(), 10, "the first method brings backup codes");
    let done = signs_in(&mut caller, &bob, &mut key).await;
    app.forward(660);
    let acting = caller.acting(&done.token).await;
    let moment = caller.moment();
    // Proving it before a change is not turning it off.
    let options = step_up::ask_key(&moment, &acting).await.unwrap();
    let answer = key.get(&options, &plain());
    let wrong_purpose = settings::disable_by_key(&moment, &acting, answer).await;
    assert_eq!(refused(wrong_purpose), Refusal::KeyNotAccepted);
    let options = settings::ask_to_disable(&moment, &acting).await.unwrap();
    let answer = key.get(&options, &plain());
    settings::disable_by_key(&moment, &acting, answer)
        .await
        .unwrap();
    assert!(caller.sign_in_without_code(&bob).await.is_some());
}

async fn w01_a_challenge_is_answered_once_in_time_and_where_it_was_asked(place: &Place) {
    let app = place.app().await;
    let (ann, caller, session, mut key) = with_key(&app, "ann@example.org", 1).await;
    let moment = caller.moment();
    let (first, first_options) = asked(&caller, &ann).await;
    let (second, _) = asked(&caller, &ann).await;
    // In another sign-in.
    let answer = key.get(&first_options, &plain());
    let elsewhere = second_factor::verify_key(&moment, &second, answer.clone(), None).await;
    assert_eq!(refused(elsewhere), Refusal::KeyNotAccepted);
    // Where it was asked; then again.
    completed(
        second_factor::verify_key(&moment, &first, answer.clone(), None)
            .await
            .unwrap(),
    );
    let (third, _) = asked(&caller, &ann).await;
    let again = second_factor::verify_key(&moment, &third, answer, None).await;
    assert_eq!(refused(again), Refusal::KeyNotAccepted);
    // One asked before another in the same sign-in.
    let (fourth, stale) = asked(&caller, &ann).await;
    second_factor::ask_key(&moment, &fourth).await.unwrap();
    let old = key.get(&stale, &plain());
    let old = second_factor::verify_key(&moment, &fourth, old, None).await;
    assert_eq!(refused(old), Refusal::KeyNotAccepted);
    // Its own challenge.
    let (fifth, options) = asked(&caller, &ann).await;
    let own = Twist {
        challenge: Some(String::from("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ..plain()
    };
    let own = second_factor::verify_key(&moment, &fifth, key.get(&options, &own), None).await;
    assert_eq!(refused(own), Refusal::KeyNotAccepted);
    // After five minutes.
    let (sixth, options) = asked(&caller, &ann).await;
    let late = key.get(&options, &plain());
    app.forward(301);
    let late = tries(&caller, &sixth, late).await;
    assert_eq!(refused(late), Refusal::KeyNotAccepted);
    // For another purpose: before a change, with what a sign-in asked.
    let (_, options) = asked(&caller, &ann).await;
    let acting = caller.acting(&session.token).await;
    let answer = key.get(&options, &plain());
    let other = step_up::prove(&caller.moment(), &acting, Proof::Key(answer)).await;
    assert_eq!(refused(other), Refusal::KeyNotAccepted);
}

async fn w01_the_same_answer_twenty_times_at_once_lets_one_in(place: &Place) {
    let app = place.app().await;
    let (ann, caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    let (token, options) = asked(&caller, &ann).await;
    let answer = key.get(&options, &plain());
    let before = app.number("SELECT COUNT(*) FROM session", &[]).await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (caller, token, answer) = (caller.clone(), token.clone(), answer.clone());
            tokio::spawn(async move {
                let tried = tries(&caller, &token, answer);
                usize::from(tried.await.is_ok())
            })
        })
        .collect();
    let mut accepted = 0;
    for one in tries {
        accepted += one.await.unwrap();
    }
    let after = app.number("SELECT COUNT(*) FROM session", &[]).await;
    assert!(accepted <= 1);
    assert_eq!(after - before, i64::try_from(accepted).unwrap());
}

/// What must not pass, whether a key is registered or asked.
fn twists() -> Vec<(&'static str, Twist)> {
    let origin = |origin: &str| Twist::none(origin);
    vec![
        ("suffix", origin("https://evil-login.example.org")),
        ("longer", origin("https://login.example.org.evil.example")),
        ("subdomain", origin("https://a.login.example.org")),
        ("parent", origin("https://example.org")),
        ("port", origin("https://login.example.org:8443")),
        ("http", origin("http://login.example.org")),
        ("null", origin("null")),
        ("empty", origin("")),
        ("app", origin("android:apk-key-hash:abc")),
        (
            "rp id",
            Twist {
                rp_id: Some("example.org"),
                ..plain()
            },
        ),
        (
            "type",
            Twist {
                kind: Some("payment.get"),
                ..plain()
            },
        ),
        (
            "not present",
            Twist {
                present: false,
                ..plain()
            },
        ),
        (
            "challenge",
            Twist {
                challenge: Some(String::from("AAAA")),
                ..plain()
            },
        ),
    ]
}

async fn w02_w03_every_answer_that_is_not_of_this_place_is_refused(place: &Place) {
    let app = place.app().await;
    let (ann, caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    for (what, twist) in twists() {
        let (token, options) = asked(&caller, &ann).await;
        let answer = key.get(&options, &twist);
        let tried = tries(&caller, &token, answer).await;
        assert_eq!(refused(tried), Refusal::KeyNotAccepted, "{what}");
    }
    // The answer to being registered is none to being asked.
    let (token, options) = asked(&caller, &ann).await;
    let created = Twist {
        kind: Some("webauthn.create"),
        ..plain()
    };
    let tried = tries(&caller, &token, key.get(&options, &created));
    assert_eq!(refused(tried.await), Refusal::KeyNotAccepted);
    // A signature that was touched, and one of another key.
    let (token, options) = asked(&caller, &ann).await;
    let mut other = SoftKey::new(9);
    other.id.clone_from(&key.id);
    let tried = tries(&caller, &token, other.get(&options, &plain()));
    assert_eq!(refused(tried.await), Refusal::KeyNotAccepted);
    let mut caller = caller;
    signs_in(&mut caller, &ann, &mut key).await;
}

async fn w03_w10_every_registration_that_is_not_as_asked_is_refused(place: &Place) {
    let app = place.app().await;
    let (ann, caller, session, _) = with_key(&app, "ann@example.org", 1).await;
    let acting = caller.acting(&session.token).await;
    let mut twists = twists();
    // ES512, EdDSA over nothing, RS1: none that was asked for, or not what the key is.
    for (name, algorithm) in [("es384", 0x38), ("eddsa", 0x27), ("hmac", 0x05)] {
        let twist = Twist {
            algorithm,
            ..plain()
        };
        twists.push((name, twist));
    }
    for (number, (what, twist)) in twists.into_iter().enumerate() {
        let moment = caller.moment();
        let begun = settings::begin_key(&moment, &acting, String::new(), None).await;
        let begun = begun.unwrap();
        let mut key = SoftKey::new(100 + u8::try_from(number).unwrap());
        let answer = key.create(&begun.options, &twist);
        let tried = settings::confirm_key(&moment, &acting, begun.id, answer).await;
        assert_eq!(refused(tried), Refusal::KeyNotAccepted, "{what}");
        // What was asked is used up.
        let right = key.create(&begun.options, &plain());
        let again = settings::confirm_key(&moment, &acting, begun.id, right).await;
        assert_eq!(refused(again), Refusal::KeyNotAccepted, "{what}");
    }
    let rows = "SELECT COUNT(*) FROM webauthn WHERE account_id = ?1";
    assert_eq!(app.number(rows, &[ann.account.into()]).await, 1);
}

async fn w04_a_touch_is_one_factor_and_never_stands_for_two(place: &Place) {
    let app = place.app().await;
    let (ann, caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    // Even one that verified its user needs the password beside it: there is no sign-in without.
    let begun = caller.begin(&ann.email).await;
    let moment = caller.moment();
    let asked_early = second_factor::ask_key(&moment, &begun).await;
    assert_eq!(refused(asked_early), Refusal::WrongStep);
    let (_, options) = asked(&caller, &ann).await;
    let verified = Twist {
        verified: true,
        ..plain()
    };
    let answer = key.get(&options, &verified);
    let tried = second_factor::verify_key(&moment, &begun, answer, None).await;
    assert_eq!(refused(tried), Refusal::WrongStep);
    let (token, options) = asked(&caller, &ann).await;
    let answer = key.get(&options, &verified);
    let done = second_factor::verify_key(&moment, &token, answer, None).await;
    assert_eq!(
        completed(done.unwrap()).session.amr(),
        ["pwd", "hwk", "mfa"]
    );
}

async fn w06_only_a_key_of_this_account_that_still_counts_is_taken(place: &Place) {
    let app = place.app().await;
    let (ann, caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    let (bob, _, _, mut bobs) = with_key(&app, "bob@example.org", 2).await;
    let mut caller = caller;
    let session = signs_in(&mut caller, &ann, &mut key).await;
    let (token, options) = asked(&caller, &ann).await;
    let tried = tries(&caller, &token, bobs.get(&options, &plain()));
    assert_eq!(refused(tried.await), Refusal::KeyNotAccepted);
    // Somebody else's handle in the answer.
    let (token, options) = asked(&caller, &ann).await;
    let twist = Twist {
        user_handle: Some(bob.account.0.to_vec()),
        ..plain()
    };
    let _ = tries(&caller, &token, key.get(&options, &twist))
        .await
        .map(|progress| {
            let Step::Complete(done) = progress.step else {
                panic!("more is asked")
            };
            assert_eq!(done.session.account, ann.account);
        });
    // Removed between the question and the answer.
    let (token, options) = asked(&caller, &ann).await;
    let acting = caller.acting(&session.token).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let id = held.factors[1].id;
    settings::remove(&caller.moment(), &acting, id, Removal::Undoable)
        .await
        .unwrap();
    let answer = key.get(&options, &plain());
    let tried = tries(&caller, &token, answer).await;
    assert_eq!(refused(tried), Refusal::KeyNotAccepted);
}

async fn w07_a_counter_that_goes_back_is_refused_and_told(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    let mut copy = key.copy();
    signs_in(&mut caller, &ann, &mut key).await;
    signs_in(&mut caller, &ann, &mut key).await;
    let told = app
        .mails_about(&ann.email, "a security key was not accepted")
        .await;
    assert_eq!(told, 0);
    let (token, options) = asked(&caller, &ann).await;
    let answer = copy.get(&options, &plain());
    let tried = tries(&caller, &token, answer).await;
    assert_eq!(refused(tried), Refusal::KeyNotAccepted);
    let told = app
        .mails_about(&ann.email, "a security key was not accepted")
        .await;
    assert_eq!(told, 1);
    // The same number again is no higher one.
    copy.counter = key.counter - 1;
    let (token, options) = asked(&caller, &ann).await;
    let answer = copy.get(&options, &plain());
    let tried = tries(&caller, &token, answer).await;
    assert_eq!(refused(tried), Refusal::KeyNotAccepted);
    signs_in(&mut caller, &ann, &mut key).await;
}

async fn w07_a_key_that_does_not_count_is_fine(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let mut key = SoftKey::new(1);
    key.counts = false;
    caller.set_up_key(&acting, &mut key, "").await;
    for _ in 0..3 {
        signs_in(&mut caller, &bob, &mut key).await;
    }
    // Once it counted it goes on counting.
    key.counter = 5;
    signs_in(&mut caller, &bob, &mut key).await;
    key.counter = 0;
    let (token, options) = asked(&caller, &bob).await;
    let answer = key.get(&options, &plain());
    let tried = tries(&caller, &token, answer).await;
    assert_eq!(refused(tried), Refusal::KeyNotAccepted);
}

async fn w07_a_key_belongs_to_one_account(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    // Twice to the same account, and to another one.
    let (_, bobs_caller, bobs_session, _) = with_key(&app, "bob@example.org", 2).await;
    let session = signs_in(&mut caller, &ann, &mut key).await;
    for (caller, session) in [(caller, session), (bobs_caller, bobs_session)] {
        let acting = caller.acting(&session.token).await;
        let moment = caller.moment();
        let begun = settings::begin_key(&moment, &acting, String::new(), None).await;
        let begun = begun.unwrap();
        let answer = key.create(&begun.options, &plain());
        let tried = settings::confirm_key(&moment, &acting, begun.id, answer).await;
        let why = refused(tried);
        assert!(
            matches!(why, Refusal::AlreadyExists | Refusal::KeyNotAccepted),
            "{why:?}"
        );
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM webauthn", &[]).await, 2);
}

async fn w10_what_is_no_answer_at_all_breaks_nothing(place: &Place) {
    let app = place.app().await;
    let (ann, caller, session, mut key) = with_key(&app, "ann@example.org", 1).await;
    let acting = caller.acting(&session.token).await;
    let (_, options) = asked(&caller, &ann).await;
    let good = key.get(&options, &plain());
    let mut odd = vec![
        Value::Null,
        json!([]),
        json!(17),
        json!("x"),
        json!({}),
        json!({"id": "", "rawId": "", "type": "public-key", "response": {}}),
    ];
    for member in ["authenticatorData", "clientDataJSON", "signature"] {
        for text in ["", "!", "AA", &"A".repeat(60_000)] {
            let mut answer = good.clone();
            answer["response"][member] = json!(text);
            odd.push(answer);
        }
    }
    for member in ["id", "rawId"] {
        let mut answer = good.clone();
        answer[member] = json!("A".repeat(2000));
        odd.push(answer);
    }
    for answer in odd {
        let (token, _) = asked(&caller, &ann).await;
        let tried = tries(&caller, &token, answer.clone());
        refused(tried.await);
        let moment = caller.moment();
        let begun = settings::begin_key(&moment, &acting, String::new(), None)
            .await
            .unwrap();
        let tried = settings::confirm_key(&moment, &acting, begun.id, answer).await;
        assert_eq!(refused(tried), Refusal::KeyNotAccepted);
    }
    // More than a request may carry.
    let mut api = app.api().with(&session.token);
    let huge = json!({"credential": {"id": "A".repeat(70_000)}});
    let answer = api.post("/api/v1/session/step-up", &huge).await;
    assert_eq!(answer.status, 413, "{}", answer.body);
}

async fn w11_hostile_names_of_keys_are_shown_as_text(place: &Place) {
    let app = place.app().await;
    let (_, caller, session, _) = with_key(&app, "ann@example.org", 1).await;
    let acting = caller.acting(&session.token).await;
    let mut key = SoftKey::new(2);
    caller
        .set_up_key(&acting, &mut key, "<img src=x onerror=y>")
        .await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    let page = browser.get("/settings/security").await.body;
    assert!(!page.contains("<img src=x"), "{page}");
    assert!(page.contains("&#60;img src=x"), "{page}");
}

async fn w12_e01_a_half_session_and_an_old_proof_set_no_key_up(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, session, mut key) = with_key(&app, "ann@example.org", 1).await;
    let half = caller.half_session(&ann).await;
    let mut api = app.api().with(&half);
    let begin = json!({"kind": "webauthn"});
    assert_eq!(api.post("/api/v1/me/factors", &begin).await.status, 401);
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock-signin", &half);
    let path = "/settings/security/two-factor/key/options";
    let answer = browser.post(path, &[]).await;
    assert!(answer.location().starts_with("/sign-in"), "{}", answer.body);
    app.forward(660);
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_key(&caller.moment(), &acting, String::new(), None).await;
    assert_eq!(refused(begun), Refusal::StepUpRequired);
    // With a key the change is made again.
    let moment = caller.moment();
    let options = step_up::ask_key(&moment, &acting).await.unwrap();
    let answer = key.get(&options, &plain());
    step_up::prove(&moment, &acting, Proof::Key(answer))
        .await
        .unwrap();
    // Somebody else's half-done one is not there.
    let begun = settings::begin_key(&moment, &acting, String::new(), None)
        .await
        .unwrap();
    let bob = app.person("bob@example.org").await;
    let bobs = caller.sign_in(&bob).await;
    let bobs = caller.acting(&bobs.token).await;
    let answer = SoftKey::new(7).create(&begun.options, &plain());
    let tried = settings::confirm_key(&caller.moment(), &bobs, begun.id, answer).await;
    assert_eq!(refused(tried), Refusal::KeyNotAccepted);
}

async fn b7_five_wrong_answers_end_the_sign_in_and_lock_nothing(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, _, mut key) = with_key(&app, "ann@example.org", 1).await;
    for _ in 0..10 {
        let token = caller.half_session(&ann).await;
        for _ in 0..5 {
            let tried = tries(&caller, &token, json!({}));
            assert_eq!(refused(tried.await), Refusal::KeyNotAccepted);
        }
        let over = second_factor::ask_key(&caller.moment(), &token).await;
        assert_eq!(refused(over), Refusal::SignInExpired);
    }
    // Neither the key nor a code has to wait.
    signs_in(&mut caller, &ann, &mut key).await;
    let token = caller.half_session(&ann).await;
    app.forward(30);
    completed(caller.verify(&token, &caller.code(&ann)).await.unwrap());
}

async fn e11_five_wrong_answers_before_a_change_end_the_session(place: &Place) {
    let app = place.app().await;
    let (ann, caller, session, _) = with_key(&app, "ann@example.org", 1).await;
    let acting = caller.acting(&session.token).await;
    for _ in 0..4 {
        let tried = step_up::prove(&caller.moment(), &acting, Proof::Key(json!({}))).await;
        assert_eq!(refused(tried), Refusal::KeyNotAccepted);
    }
    let tried = step_up::prove(&caller.moment(), &acting, Proof::Key(json!({}))).await;
    assert_eq!(refused(tried), Refusal::SignedOut);
    assert!(caller.try_acting(&session.token).await.is_none());
    assert_eq!(
        app.mails_about(&ann.email, "a device was signed out").await,
        1
    );
}

#[expect(clippy::too_many_lines, reason = "the life of one key, call by call")]
async fn the_json_api_sets_up_and_asks_keys(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let mut me = app.api().with(&session.token);
    let mut key = SoftKey::new(1);
    let begin = json!({"kind": "webauthn", "label": "Blue key"});
    let begun = me.post("/api/v1/me/factors", &begin).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let begun = begun.json();
    assert_eq!(begun["factor"]["state"], "pending");
    assert_eq!(begun["webauthn"]["rp"]["id"], "login.example.org");
    assert_eq!(begun["webauthn"]["attestation"], "none");
    let path = format!(
        "/api/v1/me/factors/{}/activate",
        begun["factor"]["id"].as_str().unwrap()
    );
    let answer = key.create(&begun["webauthn"], &plain());
    let both = json!({"code": "123456", "credential": answer});
    assert_eq!(me.post(&path, &both).await.status, 422);
    let done = me.post(&path, &json!({"credential": answer})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.json()["backup_codes"].as_array().unwrap().len(), 10);
    let mut api = app.api();
    let begun = api
        .post("/api/v1/sign-in", &json!({"email": bob.email}))
        .await
        .json();
    let path = format!("/api/v1/sign-in/{}", begun["id"].as_str().unwrap());
    let mut api = app.api().with(begun["token"].as_str().unwrap());
    let state = api
        .post(&format!("{path}/password"), &json!({"password": PASSWORD}))
        .await;
    let state = state.json();
    assert_eq!(state["factors"][0]["kind"], "webauthn", "{state}");
    let mut api = app.api().with(state["token"].as_str().unwrap());
    let asked = api
        .call(Method::POST, &format!("{path}/second-factor/send"), None)
        .await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let answer = key.get(&asked.json()["webauthn"], &plain());
    let wrong = api
        .post(&format!("{path}/second-factor"), &json!({"credential": {}}))
        .await;
    assert_eq!(wrong.json()["code"], "key_not_accepted", "{}", wrong.body);
    // The wrong answer used the question up.
    let late = api
        .post(
            &format!("{path}/second-factor"),
            &json!({"credential": answer}),
        )
        .await;
    assert_eq!(late.json()["code"], "key_not_accepted", "{}", late.body);
    let asked = api
        .call(Method::POST, &format!("{path}/second-factor/send"), None)
        .await
        .json();
    let answer = json!({"credential": key.get(&asked["webauthn"], &plain())});
    let state = api
        .post(&format!("{path}/second-factor"), &answer)
        .await
        .json();
    assert_eq!(state["state"], "complete", "{state}");
    assert_eq!(state["session"]["amr"], json!(["pwd", "hwk", "mfa"]));
    let mut me = app.api().with(state["session"]["token"].as_str().unwrap());
    app.forward(660);
    let asked = me
        .post("/api/v1/session/step-up/send", &json!({"kind": "webauthn"}))
        .await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let answer = json!({"credential": key.get(&asked.json()["webauthn"], &plain())});
    let proven = me.post("/api/v1/session/step-up", &answer).await;
    assert_eq!(proven.status, 200, "{}", proven.body);
    let asked = me
        .call(Method::POST, "/api/v1/me/two-factor/disable/send", None)
        .await
        .json();
    let answer = json!({"credential": key.get(&asked["webauthn"], &plain())});
    let off = me.post("/api/v1/me/two-factor/disable", &answer).await;
    assert_eq!(off.status, 204, "{}", off.body);
}

async fn keys_are_not_offered_at_an_address_without_a_name(place: &Place) {
    let app = place
        .app_with(|settings| settings.server.public_url = String::from("https://192.0.2.80"))
        .await;
    let bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_key(&caller.moment(), &acting, String::new(), None).await;
    assert_eq!(refused(begun), Refusal::KindUnavailable);
}

async fn a_kind_that_is_not_allowed_is_not_set_up(place: &Place) {
    use twinlock::config::AllowedKind;
    for (allowed, key_refused) in [(AllowedKind::Totp, true), (AllowedKind::Webauthn, false)] {
        let app = place
            .app_with(|settings| settings.two_factor.allowed_kinds = vec![allowed])
            .await;
        let bob = app.person(&format!("bob-{key_refused}@example.org")).await;
        let mut caller = app.caller("192.0.2.1");
        let session = caller.sign_in(&bob).await;
        let acting = caller.acting(&session.token).await;
        let moment = caller.moment();
        let key = settings::begin_key(&moment, &acting, String::new(), None).await;
        let phone = settings::begin_app(&moment, &acting, String::new(), None).await;
        if key_refused {
            assert_eq!(refused(key), Refusal::KindUnavailable);
            assert!(phone.is_ok());
        } else {
            assert_eq!(refused(phone), Refusal::KindUnavailable);
            assert!(key.is_ok());
        }
    }
}

/// A sign-in that waits for a second factor to be set up.
async fn made_to_enrol(app: &TestApp, caller: &Caller, person: &Person) -> String {
    let progress = caller.try_password(&person.email, PASSWORD).await.unwrap();
    let token = progress.token.unwrap();
    app.forward(60);
    let moment = caller.moment();
    sign_in::send_code(&moment, &token, false).await.unwrap();
    let code = app.mailed_code(&person.email).await;
    let progress = sign_in::verify_code(&caller.moment(), &token, &code).await;
    let progress = progress.unwrap();
    assert!(matches!(progress.step, Step::Enrol(_)));
    progress.token.unwrap()
}

async fn e1_where_a_second_factor_is_demanded_a_key_is_one(place: &Place) {
    let open = place.app().await;
    let bob = open.person("bob@example.org").await;
    let ann = open.person_with_app("ann@example.org").await;
    let app = place
        .app_with(|settings| {
            settings.two_factor.required = true;
            settings.two_factor.allowed_kinds = vec![twinlock::config::AllowedKind::Webauthn];
        })
        .await;
    let mut caller = app.caller("192.0.2.1");
    let token = made_to_enrol(&app, &caller, &bob).await;
    let moment = caller.moment();
    let app_instead = enrolment::begin(&moment, &token, String::new()).await;
    assert_eq!(refused(app_instead), Refusal::KindUnavailable);
    let begun = enrolment::begin_key(&moment, &token, String::from("Blue key"))
        .await
        .unwrap();
    let mut key = SoftKey::new(1);
    let answer = key.create(&begun.options, &plain());
    // Another sign-in of theirs that is not that far, and one of somebody who has a second factor, do not end it, nor use it up.
    for half in [
        caller.try_password(&bob.email, PASSWORD).await.unwrap(),
        caller.try_password(&ann.email, PASSWORD).await.unwrap(),
    ] {
        let half = half.token.unwrap();
        let tried = enrolment::confirm_key(&moment, &half, begun.id, answer.clone()).await;
        assert_eq!(refused(tried), Refusal::WrongStep);
        let tried = enrolment::begin_key(&moment, &half, String::new()).await;
        assert_eq!(refused(tried), Refusal::WrongStep);
    }
    let forged = format!("{}x", &token[..token.len() - 1]);
    let tried = enrolment::confirm_key(&moment, &forged, begun.id, answer.clone()).await;
    assert!(tried.is_err());
    let done = enrolment::confirm_key(&moment, &token, begun.id, answer.clone())
        .await
        .unwrap();
    assert_eq!(done.bound.sheet.as_ref().unwrap().codes.len(), 10);
    let session = completed(done.progress).session;
    assert_eq!(session.second_factor, Some(Proven::Webauthn(begun.id)));
    assert_eq!(session.assurance(), Assurance::Aal2);
    let again = enrolment::confirm_key(&caller.moment(), &token, begun.id, answer).await;
    assert!(again.is_err(), "once");
    signs_in(&mut caller, &bob, &mut key).await;
}

async fn e1_a_demanded_key_is_set_up_by_api_too(place: &Place) {
    let open = place.app().await;
    let bob = open.person("bob@example.org").await;
    let app = place.app_with(|all| all.two_factor.required = true).await;
    let caller = app.caller("192.0.2.1");
    let token = made_to_enrol(&app, &caller, &bob).await;
    let mut api = app.api().with(&token);
    let id = SignInId(Token::parse(Token::SIGN_IN, &token).unwrap().thing);
    let path = format!("/api/v1/sign-in/{id}/enroll/factors");
    let begun = api.post(&path, &json!({"kind": "webauthn"})).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let begun = begun.json();
    let path = format!(
        "{path}/{}/activate",
        begun["factor"]["id"].as_str().unwrap()
    );
    let mut key = SoftKey::new(1);
    let evil = Twist::none("https://login.example.org.evil.example");
    let answer = json!({"credential": key.create(&begun["webauthn"], &evil)});
    let wrong = api.post(&path, &answer).await;
    assert_eq!(wrong.json()["code"], "key_not_accepted", "{}", wrong.body);
    // An answer is looked at once; the key is asked anew.
    let answer = json!({"credential": key.create(&begun["webauthn"], &plain())});
    assert_eq!(api.post(&path, &answer).await.status, 422);
    let begin = json!({"kind": "webauthn", "label": "Blue key"});
    let factors = format!("/api/v1/sign-in/{id}/enroll/factors");
    let begun = api.post(&factors, &begin).await.json();
    let path = format!(
        "{factors}/{}/activate",
        begun["factor"]["id"].as_str().unwrap()
    );
    let answer = json!({"credential": key.create(&begun["webauthn"], &plain())});
    let done = api.post(&path, &answer).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let done = done.json();
    assert_eq!(done["state"], "complete");
    assert_eq!(done["factor"]["label"], "Blue key");
    assert_eq!(done["backup_codes"].as_array().unwrap().len(), 10);
}
