//! Published flaws of the packages in `Cargo.lock`, by the copy of the RustSec database in `xtask/advisories.json`: no network is needed.

use std::path::Path;

use anyhow::{Context as _, Result};
use semver::{Version, VersionReq};
use serde::Deserialize;

use crate::policy::{AcceptedAdvisory, LockedPackage, Policy, locked_packages};

/// One flaw of one package.
#[derive(Deserialize)]
struct Advisory {
    id: String,
    package: String,
    title: String,
    /// `unmaintained`, `unsound` or `notice`; nothing for a vulnerability.
    informational: Option<String>,
    /// Ranges of versions in which it is mended.
    patched: Vec<String>,
    /// Ranges of versions that never had it.
    #[serde(default)]
    unaffected: Vec<String>,
}

#[derive(Deserialize)]
struct Database {
    advisories: Vec<Advisory>,
}

/// Every flaw that is not accepted in `deny.toml`, and every acceptance that is no longer needed.
///
/// # Errors
/// When the database, `deny.toml` or `Cargo.lock` cannot be read.
pub(crate) fn findings(root: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(root.join("xtask/advisories.json"))
        .context("xtask/advisories.json")?;
    let database: Database = serde_json::from_str(&text).context("xtask/advisories.json")?;
    let accepted = Policy::read(root)?.advisories.ignore;
    judge(&database.advisories, &locked_packages(root)?, &accepted)
}

fn judge(
    advisories: &[Advisory],
    packages: &[LockedPackage],
    accepted: &[AcceptedAdvisory],
) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut met = Vec::new();
    for package in packages.iter().filter(|package| package.source.is_some()) {
        for advisory in advisories
            .iter()
            .filter(|known| known.package == package.name)
        {
            if !advisory.concerns(&package.version)? {
                continue;
            }
            met.push(advisory.id.as_str());
            if !accepted.iter().any(|entry| entry.id == advisory.id) {
                findings.push(format!(
                    "{} {}: {} ({}, {}); mended in: {}",
                    package.name,
                    package.version,
                    advisory.title,
                    advisory.id,
                    advisory.informational.as_deref().unwrap_or("vulnerability"),
                    if advisory.patched.is_empty() {
                        "nothing".to_owned()
                    } else {
                        advisory.patched.join(" or ")
                    },
                ));
            }
        }
    }
    for entry in accepted {
        if !met.contains(&entry.id.as_str()) {
            findings.push(format!(
                "deny.toml accepts {}, which concerns nothing here: remove it",
                entry.id
            ));
        }
        if entry.reason.trim().is_empty() {
            findings.push(format!("deny.toml accepts {} without a reason", entry.id));
        }
    }
    Ok(findings)
}

impl Advisory {
    /// Whether a version has the flaw. A pre-release counts as having it unless a range names it: better asked twice than missed.
    fn concerns(&self, version: &Version) -> Result<bool> {
        for range in self.patched.iter().chain(&self.unaffected) {
            let range = VersionReq::parse(range)
                .with_context(|| format!("{}: the range {range:?}", self.id))?;
            if range.matches(version) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisory(patched: &[&str], unaffected: &[&str]) -> Advisory {
        Advisory {
            id: "RUSTSEC-2026-0001".to_owned(),
            package: "glass".to_owned(),
            title: "breaks when dropped".to_owned(),
            informational: None,
            patched: patched.iter().map(|&range| range.to_owned()).collect(),
            unaffected: unaffected.iter().map(|&range| range.to_owned()).collect(),
        }
    }

    fn locked(version: &str) -> LockedPackage {
        LockedPackage {
            name: "glass".to_owned(),
            version: version.parse().unwrap(),
            source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
        }
    }

    fn accepted(id: &str) -> AcceptedAdvisory {
        AcceptedAdvisory {
            id: id.to_owned(),
            reason: "never dropped".to_owned(),
        }
    }

    #[test]
    fn ranges_decide_which_versions_have_the_flaw() {
        let table = [
            (
                &["^ 2.2.1", ">= 3.0.0-beta.9"][..],
                &["< 2.0.0"][..],
                "2.2.0",
                true,
            ),
            (
                &["^ 2.2.1", ">= 3.0.0-beta.9"],
                &["< 2.0.0"],
                "2.2.1",
                false,
            ),
            (
                &["^ 2.2.1", ">= 3.0.0-beta.9"],
                &["< 2.0.0"],
                "1.9.9",
                false,
            ),
            (
                &["^ 2.2.1", ">= 3.0.0-beta.9"],
                &["< 2.0.0"],
                "3.0.0-beta.8",
                true,
            ),
            (
                &["^ 2.2.1", ">= 3.0.0-beta.9"],
                &["< 2.0.0"],
                "3.1.0",
                false,
            ),
            (&[], &[], "1.0.0", true),
            (&[">= 0.3.7, < 0.4.0"], &[], "0.4.0", true),
        ];
        for (patched, unaffected, version, flawed) in table {
            let concerned = advisory(patched, unaffected).concerns(&version.parse().unwrap());
            assert_eq!(
                concerned.unwrap(),
                flawed,
                "{version} of {patched:?} {unaffected:?}"
            );
        }
    }

    #[test]
    fn an_unaccepted_flaw_is_reported_and_an_accepted_one_is_not() {
        let known = [advisory(&[">= 2.0.0"], &[])];
        let found = judge(&known, &[locked("1.0.0")], &[]).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("RUSTSEC-2026-0001"));
        let found = judge(&known, &[locked("1.0.0")], &[accepted("RUSTSEC-2026-0001")]).unwrap();
        assert!(found.is_empty());
    }

    #[test]
    fn an_acceptance_that_concerns_nothing_is_reported() {
        let known = [advisory(&[">= 2.0.0"], &[])];
        let found = judge(&known, &[locked("2.0.0")], &[accepted("RUSTSEC-2026-0001")]).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("remove it"));
    }

    #[test]
    fn every_range_of_the_database_can_be_read() {
        let database: Database = serde_json::from_str(include_str!("../advisories.json")).unwrap();
        let version = Version::new(1, 0, 0);
        for advisory in &database.advisories {
            advisory.concerns(&version).unwrap();
        }
        assert!(database.advisories.len() > 1_000);
    }
}
