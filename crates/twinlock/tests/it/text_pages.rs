//! Codes by text message on the pages (product lines K9, K14, K15, H2, H4; attack rows B01, E8).

use http::StatusCode;
use twinlock::authenticators::Removal;
use twinlock::settings::flow as settings;
use twinlock::settings::rules::Suggestion;
use twinlock::throttle::{Bucket, store as throttle};
use twinlock_delivery::Behaviour;

use crate::support::texts::{number, person_with_text, texting, typed, with_both};
use crate::support::{Browser, Caller, Person, Place, TestApp};

on_both_engines!(
    b01_one_wrong_code_on_a_page_costs_one_try_though_app_and_number_are_held,
    k9_too_many_wrong_texted_codes_are_told_as_such,
    k15_without_the_phone_the_page_speaks_of_the_number_and_of_no_app,
    h4_of_two_numbers_either_gets_the_code,
    e8_a_frozen_account_is_opened_by_a_texted_code_on_the_page,
    k14_texts_alone_and_an_old_number_are_suggested_to_be_changed,
    where_nobody_delivers_any_more_the_page_says_so_and_leads_on,
    a_number_has_no_name_to_change,
    k9_the_page_says_what_became_of_a_text_and_what_to_do,
    k9_delayed_texts_are_told_until_they_leave_again,
    k7_what_stays_beside_a_new_number_is_said_for_two_and_for_more,
    k9_a_second_sign_in_within_a_minute_says_why_it_waits,
    k9_a_wait_is_said_before_anything_is_sent_or_typed,
    k3_the_number_that_is_set_up_is_shown_in_full_until_it_is_proven,
    e1_every_way_to_turn_it_off_is_offered_before_a_text_is_sent,
    k9_what_became_of_a_text_is_asked_by_a_link,
    k7_a_changed_number_is_told_with_both,
);

const PAGE: &str = "/sign-in/text-message";

/// A browser of somebody who is asked for the second factor.
async fn asked(caller: &Caller, person: &Person, path: &str) -> Browser {
    let token = caller.half_session(person).await;
    let mut browser = caller.app.browser();
    browser.cookies.plant("__Host-twinlock-signin", &token);
    browser.open(path).await;
    browser
}

async fn failures(app: &TestApp, person: &Person) -> usize {
    let account = person.account;
    let tally = app.work(move |w| throttle::load(w, account, Bucket::SecondFactor));
    tally.await.unwrap().failures.len()
}

async fn b01_one_wrong_code_on_a_page_costs_one_try_though_app_and_number_are_held(place: &Place) {
    let app = texting(place).await;
    let (ann, caller) = with_both(&app).await;
    let mut browser = asked(&caller, &ann, "/").await;
    browser.open(PAGE).await;
    browser.press("Send a code").await;
    browser.must_see("We sent a code to");
    let before = failures(&app, &ann).await;
    let wrong = ann.phone().wrong_code(app.time.seconds(), 1);
    browser.fill("Code", &wrong);
    browser.press("Verify").await;
    browser.must_see("Use the newest text from us");
    assert_eq!(failures(&app, &ann).await, before + 1);
    // The app's page takes no texted code, and the text's page none of the app.
    let texted = app.texted_code().await;
    let shown = caller.code(&ann);
    browser.fill("Code", &shown);
    browser.press("Verify").await;
    browser.must_see("Use the newest text from us");
    browser
        .follow("Use a code from your authenticator app instead")
        .await;
    browser.fill("Code", &texted);
    browser.press("Verify").await;
    browser.must_see("That code did not match.");
    let left = failures(&app, &ann).await - before;
    assert!((3..=5).contains(&left), "{left}");
    browser.open(PAGE).await;
    browser.fill("Code", &texted);
    browser.press("Verify").await;
    assert_eq!(browser.page().heading(), "Security");
}

async fn k9_too_many_wrong_texted_codes_are_told_as_such(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("203.0.113.5");
    let mut browser = asked(&caller, &ann, PAGE).await;
    browser.must_see("We sent a code to");
    let right = app.texted_code().await;
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        browser.fill("Code", wrong);
        browser.press("Verify").await;
        if browser.last.status == StatusCode::GONE {
            break;
        }
    }
    assert_eq!(browser.last.status, StatusCode::GONE);
    browser.must_see("Codes by text message have to wait until");
    assert!(!browser.sees("Codes from an app"));
    assert!(!browser.sees("your phone’s time"));
}

async fn k15_without_the_phone_the_page_speaks_of_the_number_and_of_no_app(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("203.0.113.5");
    let mut browser = asked(&caller, &ann, PAGE).await;
    browser.follow("Lost your phone?").await;
    browser.must_see("If you have a new phone or SIM card with your old number");
    assert!(!browser.sees("If your authenticator app also runs"));
    let back = format!("Use a text message instead (•••• {})", &number(1)[11..]);
    browser.follow(&back).await;
    assert_eq!(browser.path, PAGE);
    // The page of an app leads to the one there is.
    browser.open("/sign-in/second-factor").await;
    assert_eq!(browser.path, PAGE);
    browser.open("/sign-in/security-key").await;
    assert_eq!(browser.path, PAGE);
}

async fn h4_of_two_numbers_either_gets_the_code(place: &Place) {
    let app = texting(place).await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    for n in [1, 2] {
        let moment = caller.moment();
        let begun = settings::begin_text(&moment, &acting, typed(&number(n)), None).await;
        let id = begun.unwrap().factor.id;
        let code = app.texted_code().await;
        settings::confirm(&moment, &acting, id, code).await.unwrap();
        app.forward(61);
    }
    let mut browser = asked(&caller, &ann, PAGE).await;
    browser.must_see(&format!("We sent a code to •••• {}", &number(1)[11..]));
    // Handed over now: two that are due at once arrive in any order.
    app.hand_over().await;
    app.forward(61);
    let other = format!("Send a code to •••• {} instead", &number(2)[11..]);
    browser.press(&other).await;
    browser.must_see(&format!("We sent a code to •••• {}", &number(2)[11..]));
    let code = app.texted_code().await;
    let texts = app.texts().await;
    assert!(texts.last().unwrap().to.ends_with(&number(2)[11..]));
    browser.fill("Code", &code);
    browser.press("Verify").await;
    assert_eq!(browser.page().heading(), "Security");
}

async fn e8_a_frozen_account_is_opened_by_a_texted_code_on_the_page(place: &Place) {
    let app = texting(place).await;
    let (ann, mut caller) = with_both(&app).await;
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let moment = caller.moment();
    let held = settings::overview(&moment, &acting).await.unwrap().held;
    let phone = held.factors[1].id;
    settings::remove(&moment, &acting, phone, Removal::Undoable)
        .await
        .unwrap();
    let mail = app.last_mail_to(&ann.email).await;
    let at = mail.text.find("/not-me/").unwrap() + "/not-me/".len();
    let link = mail.text[at..].split_whitespace().next().unwrap();
    let pressed = twinlock::freeze::flow::press(&caller.moment(), link).await;
    pressed.unwrap().unwrap();
    app.forward(61);
    let mut browser = asked(&caller, &ann, PAGE).await;
    browser.must_see("We will text a code to");
    browser.press("Send a code").await;
    let code = app.texted_code().await;
    browser.fill("Code", &code);
    browser.press("Verify").await;
    assert_eq!(browser.path, "/sign-in/verify-email");
}

async fn k14_texts_alone_and_an_old_number_are_suggested_to_be_changed(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("192.0.2.1");
    let mut browser = asked(&caller, &ann, PAGE).await;
    let code = app.texted_code().await;
    browser.fill("Code", &code);
    browser.press("Verify").await;
    browser.must_see("Set up an app or a security key");
    assert!(!browser.sees("Add a second method"));
    browser
        .press("Not now: Set up an app or a security key")
        .await;
    assert!(!browser.sees("Set up an app or a security key"));
    // An app beside it, and a year in which only that was used.
    let (bob, mut other) = {
        let bob = app.person_with_app("bob@example.org").await;
        let mut caller = app.caller("192.0.2.2");
        let session = caller.sign_in(&bob).await;
        let acting = caller.acting(&session.token).await;
        caller.set_up_text(&acting, &number(2)).await;
        (bob, caller)
    };
    app.forward(364 * 24 * 3600);
    let suggested = async |caller: &mut Caller| {
        let session = caller.sign_in(&bob).await;
        let acting = caller.acting(&session.token).await;
        let seen = settings::overview(&caller.moment(), &acting).await;
        seen.unwrap().suggestions
    };
    assert_eq!(suggested(&mut other).await, []);
    app.forward(24 * 3600);
    let known = suggested(&mut other).await;
    assert_eq!(known, [Suggestion::OldNumber, Suggestion::OldCodes]);
}

async fn where_nobody_delivers_any_more_the_page_says_so_and_leads_on(place: &Place) {
    let before = texting(place).await;
    let ann = person_with_text(&before, "ann@example.org", &number(1)).await;
    let app = place.app_with(|_| ()).await;
    let caller = app.caller("203.0.113.5");
    let browser = asked(&caller, &ann, PAGE).await;
    assert_eq!(browser.path, PAGE);
    browser.must_see("No texts can be sent from here to this number right now.");
    assert!(!browser.sees("Send a code"));
    assert!(browser.page().link("Use a recovery code").is_ok());
}

async fn k7_what_stays_beside_a_new_number_is_said_for_two_and_for_more(place: &Place) {
    let app = texting(place).await;
    let (ann, mut caller) = with_both(&app).await;
    let session = caller.sign_in(&ann).await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    browser.open("/settings/security/two-factor/text").await;
    browser.must_see("Replace “Text message");
    browser.must_see("Keep all");
    assert!(!browser.sees("Keep both"));
    browser.open("/settings/security").await;
    browser.follow("Change number").await;
    browser.must_see("Keep both");
}

async fn a_number_has_no_name_to_change(place: &Place) {
    let app = texting(place).await;
    let (ann, mut caller) = with_both(&app).await;
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    let path = format!("/settings/security/methods/{}/rename", held.factors[1].id);
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

async fn k9_the_page_says_what_became_of_a_text_and_what_to_do(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("203.0.113.5");
    let mut browser = asked(&caller, &ann, PAGE).await;
    let as_of_now = "See what became of it";
    browser.must_see("The text is on its way.");
    browser.must_see(as_of_now);
    app.hand_over().await;
    // Once below "Text not arriving?"; what asks for something stands above the code too.
    for (state, words, times, may_change) in [
        (
            "accepted",
            "The text was handed over to the provider.",
            1,
            true,
        ),
        ("sent", "The text is on its way to your phone.", 1, true),
        ("delivered", "The text arrived at your phone.", 1, false),
        (
            "refused",
            "The text was refused: check the number, or use another method.",
            2,
            false,
        ),
        (
            "unknown",
            "Nobody knows whether the text went out. If it does not come, send a new code.",
            2,
            true,
        ),
        (
            "expired",
            "The text could not be sent in time. Send a new code.",
            2,
            false,
        ),
    ] {
        app.tamper("UPDATE text_message SET state = ?1", &[state.into()])
            .await;
        browser.open(PAGE).await;
        let page = browser.page().text();
        assert_eq!(page.matches(words).count(), times, "{state}: {page}");
        assert_eq!(page.contains(as_of_now), may_change, "{state}: {page}");
        let never_came = matches!(state, "refused" | "expired");
        assert_eq!(page.contains("We sent a code to"), !never_came, "{page}");
        browser.must_see(&format!("It went to •••• {}.", &number(1)[11..]));
        browser.must_see("Your phone needs a signal");
        browser.must_see("Some carriers block texts from services");
        browser.must_see("Only the newest code works.");
        assert!(browser.page().link("Use a recovery code").is_ok());
    }
    browser.follow("More about texts that do not arrive").await;
    browser.must_see("What we know about your text");
}

async fn k9_delayed_texts_are_told_until_they_leave_again(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("203.0.113.5");
    let delayed = "Texts are delayed right now. Your code comes as soon as it can.";
    let mut browser = asked(&caller, &ann, PAGE).await;
    assert!(!browser.sees(delayed));
    app.texts.behave(Behaviour::Fail);
    app.hand_over().await;
    browser.open(PAGE).await;
    browser.must_see(delayed);
    browser.must_see("The text is on its way.");
    app.texts.behave(Behaviour::Accept);
    app.forward(30);
    app.hand_over().await;
    browser.open(PAGE).await;
    assert!(!browser.sees(delayed));
    browser.must_see("The text was handed over to the provider.");
}

async fn k9_a_second_sign_in_within_a_minute_says_why_it_waits(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("203.0.113.5");
    let first = asked(&caller, &ann, PAGE).await;
    first.must_see("We sent a code to");
    app.forward(10);
    let mut second = asked(&caller, &ann, PAGE).await;
    second.must_see("for another sign-in or another step");
    second.must_see("this step needs a code of its own");
    // From an unknown device a minute is said, not when the one before was sent.
    second.must_see("A new code can be sent in 60 seconds.");
    assert!(second.page().link("Use a recovery code").is_ok());
    // Asked for all the same, it says the same and nothing twice.
    second.press("Send a code").await;
    assert_eq!(second.last.status, StatusCode::TOO_MANY_REQUESTS);
    second.must_see("this step needs a code of its own");
    assert!(!second.sees("You can ask for a new one in"));
    app.hand_over().await;
    app.forward(60);
    second.open(PAGE).await;
    second.must_see("We will text a code to");
    second.press("Send a code").await;
    second.must_see("We sent a code to");
}

async fn k9_a_wait_is_said_before_anything_is_sent_or_typed(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("203.0.113.5");
    let mut browser = asked(&caller, &ann, PAGE).await;
    let right = app.texted_code().await;
    let wrong = if right.ends_with('0') {
        "000001"
    } else {
        "000000"
    };
    while browser.last.status != StatusCode::GONE {
        browser.fill("Code", wrong);
        browser.press("Verify").await;
    }
    app.forward(10);
    let texts = app.texts().await.len();
    let browser = asked(&caller, &ann, PAGE).await;
    assert_eq!(browser.last.status, StatusCode::OK);
    browser.must_see("Too many tries. Try again at");
    browser.must_see("have to wait, so none is sent now");
    assert!(!browser.sees("Send a code"));
    assert!(browser.page().link("Use a recovery code").is_ok());
    assert_eq!(app.texts().await.len(), texts);
}

async fn k3_the_number_that_is_set_up_is_shown_in_full_until_it_is_proven(place: &Place) {
    let app = texting(place).await;
    let ann = app.person("ann@example.org").await;
    let session = app.caller("192.0.2.1").sign_in(&ann).await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    browser.open("/settings/security/two-factor/text").await;
    browser.fill("Mobile number", "01512 345 67 89");
    browser.press("Verify phone number").await;
    browser.must_see("We sent a code to +49 1512 3456789.");
    browser.must_see("It went to +49 1512 3456789.");
    app.hand_over().await;
    browser.press("Verify").await;
    browser.must_see("Fill this in.");
    browser.follow("Back").await;
    let form = browser.last.body.clone();
    assert!(form.contains("value=\"+49 1512 3456789\""), "{form}");
    browser.fill("Mobile number", "+44 7400 123456");
    browser.press("Verify phone number").await;
    browser.must_see("We sent a code to +44 7400 123456.");
    let code = app.texted_code().await;
    browser.fill("Code", &code);
    browser.press("Verify").await;
    browser.open("/settings/security").await;
    browser.must_see("•••• 56");
    assert!(!browser.sees("7400"));
}

async fn e1_every_way_to_turn_it_off_is_offered_before_a_text_is_sent(place: &Place) {
    let app = texting(place).await;
    let (ann, mut caller) = with_both(&app).await;
    let session = caller.sign_in(&ann).await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    browser
        .open("/settings/security/two-factor/disable?with=text")
        .await;
    browser.must_see("We will text a code to");
    let page = browser.page();
    assert!(page.link("Use a recovery code").is_ok());
    assert!(
        page.link("Use a code from your authenticator app instead")
            .is_ok()
    );
    browser.follow("Use a recovery code").await;
    browser.must_see("A recovery code.");
    let page = browser.page();
    assert!(
        page.link("Use a code from your authenticator app instead")
            .is_ok()
    );
    let text = format!("Use a text message instead (•••• {})", &number(1)[11..]);
    assert!(page.link(&text).is_ok());
}

async fn k9_what_became_of_a_text_is_asked_by_a_link(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("203.0.113.5");
    let mut browser = asked(&caller, &ann, PAGE).await;
    browser.fill("Code", "12345");
    browser.press("Verify").await;
    browser.must_see("The text is on its way.");
    app.hand_over().await;
    browser.follow("See what became of it").await;
    assert_eq!(browser.last.status, StatusCode::OK);
    browser.must_see("The text was handed over to the provider.");
}

async fn k7_a_changed_number_is_told_with_both(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", "01512 3456789").await;
    let caller = app.caller("203.0.113.5");
    let mut browser = asked(&caller, &ann, PAGE).await;
    let code = app.texted_code().await;
    browser.fill("Code", &code);
    browser.press("Verify").await;
    browser.follow("Change number").await;
    // Within a minute of a text to it: it is the number in use, whatever was sent there.
    browser.fill("Mobile number", "01512 3456789");
    browser.press("Verify phone number").await;
    browser.must_see("This number is set up for your account already.");
    assert!(!browser.sees("a moment ago"));
    browser.fill("Mobile number", "0171 2345671");
    browser.press("Verify phone number").await;
    let code = app.texted_code().await;
    browser.fill("Code", &code);
    browser.press("Verify").await;
    let mail = app.last_mail_to(&ann.email).await;
    let (now, before) = (
        "Method: phone number · •••• 71",
        "In place of: phone number · •••• 89",
    );
    assert!(mail.text.contains(now), "{}", mail.text);
    assert!(mail.text.contains(before), "{}", mail.text);
    browser.open("/settings/activity").await;
    browser.must_see("in place of “•••• 89”");
}
