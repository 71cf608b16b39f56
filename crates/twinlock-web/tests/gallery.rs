//! Every component on one page: they render, tie their texts to their fields and keep hostile names inert.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use askama::Template;
use twinlock_web::{
    Catalog, MenuLink, Scheme, Shell, ShellUser, Tab, TimelineDay, TimelineEvent, Tone, Width,
};

#[derive(Template)]
#[template(path = "gallery.html")]
struct Gallery<'a> {
    page: Shell,
    error: &'a str,
    value: String,
    name: &'a str,
    codes: Vec<String>,
    svg: &'a str,
    days: Vec<TimelineDay>,
}

const HOSTILE: &str = "\"><script>alert(1)</script>' \u{202e}evil {{7*7}}";

fn gallery(scheme: Scheme, lang: &str, name: &str) -> String {
    let catalog =
        Catalog::from_sources(&[("en", "a.ftl", "a = b\n"), ("ar", "a.ftl", "a = b\n")]).unwrap();
    let mut page = Shell::new(&catalog.messages(lang), name, "Security");
    page.width = Width::Settings;
    page.scheme = scheme;
    page.skip_label = "Skip to the content".into();
    page.banner = Some("You used a recovery code. 6 are left.".into());
    page.tabs_label = "Settings".into();
    page.tabs = ["Profile", "Security", "Sessions", "Activity"]
        .map(|label| Tab {
            label: label.into(),
            href: format!("/settings/{}", label.to_lowercase()),
            current: label == "Security",
        })
        .to_vec();
    page.signed_in = Some(ShellUser {
        name: name.into(),
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
    Gallery {
        page,
        error: "That code did not match. Codes change every 30 seconds: try the next one.",
        value: name.to_owned(),
        name,
        codes: (0..10).map(|n| format!("{n}K3FQ-9ZT2M-7XWR")).collect(),
        svg: "<svg viewBox=\"0 0 29 29\"><path d=\"M4 4h7v7h-7zM18 4h7v7h-7zM4 18h7v7h-7z\"/></svg>",
        days: days(name),
    }
    .render()
    .unwrap()
}

fn days(name: &str) -> Vec<TimelineDay> {
    let event = |icon, tone, title: &str, device: &str| TimelineEvent {
        icon,
        tone,
        title: title.into(),
        device: device.into(),
        detail: String::new(),
        stamp: "2026-03-03T14:32:00Z".into(),
        exact: "3 Mar 2026, 14:32 UTC".into(),
        words: "5 minutes ago".into(),
    };
    vec![
        TimelineDay {
            title: "Today".into(),
            events: vec![
                event("in", Tone::Neutral, "Signed in", "Firefox on Linux"),
                event("shield", Tone::Ok, "Two-factor authentication is on", name),
            ],
        },
        TimelineDay {
            title: "Yesterday".into(),
            events: vec![
                event(
                    "warning",
                    Tone::Warning,
                    "A wrong code",
                    "Chrome on Android",
                ),
                event("lock", Tone::Danger, name, ""),
            ],
        },
    ]
}

#[test]
fn events_are_grouped_by_day_and_say_when() {
    let html = gallery(Scheme::System, "en", "Ann");
    assert!(html.contains("<h2>Today</h2>") && html.contains("<h2>Yesterday</h2>"));
    assert_eq!(html.matches("class=\"event ").count(), 4);
    assert!(html.contains(r#"<time datetime="2026-03-03T14:32:00Z""#));
}

#[test]
fn a_field_names_its_error_and_its_hint() {
    let html = gallery(Scheme::System, "en", "Ann");
    assert!(
        html.contains(r#"aria-invalid="true" aria-describedby="code-error""#),
        "{html}"
    );
    assert!(html.contains(r#"id="code-error""#));
    assert!(html.contains(r#"aria-describedby="email-hint""#));
    assert!(html.contains(r#"autocomplete="one-time-code" inputmode="numeric""#));
    assert!(html.contains(r#"aria-current="page">Security"#));
    assert_eq!(
        html.matches("<h1").count(),
        2,
        "one of the dialog, one of the sheet"
    );
}

#[test]
fn x04_a_hostile_name_stays_text_wherever_it_stands() {
    let html = gallery(Scheme::System, "en", HOSTILE);
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(!html.contains("\"><script"), "{html}");
    assert!(html.contains("{{7*7}}"));
}

#[test]
fn nothing_inline_that_the_content_security_policy_would_stop() {
    let html = gallery(Scheme::System, "en", "Ann");
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
    assert!(
        gallery(Scheme::Dark, "ar", "Ann")
            .contains(r#"<html lang="ar" dir="rtl" data-theme="dark">"#)
    );
}

/// Not a check: writes the page to look at, with `GALLERY_DIR` set.
#[test]
fn the_gallery_can_be_looked_at() {
    let Ok(folder) = std::env::var("GALLERY_DIR") else {
        return;
    };
    for (file, scheme, lang, name) in [
        ("light.html", Scheme::Light, "en", "Acme"),
        ("dark.html", Scheme::Dark, "en", "Acme"),
        (
            "long.html",
            Scheme::Light,
            "ar",
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        ),
    ] {
        let html = gallery(scheme, lang, name);
        let html = html
            .replace(twinlock_web::asset_url("app.css"), "app.css")
            .replace(twinlock_web::asset_url("app.js"), "app.js")
            .replace(twinlock_web::asset_url("logo.svg"), "logo.svg");
        std::fs::write(format!("{folder}/{file}"), html).unwrap();
    }
}
