//! Reading the settings: the file, the environment over it, and files that hold secrets.
//!
//! No message quotes a value: it may be a password.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;
use strsim::levenshtein;

use super::Settings;

/// What is wrong with the settings, one line a problem, each with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct LoadError(pub Vec<String>);

impl LoadError {
    fn one(text: impl Into<String>) -> Self {
        Self(vec![text.into()])
    }
}

/// Where settings come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the file is called in messages.
    pub name: String,
    /// The file's text; empty where there is no file.
    pub text: String,
    /// Environment variables; only `TWINLOCK_SECTION__KEY` are read.
    pub environment: Vec<(String, String)>,
}

/// Settings that were read and checked for names and types, not yet for sense.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The file they came from, if there was one.
    pub file: Option<PathBuf>,
}

impl Loaded {
    /// Reads `file`; one that is absent is an error only if it was asked for (`is_asked_for`).
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(
        file: &Path,
        is_asked_for: bool,
        environment: Vec<(String, String)>,
    ) -> Result<Self, LoadError> {
        let (text, found) = match std::fs::read_to_string(file) {
            Ok(text) => (text, Some(file.to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_asked_for => {
                (String::new(), None)
            }
            Err(error) => {
                return Err(LoadError::one(format!(
                    "{}: {error}; name a settings file that can be read with --config",
                    file.display()
                )));
            }
        };
        let source = Source {
            name: file.display().to_string(),
            text,
            environment,
        };
        Ok(Self {
            settings: source.settings()?,
            file: found,
        })
    }
}

impl Source {
    /// The settings: defaults, then the file, then the environment, then files with secrets.
    ///
    /// # Errors
    /// Unknown names (with the nearest known one), wrong types, secrets given twice or not readable.
    pub fn settings(&self) -> Result<Settings, LoadError> {
        let known = tree(&Settings::default())?;
        let table: toml::Table = self.text.parse().map_err(|error| self.said(&error))?;
        let mut problems = Vec::new();
        let mut given = BTreeSet::new();
        walk(&table, &known, "", &mut given, &mut |name| {
            problems.push(format!("{}: {}", self.name, unknown(name, &known)));
        });
        if !problems.is_empty() {
            return Err(LoadError(problems));
        }
        let from_file: Settings = toml::from_str(&self.text).map_err(|error| self.said(&error))?;
        let mut value = tree(&from_file)?;
        for (variable, text) in &self.environment {
            match place(variable, &known) {
                Ok(None) => {}
                Ok(Some(path)) => match with_one(&value, &known, &path, text) {
                    Ok(changed) => {
                        value = changed;
                        given.insert(path.join("."));
                    }
                    Err(problem) => problems.push(format!("{variable}: {problem}")),
                },
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(LoadError(problems));
        }
        let settings: Settings = serde_json::from_value(value)
            .map_err(|error| LoadError::one(format!("the environment: {error}")))?;
        with_secrets(settings, &given)
    }

    /// A TOML error with its line, without the line's text.
    fn said(&self, error: &toml::de::Error) -> LoadError {
        let before = error.span().and_then(|span| self.text.get(..span.start));
        LoadError::one(match before {
            Some(before) => {
                let line = before.matches('\n').count() + 1;
                let setting =
                    setting_at(before).map_or_else(String::new, |name| format!(", {name}"));
                format!("{}, line {line}{setting}: {}", self.name, error.message())
            }
            None => format!("{}: {}", self.name, error.message()),
        })
    }
}

/// The setting whose value begins where `before` ends: the key of that line below the section's heading.
fn setting_at(before: &str) -> Option<String> {
    let (above, line) = before.rsplit_once('\n').unwrap_or(("", before));
    let (key, _) = line.split_once('=')?;
    let mut above = above.lines().rev().map(str::trim);
    let heading = above.find(|line| line.starts_with('['));
    let section = heading.map(|line| line.trim_matches(['[', ']']));
    Some(join(section.unwrap_or_default(), key.trim()))
}

/// Every setting's name, dotted, such as `server.listen`.
///
/// # Errors
/// None in practice; the defaults are plain values.
pub fn known_names() -> Result<Vec<String>, LoadError> {
    let mut names = Vec::new();
    collect(&tree(&Settings::default())?, "", &mut |name, is_leaf| {
        if is_leaf {
            names.push(name.to_owned());
        }
    });
    Ok(names)
}

fn tree(settings: &Settings) -> Result<Value, LoadError> {
    serde_json::to_value(settings).map_err(|error| LoadError::one(error.to_string()))
}

/// Compares names of the file with the known ones; in lists of tables with those of the first default entry.
fn walk(
    table: &toml::Table,
    known: &Value,
    above: &str,
    given: &mut BTreeSet<String>,
    refuse: &mut impl FnMut(&str),
) {
    for (key, value) in table {
        let name = join(above, key);
        let Some(expected) = known.get(key) else {
            refuse(&name);
            continue;
        };
        given.insert(name.clone());
        match value {
            toml::Value::Table(inner) if expected.is_object() => {
                walk(inner, expected, &name, given, refuse);
            }
            toml::Value::Array(items) => {
                for item in items {
                    if let (toml::Value::Table(inner), Some(first)) = (item, expected.get(0)) {
                        walk_list(inner, first, &name, refuse);
                    }
                }
            }
            _ => {}
        }
    }
}

fn walk_list(table: &toml::Table, known: &Value, above: &str, refuse: &mut impl FnMut(&str)) {
    walk(table, known, above, &mut BTreeSet::new(), refuse);
}

fn collect(known: &Value, above: &str, see: &mut impl FnMut(&str, bool)) {
    let Value::Object(map) = known else { return };
    for (key, value) in map {
        let name = join(above, key);
        let first = value.get(0).filter(|first| first.is_object());
        see(&name, !value.is_object());
        collect(first.unwrap_or(value), &name, see);
    }
}

fn join(above: &str, key: &str) -> String {
    if above.is_empty() {
        key.to_owned()
    } else {
        format!("{above}.{key}")
    }
}

fn unknown(name: &str, known: &Value) -> String {
    match nearest(name, known) {
        Some(nearest) => format!("there is no setting `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no setting `{name}`"),
    }
}

/// The known name that takes the fewest edits; a last part that fits under another section counts one more.
fn nearest(name: &str, known: &Value) -> Option<String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let mut best: Option<(usize, String)> = None;
    collect(known, "", &mut |candidate, _| {
        let elsewhere = levenshtein(&last(name), &last(candidate)) + 1;
        let distance = levenshtein(name, candidate).min(elsewhere);
        if best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, candidate.to_owned()));
        }
    });
    best.map(|(_, name)| name)
}

/// The setting an environment variable means; `None` for one that is none of ours.
fn place(variable: &str, known: &Value) -> Result<Option<Vec<String>>, String> {
    let Some(rest) = variable.strip_prefix("TWINLOCK_") else {
        return Ok(None);
    };
    let lower = rest.to_lowercase();
    if !rest.contains("__") {
        return slip(variable, &lower, known);
    }
    let path: Vec<String> = lower.split("__").map(str::to_owned).collect();
    let mut at = known;
    for part in &path {
        match at.get(part) {
            Some(inner) => at = inner,
            None => {
                return Err(format!("{variable}: {}", unknown(&path.join("."), known)));
            }
        }
    }
    Ok(Some(path))
}

/// One underscore where two are meant would otherwise be passed over in silence.
fn slip(variable: &str, lower: &str, known: &Value) -> Result<Option<Vec<String>>, String> {
    let mut meant = None;
    collect(known, "", &mut |name, is_leaf| {
        if is_leaf && name.contains('.') && name.replace('.', "_") == lower {
            meant = Some(name.to_uppercase().replace('.', "__"));
        }
    });
    match meant {
        Some(meant) => Err(format!(
            "{variable} is not read; write TWINLOCK_{meant}, with two underscores between the parts"
        )),
        None => Ok(None),
    }
}

/// The settings with one more value, which has to be one that they take.
fn with_one(value: &Value, known: &Value, path: &[String], text: &str) -> Result<Value, String> {
    let mut changed = value.clone();
    set(&mut changed, known, path, text)?;
    match serde_json::from_value::<Settings>(changed.clone()) {
        Ok(_) => Ok(changed),
        Err(error) => Err(error.to_string()),
    }
}

fn set(target: &mut Value, known: &Value, path: &[String], text: &str) -> Result<(), String> {
    let default = path.iter().try_fold(known, |at, part| at.get(part));
    let new = match default {
        Some(Value::Bool(_)) => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(String::from("write true or false")),
        },
        Some(Value::Number(_)) => match text.trim().parse::<u32>() {
            Ok(number) => number.into(),
            Err(_) => return Err(String::from("write a whole number")),
        },
        Some(Value::Array(_)) => list(text)?,
        Some(Value::Object(_)) | None => {
            return Err(String::from("names a section; name one of its settings"));
        }
        Some(Value::String(_) | Value::Null) => Value::String(text.to_owned()),
    };
    let slot = path
        .iter()
        .try_fold(target, |at, part| at.get_mut(part))
        .ok_or_else(|| String::from("has no place"))?;
    *slot = new;
    Ok(())
}

/// `a, b` or, as in the file, `["a", "b"]`.
fn list(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('[') {
        let table: toml::Table = format!("list = {text}")
            .parse()
            .map_err(|_| String::from("write a list as in the file, such as [\"a\", \"b\"]"))?;
        let list = table.get("list").cloned();
        return serde_json::to_value(list).map_err(|error| error.to_string());
    }
    Ok(text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| Value::String(part.to_owned()))
        .collect())
}

fn with_secrets(mut settings: Settings, given: &BTreeSet<String>) -> Result<Settings, LoadError> {
    let mut problems = Vec::new();
    if let Some(file) = settings.database.url_file.clone() {
        match secret(&file, "database.url", given) {
            Ok(url) => settings.database.url = url,
            Err(Unread::Wrong(problem) | Unread::OutOfReach(problem)) => problems.push(problem),
        }
    }
    if let Some(file) = settings.email.smtp_url_file.clone() {
        match secret(&file, "email.smtp_url", given) {
            Ok(url) => settings.email.smtp_url = Some(url),
            Err(Unread::Wrong(problem)) => problems.push(problem),
            Err(Unread::OutOfReach(problem)) => settings.email.smtp_url_unread = Some(problem),
        }
    }
    with_sms_secrets(&mut settings, given, &mut problems);
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(LoadError(problems))
    }
}

fn with_sms_secrets(settings: &mut Settings, given: &BTreeSet<String>, problems: &mut Vec<String>) {
    let mut unread = None;
    for (setting, file, value) in settings.sms.secrets() {
        let Some(file) = file else { continue };
        match secret(&file, setting.trim_end_matches("_file"), given) {
            Ok(secret) => *value = Some(secret),
            Err(Unread::Wrong(problem)) => problems.push(problem),
            Err(Unread::OutOfReach(problem)) => unread = Some(problem),
        }
    }
    settings.sms.unread = unread;
}

/// Why a secret was not read from its file.
enum Unread {
    /// What is written is wrong, whoever reads it.
    Wrong(String),
    /// There is no such file for whoever runs this; under a service manager there may be one.
    OutOfReach(String),
}

fn secret(file: &Path, name: &str, given: &BTreeSet<String>) -> Result<String, Unread> {
    let wrong = |what: &str| Unread::Wrong(format!("{name}_file, {}: {what}", file.display()));
    if given.contains(name) {
        return Err(Unread::Wrong(format!(
            "set {name} or {name}_file, not both"
        )));
    }
    let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::PermissionDenied => {
            Unread::OutOfReach(format!("{}: {error}", file.display()))
        }
        _ => wrong(&error.to_string()),
    })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(wrong("the file is empty"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Method;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let source = Source {
            name: String::from("twinlock.toml"),
            text: text.to_owned(),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        source.settings().map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_given_means_the_defaults() {
        assert_eq!(read("", &[]).unwrap().server.listen, "127.0.0.1:8080");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_known_one() {
        for (text, name, nearest) in [
            ("[server]\nlisen = \"x\"", "server.lisen", "server.listen"),
            ("[servr]\n", "servr", "server"),
            (
                "[two_factor.totp]\npast_step = 1",
                "two_factor.totp.past_step",
                "two_factor.totp.past_steps",
            ),
            (
                "[server]\nsmtp_url = \"x\"",
                "server.smtp_url",
                "email.smtp_url",
            ),
            (
                "[[two_factor.totp.apps]]\nname = \"A\"\nlink = []",
                "two_factor.totp.apps.link",
                "two_factor.totp.apps.links",
            ),
        ] {
            assert_eq!(
                read(text, &[]).unwrap_err(),
                format!("twinlock.toml: there is no setting `{name}`; did you mean `{nearest}`?")
            );
        }
    }

    #[test]
    fn the_environment_overrides_the_file_and_is_typed_by_the_setting() {
        let settings = read(
            "[server]\nlisten = \"127.0.0.1:1\"",
            &[
                ("TWINLOCK_SERVER__LISTEN", "0.0.0.0:9"),
                ("TWINLOCK_TWO_FACTOR__REQUIRED", "true"),
                ("TWINLOCK_TWO_FACTOR__TOTP__PAST_STEPS", "0"),
                ("TWINLOCK_SIGN_IN__METHODS", "email_code"),
                (
                    "TWINLOCK_SERVER__TRUSTED_PROXIES",
                    "[\"10.0.0.1\", \"10.0.0.2\"]",
                ),
                ("TWINLOCK_BRANDING__SUPPORT_URL", "https://help.example.org"),
                ("TWINLOCK_SERVICE_HOST", "a name an orchestrator sets"),
            ],
        )
        .unwrap();
        assert_eq!(settings.server.listen, "0.0.0.0:9");
        assert!(settings.two_factor.required);
        assert_eq!(settings.two_factor.totp.past_steps, 0);
        assert_eq!(settings.sign_in.methods, [Method::EmailCode]);
        assert_eq!(settings.server.trusted_proxies.len(), 2);
        assert!(settings.branding.support_url.is_some());
    }

    #[test]
    fn slips_in_the_environment_are_told() {
        let said = |name, value| read("", &[(name, value)]).unwrap_err();
        assert!(said("TWINLOCK_SERVER__LISEN", "x").contains("did you mean `server.listen`?"));
        assert!(said("TWINLOCK_SERVER_LISTEN", "x").contains("TWINLOCK_SERVER__LISTEN"));
        assert!(said("TWINLOCK_TWO_FACTOR__REQUIRED", "yes").contains("true or false"));
        assert!(said("TWINLOCK_LIMITS__STEP_UP_MINUTES", "ten").contains("whole number"));
        let lax = said("TWINLOCK_LIMITS__PROFILE", "lax");
        assert!(lax.starts_with("TWINLOCK_LIMITS__PROFILE: "), "{lax}");
        assert!(lax.contains("strict"), "{lax}");
    }

    #[test]
    fn a_wrong_type_is_told_with_its_line_and_never_with_the_value() {
        let said = read("[email]\n\nsmtp_url = [\"smtp://u:hunter2@h\"]", &[]).unwrap_err();
        assert!(
            said.starts_with("twinlock.toml, line 3, email.smtp_url:"),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    fn a_value_that_is_none_of_those_there_are_is_told_with_its_setting() {
        for (text, told) in [
            (
                "[sms]\n# whom?\nprovider = \"vontage\"",
                "twinlock.toml, line 3, sms.provider: unknown variant `vontage`",
            ),
            (
                "[server]\nlisten = \"127.0.0.1:1\"\n[limits] \n profile = \"lax\"",
                "twinlock.toml, line 4, limits.profile: unknown variant `lax`",
            ),
        ] {
            let said = read(text, &[]).unwrap_err();
            assert!(said.starts_with(told), "{said}");
        }
    }

    #[test]
    fn a_secret_comes_from_a_file_and_only_from_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("smtp");
        std::fs::write(&file, "smtps://u:p@mail.example.org\n").unwrap();
        let line = format!("smtp_url_file = {:?}\n", file.display().to_string());
        let settings = read(&format!("[email]\n{line}"), &[]).unwrap();
        assert_eq!(
            settings.email.smtp_url.as_deref(),
            Some("smtps://u:p@mail.example.org")
        );
        std::fs::write(&file, " \n").unwrap();
        let empty = read(&format!("[email]\n{line}"), &[]).unwrap_err();
        assert!(empty.ends_with("the file is empty"), "{empty}");
        // Only `serve` needs it, and may be the only one who can read it.
        std::fs::remove_file(&file).unwrap();
        let settings = read(&format!("[email]\n{line}"), &[]).unwrap();
        assert!(settings.email.smtp_url.is_none());
        let why = settings.email.smtp_url_unread.as_deref().unwrap();
        assert!(why.contains("smtp"), "{why}");
        let findings = settings.findings();
        let told = findings
            .iter()
            .find(|one| one.setting == "email.smtp_url_file");
        assert_eq!(told.unwrap().severity, crate::config::Severity::Warning);
        std::fs::write(&file, "smtps://u:p@mail.example.org\n").unwrap();
        let twice = read(&format!("[email]\n{line}smtp_url = \"smtp://h\""), &[]).unwrap_err();
        assert_eq!(twice, "set email.smtp_url or email.smtp_url_file, not both");
    }

    #[test]
    fn every_example_is_taken_as_it_stands() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
        let mut seen = 0;
        let deployed = std::fs::read_dir(format!("{folder}/deploy")).unwrap();
        for entry in std::fs::read_dir(folder).unwrap().chain(deployed) {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let loaded = Loaded::read(&path, true, Vec::new()).unwrap();
            let errors: Vec<_> = loaded
                .settings
                .findings()
                .into_iter()
                .filter(|finding| finding.severity == crate::config::Severity::Error)
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
            seen += 1;
        }
        assert!(seen >= 6);
    }
}
