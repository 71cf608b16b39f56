//! Trusted devices by JSON: of an application's users, and of whoever signs in by the API (product lines APP1, APP2, E7).

use http::Method;
use serde_json::json;
use twinlock::application::Scope;
use twinlock::config::Ask;
use twinlock_testkit::phone::Phone;

use crate::support::Place;
use crate::support::caller::PASSWORD;
use crate::trusted_devices::asking;

on_both_engines!(
    app1_an_application_asks_whether_to_ask_for_a_code,
    app1_codes_accepted_without_a_device_push_out_no_trusted_one,
    app2_the_json_api_trusts_and_lists_devices,
);

#[expect(
    clippy::too_many_lines,
    reason = "the life of one device, call by call"
)]
async fn app1_an_application_asks_whether_to_ask_for_a_code(place: &Place) {
    let app = place.app().await;
    let usual = [Scope::AccountsRead, Scope::AccountsWrite, Scope::Verify];
    let mut shop = app.api().with(&app.api_key("shop", &usual).await);
    let mut bank = app.api().with(&app.api_key("bank", &usual).await);
    let made = shop
        .post("/api/v1/accounts", &json!({"external_id": "one"}))
        .await;
    assert_eq!(made.status, 201);
    let devices = "/api/v1/accounts/ext:one/devices";
    let label = json!({"label": "Firefox on Linux"});
    let none = shop.post(devices, &label).await;
    assert_eq!(none.json()["code"], "no_factor", "{}", none.body);
    let secret =
        json!({"kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "activate": true});
    let bound = shop.post("/api/v1/accounts/ext:one/factors", &secret).await;
    assert_eq!(bound.status, 201, "{}", bound.body);
    let made = shop.post(devices, &label).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let token = made.json()["device_token"].as_str().unwrap().to_owned();
    let check = format!("{devices}/verify");
    let first = shop.post(&check, &json!({"token": token})).await.json();
    assert_eq!(first["trusted"], true, "{first}");
    let next = first["device_token"].clone();
    assert_ne!(next, json!(token));
    let second = shop.post(&check, &json!({"token": next})).await.json();
    assert_eq!(second["trusted"], true, "{second}");
    for odd in ["", "x", "tld_x"] {
        let odd = shop.post(&check, &json!({"token": odd})).await.json();
        assert_eq!(odd, json!({"trusted": false}));
    }
    let other = bank
        .post(&check, &json!({"token": second["device_token"]}))
        .await;
    assert_eq!(other.status, 404);
    let listed = shop.get(devices).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let state = shop.get("/api/v1/accounts/ext:one/two-factor").await.json();
    assert_eq!(state["trusted_devices"], 1);
    // The copy: both are out.
    let copy = shop.post(&check, &json!({"token": token})).await.json();
    assert_eq!(copy, json!({"trusted": false}));
    let owner = shop
        .post(&check, &json!({"token": second["device_token"]}))
        .await
        .json();
    assert_eq!(owner, json!({"trusted": false}));
    let made = shop.post(devices, &label).await.json();
    let path = format!("{devices}/{}", made["device"]["id"].as_str().unwrap());
    assert_eq!(shop.call(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(shop.call(Method::DELETE, &path, None).await.status, 404);
    for (body, status) in [
        (json!({"label": ""}), 422),
        (json!({"label": "x".repeat(201)}), 422),
        (json!({"label": "\u{0}\u{202e}\n"}), 422),
        (json!({}), 422),
    ] {
        assert_eq!(
            shop.post(devices, &body).await.status.as_u16(),
            status,
            "{body}"
        );
    }
    let odd = json!({"label": "Fire\u{0}fox\u{202e} on\r\n Linux"});
    let made = shop.post(devices, &odd).await;
    assert_eq!(made.json()["device"]["label"], "Firefox on Linux");
    // Not for people who sign in here, whoever holds the key.
    let ann = app.person_with_app("ann@example.org").await;
    let mut office = app.api().with(&app.api_key("office", &Scope::ALL).await);
    let path = format!("/api/v1/accounts/{}/devices", ann.account);
    assert_eq!(office.post(&path, &label).await.status, 404);
    // Nor for somebody an administrator made, whose address leads here.
    let whole = json!({"external_id": "vic", "email": "vic@example.org", "email_verified": true, "password": PASSWORD});
    let mut whole_shop = app.api().with(&app.api_key("shop", &Scope::ALL).await);
    let made = whole_shop.post("/api/v1/accounts", &whole).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let vics = shop.post("/api/v1/accounts/ext:vic/devices", &label).await;
    assert_eq!(vics.status, 404, "{}", vics.body);
    let import = shop.post("/api/v1/accounts/ext:vic/factors", &secret).await;
    assert_eq!(import.status, 422, "{}", import.body);
    let frozen = shop
        .call(Method::POST, "/api/v1/accounts/ext:vic/freeze", None)
        .await;
    assert!(frozen.status.is_success(), "{}", frozen.body);
    assert_eq!(app.mails_about("vic@example.org", "frozen").await, 1);
    let strict = place.app_with(asking(Ask::EverySignIn)).await;
    let key = strict.api_key("shop", &usual).await;
    let refused = strict.api().with(&key).post(devices, &label).await;
    assert_eq!(refused.json()["code"], "trust_disabled", "{}", refused.body);
}

async fn app2_the_json_api_trusts_and_lists_devices(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut device = json!(null);
    let mut session = String::new();
    for round in 0..3 {
        let begin = json!({"email": ann.email, "device_token": device});
        let mut api = app.api();
        let begun = api.post("/api/v1/sign-in", &begin).await.json();
        let path = format!("/api/v1/sign-in/{}", begun["id"].as_str().unwrap());
        let mut api = app.api().with(begun["token"].as_str().unwrap());
        let password = json!({"password": PASSWORD});
        let mut state = api
            .post(&format!("{path}/password"), &password)
            .await
            .json();
        if round == 0 {
            assert_eq!(state["state"], "second_factor", "{state}");
            assert_eq!(state["trust"], false);
            let mut api = app.api().with(state["token"].as_str().unwrap());
            let code = ann.phone().code_at(app.time.seconds());
            let code = json!({"code": code, "trust_device": true});
            state = api
                .post(&format!("{path}/second-factor"), &code)
                .await
                .json();
        }
        assert_eq!(state["state"], "complete", "{state}");
        assert!(state["device_token"].is_string(), "{state}");
        device = state["device_token"].clone();
        session = state["session"]["token"].as_str().unwrap().to_owned();
    }
    let mut me = app.api().with(&session);
    let listed = me.get("/api/v1/me/devices").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(
        me.get("/api/v1/me/two-factor").await.json()["trusted_devices"],
        1
    );
    let path = format!(
        "/api/v1/me/devices/{}",
        listed["items"][0]["id"].as_str().unwrap()
    );
    assert_eq!(me.call(Method::DELETE, &path, None).await.status, 204);
    let listed = me.get("/api/v1/me/devices").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 0);
}

async fn app1_codes_accepted_without_a_device_push_out_no_trusted_one(place: &Place) {
    let app = place.app().await;
    let usual = [Scope::AccountsRead, Scope::AccountsWrite, Scope::Verify];
    let mut shop = app.api().with(&app.api_key("shop", &usual).await);
    let one = "/api/v1/accounts/ext:one";
    shop.post("/api/v1/accounts", &json!({"external_id": "one"}))
        .await;
    let phone = Phone::type_in("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
    let bound = json!({"kind": "totp", "secret": phone.key(), "activate": true});
    shop.post(&format!("{one}/factors"), &bound).await;
    let label = json!({"label": "Firefox on Linux"});
    let made = shop.post(&format!("{one}/devices"), &label).await.json();
    for _ in 0..55 {
        app.forward(30);
        let code = json!({"code": phone.code_at(app.time.seconds())});
        let accepted = shop.post(&format!("{one}/verify"), &code).await.json();
        assert_eq!(accepted["verified"], true, "{accepted}");
    }
    let token = json!({"token": made["device_token"]});
    let checked = shop.post(&format!("{one}/devices/verify"), &token).await;
    assert_eq!(checked.json()["trusted"], true, "{}", checked.body);
}
