//! What is built into the programs and tests: licences, banned packages, and where they come from.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::licences::is_acceptable;
use crate::policy::{LockedPackage, Policy, locked_packages};
use crate::step::cargo;

/// Everything that breaks `deny.toml`.
///
/// # Errors
/// When cargo cannot say what would be built, or a file cannot be read.
pub(crate) fn findings(root: &Path) -> Result<Vec<String>> {
    let policy = Policy::read(root)?;
    let mut findings = Vec::new();
    for package in packages_built(root)? {
        findings.extend(package.licence_trouble(&policy));
        findings.extend(package.ban(&policy));
    }
    for banned in policy
        .bans
        .deny
        .iter()
        .filter(|banned| banned.reason.trim().is_empty())
    {
        findings.push(format!("deny.toml bans {} without a reason", banned.name));
    }
    findings.extend(foreign_sources(&locked_packages(root)?, &policy));
    Ok(findings)
}

/// One package that is really compiled on this platform; `Cargo.lock` also names optional ones that are not.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    licence: String,
}

fn packages_built(root: &Path) -> Result<BTreeSet<Package>> {
    let arguments = [
        "tree",
        "--workspace",
        "--edges=normal,build,dev",
        "--prefix=none",
        "--format={p}|{l}",
    ];
    let output = cargo(arguments)
        .env("CARGO_TERM_COLOR", "never")
        .current_dir(root)
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "cargo tree failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout)?
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| Package::from_line(line).with_context(|| format!("cargo tree said {line:?}")))
        .collect()
}

impl Package {
    /// Reads `name v1.2.3 (where)|licence (*)`.
    fn from_line(line: &str) -> Option<Self> {
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split_whitespace();
        Some(Self {
            name: words.next()?.to_owned(),
            version: words.next()?.trim_start_matches('v').to_owned(),
            licence: licence.trim_end_matches("(*)").trim().to_owned(),
        })
    }

    fn licence_trouble(&self, policy: &Policy) -> Option<String> {
        let trouble = match is_acceptable(&self.licence, &policy.licenses.allow) {
            Some(true) => return None,
            Some(false) => "is not among the licences of deny.toml",
            None => "cannot be read as a licence",
        };
        Some(format!(
            "{} {}: {:?} {trouble}",
            self.name, self.version, self.licence
        ))
    }

    fn ban(&self, policy: &Policy) -> Option<String> {
        let banned = policy
            .bans
            .deny
            .iter()
            .find(|banned| banned.name == self.name)?;
        Some(format!(
            "{} {} is banned: {} (`cargo tree -i {}` says who brings it)",
            self.name, self.version, banned.reason, self.name
        ))
    }
}

fn foreign_sources(packages: &[LockedPackage], policy: &Policy) -> Vec<String> {
    let allowed: Vec<String> = policy
        .sources
        .allow_registry
        .iter()
        .map(|address| format!("registry+{address}"))
        .collect();
    packages
        .iter()
        .filter_map(|package| {
            let source = package.source.as_ref()?;
            (!allowed.contains(source))
                .then(|| format!("{} {} comes from {source}", package.name, package.version))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        toml::from_str(
            r#"
            advisories.ignore = []
            licenses.allow = ["MIT"]
            bans.deny = [{ crate = "openssl-sys", reason = "one crypto library" }]
            sources.allow-registry = ["https://registry.example/index"]
            "#,
        )
        .unwrap()
    }

    #[test]
    fn a_line_of_cargo_tree_is_taken_apart() {
        let package =
            Package::from_line("serde_derive v1.0.2 (proc-macro)|MIT OR Apache-2.0 (*)").unwrap();
        assert_eq!(package.name, "serde_derive");
        assert_eq!(package.version, "1.0.2");
        assert_eq!(package.licence, "MIT OR Apache-2.0");
    }

    #[test]
    fn a_banned_package_is_reported_with_the_reason() {
        let package = Package::from_line("openssl-sys v0.9.1|MIT").unwrap();
        assert!(package.licence_trouble(&policy()).is_none());
        assert!(
            package
                .ban(&policy())
                .unwrap()
                .contains("one crypto library")
        );
    }

    #[test]
    fn a_missing_or_foreign_licence_is_reported() {
        for line in ["a v1.0.0|", "a v1.0.0|GPL-3.0-only"] {
            assert!(
                Package::from_line(line)
                    .unwrap()
                    .licence_trouble(&policy())
                    .is_some(),
                "{line}"
            );
        }
    }

    #[test]
    fn a_package_from_another_place_is_reported() {
        let locked = |source: Option<&str>| LockedPackage {
            name: "a".to_owned(),
            version: semver::Version::new(1, 0, 0),
            source: source.map(str::to_owned),
        };
        let packages = [
            locked(None),
            locked(Some("registry+https://registry.example/index")),
            locked(Some("git+https://git.example/a")),
        ];
        let found = foreign_sources(&packages, &policy());
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("git.example"));
    }
}
