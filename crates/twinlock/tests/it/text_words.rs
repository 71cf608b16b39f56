//! What pages, mails and answers say where codes come by text: what it was, and no app to whoever has none (product lines C7, K9, K14).

use http::StatusCode;
use serde_json::json;
use twinlock::application::Scope;
use twinlock::authenticators::Removal;
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow::{self as sign_in, second_factor};
use twinlock::text_messages::store::{Became, became};
use twinlock_delivery::Behaviour;

use crate::support::caller::PASSWORD;
use crate::support::key::SoftKey;
use crate::support::texts::{number, person_with_text, texting, with_both};
use crate::support::{Browser, Person, Place, TestApp};

on_both_engines!(
    c7_a_sign_in_by_text_is_told_as_such_by_mail_and_in_the_record,
    c7_a_mail_about_a_number_says_that_it_is_one,
    c7_whoever_has_only_texts_reads_of_no_app_when_codes_wait,
    k9_a_sign_in_to_which_no_text_may_go_says_that_none_was_sent,
    k9_a_page_says_how_long_the_code_is_still_good,
    k9_a_code_that_fits_neither_app_nor_text_is_told_for_both,
    k9_a_sign_in_that_others_ended_says_so,
    k9_what_became_of_a_text_to_a_new_number_is_told_by_api,
    k9_a_number_that_is_too_short_is_told_for_its_country,
    k7_a_number_in_place_of_a_key_is_warned_of,
    h2_whoever_lost_a_key_reads_of_keys,
    h2_after_a_backup_code_nobody_is_asked_whether_the_codes_are_there,
    what_providers_do_not_take_is_counted_for_the_operator,
);

const PAGE: &str = "/sign-in/text-message";

/// Types address and password.
async fn past_password(app: &TestApp, person: &Person) -> Browser {
    let mut browser = app.browser();
    browser.open("/sign-in").await;
    browser.fill("Email", &person.email);
    browser.press("Continue").await;
    browser.fill("Password", PASSWORD);
    browser.press("Sign in").await;
    browser
}

async fn types(browser: &mut Browser, code: &str) {
    browser.fill("Code", code);
    browser.press("Verify").await;
}

async fn c7_a_sign_in_by_text_is_told_as_such_by_mail_and_in_the_record(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let mut browser = past_password(&app, &ann).await;
    let code = app.texted_code().await;
    types(&mut browser, &code).await;
    let mail = app.last_mail_to(&ann.email).await;
    assert!(mail.subject.contains("a new device"), "{}", mail.subject);
    let told = "Signed in with: a password and a code by text message";
    assert!(mail.text.contains(told), "{}", mail.text);
    browser.open("/settings/activity").await;
    browser.must_see("With a password and a text message");
    browser.must_see("Second step accepted");
    browser.must_see("Text message");
}

async fn c7_a_mail_about_a_number_says_that_it_is_one(place: &Place) {
    let app = texting(place).await;
    let (ann, mut caller) = with_both(&app).await;
    let method = format!("Method: phone number · •••• {}", &number(1)[11..]);
    let mail = app.last_mail_to(&ann.email).await;
    assert!(
        mail.subject.contains("a method was added"),
        "{}",
        mail.subject
    );
    assert!(mail.text.contains(&method), "{}", mail.text);
    assert!(!mail.text.contains("security key"), "{}", mail.text);
    assert!(mail.text.contains("no device is trusted"), "{}", mail.text);
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let moment = caller.moment();
    let held = settings::overview(&moment, &acting).await.unwrap().held;
    let phone = held.factors[1].id;
    settings::remove(&moment, &acting, phone, Removal::Undoable)
        .await
        .unwrap();
    let mail = app.last_mail_to(&ann.email).await;
    assert!(mail.subject.contains("removed"), "{}", mail.subject);
    assert!(mail.text.contains(&method), "{}", mail.text);
}

async fn c7_whoever_has_only_texts_reads_of_no_app_when_codes_wait(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let mut browser = past_password(&app, &ann).await;
    let right = app.texted_code().await;
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    while browser.last.status != StatusCode::GONE {
        types(&mut browser, wrong).await;
    }
    let mail = app.last_mail_to(&ann.email).await;
    let told = "Codes by text message are not looked at again until";
    assert!(mail.text.contains(told), "{}", mail.text);
    assert!(!mail.text.contains("authenticator app"), "{}", mail.text);
}

async fn k9_a_sign_in_to_which_no_text_may_go_says_that_none_was_sent(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    app.forward_to_next_day();
    for _ in 0..3 {
        past_password(&app, &ann)
            .await
            .must_see("We sent a code to");
        app.forward(61);
    }
    let mut browser = past_password(&app, &ann).await;
    assert_eq!(browser.last.status, StatusCode::OK);
    browser.must_see("No code was sent to");
    browser.must_see("No text can be sent right now.");
    assert!(!browser.sees("We will text a code"));
    browser.press("Send a code").await;
    browser.must_see("No code was sent to");
    browser.must_see("No text can be sent right now.");
    assert!(!browser.sees("We will text a code"));
}

async fn k9_a_page_says_how_long_the_code_is_still_good(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let mut browser = past_password(&app, &ann).await;
    browser.must_see("It is good for 5 minutes.");
    for (seconds, told) in [
        (120, "It is good for 3 minutes more."),
        (110, "It is good for 1 minute more."),
        (50, "It is good for less than a minute more."),
    ] {
        app.forward(seconds);
        browser.open(PAGE).await;
        browser.must_see(told);
    }
}

async fn k9_a_code_that_fits_neither_app_nor_text_is_told_for_both(place: &Place) {
    let app = texting(place).await;
    let (ann, caller) = with_both(&app).await;
    let token = caller.half_session(&ann).await;
    let mut api = app.api().with(&token);
    second_factor::send_text(&caller.moment(), &token, None)
        .await
        .unwrap();
    let texted = app.texted_code().await;
    let wrong = (1..9)
        .map(|n| caller.wrong(&ann, n))
        .find(|code| *code != texted)
        .unwrap();
    let progress = sign_in::current(&caller.moment(), &token).await;
    let path = format!("/api/v1/sign-in/{}/second-factor", progress.unwrap().id);
    let answer = api.post(&path, &json!({"code": wrong})).await;
    assert_eq!(answer.json()["code"], "invalid_code", "{}", answer.body);
    let told = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("the text we sent last"), "{told}");
    // Whoever says that it is the app's is told of the app.
    let of_app = json!({"code": wrong, "kind": "totp"});
    let told = api.post(&path, &of_app).await.json()["detail"].clone();
    assert!(!told.as_str().unwrap().contains("text"), "{told}");
}

async fn k9_a_sign_in_that_others_ended_says_so(place: &Place) {
    let app = texting(place).await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let first = caller.half_session(&ann).await;
    let second = caller.half_session(&ann).await;
    for n in 0..5 {
        let tried = caller.verify(&second, &caller.wrong(&ann, n)).await;
        assert!(tried.is_err());
    }
    app.forward(31);
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock-signin", &first);
    browser.open("/sign-in/second-factor").await;
    assert_eq!(browser.last.status, StatusCode::GONE);
    browser.must_see("in it or in another sign-in");
}

async fn k9_what_became_of_a_text_to_a_new_number_is_told_by_api(place: &Place) {
    let app = texting(place).await;
    let ann = app.person("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    app.texts.behave(Behaviour::Refuse);
    let number = json!({"kind": "sms", "phone": "+49 1512 3456789"});
    let mut me = app.api().with(&session.token);
    let key = app
        .api_key("shop", &[Scope::AccountsRead, Scope::AccountsWrite])
        .await;
    let mut shop = app.api().with(&key);
    let user = json!({"external_id": "user-42"});
    assert_eq!(shop.post("/api/v1/accounts", &user).await.status, 201);
    for (api, factors) in [
        (&mut me, "/api/v1/me/factors"),
        (&mut shop, "/api/v1/accounts/ext:user-42/factors"),
    ] {
        let made = api.post(factors, &number).await.json();
        assert_eq!(made["sms"]["state"], "queued", "{made}");
        app.hand_over().await;
        let one = format!("{factors}/{}", made["factor"]["id"].as_str().unwrap());
        let now = api.get(&one).await;
        assert_eq!(now.status, StatusCode::OK, "{}", now.body);
        assert_eq!(now.json()["factor"]["state"], "pending");
        assert_eq!(now.json()["sms"]["state"], "refused");
        app.forward(61);
    }
}

async fn k9_a_number_that_is_too_short_is_told_for_its_country(place: &Place) {
    let app = texting(place).await;
    let ann = app.person("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    browser.open("/settings/security/two-factor/text").await;
    for (typed, told) in [
        ("1512", "That is not a whole number of Germany."),
        ("+49 1512", "That is not a whole phone number."),
    ] {
        browser.fill("Mobile number", typed);
        browser.press("Verify phone number").await;
        browser.must_see(told);
        assert!(!browser.sees("choose the country"));
    }
    browser.fill("Mobile number", "tel:+49-1512-3456789");
    browser.press("Verify phone number").await;
    browser.must_see("We sent a code to +49 1512 3456789.");
}

async fn k7_a_number_in_place_of_a_key_is_warned_of(place: &Place) {
    let app = texting(place).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    browser.open("/settings/security/two-factor/text").await;
    assert!(!browser.sees("It is safer than texts"));
    caller
        .set_up_key(&acting, &mut SoftKey::new(1), "Blue key")
        .await;
    let session = caller.sign_in(&ann).await;
    browser.cookies.plant("__Host-twinlock", &session.token);
    browser.open("/settings/security/two-factor/text").await;
    browser.must_see("It is safer than texts");
}

async fn h2_whoever_lost_a_key_reads_of_keys(place: &Place) {
    let app = texting(place).await;
    let (ann, mut caller) = with_both(&app).await;
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    caller
        .set_up_key(&acting, &mut SoftKey::new(1), "Blue key")
        .await;
    app.forward(61);
    let mut browser = past_password(&app, &ann).await;
    browser.follow("Use your security key").await;
    browser.follow("Lost your security key?").await;
    assert_eq!(browser.page().heading(), "Lost your security key?");
    browser.must_see("With another method you set up");
    assert!(!browser.sees("If your authenticator app also runs"));
    browser.open("/sign-in/lost-phone").await;
    assert_eq!(browser.page().heading(), "Lost your phone?");
}

async fn h2_after_a_backup_code_nobody_is_asked_whether_the_codes_are_there(place: &Place) {
    let app = texting(place).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut browser = past_password(&app, &ann).await;
    types(&mut browser, &app.caller("192.0.2.1").code(&ann)).await;
    browser.open("/settings/security").await;
    browser.must_see("You have not checked yet");
    let mut browser = past_password(&app, &ann).await;
    browser.follow("Use a recovery code").await;
    browser.fill("Recovery code", &ann.codes[0]);
    browser.press("Verify").await;
    browser.open("/settings/security").await;
    browser.must_see("9 of 10 left");
    assert!(!browser.sees("You have not checked yet"));
}

async fn what_providers_do_not_take_is_counted_for_the_operator(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let since = app.caller("192.0.2.1").moment().now;
    // A wrong secret, say: each try is put off until the code is dead.
    app.texts.behave(Behaviour::Fail);
    past_password(&app, &ann).await;
    app.hand_over().await;
    let late = |count| Became {
        late: count,
        ..Became::default()
    };
    assert_eq!(app.work(move |w| became(w, since)).await.unwrap(), late(1));
    app.forward(301);
    app.hand_over().await;
    assert_eq!(app.work(move |w| became(w, since)).await.unwrap(), late(1));
    app.texts.behave(Behaviour::Accept);
    past_password(&app, &ann).await;
    app.hand_over().await;
    let taken = Became {
        taken: 1,
        ..late(1)
    };
    assert_eq!(app.work(move |w| became(w, since)).await.unwrap(), taken);
}
