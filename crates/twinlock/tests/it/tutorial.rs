//! The tutorial for developers of applications, typed as it stands.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::program::{Running, text};

/// A command of the page, and the answer shown below it.
#[derive(Debug)]
struct Step {
    commands: String,
    answer: Option<Value>,
}

/// The page's steps in order: each block of commands, and the block of JSON that follows it, if one does before the next commands.
fn steps() -> Vec<Step> {
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/integrators/ten-minutes.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for (number, part) in page.split("```").enumerate() {
        let (language, block) = part.split_once('\n').unwrap_or_default();
        match (number % 2, language) {
            (1, "sh") => steps.push(Step {
                commands: block.to_owned(),
                answer: None,
            }),
            (1, "json") => {
                let step = steps.last_mut().expect("commands before their answer");
                assert!(step.answer.is_none(), "two answers to {}", step.commands);
                step.answer = Some(serde_json::from_str(block).unwrap());
            }
            _ => {}
        }
    }
    steps
}

/// Whether what was answered holds what the page shows: every member shown, `…` for any text, lists as long as shown.
fn holds(answered: &Value, shown: &Value) -> bool {
    match (answered, shown) {
        (Value::String(_), Value::String(shown)) if shown == "…" => true,
        (Value::Object(answered), Value::Object(shown)) => shown.iter().all(|(name, shown)| {
            let there = answered.get(name);
            there.is_some_and(|answered| holds(answered, shown))
        }),
        (Value::Array(answered), Value::Array(shown)) => {
            answered.len() == shown.len()
                && (answered.iter().zip(shown)).all(|(answered, shown)| holds(answered, shown))
        }
        (answered, shown) => answered == shown,
    }
}

/// One script of all commands, so that what one block sets the next one has; what each block prints goes into a file of its own.
fn script(steps: &[Step]) -> String {
    let mut script = String::from("set -euo pipefail\n");
    for (number, step) in steps.iter().enumerate() {
        script.push_str(&format!("{{\n{}}} > said-{number}\n", step.commands));
    }
    script
}

#[test]
fn the_tutorial_does_what_it_shows() {
    let steps = steps();
    let answers = steps.iter().filter(|step| step.answer.is_some()).count();
    assert!(answers >= 8, "only {answers} answers: {steps:#?}");
    let folder = tempfile::tempdir().unwrap();
    let demo = Running::start(
        folder.path(),
        &["demo", "--listen", "127.0.0.1:0", "--json"],
    );
    std::fs::write(folder.path().join("demo.json"), demo.line("")).unwrap();
    let run = Command::new("bash")
        .args(["-c", &script(&steps)])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
    for (number, step) in steps.iter().enumerate() {
        let Some(shown) = &step.answer else { continue };
        let said = std::fs::read_to_string(folder.path().join(format!("said-{number}"))).unwrap();
        let answered: Value = serde_json::from_str(&said)
            .unwrap_or_else(|_| panic!("{} answered {said}", step.commands));
        assert!(
            holds(&answered, shown),
            "{} answered {said}, the page shows {shown}",
            step.commands
        );
    }
    assert!(demo.terminate().success());
}

#[test]
fn an_answer_that_lacks_what_the_page_shows_is_noticed() {
    let shown = serde_json::json!({"a": "…", "b": [{"c": 1}]});
    let is = |answered: Value| holds(&answered, &shown);
    assert!(is(
        serde_json::json!({"a": "x", "b": [{"c": 1, "d": 2}], "e": 3})
    ));
    assert!(!is(serde_json::json!({"b": [{"c": 1}]})));
    assert!(!is(serde_json::json!({"a": 1, "b": [{"c": 1}]})));
    assert!(!is(serde_json::json!({"a": "x", "b": []})));
    assert!(!is(serde_json::json!({"a": "x", "b": [{"c": 2}]})));
}
