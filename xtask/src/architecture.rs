//! The rules of the house: layers, file names, sizes, and what the small crates may know.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::layers::{self, AUTHENTICATORS, FEATURE_FILES, MAY_BE_FOLDERS, TEMPLATE_ENDINGS};
use crate::named_paths;
use crate::use_paths::{PathFinder, production_part};

const APPLICATION_SOURCE: &str = "crates/twinlock/src";

/// Crates below the application. The test kit stands above it, so they do not know that either, except in their tests.
const LEAF_CRATES: &[&str] = &[
    "twinlock-otp",
    "twinlock-db",
    "twinlock-delivery",
    "twinlock-web",
];

/// Lines of production code a file may have.
const LONGEST_FILE: usize = 400;

/// Files that outgrew it, with the length they may keep until they are divided: none may grow, and none may join them.
const TO_DIVIDE: &[(&str, usize)] = &[("src/api_reference/rules.rs", 405)];

/// Everything that breaks a rule of the house.
///
/// # Errors
/// When the tree cannot be read.
pub(crate) fn findings(root: &Path) -> Result<Vec<String>> {
    let application = root.join(APPLICATION_SOURCE);
    let mut findings = unknown_modules(&application)?;
    findings.extend(layer_breaches(&application)?);
    findings.extend(misnamed_files(&application)?);
    findings.extend(long_files(root)?);
    findings.extend(knowing_leaves(root)?);
    findings.extend(named_paths::findings(root)?);
    Ok(findings)
}

fn unknown_modules(application: &Path) -> Result<Vec<String>> {
    Ok(entries(application)?
        .iter()
        .filter_map(|path| path.file_stem()?.to_str())
        .filter(|name| layers::find(name).is_none())
        .map(|name| {
            format!("{APPLICATION_SOURCE}/{name} has no layer yet: give it a place in LAYERS of xtask/src/layers.rs, as low as what it uses allows")
        })
        .collect())
}

fn layer_breaches(application: &Path) -> Result<Vec<String>> {
    let finder = PathFinder::new()?;
    let kinds: Vec<String> = match application.join(AUTHENTICATORS) {
        folder if folder.is_dir() => entries(&folder)?
            .iter()
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .filter(|name| !FEATURE_FILES.contains(&format!("{name}.rs").as_str()))
            .collect(),
        _ => Vec::new(),
    };
    let mut findings = Vec::new();
    for file in rust_files(application)? {
        let relative = file.strip_prefix(application)?.with_extension("");
        let mut module: Vec<&str> = relative.iter().filter_map(|name| name.to_str()).collect();
        let user = module.clone();
        if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
            module.pop();
        }
        let source = read(&file)?;
        for used in finder.paths(&source, &module) {
            let used: Vec<&str> = used.iter().map(String::as_str).collect();
            if let Some(trouble) = breach(&user, &used, &kinds) {
                findings.push(format!(
                    "{APPLICATION_SOURCE}/{}.rs {trouble}",
                    relative.display()
                ));
            }
        }
    }
    findings.dedup();
    Ok(findings)
}

/// What is wrong with `user` (a file's path) naming `used` (a path from the root of the crate), if anything.
fn breach(user: &[&str], used: &[&str], kinds: &[String]) -> Option<String> {
    let (&user_top, &used_top) = (user.first()?, used.first()?);
    let whole = used.join("::");
    if user_top == used_top {
        let kind = |path: &[&str]| {
            path.get(1)
                .map(|&name| name.to_owned())
                .filter(|name| kinds.contains(name))
        };
        let (own, other) = (kind(user)?, kind(used)?);
        return (user_top == AUTHENTICATORS && own != other)
            .then(|| format!("uses crate::{whole}: kinds of authenticators never use each other"));
    }
    let (user_line, _) = layers::find(user_top)?;
    match layers::find(used_top) {
        None if user_top == "main" || user_top == "lib" => None,
        None => Some(format!(
            "uses crate::{whole}, which stands in lib.rs above all layers: name the module it belongs to"
        )),
        Some((used_line, _)) if used_line > user_line => None,
        Some((used_line, _)) if used_line == user_line => Some(format!(
            "uses crate::{whole}, its neighbour in the layers: join them in a layer above"
        )),
        Some(_) => Some(format!(
            "uses crate::{whole}, which stands above it in the layers"
        )),
    }
}

fn misnamed_files(application: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for folder in entries(application)?.iter().filter(|path| path.is_dir()) {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if layers::find(name).is_some_and(|(_, module)| module.is_feature) {
            misnamed_in(application, folder, name == AUTHENTICATORS, &mut findings)?;
        }
    }
    Ok(findings)
}

fn misnamed_in(
    application: &Path,
    feature: &Path,
    has_features_inside: bool,
    findings: &mut Vec<String>,
) -> Result<()> {
    for path in entries(feature)? {
        let shown = path.strip_prefix(application)?.display().to_string();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let is_template = path
            .extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| TEMPLATE_ENDINGS.contains(&ending));
        if path.is_dir() && MAY_BE_FOLDERS.contains(&name) {
            // One of the files, grown into a folder: `flow/mod.rs` stands where `flow.rs` stood, with its parts beside it.
        } else if path.is_dir() && has_features_inside {
            misnamed_in(application, &path, false, findings)?;
        } else if path.is_dir() || !(is_template || FEATURE_FILES.contains(&name)) {
            findings.push(format!(
                "{APPLICATION_SOURCE}/{shown}: a feature consists of {} and its templates",
                FEATURE_FILES.join(", ")
            ));
        }
    }
    Ok(())
}

fn long_files(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for package in packages(root)? {
        for file in rust_files(&package.join("src"))? {
            let lines = production_part(&read(&file)?).lines().count();
            let allowed = TO_DIVIDE
                .iter()
                .find(|(name, _)| file.ends_with(name))
                .map_or(LONGEST_FILE, |(_, lines)| *lines);
            if lines > allowed {
                findings.push(format!(
                    "{}: {lines} lines of production code, {LONGEST_FILE} allowed: which second purpose does it have?",
                    file.strip_prefix(root)?.display()
                ));
            }
        }
    }
    Ok(findings)
}

fn knowing_leaves(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for leaf in LEAF_CRATES {
        let manifest: toml::Table =
            read(&root.join("crates").join(leaf).join("Cargo.toml"))?.parse()?;
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        for known in ["twinlock", "twinlock-testkit"] {
            if dependencies.is_some_and(|dependencies| dependencies.contains_key(known)) {
                findings.push(format!(
                    "crates/{leaf} depends on {known}, which stands above it"
                ));
            }
        }
    }
    Ok(findings)
}

fn packages(root: &Path) -> Result<Vec<PathBuf>> {
    let mut packages = entries(&root.join("crates"))?;
    packages.extend([root.join("xtask"), root.join("e2e")]);
    packages.retain(|package| package.join("src").is_dir());
    Ok(packages)
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The contents of a folder, sorted, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(user: &str, used: &str) -> Option<String> {
        let kinds = ["password", "totp"].map(str::to_owned);
        let user: Vec<&str> = user.split('/').collect();
        let used: Vec<&str> = used.split("::").collect();
        breach(&user, &used, &kinds)
    }

    #[test]
    fn a_module_may_use_what_stands_below_it() {
        assert_eq!(verdict("sign_in/flow", "session::Session"), None);
        assert_eq!(verdict("sign_in/flow", "sign_in::rules"), None);
        assert_eq!(verdict("app", "config::Settings"), None);
        assert_eq!(verdict("lib", "routes::all"), None);
    }

    #[test]
    fn a_module_may_not_use_what_stands_above_or_beside_it() {
        assert!(
            verdict("session/flow", "sign_in::SignIn")
                .unwrap()
                .contains("above")
        );
        assert!(
            verdict("session/flow", "account::Account")
                .unwrap()
                .contains("neighbour")
        );
        assert!(verdict("session/flow", "Fault").unwrap().contains("lib.rs"));
        assert!(verdict("session/flow", "routes::x").is_some());
    }

    #[test]
    fn kinds_of_authenticators_know_their_parent_but_not_each_other() {
        assert_eq!(
            verdict("authenticators/totp/flow", "authenticators::Kind"),
            None
        );
        assert_eq!(
            verdict("authenticators/totp/flow", "authenticators::totp::rules"),
            None
        );
        assert_eq!(
            verdict("authenticators/mod", "authenticators::totp::offer"),
            None
        );
        assert!(
            verdict(
                "authenticators/totp/flow",
                "authenticators::password::verify"
            )
            .is_some()
        );
    }

    #[test]
    fn misplaced_misnamed_and_unknown_files_are_found() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("lib.rs", "pub mod session;"),
            ("warehouse.rs", ""),
            ("session/mod.rs", "use crate::sign_in::SignIn;"),
            ("session/helpers.rs", ""),
            ("session/list.html", ""),
            (
                "authenticators/totp/flow.rs",
                "use super::super::password::flow;",
            ),
            ("authenticators/password/flow.rs", ""),
            ("cli/anything.rs", ""),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let unknown = unknown_modules(folder.path()).unwrap();
        assert_eq!(unknown.len(), 1);
        assert!(unknown[0].contains("warehouse"));
        let misnamed = misnamed_files(folder.path()).unwrap();
        assert_eq!(misnamed.len(), 1);
        assert!(misnamed[0].contains("session/helpers.rs"));
        assert_eq!(layer_breaches(folder.path()).unwrap().len(), 2);
    }

    #[test]
    fn the_tree_obeys_the_rules_of_the_house() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let found = findings(root).unwrap();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}
