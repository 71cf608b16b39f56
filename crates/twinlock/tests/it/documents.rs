//! The documents say what the program does: every setting with its default, every error, and links that lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;
use twinlock::config::Settings;
use twinlock::edge::texts;
use twinlock::help::rules::error_code;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

#[test]
fn every_setting_stands_in_the_reference_with_its_default() {
    let reference = document("docs/src/operators/configuration.md");
    let settings = serde_json::to_value(Settings::default()).unwrap();
    let mut missing = Vec::new();
    look_up(&reference, "", &settings, &mut missing);
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Looks for each value of one section in the part of the reference below its heading.
fn look_up(reference: &str, section: &str, values: &Value, missing: &mut Vec<String>) {
    for (name, value) in values.as_object().unwrap() {
        if value.is_object() {
            let dot = if section.is_empty() { "" } else { "." };
            look_up(reference, &format!("{section}{dot}{name}"), value, missing);
            continue;
        }
        let part = reference.split_once(&format!("## `[{section}]`"));
        let part = part.map_or("", |(_, rest)| rest.split("\n## ").next().unwrap_or(""));
        let start = format!("| `{name}` | {} |", default_of(value));
        if !part.lines().any(|line| line.starts_with(&start)) {
            missing.push(format!("[{section}] {start}"));
        }
    }
}

fn default_of(value: &Value) -> String {
    match value {
        Value::Null => String::from("none"),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let count = ["no", "one", "two", "three", "four", "five", "six"];
            format!("{} well-known apps", count[items.len()])
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            format!("`[{}]`", items.join(", "))
        }
        other => format!("`{other}`"),
    }
}

#[test]
fn every_error_code_stands_in_the_list_for_integrators() {
    let list = document("docs/src/integrators/errors.md");
    let catalog = texts::catalog().unwrap();
    let codes = catalog.ids("en").into_iter().filter_map(error_code);
    let missing: Vec<String> = codes
        .filter(|code| !list.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Not only those with a text: every one that stands in the code.
#[test]
fn every_error_code_in_the_code_stands_in_the_list_for_integrators() {
    let list = document("docs/src/integrators/errors.md");
    let made = Regex::new(
        r#"(?x) \bcode:\s*"([a-z_]+)"
            | \brefuse\((?:\s*"[a-z_]+",)?\s*"([a-z_]+)"\s*\)
            | StatusCode::[A-Z_]+,\s*"([a-z_]+)""#,
    )
    .unwrap();
    // `refuse` of this file is handed the field, its code is always the same.
    let by_field = "verify_api/api/record.rs";
    let mut codes = BTreeSet::new();
    for folder in ["crates/twinlock/src", "crates/twinlock-web/src"] {
        for (path, text) in sources(&root().join(folder)) {
            let text = text.split("#[cfg(test)]").next().unwrap_or("");
            for found in made.captures_iter(text) {
                let code = found.iter().skip(1).flatten().next().unwrap().as_str();
                if !(path.ends_with(by_field) && found.get(2).is_some()) {
                    codes.insert(code.to_owned());
                }
            }
        }
    }
    assert!(codes.len() > 30, "{codes:?}");
    let missing: Vec<&String> = codes
        .iter()
        .filter(|code| !list.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The Rust files of a folder and what is in them.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut pages = Vec::new();
    gather(&root(), &mut pages);
    gather(&root().join("docs"), &mut pages);
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            let file = link.split('#').next().unwrap();
            if file.is_empty() || link.contains("://") || link.starts_with('/') {
                continue;
            }
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{} links to {link}", page.display());
        }
    }
}

#[test]
fn every_test_named_in_the_threat_model_is_there_and_carries_its_id() {
    let page = document("docs/src/operators/threat-model.md");
    let tests = tests_by_module();
    let mut ids = Vec::new();
    for line in page.lines().filter(|line| line.contains("::")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let of_row: Vec<String> = cells[1].split(", ").map(str::to_lowercase).collect();
        for name in cells[3].split(", ") {
            let name = name.trim_matches('`');
            let (module, test) = name.split_once("::").unwrap();
            assert!(
                tests.contains(&(module.to_owned(), test.to_owned())),
                "{name} is not there (any more)"
            );
        }
        ids.extend(of_row);
    }
    // The families of bad input and bad days, whole.
    for id in "x01 x02 x03 x04 x05 x06 x09 x11 x15 x17 x18 x19 x20 x22 z01 z04 z05 z06 z07 z08 z09 z10 z11 z12 z14 z15 z16 z17 z18 z20 z21 z22 z23".split(' ') {
        assert!(ids.contains(&id.to_owned()), "{id} has no row with a test");
    }
}

/// Module and name of every function of the workspace that could be a test.
fn tests_by_module() -> BTreeSet<(String, String)> {
    let function =
        Regex::new(r"(?m)^\s*(?:pub(?:\([a-z]+\))? )?(?:async )?fn ([a-z0-9_]+)").unwrap();
    let mut tests = BTreeSet::new();
    let mut open = vec![
        root().join("crates"),
        root().join("xtask/src"),
        root().join("e2e/src"),
    ];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let module = path.file_stem().unwrap().to_str().unwrap();
                for found in function.captures_iter(&text) {
                    tests.insert((module.to_owned(), found[1].to_owned()));
                }
            }
        }
    }
    tests
}

/// The Markdown files of a folder; below `docs` those of its folders too.
fn gather(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let below_docs = folder.components().any(|part| part.as_os_str() == "docs");
        if path.is_dir() && below_docs {
            gather(&path, pages);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            pages.push(path);
        }
    }
}
