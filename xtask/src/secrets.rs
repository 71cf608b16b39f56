//! Secrets that must not be in the tree: private keys, tokens of this and other services, passwords written into settings.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use regex::Regex;

/// What looks like a secret, and what it is. A pattern is written so that it does not find itself.
const PATTERNS: &[(&str, &str)] = &[
    (
        r"-----BEGIN [A-Z ]*PRIVATE K[E]Y-----\s*[A-Za-z0-9+/=\s]{40}",
        "a private key",
    ),
    (
        r"\btl[skdivu]_[A-Za-z0-9_-]{86}\b",
        "a token of this service",
    ),
    (r"\bAKI[A][0-9A-Z]{16}\b", "a key of Amazon's"),
    (r"\bgh[pousr]_[A-Za-z0-9]{36}\b", "a token of GitHub's"),
    (r"\bgithub_pat_[A-Za-z0-9_]{60}", "a token of GitHub's"),
    (r"\bglpat-[A-Za-z0-9_-]{20}", "a token of GitLab's"),
    (r"\bxox[abprs]-[A-Za-z0-9-]{20}", "a token of Slack's"),
    (r"\bAIz[a][A-Za-z0-9_-]{35}\b", "a key of Google's"),
    (r"\bsk_live_[A-Za-z0-9]{20}", "a key of Stripe's"),
    (r"\bSK[0-9a-f]{32}\b", "a key of Twilio's"),
    (
        r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
        "a signed token (JWT)",
    ),
    (
        r#"(?i)\b(smtps?|postgres(ql)?|https?)://[a-z0-9_.-]+:[^@\s"'<>$\{\}]{3,}@(?<host>[a-z0-9.-]*)"#,
        "a password in an address",
    ),
];

/// Hosts whose passwords open nothing: this machine, and names nobody can have (RFC 2606) or that are none.
fn nobodys(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let made_up = [
        "example",
        "example.com",
        "example.org",
        "example.net",
        "localhost",
        "127.0.0.1",
    ];
    !host.contains('.')
        || made_up
            .iter()
            .any(|name| host == *name || host.ends_with(&format!(".{name}")))
}

/// Whether a text repeats a few characters, as what only has the shape of a secret does.
fn nothing_random(text: &str) -> bool {
    text.chars().collect::<BTreeSet<char>>().len() < 8
}

/// Endings of files that hold no text.
const NO_TEXT: &[&str] = &["png", "ico", "woff2", "db", "gz"];

/// Every file git knows or would add, searched line by line and, for keys, as a whole.
///
/// # Errors
/// When git cannot list the files.
pub(crate) fn findings(root: &Path) -> Result<Vec<String>> {
    let patterns = patterns()?;
    let mut findings = Vec::new();
    for name in files(root)? {
        let ending = name.rsplit('.').next().unwrap_or_default();
        if NO_TEXT.contains(&ending) {
            continue;
        }
        // What is no text, or was removed and not yet committed, has nothing to be read.
        let Ok(text) = std::fs::read_to_string(root.join(&name)) else {
            continue;
        };
        for (line, what) in found_in(&patterns, &text) {
            findings.push(format!(
                "{name}:{line}: {what}; take it out, and change it wherever it is in use"
            ));
        }
    }
    Ok(findings)
}

fn patterns() -> Result<Vec<(Regex, &'static str)>> {
    PATTERNS
        .iter()
        .map(|(pattern, what)| Ok((Regex::new(pattern)?, *what)))
        .collect()
}

fn found_in(patterns: &[(Regex, &'static str)], text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (pattern, what) in patterns {
        for found_here in pattern.captures_iter(text) {
            let host = found_here.name("host").map(|host| host.as_str());
            let Some(hit) = found_here.get(0).filter(|_| !host.is_some_and(nobodys)) else {
                continue;
            };
            if nothing_random(hit.as_str()) {
                continue;
            }
            let before = text.get(..hit.start()).unwrap_or_default();
            found.push((before.matches('\n').count() + 1, *what));
        }
    }
    found
}

fn files(root: &Path) -> Result<Vec<String>> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("git ls-files")?;
    let names = String::from_utf8(listed.stdout).context("a file name that is no text")?;
    Ok(names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z23_a_secret_in_a_file_is_found_with_its_line() {
        let patterns = patterns().unwrap();
        let found = |text: &str| found_in(&patterns, text);
        let key = format!(
            "# key\n-----BEGIN {}-----\n{}\n",
            "EC PRIVATE KEY",
            "MHcCAQEEIJ".repeat(6)
        );
        assert_eq!(found(&key), [(2, "a private key")]);
        let token = format!("x\ny = \"tls_{}ab\"", "Qm7x_K".repeat(14));
        assert_eq!(found(&token), [(2, "a token of this service")]);
        assert_eq!(found(&format!("tls_{}", "A".repeat(86))), []);
        let smtp = format!("smtp_url = \"smtps://me:{}@mail.acme.eu\"", "hunter2");
        assert_eq!(found(&smtp), [(1, "a password in an address")]);
        assert_eq!(found("smtps://me:password@mail.example.org:465"), []);
        assert_eq!(found("postgres://postgres@127.0.0.1/test"), []);
    }

    #[test]
    fn z23_this_tree_holds_no_secret() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(findings(root).unwrap(), Vec::<String>::new());
    }
}
