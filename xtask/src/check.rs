//! `cargo xtask check`: what can be said about the tree without running it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use crate::packages::Consent;
use crate::step::{Show, cargo, run as run_step};
use crate::{advisories, architecture, dependencies, secrets, spelling};

/// A cold run of clippy compiles all dependencies first.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// Options of `cargo xtask check`.
#[derive(Args)]
pub(crate) struct Options {
    /// Run only the checks whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Install missing Debian packages without asking
    #[arg(long)]
    yes: bool,
}

type Check = (&'static str, fn(&Path, Consent) -> Result<()>);

/// The quick ones first: a slip in the layout should not wait for a compiler.
const CHECKS: &[Check] = &[
    ("format", |root, _| format(root)),
    ("architecture", |root, _| {
        no_findings(architecture::findings(root)?)
    }),
    ("advisories", |root, _| {
        no_findings(advisories::findings(root)?)
    }),
    ("licences, bans, sources", |root, _| {
        no_findings(dependencies::findings(root)?)
    }),
    ("secrets", |root, _| no_findings(secrets::findings(root)?)),
    ("spelling", spelling::check),
    ("lints", |root, _| lints(root)),
    ("documentation", |root, _| documentation(root)),
];

/// Runs all checks, also after one failed, and lists them with their times. `Ok(false)` when any failed.
///
/// # Errors
/// When `--only` names no check.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let consent = Consent::from_flag(options.yes);
    let pattern = options.only.as_deref().unwrap_or("");
    let mut lines = Vec::new();
    let mut all_good = true;
    for (name, check) in CHECKS.iter().filter(|(name, _)| name.contains(pattern)) {
        println!("== {name}");
        let started = Instant::now();
        let outcome = check(root, consent);
        if let Err(error) = &outcome {
            eprintln!("error: {name}: {error:#}");
            all_good = false;
        }
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        lines.push(format!(
            "{name:<28} {word:<7} {:>7.1} s",
            started.elapsed().as_secs_f64()
        ));
    }
    if lines.is_empty() {
        bail!("no check is called {pattern}");
    }
    println!("\n{}", lines.join("\n"));
    Ok(all_good)
}

fn no_findings(findings: Vec<String>) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    bail!("{} found\n  {}", findings.len(), findings.join("\n  "))
}

fn format(root: &Path) -> Result<()> {
    succeed(
        cargo(["fmt", "--all", "--check"]).current_dir(root),
        "run `cargo fmt --all`",
    )
}

fn lints(root: &Path) -> Result<()> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    succeed(cargo(arguments).current_dir(root), "see the lints above")
}

fn documentation(root: &Path) -> Result<()> {
    let mut command = cargo(["doc", "--workspace", "--no-deps"]);
    command.current_dir(root).env("RUSTDOCFLAGS", "-D warnings");
    succeed(&mut command, "see the broken documentation above")
}

/// Runs a command that reports its own troubles.
pub(crate) fn succeed(command: &mut Command, advice: &str) -> Result<()> {
    if run_step(command, LIMIT, Show::Everything)?.success {
        Ok(())
    } else {
        bail!("{advice}")
    }
}
