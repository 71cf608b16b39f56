//! Trusted devices: what they skip, what they never skip, and what ends them (attack rows T, product lines B3, B8, D2, K6, E7).

use serde_json::json;
use twinlock::app::Refusal;
use twinlock::authenticators::Removal;
use twinlock::config::{Ask, Settings};
use twinlock::freeze::{flow as freezing, freeze_by_key, open_by_key};
use twinlock::session::Assurance;
use twinlock::session::flow::{end_one, end_others, sign_out};
use twinlock::settings::flow as settings;
use twinlock::settings::flow::sign_out_and_forget;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::gate::{Completed, Step};
use twinlock::sign_in::reset::{By, demand_new_password, reset_two_factor};
use twinlock::trusted_device::store;

use crate::support::caller::PASSWORD;
use crate::support::{Caller, Person, Place, TestApp, refused};

on_both_engines!(
    d1_b3_a_device_nobody_ticked_is_asked_every_time,
    b3_a_ticked_device_is_not_asked_for_thirty_days,
    d2_a_device_is_not_asked_until_it_is_signed_out_completely,
    k6_a_device_is_new_again_when_its_session_ended_by_time,
    b3_nobody_is_trusted_where_every_sign_in_is_asked,
    b3_a_trusted_device_skips_no_step_up_no_reset_and_no_other_account,
    t05_a_trusted_sign_in_claims_one_factor,
    t02_only_a_token_of_ours_is_a_device,
    t03_everything_that_changes_who_may_sign_in_ends_the_trust,
    t03_a_stricter_policy_counts_at_once,
    b8_e7_ending_a_session_from_afar_ends_the_trust_of_its_device,
    e7_ten_devices_are_trusted_at_most_and_each_can_be_removed,
    t07_hostile_names_of_devices_are_shown_as_text,
    e7_the_security_page_lists_the_devices_with_what_ends_them,
    d2_signing_out_completely_forgets_the_device_in_the_browser,
);

pub(crate) fn asking(ask: Ask) -> impl FnOnce(&mut Settings) {
    move |settings| settings.two_factor.ask = ask
}

const DAY: u64 = 24 * 3600;

async fn d1_b3_a_device_nobody_ticked_is_asked_every_time(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    caller.sign_in(&ann).await;
    assert!(caller.sign_in_without_code(&ann).await.is_none());
    caller.sign_in_saying(&ann, false).await;
    assert!(caller.sign_in_without_code(&ann).await.is_none());
}

async fn b3_a_ticked_device_is_not_asked_for_thirty_days(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    caller.sign_in_saying(&ann, true).await;
    assert!(caller.sign_in_without_code(&ann).await.is_some());
    app.forward(29 * DAY);
    assert!(caller.sign_in_without_code(&ann).await.is_some());
    // Using it does not make it last longer.
    app.forward(DAY);
    assert!(caller.sign_in_without_code(&ann).await.is_none());
    // Nor does it count anywhere else.
    let mut elsewhere = app.caller("192.0.2.1");
    assert!(elsewhere.sign_in_without_code(&ann).await.is_none());
}

async fn d2_a_device_is_not_asked_until_it_is_signed_out_completely(place: &Place) {
    let app = place.app_with(asking(Ask::UntilSignedOut)).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut own = app.caller("192.0.2.1");
    let mut shared = app.caller("192.0.2.2");
    shared.sign_in_saying(&ann, false).await;
    assert!(shared.sign_in_without_code(&ann).await.is_none());
    own.sign_in(&ann).await;
    // No day limit: each use carries it on.
    for _ in 0..5 {
        app.forward(300 * DAY);
        assert!(own.sign_in_without_code(&ann).await.is_some());
    }
    let session = own.sign_in_without_code(&ann).await.unwrap();
    let acting = own.acting(&session.token).await;
    sign_out(&own.moment(), &acting).await.unwrap();
    let session = own.sign_in_without_code(&ann).await.expect("still trusted");
    let acting = own.acting(&session.token).await;
    sign_out_and_forget(&own.moment(), &acting).await.unwrap();
    assert!(own.sign_in_without_code(&ann).await.is_none());
    // What is not used for a year lapses.
    own.sign_in(&ann).await;
    app.forward(366 * DAY);
    assert!(own.sign_in_without_code(&ann).await.is_none());
}

async fn k6_a_device_is_new_again_when_its_session_ended_by_time(place: &Place) {
    let app = place.app_with(asking(Ask::NewDevice)).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    // Signing out is not an end by time.
    app.forward(5 * DAY);
    let acting = caller.acting(&session.token).await;
    sign_out(&caller.moment(), &acting).await.unwrap();
    app.forward(5 * DAY);
    assert!(caller.sign_in_without_code(&ann).await.is_some());
    // Lying idle for seven days is.
    app.forward(7 * DAY);
    assert!(caller.sign_in_without_code(&ann).await.is_none());
    // However often it is used: thirty days after the code it is a new device.
    caller.sign_in(&ann).await;
    for _ in 0..5 {
        app.forward(5 * DAY);
        assert!(caller.sign_in_without_code(&ann).await.is_some());
    }
    app.forward(5 * DAY);
    assert!(caller.sign_in_without_code(&ann).await.is_none());
}

async fn b3_nobody_is_trusted_where_every_sign_in_is_asked(place: &Place) {
    let app = place.app_with(asking(Ask::EverySignIn)).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    caller.sign_in_saying(&ann, true).await;
    assert!(caller.sign_in_without_code(&ann).await.is_none());
    let acting = caller.sign_in(&ann).await.token;
    let acting = caller.acting(&acting).await;
    let listed = settings::trusted_devices(&caller.moment(), &acting).await;
    assert!(listed.unwrap().is_empty());
}

/// Somebody on a device that is trusted, signed in by the password alone.
pub(crate) async fn trusted(app: &TestApp, email: &str) -> (Person, Caller, Completed) {
    let ann = app.person_with_app(email).await;
    let mut caller = app.caller("192.0.2.1");
    caller.sign_in_saying(&ann, true).await;
    let session = caller.sign_in_without_code(&ann).await.expect("trusted");
    (ann, caller, session)
}

async fn b3_a_trusted_device_skips_no_step_up_no_reset_and_no_other_account(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, session) = trusted(&app, "ann@example.org").await;
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_app(&caller.moment(), &acting, String::new(), None).await;
    assert_eq!(refused(begun), Refusal::StepUpRequired);
    // A forgotten password still asks for the code.
    let (token, code) = forgot_password(&app, &caller, &ann).await;
    let step = sign_in::verify_code(&caller.moment(), &token, &code).await;
    assert!(matches!(step.unwrap().step, Step::SecondFactor { .. }));
    // Somebody else on the same browser is somebody else.
    let bob = app.person_with_app("bob@example.org").await;
    assert!(caller.sign_in_without_code(&bob).await.is_none());
}

async fn t05_a_trusted_sign_in_claims_one_factor(place: &Place) {
    let app = place.app().await;
    let (_, caller, session) = trusted(&app, "ann@example.org").await;
    assert_eq!(session.session.amr(), ["pwd"]);
    assert_eq!(session.session.assurance(), Assurance::Aal1);
    assert_eq!(session.session.second_factor_at, None);
    let mut api = app.api().with(&session.token);
    let state = api.get("/api/v1/session").await.json();
    assert_eq!(state["aal"], "aal1");
    assert_eq!(state["amr"], json!(["pwd"]));
    assert!(state["second_factor_at"].is_null());
    let acting = caller.acting(&session.token).await;
    let codes = settings::make_codes(&caller.moment(), &acting).await;
    assert_eq!(refused(codes), Refusal::StepUpRequired);
    let events = settings::events(&caller.moment(), &acting, None, 1).await;
    let detail = events.unwrap().0.remove(0).detail.unwrap();
    assert_eq!(detail["second"], "trusted_device");
}

async fn t02_only_a_token_of_ours_is_a_device(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, _) = trusted(&app, "ann@example.org").await;
    let good = caller.client.device_tokens[0].clone();
    let (_, mut other, _) = trusted(&app, "bob@example.org").await;
    let bobs = other.client.device_tokens.remove(0);
    let mixed = format!("{}{}", &bobs[..bobs.len() - 20], &good[good.len() - 20..]);
    let mut flipped = good.clone().into_bytes();
    let last = flipped.len() - 2;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    let tokens = [
        String::new(),
        String::from("tld_"),
        good[..good.len() - 1].to_owned(),
        good.replace("tld_", "tls_"),
        good.to_uppercase(),
        format!("{good}A"),
        String::from("{\"alg\":\"none\"}.e30."),
        bobs,
        mixed,
        String::from_utf8(flipped).unwrap(),
    ];
    for token in tokens {
        caller.client.device_tokens = vec![token.clone()];
        let asked = caller.try_password(&ann.email, PASSWORD).await.unwrap();
        assert!(matches!(asked.step, Step::SecondFactor { .. }), "{token}");
    }
    caller.client.device_tokens = vec![good];
    assert!(caller.sign_in_without_code(&ann).await.is_some());
}

/// "Forgot your password?": the token to go on with, and the code that was mailed.
pub(crate) async fn forgot_password(
    app: &TestApp,
    caller: &Caller,
    person: &Person,
) -> (String, String) {
    let begun = caller.begin(&person.email).await;
    let (_, token) = sign_in::send_code(&caller.moment(), &begun, true)
        .await
        .unwrap();
    let code = app.mailed_code(&person.email).await;
    (token.unwrap_or(begun), code)
}

/// What ends the trust of every device, done by somebody at another one.
#[derive(Clone, Copy, Debug)]
enum Event {
    PasswordChanged,
    PasswordForgotten,
    MethodAdded,
    MethodReplaced,
    MethodRemoved,
    TurnedOffAndOn,
    Reset,
    FrozenByKey,
    Disavowed,
    NewPasswordRequired,
    SignedOutElsewhere,
}

const EVENTS: [Event; 11] = [
    Event::PasswordChanged,
    Event::PasswordForgotten,
    Event::MethodAdded,
    Event::MethodReplaced,
    Event::MethodRemoved,
    Event::TurnedOffAndOn,
    Event::Reset,
    Event::FrozenByKey,
    Event::Disavowed,
    Event::NewPasswordRequired,
    Event::SignedOutElsewhere,
];

pub(crate) const NEW_PASSWORD: &str = "herons borrow umbrellas";

impl Event {
    #[expect(clippy::too_many_lines, reason = "one arm for each way")]
    async fn happens(self, app: &TestApp, person: &mut Person) {
        let mut there = app.caller("192.0.2.99");
        let session = there.sign_in(person).await;
        let acting = there.acting(&session.token).await;
        let moment = there.moment();
        let account = person.account;
        match self {
            Self::PasswordChanged => {
                let old = Some(PASSWORD.to_owned());
                settings::change_password(&moment, &acting, old, NEW_PASSWORD)
                    .await
                    .unwrap();
            }
            Self::PasswordForgotten => {
                let (token, code) = forgot_password(app, &there, person).await;
                let step = sign_in::verify_code(&moment, &token, &code).await.unwrap();
                app.forward(30);
                let code = there.code(person);
                let step = there.verify(&step.token.unwrap(), &code).await.unwrap();
                sign_in::set_new_password(&moment, &step.token.unwrap(), NEW_PASSWORD)
                    .await
                    .unwrap();
            }
            Self::MethodAdded => {
                there.set_up_app(&mut person.clone(), &acting).await;
            }
            Self::MethodReplaced => {
                let held = settings::overview(&moment, &acting).await.unwrap().held;
                let old = Some(held.factors[0].id);
                let begun = settings::begin_app(&moment, &acting, String::new(), old).await;
                let begun = begun.unwrap();
                let phone = twinlock_testkit::phone::Phone::scan(&begun.uri).unwrap();
                let code = phone.code_at(app.time.seconds());
                settings::confirm(&moment, &acting, begun.id, code)
                    .await
                    .unwrap();
                person.phone = Some(phone);
            }
            Self::MethodRemoved => {
                there.set_up_app(&mut person.clone(), &acting).await;
                let held = settings::overview(&moment, &acting).await.unwrap().held;
                let added = held.factors[1].id;
                settings::remove(&moment, &acting, added, Removal::Undoable)
                    .await
                    .unwrap();
            }
            Self::TurnedOffAndOn => {
                app.forward(30);
                let code = there.code(person);
                settings::disable(&moment, &acting, code).await.unwrap();
                there.set_up_app(person, &acting).await;
            }
            Self::Reset => {
                app.work_on(account, move |w| {
                    reset_two_factor(w, account, "lost", &By::machine(), Removal::Undoable)
                })
                .await;
            }
            Self::FrozenByKey => {
                app.work_on(account, move |w| {
                    let owner = twinlock::account::store::load(w, account)?.unwrap();
                    freeze_by_key(w, &owner, "key")?;
                    let owner = twinlock::account::store::load(w, account)?.unwrap();
                    open_by_key(w, &owner, "key")
                })
                .await;
            }
            Self::Disavowed => {
                let mail = app.last_mail_to(&person.email).await;
                let at = mail.text.find("/not-me/").unwrap() + "/not-me/".len();
                let link = mail.text[at..].split_whitespace().next().unwrap();
                freezing::press(&moment, link).await.unwrap().unwrap();
                app.work_on(account, move |w| {
                    let owner = twinlock::account::store::load(w, account)?.unwrap();
                    open_by_key(w, &owner, "key")
                })
                .await;
            }
            Self::NewPasswordRequired => {
                app.work_on(account, move |w| {
                    demand_new_password(w, account, &By::machine())
                })
                .await;
            }
            Self::SignedOutElsewhere => {
                end_others(&moment, &acting).await.unwrap();
            }
        }
    }
}

async fn t03_everything_that_changes_who_may_sign_in_ends_the_trust(place: &Place) {
    let app = place.app().await;
    for (number, event) in EVENTS.into_iter().enumerate() {
        let email = format!("person{number}@example.org");
        let (mut ann, caller, _) = trusted(&app, &email).await;
        event.happens(&app, &mut ann).await;
        app.forward(30);
        for password in [PASSWORD, NEW_PASSWORD] {
            // Whatever is asked now, it is not nothing; a wrong password leads nowhere either.
            if let Ok(progress) = caller.try_password(&email, password).await {
                assert!(
                    !matches!(progress.step, Step::Complete(_)),
                    "{event:?} left the device trusted"
                );
            }
        }
        let account = ann.account;
        let left = app.work(move |w| store::trusted(w, account)).await.unwrap();
        assert!(left.is_empty(), "{event:?} left a device in the list");
    }
}

async fn t03_a_stricter_policy_counts_at_once(place: &Place) {
    let app = place.app_with(asking(Ask::UntilSignedOut)).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    caller.sign_in(&ann).await;
    assert!(caller.sign_in_without_code(&ann).await.is_some());
    let strict = place.app_with(asking(Ask::EverySignIn)).await;
    let mut same = Caller {
        app: strict,
        client: caller.client.clone(),
    };
    assert!(same.sign_in_without_code(&ann).await.is_none());
    assert!(caller.sign_in_without_code(&ann).await.is_some());
}

async fn b8_e7_ending_a_session_from_afar_ends_the_trust_of_its_device(place: &Place) {
    let app = place.app().await;
    let (ann, mut lost, session) = trusted(&app, "ann@example.org").await;
    let mut other = app.caller("192.0.2.2");
    other.sign_in_saying(&ann, true).await;
    let own = other.sign_in_without_code(&ann).await.unwrap();
    let acting = other.acting(&own.token).await;
    end_one(&other.moment(), &acting, session.session.id)
        .await
        .unwrap();
    assert!(lost.sign_in_without_code(&ann).await.is_none());
    assert!(other.sign_in_without_code(&ann).await.is_some());
    lost.sign_in_saying(&ann, true).await;
    end_others(&other.moment(), &acting).await.unwrap();
    assert!(lost.sign_in_without_code(&ann).await.is_none());
    assert!(other.sign_in_without_code(&ann).await.is_some());
}

async fn e7_ten_devices_are_trusted_at_most_and_each_can_be_removed(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut callers = Vec::new();
    for number in 1..=11 {
        let mut caller = app.caller(&format!("192.0.2.{number}"));
        caller.sign_in_saying(&ann, true).await;
        callers.push(caller);
    }
    assert!(callers[0].sign_in_without_code(&ann).await.is_none());
    assert!(callers[1].sign_in_without_code(&ann).await.is_some());
    let session = callers[10].sign_in_without_code(&ann).await.unwrap();
    let acting = callers[10].acting(&session.token).await;
    let moment = callers[10].moment();
    let listed = settings::trusted_devices(&moment, &acting).await.unwrap();
    assert_eq!(listed.len(), 10);
    let gone = listed
        .iter()
        .find(|one| Some(one.id) != acting.session.device);
    let gone = gone.unwrap().id;
    settings::end_trust_of(&moment, &acting, gone)
        .await
        .unwrap();
    assert_eq!(
        refused(settings::end_trust_of(&moment, &acting, gone).await),
        Refusal::NotFound
    );
    settings::end_all_trust(&moment, &acting).await.unwrap();
    let listed = settings::trusted_devices(&moment, &acting).await.unwrap();
    assert!(listed.is_empty());
    assert!(callers[10].sign_in_without_code(&ann).await.is_none());
    // Somebody else's is not there at all.
    let (_, bob, session) = trusted(&app, "bob@example.org").await;
    let acting = bob.acting(&session.token).await;
    let ended = settings::end_trust_of(&bob.moment(), &acting, gone).await;
    assert_eq!(refused(ended), Refusal::NotFound);
}

async fn t07_hostile_names_of_devices_are_shown_as_text(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut browser = app.browser();
    let mut caller = app.caller("192.0.2.1");
    caller.client.device_label = String::from("<b onclick=x>\u{202e}evil\u{1f600}</b>");
    caller.sign_in_saying(&ann, true).await;
    let session = caller.sign_in_without_code(&ann).await.unwrap();
    browser.cookies.plant("__Host-twinlock", &session.token);
    let page = browser.get("/settings/security").await.body;
    assert!(page.contains("&#60;b onclick=x&#62;"), "{page}");
    assert!(!page.contains("<b onclick"), "{page}");
    assert!(page.contains("<bdi>&#60;b"), "{page}");
    // 64 kB of a name never get that far.
    let label = twinlock::edge::device_label(&"x".repeat(65_536));
    assert!(label.len() <= 200);
}

async fn e7_the_security_page_lists_the_devices_with_what_ends_them(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut browser = app.browser();
    browser.open("/sign-in").await;
    browser.fill("Email", &ann.email);
    browser.press("Continue").await;
    browser.fill("Password", PASSWORD);
    browser.press("Sign in").await;
    browser.must_see("Trust this device for 30 days");
    let code = ann.phone().code_at(app.time.seconds());
    browser.fill("Code", &code);
    browser.fill("Trust this device for 30 days", "yes");
    browser.press("Verify").await;
    browser.must_see("Trusted devices");
    browser.must_see("Trusted since");
    browser.must_see("This device");
    browser.must_see("A new password, a change of your methods");
    browser.open("/sign-out").await;
    browser.press("Sign out").await;
    browser.open("/sign-in").await;
    browser.fill("Email", &ann.email);
    browser.press("Continue").await;
    browser.fill("Password", PASSWORD);
    browser.press("Sign in").await;
    browser.must_see("Trusted since");
    browser.press("Remove Firefox on Linux").await;
    browser.must_see("That device is no longer trusted.");
    browser.must_see("No device is trusted.");
}

async fn d2_signing_out_completely_forgets_the_device_in_the_browser(place: &Place) {
    let app = place.app_with(asking(Ask::UntilSignedOut)).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut browser = app.browser();
    for round in 0..2 {
        browser.open("/sign-in").await;
        browser.fill("Email", &ann.email);
        browser.press("Continue").await;
        browser.fill("Password", PASSWORD);
        browser.press("Sign in").await;
        browser.must_see("This is a shared computer");
        app.forward(30);
        let code = ann.phone().code_at(app.time.seconds());
        browser.fill("Code", &code);
        browser.press("Verify").await;
        browser.must_see("Trusted devices");
        if round == 0 {
            browser.open("/sign-out/forget").await;
            browser.press("Sign out and forget this device").await;
            assert!(browser.cookies.get("__Host-twinlock-device").is_none());
        }
    }
    let rows = "SELECT COUNT(*) FROM device WHERE account_id = ?1 AND trusted_at IS NOT NULL";
    assert_eq!(app.number(rows, &[ann.account.into()]).await, 1);
}
