//! The record of what happened (C5, E14): what a person sees of their own, and what of it can be changed without notice: nothing.

use http::Method;
use serde_json::{Value, json};
use twinlock::app::Timestamp;
use twinlock::application::Scope;
use twinlock::audit::Chain;
use twinlock::audit::rules::finding::Flaw;
use twinlock::audit::rules::item::Item;
use twinlock::audit::rules::verifier::Trusted;

use crate::support::api::Api;
use crate::support::record::{check, verify};
use crate::support::{Browser, Place, TestApp};

on_both_engines!(
    c5_a_person_reads_what_happened_to_their_account_and_to_no_other,
    c5_old_events_are_a_page_further_and_the_kinds_can_be_picked,
    e14_a_proof_of_ones_own_events_holds_and_a_touched_one_does_not,
    c5_the_json_api_lists_ones_own_events_page_by_page,
    c5_an_application_reads_the_record_of_its_own_accounts_only,
    c5_an_application_finds_a_rare_kind_page_by_page_and_collects_new_events,
    d15_an_event_that_was_changed_dropped_or_moved_is_named,
    c5_a_cursor_says_nothing_of_others_and_cannot_be_made,
);

fn browser_with(app: &TestApp, token: &str) -> Browser {
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", token);
    browser
}

async fn c5_a_person_reads_what_happened_to_their_account_and_to_no_other(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let bob = app.person_with_app("bob@example.org").await;
    app.caller("192.0.2.2").sign_in(&bob).await;
    let half = app.caller("192.0.2.3").half_session(&ann).await;
    let stranger = app.caller("192.0.2.3");
    crate::support::refused(stranger.verify(&half, &stranger.wrong(&ann, 1)).await);
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    let mut browser = browser_with(&app, &session.token);
    browser.open("/settings/security").await;
    browser.follow("Activity").await;
    browser.must_see("Recent activity");
    browser.must_see("Today");
    browser.must_see("Two-factor authentication turned on");
    browser.must_see("The code did not match");
    browser.must_see("With a password and an authenticator app");
    browser.must_see("Firefox on Linux");
    let told = browser.page().text();
    // Her own two, when she made the account and now; Bob's are not among them.
    assert_eq!(told.matches("Signed in").count(), 2, "{told}");
    // Newest first.
    assert!(
        told.find("Signed in") < told.find("Two-factor authentication turned on"),
        "{told}"
    );
    let mut nobody = app.browser();
    nobody.open("/settings/activity").await;
    assert!(!nobody.sees("Two-factor authentication turned on"));
    let refused = nobody.get("/settings/activity/proof").await;
    assert!(!refused.body.contains("twinlock-audit"), "{}", refused.body);
}

async fn c5_old_events_are_a_page_further_and_the_kinds_can_be_picked(place: &Place) {
    let app = place.app().await;
    let (ann, session) = app.caller("192.0.2.1").sign_up("ann@example.org").await;
    app.work_on(ann.account, move |w| {
        for number in 0..60 {
            let event = twinlock::audit::Event::new("method_renamed");
            let event = event.with("label", format!("name {number}"));
            twinlock::audit::append(w, ann.account, &event)?;
        }
        Ok(())
    })
    .await;
    app.forward(24 * 3600);
    let mut browser = browser_with(&app, &session.token);
    browser.open("/settings/activity").await;
    browser.must_see("Yesterday");
    browser.must_see("name 59");
    assert!(!browser.sees("Account made"));
    browser.follow("Older").await;
    browser.must_see("Account made");
    browser.must_see("name 0");
    assert!(!browser.sees("name 59"));
    browser.follow("Newest").await;
    browser.must_see("name 59");
    browser.fill("Which events", "account");
    browser.press("Show").await;
    browser.must_see("Nothing of this kind among the events looked through.");
    browser
        .open("/settings/activity?show=no-such&before=3")
        .await;
    browser.must_see("Account made");
    for odd in ["?before=x", "?before=-1", "?before=99999999999999999999"] {
        let answer = browser.get(&format!("/settings/activity{odd}")).await;
        assert!(answer.status.as_u16() < 500, "{odd}");
    }
}

async fn e14_a_proof_of_ones_own_events_holds_and_a_touched_one_does_not(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    app.person_with_app("bob@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    let mut browser = browser_with(&app, &session.token);
    let file = browser.get("/settings/activity/proof").await;
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert!(file.header("cache-control").contains("no-store"));
    let read = |text: &str| -> Vec<Item> {
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    };
    let items = read(&file.body);
    let events = |items: &[Item]| {
        items
            .iter()
            .filter(|item| matches!(item, Item::Event(_)))
            .count()
    };
    assert!(events(&items) >= 5, "{}", file.body);
    for item in &items {
        if let Item::Event(event) = item {
            assert_eq!(event.id, ann.account, "an event of somebody else");
        }
    }
    assert_eq!(check(&items, Trusted::default()).found, 0);
    for secret in ["ann@example.org", "bob@example.org", &ann.codes[0]] {
        assert!(!file.body.contains(secret), "{secret} is in the proof");
    }
    let touched = file.body.replace("two_factor_on", "two_factor_off");
    assert_ne!(touched, file.body);
    assert!(check(&read(&touched), Trusted::default()).found > 0);
    let mut cut = items.clone();
    let at = cut
        .iter()
        .position(|item| matches!(item, Item::Event(_)))
        .unwrap();
    cut.remove(at + 1);
    assert!(check(&cut, Trusted::default()).found > 0);
}

async fn c5_the_json_api_lists_ones_own_events_page_by_page(place: &Place) {
    let app = place.app().await;
    let (_, session) = app.caller("192.0.2.1").sign_up("ann@example.org").await;
    let mut ann = app.api().with(&session.token);
    let all = ann
        .call(Method::GET, "/api/v1/me/audit-events?limit=200", None)
        .await;
    assert_eq!(all.status, 200, "{}", all.body);
    let all = all.json();
    let seqs: Vec<i64> = (all["items"].as_array().unwrap().iter())
        .map(|event| event["seq"].as_i64().unwrap())
        .collect();
    assert!(
        seqs.len() >= 2 && seqs.is_sorted_by(|one, next| one > next),
        "{seqs:?}"
    );
    assert!(all["next_cursor"].is_null());
    let mut paged = Vec::new();
    let mut cursor = String::new();
    for _ in 0..seqs.len() + 1 {
        let path = format!("/api/v1/me/audit-events?limit=1{cursor}");
        let page = ann.call(Method::GET, &path, None).await.json();
        paged.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["seq"].as_i64().unwrap()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, seqs);
    let anybody = app
        .api()
        .with("tls_nobody")
        .call(Method::GET, "/api/v1/me/audit-events", None)
        .await;
    assert_eq!(anybody.status, 401);
}

/// What somebody with the database's password does, how it is undone, and what is found meanwhile.
type Tampering = (&'static str, &'static str, fn(&Flaw) -> bool);

const TAMPERED: [Tampering; 3] = [
    (
        "UPDATE audit_event SET kind = 'signed_out' WHERE account_id = ?1 AND seq = 1",
        "UPDATE audit_event SET kind = 'account_made' WHERE account_id = ?1 AND seq = 1",
        |flaw| matches!(flaw, Flaw::Changed(1)),
    ),
    (
        "UPDATE audit_event SET seq = seq + 1000 WHERE account_id = ?1 AND seq = 3",
        "UPDATE audit_event SET seq = seq - 1000 WHERE account_id = ?1 AND seq = 1003",
        |flaw| matches!(flaw, Flaw::Dropped(3, 4)),
    ),
    (
        "UPDATE audit_event SET at = at + 1 WHERE account_id = ?1 AND seq = 2",
        "UPDATE audit_event SET at = at - 1 WHERE account_id = ?1 AND seq = 2",
        |flaw| matches!(flaw, Flaw::Changed(2)),
    ),
];

async fn d15_an_event_that_was_changed_dropped_or_moved_is_named(place: &Place) {
    let app = place.app().await;
    let mut people = Vec::new();
    for name in ["ann", "bob", "eve"] {
        people.push(app.person_with_app(&format!("{name}@example.org")).await);
    }
    assert_eq!(verify(&app).await.found, 0);
    for (person, (sql, _, _)) in people.iter().zip(TAMPERED) {
        assert_eq!(app.tamper(sql, &[person.account.into()]).await, 1, "{sql}");
    }
    let report = verify(&app).await;
    for (person, (sql, undone, names_it)) in people.iter().zip(TAMPERED) {
        let of_them = Some(Chain::account(person.account));
        let first = report.findings.iter().find(|found| found.chain == of_them);
        let first = first.unwrap_or_else(|| panic!("{sql} was not noticed"));
        assert!(names_it(&first.flaw), "{sql}: {:?}", first.flaw);
        app.tamper(undone, &[person.account.into()]).await;
    }
    assert_eq!(verify(&app).await.found, 0);
}

/// Account and kind of each event on a page.
fn told(page: &Value) -> Vec<(String, String)> {
    let items = page["items"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap_or("instance").to_owned();
    items
        .map(|event| (word(&event["account"]), word(&event["kind"])))
        .collect()
}

async fn read(api: &mut Api, query: &str) -> Value {
    let path = format!("/api/v1/audit-events?limit=200{query}");
    let answer = api.get(&path).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.json()
}

async fn c5_an_application_reads_the_record_of_its_own_accounts_only(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let usual = [Scope::AccountsRead, Scope::AccountsWrite];
    let mut shop = app.api().with(&app.api_key("shop", &usual).await);
    let mut bank = app.api().with(&app.api_key("bank", &usual).await);
    let mut office = app.api().with(&app.api_key("shop", &Scope::ALL).await);
    let mut verifier = app.api().with(&app.api_key("shop", &[Scope::Verify]).await);
    let mut ids = Vec::new();
    for api in [&mut shop, &mut bank] {
        let made = api
            .post("/api/v1/accounts", &json!({"external_id": "one"}))
            .await;
        ids.push(made.json()["id"].as_str().unwrap().to_owned());
    }
    let (shops, banks) = (ids[0].as_str(), ids[1].as_str());
    let made = |id: &str| vec![(id.to_owned(), String::from("account_made"))];
    assert_eq!(told(&read(&mut shop, "").await), made(shops));
    assert_eq!(told(&read(&mut bank, "").await), made(banks));
    assert_eq!(
        told(&read(&mut shop, "&account=ext:one").await),
        made(shops)
    );
    // The administrator's key sees people and the instance too, and still nobody of another application.
    let all = told(&read(&mut office, "").await);
    let anns = ann.account.to_string();
    assert!(all.iter().any(|(account, _)| *account == anns), "{all:?}");
    assert!(all.iter().any(|(account, _)| account == "instance"));
    assert!(!all.iter().any(|(account, _)| account == banks), "{all:?}");
    let hers = told(&read(&mut office, &format!("&account={anns}")).await);
    assert!(hers.len() >= 4, "{hers:?}");
    assert!(hers.iter().all(|(account, _)| *account == anns), "{hers:?}");
    for (query, status) in [
        (format!("account={banks}"), 404),
        (format!("account={anns}"), 404),
        (String::from("account=ext:two"), 404),
        (String::from("account=nobody"), 404),
        (String::from("kind=no_such"), 422),
        (String::from("since=yesterday"), 422),
        (String::from("until=2026-01-01T00:00:00Z"), 422),
    ] {
        let answer = shop.get(&format!("/api/v1/audit-events?{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}: {}", answer.body);
    }
    assert_eq!(verifier.get("/api/v1/audit-events").await.status, 403);
    assert_eq!(app.api().get("/api/v1/audit-events").await.status, 401);
}

async fn c5_an_application_finds_a_rare_kind_page_by_page_and_collects_new_events(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    app.work_on(ann.account, move |w| {
        for number in 0..2_100 {
            let event = twinlock::audit::Event::new("method_renamed");
            let event = event.with("label", format!("name {number}"));
            twinlock::audit::append(w, ann.account, &event)?;
        }
        Ok(())
    })
    .await;
    let mut office = app.api().with(&app.api_key("office", &Scope::ALL).await);
    for of_her in [String::new(), format!("&account={}", ann.account)] {
        let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let page = read(&mut office, &format!("&kind=account_made{of_her}{cursor}")).await;
            found.extend(told(&page));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        // The first page looked through its share and found nothing.
        assert_eq!(pages, 2);
        assert_eq!(
            found,
            [(ann.account.to_string(), "account_made".to_owned())]
        );
    }
    app.forward(3600);
    let since = Timestamp::from_millis(app.time.seconds() as i64 * 1000).rfc3339();
    app.caller("192.0.2.9").sign_in(&ann).await;
    let (signed_in, before) = (
        told(&read(&mut office, &format!("&since={since}&kind=signed_in")).await),
        told(&read(&mut office, &format!("&since={since}&kind=account_made")).await),
    );
    assert_eq!((signed_in.len(), before.len()), (1, 0));
    let since = format!("&since={since}&account={}", ann.account);
    let page = read(&mut office, &since).await;
    assert!(page["next_cursor"].is_null());
    assert_eq!(told(&page).len(), 2, "{page}");
}

/// A page of one event.
async fn one(api: &mut Api, query: &str) -> Value {
    let path = format!("/api/v1/audit-events?limit=1{query}");
    let answer = api.get(&path).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.json()
}

async fn c5_a_cursor_says_nothing_of_others_and_cannot_be_made(place: &Place) {
    let app = place.app().await;
    let usual = [Scope::AccountsRead, Scope::AccountsWrite];
    let mut shop = app.api().with(&app.api_key("shop", &usual).await);
    let mut bank = app.api().with(&app.api_key("bank", &usual).await);
    for (api, names) in [(&mut shop, ["a", "b"]), (&mut bank, ["c", "d"])] {
        for name in names {
            let made = json!({"external_id": name});
            assert_eq!(api.post("/api/v1/accounts", &made).await.status, 201);
        }
    }
    let page = one(&mut shop, "").await;
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    assert!(cursor.len() > 60, "{cursor}");
    let second = one(&mut shop, &format!("&cursor={cursor}")).await;
    assert_ne!(page["items"], second["items"]);
    // The same place twice reads differently; another application's, a changed one and one made by hand begin anew.
    let again = one(&mut shop, "").await;
    assert_ne!(again["next_cursor"], page["next_cursor"]);
    let flipped = cursor.replacen(
        &cursor[40..41],
        if &cursor[40..41] == "A" { "B" } else { "A" },
        1,
    );
    for odd in [flipped.as_str(), "0.00000000000000000000000000000000.1", ""] {
        let anew = one(&mut shop, &format!("&cursor={odd}")).await;
        assert_eq!(anew["items"], page["items"], "{odd}");
    }
    let theirs = one(&mut bank, "").await;
    let taken = one(&mut bank, &format!("&cursor={cursor}")).await;
    assert_eq!(taken["items"], theirs["items"]);
}
