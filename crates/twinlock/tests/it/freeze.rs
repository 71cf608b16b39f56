//! "This was not me": freezing, what works meanwhile (nothing), and the way back (C7, E8; attack rows M18, E11, E12 and the freeze used
//! against its owner). A kill between two steps needs no test of its own: a press is one transaction, and so is a thaw.

use http::{Method, StatusCode};
use twinlock::app::{FrozenBy, Refusal};
use twinlock::authenticators::{Kind, Removal, Since};
use twinlock::freeze::flow::{WayBack, press};
use twinlock::outbox::Topic;
use twinlock::routes::table;
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::gate::{Completed, Progress, Step};
use twinlock::sign_in::reset::{By, reset_two_factor};
use twinlock::{authenticators, freeze, undo};
use twinlock_db::Locks;
use twinlock_testkit::phone::Phone;

use crate::support::books::{credentials, nothing_is_active};
use crate::support::browser::form_body;
use crate::support::caller::{NOT_THAT_CODE, PASSWORD, completed, was_turned_away};
use crate::support::{Caller, Person, Place, TestApp, refused};

on_both_engines!(
    e8_m08_a_link_freezes_once_and_looking_spends_nothing,
    e8_m17_a_link_dies_after_72_hours_to_the_second,
    e8_nothing_of_a_frozen_account_works,
    e8_what_was_turned_off_comes_back_with_its_last_step,
    e8_an_app_added_since_neither_opens_the_account_nor_survives,
    e8_an_app_set_up_anew_gives_way_to_the_one_before,
    e8_codes_made_since_are_dead_and_spent_ones_stay_spent,
    e8_a_changed_password_has_to_be_changed_again,
    e8_without_a_second_factor_the_way_back_is_mailbox_and_new_password,
    e8_an_older_link_reaches_further_back_and_a_newer_one_does_not,
    e8_after_the_thaw_every_link_is_dead,
    e8_whoever_turns_it_on_and_disavows_that_proves_it_and_keeps_it,
    e8_a_reset_can_be_undone,
    e8_a_reset_of_what_was_lost_cannot,
    e8_what_was_lost_never_comes_back_but_the_codes_of_then_do,
    e8_only_another_method_or_a_code_calls_a_method_lost,
    m18_the_mailbox_alone_opens_nothing,
    m18_a_mailbox_and_a_new_password_take_no_second_factor_away,
    e12_a_phone_and_a_password_without_the_mailbox_open_nothing,
    e11_a_hijacker_who_turned_it_on_has_no_mailbox_and_the_owner_has_support,
    what_others_froze_no_sign_in_opens,
    freezing_by_a_key_is_idempotent_and_knows_whose_account_it_is,
    an_owners_freeze_ends_by_an_administrators_key_with_nothing_brought_back,
    pressing_twice_at_once_freezes_once,
    pressing_while_the_thief_changes_something_leaves_nothing_of_the_thief,
    pressing_while_a_sign_in_completes_leaves_no_session_that_works,
    removed_methods_go_after_their_time_and_not_while_the_account_is_frozen,
    the_json_api_tells_a_thaw_in_the_words_of_a_sign_in,
);

/// The token of the link in a notice about what happens now.
async fn link(app: &TestApp, person: &Person, topic: Topic) -> String {
    let account = person.account;
    let moment = app.caller("203.0.113.66").moment();
    let issued = moment.write(Locks::account(account.0), move |w| {
        undo::issue(w, account, topic.word())
    });
    issued.await.unwrap().expect("a person with a mailbox")
}

/// Presses the button behind a link; the way back.
async fn pressed(app: &TestApp, token: &str) -> Option<WayBack> {
    press(&app.caller("198.51.100.9").moment(), token)
        .await
        .unwrap()
}

/// Somebody who got hold of the person's password, phone and an open session.
async fn thief(app: &TestApp, person: &Person) -> (Caller, twinlock::session::flow::Acting) {
    let mut thief = app.caller("203.0.113.66");
    let session = thief.sign_in(person).await;
    let acting = thief.acting(&session.token).await;
    app.forward(30);
    (thief, acting)
}

/// The thief turns two-factor authentication off; the link in the mail about it.
async fn turned_off(app: &TestApp, person: &Person) -> String {
    let (thief, acting) = thief(app, person).await;
    let code = thief.code(person);
    settings::disable(&thief.moment(), &acting, code)
        .await
        .unwrap();
    link(app, person, Topic::TwoFactorOff).await
}

/// Proves the mailbox in the middle of a sign-in.
async fn prove_mailbox(caller: &Caller, token: &str, person: &Person) -> Progress {
    sign_in::send_code(&caller.moment(), token, false)
        .await
        .unwrap();
    let code = caller.app.mailed_code(&person.email).await;
    sign_in::verify_code(&caller.moment(), token, &code)
        .await
        .unwrap()
}

/// Opens the account again with password, a code and the mailbox.
async fn thaw(caller: &Caller, person: &Person, code: &str) -> Progress {
    let token = caller.half_session(person).await;
    let progress = caller.verify(&token, code).await.unwrap();
    assert!(matches!(progress.step, Step::VerifyEmail { .. }));
    prove_mailbox(caller, &progress.token.unwrap(), person).await
}

async fn thawed(app: &TestApp, person: &Person) -> Completed {
    let caller = app.caller("192.0.2.1");
    app.forward(30);
    completed(thaw(&caller, person, &caller.code(person)).await)
}

async fn is_frozen(app: &TestApp, person: &Person) -> bool {
    let sql = "SELECT COUNT(*) FROM account WHERE account_id = ?1 AND frozen_at IS NOT NULL";
    app.number(sql, &[person.account.into()]).await == 1
}

async fn held(app: &TestApp, person: &Person) -> authenticators::Held {
    let account = person.account;
    app.work_on(account, move |w| authenticators::held(w, account))
        .await
}

async fn e8_m08_a_link_freezes_once_and_looking_spends_nothing(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let path = undo::path(&turned_off(&app, &ann).await);
    app.forward(7200);
    let mut browser = app.browser();
    for _ in 0..3 {
        let looked = browser.get(&path).await;
        assert_eq!(looked.status, StatusCode::OK);
        let head = browser.send(Method::HEAD, &path, &[], None).await;
        assert_eq!(head.status, StatusCode::OK);
        assert_eq!(head.header("referrer-policy"), "no-referrer");
    }
    assert!(!is_frozen(&app, &ann).await);
    browser.open(&path).await;
    browser.must_see("Two-factor authentication was turned off for your");
    browser.must_see("Firefox on Linux");
    browser.must_see("today, 15 Jan 2027, 09:01 UTC");
    browser.press("This was not me: freeze my account").await;
    browser.must_see("Your account is frozen");
    browser
        .must_see("a text to your number or your security key, as they were before this happened");
    assert!(
        !browser.path.contains("tlu_"),
        "the token stays out of the page that follows: {}",
        browser.path
    );
    assert!(is_frozen(&app, &ann).await);
    let mail = app.last_mail_to(&ann.email).await;
    assert!(mail.subject.contains("your account is frozen"));
    assert!(!mail.text.contains("/not-me/"), "{}", mail.text);

    for used in [path.as_str(), "/not-me/nothing", "/not-me/tlu_x"] {
        let again = browser.post(used, &[]).await;
        assert_eq!(again.status, StatusCode::GONE, "{used}");
        let looked = browser.get(used).await;
        assert_eq!(looked.status, StatusCode::GONE, "{used}");
        assert!(looked.body.contains("This link does not work any more"));
    }
}

async fn e8_m17_a_link_dies_after_72_hours_to_the_second(place: &Place) {
    let app = place.app().await;
    for (seconds, good) in [
        (72 * 3600 - 1, true),
        (72 * 3600, false),
        (72 * 3600 + 1, false),
    ] {
        let bob = app.person(&format!("bob{seconds}@example.org")).await;
        let token = link(&app, &bob, Topic::PasswordChanged).await;
        app.forward(seconds);
        let moment = app.caller("192.0.2.1").moment();
        let looked = freeze::flow::look(&moment, &token).await.unwrap();
        assert_eq!(looked.is_some(), good, "{seconds} s");
        assert_eq!(pressed(&app, &token).await.is_some(), good, "{seconds} s");
        assert_eq!(is_frozen(&app, &bob).await, good, "{seconds} s");
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "every use of an account, one after the other"
)]
async fn e8_nothing_of_a_frozen_account_works(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await.token;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session);
    assert_eq!(
        browser.get("/settings/security").await.status,
        StatusCode::OK
    );
    app.forward(1);
    let token = link(&app, &ann, Topic::MethodAdded).await;
    pressed(&app, &token).await.unwrap();
    let before = credentials(&app).await;
    let bearer = format!("Bearer {session}");
    for route in table() {
        if route.guard.who != twinlock::edge::Who::Session {
            continue;
        }
        let path = route
            .path
            .split('/')
            .map(|part| match part.starts_with('{') {
                true => "01890000-0000-7000-8000-000000000000",
                false => part,
            })
            .collect::<Vec<_>>()
            .join("/");
        let writes = route.method != Method::GET && route.method != Method::DELETE;
        let is_api = path.starts_with("/api/");
        let body = writes.then(|| match is_api {
            true => String::from("{}"),
            false => form_body(&[]).unwrap(),
        });
        let mut headers = vec![("sec-fetch-site", "same-origin"), ("origin", "null")];
        if is_api {
            headers.push(("content-type", "application/json"));
        }
        let by_cookie = browser
            .send(route.method.clone(), &path, &headers, body.clone())
            .await;
        assert_eq!(by_cookie.status, StatusCode::FORBIDDEN, "{path}");
        if is_api {
            headers.push(("authorization", &bearer));
            let by_bearer = app
                .browser()
                .send(route.method.clone(), &path, &headers, body)
                .await;
            assert_eq!(by_bearer.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(by_bearer.json()["code"], "frozen", "{path}");
        }
    }
    assert_eq!(credentials(&app).await, before);
    let told = browser.get("/settings/security").await;
    assert!(
        told.body.contains("opens it again by signing in"),
        "{}",
        told.body
    );
    // Where everybody may look they may look too, the sign-in page above all.
    assert_eq!(browser.get("/sign-in").await.status, StatusCode::OK);
    // Nothing that happens now can be disavowed: it is not the owner who does it.
    let account = ann.account;
    let issued = app
        .work_on(account, move |w| undo::issue(w, account, "new-device"))
        .await;
    assert!(issued.is_none());
}

async fn e8_what_was_turned_off_comes_back_with_its_last_step(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut own = app.caller("192.0.2.1");
    let older = own.sign_in(&ann).await;
    let token = turned_off(&app, &ann).await;
    let spent = own.code(&ann);
    let way = pressed(&app, &token).await.unwrap();
    assert_eq!(way, WayBack::SignIn(Since::Before));

    // The code that turned it off was spent then, and is not good again.
    let caller = app.caller("192.0.2.1");
    let half = caller.half_session(&ann).await;
    assert_eq!(refused(caller.verify(&half, &spent).await), NOT_THAT_CODE);
    let session = thawed(&app, &ann).await;
    assert!(!is_frozen(&app, &ann).await);
    assert_eq!(
        session.session.second_factor.map(|proof| proof.word()),
        Some("totp")
    );
    assert_eq!(session.return_to.as_deref(), Some("/settings/open-again"));
    let held = held(&app, &ann).await;
    assert_eq!(held.factors.len(), 1);
    assert!(held.factors[0].preferred);
    assert_eq!(held.codes_left(), 10);
    let sessions = "SELECT COUNT(*) FROM session WHERE account_id = ?1";
    assert_eq!(app.number(sessions, &[ann.account.into()]).await, 1);
    assert!(own.try_acting(&older.token).await.is_none());
    assert_eq!(app.mails_about(&ann.email, "open again").await, 1);
    let mails = app.mails_to(&ann.email).await;
    let mail = mails
        .iter()
        .find(|mail| mail.subject.contains("open again"));
    let text = &mail.unwrap().text;
    assert!(text.contains("Counts again: Phone"), "{text}");
    // It counts as always.
    app.forward(30);
    let next = own.sign_in(&ann).await;
    assert!(next.session.second_factor.is_some());

    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    browser.open("/settings/open-again").await;
    browser.must_see("Your account is open again");
    browser.must_see("Phone");
}

async fn e8_an_app_added_since_neither_opens_the_account_nor_survives(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let (thief, acting) = thief(&app, &ann).await;
    let mut theirs = ann.clone();
    thief.set_up_app(&mut theirs, &acting).await;
    let token = link(&app, &ann, Topic::MethodAdded).await;
    app.forward(60);
    // Signed in with the new app, and waiting at its last step: over with the press.
    let half = thief.half_session(&theirs).await;
    pressed(&app, &token).await.unwrap();
    let code = thief.code(&theirs);
    assert_eq!(
        refused(thief.verify(&half, &code).await),
        Refusal::SignInExpired
    );
    let half = thief.half_session(&theirs).await;
    assert_eq!(refused(thief.verify(&half, &code).await), NOT_THAT_CODE);

    let session = thawed(&app, &ann).await;
    assert!(session.session.second_factor.is_some());
    assert_eq!(held(&app, &ann).await.factors.len(), 1);
    let kept = "SELECT COUNT(*) FROM authenticator WHERE account_id = ?1";
    assert_eq!(
        app.number(kept, &[ann.account.into()]).await,
        1,
        "what came since is gone for good"
    );
    app.forward(60);
    let half = thief.half_session(&theirs).await;
    let code = thief.code(&theirs);
    assert_eq!(refused(thief.verify(&half, &code).await), NOT_THAT_CODE);
}

async fn e8_an_app_set_up_anew_gives_way_to_the_one_before(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let old = held(&app, &ann).await.factors[0].id;
    let (thief, acting) = thief(&app, &ann).await;
    let begun = settings::begin_app(&thief.moment(), &acting, String::new(), Some(old)).await;
    let pending = begun.unwrap();
    let theirs = Phone::scan(&pending.uri).unwrap();
    let code = theirs.code_at(app.time.seconds());
    settings::confirm(&thief.moment(), &acting, pending.id, code)
        .await
        .unwrap();
    assert_eq!(held(&app, &ann).await.factors[0].id, pending.id);
    let token = link(&app, &ann, Topic::MethodReplaced).await;
    pressed(&app, &token).await.unwrap();
    thawed(&app, &ann).await;
    let held = held(&app, &ann).await;
    assert_eq!(held.ids(), [old]);
    assert!(held.factors[0].preferred);
}

async fn e8_codes_made_since_are_dead_and_spent_ones_stay_spent(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let (thief, acting) = thief(&app, &ann).await;
    let caller = app.caller("192.0.2.1");
    let half = caller.half_session(&ann).await;
    completed(caller.verify(&half, &ann.codes[0]).await.unwrap());
    app.forward(1);
    let made = settings::make_codes(&thief.moment(), &acting)
        .await
        .unwrap();
    let token = link(&app, &ann, Topic::BackupCodesMade).await;
    pressed(&app, &token).await.unwrap();

    let half = caller.half_session(&ann).await;
    for dead in [&made.codes[0], &ann.codes[0]] {
        let outcome = caller.verify_as(&half, dead, Some(Kind::BackupCode)).await;
        assert_eq!(refused(outcome), NOT_THAT_CODE);
    }
    completed(thaw(&caller, &ann, &ann.codes[1]).await);
    let sheet = held(&app, &ann).await.backup_codes.unwrap();
    assert_eq!((sheet.sheet, sheet.remaining), (1, 8));
    let half = caller.half_session(&ann).await;
    for dead in [&made.codes[1], &ann.codes[0], &ann.codes[1]] {
        assert_eq!(refused(caller.verify(&half, dead).await), NOT_THAT_CODE);
    }
    completed(caller.verify(&half, &ann.codes[2]).await.unwrap());
}

async fn e8_a_changed_password_has_to_be_changed_again(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let (thief, acting) = thief(&app, &ann).await;
    let current = Some(PASSWORD.to_owned());
    settings::change_password(&thief.moment(), &acting, current, "the thief's own words")
        .await
        .unwrap();
    let token = link(&app, &ann, Topic::PasswordChanged).await;
    pressed(&app, &token).await.unwrap();
    // The owner no longer knows the password, and begins with the mailbox.
    app.forward(30);
    let caller = app.caller("192.0.2.1");
    let progress = by_mail(&caller, &ann, false).await;
    assert!(matches!(progress.step, Step::SecondFactor { .. }));
    let half = progress.token.unwrap();
    let progress = caller.verify(&half, &caller.code(&ann)).await.unwrap();
    assert!(matches!(progress.step, Step::NewPassword));
    assert!(is_frozen(&app, &ann).await);
    let token = progress.token.unwrap();
    let opened = sign_in::set_new_password(&caller.moment(), &token, PASSWORD).await;
    completed(opened.unwrap());
    assert!(!is_frozen(&app, &ann).await);
    caller.half_session(&ann).await;
}

/// A mailed code as first factor, or on the way to a new password.
async fn by_mail(caller: &Caller, person: &Person, reset: bool) -> Progress {
    let token = caller.begin(&person.email).await;
    let sent = sign_in::send_code(&caller.moment(), &token, reset)
        .await
        .unwrap();
    let code = caller.app.mailed_code(&person.email).await;
    sign_in::verify_code(&caller.moment(), &sent.1.unwrap(), &code)
        .await
        .unwrap()
}

async fn e8_without_a_second_factor_the_way_back_is_mailbox_and_new_password(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    app.forward(3600);
    let token = link(&app, &bob, Topic::NewDevice).await;
    let way = pressed(&app, &token).await.unwrap();
    assert_eq!(way, WayBack::SignIn(Since::Never));
    let caller = app.caller("192.0.2.1");
    let progress = caller.try_password(&bob.email, PASSWORD).await.unwrap();
    assert!(matches!(progress.step, Step::VerifyEmail { .. }));
    let progress = prove_mailbox(&caller, &progress.token.unwrap(), &bob).await;
    assert!(matches!(progress.step, Step::NewPassword));
    let token = progress.token.unwrap();
    let new = "otters sleep in kelp";
    completed(
        sign_in::set_new_password(&caller.moment(), &token, new)
            .await
            .unwrap(),
    );
    assert!(!is_frozen(&app, &bob).await);
    let old = caller.try_password(&bob.email, PASSWORD).await;
    assert_eq!(refused(old), Refusal::InvalidCredentials);
    completed(caller.try_password(&bob.email, new).await.unwrap());
}

async fn e8_an_older_link_reaches_further_back_and_a_newer_one_does_not(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let (thief, acting) = thief(&app, &ann).await;
    let mut theirs = ann.clone();
    thief.set_up_app(&mut theirs, &acting).await;
    let added = link(&app, &ann, Topic::MethodAdded).await;
    app.forward(30);
    let own = held(&app, &ann).await.factors[0].id;
    settings::remove(&thief.moment(), &acting, own, Removal::Undoable)
        .await
        .unwrap();
    let removed = link(&app, &ann, Topic::MethodRemoved).await;
    app.forward(1);
    let newest = link(&app, &ann, Topic::NewDevice).await;
    let before = "SELECT frozen_before FROM account WHERE account_id = ?1";
    pressed(&app, &removed).await.unwrap();
    let first = app.number(before, &[ann.account.into()]).await;
    pressed(&app, &newest).await.unwrap();
    assert_eq!(app.number(before, &[ann.account.into()]).await, first);

    // So far the app that was there before the removal, the thief's, still counts; a sign-in has even passed it.
    app.forward(30);
    let half = thief.half_session(&theirs).await;
    let code = thief.code(&theirs);
    let waiting = thief.verify(&half, &code).await.unwrap();
    assert!(matches!(waiting.step, Step::VerifyEmail { .. }));
    pressed(&app, &added).await.unwrap();
    assert_eq!(
        app.number(before, &[ann.account.into()]).await,
        first - 30_000
    );
    let over = sign_in::current(&thief.moment(), &waiting.token.unwrap()).await;
    assert_eq!(refused(over), Refusal::SignInExpired);
    app.forward(30);
    let half = thief.half_session(&theirs).await;
    let code = thief.code(&theirs);
    assert_eq!(refused(thief.verify(&half, &code).await), NOT_THAT_CODE);
    thawed(&app, &ann).await;
    assert_eq!(held(&app, &ann).await.ids(), [own]);
}

async fn e8_after_the_thaw_every_link_is_dead(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let other = link(&app, &ann, Topic::NewDevice).await;
    let token = turned_off(&app, &ann).await;
    pressed(&app, &token).await.unwrap();
    thawed(&app, &ann).await;
    assert_eq!(pressed(&app, &other).await, None);
    assert!(!is_frozen(&app, &ann).await);
    // What happens from here on has a link of its own again.
    link(&app, &ann, Topic::NewDevice).await;
}

async fn e8_whoever_turns_it_on_and_disavows_that_proves_it_and_keeps_it(place: &Place) {
    let app = place.app().await;
    let mut caller = app.caller("198.51.100.77");
    let (mut ann, signed_up) = caller.sign_up("ann@example.org").await;
    app.forward(1);
    let acting = caller.acting(&signed_up.token).await;
    caller.set_up_app(&mut ann, &acting).await;
    let token = link(&app, &ann, Topic::TwoFactorOn).await;
    app.forward(3600);
    // A second app came later; the oldest is the one that is proven, so only it is known to be the owner's.
    let (thief, acting) = thief(&app, &ann).await;
    let mut theirs = ann.clone();
    thief.set_up_app(&mut theirs, &acting).await;
    let way = pressed(&app, &token).await.unwrap();
    assert_eq!(way, WayBack::SignIn(Since::Now));
    app.forward(30);
    let caller = app.caller("192.0.2.1");
    let progress = thaw(&caller, &ann, &caller.code(&ann)).await;
    assert!(matches!(progress.step, Step::NewPassword));
    let token = progress.token.unwrap();
    let new = "otters sleep in kelp";
    completed(
        sign_in::set_new_password(&caller.moment(), &token, new)
            .await
            .unwrap(),
    );
    let held = held(&app, &ann).await;
    assert_eq!(held.factors.len(), 1);
    assert_eq!(held.codes_left(), 10);
}

async fn e8_a_reset_can_be_undone(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let token = reset(&app, &ann, Removal::Undoable).await;
    assert!(nothing_is_active(&credentials(&app).await));
    let way = pressed(&app, &token).await.unwrap();
    assert_eq!(way, WayBack::SignIn(Since::Before));
    thawed(&app, &ann).await;
    assert_eq!(held(&app, &ann).await.codes_left(), 10);
    let required = "SELECT enrolment_required FROM account WHERE account_id = ?1";
    assert_eq!(app.number(required, &[ann.account.into()]).await, 0);
}

async fn reset(app: &TestApp, person: &Person, removal: Removal) -> String {
    let account = person.account;
    app.work_on(account, move |w| {
        reset_two_factor(w, account, "somebody called", &By::machine(), removal)
    })
    .await;
    link(app, person, Topic::TwoFactorReset).await
}

async fn e8_a_reset_of_what_was_lost_cannot(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let token = reset(&app, &ann, Removal::Lost).await;
    let way = pressed(&app, &token).await.unwrap();
    assert_eq!(way, WayBack::SignIn(Since::Never));
    let caller = app.caller("192.0.2.1");
    let progress = caller.try_password(&ann.email, PASSWORD).await.unwrap();
    let progress = prove_mailbox(&caller, &progress.token.unwrap(), &ann).await;
    let token = progress.token.unwrap();
    let opened = sign_in::set_new_password(&caller.moment(), &token, "otters sleep in kelp").await;
    // As after every reset, a new one comes before anything else.
    assert!(matches!(opened.unwrap().step, Step::Enrol(_)));
    assert!(!is_frozen(&app, &ann).await);
    assert!(nothing_is_active(&credentials(&app).await));
}

/// Ann, whose phone was stolen: she came in with a backup code, set up another phone, and removed the old one as lost.
async fn after_a_theft(app: &TestApp) -> (Person, Person, String, String) {
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let half = caller.half_session(&ann).await;
    let session = completed(caller.verify(&half, &ann.codes[0]).await.unwrap());
    let acting = caller.acting(&session.token).await;
    app.forward(60);
    let mut now = ann.clone();
    caller.set_up_app(&mut now, &acting).await;
    let added = link(app, &ann, Topic::MethodAdded).await;
    app.forward(60);
    let stolen = held(app, &ann).await.factors[0].id;
    settings::remove(&caller.moment(), &acting, stolen, Removal::Lost)
        .await
        .unwrap();
    let removed = link(app, &ann, Topic::MethodRemoved).await;
    (ann, now, added, removed)
}

async fn e8_what_was_lost_never_comes_back_but_the_codes_of_then_do(place: &Place) {
    let app = place.app().await;
    let (stolen, now, added, removed) = after_a_theft(&app).await;
    pressed(&app, &removed).await.unwrap();
    app.forward(30);
    let caller = app.caller("192.0.2.1");
    let half = caller.half_session(&stolen).await;
    let code = caller.code(&stolen);
    assert_eq!(refused(caller.verify(&half, &code).await), NOT_THAT_CODE);
    // Further back nothing is left but the codes of then: not the phone that came since, and not the stolen one.
    pressed(&app, &added).await.unwrap();
    app.forward(30);
    let half = caller.half_session(&now).await;
    for code in [caller.code(&now), caller.code(&stolen)] {
        let outcome = caller.verify(&half, &code).await;
        assert!(matches!(
            refused(outcome),
            Refusal::InvalidCode { .. } | Refusal::NoFactor
        ));
    }
    let progress = thaw(&caller, &stolen, &stolen.codes[1]).await;
    assert!(matches!(progress.step, Step::Enrol(_)));
    assert!(nothing_is_active(&credentials(&app).await));
    let token = progress.token.unwrap();
    let begun = sign_in::enrolment::begin(&caller.moment(), &token, String::new()).await;
    let pending = begun.unwrap();
    let phone = Phone::scan(&pending.uri).unwrap();
    let code = phone.code_at(app.time.seconds());
    let done = sign_in::enrolment::confirm(&caller.moment(), &token, pending.id, code).await;
    let session = completed(done.unwrap().progress);
    assert_eq!(session.return_to.as_deref(), Some("/settings/open-again"));
    assert_eq!(held(&app, &stolen).await.factors.len(), 1);
}

async fn e8_only_another_method_or_a_code_calls_a_method_lost(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let own = held(&app, &ann).await.factors[0].id;
    let (thief, acting) = thief(&app, &ann).await;
    let mut theirs = ann.clone();
    thief.set_up_app(&mut theirs, &acting).await;
    // With an app that came a moment ago nobody takes the owner's away for good.
    let outcome = settings::remove(&thief.moment(), &acting, own, Removal::Lost).await;
    assert_eq!(refused(outcome), Refusal::ProveByAnother);
    assert_eq!(held(&app, &ann).await.factors.len(), 2);

    // Nor does the thing itself call itself lost.
    app.forward(73 * 3600);
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let outcome = settings::remove(&caller.moment(), &acting, own, Removal::Lost).await;
    assert_eq!(refused(outcome), Refusal::ProveByAnother);
    // Another method that is older than three days does.
    let session = caller.sign_in(&theirs).await;
    let acting = caller.acting(&session.token).await;
    settings::remove(&caller.moment(), &acting, own, Removal::Lost)
        .await
        .unwrap();
    let gone = "SELECT COUNT(*) FROM authenticator WHERE account_id = ?1 AND lost = 1";
    assert_eq!(app.number(gone, &[ann.account.into()]).await, 1);
}

async fn m18_the_mailbox_alone_opens_nothing(place: &Place) {
    let app = place
        .app_with(|settings| {
            settings
                .sign_in
                .methods
                .push(twinlock::config::Method::EmailCode);
            settings.sign_in.methods.dedup();
        })
        .await;
    let ann = app.person_with_app("ann@example.org").await;
    let token = turned_off(&app, &ann).await;
    // Whoever reads the mailbox has the link too.
    pressed(&app, &token).await.unwrap();
    app.forward(3600);
    let caller = app.caller("203.0.113.99");
    let progress = by_mail(&caller, &ann, false).await;
    let Step::SecondFactor { factors, .. } = &progress.step else {
        panic!("the second factor of before is asked");
    };
    assert_eq!(factors.len(), 1);
    let token = progress.token.unwrap();
    let outcome = sign_in::set_new_password(&caller.moment(), &token, "mine mine mine mine").await;
    assert_eq!(refused(outcome), Refusal::WrongStep);
    let begun = sign_in::enrolment::begin(&caller.moment(), &token, String::new()).await;
    assert!(matches!(
        begun,
        Err(twinlock::app::Stop::Refused(Refusal::WrongStep))
    ));
    assert!(is_frozen(&app, &ann).await);
}

async fn m18_a_mailbox_and_a_new_password_take_no_second_factor_away(place: &Place) {
    let app = place.app().await;
    // One had a second factor before, the other has one now.
    let ann = app.person_with_app("ann@example.org").await;
    let before = turned_off(&app, &ann).await;
    let mut caller = app.caller("198.51.100.77");
    let (mut bob, signed_up) = caller.sign_up("bob@example.org").await;
    let acting = caller.acting(&signed_up.token).await;
    caller.set_up_app(&mut bob, &acting).await;
    let now = link(&app, &bob, Topic::TwoFactorOn).await;
    for (person, token) in [(&ann, before), (&bob, now)] {
        pressed(&app, &token).await.unwrap();
        app.forward(3600);
        let stranger = app.caller("203.0.113.99");
        let progress = by_mail(&stranger, person, true).await;
        assert!(matches!(progress.step, Step::SecondFactor { .. }));
        let token = progress.token.unwrap();
        let set = sign_in::set_new_password(&stranger.moment(), &token, "mine mine mine").await;
        assert_eq!(refused(set), Refusal::WrongStep);
        assert!(is_frozen(&app, person).await);
        assert_eq!(
            refused(stranger.verify(&token, &stranger.wrong(person, 1)).await),
            NOT_THAT_CODE
        );
    }
}

async fn e12_a_phone_and_a_password_without_the_mailbox_open_nothing(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let token = turned_off(&app, &ann).await;
    pressed(&app, &token).await.unwrap();
    app.forward(30);
    let thief = app.caller("203.0.113.66");
    let half = thief.half_session(&ann).await;
    let progress = thief.verify(&half, &thief.code(&ann)).await.unwrap();
    assert!(matches!(progress.step, Step::VerifyEmail { .. }));
    let token = progress.token.unwrap();
    let guessed = sign_in::verify_code(&thief.moment(), &token, "ABCD-EFGH").await;
    assert_eq!(refused(guessed), Refusal::InvalidMailedCode);
    let set = sign_in::set_new_password(&thief.moment(), &token, "mine mine mine mine").await;
    assert_eq!(refused(set), Refusal::WrongStep);
    assert!(is_frozen(&app, &ann).await);
}

async fn e11_a_hijacker_who_turned_it_on_has_no_mailbox_and_the_owner_has_support(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    app.forward(3600);
    let mut hijacker = app.caller("203.0.113.66");
    let session = hijacker.sign_in(&bob).await;
    let acting = hijacker.acting(&session.token).await;
    let mut theirs = bob.clone();
    hijacker.set_up_app(&mut theirs, &acting).await;
    let token = link(&app, &bob, Topic::TwoFactorOn).await;
    let way = pressed(&app, &token).await.unwrap();
    assert_eq!(way, WayBack::SignIn(Since::Now));
    app.forward(30);
    let half = hijacker.half_session(&theirs).await;
    let progress = hijacker
        .verify(&half, &hijacker.code(&theirs))
        .await
        .unwrap();
    assert!(matches!(progress.step, Step::VerifyEmail { .. }));
    // The owner has the mailbox and no code: an administrator makes sure who asks, and resets.
    let caller = app.caller("192.0.2.1");
    let progress = by_mail(&caller, &bob, true).await;
    assert!(matches!(progress.step, Step::SecondFactor { .. }));
    reset(&app, &bob, Removal::Undoable).await;
    assert!(!is_frozen(&app, &bob).await);
    app.forward(60);
    let progress = by_mail(&caller, &bob, true).await;
    assert!(matches!(progress.step, Step::Enrol(_)));
}

async fn what_others_froze_no_sign_in_opens(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let token = turned_off(&app, &ann).await;
    let account = ann.account;
    app.work_on(account, move |w| {
        twinlock::account::store::freeze(w, account, FrozenBy::Administrator)
    })
    .await;
    // The owner's press changes nothing of it.
    assert_eq!(pressed(&app, &token).await, Some(WayBack::Others));
    let caller = app.caller("192.0.2.1");
    let outcome = caller.try_password(&ann.email, PASSWORD).await;
    assert_eq!(refused(outcome), Refusal::Frozen(FrozenBy::Administrator));
    let by =
        "SELECT COUNT(*) FROM account WHERE frozen_by = 'administrator' AND frozen_before IS NULL";
    assert_eq!(app.number(by, &[]).await, 1);
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
async fn freezing_by_a_key_is_idempotent_and_knows_whose_account_it_is(place: &Place) {
    use twinlock::application::Scope;
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    let writes = app
        .api_key("Acme", &[Scope::AccountsWrite, Scope::Verify])
        .await;
    let all = app.api_key("Acme", &Scope::ALL).await;
    let mut shop = app.api().with(&writes);
    let mut office = app.api().with(&all);
    let persons = format!("/api/v1/accounts/{}", ann.account);
    let body = serde_json::json!({"external_id": "user-42", "email": "bob@example.org"});
    let made = shop.post("/api/v1/accounts", &body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let users = String::from("/api/v1/accounts/ext:user-42");

    // A person is nobody to a key without scope admin.
    let foreign = shop
        .call(Method::POST, &format!("{persons}/freeze"), None)
        .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        let frozen = office
            .call(Method::POST, &format!("{persons}/freeze"), None)
            .await;
        assert_eq!(frozen.status, StatusCode::NO_CONTENT);
        let frozen = shop
            .call(Method::POST, &format!("{users}/freeze"), None)
            .await;
        assert_eq!(frozen.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(app.mails_about(&ann.email, "account is frozen").await, 1);
    assert_eq!(app.mails_about("bob@example.org", "frozen").await, 0);
    let by = "SELECT COUNT(*) FROM account WHERE frozen_by = 'application'";
    assert_eq!(app.number(by, &[]).await, 1);
    assert!(
        app.caller("192.0.2.1")
            .try_acting(&session.token)
            .await
            .is_none()
    );
    let code = serde_json::json!({"code": "123456"});
    let verified = shop.post(&format!("{users}/verify"), &code).await;
    assert_eq!(verified.status, StatusCode::FORBIDDEN);
    assert_eq!(verified.json()["code"], "frozen");
    assert_eq!(
        shop.get(&users).await.status,
        StatusCode::FORBIDDEN,
        "another scope"
    );
    assert_eq!(office.get(&users).await.json()["frozen"], true);
    for _ in 0..2 {
        let open = shop
            .call(Method::POST, &format!("{users}/unfreeze"), None)
            .await;
        assert_eq!(open.status, StatusCode::NO_CONTENT);
        let open = office
            .call(Method::POST, &format!("{persons}/unfreeze"), None)
            .await;
        assert_eq!(open.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(office.get(&users).await.json()["frozen"], false);
    assert_eq!(app.mails_about(&ann.email, "open again").await, 1);
    app.caller("192.0.2.1").half_session(&ann).await;
    // An application's user has no door here, so no link either.
    let account = app.number(
        "SELECT COUNT(*) FROM account WHERE application_id IS NOT NULL",
        &[],
    );
    assert_eq!(account.await, 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM undo_link", &[]).await, 0);
}

async fn an_owners_freeze_ends_by_an_administrators_key_with_nothing_brought_back(place: &Place) {
    use twinlock::application::Scope;
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let other = link(&app, &ann, Topic::NewDevice).await;
    let token = turned_off(&app, &ann).await;
    pressed(&app, &token).await.unwrap();
    let key = app.api_key("Acme", &Scope::ALL).await;
    let path = format!("/api/v1/accounts/{}/unfreeze", ann.account);
    let open = app.api().with(&key).call(Method::POST, &path, None).await;
    assert_eq!(open.status, StatusCode::NO_CONTENT);
    assert!(!is_frozen(&app, &ann).await);
    assert!(!held(&app, &ann).await.is_on());
    let sessions = "SELECT COUNT(*) FROM session WHERE account_id = ?1";
    assert_eq!(app.number(sessions, &[ann.account.into()]).await, 0);
    assert_eq!(
        pressed(&app, &other).await,
        None,
        "links of before are over"
    );
    assert_eq!(app.mails_about(&ann.email, "open again").await, 1);
}

async fn pressing_twice_at_once_freezes_once(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    for round in 0..5 {
        let token = link(&app, &ann, Topic::NewDevice).await;
        let mut presses = Vec::new();
        for n in 0..20 {
            let moment = app.caller(&format!("198.51.100.{n}")).moment();
            let token = token.clone();
            presses.push(tokio::spawn(async move { press(&moment, &token).await }));
        }
        let mut froze = 0;
        for press in presses {
            match press.await.unwrap() {
                Ok(Some(_)) => froze += 1,
                Ok(None) => {}
                outcome => assert!(was_turned_away(&outcome), "{round}: {outcome:?}"),
            }
        }
        assert_eq!(froze, 1, "{round}");
        app.forward(3600);
        thawed(&app, &ann).await;
        app.forward(3600);
    }
    assert_eq!(app.mails_about(&ann.email, "is frozen").await, 5);
}

async fn pressing_while_the_thief_changes_something_leaves_nothing_of_the_thief(place: &Place) {
    let app = place.app().await;
    for round in 0..5 {
        let ann = app
            .person_with_app(&format!("ann{round}@example.org"))
            .await;
        let (thief, acting) = thief(&app, &ann).await;
        let token = link(&app, &ann, Topic::NewDevice).await;
        app.forward(1);
        let begun = settings::begin_app(&thief.moment(), &acting, String::new(), None).await;
        let pending = begun.unwrap();
        let phone = Phone::scan(&pending.uri).unwrap();
        let code = phone.code_at(app.time.seconds());
        let (moment, other) = (thief.moment(), app.caller("192.0.2.9").moment());
        let adding = tokio::spawn(async move {
            settings::confirm(&moment, &acting, pending.id, code)
                .await
                .map(|_| ())
        });
        let pressing = tokio::spawn(async move { press(&other, &token).await });
        let added = adding.await.unwrap();
        pressing
            .await
            .unwrap()
            .unwrap()
            .expect("a press that counts");
        if let Err(stop) = added {
            let why = refused::<()>(Err(stop));
            assert!(
                matches!(
                    why,
                    Refusal::Frozen(_) | Refusal::NotFound | Refusal::SignedOut
                ),
                "{why:?}"
            );
        }
        thawed(&app, &ann).await;
        let all = "SELECT COUNT(*) FROM authenticator WHERE account_id = ?1";
        assert_eq!(app.number(all, &[ann.account.into()]).await, 1, "{round}");
        app.forward(3600);
    }
}

async fn pressing_while_a_sign_in_completes_leaves_no_session_that_works(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    for round in 0..10 {
        // A day, so that the mails of the rounds before count no more.
        app.forward(24 * 3600);
        let token = link(&app, &ann, Topic::NewDevice).await;
        let thief = app.caller("203.0.113.66");
        let half = thief.half_session(&ann).await;
        let code = thief.code(&ann);
        let other = app.caller("192.0.2.9").moment();
        let same = thief.clone();
        let completing = tokio::spawn(async move { same.verify(&half, &code).await });
        let pressing = tokio::spawn(async move { press(&other, &token).await });
        let outcome = completing.await.unwrap();
        pressing
            .await
            .unwrap()
            .unwrap()
            .expect("a press that counts");
        if let Ok(progress) = outcome
            && let Step::Complete(session) = progress.step
        {
            let found = twinlock::session::flow::recognize(&thief.moment(), &session.token).await;
            let works = matches!(found, Ok(Some(_)));
            assert!(!works, "{round}");
        }
        app.forward(60);
        thawed(&app, &ann).await;
    }
}

async fn removed_methods_go_after_their_time_and_not_while_the_account_is_frozen(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    turned_off(&app, &ann).await;
    let token = turned_off(&app, &eve).await;
    let rows = "SELECT COUNT(*) FROM totp WHERE account_id = ?1";
    let purge = || app.work(authenticators::flow::purge);
    app.forward(71 * 3600);
    pressed(&app, &token).await.unwrap();
    purge().await.unwrap();
    assert_eq!(app.number(rows, &[ann.account.into()]).await, 1);
    app.forward(3 * 3600);
    purge().await.unwrap();
    assert_eq!(app.number(rows, &[ann.account.into()]).await, 0);
    assert_eq!(app.number(rows, &[eve.account.into()]).await, 1);
    // A week later the owner finds the time.
    app.forward(7 * 24 * 3600);
    purge().await.unwrap();
    thawed(&app, &eve).await;
}

async fn the_json_api_tells_a_thaw_in_the_words_of_a_sign_in(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let token = turned_off(&app, &ann).await;
    pressed(&app, &token).await.unwrap();
    app.forward(30);
    let mut api = app.api();
    let begun = api
        .post("/api/v1/sign-in", &serde_json::json!({"email": ann.email}))
        .await
        .json();
    assert!(
        begun.get("frozen").is_none(),
        "nothing is told before a first factor"
    );
    let (id, mut token) = (begun["id"].clone(), begun["token"].clone());
    let path = |step: &str| format!("/api/v1/sign-in/{}/{step}", id.as_str().unwrap());
    let steps = [
        (
            "password",
            serde_json::json!({"password": PASSWORD}),
            "second_factor",
        ),
        (
            "second-factor",
            serde_json::json!({"code": app.caller("192.0.2.1").code(&ann)}),
            "verify_email",
        ),
    ];
    for (step, body, state) in steps {
        let mut api = app.api().with(token.as_str().unwrap());
        let told = api.post(&path(step), &body).await.json();
        assert_eq!(
            (&told["state"], &told["frozen"]),
            (&state.into(), &true.into()),
            "{told}"
        );
        token = told["token"].clone();
    }
    let mut api = app.api().with(token.as_str().unwrap());
    let sent = api.post(&path("email-code"), &serde_json::json!({})).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    let code = app.mailed_code(&ann.email).await;
    let told = api
        .post(&path("verify-email"), &serde_json::json!({"code": code}))
        .await
        .json();
    assert_eq!(told["state"], "complete", "{told}");
    assert!(told.get("frozen").is_none());
}

#[test]
fn every_event_that_can_be_disavowed_is_named_on_the_page() {
    let catalog = twinlock::edge::texts::catalog().unwrap();
    let ids = catalog.ids("en");
    for topic in Topic::ALL
        .into_iter()
        .filter(|topic| topic.can_be_disavowed())
    {
        let id = format!("not-me-event-{}", topic.word());
        assert!(ids.contains(&id.as_str()), "{id} has no text");
    }
}
