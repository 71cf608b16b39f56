//! What mails say and how they look, in both parts: from a letter to its words, before anything is sent.

use std::collections::BTreeMap;

use twinlock::app::Timestamp;
use twinlock::config::Branding;
use twinlock::edge::texts;
use twinlock::outbox::pages::{Written, written};
use twinlock::outbox::{Letter, Sort, Topic};
use twinlock_testkit::html::Page;
use twinlock_web::Theme;

const LINK: &str = "https://login.example.org/not-me/tlu_abc";
const CODE: &str = "ABCD-EFGH";

/// A letter as the application posts it, with every value its topic may have.
fn letter(topic: Topic, with_link: bool) -> Letter {
    let values = [
        ("device", "Firefox on Linux"),
        ("label", "Work phone"),
        ("copied", "Firefox on Linux"),
        ("first", "password"),
        ("second", "totp"),
        ("left", "3"),
        ("use", "sign-in"),
        ("until", "2026-03-03T15:02:00Z"),
        ("off", "no"),
        ("who", "owner"),
        ("way", "before"),
        ("codes_ended", "yes"),
        ("set_up_anew", "no"),
    ];
    let elsewhere = [
        ("account", "bob@example.org"),
        ("reason", "phone lost, seen by Bo"),
        ("by", "machine"),
    ];
    let mut values: BTreeMap<String, String> = values.iter().map(owned).collect();
    match topic {
        Topic::TwoFactorResetElsewhere => values.extend(elsewhere.iter().map(owned)),
        Topic::NewDevice => _ = values.remove("label"),
        _ => values.retain(|name, _| name != "first" && name != "second"),
    }
    Letter {
        to: String::from("ann@example.org"),
        topic,
        code: (topic.sort() == Sort::Code).then(|| CODE.to_owned()),
        link: with_link.then(|| LINK.to_owned()),
        values,
        // 3 March 2026, 14:32 UTC.
        at: Timestamp::from_millis(1_772_548_320_000),
        language: String::from("en"),
        together_until: None,
    }
}

fn owned((name, value): &(&str, &str)) -> (String, String) {
    ((*name).to_owned(), (*value).to_owned())
}

fn words_of(letter: &Letter, branding: &Branding) -> Written {
    let messages = texts::catalog().unwrap().messages(&letter.language);
    let theme = Theme::new(&branding.accent).unwrap();
    written(letter, &messages, branding, &theme).unwrap()
}

fn words(letter: &Letter) -> Written {
    words_of(letter, &Branding::default())
}

/// What a person reads in the HTML.
fn read(mail: &Written) -> String {
    Page::parse(&mail.html).unwrap().text()
}

fn runs_on(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn both_parts_say_the_same() {
    for topic in Topic::ALL {
        let mail = words(&letter(topic, topic.can_be_disavowed()));
        let html = runs_on(&read(&mail));
        for block in mail.text.split("\n\n") {
            for line in block.lines() {
                // A fact is a line of a table in the HTML.
                let line = runs_on(line);
                let parts = match line.split_once(": ") {
                    Some((name, value)) if block.starts_with("    ") => vec![name, value],
                    _ => vec![line.as_str()],
                };
                for part in parts {
                    assert!(html.contains(part), "{topic:?}: {part:?} is not in {html}");
                }
            }
        }
        assert!(
            !mail.text.contains('⟦') && !mail.html.contains('⟦'),
            "{topic:?}: {}",
            mail.text
        );
        assert!(
            !mail.text.contains('{') && !mail.html.contains('{'),
            "{topic:?}: {}",
            mail.text
        );
    }
}

#[test]
fn every_subject_fits_and_names_the_product_first() {
    for topic in Topic::ALL {
        let mail = words(&letter(topic, false));
        assert!(mail.subject.starts_with("Twinlock: "), "{}", mail.subject);
        assert!(mail.subject.chars().count() <= 70, "{}", mail.subject);
        let mut again = letter(topic, false);
        again.together_until = Some(again.at);
        let again = words(&again).subject;
        assert!(
            again.ends_with("(again)") && again.chars().count() <= 70,
            "{again}"
        );
    }
}

#[test]
fn a_notice_says_device_and_time_and_what_to_do() {
    for topic in Topic::ALL.into_iter().filter(|topic| topic.is_notice()) {
        let mail = words(&letter(topic, false));
        assert!(
            mail.text.contains("Time: 3 Mar 2026, 14:32 UTC"),
            "{}",
            mail.text
        );
        let by_somebody_else = topic == Topic::TwoFactorResetElsewhere;
        assert_eq!(
            mail.text.contains("Device: Firefox on Linux"),
            !by_somebody_else,
            "{}",
            mail.text
        );
        assert!(
            mail.text.contains(" not "),
            "{topic:?} does not say what to do if it was not you"
        );
    }
}

#[test]
fn a_mail_says_times_in_words_and_names_who_helps() {
    let branding = Branding {
        support: String::from("the desk on floor 2"),
        ..Branding::default()
    };
    let mail = words_of(&letter(Topic::MethodRemoved, false), &branding);
    for part in [&mail.text, &read(&mail)] {
        assert!(
            part.contains("contact the desk on floor 2 at once"),
            "{part}"
        );
    }
    let mail = words(&letter(Topic::SecondFactorLocked, false));
    assert!(
        mail.text.contains("until 3 Mar 2026, 15:02 UTC"),
        "{}",
        mail.text
    );
}

#[test]
fn a_link_stands_once_as_a_button_and_once_as_text() {
    for topic in Topic::ALL
        .into_iter()
        .filter(|topic| topic.can_be_disavowed())
    {
        let mail = words(&letter(topic, true));
        assert_eq!(mail.text.matches(LINK).count(), 1, "{}", mail.text);
        assert_eq!(mail.html.matches("<a ").count(), 1, "{}", mail.html);
        assert_eq!(mail.html.matches("href=").count(), 1, "{}", mail.html);
        assert_eq!(mail.html.matches(LINK).count(), 2, "{}", mail.html);
        assert_eq!(
            Page::parse(&mail.html)
                .unwrap()
                .link("This was not me")
                .unwrap(),
            LINK
        );
    }
    let mail = words(&letter(Topic::Invitation, true));
    assert_eq!(
        Page::parse(&mail.html)
            .unwrap()
            .link("Create your account")
            .unwrap(),
        LINK
    );
    assert!(!mail.text.contains("not me"));
}

#[test]
fn a_code_is_text_that_can_be_marked_and_stands_on_a_line_of_its_own() {
    for topic in Topic::ALL
        .into_iter()
        .filter(|topic| topic.sort() == Sort::Code)
    {
        let mail = words(&letter(topic, false));
        assert!(mail.text.contains("\n\n    ABCD-EFGH\n\n"), "{}", mail.text);
        assert!(mail.html.contains(">ABCD-EFGH</p>"), "{}", mail.html);
        assert!(mail.html.matches("href=").count() == 0, "{}", mail.html);
    }
}

#[test]
fn the_html_needs_nothing_from_elsewhere_and_runs_nothing() {
    for topic in Topic::ALL {
        let html = words(&letter(topic, topic.can_be_disavowed())).html;
        for never in [
            "<img",
            "<script",
            "<style",
            "<link",
            "src=",
            "url(",
            "@import",
            "onload",
            "javascript:",
            "http://",
        ] {
            assert!(!html.contains(never), "{never} in {html}");
        }
        assert!(html.contains("<html lang=\"en\" dir=\"ltr\">"), "{html}");
        assert!(
            html.lines().all(|line| line.len() < 998),
            "a line too long for SMTP"
        );
    }
}

/// X04 and M13: markup, line breaks, direction marks and addresses in everything somebody else may choose.
#[test]
fn x04_m13_hostile_names_stay_words() {
    let hostile = "</td><script>alert(1)</script><a href=\"https://evil.example\">x</a>\r\nBcc: eve@evil.example\u{202e}";
    let branding = Branding {
        name: format!("Acme {hostile}"),
        support: String::from("<b>desk</b>"),
        ..Branding::default()
    };
    for topic in Topic::ALL {
        let mut letter = letter(topic, false);
        for name in ["device", "label", "reason", "account", "application"] {
            letter.values.insert(name.to_owned(), hostile.to_owned());
        }
        for by in [None, Some("application"), Some("<i>")] {
            letter.values.extend(by.map(|by| owned(&("by", by))));
            let mail = words_of(&letter, &branding);
            for tag in ["<script", "<b>", "<i>", "<a "] {
                assert!(
                    !mail.html.contains(tag),
                    "{topic:?}: {tag} in {}",
                    mail.html
                );
            }
            for (part, what) in [
                (&mail.text, "text"),
                (&mail.html, "html"),
                (&mail.subject, "subject"),
            ] {
                assert!(
                    !part.contains('\u{202e}') && !part.contains('\r'),
                    "{topic:?} {what}: {part}"
                );
                assert!(!part.contains("\nBcc"), "{topic:?} {what}: {part}");
            }
            assert!(!mail.subject.contains('\n'), "{}", mail.subject);
        }
    }
}

#[test]
fn x04_a_name_does_not_become_a_link_in_a_mail_program() {
    let mut letter = letter(Topic::MethodAdded, false);
    letter.values.insert(
        String::from("label"),
        String::from("visit https://evil.example or eve@evil.example"),
    );
    let mail = words(&letter);
    for part in [&mail.text, &mail.html] {
        assert!(
            !part.contains("evil.example") && !part.contains("://evil"),
            "{part}"
        );
        assert!(part.contains("evil.\u{2060}example"), "{part}");
    }
}

#[test]
fn names_written_from_right_to_left_stand_apart() {
    let mut letter = letter(Topic::MethodAdded, false);
    letter
        .values
        .insert(String::from("label"), String::from("טלפון"));
    let mail = words(&letter);
    assert!(mail.text.contains("    Method: טלפון\n"), "{}", mail.text);
    assert!(mail.html.contains("<td dir=\"auto\""), "{}", mail.html);
    assert!(mail.text.contains("your Twinlock account"), "{}", mail.text);
    let mut code = self::letter(Topic::SignInCode, false);
    let device = String::from("טלפון");
    code.values.insert(String::from("device"), device);
    let text = words(&code).text;
    assert!(text.contains("(\u{2068}טלפון\u{2069})"), "{text}");
}

#[test]
fn a_letter_in_a_language_nobody_wrote_is_told_in_the_first_one() {
    let mut letter = letter(Topic::NewDevice, false);
    letter.language = String::from("tlh");
    let mail = words(&letter);
    assert!(
        mail.html.contains("lang=\"en\"") && mail.text.contains("new"),
        "{}",
        mail.text
    );
}
