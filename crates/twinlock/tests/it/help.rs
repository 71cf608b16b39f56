//! The help pages, as somebody reads them who is locked out and carries nothing (N8).

use http::StatusCode;
use twinlock::help::rules::ARTICLES;
use twinlock_testkit::html::Page;

use crate::support::{Browser, Place};

on_both_engines!(
    n8_every_question_has_its_page_and_leads_on,
    n8_the_search_knows_the_words_people_use,
    n8_a_page_speaks_of_this_instance,
    n8_what_is_typed_into_the_search_stays_text,
    n8_every_error_the_api_names_is_explained,
);

/// Opens a page and checks what holds for all of them.
async fn read(browser: &mut Browser, path: &str) -> Page {
    browser.open(path).await;
    assert_eq!(browser.last.status, StatusCode::OK, "{path}");
    assert!(
        !browser.last.body.contains('⟦'),
        "a text is missing on {path}"
    );
    assert!(
        !browser.last.body.contains("{$"),
        "a text is unfilled on {path}"
    );
    browser.page()
}

async fn n8_every_question_has_its_page_and_leads_on(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    let overview = read(&mut browser, "/help").await;
    for article in ARTICLES {
        let path = format!("/help/{}", article.slug);
        let linked = overview.links().into_iter().find(|(_, href)| *href == path);
        let (title, _) = linked.unwrap_or_else(|| panic!("{path} is not on /help"));
        let page = read(&mut browser, &path).await;
        assert_eq!(page.heading(), title);
        browser.must_see("Last updated 22 November 2026");
        let inside = page.links().into_iter().map(|(_, href)| href);
        let inside: Vec<String> = inside.filter(|href| href.starts_with("/help")).collect();
        assert!(inside.len() >= 3, "{path} leads to {inside:?}");
        for href in inside {
            read(&mut browser, &href).await;
        }
    }
    let missing = browser.get("/help/none-such").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

async fn n8_the_search_knows_the_words_people_use(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    for (asked, answer) in [
        ("2FA", "What is two-factor authentication and why?"),
        ("two-step", "What is two-factor authentication and why?"),
        ("recovery code", "Backup codes"),
        ("verification code", "Code not working?"),
        ("I lost my phone", "I lost my phone"),
    ] {
        browser.open("/help").await;
        browser.fill("What are you looking for?", asked);
        browser.press("Search").await;
        let first = browser.page().links().into_iter();
        let mut first = first.filter(|(_, href)| href.starts_with("/help/"));
        assert_eq!(first.next().unwrap().0, answer, "for {asked:?}");
        browser.must_see(asked);
    }
    read(&mut browser, "/help?q=zzzzqqqq").await;
    browser.must_see("Nothing was found for “zzzzqqqq”");
}

async fn n8_a_page_speaks_of_this_instance(place: &Place) {
    let app = place
        .app_with(|settings| {
            settings.branding.name = String::from("Acme & Söhne");
            settings.branding.support = String::from("the Acme help desk");
            settings.branding.support_url = Some(String::from("mailto:help@acme.example"));
            settings.branding.labels.settings = String::from("Settings");
            settings.two_factor.required = true;
        })
        .await;
    let mut browser = app.browser();
    let page = read(&mut browser, "/help/lost-codes").await;
    browser.must_see("Only the Acme help desk can help now.");
    assert_eq!(page.link("Contact Us").unwrap(), "mailto:help@acme.example");
    read(&mut browser, "/help/turning-off").await;
    browser.must_see("required on");
    browser.must_see("Acme & Söhne");
    assert!(!browser.sees("Disable 2FA"));
}

async fn n8_what_is_typed_into_the_search_stays_text(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    read(&mut browser, "/help?q=%3Cscript%3Ealert(1)%3C/script%3E%22").await;
    assert!(!browser.last.body.contains("<script>alert"));
    for query in ["q=a&q=b", "q=%FF%FE", "other=1", "q=%E2%80%AEabc"] {
        read(&mut browser, &format!("/help?{query}")).await;
    }
    let long = format!("/help?q={}", "phone+".repeat(1000));
    read(&mut browser, &long).await;
}

async fn n8_every_error_the_api_names_is_explained(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    read(&mut browser, "/help/errors").await;
    for code in [
        "invalid_code",
        "locked",
        "step_up_required",
        "overloaded",
        "internal",
        "malformed_body",
        "invalid_request",
        "body_too_large",
        "unsupported_media_type",
    ] {
        let anchor = format!("id=\"{code}\"");
        assert!(browser.last.body.contains(&anchor), "{code}");
    }
}
