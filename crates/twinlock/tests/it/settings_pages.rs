//! The person's own pages, used as people use them: by the words on links, fields and buttons, without scripts.

use http::StatusCode;
use twinlock::config::{Enrolment, Methods, Settings};
use twinlock_testkit::phone::Phone;

use crate::support::{Browser, Person, Place, TestApp};

on_both_engines!(
    k4_somebody_turns_it_on_in_two_steps_and_saves_the_codes,
    d5_on_one_page_the_code_stands_below_the_picture,
    k7_a_new_qr_code_changes_nothing_until_its_code_is_typed,
    h2_two_apps_stand_side_by_side_and_one_is_preferred,
    k8_turning_it_off_asks_for_a_code_on_that_very_page,
    h7_where_it_is_required_the_page_says_why_it_stays,
    k12_new_codes_are_shown_once_and_a_reload_makes_none,
    e5_a_saved_code_is_checked_without_spending_it,
    h3_revealed_codes_show_which_are_used,
    a_change_asks_who_is_there_and_leads_back_to_its_form,
    five_wrong_codes_end_the_session_and_the_page_says_so,
    a_password_is_changed_with_the_current_one,
    k14_the_check_up_suggests_what_is_worth_doing_and_can_be_put_off,
    k14_the_check_up_knows_few_and_old_codes_and_devices_long_unseen,
    other_sessions_are_seen_and_ended,
    somebody_elses_app_is_not_found,
);

/// Somebody who just signed up, in a browser.
async fn newcomer(app: &TestApp, email: &str) -> (Person, Browser) {
    let (person, completed) = app.caller("203.0.113.5").sign_up(email).await;
    (person, browser_with(app, &completed.token))
}

/// Somebody with an app, just signed in with it, in a browser.
async fn insider(app: &TestApp, email: &str) -> (Person, Browser) {
    let person = app.person_with_app(email).await;
    let completed = app.caller("203.0.113.5").sign_in(&person).await;
    (person, browser_with(app, &completed.token))
}

fn browser_with(app: &TestApp, token: &str) -> Browser {
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", token);
    browser
}

/// Reads the key off the page, as a person types it into an app.
fn scan(browser: &Browser) -> Phone {
    let page = browser.page();
    let link = page.link("Open in my app").unwrap();
    let phone = Phone::scan(&link).unwrap();
    let keys = page
        .root()
        .find_all(&|element| element.attribute("data-value").is_some());
    assert_eq!(keys[0].attribute("data-value").unwrap(), phone.key());
    phone
}

fn code(app: &TestApp, phone: &Phone) -> String {
    phone.code_at(app.time.seconds())
}

async fn k4_somebody_turns_it_on_in_two_steps_and_saves_the_codes(place: &Place) {
    let app = place.app().await;
    let (_, mut browser) = newcomer(&app, "ann@example.org").await;
    browser.open("/settings").await;
    assert_eq!(browser.path, "/settings/security");
    browser.must_see("Off");
    browser
        .must_see("After signing in you also give a second proof, such as a code from your phone");
    browser.follow("Change two-factor authentication").await;
    browser.must_see("Choose how to get your codes");
    browser.follow("Use authentication app").await;
    browser.must_see("Step 1 of 3");
    browser.must_see("iPhone and iPad");
    browser.press("Continue").await;
    browser.must_see("Step 2 of 3");
    browser.must_see("Do not delete this account from your app");
    let phone = scan(&browser);
    browser.press("Continue").await;
    browser.must_see("Step 3 of 3");
    browser.fill("Code", &phone.wrong_code(app.time.seconds(), 0));
    browser.press("Verify").await;
    assert_eq!(browser.last.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.must_see("That code did not match.");
    browser.must_see("Code not working?");
    browser.fill("Code", &code(&app, &phone));
    let before = browser.cookies.get("__Host-twinlock").unwrap().to_owned();
    browser.press("Verify").await;
    assert_ne!(browser.cookies.get("__Host-twinlock"), Some(&*before));
    assert_eq!(browser.page().heading(), "Two-factor authentication is on.");
    let codes = browser.page().codes();
    assert_eq!(codes.len(), 10);
    browser.press("Done").await;
    assert_eq!(browser.last.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.page().codes(), codes);
    browser.must_see("Save the codes first, then tick this box.");
    browser.fill("I saved these codes", "yes");
    browser.press("Done").await;
    assert_eq!(browser.path, "/settings/security?done=two-factor-on");
    browser.must_see("Two-factor authentication is on.");
    browser.must_see("10 of 10 left");
    browser.must_see("Authenticator app");
    assert!(browser.page().codes().is_empty());
}

async fn d5_on_one_page_the_code_stands_below_the_picture(place: &Place) {
    let app = place
        .app_with(|settings| {
            settings.two_factor.enrolment = Enrolment::OnePage;
            settings.branding.labels.two_factor = String::from("Two-Step Authentication");
            settings.branding.labels.enable = String::from("Enable Two-Step");
        })
        .await;
    let (_, mut browser) = newcomer(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.press("Enable Two-Step").await;
    browser.follow("Use authentication app").await;
    browser.press("Continue").await;
    let phone = scan(&browser);
    let path = browser.path.clone();
    browser.fill("Code", &phone.wrong_code(app.time.seconds(), 0));
    browser.press("Enable").await;
    assert_eq!(scan(&browser).key(), phone.key());
    browser.must_see("That code did not match.");
    browser.fill("Code", &code(&app, &phone));
    browser.press("Enable").await;
    assert_eq!(browser.page().heading(), "Two-Step Authentication is on.");
    // The same address again, as after a reload: nothing is shown and nothing is made.
    let values = [("code", "123456")];
    let again = browser.post(&path, &values).await;
    assert_eq!(again.location(), "/settings/security?done=codes-shown-once");
    browser.open(again.location()).await;
    browser.must_see("Your backup codes were shown once.");
    browser.must_see("10 of 10 left");
    // Much later, or once a code was looked after, it is a set-up that is over like any other.
    app.forward(3601);
    let again = browser.post(&path, &values).await;
    assert_eq!(again.location(), "/settings/security?done=set-up-over");
}

async fn k7_a_new_qr_code_changes_nothing_until_its_code_is_typed(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.follow("Scan a new QR code").await;
    browser.must_see("The new method takes the place of “Phone”");
    browser.press("Continue").await;
    let phone = scan(&browser);
    assert_ne!(phone.key(), person.phone().key());
    browser.follow("Cancel").await;
    app.forward(60);
    app.caller("203.0.113.9").sign_in(&person).await;
    browser.press("Move to a new phone").await;
    browser.must_see("Note your backup codes first");
    browser.fill("Replace “Phone”", "yes");
    browser.press("Continue").await;
    let phone = scan(&browser);
    browser.press("Continue").await;
    browser.fill("Code", &code(&app, &phone));
    browser.press("Verify").await;
    browser.must_see("the old one no longer works");
    let moved = Person {
        phone: Some(phone),
        ..person
    };
    app.caller("203.0.113.9").sign_in(&moved).await;
}

async fn h2_two_apps_stand_side_by_side_and_one_is_preferred(place: &Place) {
    let app = place.app().await;
    let (_, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.press("Add a method").await;
    browser.follow("Use authentication app").await;
    browser.fill("Name for this app (optional)", "Tablet <b>");
    browser.press("Continue").await;
    let tablet = scan(&browser);
    browser.press("Continue").await;
    browser.fill("Code", &code(&app, &tablet));
    browser.press("Verify").await;
    browser.must_see("The method was added.");
    browser.must_see("Tablet <b>");
    browser.must_see("Preferred");
    browser.press("Make preferred").await;
    browser.must_see("asked for first from now on");
    browser.follow("Rename").await;
    browser.fill("Name for this app (optional)", &"x".repeat(61));
    browser.press("Save").await;
    assert_eq!(browser.last.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.fill("Name for this app (optional)", "Kitchen tablet");
    browser.press("Save").await;
    browser.must_see("Kitchen tablet");
    browser.follow("Remove").await;
    assert_eq!(browser.page().heading(), "Remove “Kitchen tablet”?");
    browser.press("Remove").await;
    browser.must_see("The method was removed.");
    browser.follow("Remove").await;
    assert_eq!(
        browser.page().heading(),
        "Disable two-factor authentication"
    );
}

async fn k8_turning_it_off_asks_for_a_code_on_that_very_page(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.follow("Remove").await;
    browser.must_see("This is your last method.");
    browser.open("/settings/security").await;
    browser.press("Disable 2FA").await;
    browser.must_see("This makes your account less secure. Only do it if you must.");
    browser.fill("Code", &person.phone().wrong_code(app.time.seconds(), 0));
    browser.press("Disable two-factor authentication").await;
    assert_eq!(browser.last.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.must_see("That code did not match.");
    app.forward(30);
    browser.fill("Code", &code(&app, person.phone()));
    browser.press("Disable two-factor authentication").await;
    browser.must_see("Two-factor authentication is off.");
    let half = app
        .caller("203.0.113.9")
        .try_password(&person.email, crate::support::caller::PASSWORD)
        .await;
    crate::support::caller::completed(half.unwrap());
    browser.open("/settings/security/two-factor/disable").await;
    assert_eq!(browser.path, "/settings/security?done=off-already");
}

async fn h7_where_it_is_required_the_page_says_why_it_stays(place: &Place) {
    let open = place.app().await;
    let (person, _) = insider(&open, "ann@example.org").await;
    let strict = |settings: &mut Settings| {
        settings.two_factor.required = true;
        settings.two_factor.methods = Methods::One;
    };
    let app = place.app_with(strict).await;
    let completed = app.caller("203.0.113.5").sign_in(&person).await;
    let mut browser = browser_with(&app, &completed.token);
    browser.open("/settings/security").await;
    assert!(browser.page().button("Add a method").is_err());
    browser.press("Disable 2FA").await;
    browser.must_see("is required here, so the last method stays");
    let page = browser.page();
    assert!(page.button("Disable two-factor authentication").is_err());
    app.forward(30);
    let typed = code(&app, person.phone());
    let path = "/settings/security/two-factor/disable";
    let answer = browser.post(path, &[("code", &typed)]).await;
    assert_eq!(answer.location(), path);
    browser.press("Keep it on").await;
    browser.must_see("On");
}

async fn k12_new_codes_are_shown_once_and_a_reload_makes_none(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.press("Make new codes").await;
    browser.must_see("10 of your codes are left.");
    let (n, button) = browser.page().button("Make new codes").unwrap();
    let values = browser.page().forms()[n].values(&button);
    browser.press("Make new codes").await;
    assert_eq!(browser.page().heading(), "Your new backup codes");
    let codes = browser.page().codes();
    assert_eq!(codes.len(), 10);
    assert!(!person.codes.iter().any(|old| codes.contains(old)));
    let values: Vec<(&str, &str)> = (values.iter())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let again = browser
        .post("/settings/security/backup-codes/new", &values)
        .await;
    assert_eq!(
        again.location(),
        "/settings/security?done=codes-made-already"
    );
    browser.fill("I saved these codes", "yes");
    browser.press("Done").await;
    browser.must_see("(sheet 2)");
    let forged = [("sheet", "<script>alert(1)</script>")];
    let path = "/settings/security/backup-codes/saved";
    assert_eq!(
        browser.post(path, &forged).await.location(),
        "/settings/security"
    );
}

async fn e5_a_saved_code_is_checked_without_spending_it(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.must_see("You have not checked yet");
    browser.press("Check a code").await;
    for _ in 0..2 {
        browser.fill("Backup code", &person.codes[3].to_lowercase());
        browser.press("Check").await;
        browser.must_see("This code is good: number 4 on sheet 1. It was not spent.");
    }
    browser.fill("Backup code", "not a code");
    browser.press("Check").await;
    assert_eq!(browser.last.status, StatusCode::UNPROCESSABLE_ENTITY);
    let caller = app.caller("203.0.113.9");
    let half = caller.half_session(&person).await;
    caller.verify(&half, &person.codes[3]).await.unwrap();
    browser.fill("Backup code", &person.codes[3]);
    browser.press("Check").await;
    browser.must_see("This code is number 4 on sheet 1 and was used on");
    browser.open("/settings/security").await;
    browser.must_see("9 of 10 left");
    browser.must_see("last checked just now");
    browser.open("/settings/recovery-code-used").await;
    browser.must_see("You used a recovery code. 9 are left.");
    browser
        .press("Set up two-factor authentication again")
        .await;
    browser.must_see("The new method takes the place of “Phone”");
}

async fn h3_revealed_codes_show_which_are_used(place: &Place) {
    let app = place
        .app_with(|settings| settings.two_factor.backup_codes.reveal = true)
        .await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    let caller = app.caller("203.0.113.9");
    let half = caller.half_session(&person).await;
    caller.verify(&half, &person.codes[0]).await.unwrap();
    browser.open("/settings/security").await;
    browser.follow("Reveal codes").await;
    assert!(browser.page().codes().is_empty());
    browser.press("Reveal codes").await;
    assert_eq!(browser.page().codes(), person.codes[1..]);
    let struck = browser.page();
    let struck = struck.root().find_all(&|element| element.name == "s");
    assert_eq!(struck[0].text(), person.codes[0]);
    let mails = app.mails_about(&person.email, "looked at").await;
    assert_eq!(mails, 1);
}

async fn a_change_asks_who_is_there_and_leads_back_to_its_form(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    app.forward(11 * 60);
    browser.open("/settings/security").await;
    browser.press("Make new codes").await;
    assert_eq!(browser.page().heading(), "Confirm that it is you");
    browser.fill("Code", &person.phone().wrong_code(app.time.seconds(), 0));
    browser.press("Verify").await;
    assert_eq!(browser.last.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.fill("Code", &person.codes[0]);
    browser.press("Verify").await;
    assert_eq!(browser.path, "/settings/security/backup-codes/new");
    browser.open("/step-up?return_to=//evil.example").await;
    assert_eq!(browser.path, "/settings/security");

    // Without a second factor the password counts, or a mailed code.
    let (_, mut other) = newcomer(&app, "bo@example.org").await;
    app.forward(11 * 60);
    other.open("/settings/security").await;
    other.press("Enable").await;
    other.follow("Use authentication app").await;
    other.fill("Password", "not the password");
    other.press("Verify").await;
    other.must_see("That is not your password.");
    other.press("Send a code to my email address instead").await;
    other.must_see("We sent a code to b");
    other.must_see("seconds");
    let mailed = app.mailed_code("bo@example.org").await;
    other.fill("Code", &mailed);
    other.press("Verify").await;
    other.must_see("Step 1 of 3");
}

async fn five_wrong_codes_end_the_session_and_the_page_says_so(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security/two-factor/disable").await;
    for n in 0..5 {
        browser.fill("Code", &person.phone().wrong_code(app.time.seconds(), n));
        browser.press("Disable two-factor authentication").await;
    }
    assert_eq!(browser.page().heading(), "You are signed out");
    assert_eq!(
        browser.page().link("Sign in").unwrap(),
        "/sign-in?return_to=%2Fsettings%2Fsecurity%2Ftwo-factor%2Fdisable"
    );
    assert!(browser.cookies.get("__Host-twinlock").is_none());
}

async fn a_password_is_changed_with_the_current_one(place: &Place) {
    let app = place.app().await;
    let person = app.person("ann@example.org").await;
    let completed = app.caller("203.0.113.5").sign_in(&person).await;
    let mut browser = browser_with(&app, &completed.token);
    browser.open("/settings/profile").await;
    browser.must_see("ann@example.org");
    browser.fill("Name", "Ann Ek");
    browser.press("Save").await;
    browser.must_see("Your name was saved.");
    browser.press("Change password").await;
    browser.must_see("At least 15 characters.");
    browser.fill("New password", "short");
    browser.press("Change password").await;
    browser.must_see("Fill this in.");
    browser.fill("Current password", crate::support::caller::PASSWORD);
    browser.fill("New password", "short");
    browser.press("Change password").await;
    browser.must_see("That password is too short.");
    browser.fill("Current password", "otters juggle marbles");
    browser.fill("New password", "badgers borrow bicycles");
    browser.press("Change password").await;
    browser.must_see("That is not your password.");
    browser.fill("Current password", crate::support::caller::PASSWORD);
    browser.fill("New password", "badgers borrow bicycles");
    browser.press("Change password").await;
    browser.must_see("Your password was saved.");
    // Whoever came by a mailed code a moment ago has proven more than the old password would.
    let (_, mut newcomer) = newcomer(&app, "bo@example.org").await;
    newcomer.open("/settings/password").await;
    newcomer.fill("New password", "badgers borrow bicycles");
    newcomer.press("Change password").await;
    newcomer.must_see("Your password was saved.");
}

async fn other_sessions_are_seen_and_ended(place: &Place) {
    let app = place.app().await;
    let (person, mut browser) = insider(&app, "ann@example.org").await;
    let first = app.caller("203.0.113.9").sign_in(&person).await;
    let second = app.caller("203.0.113.10").sign_in(&person).await;
    let mut elsewhere = browser_with(&app, &first.token);
    elsewhere.open("/settings/security").await;
    assert_eq!(elsewhere.last.status, StatusCode::OK);
    browser.open("/settings/sessions").await;
    browser.must_see("This device");
    browser.must_see("with a password and an authenticator app");
    browser.press("End session on Firefox on Linux").await;
    browser.must_see("That session was ended.");
    browser.press("End all other sessions").await;
    browser.must_see("You are signed in nowhere else.");
    for token in [&first.token, &second.token] {
        let answer = browser_with(&app, token).get("/settings/security").await;
        assert_eq!(answer.location(), "/sign-in?return_to=/settings/security");
    }
    browser.open("/sign-out").await;
    browser.press("Sign out").await;
    assert_eq!(browser.path, "/sign-in?done=signed-out");
    browser.must_see("You are signed out.");
    assert!(browser.cookies.get("__Host-twinlock").is_none());
}

async fn somebody_elses_app_is_not_found(place: &Place) {
    let app = place.app().await;
    let (ann, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    let rename = browser.page().link("Rename").unwrap();
    let (_, mut other) = insider(&app, "bo@example.org").await;
    for path in [
        rename.clone(),
        rename.replace("rename", "remove"),
        rename.replace("/rename", "x"),
        String::from("/settings/security/methods/x/rename"),
    ] {
        other.open(&path).await;
        assert_eq!(other.last.status, StatusCode::NOT_FOUND, "{path}");
    }
    let prefer = rename.replace("rename", "prefer");
    let answer = other.post(&prefer, &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    drop(ann);
}

async fn k14_the_check_up_suggests_what_is_worth_doing_and_can_be_put_off(place: &Place) {
    let app = place.app().await;
    let (ann, mut browser) = insider(&app, "ann@example.org").await;
    browser.open("/settings/security").await;
    browser.must_see("1 suggestion");
    browser.must_see("Add a second method");
    browser.press("Not now: Add a second method").await;
    browser.must_see("That suggestion stays away for 90 days.");
    assert!(!browser.sees("Security check-up"));
    // For them alone, and for a while.
    let (_, mut other) = insider(&app, "bob@example.org").await;
    other.open("/settings/security").await;
    other.must_see("Security check-up");
    app.forward(91 * 24 * 3600);
    let completed = app.caller("203.0.113.5").sign_in(&ann).await;
    let mut browser = browser_with(&app, &completed.token);
    browser.open("/settings/security").await;
    browser.must_see("Add a second method");
    let path = "/settings/security/check-up/no-such-thing/put-off";
    assert_eq!(browser.post(path, &[]).await.status, StatusCode::NOT_FOUND);
    // Nothing to say to somebody without two-factor authentication, nor where one method is all there may be.
    let (_, mut newcomer) = newcomer(&app, "cem@example.org").await;
    newcomer.open("/settings/security").await;
    assert!(!newcomer.sees("Security check-up"));
    let strict = place
        .app_with(|settings: &mut Settings| settings.two_factor.methods = Methods::One)
        .await;
    let (_, mut strict) = insider(&strict, "dan@example.org").await;
    strict.open("/settings/security").await;
    assert!(!strict.sees("Security check-up"));
}

async fn k14_the_check_up_knows_few_and_old_codes_and_devices_long_unseen(place: &Place) {
    use twinlock::settings::rules::Suggestion;
    let app = place
        .app_with(|settings: &mut Settings| settings.two_factor.trusted_device_days = 365)
        .await;
    let ann = app.person_with_app("ann@example.org").await;
    let suggested = async |caller: &crate::support::Caller, token: &str| {
        let acting = caller.acting(token).await;
        let overview = twinlock::settings::flow::overview(&caller.moment(), &acting).await;
        overview.unwrap().suggestions
    };
    let mut laptop = app.caller("192.0.2.1");
    laptop.sign_in_saying(&ann, true).await;
    app.forward(89 * 24 * 3600);
    let mut other = app.caller("192.0.2.2");
    let session = other.sign_in(&ann).await;
    let known = suggested(&other, &session.token).await;
    assert_eq!(known, [Suggestion::SecondMethod]);
    app.forward(2 * 24 * 3600);
    let session = other.sign_in(&ann).await;
    let known = suggested(&other, &session.token).await;
    assert_eq!(known, [Suggestion::SecondMethod, Suggestion::UnseenDevice]);
    // The trust ended by itself; the sheet is a year old.
    app.forward(275 * 24 * 3600);
    let session = other.sign_in(&ann).await;
    let known = suggested(&other, &session.token).await;
    assert_eq!(known, [Suggestion::SecondMethod, Suggestion::OldCodes]);
    // Few left counts before old.
    for code in &ann.codes[..7] {
        app.forward(60);
        let half = other.half_session(&ann).await;
        crate::support::caller::completed(other.verify(&half, code).await.unwrap());
    }
    let known = suggested(&other, &session.token).await;
    assert_eq!(known, [Suggestion::FewCodes, Suggestion::SecondMethod]);
}
