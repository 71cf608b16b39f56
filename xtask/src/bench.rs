//! `cargo xtask bench`: builds the service as it is released and lets the bench program measure it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Accounts to make for the run
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// People who sign in with password and code
    #[arg(long, default_value_t = 300)]
    people: usize,
    /// Which databases: sqlite, postgres or both
    #[arg(long, default_value = "both")]
    engine: String,
    /// Only these rows, such as W3,W5
    #[arg(long)]
    only: Option<String>,
}

/// Builds, measures, prints one table.
///
/// # Errors
/// When a build or the run fails.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    // The service as operators install it; the program beside it need not be packaged.
    if !build(root, "dist", "twinlock")? || !build(root, "release", "twinlock-bench")? {
        return Ok(false);
    }
    let target = target(root);
    let mut measure = Command::new(target.join("release").join("twinlock-bench"));
    measure
        .args(["--accounts", &options.accounts.to_string()])
        .args(["--people", &options.people.to_string()])
        .args(["--engine", &options.engine])
        .args(options.only.iter().flat_map(|rows| ["--only", rows]))
        .env("TWINLOCK_BIN", target.join("dist").join("twinlock"));
    let measured = measure.status().context("twinlock-bench")?;
    Ok(measured.success())
}

fn build(root: &Path, profile: &str, package: &str) -> Result<bool> {
    let built = Command::new("cargo")
        .args(["build", "--profile", profile, "--package", package])
        .current_dir(root)
        .status()
        .context("cargo build")?;
    Ok(built.success())
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder))
}
