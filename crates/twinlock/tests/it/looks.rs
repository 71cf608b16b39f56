//! What pages say, keep and look like: the look people choose, sentences that confirm, names that differ, what a field keeps, the
//! codes as a file.

use http::StatusCode;
use twinlock::app::Refusal;
use twinlock::config::{Method, Settings};
use twinlock::routes::table;
use twinlock_testkit::html::Page;

use crate::support::caller::PASSWORD;
use crate::support::{Browser, Person, Place, TestApp};

on_both_engines!(
    a_look_is_remembered_without_scripts_and_says_nothing_about_anybody,
    a_look_nobody_offers_is_refused_and_never_leads_away,
    signing_out_and_a_new_password_are_confirmed,
    two_sessions_on_equal_devices_are_told_apart,
    two_apps_without_a_name_are_told_apart,
    k12_a_backup_code_with_a_slip_stays_in_its_field_and_no_other_code_does,
    what_is_too_long_says_how_long_it_may_be,
    d6_the_codes_come_as_a_file_without_scripts,
    where_nobody_has_a_password_there_is_none_to_set,
    x02_no_page_has_anything_inline_or_from_elsewhere,
    an_address_used_in_another_way_answers_with_a_page_that_leads_on,
);

async fn insider(app: &TestApp, email: &str) -> (Person, Browser) {
    let person = app.person_with_app(email).await;
    let completed = app.caller("203.0.113.5").sign_in(&person).await;
    (person, with(app, &completed.token))
}

fn with(app: &TestApp, token: &str) -> Browser {
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", token);
    browser
}

/// The look `<html>` is drawn in.
fn look(browser: &Browser) -> String {
    let page = browser.page();
    let found = page
        .root()
        .find_all(&|element| element.attribute("data-theme").is_some());
    found[0].attribute("data-theme").unwrap().to_owned()
}

/// What stands in a field.
fn value(browser: &Browser, label: &str) -> String {
    let forms = browser.page().forms();
    let mut fields = forms.iter().flat_map(|form| &form.fields);
    fields
        .find(|field| field.label == label)
        .unwrap()
        .value
        .clone()
}

async fn a_look_is_remembered_without_scripts_and_says_nothing_about_anybody(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    browser.open("/help?q=phone").await;
    assert_eq!(look(&browser), "system");
    browser.press("Dark").await;
    assert_eq!(browser.path, "/help?q=phone", "back where it was chosen");
    assert_eq!(look(&browser), "dark");
    assert!(
        browser
            .last
            .body
            .contains(r#"<meta name="color-scheme" content="dark">"#)
    );
    browser.open("/no-such-page").await;
    assert_eq!(look(&browser), "dark", "on errors too");
    assert_eq!(browser.cookies.get("__Host-twinlock-look"), Some("dark"));
    browser.press("As the device").await;
    assert_eq!(look(&browser), "system");
}

async fn a_look_nobody_offers_is_refused_and_never_leads_away(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    let refused = browser
        .post("/appearance", &[("scheme", "pink"), ("return_to", "/")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for hostile in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let answer = browser
            .post("/appearance", &[("scheme", "dark"), ("return_to", hostile)])
            .await;
        assert_eq!(answer.location(), "/", "{hostile}");
    }
    browser.cookies.plant("__Host-twinlock-look", "\"><script>");
    browser.open("/sign-in").await;
    assert_eq!(look(&browser), "system");
}

async fn signing_out_and_a_new_password_are_confirmed(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.press("Sign out").await;
    browser.must_see("You are signed out.");

    browser.fill("Email", &person.email);
    browser.press("Continue").await;
    browser.follow("Forgot your password?").await;
    browser.press("Send a code").await;
    browser.fill("Code", &app.mailed_code(&person.email).await);
    browser.press("Verify").await;
    app.forward(31);
    browser.fill("Code", &person.phone().code_at(app.time.seconds()));
    browser.press("Verify").await;
    browser.fill("New password", "four quiet ferries cross the sound");
    browser.press("Set new password").await;
    browser.must_see("Your password was saved. Your other sessions were signed out, and no device is trusted any more.");
}

async fn two_sessions_on_equal_devices_are_told_apart(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    for _ in 0..2 {
        app.forward(31);
        app.caller("203.0.113.9").sign_in(&person).await;
    }
    browser.open("/settings/sessions").await;
    for name in [
        "End session on Firefox on Linux",
        "End session on Firefox on Linux (2)",
    ] {
        assert!(browser.page().button(name).is_ok(), "{name}");
    }
    browser.press("End session on Firefox on Linux (2)").await;
    browser.must_see("That session was ended.");
}

async fn two_apps_without_a_name_are_told_apart(place: &Place) {
    let app = place.app().await;
    let (_, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.press("Add a method").await;
    browser.follow("Use authentication app").await;
    browser.press("Continue").await;
    let link = browser.page().link("Open in my app").unwrap();
    let phone = twinlock_testkit::phone::Phone::scan(&link).unwrap();
    browser.press("Continue").await;
    browser.fill("Code", &phone.code_at(app.time.seconds()));
    browser.press("Verify").await;
    browser.open("/settings/security").await;
    browser.follow("Rename").await;
    browser.fill("Name for this app (optional)", "");
    browser.press("Save").await;
    browser.must_see("Authenticator app (2)");
    let page = browser.page();
    for name in ["Authenticator app", "Authenticator app (2)"] {
        // The page isolates names from the words around them.
        let bare = |label: &str| label.replace(['\u{2068}', '\u{2069}'], "");
        let menu = |label: &str| bare(label) == format!("More for {name}");
        let found = page
            .root()
            .find_all(&|element| element.attribute("aria-label").is_some_and(menu));
        assert_eq!(found.len(), 1, "{name}");
    }
}

async fn k12_a_backup_code_with_a_slip_stays_in_its_field_and_no_other_code_does(place: &Place) {
    let app = place.app().await;
    let (person, mut inside) = insider(&app, "ann@example.org").await;
    let good = &person.codes[0];
    let first = if good.starts_with('7') { '8' } else { '7' };
    let slip = format!("{first}{}", &good[1..]);
    let mut browser = app.browser();
    browser.open("/sign-in").await;
    browser.fill("Email", &person.email);
    browser.press("Continue").await;
    browser.fill("Password", PASSWORD);
    browser.press("Sign in").await;
    browser.fill("Code", "000000");
    browser.press("Verify").await;
    browser.must_see("That code did not match.");
    assert_eq!(value(&browser, "Code"), "");
    browser.fill("Code", &slip);
    browser.press("Verify").await;
    browser.must_see("There is a typing slip in that recovery code.");
    assert_eq!(
        value(&browser, "Code"),
        slip,
        "in the field for an app's code too"
    );
    browser.follow("Use a recovery code").await;
    browser.fill("Recovery code", &slip);
    browser.press("Verify").await;
    assert_eq!(value(&browser, "Recovery code"), slip);
    let mut other = person.codes[1].clone();
    other.replace_range(0..1, if other.starts_with('7') { "8" } else { "7" });
    browser.fill("Recovery code", good);
    browser.press("Verify").await;
    assert_eq!(browser.page().heading(), "You used a recovery code");

    for path in [
        "/settings/security/backup-codes/check",
        "/settings/security/two-factor/disable",
    ] {
        inside.open(path).await;
        let label = if path.ends_with("check") {
            "Backup code"
        } else {
            "Code"
        };
        inside.fill(label, &other);
        inside
            .press(if path.ends_with("check") {
                "Check"
            } else {
                "Disable two-factor authentication"
            })
            .await;
        assert_eq!(inside.last.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(value(&inside, label), other, "{path}");
    }
}

async fn what_is_too_long_says_how_long_it_may_be(place: &Place) {
    let app = place.app().await;
    let (_, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/profile").await;
    browser.fill("Name", &"x".repeat(101));
    browser.press("Save").await;
    browser.must_see("That is too long: at most 100 characters fit.");
    assert_eq!(value(&browser, "Name"), "x".repeat(101));
    browser.open("/settings/security").await;
    browser.follow("Rename").await;
    browser.fill("Name for this app (optional)", &"x".repeat(61));
    browser.press("Save").await;
    browser.must_see("at most 60 characters fit.");
    let messages = app.app.catalog.messages("en");
    for (field, limit) in [("password", "1024"), ("code", "64")] {
        let refusal = Refusal::Field {
            field,
            code: "too_long",
        };
        let said = twinlock::edge::answer::words(&refusal, &messages, app.now());
        assert!(said.contains(limit), "{said}");
    }
}

async fn d6_the_codes_come_as_a_file_without_scripts(place: &Place) {
    let app = place.app().await;
    let (_, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security/backup-codes/new").await;
    browser.press("Make new codes").await;
    let codes = browser.page().codes();
    let sheet = browser.clone();
    browser.press("Download").await;
    let file = &browser.last;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"twinlock-backup-codes.txt\""
    );
    assert_eq!(file.header("cache-control"), "no-store");
    for (at, code) in codes.iter().enumerate() {
        assert!(file.body.contains(&format!("{}. {code}\n", at + 1)));
    }
    // The page is still there, and its tick still leads on.
    let mut browser = sheet;
    browser.fill("I saved these codes", "yes");
    browser.press("Done").await;
    browser.must_see("You have new backup codes.");
    // What is not a sheet does not come back as a file of ours.
    for text in ["", "1 2 <script>alert(1)</script>", "MZ\u{90}", "1 2 x y"] {
        let answer = browser
            .post("/backup-codes/download", &[("sheet", text)])
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert_eq!(answer.header("content-disposition"), "");
    }
}

async fn where_nobody_has_a_password_there_is_none_to_set(place: &Place) {
    let app = place
        .app_with(|settings: &mut Settings| settings.sign_in.methods = vec![Method::EmailCode])
        .await;
    let (_, completed) = app.caller("203.0.113.5").sign_up("ann@example.org").await;
    let mut browser = with(&app, &completed.token);
    browser.open("/settings/profile").await;
    assert!(!browser.sees("Set a password"));
    browser.open("/settings/password").await;
    assert_eq!(browser.last.status, StatusCode::NOT_FOUND);
    let answer = browser
        .post(
            "/settings/password",
            &[("password", "otters juggle pebbles")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

/// X02: every page of the table, signed out and signed in; errors are among the answers.
async fn x02_no_page_has_anything_inline_or_from_elsewhere(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    let mut out = app.browser();
    let mut half = app.browser();
    half.cookies.plant(
        "__Host-twinlock-signin",
        &app.caller("203.0.113.7").half_session(&person).await,
    );
    let mut seen = 0;
    for route in table() {
        if route.method != http::Method::GET {
            continue;
        }
        let path = route
            .path
            .replace("{id}", "01890000-0000-7000-8000-000000000000");
        for browser in [&mut browser, &mut out, &mut half] {
            let answer = browser.get(&path).await;
            if answer.header("content-type").starts_with("text/html") {
                seen += 1;
                must_be_plain(&path, &answer.body);
            }
        }
    }
    assert!(seen > 40, "only {seen} pages were looked at");
}

/// No style or script of its own, no handler, and no picture, script, sheet or frame of another host.
fn must_be_plain(path: &str, html: &str) {
    let page = Page::parse(html).unwrap();
    let every = page.root().find_all(&|_| true);
    for element in every {
        for name in ["style", "onclick", "onload", "onsubmit", "onerror"] {
            assert!(element.attribute(name).is_none(), "{path}: {name}");
        }
        for name in ["src", "srcset", "action", "formaction", "data", "poster"] {
            let Some(address) = element.attribute(name) else {
                continue;
            };
            let own = address.starts_with('/') && !address.starts_with("//");
            let drawn = address.starts_with("data:image/svg+xml");
            assert!(own || drawn, "{path}: {name}={address}");
        }
    }
    assert!(!html.contains("<style"), "{path}");
    for script in html.split("<script").skip(1) {
        assert!(script.contains("src=\"/assets/"), "{path}: {script:.80}");
        assert!(script.split('>').nth(1).unwrap().starts_with("</script"));
    }
    for link in html.split("<link").skip(1) {
        assert!(link.contains("href=\"/assets/"), "{path}: {link:.80}");
    }
}

async fn an_address_used_in_another_way_answers_with_a_page_that_leads_on(place: &Place) {
    let app = place.app().await;
    let (_, mut insider) = insider(&app, "ann@example.org").await;
    for browser in [&mut app.browser(), &mut insider] {
        let answer = browser.post("/help", &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        let page = Page::parse(&answer.body).unwrap();
        assert_eq!(page.heading(), "This address cannot be used like that");
        assert!(page.text().contains("Nothing was changed."));
        assert_eq!(page.link("Go to the start page").unwrap(), "/");
    }
}
