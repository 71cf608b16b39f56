//! Whether the paths that ARCHITECTURE.md names are there.
//!
//! A walkthrough writes `` `sign_in/{pages,api}` `` or `` `sign_in/flow::verify_second_factor` ``: paths are looked for from the root, in
//! `crates/` and in the application's source, with or without `.rs`, and a name behind `::` must occur in the file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use regex::Regex;

const DOCUMENT: &str = "ARCHITECTURE.md";

const STARTS: &[&str] = &[
    "",
    "crates",
    "crates/twinlock/src",
    "crates/twinlock/src/authenticators",
];

/// Each path that leads nowhere; a missing document is a finding too.
///
/// # Errors
/// When a file it names cannot be read.
pub(crate) fn findings(root: &Path) -> Result<Vec<String>> {
    let Ok(text) = std::fs::read_to_string(root.join(DOCUMENT)) else {
        return Ok(vec![format!("{DOCUMENT} is missing")]);
    };
    let mut findings = Vec::new();
    for name in names_of_paths(&text)? {
        let (path, item) = name
            .split_once("::")
            .map_or((name.as_str(), None), |(path, item)| (path, Some(item)));
        let Some(found) = locate(root, path) else {
            findings.push(format!("{DOCUMENT} names `{name}`, which is not there"));
            continue;
        };
        let last_name = item.and_then(|item| item.rsplit("::").next());
        if let Some(item) = last_name
            && !mentions(&found, item)?
        {
            findings.push(format!(
                "{DOCUMENT} names `{name}`, but `{item}` is not in that file"
            ));
        }
    }
    Ok(findings)
}

/// What stands between backquotes outside code blocks and looks like a path, one for each choice of `{a,b}`.
fn names_of_paths(text: &str) -> Result<Vec<String>> {
    let quoted = Regex::new("`([^`\n]+)`")?;
    let path = Regex::new(r"^[\w.-]+(?:/[\w.{},-]*)*(?:::\w+)*$")?;
    let file = Regex::new(r"\.(?:rs|md|toml|sql|ftl|json|html|css|js)(?:::|$)")?;
    let prose: String = text.split("```").step_by(2).collect();
    let mut names = Vec::new();
    for found in quoted.captures_iter(&prose) {
        let Some(name) = found.get(1).map(|name| name.as_str()) else {
            continue;
        };
        if path.is_match(name) && (name.contains('/') || file.is_match(name)) {
            names.extend(choices(name));
        }
    }
    Ok(names)
}

fn choices(name: &str) -> Vec<String> {
    let parts = name.split_once('{').and_then(|(before, rest)| {
        rest.split_once('}')
            .map(|(list, after)| (before, list, after))
    });
    match parts {
        None => vec![name.to_owned()],
        Some((before, list, after)) => list
            .split(',')
            .map(|choice| format!("{before}{}{after}", choice.trim()))
            .collect(),
    }
}

fn locate(root: &Path, path: &str) -> Option<PathBuf> {
    STARTS.iter().find_map(|start| {
        let whole = root.join(start).join(path);
        let file = PathBuf::from(format!("{}.rs", whole.display()));
        [file, whole]
            .into_iter()
            .find(|candidate| candidate.exists())
    })
}

fn mentions(file_or_folder: &Path, item: &str) -> Result<bool> {
    let file = if file_or_folder.is_dir() {
        file_or_folder.join("mod.rs")
    } else {
        file_or_folder.to_path_buf()
    };
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_other_code_and_choices_are_written_out() {
        let text = "`sign_in/{pages,api}` calls `sign_in/flow::verify`, see `routes.rs`; `GET /me`, `store.write`, `/forward-auth`\n```\n`crates/none`\n```\n";
        assert_eq!(
            names_of_paths(text).unwrap(),
            [
                "sign_in/pages",
                "sign_in/api",
                "sign_in/flow::verify",
                "routes.rs"
            ]
        );
    }

    #[test]
    fn a_path_that_leads_nowhere_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let feature = folder.path().join("crates/twinlock/src/sign_in");
        std::fs::create_dir_all(&feature).unwrap();
        std::fs::write(feature.join("flow.rs"), "pub fn verify() {}").unwrap();
        let text = "`sign_in/flow::verify` `sign_in/flow::confirm` `sign_in/pages`";
        std::fs::write(folder.path().join(DOCUMENT), text).unwrap();
        let found = findings(folder.path()).unwrap();
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("confirm"));
        assert!(found[1].contains("sign_in/pages"));
    }
}
