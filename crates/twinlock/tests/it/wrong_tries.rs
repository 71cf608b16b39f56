//! The page of a sign-in that ended by wrong tries: it says what has to wait and what gets in before, and only what is so.

use http::StatusCode;
use twinlock::throttle::{Bucket, Tally, store as throttle};

use crate::support::{Browser, Person, Place, TestApp};

on_both_engines!(
    it_says_until_when_codes_wait_and_that_a_recovery_code_gets_in,
    without_recovery_codes_it_offers_none,
    recovery_codes_that_have_to_wait_are_told_and_not_offered,
    where_a_device_is_known_nothing_waits,
    a_month_that_is_used_up_is_told_with_its_end,
    codes_that_are_off_are_told_to_be_off,
);

const TITLE: &str = "Too many wrong tries";
const WAIT: &str = "Codes from an app have to wait until";
const WITH_CODE: &str = "A recovery code gets you in before that.";

/// A browser of a person who is asked for a code.
async fn asked(app: &TestApp, person: &Person) -> Browser {
    let token = app.caller("203.0.113.5").half_session(person).await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock-signin", &token);
    browser.open("/sign-in/second-factor").await;
    browser
}

/// Types wrong codes until another page answers.
async fn until_over(app: &TestApp, person: &Person, browser: &mut Browser) {
    for n in 0..5 {
        let wrong = person.phone().wrong_code(app.time.seconds(), n);
        browser.fill("Code", &wrong);
        browser.press("Verify").await;
        if browser.last.status == StatusCode::GONE {
            break;
        }
    }
    assert_eq!(browser.last.status, StatusCode::GONE);
    assert_eq!(browser.page().heading(), TITLE);
    browser.must_see("This sign-in is over");
    browser.must_see("your phone’s time");
    assert!(
        !browser.sees("by mail"),
        "whether a mail went out is not known"
    );
    assert_eq!(browser.page().link("Start again").unwrap(), "/sign-in");
}

async fn set(app: &TestApp, person: &Person, bucket: Bucket, tally: Tally) {
    let account = person.account;
    app.work(move |w| throttle::save(w, account, bucket, &tally))
        .await
        .unwrap();
}

async fn it_says_until_when_codes_wait_and_that_a_recovery_code_gets_in(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut browser = asked(&app, &ann).await;
    until_over(&app, &ann, &mut browser).await;
    browser.must_see(WAIT);
    browser.must_see(WITH_CODE);
    let mut browser = asked(&app, &ann).await;
    browser.fill("Code", &ann.codes[0]);
    browser.press("Verify").await;
    browser.must_see("You used a recovery code. 9 are left.");
}

async fn without_recovery_codes_it_offers_none(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let account = ann.account;
    app.work_on(account, move |w| {
        twinlock::authenticators::backup_codes::store::spend_all(w, account)
    })
    .await;
    let mut browser = asked(&app, &ann).await;
    until_over(&app, &ann, &mut browser).await;
    browser.must_see(WAIT);
    assert!(!browser.sees("ecovery code"));
}

async fn recovery_codes_that_have_to_wait_are_told_and_not_offered(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let spent = Tally {
        failures: vec![app.now(); 10],
        ..Tally::default()
    };
    set(&app, &ann, Bucket::BackupCode, spent).await;
    let mut browser = asked(&app, &ann).await;
    until_over(&app, &ann, &mut browser).await;
    browser.must_see(WAIT);
    browser.must_see("Recovery codes have to wait until");
    assert!(!browser.sees(WITH_CODE));
}

async fn where_a_device_is_known_nothing_waits(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let known = app.caller("203.0.113.5").sign_in(&ann).await;
    let mut browser = asked(&app, &ann).await;
    let device = known.device_token.unwrap();
    browser.cookies.plant("__Host-twinlock-device", &device);
    until_over(&app, &ann, &mut browser).await;
    assert!(!browser.sees("have to wait"));
}

async fn a_month_that_is_used_up_is_told_with_its_end(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let nearly = Tally {
        failures: vec![app.now(); 15],
        ..Tally::default()
    };
    set(&app, &ann, Bucket::SecondFactor, nearly).await;
    let mut browser = asked(&app, &ann).await;
    until_over(&app, &ann, &mut browser).await;
    let month = std::time::Duration::from_secs(30 * 24 * 3600);
    let end = app.now().plus(month).rfc3339();
    browser.must_see(&format!("{WAIT} {}", &end[..10]));
}

async fn codes_that_are_off_are_told_to_be_off(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let guessed = Tally {
        in_a_row: 100,
        ..Tally::default()
    };
    set(&app, &ann, Bucket::SecondFactor, guessed).await;
    let mut browser = asked(&app, &ann).await;
    // Well-formed codes of somebody else's sheet: those are compared still.
    for code in &eve.codes[..5] {
        browser.fill("Code", code);
        browser.press("Verify").await;
    }
    assert_eq!(browser.last.status, StatusCode::GONE);
    browser.must_see("Codes from an app are not accepted any more");
    browser.must_see("Sign in with a recovery code, then they are again.");
    let mut browser = asked(&app, &ann).await;
    browser.fill("Code", &ann.phone().code_at(app.time.seconds()));
    browser.press("Verify").await;
    assert_eq!(browser.last.status, StatusCode::TOO_MANY_REQUESTS);
    browser.must_see("Use a recovery code, then they are again.");
    assert!(!browser.sees("9999"), "there is no such date to wait for");
    assert!(!browser.sees("five more tries"));
    browser.fill("Code", &ann.codes[0]);
    browser.press("Verify").await;
    let half = app.caller("203.0.113.5").half_session(&ann).await;
    let code = ann.phone().code_at(app.time.seconds());
    let caller = app.caller("203.0.113.5");
    crate::support::caller::completed(caller.verify(&half, &code).await.unwrap());
}
