//! `cargo xtask bench`: builds the service as it is released and lets the bench program measure it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Accounts to make for the run
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
}

/// Builds, measures, prints one table.
///
/// # Errors
/// When a build or the run fails.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let build = [
        "build",
        "--release",
        "--package",
        "twinlock",
        "--package",
        "twinlock-bench",
    ];
    let built = Command::new("cargo")
        .args(build)
        .current_dir(root)
        .status()
        .context("cargo build")?;
    if !built.success() {
        return Ok(false);
    }
    let folder = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder));
    let release = folder.join("release");
    let measured = Command::new(release.join("twinlock-bench"))
        .arg(options.accounts.to_string())
        .env("TWINLOCK_BIN", release.join("twinlock"))
        .status()
        .context("twinlock-bench")?;
    Ok(measured.success())
}
