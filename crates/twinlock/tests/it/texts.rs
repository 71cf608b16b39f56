//! What must be complete: statements both engines take, and a text for everything that is said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;
use twinlock::audit::rules::kinds::{self, Group, KINDS};
use twinlock::edge::answer::tell;
use twinlock::edge::texts;
use twinlock::outbox::Topic;
use twinlock::routes::table;
use twinlock_db::sealed::Keyring;

use crate::support::Place;

on_both_engines!(every_statement_is_one_the_engine_takes);

async fn every_statement_is_one_the_engine_takes(place: &Place) {
    let app = place.app().await;
    let lists = [
        twinlock::account::store::STATEMENTS,
        twinlock::application::store::STATEMENTS,
        twinlock::audit::store::STATEMENTS,
        twinlock::audit::store::checkpoints::STATEMENTS,
        twinlock::audit::store::facts::STATEMENTS,
        twinlock::audit::store::old::STATEMENTS,
        twinlock::audit::store::pages::STATEMENTS,
        twinlock::authenticators::store::STATEMENTS,
        twinlock::authenticators::store::standing::STATEMENTS,
        twinlock::authenticators::totp::store::STATEMENTS,
        twinlock::authenticators::webauthn::store::STATEMENTS,
        twinlock::authenticators::sms::store::STATEMENTS,
        twinlock::text_messages::store::STATEMENTS,
        twinlock::text_messages::store::outcomes::STATEMENTS,
        twinlock::text_messages::store::prefixes::STATEMENTS,
        twinlock::authenticators::password::store::STATEMENTS,
        twinlock::authenticators::backup_codes::store::STATEMENTS,
        twinlock::challenge::store::STATEMENTS,
        twinlock::outbox::store::STATEMENTS,
        twinlock::session::store::STATEMENTS,
        twinlock::settings::store::STATEMENTS,
        twinlock::sign_in::store::STATEMENTS,
        twinlock::sign_up::store::STATEMENTS,
        twinlock::throttle::store::STATEMENTS,
        twinlock::trusted_device::store::STATEMENTS,
        twinlock::trusted_device::store::tokens::STATEMENTS,
        twinlock::undo::store::STATEMENTS,
        twinlock::server::STATEMENTS,
        twinlock::server::clock_mark::STATEMENTS,
        twinlock::cli::STATEMENTS,
        Keyring::STATEMENTS,
    ];
    for list in lists.iter().chain(twinlock::demo::STATEMENTS) {
        app.app.store.prepare_all(list).await.unwrap();
    }
    for column in twinlock::server::rotation::sealed_columns() {
        let both = column.statements();
        app.app.store.prepare_all(&both).await.unwrap();
    }
}

/// A store whose list is not in the test above would go unprepared.
#[test]
fn every_list_of_statements_is_prepared() {
    let declared = sources("rs")
        .into_iter()
        .filter(|(_, text)| text.contains("pub const STATEMENTS"))
        .count();
    let own = include_str!("texts.rs");
    let prepared = own.matches("STATEMENTS,\n").count();
    // The demo's list of lists stands apart there; the key ring's list lives in the database's crate.
    assert_eq!(
        declared, prepared,
        "a list of statements is not prepared in tests"
    );
}

#[test]
fn every_topic_of_a_mail_has_its_subject_and_text() {
    let ids = english();
    for topic in Topic::ALL {
        for part in ["subject", "title", "text", "then"] {
            let id = format!("mail-{}-{part}", topic.word());
            assert!(ids.contains(&id), "{id} has no text");
        }
    }
}

#[test]
fn every_kind_of_event_in_the_code_is_known_and_has_its_words() {
    let ids = english();
    for kind in KINDS {
        let id = kinds::message(kind.word);
        assert!(ids.contains(&id), "{id} has no text");
    }
    for group in Group::PICKED {
        let id = format!("audit-group-{}", group.word().replace('_', "-"));
        assert!(ids.contains(&id), "{id} has no text");
    }
    // Named where the event is made, or handed to what makes it beside the topic of its mail.
    let made = Regex::new(r#"Event::new\(\s*"([a-z_]+)"|Topic::\w+,\s*"([a-z_]+)""#).unwrap();
    let mut named = BTreeSet::new();
    for (path, text) in sources("rs") {
        for found in made.captures_iter(&text) {
            let word = found.get(1).or(found.get(2)).unwrap().as_str();
            assert!(
                kinds::find(word).is_some(),
                "{word} of {path} is not in audit/rules/kinds.rs"
            );
            named.insert(word.to_owned());
        }
    }
    let unused: Vec<&str> = KINDS
        .iter()
        .map(|kind| kind.word)
        .filter(|word| !named.contains(*word))
        .collect();
    assert!(unused.is_empty(), "nothing makes {unused:?}");
}

#[test]
fn every_message_named_in_code_and_templates_has_a_text() {
    let ids = english();
    let calls =
        Regex::new(r#"(?:\.|\b)(?:text|with|plain_with|plain)\(\s*"([a-z][a-z0-9-]*)""#).unwrap();
    let mut missing = BTreeSet::new();
    for (path, text) in sources("rs").into_iter().chain(sources("html")) {
        for found in calls.captures_iter(&text) {
            let id = &found[1];
            // Words without a dash may be values given to something else by the same name.
            let known = ids.contains(id) || (!id.contains('-') && path.ends_with(".rs"));
            if !known {
                missing.insert(format!("{id} in {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_refusal_has_its_sentence_and_its_title() {
    let ids = english();
    let source = include_str!("../../src/edge/telling.rs");
    let codes = Regex::new(r#"plain\(\s*StatusCode::[A-Z_]+,\s*"([a-z_]+)""#).unwrap();
    let words: BTreeSet<String> = codes
        .captures_iter(source)
        .map(|found| found[1].replace('_', "-"))
        .collect();
    assert!(words.len() > 10, "{words:?}");
    for word in words {
        for id in [format!("refusal-{word}"), format!("refusal-{word}-title")] {
            assert!(ids.contains(&id), "{id} has no text");
        }
    }
    let code = twinlock::app::Refusal::NotFound;
    assert_eq!(
        tell(&code, twinlock::app::Timestamp::default()).code,
        "not_found"
    );
}

/// Counts that are never one: two days at least, and lengths of texts.
const NEVER_ONE: [&str; 7] = [
    "when-days",
    "api-length",
    "api-length-least",
    "api-length-most",
    "refusal-too-long-most",
    "settings-password-hint",
    "new-password-hint",
];

#[test]
fn every_count_has_its_words_for_one_and_for_more() {
    let english = texts::catalog().unwrap().messages("en");
    let counts = "count|seconds|minutes|hours|days|left|least|most";
    let counted = Regex::new(&format!(r"\{{ \$({counts}) \}} [a-z]+s\b")).unwrap();
    let choice = Regex::new(&format!(r"\{{ \$({counts}) ->")).unwrap();
    let mut chosen = 0;
    for (file, text) in english_files() {
        for (id, message) in messages_of(&text) {
            let Some(found) = choice.captures(&message) else {
                let alone = counted.is_match(&message);
                let expected = NEVER_ONE.contains(&id.as_str());
                assert!(!alone || expected, "{id} in {file} says 1 as it says 2");
                continue;
            };
            chosen += 1;
            let said = |n: i64| english.with(&id, &[(&found[1], n.into())]);
            let one = said(1);
            assert_ne!(one, said(2).replace('2', "1"), "{id} in {file}");
            assert!(!counted_one().is_match(&one), "{one:?}: {id} in {file}");
            assert!(said(2).contains('2'), "{id} in {file}");
        }
    }
    assert!(chosen > 10, "{chosen}");
}

/// “1 days”.
fn counted_one() -> Regex {
    Regex::new(r"\b1 (seconds|minutes|hours|days|codes|sessions|pages|suggestions)\b").unwrap()
}

/// The messages of a file: their ids, and what stands from there to the next one.
fn messages_of(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(" =") {
            Some((id, rest)) if !line.starts_with([' ', '\u{7d}']) => {
                found.push((id.to_owned(), rest.to_owned()));
            }
            _ => {
                if let Some((_, message)) = found.last_mut() {
                    message.push('\n');
                    message.push_str(line);
                }
            }
        }
    }
    found
}

fn english_files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../locales/en");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    files
}

#[test]
fn no_address_stands_twice_in_the_table() {
    let mut seen = BTreeSet::new();
    for route in table() {
        let line = format!("{} {}", route.method, route.path);
        assert!(seen.insert(line.clone()), "{line} stands twice");
        assert!(route.path.starts_with('/'));
    }
}

fn english() -> BTreeSet<String> {
    let catalog = texts::catalog().unwrap();
    catalog.ids("en").into_iter().map(str::to_owned).collect()
}

/// Every file of the program with this ending: its path below `src` and what is in it.
fn sources(ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == ending) {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.strip_prefix(&root).unwrap();
                found.push((name.to_str().unwrap().to_owned(), text));
            }
        }
    }
    found
}
