//! Who may use up the texts of a number, and what a number tells of others (attack rows M01, M02, N04; product lines K9, K13).

use std::time::Duration;

use serde_json::{Value, json};
use twinlock::app::Refusal;
use twinlock::application::Scope;
use twinlock::authenticators::{Kind, Removal};
use twinlock::config::Settings;
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow::second_factor;
use twinlock::text_messages::Number;
use twinlock::text_messages::flow::spend_notice;
use twinlock_delivery::Behaviour;

use crate::support::api::Api;
use crate::support::caller::completed;
use crate::support::texts::{half, known, number, person_with_text, texting, typed, with_texts};
use crate::support::{Caller, Person, Place, TestApp, refused};

on_both_engines!(
    m02_one_application_leaves_a_number_to_its_owner_and_to_other_applications,
    m02_an_application_beside_strangers_leaves_a_number_the_last_texts,
    m02_an_application_and_then_strangers_leave_the_owner_one_an_hour,
    m02_who_shares_a_number_stops_no_texts_of_the_other,
    m02_whoever_enters_no_code_stops_no_new_device_of_the_owner,
    n04_an_unknown_device_learns_no_instant_of_the_owners_text,
    n04_whoever_sets_up_a_number_learns_no_instant_of_its_owners_text,
    n04_an_application_learns_no_instant_of_a_text_from_elsewhere,
    k13_notices_to_ended_numbers_are_paid_for_and_dropped_where_nothing_is_left,
    k13_an_application_pays_for_the_notices_it_causes,
    k13_a_number_gets_no_more_notices_than_texts_a_day,
    k9_a_number_whose_codes_nobody_enters_gets_one_text_a_day_until_one_is,
    k9_texts_the_provider_refuses_are_not_held_against_the_number,
    m01_an_application_uses_up_no_network_for_others,
);

/// An application, and the number of its one user.
struct Application {
    api: Api,
    factor: String,
    device: String,
}

impl Application {
    /// Its user proves the `n`th number, and it makes itself a known device of theirs.
    async fn with_user(app: &TestApp, name: &'static str, n: u32) -> Self {
        let key = app.api_key(name, &Scope::ALL).await;
        let mut api = app.api().with(&key);
        let account = "/api/v1/accounts/ext:1";
        api.post("/api/v1/accounts", &json!({"external_id": "1"}))
            .await;
        let begin = json!({"kind": "sms", "phone": number(n), "country": "DE"});
        let begun = api.post(&format!("{account}/factors"), &begin).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        let begun = begun.json();
        let id = begun["factor"]["id"].as_str().unwrap();
        let factor = format!("{account}/factors/{id}");
        let code = json!({"code": app.texted_code().await});
        let done = api.post(&format!("{factor}/activate"), &code).await;
        assert_eq!(done.status, 200, "{}", done.body);
        let label = json!({"label": "of its own making"});
        let made = api.post(&format!("{account}/devices"), &label).await;
        assert_eq!(made.status, 201, "{}", made.body);
        app.forward(61);
        Self {
            api,
            factor,
            device: made.json()["device_token"].as_str().unwrap().to_owned(),
        }
    }

    async fn sends(&mut self, body: Value) -> Value {
        let sent = self.api.post(&format!("{}/send", self.factor), &body).await;
        let mut said = sent.json();
        said["status"] = json!(sent.status.as_u16());
        said
    }

    /// How many texts go out where it asks for as many as it can, from the device it says is its user's.
    async fn sends_all_it_can(&mut self, app: &TestApp) -> u32 {
        let mut sent = 0;
        for _ in 0..7 {
            let body = json!({"device_token": self.device});
            sent += u32::from(self.sends(body).await["status"] == 202);
            app.forward(61);
        }
        sent
    }
}

fn next_hour(app: &TestApp) {
    app.forward((3600 - app.time.seconds().rem_euclid(3600)).unsigned_abs());
}

/// Whether a sign-in from here sends a text.
async fn gets_a_text(app: &TestApp, caller: &Caller, person: &Person) -> bool {
    let before = app.texts().await.len();
    half(caller, person).await;
    app.texts().await.len() > before
}

async fn m02_one_application_leaves_a_number_to_its_owner_and_to_other_applications(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    app.forward(61);
    let mut shop = Application::with_user(&app, "shop", 1).await;
    let mut club = Application::with_user(&app, "club", 1).await;
    app.forward_to_next_day();
    // Whatever devices it makes known, and whatever it spends of others' numbers, its share is its share.
    assert_eq!(shop.sends_all_it_can(&app).await, 4);
    let sent = club.sends(json!({})).await;
    assert_eq!(sent["status"], 202, "{sent}");
    next_hour(&app);
    assert_eq!(shop.sends_all_it_can(&app).await, 3);
    assert!(gets_a_text(&app, &owner, &ann).await);
    next_hour(&app);
    assert_eq!(shop.sends_all_it_can(&app).await, 0);
    assert!(gets_a_text(&app, &owner, &ann).await);
    // Ten in all, and no more for anybody.
    app.forward(61);
    assert!(!gets_a_text(&app, &owner, &ann).await);
    // Which device is known the application says itself: others have no more than strangers.
    app.forward_to_next_day();
    for n in 0..4 {
        let sent = shop.sends(json!({})).await;
        let expected = if n < 3 { 202 } else { 429 };
        assert_eq!(sent["status"], expected, "{n}: {sent}");
        app.forward(61);
    }
}

async fn m02_an_application_beside_strangers_leaves_a_number_the_last_texts(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    let stranger = app.caller("192.0.2.66");
    app.forward(61);
    let mut shop = Application::with_user(&app, "shop", 1).await;
    let mut club = Application::with_user(&app, "club", 1).await;
    app.forward_to_next_day();
    let mut of_strangers = 0;
    for _ in 0..5 {
        of_strangers += u32::from(gets_a_text(&app, &stranger, &ann).await);
        app.forward(61);
    }
    assert_eq!(of_strangers, 3);
    assert_eq!(shop.sends_all_it_can(&app).await, 1);
    let sent = club.sends(json!({})).await;
    assert_eq!(sent["status"], 202, "{sent}");
    next_hour(&app);
    for _ in 0..5 {
        of_strangers += u32::from(gets_a_text(&app, &stranger, &ann).await);
        app.forward(61);
    }
    assert_eq!(of_strangers, 6);
    assert_eq!(shop.sends_all_it_can(&app).await, 0);
    // The last ones of the day are for the owner.
    for _ in 0..2 {
        assert!(gets_a_text(&app, &owner, &ann).await);
        app.forward(61);
    }
    assert!(!gets_a_text(&app, &owner, &ann).await);
}

async fn m02_an_application_and_then_strangers_leave_the_owner_one_an_hour(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    let stranger = app.caller("192.0.2.66");
    app.forward(61);
    let mut shop = Application::with_user(&app, "shop", 1).await;
    app.forward_to_next_day();
    for most in [4, 3] {
        assert_eq!(shop.sends_all_it_can(&app).await, most);
        assert!(!gets_a_text(&app, &stranger, &ann).await, "{most}");
        assert!(gets_a_text(&app, &owner, &ann).await, "{most}");
        next_hour(&app);
    }
}

async fn m02_who_shares_a_number_stops_no_texts_of_the_other(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let bob = person_with_text(&app, "bob@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    app.forward(61);
    let other = known(&app, &bob).await;
    app.forward_to_next_day();
    // Bob never types what he gets.
    for _ in 0..60 {
        gets_a_text(&app, &other, &bob).await;
        app.forward(1800);
    }
    let token = half(&other, &bob).await;
    let asked = second_factor::send_text(&other.moment(), &token, None).await;
    assert!(matches!(refused(asked), Refusal::TextsUnanswered { .. }));
    app.forward(61);
    assert!(gets_a_text(&app, &owner, &ann).await);
}

async fn m02_whoever_enters_no_code_stops_no_new_device_of_the_owner(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let stranger = app.caller("192.0.2.66");
    app.forward_to_next_day();
    for _ in 0..120 {
        gets_a_text(&app, &stranger, &ann).await;
        app.forward(1800);
    }
    let token = half(&stranger, &ann).await;
    let asked = second_factor::send_text(&stranger.moment(), &token, None).await;
    assert!(matches!(refused(asked), Refusal::TextsUnanswered { .. }));
    app.forward(61);
    let new_phone = app.caller("198.51.100.7");
    assert!(gets_a_text(&app, &new_phone, &ann).await);
}

async fn n04_whoever_sets_up_a_number_learns_no_instant_of_its_owners_text(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    let eve = app.person("eve@example.org").await;
    let mut caller = app.caller("192.0.2.66");
    app.forward(3600);
    let session = caller.sign_in(&eve).await;
    let acting = caller.acting(&session.token).await;
    assert!(gets_a_text(&app, &owner, &ann).await);
    app.forward(17);
    // As long as it was told to wait, whenever the owner's text went.
    for second in 0..120 {
        let begun = settings::begin_text(&caller.moment(), &acting, typed(&number(1)), None).await;
        let limit = Refusal::TextLimit { retry_after: 3600 };
        assert_eq!(refused(begun), limit, "{second}");
        app.forward(1);
    }
    app.forward(3600);
    let session = caller.sign_in(&eve).await;
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_text(&caller.moment(), &acting, typed(&number(1)), None).await;
    assert!(begun.is_ok());
}

async fn n04_an_unknown_device_learns_no_instant_of_the_owners_text(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    app.forward(3600);
    assert!(gets_a_text(&app, &owner, &ann).await);
    app.forward(17);
    let in_seconds = |seconds| app.now().plus(Duration::from_secs(seconds));
    let waits = async |caller: &Caller, token: &str| {
        let asked = second_factor::text_asked(&caller.moment(), token).await;
        asked.unwrap().unwrap().waits_until
    };
    let asks = async |caller: &Caller, token: &str| {
        second_factor::send_text(&caller.moment(), token, None).await
    };
    // The owner's device is told the truth to the second.
    let second = half(&owner, &ann).await;
    assert_eq!(waits(&owner, &second).await, Some(in_seconds(43)));
    let too_soon = Refusal::ResendTooSoon(in_seconds(43));
    assert_eq!(refused(asks(&owner, &second).await), too_soon);
    // Whoever has the password alone is told to come back in a minute, whenever it was.
    let stranger = app.caller("192.0.2.66");
    let token = half(&stranger, &ann).await;
    for second in 0..60 {
        assert_eq!(waits(&stranger, &token).await, Some(in_seconds(60)));
        let soon = Refusal::ResendTooSoon(in_seconds(60));
        let asked = asks(&stranger, &token).await;
        assert_eq!(refused(asked), soon, "{second}");
        // Neither does trying anew each second show when the pause was over.
        if second % 20 == 0 {
            assert!(!gets_a_text(&app, &stranger, &ann).await);
        }
        app.forward(1);
    }
    assert_eq!(waits(&stranger, &token).await, None);
    assert!(asks(&stranger, &token).await.is_ok());
}

async fn n04_an_application_learns_no_instant_of_a_text_from_elsewhere(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    app.forward(61);
    let mut shop = Application::with_user(&app, "shop", 1).await;
    app.forward(3600);
    assert!(gets_a_text(&app, &owner, &ann).await);
    for wait in [17, 20] {
        app.forward(wait);
        let device = json!({"device_token": shop.device});
        let sent = shop.sends(device).await;
        let told = json!([sent["status"], sent["code"], sent["retry_after"]]);
        assert_eq!(told, json!([429, "resend_too_soon", 60]));
    }
}

/// Somebody signs in and removes their number; how many texts that took.
async fn removes_the_number(app: &TestApp, ann: &Person) -> usize {
    let before = app.texts().await.len();
    let mut caller = app.caller("192.0.2.1");
    let token = half(&caller, ann).await;
    let code = app.texted_code().await;
    let verified = caller.verify_as(&token, &code, Some(Kind::Sms)).await;
    let done = completed(verified.unwrap());
    caller.remember(&done);
    let acting = caller.acting(&done.token).await;
    caller.set_up_app(&mut ann.clone(), &acting).await;
    let moment = caller.moment();
    let held = settings::overview(&moment, &acting).await.unwrap().held;
    let mut phones = held.factors.iter().filter(|one| one.kind == Kind::Sms);
    let phone = phones.next().unwrap().id;
    settings::remove(&moment, &acting, phone, Removal::Undoable)
        .await
        .unwrap();
    assert_eq!(app.mails_about(&ann.email, "removed").await, 1);
    // Dropped, not kept for later.
    app.forward(1);
    app.texts().await.len() - before
}

async fn k13_notices_to_ended_numbers_are_paid_for_and_dropped_where_nothing_is_left(
    place: &Place,
) {
    let capped = |daily_cap| {
        move |settings: &mut Settings| {
            with_texts(settings);
            settings.sms.daily_cap = daily_cap;
        }
    };
    // One to set the number up, one to sign in.
    let app = place.app_with(capped(2)).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    assert_eq!(removes_the_number(&app, &ann).await, 1);
    let before = app.texts().await.len();
    app.forward_to_next_day();
    assert_eq!(app.texts().await.len(), before);
    // With one more the notice is the last one of the day.
    let app = place.app_with(capped(3)).await;
    app.forward_to_next_day();
    let bob = person_with_text(&app, "bob@example.org", &number(2)).await;
    assert_eq!(removes_the_number(&app, &bob).await, 2);
    let (cid, acting) = {
        let cid = app.person("cid@example.org").await;
        let mut caller = app.caller("192.0.2.9");
        let session = caller.sign_in(&cid).await;
        let acting = caller.acting(&session.token).await;
        (caller, acting)
    };
    let begun = settings::begin_text(&cid.moment(), &acting, typed(&number(3)), None).await;
    assert!(matches!(refused(begun), Refusal::TextLimit { .. }));
}

async fn k13_an_application_pays_for_the_notices_it_causes(place: &Place) {
    let app = place
        .app_with(|settings| {
            with_texts(settings);
            settings.sms.daily_cap_per_application = Some(3);
        })
        .await;
    let mut shop = Application::with_user(&app, "shop", 1).await;
    let mut notices = Vec::new();
    for n in 2..4 {
        let removed = shop
            .api
            .call(http::Method::DELETE, &shop.factor, None)
            .await;
        assert_eq!(removed.status, 204, "{}", removed.body);
        let texts = app.texts().await;
        let last = &texts.last().unwrap().body;
        notices.push((texts.len(), last.contains("no longer come")));
        if n == 2 {
            shop = Application::with_user(&app, "shop", n).await;
        }
    }
    // Set up, removed, set up: the second notice would be the fourth text.
    assert_eq!(notices, [(2, true), (3, false)]);
}

async fn k13_a_number_gets_no_more_notices_than_texts_a_day(place: &Place) {
    let app = texting(place).await;
    let allowed = &app.app.settings.sms.allowed_countries;
    let number = Number::parse(&number(1), Some("DE"), allowed).unwrap();
    let mut sent = 0;
    for _ in 0..12 {
        let number = number.clone();
        let may = app.work(move |w| spend_notice(w, &number)).await;
        sent += u32::from(may.unwrap());
    }
    assert_eq!(sent, 10);
}

/// Asks once an hour and never types the code; how many orders of twenty were taken.
async fn orders_without_an_answer(app: &TestApp, caller: &Caller, person: &Person) -> u32 {
    let mut taken = 0;
    for _ in 0..20 {
        let token = half(caller, person).await;
        let sent = second_factor::texted(&caller.moment(), &token).await;
        taken += u32::from(sent.unwrap().is_some());
        app.hand_over().await;
        app.forward(3 * 3600);
    }
    taken
}

async fn k9_texts_the_provider_refuses_are_not_held_against_the_number(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    app.forward_to_next_day();
    app.texts.behave(Behaviour::Refuse);
    assert_eq!(orders_without_an_answer(&app, &owner, &ann).await, 20);
    app.texts.behave(Behaviour::Accept);
    app.forward_to_next_day();
    let accepted = orders_without_an_answer(&app, &owner, &ann).await;
    assert!(accepted < 16, "{accepted}");
}

async fn k9_a_number_whose_codes_nobody_enters_gets_one_text_a_day_until_one_is(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    app.forward_to_next_day();
    let mut sent = 0;
    for _ in 0..60 {
        sent += u32::from(gets_a_text(&app, &owner, &ann).await);
        app.forward(1800);
        if sent == 12 {
            break;
        }
    }
    assert_eq!(sent, 12, "more than a day's");
    let token = half(&owner, &ann).await;
    let asked = second_factor::send_text(&owner.moment(), &token, None).await;
    let day = 24 * 3600;
    assert_eq!(
        refused(asked),
        Refusal::TextsUnanswered { retry_after: day }
    );
    // The page says so, what to do, and the other ways.
    let mut browser = app.browser();
    browser
        .cookies
        .plant("__Host-twinlock-device", &owner.client.device_tokens[0]);
    browser.cookies.plant("__Host-twinlock-signin", &token);
    browser.open("/sign-in/text-message").await;
    browser.press("Send a code").await;
    browser.must_see("None of the last codes we texted to this number was entered");
    browser.must_see("Your phone needs a signal");
    assert!(browser.page().link("Use a recovery code").is_ok());
    // What nobody enters at one device takes no text from others.
    let stranger = app.caller("192.0.2.66");
    assert!(gets_a_text(&app, &stranger, &ann).await);
    // It ends by itself: one a day goes there still, and when its code is entered all is as before.
    app.forward(day);
    assert!(gets_a_text(&app, &owner, &ann).await);
    app.forward(3600);
    assert!(!gets_a_text(&app, &owner, &ann).await);
    app.forward(day);
    let owner = known(&app, &ann).await;
    for _ in 0..2 {
        app.forward(61);
        assert!(gets_a_text(&app, &owner, &ann).await);
    }
}

async fn m01_an_application_uses_up_no_network_for_others(place: &Place) {
    let app = texting(place).await;
    let there = "203.0.113.9";
    let phone = |n: u32| format!("+44 7{:03} {:06}", 400 + n / 10, 100_000 + n * 1_317);
    let begin = async |api: &mut Api, n: u32| {
        let made = json!({"external_id": n.to_string()});
        api.post("/api/v1/accounts", &made).await;
        let body = json!({"kind": "sms", "phone": phone(n), "client": {"ip": there}});
        let path = format!("/api/v1/accounts/ext:{n}/factors");
        api.post(&path, &body).await.status.as_u16()
    };
    let key = app.api_key("shop", &Scope::ALL).await;
    let mut shop = app.api().with(&key);
    let mut last = 0;
    for n in 0..21 {
        last = begin(&mut shop, n).await;
    }
    assert_eq!(last, 429, "its own share of the network");
    let key = app.api_key("club", &Scope::ALL).await;
    let mut club = app.api().with(&key);
    assert_eq!(begin(&mut club, 30).await, 201);
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller(there);
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_text(&caller.moment(), &acting, typed(&number(1)), None).await;
    assert!(begun.is_ok());
}
