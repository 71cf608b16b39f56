//! Codes by mail, and what an address tells a stranger (attack rows M and N).

use twinlock::app::Refusal;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_up;

use crate::support::books::credentials;
use crate::support::caller::{NOT_THAT_MAILED_CODE, completed};
use crate::support::{Caller, Place, TestApp, refused};

on_both_engines!(
    m04_a_code_serves_only_what_it_was_sent_for,
    m16_only_the_newest_code_works_and_only_once,
    m17_a_code_lives_ten_minutes_to_the_second,
    m02_a_new_code_is_a_minute_away_and_five_an_hour,
    n07_signing_up_with_somebody_elses_address_leaves_nothing,
    m13_a_name_cannot_write_into_a_mail,
    m14_nothing_leads_away_after_signing_in,
    b10_made_up_forwarding_headers_change_nothing,
    s08_every_cookie_carries_its_flags,
    s10_a_cookie_sent_twice_is_no_cookie,
);

/// Begins a sign-in and asks for a code; the token to answer with, and the code.
async fn mailed(app: &TestApp, caller: &Caller, email: &str, reset: bool) -> (String, String) {
    let token = caller.begin(email).await;
    let sent = sign_in::send_code(&caller.moment(), &token, reset)
        .await
        .unwrap();
    (sent.1.unwrap(), app.mailed_code(email).await)
}

async fn m04_a_code_serves_only_what_it_was_sent_for(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    let caller = app.caller("192.0.2.1");
    let (token, code) = mailed(&app, &caller, &bob.email, false).await;
    // The same sign-in asked for a new password instead: another purpose, so another code.
    let begun = caller.begin(&bob.email).await;
    let reset = sign_in::send_code(&caller.moment(), &begun, true)
        .await
        .unwrap()
        .1
        .unwrap();
    let other = app.mailed_code(&bob.email).await;
    let outcome = sign_in::verify_code(&caller.moment(), &reset, &code).await;
    assert_eq!(refused(outcome), NOT_THAT_MAILED_CODE);
    let outcome = sign_in::verify_code(&caller.moment(), &token, &other).await;
    assert_eq!(refused(outcome), NOT_THAT_MAILED_CODE);
    let signing_up = caller.ask_for_account("new@example.org").await.unwrap();
    let outcome = sign_up::flow::verify(&caller.moment(), &signing_up, &code).await;
    assert_eq!(refused(outcome), NOT_THAT_MAILED_CODE);
    completed(
        sign_in::verify_code(&caller.moment(), &token, &code)
            .await
            .unwrap(),
    );
}

async fn m16_only_the_newest_code_works_and_only_once(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    let caller = app.caller("192.0.2.1");
    let (token, old) = mailed(&app, &caller, &bob.email, false).await;
    app.forward(60);
    let again = sign_in::send_code(&caller.moment(), &token, false)
        .await
        .unwrap();
    let token = again.1.unwrap_or(token);
    let new = app.mailed_code(&bob.email).await;
    let outcome = sign_in::verify_code(&caller.moment(), &token, &old).await;
    assert_eq!(refused(outcome), NOT_THAT_MAILED_CODE);
    completed(
        sign_in::verify_code(&caller.moment(), &token, &new)
            .await
            .unwrap(),
    );
    assert!(
        sign_in::verify_code(&caller.moment(), &token, &new)
            .await
            .is_err()
    );
}

async fn m17_a_code_lives_ten_minutes_to_the_second(place: &Place) {
    let app = place.app().await;
    for (seconds, good) in [(599, true), (600, false)] {
        let email = format!("bob{seconds}@example.org");
        let caller = app.caller("192.0.2.1");
        let token = caller.ask_for_account(&email).await.unwrap();
        let code = app.mailed_code(&email).await;
        app.forward(seconds);
        let outcome = sign_up::flow::verify(&caller.moment(), &token, &code).await;
        assert_eq!(outcome.is_ok(), good, "{seconds} s");
    }
}

async fn m02_a_new_code_is_a_minute_away_and_five_an_hour(place: &Place) {
    let app = place.app().await;
    app.person("bob@example.org").await;
    app.forward(3600);
    // Nobody has the second address; the answers are the same.
    for email in ["bob@example.org", "nobody@example.org"] {
        let caller = app.caller("192.0.2.1");
        let mut token = caller.begin(email).await;
        for n in 0..5 {
            let sent = sign_in::send_code(&caller.moment(), &token, false)
                .await
                .unwrap();
            token = sent.1.unwrap_or(token);
            app.forward(59);
            let soon = refused(sign_in::send_code(&caller.moment(), &token, false).await);
            assert!(
                matches!(soon, Refusal::ResendTooSoon(_)),
                "{email} {n}: {soon:?}"
            );
            app.forward(1);
        }
        let spent = refused(sign_in::send_code(&caller.moment(), &token, false).await);
        assert!(
            matches!(spent, Refusal::TooManyRequests { .. }),
            "{email}: {spent:?}"
        );
    }
}

async fn n07_signing_up_with_somebody_elses_address_leaves_nothing(place: &Place) {
    let app = place.app().await;
    let eve = app.caller("192.0.2.66");
    let token = eve.ask_for_account("ann@example.org").await.unwrap();
    let guessed = refused(sign_up::flow::verify(&eve.moment(), &token, "AAAA-AAAA").await);
    assert_eq!(guessed, NOT_THAT_MAILED_CODE);
    assert!(credentials(&app).await.values().all(Vec::is_empty));
    // Ann signs up later with another password; Eve's goes nowhere.
    let mut own = app.caller("192.0.2.1");
    app.forward(60);
    let (ann, _) = own.sign_up("ann@example.org").await;
    let why = refused(
        eve.try_password(&ann.email, "eve's own long password")
            .await,
    );
    assert_eq!(why, Refusal::InvalidCredentials);
    let late = refused(sign_up::flow::verify(&eve.moment(), &token, "AAAA-AAAA").await);
    assert_eq!(late, NOT_THAT_MAILED_CODE);
    assert_eq!(app.account_of("ann@example.org").await, Some(ann.account));
}

async fn m13_a_name_cannot_write_into_a_mail(place: &Place) {
    let app = place
        .app_with(|all| all.branding.name = String::from("Acme\r\nBcc: eve@example.com"))
        .await;
    let mut caller = app.caller("192.0.2.1");
    caller.client.device_label = String::from("Fire\r\nfox https://evil.example \u{202e}x");
    caller.ask_for_account("ann@example.org").await.unwrap();
    let mail = app.last_mail_to("ann@example.org").await;
    assert_eq!(mail.to, "ann@example.org");
    assert!(
        !mail.text.contains("://evil") && !mail.text.contains('\u{202e}'),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("Fire\r\n"), "{}", mail.text);
}

async fn m14_nothing_leads_away_after_signing_in(place: &Place) {
    let app = place.app().await;
    app.person("bob@example.org").await;
    let hostile = [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%2f%2fevil.example",
        "/\t/evil.example",
        "https://login.example.org@evil.example/",
    ];
    for return_to in hostile {
        let mut browser = app.browser();
        let values = [("email", "bob@example.org"), ("return_to", return_to)];
        browser.post("/sign-in", &values).await;
        let password = [("password", crate::support::caller::PASSWORD)];
        let answer = browser.post("/sign-in/password", &password).await;
        assert_eq!(answer.status.as_u16(), 303, "{return_to}");
        let to = answer.location().to_owned();
        assert!(
            to == "/settings/security" || to == "/%2f%2fevil.example",
            "{return_to} leads to {to}"
        );
        app.forward(60);
    }
}

async fn b10_made_up_forwarding_headers_change_nothing(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    let mut statuses = Vec::new();
    for n in 0..25 {
        let hop = format!("198.51.100.{n}");
        browser.extra = vec![
            ("x-forwarded-for", hop.clone()),
            ("x-real-ip", hop.clone()),
            ("forwarded", format!("for={hop}")),
        ];
        let email = format!("nobody{n}@example.org");
        browser.post("/sign-in", &[("email", &email)]).await;
        let answer = browser
            .post(
                "/sign-in/password",
                &[("password", "wrong but long enough")],
            )
            .await;
        statuses.push(answer.body.contains("too often"));
    }
    assert_eq!(
        statuses.iter().filter(|limited| **limited).count(),
        5,
        "{statuses:?}"
    );
}

async fn s08_every_cookie_carries_its_flags(place: &Place) {
    let app = place.app().await;
    app.person("bob@example.org").await;
    let mut browser = app.browser();
    browser
        .post("/sign-in", &[("email", "bob@example.org")])
        .await;
    let password = [("password", crate::support::caller::PASSWORD)];
    browser.post("/sign-in/password", &password).await;
    assert!(browser.cookies.get("__Host-twinlock").is_some());
    assert!(browser.cookies.get("__Host-twinlock-signin").is_none());
    for set in &browser.cookies.received {
        for flag in [
            "__Host-",
            "; Secure",
            "; HttpOnly",
            "; SameSite=Lax",
            "; Path=/",
        ] {
            assert!(set.contains(flag), "{set} lacks {flag}");
        }
        assert!(!set.contains("Domain"), "{set}");
    }
}

async fn s10_a_cookie_sent_twice_is_no_cookie(place: &Place) {
    let app = place.app().await;
    let (_, session) = app.caller("192.0.2.1").sign_up("bob@example.org").await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    assert_eq!(browser.get("/settings/security").await.status.as_u16(), 200);
    browser.extra = vec![("cookie", String::from("__Host-twinlock=tls_planted"))];
    let answer = browser.get("/settings/security").await;
    assert!(
        answer.location().starts_with("/sign-in"),
        "{}",
        answer.status
    );
}
