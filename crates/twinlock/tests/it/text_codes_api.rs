//! Codes by text message by the JSON API (interfaces sections 2 and 3; product lines K3, K9, APP1, E10; attack rows M02, M04, R06).

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use twinlock::app::Tally;
use twinlock::application::Scope;
use twinlock::config::Settings;

use crate::support::api::Api;
use crate::support::browser::Answer;
use crate::support::caller::PASSWORD;
use crate::support::texts::{number, person_with_text, texting, with_texts};
use crate::support::{Place, TestApp};

on_both_engines!(
    k3_a_number_is_set_up_by_api_and_its_code_sent_again,
    k9_a_sign_in_by_api_sends_the_code_and_tells_what_became_of_it,
    e1_a_texted_code_steps_up_and_turns_it_off_by_api,
    e1_a_demanded_number_is_set_up_by_api,
    app1_an_application_sets_a_number_up_and_verifies_a_texted_code,
    a_wrong_texted_code_is_told_as_one_of_texts,
    a_code_that_is_empty_is_missing,
    what_is_sent_without_a_body_may_be_announced_as_json,
    n8_two_numbers_that_end_alike_are_told_apart,
    app1_texts_for_one_application_are_not_counted_for_its_servers_address,
    m01_one_application_leaves_texts_to_people_and_to_other_applications,
    m02_a_device_token_gives_an_applications_user_a_share_of_texts,
    what_does_not_belong_together_is_refused,
    n04_a_number_that_is_somebody_elses_too_says_nothing_of_it,
    without_somebody_who_delivers_them_no_number_is_set_up,
);

/// The problem's code and whether it says when to try again.
fn problem(answer: &Answer) -> (u16, String, bool) {
    let said = answer.json();
    let code = said["code"].as_str().unwrap_or_default().to_owned();
    let waits = said["retry_after"].is_u64();
    (answer.status.as_u16(), code, waits)
}

fn too_soon() -> (u16, String, bool) {
    (429, String::from("resend_too_soon"), true)
}

fn blamed(answer: &Answer) -> Value {
    let field = &answer.json()["errors"][0];
    json!([answer.status.as_u16(), field["field"], field["code"]])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}

/// A session of somebody without a second factor.
async fn somebody(app: &TestApp, email: &str) -> Api {
    let ann = app.person(email).await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    app.api().with(&session.token)
}

/// Past the password: what the state says, its path, and whoever goes on.
async fn past_password(app: &TestApp, email: &str) -> (Value, String, Api) {
    let mut api = app.api();
    let begun = api.post("/api/v1/sign-in", &json!({"email": email})).await;
    let begun = begun.json();
    let path = format!("/api/v1/sign-in/{}", text(&begun["id"]));
    let mut api = app.api().with(text(&begun["token"]));
    let password = json!({"password": PASSWORD});
    let state = api.post(&format!("{path}/password"), &password).await;
    let state = state.json();
    let api = app.api().with(text(&state["token"]));
    (state, path, api)
}

async fn k3_a_number_is_set_up_by_api_and_its_code_sent_again(place: &Place) {
    let app = texting(place).await;
    let mut me = somebody(&app, "ann@example.org").await;
    let factors = "/api/v1/me/factors";
    for (phone, code) in [
        ("", "missing"),
        ("my number", "invalid_number"),
        ("+49 30 901820", "not_mobile"),
        ("+7 912 345-67-89", "country_not_allowed"),
    ] {
        let begun = me
            .post(factors, &json!({"kind": "sms", "phone": phone}))
            .await;
        assert_eq!(blamed(&begun), json!([422, "phone", code]), "{phone}");
    }
    let begin = json!({"kind": "sms", "phone": "01512 345-67 89", "country": "de"});
    let begun = me.post(factors, &begin).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let begun = begun.json();
    assert_eq!(begun["factor"]["kind"], "sms");
    assert_eq!(begun["factor"]["state"], "pending");
    assert_eq!(begun["sms"]["phone_hint"], "•••• 89");
    assert_eq!(begun["sms"]["state"], "queued");
    assert!(begun["sms"]["expires_at"].is_string() && begun["sms"]["resend_at"].is_string());
    let one = format!("{factors}/{}", text(&begun["factor"]["id"]));
    let send = format!("{one}/send");
    let soon = me.call(Method::POST, &send, None).await;
    assert_eq!(problem(&soon), too_soon());
    let first = app.texted_code().await;
    app.forward(60);
    let again = me.call(Method::POST, &send, None).await;
    assert_eq!(again.status, 202, "{}", again.body);
    assert_eq!(again.json()["phone_hint"], "•••• 89");
    let code = app.texted_code().await;
    assert_ne!(first, code);
    let activate = format!("{one}/activate");
    let old = me.post(&activate, &json!({"code": first})).await;
    assert_eq!(problem(&old), (422, String::from("invalid_code"), false));
    let done = me.post(&activate, &json!({"code": code})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let done = done.json();
    assert_eq!(done["factor"]["label"], "•••• 89");
    assert_eq!(done["backup_codes"].as_array().unwrap().len(), 10);
    // It is set up: no code is sent for that any more, and it is not set up twice.
    app.forward(60);
    assert_eq!(me.call(Method::POST, &send, None).await.status, 404);
    let twice = me.post(factors, &begin).await;
    assert_eq!(
        problem(&twice),
        (409, String::from("already_exists"), false)
    );
}

async fn k9_a_sign_in_by_api_sends_the_code_and_tells_what_became_of_it(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let (state, path, mut api) = past_password(&app, &ann.email).await;
    assert_eq!(state["state"], "second_factor", "{state}");
    // The preferred method's code is on its way without being asked for.
    assert_eq!(state["sms"]["state"], "queued", "{state}");
    assert_eq!(state["sms"]["phone_hint"], state["factors"][0]["label"]);
    let send = format!("{path}/second-factor/send");
    let body = json!({"kind": "sms"});
    assert_eq!(problem(&api.post(&send, &body).await), too_soon());
    app.hand_over().await;
    let now = api.get(&path).await.json();
    assert_eq!(now["sms"]["state"], "accepted", "{now}");
    app.forward(60);
    let factor = json!({"factor": state["preferred"]});
    let sent = api.post(&send, &factor).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let code = app.texted_code().await;
    let wrong = api
        .post(&format!("{path}/second-factor"), &json!({"code": "000000"}))
        .await;
    assert_eq!(problem(&wrong), (422, String::from("invalid_code"), false));
    let done = api
        .post(
            &format!("{path}/second-factor"),
            &json!({"code": code, "kind": "sms"}),
        )
        .await;
    let done = done.json();
    assert_eq!(done["state"], "complete", "{done}");
    assert_eq!(done["session"]["amr"], json!(["pwd", "sms", "mfa"]));
    assert!(done["sms"].is_null());
}

async fn e1_a_texted_code_steps_up_and_turns_it_off_by_api(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let (_, path, mut api) = past_password(&app, &ann.email).await;
    let code = app.texted_code().await;
    let done = api
        .post(&format!("{path}/second-factor"), &json!({"code": code}))
        .await;
    let mut me = app.api().with(text(&done.json()["session"]["token"]));
    app.forward(3600);
    let codes = "/api/v1/me/backup-codes";
    let refused = me.call(Method::POST, codes, None).await;
    assert_eq!(problem(&refused).1, "step_up_required");
    let send = "/api/v1/session/step-up/send";
    assert_eq!(
        blamed(&me.post(send, &json!({})).await),
        json!([422, "kind", "missing"])
    );
    let sent = me.post(send, &json!({"kind": "sms"})).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    assert_eq!(sent.json()["state"], "queued");
    let code = app.texted_code().await;
    // M04: for a change, and for nothing else.
    let off = "/api/v1/me/two-factor/disable";
    assert_eq!(me.post(off, &json!({"code": code})).await.status, 422);
    let proof = json!({"code": code, "kind": "sms"});
    let proven = me.post("/api/v1/session/step-up", &proof).await;
    assert_eq!(proven.status, 200, "{}", proven.body);
    assert_eq!(me.call(Method::POST, codes, None).await.status, 201);
    app.forward(60);
    let send = format!("{off}/send");
    let sent = me.post(&send, &json!({"kind": "sms"})).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    assert_eq!(
        problem(&me.post(&send, &json!({"kind": "sms"})).await),
        too_soon()
    );
    let key = me.call(Method::POST, &send, None).await;
    assert_eq!(problem(&key), (409, String::from("no_factor"), false));
    let code = app.texted_code().await;
    assert_eq!(me.post(off, &json!({"code": code})).await.status, 204);
}

async fn e1_a_demanded_number_is_set_up_by_api(place: &Place) {
    let app = texting(place).await;
    let ann = app.person("ann@example.org").await;
    let app = place
        .app_with(|settings| {
            with_texts(settings);
            settings.two_factor.required = true;
        })
        .await;
    // A mailbox has to be proven first, and a code from it is the first factor.
    let begun = app
        .api()
        .post("/api/v1/sign-in", &json!({"email": ann.email}))
        .await
        .json();
    let path = format!("/api/v1/sign-in/{}", text(&begun["id"]));
    let mut api = app.api().with(text(&begun["token"]));
    let sent = api.post(&format!("{path}/email-code"), &json!({})).await;
    let mut api = app.api().with(text(&sent.json()["token"]));
    let code = json!({"code": app.mailed_code(&ann.email).await});
    let state = api.post(&format!("{path}/email-code/verify"), &code).await;
    let state = state.json();
    assert_eq!(state["state"], "enroll", "{state}");
    let mut api = app.api().with(text(&state["token"]));
    let factors = format!("{path}/enroll/factors");
    let missing = api.post(&factors, &json!({"kind": "sms"})).await;
    assert_eq!(blamed(&missing), json!([422, "phone", "missing"]));
    let begin = json!({"kind": "sms", "phone": number(1), "country": "DE"});
    let begun = api.post(&factors, &begin).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let one = format!("{factors}/{}", text(&begun.json()["factor"]["id"]));
    app.hand_over().await;
    app.forward(60);
    let sent = api.call(Method::POST, &format!("{one}/send"), None).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let code = app.texted_code().await;
    let done = api
        .post(&format!("{one}/activate"), &json!({"code": code}))
        .await;
    let done = done.json();
    assert_eq!(done["state"], "complete", "{done}");
    assert_eq!(done["session"]["amr"], json!(["otp", "sms", "mfa"]));
}

async fn app1_an_application_sets_a_number_up_and_verifies_a_texted_code(place: &Place) {
    let app = texting(place).await;
    let key = app.api_key("shop", &Scope::ALL).await;
    let mut shop = app.api().with(&key);
    let made = shop
        .post("/api/v1/accounts", &json!({"external_id": "7"}))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let account = "/api/v1/accounts/ext:7";
    let begin = json!({"kind": "sms", "phone": "+44 7400 123456"});
    let begun = shop.post(&format!("{account}/factors"), &begin).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let begun = begun.json();
    assert_eq!(begun["sms"]["phone_hint"], "•••• 56");
    assert!(begun["backup_codes"].is_null());
    let one = format!("{account}/factors/{}", text(&begun["factor"]["id"]));
    let code = app.texted_code().await;
    // Nothing is filled in on our word on a page that is the application's.
    let body = app.texts().await[0].body.clone();
    assert!(!body.contains('@'), "{body}");
    // Its users know the shop; they never heard of what it uses.
    assert!(body.contains("is your shop code"), "{body}");
    assert!(!body.contains("Twinlock"), "{body}");
    let verify = format!("{account}/verify");
    // M04: what sets the number up verifies nothing.
    let early = shop.post(&verify, &json!({"code": code})).await.json();
    assert_eq!(early["verified"], false);
    let done = shop
        .post(&format!("{one}/activate"), &json!({"code": code}))
        .await;
    assert_eq!(done.status, 200, "{}", done.body);
    let send = format!("{one}/send");
    let sent = shop.call(Method::POST, &send, None).await;
    assert_eq!(problem(&sent), too_soon());
    app.forward(60);
    let sent = shop
        .post(&send, &json!({"client": {"ip": "203.0.113.9"}}))
        .await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let code = app.texted_code().await;
    let narrowed = json!({"code": code, "kind": "totp"});
    let other = shop.post(&verify, &narrowed).await.json();
    assert_eq!(other["verified"], false);
    let good = shop.post(&verify, &json!({"code": code})).await.json();
    assert_eq!(good["verified"], true, "{good}");
    assert_eq!(good["kind"], "sms");
    let again = shop.post(&verify, &json!({"code": code})).await.json();
    assert_eq!(again["verified"], false);
    // Another application's key sees nothing of it.
    let usual = [Scope::AccountsRead, Scope::AccountsWrite, Scope::Verify];
    let other = app.api_key("other", &usual).await;
    let id = text(&made.json()["id"]).to_owned();
    let path = one.replace("ext:7", &id);
    let mut other = app.api().with(&other);
    let blind = other
        .call(Method::POST, &format!("{path}/send"), None)
        .await;
    assert_eq!(blind.status.as_u16(), 404, "{}", blind.body);
}

async fn a_wrong_texted_code_is_told_as_one_of_texts(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let told = |answer: &Answer| {
        assert_eq!(problem(answer), (422, String::from("invalid_code"), false));
        text(&answer.json()["detail"]).to_owned()
    };
    let (_, path, mut api) = past_password(&app, &ann.email).await;
    let factor = format!("{path}/second-factor");
    let right = app.texted_code().await;
    let wrong = json!({"code": other_than(&right)});
    let said = told(&api.post(&factor, &wrong).await);
    assert!(said.contains("in the text we sent last"), "{said}");
    assert!(!said.contains("30 seconds"), "{said}");
    app.forward(301);
    let said = told(&api.post(&factor, &json!({"code": right})).await);
    assert!(said.contains("no longer good"), "{said}");
    assert!(said.contains("Have a new one sent"), "{said}");
    // The same of a set-up, and by an application, whose answers have a word for each.
    let mut me = somebody(&app, "bob@example.org").await;
    let begin = json!({"kind": "sms", "phone": number(2), "country": "DE"});
    let begun = me.post("/api/v1/me/factors", &begin).await.json();
    let activate = format!(
        "/api/v1/me/factors/{}/activate",
        text(&begun["factor"]["id"])
    );
    let right = app.texted_code().await;
    let wrong = json!({"code": other_than(&right)});
    let said = told(&me.post(&activate, &wrong).await);
    assert!(said.contains("in the text we sent last"), "{said}");
    app.forward(301);
    let said = told(&me.post(&activate, &json!({"code": right})).await);
    assert!(said.contains("no longer good"), "{said}");
    let key = app.api_key("shop", &Scope::ALL).await;
    let mut shop = app.api().with(&key);
    let account = "/api/v1/accounts/ext:7";
    shop.post("/api/v1/accounts", &json!({"external_id": "7"}))
        .await;
    let begin = json!({"kind": "sms", "phone": "+44 7400 123456"});
    let begun = shop.post(&format!("{account}/factors"), &begin).await;
    let one = format!("{account}/factors/{}", text(&begun.json()["factor"]["id"]));
    let code = json!({"code": app.texted_code().await});
    shop.post(&format!("{one}/activate"), &code).await;
    app.forward(61);
    shop.call(Method::POST, &format!("{one}/send"), None).await;
    let right = app.texted_code().await;
    let mut reason = async |code: &str| {
        let typed = json!({"code": code});
        let judged = shop.post("/api/v1/accounts/ext:7/verify", &typed).await;
        text(&judged.json()["reason"]).to_owned()
    };
    assert_eq!(reason(&other_than(&right)).await, "invalid_code");
    app.forward(301);
    assert_eq!(reason(&right).await, "expired");
}

fn other_than(code: &str) -> String {
    let last = if code.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &code[..5])
}

async fn a_code_that_is_empty_is_missing(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let (_, path, mut api) = past_password(&app, &ann.email).await;
    for empty in ["", "  ", " - "] {
        let answer = api
            .post(&format!("{path}/second-factor"), &json!({"code": empty}))
            .await;
        assert_eq!(
            blamed(&answer),
            json!([422, "code", "missing"]),
            "{empty:?}"
        );
    }
}

async fn what_is_sent_without_a_body_may_be_announced_as_json(place: &Place) {
    let app = texting(place).await;
    let mut me = somebody(&app, "ann@example.org").await;
    let begin = json!({"kind": "sms", "phone": number(1), "country": "DE"});
    let begun = me.post("/api/v1/me/factors", &begin).await.json();
    app.hand_over().await;
    app.forward(61);
    let send = format!("/api/v1/me/factors/{}/send", text(&begun["factor"]["id"]));
    let sent = me.call(Method::POST, &send, Some(String::new())).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
}

async fn n8_two_numbers_that_end_alike_are_told_apart(place: &Place) {
    let app = texting(place).await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    caller.set_up_text(&acting, "01512 3456789").await;
    caller.set_up_text(&acting, "0171 2345589").await;
    caller.set_up_text(&acting, "0160 7771234").await;
    app.forward(61);
    let (state, path, mut api) = past_password(&app, &ann.email).await;
    let labels = |state: &Value| {
        let factors = state["factors"].as_array().unwrap();
        factors
            .iter()
            .map(|one| text(&one["label"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(&state), ["•••• 789", "•••• 589", "•••• 34"]);
    assert_eq!(state["sms"]["phone_hint"], "•••• 789");
    let other = json!({"factor": state["factors"][1]["id"]});
    app.forward(61);
    let sent = api
        .post(&format!("{path}/second-factor/send"), &other)
        .await;
    assert_eq!(sent.json()["phone_hint"], "•••• 589", "{}", sent.body);
}

async fn app1_texts_for_one_application_are_not_counted_for_its_servers_address(place: &Place) {
    let app = texting(place).await;
    let key = app.api_key("shop", &Scope::ALL).await;
    let mut shop = app.api().with(&key);
    let mut begin = async |n: u32, body: Value| {
        let made = json!({"external_id": n.to_string()});
        shop.post("/api/v1/accounts", &made).await;
        let path = format!("/api/v1/accounts/ext:{n}/factors");
        shop.post(&path, &body).await
    };
    // Numbers of many beginnings, so that only what is counted per network could refuse.
    let phone = |n: u32| format!("+44 7{:03} {:06}", 400 + n / 10, 100_000 + n * 1_317);
    for n in 0..25 {
        let body = json!({"kind": "sms", "phone": phone(n)});
        let begun = begin(n, body).await;
        assert_eq!(begun.status, 201, "{n}: {}", begun.body);
    }
    // Where it says who sits where, so many go out for one network.
    let mut refused = None;
    for n in 25..50 {
        let client = json!({"ip": "203.0.113.9"});
        let body = json!({"kind": "sms", "phone": phone(n), "client": client});
        let begun = begin(n, body).await;
        if begun.status == 429 {
            refused = Some((n - 25, problem(&begun).1));
            break;
        }
        assert_eq!(begun.status, 201, "{n}: {}", begun.body);
    }
    assert_eq!(refused, Some((20, String::from("sms_limit"))));
}

async fn m01_one_application_leaves_texts_to_people_and_to_other_applications(place: &Place) {
    let few = |settings: &mut Settings| {
        with_texts(settings);
        settings.sms.daily_cap = 10;
    };
    let app = place.app_with(few).await;
    let mut of = BTreeMap::new();
    for (name, phones) in [("shop", 100..120), ("club", 200..202)] {
        let key = app.api_key(name, &Scope::ALL).await;
        let mut application = app.api().with(&key);
        for n in phones {
            let made = json!({"external_id": n.to_string()});
            application.post("/api/v1/accounts", &made).await;
            let path = format!("/api/v1/accounts/ext:{n}/factors");
            let phone = format!("+44 7{:03} {:06}", 400 + n / 10, 100_000 + n * 1_317);
            let body =
                json!({"kind": "sms", "phone": phone, "client": {"ip": format!("203.0.113.{n}")}});
            let begun = application.post(&path, &body).await;
            if begun.status == 429 {
                assert_eq!(problem(&begun).1, "sms_limit");
            } else {
                *of.entry(name).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(of, BTreeMap::from([("shop", 5), ("club", 2)]));
    let stopped = app
        .app
        .meters
        .tallies()
        .into_iter()
        .find_map(|(tally, count)| {
            matches!(tally, Tally::TextStopped("text_application")).then_some(count)
        });
    assert_eq!(stopped, Some(15));
    let mut ann = somebody(&app, "ann@example.org").await;
    let begin = json!({"kind": "sms", "phone": number(1), "country": "DE"});
    assert_eq!(ann.post("/api/v1/me/factors", &begin).await.status, 201);
}

async fn m02_a_device_token_gives_an_applications_user_a_share_of_texts(place: &Place) {
    let app = texting(place).await;
    let key = app.api_key("shop", &Scope::ALL).await;
    let mut shop = app.api().with(&key);
    shop.post("/api/v1/accounts", &json!({"external_id": "1"}))
        .await;
    let account = "/api/v1/accounts/ext:1";
    let begin = json!({"kind": "sms", "phone": number(1), "country": "DE"});
    let begun = shop.post(&format!("{account}/factors"), &begin).await;
    let begun = begun.json();
    let factor = format!("{account}/factors/{}", text(&begun["factor"]["id"]));
    let code = json!({"code": app.texted_code().await});
    shop.post(&format!("{factor}/activate"), &code).await;
    app.forward(61);
    let send = format!("{factor}/send");
    assert_eq!(shop.post(&send, &json!({})).await.status, 202);
    let code = json!({"code": app.texted_code().await});
    let verified = shop.post(&format!("{account}/verify"), &code).await.json();
    let token = text(&verified["device_token"]).to_owned();
    app.forward_to_next_day();
    for n in 0..4 {
        let sent = shop.post(&send, &json!({})).await;
        let expected = if n < 3 { 202 } else { 429 };
        assert_eq!(sent.status, expected, "{n}: {}", sent.body);
        app.forward(61);
    }
    let from_known = json!({"device_token": token});
    let sent = shop.post(&send, &from_known).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
}

async fn what_does_not_belong_together_is_refused(place: &Place) {
    let app = texting(place).await;
    let mut me = somebody(&app, "ann@example.org").await;
    let phone = "+4915123456789";
    for (body, blames) in [
        (json!({"kind": "totp", "phone": phone}), "phone"),
        (json!({"kind": "webauthn", "country": "DE"}), "country"),
        (
            json!({"kind": "sms", "phone": phone, "label": "Mine"}),
            "label",
        ),
        (
            json!({"kind": "sms", "phone": phone, "country": "XX"}),
            "country",
        ),
    ] {
        let begun = me.post("/api/v1/me/factors", &body).await;
        assert_eq!(blamed(&begun), json!([422, blames, "invalid"]), "{body}");
    }
    let send = "/api/v1/session/step-up/send";
    let factor = "01890000-0000-7000-8000-000000000000";
    for kind in ["email_code", "webauthn"] {
        let body = json!({"kind": kind, "factor": factor});
        assert_eq!(
            blamed(&me.post(send, &body).await),
            json!([422, "factor", "invalid"])
        );
    }
    let unknown = me.post(send, &json!({"factor": factor})).await;
    assert_eq!(problem(&unknown).1, "no_factor");
    let key = app.api_key("shop", &Scope::ALL).await;
    let mut shop = app.api().with(&key);
    shop.post("/api/v1/accounts", &json!({"external_id": "7"}))
        .await;
    for (body, blames) in [
        (json!({"kind": "totp", "phone": phone}), "phone"),
        (
            json!({"kind": "sms", "phone": phone, "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}),
            "secret",
        ),
        (
            json!({"kind": "sms", "phone": phone, "activate": true}),
            "activate",
        ),
        (
            json!({"kind": "sms", "phone": phone, "client": {"ip": "here"}}),
            "client.ip",
        ),
    ] {
        let begun = shop.post("/api/v1/accounts/ext:7/factors", &body).await;
        assert_eq!(blamed(&begun), json!([422, blames, "invalid"]), "{body}");
    }
    assert!(app.texts().await.is_empty());
}

async fn n04_a_number_that_is_somebody_elses_too_says_nothing_of_it(place: &Place) {
    let app = texting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let mut bob = somebody(&app, "bob@example.org").await;
    let of = |n| json!({"kind": "sms", "phone": number(n), "country": "DE"});
    let known = bob.post("/api/v1/me/factors", &of(1)).await;
    let unknown = bob.post("/api/v1/me/factors", &of(2)).await;
    assert_eq!(
        (known.status, unknown.status),
        (201.try_into().unwrap(), 201.try_into().unwrap())
    );
    let members = |answer: &Answer| {
        let said = answer.json();
        let sms = said["sms"].as_object().unwrap();
        sms.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(members(&known), members(&unknown));
}

async fn without_somebody_who_delivers_them_no_number_is_set_up(place: &Place) {
    let app = place.app().await;
    let mut me = somebody(&app, "ann@example.org").await;
    let begin = json!({"kind": "sms", "phone": "+4915123456789"});
    let begun = me.post("/api/v1/me/factors", &begin).await;
    assert_eq!(
        problem(&begun),
        (409, String::from("kind_unavailable"), false)
    );
}
