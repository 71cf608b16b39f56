//! The JSON API as programs use it: an application adding two-factor authentication to its own users, and a front end of somebody's own.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use twinlock::application::Scope;
use twinlock::config::SignUp;
use twinlock_testkit::phone::Phone;

use crate::support::api::Api;
use crate::support::browser::Answer;
use crate::support::caller::PASSWORD;
use crate::support::{Place, TestApp};

on_both_engines!(
    an_application_adds_two_factor_to_its_user_and_checks_codes,
    an_existing_secret_is_brought_along_active_at_once,
    an_application_sees_its_own_accounts_only,
    an_address_is_a_door_only_where_an_admin_key_said_so,
    a_reset_account_must_set_it_up_again,
    somebody_signs_up_and_in_by_the_api_alone,
    a_known_device_is_carried_along_by_the_sign_ins_token,
    codes_of_every_wrong_kind_are_refused_and_never_a_fault,
    x15_scripts_of_listed_origins_may_call_and_others_may_not,
    every_error_is_a_problem_that_names_the_request,
    a_wait_says_how_long_in_the_body_and_in_the_header,
);

async fn key(app: &TestApp, application: &'static str, scopes: &[Scope]) -> Api {
    let key = app.api_key(application, scopes).await;
    app.api().with(&key)
}

const USUAL: [Scope; 3] = [Scope::AccountsRead, Scope::AccountsWrite, Scope::Verify];

fn is(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    if answer.body.is_empty() {
        Value::Null
    } else {
        answer.json()
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

fn code(app: &TestApp, phone: &Phone) -> Value {
    json!({"code": phone.code_at(app.time.seconds())})
}

/// An application's user with an app; the phone and the backup codes.
async fn enrolled(app: &TestApp, api: &mut Api, name: &str) -> (Phone, Vec<Value>) {
    is(
        &api.post("/api/v1/accounts", &json!({"external_id": name}))
            .await,
        201,
    );
    let path = format!("/api/v1/accounts/ext:{name}/factors");
    let made = api
        .post(&path, &json!({"kind": "totp", "label": "Phone"}))
        .await;
    let made = is(&made, 201);
    assert_eq!(made["factor"]["state"], "pending");
    assert!(text(&made["totp"]["qr_svg"]).contains("<svg"));
    let phone = Phone::scan(&text(&made["totp"]["otpauth_uri"])).unwrap();
    let path = format!("{path}/{}/activate", text(&made["factor"]["id"]));
    let done = is(&api.post(&path, &code(app, &phone)).await, 200);
    assert_eq!(done["factor"]["state"], "active");
    (phone, done["backup_codes"].as_array().unwrap().clone())
}

async fn an_application_adds_two_factor_to_its_user_and_checks_codes(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let mut api = key(&app, "shop", &USUAL).await;
    let (phone, codes) = enrolled(&app, &mut api, "user-42").await;
    assert_eq!(codes.len(), 10);
    let verify = "/api/v1/accounts/ext:user-42/verify";
    // The code that proved the app is spent.
    let again = is(&api.post(verify, &code(&app, &phone)).await, 200);
    assert_eq!(again, json!({"verified": false, "reason": "already_used"}));
    app.forward(30);
    let seen = json!({"ip": "203.0.113.9", "user_agent": "Mozilla/5.0 (X11; Linux) Firefox/130.0"});
    let mut body = code(&app, &phone);
    body["client"] = seen;
    let good = is(&api.post(verify, &body).await, 200);
    assert_eq!(
        (&good["verified"], &good["kind"]),
        (&json!(true), &json!("totp"))
    );
    assert_eq!(good["backup_codes_remaining"], 10);
    assert!(text(&good["device_token"]).starts_with("tld_"));
    let spent = is(&api.post(verify, &json!({"code": codes[0]})).await, 200);
    assert_eq!(
        (&spent["kind"], &spent["backup_codes_remaining"]),
        (&json!("backup_code"), &json!(9))
    );
    let status = is(
        &api.get("/api/v1/accounts/ext:user-42/two-factor").await,
        200,
    );
    assert_eq!(status["enabled"], true);
    assert_eq!(status["factors"].as_array().unwrap().len(), 1);
    let gone = api
        .call(Method::DELETE, "/api/v1/accounts/ext:user-42", None)
        .await;
    is(&gone, 204);
    is(&api.get("/api/v1/accounts/ext:user-42").await, 404);
    assert_eq!(app.number("SELECT COUNT(*) FROM totp", &[]).await, 0);
}

async fn an_existing_secret_is_brought_along_active_at_once(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let mut api = key(&app, "shop", &USUAL).await;
    is(
        &api.post("/api/v1/accounts", &json!({"external_id": "a/b"}))
            .await,
        201,
    );
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let path = "/api/v1/accounts/ext:a%2Fb/factors";
    is(
        &api.post(path, &json!({"kind": "totp", "secret": secret}))
            .await,
        422,
    );
    is(
        &api.post(path, &json!({"kind": "totp", "digits": 8})).await,
        422,
    );
    let short = json!({"kind": "totp", "secret": "JBSWY3DP", "activate": true});
    is(&api.post(path, &short).await, 422);
    let body = json!({"kind": "totp", "secret": secret, "activate": true});
    let made = is(&api.post(path, &body).await, 201);
    assert_eq!(made["factor"]["state"], "active");
    assert_eq!(made["backup_codes"].as_array().unwrap().len(), 10);
    let phone = Phone::type_in(secret).unwrap();
    let verify = "/api/v1/accounts/ext:a%2Fb/verify";
    let good = is(&api.post(verify, &code(&app, &phone)).await, 200);
    assert_eq!(good["verified"], true);
}

async fn an_application_sees_its_own_accounts_only(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let person = app.person("ann@example.org").await;
    let mut shop = key(&app, "shop", &USUAL).await;
    let mut admin = key(&app, "office", &Scope::ALL).await;
    let made = shop
        .post("/api/v1/accounts", &json!({"external_id": "one"}))
        .await;
    let id = text(&is(&made, 201)["id"]);
    is(
        &shop
            .post("/api/v1/accounts", &json!({"external_id": "one"}))
            .await,
        409,
    );
    is(&shop.get(&format!("/api/v1/accounts/{id}")).await, 200);
    // Another application has ids of its own and sees nobody else's, whatever its scopes.
    is(&admin.get("/api/v1/accounts/ext:one").await, 404);
    is(&admin.get(&format!("/api/v1/accounts/{id}")).await, 404);
    is(
        &admin
            .post("/api/v1/accounts", &json!({"external_id": "one"}))
            .await,
        201,
    );
    // People are seen with scope admin only.
    let path = format!("/api/v1/accounts/{}", person.account);
    is(&shop.get(&path).await, 404);
    assert_eq!(is(&admin.get(&path).await, 200)["email"], "ann@example.org");
    let mut reader = key(&app, "shop", &[Scope::AccountsRead]).await;
    let refused = is(&reader.post("/api/v1/accounts", &json!({})).await, 403);
    assert_eq!(
        (&refused["code"], &refused["scope"]),
        (&json!("missing_scope"), &json!("accounts:write"))
    );
}

async fn an_address_is_a_door_only_where_an_admin_key_said_so(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    app.person("ann@example.org").await;
    let mut shop = key(&app, "shop", &USUAL).await;
    let contact = json!({"email": "ann@example.org"});
    is(&shop.post("/api/v1/accounts", &contact).await, 201);
    let with_password = json!({"email": "bob@example.org", "password": PASSWORD});
    is(&shop.post("/api/v1/accounts", &with_password).await, 403);
    let mut admin = key(&app, "shop", &Scope::ALL).await;
    is(&admin.post("/api/v1/accounts", &contact).await, 409);
    // What a refused call claimed on the way is free again.
    let both = json!({"external_id": "x", "email": "ann@example.org"});
    is(&admin.post("/api/v1/accounts", &both).await, 409);
    is(
        &admin
            .post("/api/v1/accounts", &json!({"external_id": "x"}))
            .await,
        201,
    );
    is(&admin.post("/api/v1/accounts", &with_password).await, 201);
    let (id, mut api) = begin(&app, json!({"email": "bob@example.org"})).await;
    let path = format!("/api/v1/sign-in/{id}/password");
    let done = is(&api.post(&path, &json!({"password": PASSWORD})).await, 200);
    assert_eq!(done["state"], "complete");
}

async fn a_reset_account_must_set_it_up_again(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let mut api = key(&app, "shop", &USUAL).await;
    let (phone, _) = enrolled(&app, &mut api, "user-1").await;
    let path = "/api/v1/accounts/ext:user-1/two-factor/reset";
    is(&api.post(path, &json!({"reason": " "})).await, 422);
    let done = is(
        &api.post(path, &json!({"reason": "phone lost, seen in person"}))
            .await,
        200,
    );
    assert_eq!(done["enrolment_required"], true);
    app.forward(60);
    let verify = "/api/v1/accounts/ext:user-1/verify";
    let answer = is(&api.post(verify, &code(&app, &phone)).await, 200);
    assert_eq!(answer, json!({"verified": false, "reason": "no_factor"}));
    let account = is(&api.get("/api/v1/accounts/ext:user-1").await, 200);
    assert_eq!(account["enrolment_required"], true);
}

/// A sign-in that was begun: its id, and a program that carries its token.
async fn begin(app: &TestApp, body: Value) -> (String, Api) {
    let begun = is(&app.api().post("/api/v1/sign-in", &body).await, 201);
    assert_eq!(begun["state"], "first_factor");
    (text(&begun["id"]), app.api().with(&text(&begun["token"])))
}

async fn somebody_signs_up_and_in_by_the_api_alone(place: &Place) {
    let app = TestApp::start(place, |settings| settings.sign_in.sign_up = SignUp::Open).await;
    let form = json!({"email": "eve@example.org", "name": "Eve", "password": PASSWORD});
    let asked = is(&app.api().post("/api/v1/sign-up", &form).await, 202);
    assert_eq!(asked["state"], "verify_email");
    let mut api = app.api().with(&text(&asked["token"]));
    let mailed = app.mailed_code("eve@example.org").await;
    let path = format!("/api/v1/sign-in/{}/verify-email", text(&asked["id"]));
    let done = is(&api.post(&path, &json!({"code": mailed})).await, 200);
    assert_eq!(done["state"], "complete");
    let mut me = app.api().with(&text(&done["session"]["token"]));
    assert_eq!(is(&me.get("/api/v1/me").await, 200)["name"], "Eve");
    let made = is(
        &me.post("/api/v1/me/factors", &json!({"kind": "totp"}))
            .await,
        201,
    );
    let phone = Phone::scan(&text(&made["totp"]["otpauth_uri"])).unwrap();
    let path = format!(
        "/api/v1/me/factors/{}/activate",
        text(&made["factor"]["id"])
    );
    let on = is(&me.post(&path, &code(&app, &phone)).await, 200);
    assert_eq!(on["backup_codes"].as_array().unwrap().len(), 10);
    app.forward(30);
    let (id, mut api) = begin(&app, json!({"email": "eve@example.org"})).await;
    let path = format!("/api/v1/sign-in/{id}/password");
    let asked = is(&api.post(&path, &json!({"password": PASSWORD})).await, 200);
    assert_eq!(
        (&asked["state"], &asked["backup_codes"]),
        (&json!("second_factor"), &json!(true))
    );
    let mut api = app.api().with(&text(&asked["token"]));
    is(&api.get("/api/v1/me").await, 401);
    is(
        &api.get(&format!(
            "/api/v1/sign-in/{}",
            made["factor"]["id"].as_str().unwrap()
        ))
        .await,
        404,
    );
    let path = format!("/api/v1/sign-in/{id}/second-factor");
    let done = is(&api.post(&path, &code(&app, &phone)).await, 200);
    assert_eq!(done["session"]["aal"], "aal2");
    let mut me = app.api().with(&text(&done["session"]["token"]));
    let session = is(&me.get("/api/v1/session").await, 200);
    assert_eq!(session["amr"], json!(["pwd", "otp", "mfa"]));
    app.forward(3600);
    is(&me.post("/api/v1/me/backup-codes", &json!({})).await, 403);
    is(
        &me.post("/api/v1/session/step-up", &code(&app, &phone))
            .await,
        200,
    );
    is(&me.post("/api/v1/me/backup-codes", &json!({})).await, 201);
    is(&me.call(Method::DELETE, "/api/v1/session", None).await, 204);
    is(&me.get("/api/v1/session").await, 401);
}

async fn a_known_device_is_carried_along_by_the_sign_ins_token(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let person = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("203.0.113.5");
    let device = caller.sign_in(&person).await.device_token.unwrap();
    app.forward(60);
    let body = json!({"email": "ann@example.org", "device_token": device});
    let (id, mut api) = begin(&app, body).await;
    let path = format!("/api/v1/sign-in/{id}/password");
    let asked = is(&api.post(&path, &json!({"password": PASSWORD})).await, 200);
    let token = text(&asked["token"]);
    assert!(token.ends_with(&device));
    let mut api = app.api().with(&token);
    let path = format!("/api/v1/sign-in/{id}/second-factor");
    let done = is(&api.post(&path, &code(&app, person.phone())).await, 200);
    // Known already: no second token for the same device.
    assert_eq!(
        (&done["state"], done.get("device_token")),
        (&json!("complete"), None)
    );
    let (_, mut stranger) = begin(
        &app,
        json!({"email": "ann@example.org", "device_token": "x.y"}),
    )
    .await;
    assert!(stranger.get("/api/v1/me").await.status == StatusCode::UNAUTHORIZED);
}

async fn codes_of_every_wrong_kind_are_refused_and_never_a_fault(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let mut api = key(&app, "shop", &USUAL).await;
    enrolled(&app, &mut api, "user-7").await;
    let verify = "/api/v1/accounts/ext:user-7/verify";
    for body in [
        json!({"code": 123_456}),
        json!({"code": ["1"]}),
        json!({"code": null}),
        json!({}),
        json!({"code": ""}),
        json!({"code": " "}),
        json!({"code": "1".repeat(10_000)}),
        json!({"code": "1", "kode": 1}),
        json!({"code": "1", "kind": "email_code"}),
        json!({"code": "1", "factor": "x"}),
        json!({"code": "1", "client": {"ip": "x"}}),
        json!([]),
        json!("1"),
    ] {
        is(&api.post(verify, &body).await, 422);
    }
    for code in [
        "１２３４５",
        "٠١٢",
        "12345",
        "abcdef",
        "1234567890",
        "\u{0}",
    ] {
        let answer = is(&api.post(verify, &json!({"code": code})).await, 200);
        assert_eq!(answer["reason"], "invalid_code", "{code:?}");
    }
    let twice = String::from(r#"{"code":"1","code":"2"}"#);
    is(&api.call(Method::POST, verify, Some(twice)).await, 422);
    is(
        &api.call(Method::POST, verify, Some(String::from("{")))
            .await,
        400,
    );
    is(
        &api.post("/api/v1/accounts/nobody/verify", &json!({"code": "1"}))
            .await,
        404,
    );
    is(
        &api.post("/api/v1/accounts/%ff/verify", &json!({"code": "1"}))
            .await,
        404,
    );
}

async fn x15_scripts_of_listed_origins_may_call_and_others_may_not(place: &Place) {
    let app = TestApp::start(place, |settings| {
        settings.server.allowed_origins = vec![String::from("https://shop.example")];
    })
    .await;
    let mut browser = app.browser();
    for (origin, allowed) in [
        ("https://shop.example", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let asks = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("sec-fetch-site", "cross-site"),
        ];
        let preflight = browser
            .send(Method::OPTIONS, "/api/v1/me/factors", &asks, None)
            .await;
        assert_eq!(
            preflight
                .headers
                .contains_key("access-control-allow-origin"),
            allowed
        );
        assert!(
            !preflight
                .headers
                .contains_key("access-control-allow-credentials")
        );
        let sends = [
            ("origin", origin),
            ("sec-fetch-site", "cross-site"),
            ("content-type", "application/json"),
        ];
        let body = Some(json!({"email": "ann@example.org"}).to_string());
        let begun = browser
            .send(Method::POST, "/api/v1/sign-in", &sends, body)
            .await;
        assert_eq!(
            begun.status == StatusCode::CREATED,
            allowed,
            "{}",
            begun.body
        );
        assert_eq!(
            begun.headers.contains_key("access-control-allow-origin"),
            allowed
        );
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of requests and what each is answered"
)]
async fn every_error_is_a_problem_that_names_the_request(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let key = app.api_key("shop", &USUAL).await;
    let mut keyed = app.api().with(&key);
    let big = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let accounts = "/api/v1/accounts";
    for (method, path, body, status, code) in [
        (Method::GET, "/api/v1/nothing", None, 404, "not_found"),
        (Method::PUT, accounts, None, 405, "method_not_allowed"),
        (Method::POST, accounts, Some(big), 413, "body_too_large"),
        (Method::POST, accounts, Some(deep), 400, "malformed_body"),
        (
            Method::POST,
            accounts,
            Some("{} {}".into()),
            400,
            "malformed_body",
        ),
        (
            Method::POST,
            accounts,
            Some("\"a\"".into()),
            422,
            "invalid_request",
        ),
        (
            Method::POST,
            accounts,
            Some("{\"nickname\":1}".into()),
            422,
            "invalid_request",
        ),
        (Method::POST, accounts, None, 415, "unsupported_media_type"),
        (
            Method::GET,
            "/api/v1/accounts/ext:nobody",
            None,
            404,
            "not_found",
        ),
        (Method::GET, "/api/v1/session", None, 401, "signed_out"),
        // No sign-in was begun that could be over.
        (
            Method::GET,
            "/api/v1/sign-in/01890000-0000-7000-8000-000000000000",
            None,
            401,
            "signed_out",
        ),
    ] {
        let answer = keyed.call(method.clone(), path, body).await;
        let problem = is(&answer, status);
        assert_eq!(problem["code"], code, "{method} {path}");
        assert_eq!(problem["status"], status, "{method} {path}");
        assert_eq!(problem["type"], format!("/help/errors#{code}"));
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("x-request-id").len(), 16, "{method} {path}");
        assert_eq!(
            answer.header("allow"),
            if status == 405 { "POST" } else { "" }
        );
        let challenge = if status == 401 { "Bearer" } else { "" };
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    let mut over = app.api().with("tli_over");
    let path = "/api/v1/sign-in/01890000-0000-7000-8000-000000000000";
    assert_eq!(is(&over.get(path).await, 410)["code"], "sign_in_expired");
}

async fn a_wait_says_how_long_in_the_body_and_in_the_header(place: &Place) {
    let app = TestApp::start(place, |_| {}).await;
    let mut api = key(&app, "shop", &USUAL).await;
    enrolled(&app, &mut api, "user-8").await;
    let verify = "/api/v1/accounts/ext:user-8/verify";
    let mut answer = api.post(verify, &json!({"code": "000000"})).await;
    for n in 1..30 {
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        answer = api.post(verify, &json!({"code": format!("{n:06}")})).await;
    }
    let locked = is(&answer, 429);
    assert_eq!(locked["code"], "locked");
    assert_eq!(locked["still_possible"], json!(["backup_code"]));
    assert!(text(&locked["until"]).ends_with('Z'));
    let seconds = locked["retry_after"].as_u64().unwrap();
    assert!((1..=3600).contains(&seconds));
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    let unlock = api
        .call(Method::POST, "/api/v1/accounts/ext:user-8/unlock", None)
        .await;
    is(&unlock, 204);
    is(&api.post(verify, &json!({"code": "999999"})).await, 200);
}
