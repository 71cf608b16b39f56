//! Holes that a second look found and closed: each stays closed.

use http::{Method, StatusCode};
use serde_json::json;
use twinlock::app::{Refusal, Stop};
use twinlock::application::Scope;
use twinlock::config::SignUp;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_up;

use crate::support::caller::{PASSWORD, completed};
use crate::support::{Place, refused};

on_both_engines!(
    b14_b16_a_full_hashing_queue_locks_nobody_out,
    b13_a_wait_ends_every_half_done_sign_in,
    b13_wrong_codes_elsewhere_end_no_sign_in_on_a_known_device,
    b14_guesses_at_a_code_that_was_never_sent_wait_for_nobody,
    d14_an_invitation_serves_one_of_two,
    x01_a_bearer_token_does_not_open_pages_to_other_sites,
    k05_a_link_elsewhere_does_not_call_the_api_with_our_cookie,
    m02_an_application_mails_a_stranger_a_few_times_a_day,
);

async fn b14_b16_a_full_hashing_queue_locks_nobody_out(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let mut places = Vec::new();
    while let Ok(taken) = caller.moment().app.hasher.reserve() {
        places.push(taken);
    }
    for _ in 0..12 {
        let outcome = caller.try_password(&ann.email, PASSWORD).await;
        assert!(
            matches!(outcome, Err(Stop::Fault(_))),
            "overloaded, not judged"
        );
    }
    drop(places);
    completed(caller.try_password(&ann.email, PASSWORD).await.unwrap());
}

async fn b13_a_wait_ends_every_half_done_sign_in(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let waiting = caller.half_session(&ann).await;
    let guessing = caller.half_session(&ann).await;
    for n in 0..5 {
        refused(caller.verify(&guessing, &caller.wrong(&ann, n)).await);
    }
    app.forward(31);
    let outcome = caller.verify(&waiting, &caller.code(&ann)).await;
    assert_eq!(refused(outcome), Refusal::SignInExpired);
}

async fn b13_wrong_codes_elsewhere_end_no_sign_in_on_a_known_device(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let mut owner = app.caller("192.0.2.1");
    owner.sign_in(&ann).await;
    let waiting = owner.half_session(&ann).await;
    app.forward(30);
    let stranger = app.caller("203.0.113.66");
    // Codes from an app bring the wait; backup codes, which are looked at meanwhile, prolong it.
    for (n, code) in (0..5).zip(&eve.codes) {
        let token = stranger.half_session(&ann).await;
        refused(stranger.verify(&token, &stranger.wrong(&ann, n)).await);
        let token = stranger.half_session(&ann).await;
        refused(stranger.verify(&token, code).await);
        app.forward(1);
    }
    completed(owner.verify(&waiting, &owner.code(&ann)).await.unwrap());
}

async fn b14_guesses_at_a_code_that_was_never_sent_wait_for_nobody(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.begin(&ann.email).await;
    let moment = caller.moment();
    let guesses = (0..40).map(|_| sign_in::verify_code(&moment, &token, "ABCD-EFGH"));
    for guess in futures_of(guesses).await {
        // Nobody is turned away for a full queue: these never stand in it.
        assert_eq!(refused(guess), Refusal::InvalidMailedCode);
    }
}

/// Runs them side by side.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut all = true;
        for (future, output) in running.iter_mut().zip(outputs.iter_mut()) {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all {
            std::task::Poll::Ready(outputs.iter_mut().filter_map(Option::take).collect())
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}

async fn d14_an_invitation_serves_one_of_two(place: &Place) {
    let app = place
        .app_with(|settings| settings.sign_in.sign_up = SignUp::Invitation)
        .await;
    let token = app
        .work(|w| {
            let day = std::time::Duration::from_secs(24 * 3600);
            sign_up::store::invite(w, twinlock::account::Role::Person, day)
        })
        .await
        .unwrap();
    let caller = app.caller("192.0.2.1");
    let mut asked = Vec::new();
    for email in ["ann@example.org", "bob@example.org"] {
        let form = sign_up::flow::Form {
            email: email.to_owned(),
            name: String::new(),
            password: Some(PASSWORD.to_owned()),
            invitation: Some(token.clone()),
            return_to: None,
        };
        let (progress, _) = sign_up::flow::ask(&caller.moment(), form).await.unwrap();
        asked.push((progress.token.unwrap(), app.mailed_code(email).await));
    }
    let [first, second] = [&asked[0], &asked[1]];
    completed(
        sign_up::flow::verify(&caller.moment(), &first.0, &first.1)
            .await
            .unwrap(),
    );
    let outcome = sign_up::flow::verify(&caller.moment(), &second.0, &second.1).await;
    assert_eq!(refused(outcome), Refusal::SignUpClosed);
    assert!(app.account_of("bob@example.org").await.is_none());
}

async fn x01_a_bearer_token_does_not_open_pages_to_other_sites(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    let mut browser = app.browser();
    let cookie = format!("__Host-twinlock={}", session.token);
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("authorization", "Bearer x"),
    ];
    let body = Some(String::from("name=Evil"));
    let answer = browser
        .send(Method::POST, "/settings/profile", &headers, body)
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

async fn k05_a_link_elsewhere_does_not_call_the_api_with_our_cookie(place: &Place) {
    let app = place
        .app_with(|settings| settings.two_factor.backup_codes.reveal = true)
        .await;
    let ann = app.person_with_app("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    let cookie = format!("__Host-twinlock={}", session.token);
    let mut browser = app.browser();
    for (site, expected) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("none", StatusCode::OK),
    ] {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        let answer = browser
            .send(Method::GET, "/api/v1/me/backup-codes", &headers, None)
            .await;
        assert_eq!(answer.status, expected, "{site}");
    }
}

async fn m02_an_application_mails_a_stranger_a_few_times_a_day(place: &Place) {
    let app = place.app().await;
    let scopes = [Scope::AccountsRead, Scope::AccountsWrite, Scope::Verify];
    let key = app.api_key("shop", &scopes).await;
    let mut api = app.api().with(&key);
    let made = api
        .post(
            "/api/v1/accounts",
            &json!({"external_id": "1", "email": "victim@example.net"}),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    for _ in 0..15 {
        let secret =
            json!({"kind": "totp", "secret": "KRRG6G3RI5DRWMWE3GXLJ5JPIYQINZWA", "activate": true});
        let bound = api.post("/api/v1/accounts/ext:1/factors", &secret).await;
        let id = bound.json()["factor"]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/accounts/ext:1/factors/{id}");
        assert_eq!(
            api.call(Method::DELETE, &path, None).await.status,
            StatusCode::NO_CONTENT
        );
    }
    assert_eq!(app.mails_to("victim@example.net").await.len(), 10);
}
