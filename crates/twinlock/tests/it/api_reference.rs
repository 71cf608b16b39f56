//! The reference of the API: every example in it does what it says, and the page can be read.

use http::StatusCode;
use serde_json::{Value, json};
use twinlock::application::Scope;
use twinlock_testkit::phone::Phone;

use crate::support::key::SoftKey;
use crate::support::played::Player;
use crate::support::texts::with_texts;
use crate::support::{Place, TestApp};

on_both_engines!(
    every_example_in_the_reference_does_what_it_shows,
    the_reference_is_a_page_of_the_product,
);

async fn every_example_in_the_reference_does_what_it_shows(place: &Place) {
    let app = place
        .app_with(|settings| {
            with_texts(settings);
            settings.two_factor.backup_codes.reveal = true;
        })
        .await;
    let mut player = Player::new(&app);
    player.plays("GET /api/openapi.json").await;
    an_application(&mut player).await;
    somebody_signs_up(&mut player).await;
    their_second_factor(&mut player).await;
    their_codes_and_sessions(&mut player).await;
    somebody_signs_in(&mut player).await;
    they_forgot_their_password(&mut player).await;
    they_end_it(&mut player).await;
    player.app = place
        .app_with(|settings| {
            with_texts(settings);
            settings.two_factor.required = true;
        })
        .await;
    somebody_must_enrol(&mut player).await;
    player.played_all();
}

/// A key that may do just what the call demands, so that the scope beside it is the true one.
async fn as_application(player: &mut Player, call: &str, other: &[(&str, Value)]) -> Value {
    let scope = player.operation(call)["x-scope"].as_str().unwrap();
    let scope = Scope::from_word(scope).unwrap();
    let key = player.app.api_key("shop", &[scope]).await;
    player.variables.insert("KEY", key);
    player.plays_with(call, other).await
}

async fn an_application(player: &mut Player) {
    as_application(player, "POST /api/v1/accounts", &[]).await;
    as_application(player, "GET /api/v1/accounts/{account}", &[]).await;
    let made = as_application(player, "POST /api/v1/accounts/{account}/factors", &[]).await;
    player.set("FACTOR", &made["factor"]["id"]);
    let phone = scanned(&made);
    let code = code(&player.app, &phone);
    let activate = "POST /api/v1/accounts/{account}/factors/{factor}/activate";
    as_application(player, activate, &[("code", code)]).await;
    as_application(player, "GET /api/v1/accounts/{account}/two-factor", &[]).await;
    let code = next_code(&player.app, &phone);
    let verify = "POST /api/v1/accounts/{account}/verify";
    let good = as_application(player, verify, &[("code", code)]).await;
    assert_eq!(good["verified"], true);
    let first = player.variables["FACTOR"].clone();
    let key = player.app.api_key("shop", &[Scope::AccountsWrite]).await;
    player.variables.insert("KEY", key);
    let made = sends_number(
        player,
        "POST /api/v1/accounts/{account}/factors",
        "+49 1512 3456789",
    )
    .await;
    player.set("FACTOR", &made["factor"]["id"]);
    player.app.forward(60);
    let send = "POST /api/v1/accounts/{account}/factors/{factor}/send";
    as_application(player, send, &[]).await;
    let look = "GET /api/v1/accounts/{account}/factors/{factor}";
    as_application(player, look, &[]).await;
    player.variables.insert("FACTOR", first);
    let made = as_application(player, "POST /api/v1/accounts/{account}/devices", &[]).await;
    player.set("DEVICE", &made["device"]["id"]);
    let check = "POST /api/v1/accounts/{account}/devices/verify";
    let device = ("token", made["device_token"].clone());
    let checked = as_application(player, check, &[device]).await;
    assert_eq!(checked["trusted"], true);
    for call in [
        "GET /api/v1/accounts/{account}/devices",
        "DELETE /api/v1/accounts/{account}/devices/{device}",
        "POST /api/v1/accounts/{account}/unlock",
        "PATCH /api/v1/accounts/{account}/factors/{factor}",
        "POST /api/v1/accounts/{account}/backup-codes",
        "GET /api/v1/accounts/{account}/backup-codes",
        "DELETE /api/v1/accounts/{account}/factors/{factor}",
        "POST /api/v1/accounts/{account}/freeze",
        "POST /api/v1/accounts/{account}/unfreeze",
        "POST /api/v1/accounts/{account}/two-factor/reset",
        "GET /api/v1/audit-events",
        "POST /api/v1/accounts/{account}/require-new-password",
        "DELETE /api/v1/accounts/{account}",
    ] {
        as_application(player, call, &[]).await;
    }
}

/// Begins setting a number up by the call whose example sets up an app.
async fn sends_number(player: &mut Player, call: &str, phone: &str) -> Value {
    let number = [
        ("kind", json!("sms")),
        ("label", json!("")),
        ("phone", json!(phone)),
    ];
    let made = player.sends(call, &number).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()
}

async fn somebody_signs_up(player: &mut Player) {
    let asked = player.plays("POST /api/v1/sign-up").await;
    goes_on(player, &asked);
    let code = mailed(player).await;
    let done = player
        .plays_with("POST /api/v1/sign-in/{id}/verify-email", &[("code", code)])
        .await;
    player.set("SESSION", &done["session"]["token"]);
    player.plays("POST /api/v1/session/step-up/send").await;
    player.app.forward(60);
}

async fn their_second_factor(player: &mut Player) {
    let phone = enrolled_in_settings(player).await;
    player.plays("GET /api/v1/me").await;
    player.plays("PATCH /api/v1/me").await;
    player.plays("GET /api/v1/me/two-factor").await;
    player.plays("PATCH /api/v1/me/factors/{factor}").await;
    let code = next_code(&player.app, &phone);
    player
        .plays_with("POST /api/v1/session/step-up", &[("code", code)])
        .await;
    player.plays("GET /api/v1/session").await;
    // A second app, to be removed again.
    let first = player.variables["FACTOR"].clone();
    enrolled_in_settings(player).await;
    player.plays("DELETE /api/v1/me/factors/{factor}").await;
    let made = sends_number(player, "POST /api/v1/me/factors", "+49 1512 4567890").await;
    player.set("FACTOR", &made["factor"]["id"]);
    player.app.forward(60);
    player.plays("POST /api/v1/me/factors/{factor}/send").await;
    player.plays("GET /api/v1/me/factors/{factor}").await;
    player.variables.insert("FACTOR", first);
    player.variables.insert("PHONE", phone.key());
    // A security key beside it: its creation is begun by the same call, and its answers are its own.
    let caller = player.app.caller("203.0.113.8");
    let acting = caller.acting(&player.variables["SESSION"]).await;
    let mut key = SoftKey::new(1);
    caller.set_up_key(&acting, &mut key, "Blue key").await;
    player
        .plays("POST /api/v1/me/two-factor/disable/send")
        .await;
}

/// Sets up an app as the session's own person.
async fn enrolled_in_settings(player: &mut Player) -> Phone {
    let made = player.plays("POST /api/v1/me/factors").await;
    player.set("FACTOR", &made["factor"]["id"]);
    let phone = scanned(&made);
    let code = code(&player.app, &phone);
    let activate = "POST /api/v1/me/factors/{factor}/activate";
    // Only the first one brings backup codes.
    if player.variables.contains_key("PLAYED") {
        let done = player.sends(activate, &[("code", code)]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    } else {
        player.plays_with(activate, &[("code", code)]).await;
        player.variables.insert("PLAYED", String::new());
    }
    phone
}

async fn their_codes_and_sessions(player: &mut Player) {
    let made = player.plays("POST /api/v1/me/backup-codes").await;
    player.plays("GET /api/v1/me/backup-codes").await;
    let code = ("code", made["codes"][2].clone());
    let checked = player
        .plays_with("POST /api/v1/me/backup-codes/check", &[code])
        .await;
    assert_eq!(checked["ordinal"], 3);
    let other = player.app.caller("203.0.113.7");
    let person = player.app.account_of(EMAIL).await.unwrap();
    let asked = other.try_password(EMAIL, EXAMPLE_PASSWORD).await.unwrap();
    let used = made["codes"][0].as_str().unwrap();
    let token = asked.token.unwrap();
    let done = other.verify_saying(&token, used, None, Some(true)).await;
    let done = done.unwrap();
    let elsewhere = crate::support::caller::completed(done).session;
    assert_eq!(elsewhere.account, person);
    player.plays("GET /api/v1/me/sessions").await;
    player.plays("GET /api/v1/me/audit-events").await;
    let devices = player.plays("GET /api/v1/me/devices").await;
    player.set("DEVICE", &devices["items"][0]["id"]);
    player.plays("DELETE /api/v1/me/devices/{device}").await;
    player
        .variables
        .insert("SESSION_ID", elsewhere.id.to_string());
    player.plays("DELETE /api/v1/me/sessions/{session}").await;
    player.plays("POST /api/v1/me/sessions/end-others").await;
}

async fn somebody_signs_in(player: &mut Player) {
    let begun = player.plays("POST /api/v1/sign-in").await;
    goes_on(player, &begun);
    player.plays("GET /api/v1/sign-in/{id}").await;
    let asked = player.plays("POST /api/v1/sign-in/{id}/password").await;
    goes_on(player, &asked);
    player
        .plays("POST /api/v1/sign-in/{id}/second-factor/send")
        .await;
    let code = next_code(&player.app, &phone(player));
    let done = player
        .plays_with("POST /api/v1/sign-in/{id}/second-factor", &[("code", code)])
        .await;
    player.set("SESSION", &done["session"]["token"]);
    player.app.forward(60);
    let begun = player.plays("POST /api/v1/sign-in").await;
    goes_on(player, &begun);
    let sent = player.plays("POST /api/v1/sign-in/{id}/email-code").await;
    goes_on(player, &sent);
    let code = mailed(player).await;
    let call = "POST /api/v1/sign-in/{id}/email-code/verify";
    player.plays_with(call, &[("code", code)]).await;
}

async fn they_forgot_their_password(player: &mut Player) {
    player.app.forward(3600);
    let begun = player.plays("POST /api/v1/sign-in").await;
    goes_on(player, &begun);
    let reset = [("purpose", json!("password_reset"))];
    let sent = player
        .sends("POST /api/v1/sign-in/{id}/email-code", &reset)
        .await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    goes_on(player, &sent.json());
    let code = [("code", mailed(player).await)];
    let asked = player
        .sends("POST /api/v1/sign-in/{id}/email-code/verify", &code)
        .await;
    assert_eq!(asked.json()["state"], "second_factor", "{}", asked.body);
    goes_on(player, &asked.json());
    let code = [("code", next_code(&player.app, &phone(player)))];
    let asked = player
        .sends("POST /api/v1/sign-in/{id}/second-factor", &code)
        .await;
    assert_eq!(asked.json()["state"], "new_password", "{}", asked.body);
    goes_on(player, &asked.json());
    let done = player.plays("POST /api/v1/sign-in/{id}/new-password").await;
    player.set("SESSION", &done["session"]["token"]);
}

async fn they_end_it(player: &mut Player) {
    let code = next_code(&player.app, &phone(player));
    let proven = player
        .sends("POST /api/v1/session/step-up", &[("code", code)])
        .await;
    assert_eq!(proven.status, StatusCode::OK, "{}", proven.body);
    player.plays("PUT /api/v1/me/password").await;
    let code = next_code(&player.app, &phone(player));
    let disable = "POST /api/v1/me/two-factor/disable";
    player.plays_with(disable, &[("code", code)]).await;
    player.plays("DELETE /api/v1/session").await;
}

async fn somebody_must_enrol(player: &mut Player) {
    player.app.forward(3600);
    let bea = [("email", json!("bea@example.org"))];
    let asked = player.sends("POST /api/v1/sign-up", &bea).await;
    goes_on(player, &asked.json());
    let code = player.app.mailed_code("bea@example.org").await;
    let asked = player
        .sends(
            "POST /api/v1/sign-in/{id}/verify-email",
            &[("code", json!(code))],
        )
        .await;
    assert_eq!(asked.json()["state"], "enroll", "{}", asked.body);
    goes_on(player, &asked.json());
    let enrol = "POST /api/v1/sign-in/{id}/enroll/factors";
    let made = sends_number(player, enrol, "+49 1512 5678901").await;
    player.set("FACTOR", &made["factor"]["id"]);
    player.app.forward(60);
    let send = "POST /api/v1/sign-in/{id}/enroll/factors/{factor}/send";
    player.plays(send).await;
    let look = "GET /api/v1/sign-in/{id}/enroll/factors/{factor}";
    player.plays(look).await;
    let made = player.plays(enrol).await;
    player.set("FACTOR", &made["factor"]["id"]);
    let code = code_of(&player.app, &made);
    let activate = "POST /api/v1/sign-in/{id}/enroll/factors/{factor}/activate";
    player.plays_with(activate, &[("code", code)]).await;
}

const EMAIL: &str = "ann@example.org";
const EXAMPLE_PASSWORD: &str = "otters juggle pebbles";

/// Takes id and token of a step for the next one.
fn goes_on(player: &mut Player, step: &Value) {
    if step["token"].is_string() {
        player.set("TOKEN", &step["token"]);
    }
    player.set("SIGN_IN", &step["id"]);
}

async fn mailed(player: &Player) -> Value {
    json!(player.app.mailed_code(EMAIL).await)
}

fn phone(player: &Player) -> Phone {
    Phone::type_in(&player.variables["PHONE"]).unwrap()
}

fn scanned(made: &Value) -> Phone {
    Phone::scan(made["totp"]["otpauth_uri"].as_str().unwrap()).unwrap()
}

fn code(app: &TestApp, phone: &Phone) -> Value {
    json!(phone.code_at(app.time.seconds()))
}

fn code_of(app: &TestApp, made: &Value) -> Value {
    code(app, &scanned(made))
}

/// Waits for a code that was not used yet.
fn next_code(app: &TestApp, phone: &Phone) -> Value {
    app.forward(30);
    code(app, phone)
}

async fn the_reference_is_a_page_of_the_product(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    browser.open("/api").await;
    assert_eq!(browser.path, "/help/api");
    assert_eq!(browser.last.status, StatusCode::OK);
    assert!(!browser.last.body.contains('⟦'), "a text is missing");
    assert!(!browser.last.body.contains("{$"), "a text is unfilled");
    browser.must_see("export URL=https://login.example.org");
    let document = twinlock::routes::api_document();
    for (path, operations) in document["paths"].as_object().unwrap() {
        browser.must_see(path);
        for operation in operations.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(browser.last.body.contains(&format!("id=\"{id}\"")), "{id}");
            browser.must_see(operation["summary"].as_str().unwrap());
        }
    }
    let page = browser.page();
    let errors = browser.get("/help/errors").await.body;
    for (_, href) in page.links() {
        if let Some(code) = href.strip_prefix("/help/errors#") {
            assert!(errors.contains(&format!("id=\"{code}\"")), "{code}");
        }
        if let Some(id) = href.strip_prefix('#') {
            assert!(browser.last.body.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
    browser.open("/help").await;
    browser
        .follow("For developers: every call of the API")
        .await;
    assert_eq!(browser.path, "/help/api");
}
