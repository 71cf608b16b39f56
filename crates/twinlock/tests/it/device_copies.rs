//! Copies of a device token: noticed, ended, told (attack row T06).

use serde_json::json;
use twinlock::application::Scope;
use twinlock::settings::flow::sign_out_and_forget;
use twinlock::sign_in::gate::Step;
use twinlock::trusted_device::store;

use crate::support::caller::{PASSWORD, was_turned_away};
use crate::support::{Person, Place, TestApp};
use crate::trusted_devices::trusted;

on_both_engines!(
    t06_the_token_changes_at_each_use_and_a_copy_ends_the_device,
    t06_two_tabs_and_a_lost_answer_harm_nothing,
    t06_a_copy_used_often_does_not_push_out_the_token_of_its_owner,
    t06_a_copy_carried_on_for_long_is_still_noticed,
    t06_a_token_is_good_for_its_own_device_and_number_alone,
    t06_the_same_token_at_once_makes_one_device,
    t06_a_copy_beside_a_code_is_noticed_too,
    t06_signing_out_completely_hides_no_copy_and_ends_what_it_let_in,
    t06_every_copy_in_a_request_is_noticed_and_none_of_them_is_trusted,
    t06_a_token_that_comes_again_and_again_without_its_successors_is_a_copy,
    t06_a_copy_used_while_a_code_is_asked_is_noticed_when_it_is_given,
    t06_a_copy_beside_a_wrong_password_is_noticed_too,
    t06_a_new_tick_ends_what_was_let_in_by_the_old_one,
);

async fn t06_the_token_changes_at_each_use_and_a_copy_ends_the_device(place: &Place) {
    let app = place.app().await;
    let (ann, mut owner, first) = trusted(&app, "ann@example.org").await;
    let mut thief = owner.clone();
    thief.client.network = twinlock_web::network_key("203.0.113.66".parse().unwrap());
    let before = owner.client.device_tokens.clone();
    owner.sign_in_without_code(&ann).await.unwrap();
    assert_ne!(before, owner.client.device_tokens);
    // The owner presents the successor: whoever comes with the old value now has a copy.
    owner.sign_in_without_code(&ann).await.unwrap();
    let told = app
        .mails_about(&ann.email, "a trusted device was copied")
        .await;
    assert_eq!(told, 0);
    assert!(thief.sign_in_without_code(&ann).await.is_none());
    let told = app
        .mails_about(&ann.email, "a trusted device was copied")
        .await;
    assert_eq!(told, 1);
    // Both are out, and what was let in by it.
    assert!(owner.try_acting(&first.token).await.is_none());
    assert!(owner.sign_in_without_code(&ann).await.is_none());
    assert!(thief.sign_in_without_code(&ann).await.is_none());
    let told = app
        .mails_about(&ann.email, "a trusted device was copied")
        .await;
    assert_eq!(told, 1, "once");
    owner.sign_in_saying(&ann, true).await;
    assert!(owner.sign_in_without_code(&ann).await.is_some());
}

async fn t06_two_tabs_and_a_lost_answer_harm_nothing(place: &Place) {
    let app = place.app().await;
    let (ann, mut owner, _) = trusted(&app, "ann@example.org").await;
    // Answers that never came: the old value stays good, and so does every successor of it.
    for _ in 0..7 {
        let mut lost = owner.clone();
        assert!(lost.sign_in_without_code(&ann).await.is_some());
    }
    // Two tabs: each its own successor of the same value, of which the browser keeps one.
    let mut tab = owner.clone();
    assert!(owner.sign_in_without_code(&ann).await.is_some());
    assert!(tab.sign_in_without_code(&ann).await.is_some());
    assert!(tab.sign_in_without_code(&ann).await.is_some());
    assert!(tab.sign_in_without_code(&ann).await.is_some());
    let told = app
        .mails_about(&ann.email, "a trusted device was copied")
        .await;
    assert_eq!(told, 0);
}

async fn copies_told(app: &TestApp, ann: &Person) -> usize {
    app.mails_about(&ann.email, "a trusted device was copied")
        .await
}

async fn t06_a_copy_used_often_does_not_push_out_the_token_of_its_owner(place: &Place) {
    let app = place.app().await;
    let (ann, mut owner, _) = trusted(&app, "ann@example.org").await;
    let copied = owner.clone();
    // The owner's answer arrives first; the thief then asks again and again with the value both had.
    owner.sign_in_without_code(&ann).await.unwrap();
    let mut thief = copied.clone();
    for _ in 0..8 {
        thief = copied.clone();
        thief.sign_in_without_code(&ann).await.unwrap();
    }
    // The newest of all is presented, so the owner's is not in use any more: that is noticed as soon as they come back.
    thief.sign_in_without_code(&ann).await.unwrap();
    assert_eq!(copies_told(&app, &ann).await, 0);
    assert!(owner.sign_in_without_code(&ann).await.is_none());
    assert_eq!(copies_told(&app, &ann).await, 1);
    assert!(thief.sign_in_without_code(&ann).await.is_none());
}

async fn t06_a_copy_carried_on_for_long_is_still_noticed(place: &Place) {
    let app = place.app().await;
    let (ann, mut owner, _) = trusted(&app, "ann@example.org").await;
    let mut thief = owner.clone();
    for _ in 0..60 {
        thief.sign_in_without_code(&ann).await.unwrap();
    }
    assert_eq!(copies_told(&app, &ann).await, 0);
    assert!(owner.sign_in_without_code(&ann).await.is_none());
    assert_eq!(copies_told(&app, &ann).await, 1);
    assert!(thief.sign_in_without_code(&ann).await.is_none());
}

async fn t06_a_token_is_good_for_its_own_device_and_number_alone(place: &Place) {
    let app = place.app().await;
    let (ann, owner, _) = trusted(&app, "ann@example.org").await;
    let (bob, other, _) = trusted(&app, "bob@example.org").await;
    let good = owner.client.device_tokens.first().unwrap().clone();
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(good.strip_prefix("tld_").unwrap().as_bytes())
        .unwrap();
    // Every bit of it: whose it is, which device, which number, and what proves that.
    for bit in 0..bytes.len() * 8 {
        let mut forged = bytes.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        let mut thief = owner.clone();
        let forged = data_encoding::BASE64URL_NOPAD.encode(&forged);
        thief.client.device_tokens = vec![format!("tld_{forged}")];
        let account = ann.account;
        let is_found = thief
            .moment()
            .read(move |w| Ok(store::presented(w, account)?.found().is_some()))
            .await
            .unwrap();
        assert!(!is_found, "bit {bit}");
    }
    // Another account's proof, of the same number, beside this one's ids.
    let others = other.client.device_tokens.first().unwrap();
    let theirs = data_encoding::BASE64URL_NOPAD
        .decode(others.strip_prefix("tld_").unwrap().as_bytes())
        .unwrap();
    let mixed = [&bytes[..32], &theirs[32..]].concat();
    let mut thief = owner.clone();
    let mixed = data_encoding::BASE64URL_NOPAD.encode(&mixed);
    thief.client.device_tokens = vec![format!("tld_{mixed}")];
    assert!(thief.sign_in_without_code(&ann).await.is_none());
    assert_eq!(
        copies_told(&app, &ann).await + copies_told(&app, &bob).await,
        0
    );
    // And nothing of all that harmed the owner's.
    let mut owner = owner;
    assert!(owner.sign_in_without_code(&ann).await.is_some());
}

async fn t06_the_same_token_at_once_makes_one_device(place: &Place) {
    let app = place.app().await;
    let (ann, owner, _) = trusted(&app, "ann@example.org").await;
    let tries = (0..12).map(|_| {
        let (same, ann) = (owner.clone(), ann.clone());
        tokio::spawn(async move {
            match same.try_password(&ann.email, PASSWORD).await {
                Ok(progress) => matches!(progress.step, Step::Complete(_)),
                // Too many were waiting; nothing was looked at.
                busy => !was_turned_away(&busy),
            }
        })
    });
    let mut through = 0;
    for one in tries.collect::<Vec<_>>() {
        through += usize::from(one.await.unwrap());
    }
    assert!(through >= 1);
    let told = app
        .mails_about(&ann.email, "a trusted device was copied")
        .await;
    assert_eq!(told, 0);
    let account = ann.account;
    let devices = app.work(move |w| store::trusted(w, account)).await.unwrap();
    assert_eq!(devices.len(), 1);
}

async fn t06_a_copy_beside_a_code_is_noticed_too(place: &Place) {
    let app = place.app().await;
    let usual = [Scope::AccountsWrite, Scope::Verify];
    let mut shop = app.api().with(&app.api_key("shop", &usual).await);
    let whole = json!({"external_id": "one", "email": "one@example.org"});
    shop.post("/api/v1/accounts", &whole).await;
    let secret =
        json!({"kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "activate": true});
    let bound = shop.post("/api/v1/accounts/ext:one/factors", &secret).await;
    assert_eq!(bound.status, 201, "{}", bound.body);
    let devices = "/api/v1/accounts/ext:one/devices";
    let made = shop.post(devices, &json!({"label": "Firefox"})).await;
    let first = made.json()["device_token"].clone();
    let mut newest = first.clone();
    for _ in 0..2 {
        let check = json!({"token": newest});
        let checked = shop.post(&format!("{devices}/verify"), &check).await;
        newest = checked.json()["device_token"].clone();
    }
    let tried = json!({"code": "000000", "device_token": first});
    let verify = "/api/v1/accounts/ext:one/verify";
    assert_eq!(shop.post(verify, &tried).await.status, 200);
    let check = json!({"token": newest});
    let checked = shop.post(&format!("{devices}/verify"), &check).await;
    assert_eq!(checked.json(), json!({"trusted": false}));
}

async fn t06_signing_out_completely_hides_no_copy_and_ends_what_it_let_in(place: &Place) {
    let app = place.app().await;
    let (ann, mut owner, _) = trusted(&app, "ann@example.org").await;
    let mut thief = owner.clone();
    let mut let_in = Vec::new();
    for _ in 0..4 {
        let_in.push(thief.sign_in_without_code(&ann).await.unwrap().token);
    }
    let acting = thief.acting(&let_in[3]).await;
    sign_out_and_forget(&thief.moment(), &acting).await.unwrap();
    for session in &let_in {
        assert!(thief.try_acting(session).await.is_none());
    }
    assert!(thief.sign_in_without_code(&ann).await.is_none());
    assert_eq!(copies_told(&app, &ann).await, 0);
    assert!(owner.sign_in_without_code(&ann).await.is_none());
    assert_eq!(copies_told(&app, &ann).await, 1);
    // Nor with a value that was used again and again.
    let (dan, owner, _) = trusted(&app, "dan@example.org").await;
    let mut last = None;
    for _ in 0..8 {
        last = owner.clone().sign_in_without_code(&dan).await;
    }
    let acting = owner.acting(&last.unwrap().token).await;
    let thief = owner.clone();
    sign_out_and_forget(&thief.moment(), &acting).await.unwrap();
    assert!(owner.clone().sign_in_without_code(&dan).await.is_none());
    assert_eq!(copies_told(&app, &dan).await, 1);
    // Nor by signing out with the value both had, be it alone or beside the one that is in use.
    for beside in [false, true] {
        let email = format!("cat-{beside}@example.org");
        let (cat, mut owner, session) = trusted(&app, &email).await;
        let copied = owner.client.device_tokens.clone();
        let mut thief = owner.clone();
        for _ in 0..3 {
            thief.sign_in_without_code(&cat).await.unwrap();
        }
        let newest = std::mem::replace(&mut thief.client.device_tokens, copied);
        if beside {
            thief.client.device_tokens.splice(0..0, newest);
        }
        let acting = thief.acting(&session.token).await;
        sign_out_and_forget(&thief.moment(), &acting).await.unwrap();
        assert_eq!(copies_told(&app, &cat).await, 1, "beside: {beside}");
        assert!(owner.sign_in_without_code(&cat).await.is_none());
    }
    // Whoever signs out of their own browser and comes back with what it still holds is no thief: the answer may have been lost.
    // Nor is whoever did so where the device's cookie was gone.
    for with_token in [true, false] {
        let email = format!("bob-{with_token}@example.org");
        let (bob, mut owner, _) = trusted(&app, &email).await;
        let session = owner.sign_in_without_code(&bob).await.unwrap();
        let acting = owner.acting(&session.token).await;
        let mut here = owner.clone();
        if !with_token {
            here.client.device_tokens.clear();
        }
        sign_out_and_forget(&here.moment(), &acting).await.unwrap();
        assert!(owner.sign_in_without_code(&bob).await.is_none());
        assert_eq!(copies_told(&app, &bob).await, 0, "token: {with_token}");
    }
}

async fn t06_every_copy_in_a_request_is_noticed_and_none_of_them_is_trusted(place: &Place) {
    let app = place.app().await;
    let (ann, first, _) = trusted(&app, "ann@example.org").await;
    let mut second = app.caller("192.0.2.2");
    second.sign_in_saying(&ann, true).await;
    let mut thief = app.caller("203.0.113.66");
    for one in [first, second] {
        let mut owner = one.clone();
        thief.client.device_tokens.extend(one.client.device_tokens);
        for _ in 0..2 {
            owner.sign_in_without_code(&ann).await.unwrap();
        }
        // The thief has the old value and the one in use.
        thief
            .client
            .device_tokens
            .extend(owner.client.device_tokens);
    }
    assert!(thief.sign_in_without_code(&ann).await.is_none());
    assert_eq!(copies_told(&app, &ann).await, 2);
    let account = ann.account;
    let left = app.work(move |w| store::trusted(w, account)).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

async fn t06_a_token_that_comes_again_and_again_without_its_successors_is_a_copy(place: &Place) {
    let app = place.app().await;
    let (ann, owner, _) = trusted(&app, "ann@example.org").await;
    let mut through = 0;
    for _ in 0..15 {
        let mut same = owner.clone();
        through += usize::from(same.sign_in_without_code(&ann).await.is_some());
    }
    assert_eq!(through, 10);
    assert_eq!(copies_told(&app, &ann).await, 1);
}

async fn t06_a_copy_used_while_a_code_is_asked_is_noticed_when_it_is_given(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut owner = app.caller("192.0.2.1");
    owner.sign_in(&ann).await;
    app.forward(60);
    let waiting = owner.half_session(&ann).await;
    app.forward(30);
    owner.sign_in_saying(&ann, true).await;
    let mut thief = owner.clone();
    for _ in 0..2 {
        thief.sign_in_without_code(&ann).await.unwrap();
    }
    app.forward(30);
    let _ = owner.verify(&waiting, &owner.code(&ann)).await;
    assert_eq!(copies_told(&app, &ann).await, 1);
    assert!(thief.sign_in_without_code(&ann).await.is_none());
}

async fn t06_a_copy_beside_a_wrong_password_is_noticed_too(place: &Place) {
    let app = place.app().await;
    let (ann, mut owner, _) = trusted(&app, "ann@example.org").await;
    let thief = owner.clone();
    for _ in 0..2 {
        owner.sign_in_without_code(&ann).await.unwrap();
    }
    assert!(thief.try_password(&ann.email, "a wrong one").await.is_err());
    assert_eq!(copies_told(&app, &ann).await, 1);
}

async fn t06_a_new_tick_ends_what_was_let_in_by_the_old_one(place: &Place) {
    let app = place.app().await;
    let (ann, mut owner, _) = trusted(&app, "ann@example.org").await;
    app.forward(25 * 24 * 3600);
    let mut thief = owner.clone();
    let mut stolen = String::new();
    for _ in 0..5 {
        thief = owner.clone();
        stolen = thief.sign_in_without_code(&ann).await.unwrap().token;
    }
    app.forward(6 * 24 * 3600);
    owner.sign_in_saying(&ann, true).await;
    assert!(thief.try_acting(&stolen).await.is_none());
    assert!(thief.sign_in_without_code(&ann).await.is_none());
    assert_eq!(copies_told(&app, &ann).await, 1);
}
