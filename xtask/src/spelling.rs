//! Spelling, by `typos` with the exceptions of `typos.toml`.
//!
//! The checker comes as a ready wheel from PyPI, pinned by version and hash in `xtask/requirements.txt`: building it would take minutes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::check::succeed;
use crate::packages::{self, Consent, on_a_build_machine};

/// The release; the same as in `requirements.txt` and part of the folder's name, so that a new one is installed beside the old.
const RELEASE: &str = "1.52.0";

/// Checks every file that git knows or would add.
///
/// # Errors
/// When a word is misspelt, or when the checker cannot be installed on a build machine.
pub(crate) fn check(root: &Path, consent: Consent) -> Result<()> {
    let checker = match installed(root, consent) {
        Ok(checker) => checker,
        Err(error) if !on_a_build_machine() => {
            println!("skipped here, a build machine will not: {error:#}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    succeed(
        Command::new(checker)
            .arg("--config=typos.toml")
            .current_dir(root),
        "mend the words, or say in typos.toml why they are right",
    )
}

fn installed(root: &Path, consent: Consent) -> Result<PathBuf> {
    let folder = root.join("target/tools").join(format!("typos-{RELEASE}"));
    let checker = folder.join("bin/typos");
    if checker.exists() {
        return Ok(checker);
    }
    install(&folder, &root.join("xtask/requirements.txt"), consent)?;
    Ok(checker)
}

/// Installs tools from PyPI into a folder of their own, each pinned by version and hash in `requirements`.
///
/// # Errors
/// When Python is missing and may not be installed, or when a tool cannot be had.
pub(crate) fn install(folder: &Path, requirements: &Path, consent: Consent) -> Result<()> {
    packages::install_missing(packages::FOR_PYTHON_TOOLS, consent)?;
    let python = packages::python_with_venv().context("no Python that makes environments")?;
    output_of(Command::new(python).args(["-m", "venv"]).arg(folder))?;
    output_of(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--no-deps", "--require-hashes", "-r"])
            .arg(requirements),
    )
}

fn output_of(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    bail!(
        "{} failed: {}",
        command.get_program().display(),
        String::from_utf8_lossy(&output.stderr).trim()
    )
}
