//! `deny.toml`: what the project accepts from outside, in the format of cargo-deny, so that either tool can read it.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The parts of `deny.toml` this tool enforces.
#[derive(Deserialize)]
pub(crate) struct Policy {
    /// Which published flaws are accepted, and why.
    pub(crate) advisories: Advisories,
    /// Which licences are accepted.
    pub(crate) licenses: Licences,
    /// Which packages are not.
    pub(crate) bans: Bans,
    /// Where packages may come from.
    pub(crate) sources: Sources,
}

/// `[advisories]`
#[derive(Deserialize)]
pub(crate) struct Advisories {
    /// Accepted advisories.
    pub(crate) ignore: Vec<AcceptedAdvisory>,
}

/// One accepted advisory.
#[derive(Deserialize)]
pub(crate) struct AcceptedAdvisory {
    /// `RUSTSEC-…`
    pub(crate) id: String,
    /// Why it does not hurt here.
    pub(crate) reason: String,
}

/// `[licenses]`
#[derive(Deserialize)]
pub(crate) struct Licences {
    /// SPDX identifiers.
    pub(crate) allow: Vec<String>,
}

/// `[bans]`
#[derive(Deserialize)]
pub(crate) struct Bans {
    /// Packages that must not be built.
    pub(crate) deny: Vec<BannedPackage>,
}

/// One banned package.
#[derive(Deserialize)]
pub(crate) struct BannedPackage {
    /// Its name.
    #[serde(rename = "crate")]
    pub(crate) name: String,
    /// Why not, and what instead.
    pub(crate) reason: String,
}

/// `[sources]`
#[derive(Deserialize)]
pub(crate) struct Sources {
    /// Addresses of registries, as `Cargo.lock` writes them.
    #[serde(rename = "allow-registry")]
    pub(crate) allow_registry: Vec<String>,
}

impl Policy {
    /// Reads `deny.toml` of the workspace.
    ///
    /// # Errors
    /// When the file is missing or a required part of it is.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let path = root.join("deny.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).context("deny.toml")
    }
}

/// One package of `Cargo.lock`.
#[derive(Deserialize)]
pub(crate) struct LockedPackage {
    /// Its name.
    pub(crate) name: String,
    /// The one version chosen.
    pub(crate) version: semver::Version,
    /// Where it comes from; nothing for the workspace's own.
    pub(crate) source: Option<String>,
}

#[derive(Deserialize)]
struct LockFile {
    package: Vec<LockedPackage>,
}

/// All packages of `Cargo.lock`, also those of platforms and features that are not built here.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn locked_packages(root: &Path) -> Result<Vec<LockedPackage>> {
    let text = std::fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock")?;
    let lock: LockFile = toml::from_str(&text).context("Cargo.lock")?;
    Ok(lock.package)
}
