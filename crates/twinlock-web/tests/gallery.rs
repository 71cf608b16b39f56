//! Every component on one page: they render, tie their texts to their fields and keep hostile names inert.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use twinlock_web::gallery::{Specimens, gallery};
use twinlock_web::{Catalog, MenuLink, Scheme, Shell, ShellUser, Tab, Width};

fn drawn(scheme: Scheme, lang: &str) -> String {
    let catalog =
        Catalog::from_sources(&[("en", "a.ftl", "a = b\n"), ("ar", "a.ftl", "a = b\n")]).unwrap();
    let names = Specimens::default();
    let mut page = Shell::new(&catalog.messages(lang), &names.hostile, "Gallery");
    page.width = Width::Settings;
    page.scheme = scheme;
    page.skip_label = "Skip to the content".into();
    page.banner = Some("You used a recovery code. 6 are left.".into());
    page.tabs_label = "Settings".into();
    page.tabs = vec![Tab {
        label: "Security".into(),
        href: "/settings/security".into(),
        current: true,
    }];
    page.signed_in = Some(ShellUser {
        name: names.hostile.clone(),
        initials: "AB".into(),
        menu_label: "Your account".into(),
        links: vec![MenuLink {
            label: "User Settings".into(),
            href: "/settings/profile".into(),
        }],
        actions: vec![MenuLink {
            label: "Sign out".into(),
            href: "/sign-out".into(),
        }],
    });
    gallery(page, names).unwrap()
}

#[test]
fn events_are_grouped_by_day_and_say_when() {
    let html = drawn(Scheme::System, "en");
    assert!(html.contains("<h2>Today</h2>") && html.contains("<h2>Yesterday</h2>"));
    assert_eq!(html.matches("class=\"event ").count(), 4);
    assert!(html.contains(r#"<time datetime="2026-03-03T14:32:00Z""#));
}

#[test]
fn a_field_names_its_error_and_its_hint() {
    let html = drawn(Scheme::System, "en");
    assert!(
        html.contains(r#"autofocus aria-invalid="true" aria-describedby="name-error""#),
        "{html}"
    );
    assert!(html.contains(r#"id="name-error""#));
    assert!(html.contains(r#"aria-describedby="slip-error slip-hint""#));
    assert!(html.contains(r#"aria-describedby="email-hint""#));
    assert!(html.contains(r#"autocomplete="one-time-code" inputmode="numeric""#));
    assert!(html.contains(r#"aria-current="page">Security"#));
    assert_eq!(html.matches("<h1").count(), 1);
    assert!(html.contains(r#"<option value="codes" selected>"#));
}

#[test]
fn x04_a_hostile_name_stays_text_wherever_it_stands() {
    let html = drawn(Scheme::System, "en");
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(!html.contains("\"><script"), "{html}");
    assert!(html.contains("{{7*7}}"));
}

#[test]
fn nothing_inline_that_the_content_security_policy_would_stop() {
    let html = drawn(Scheme::System, "en");
    for banned in [
        " style=",
        "<style",
        " onclick",
        " onload",
        "javascript:",
        "http:",
        "https:",
    ] {
        assert!(!html.contains(banned), "{banned}");
    }
}

#[test]
fn a_right_to_left_language_turns_the_page() {
    assert!(drawn(Scheme::Dark, "ar").contains(r#"<html lang="ar" dir="rtl" data-theme="dark">"#));
}

/// Not a check: writes the page to look at, with `GALLERY_DIR` set.
#[test]
fn the_gallery_can_be_looked_at() {
    let Ok(folder) = std::env::var("GALLERY_DIR") else {
        return;
    };
    for (file, scheme, lang) in [
        ("light.html", Scheme::Light, "en"),
        ("dark.html", Scheme::Dark, "en"),
        ("turned.html", Scheme::Light, "ar"),
    ] {
        let html = ["app.css", "app.js", "logo.svg"]
            .iter()
            .fold(drawn(scheme, lang), |html, name| {
                html.replace(twinlock_web::asset_url(name), name)
            });
        std::fs::write(format!("{folder}/{file}"), html).unwrap();
    }
}
