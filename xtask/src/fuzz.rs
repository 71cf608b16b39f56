//! `cargo xtask fuzz`: the properties of the crate `fuzz` under libFuzzer, with the stable compiler.
//!
//! libFuzzer needs the program to say which way it went. The compiler can do that without being a nightly one: its sanitizer pass is an
//! ordinary LLVM pass. What needs a nightly compiler is the address sanitizer; the code here has no `unsafe` for it to look at.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::step::cargo;

/// What makes the compiler count the edges that ran, as `cargo fuzz` sets it.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this target; a folder of `fuzz/corpus`
    target: Option<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

impl Options {
    /// Every target, each for so many seconds.
    pub(crate) fn each_for(seconds: u32) -> Self {
        Self {
            target: None,
            seconds,
        }
    }
}

/// Builds the fuzzer and runs it over each target. What it finds stays in `target/fuzz/findings`.
///
/// # Errors
/// When it cannot be built or started. `Ok(false)` when a property did not hold.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let known = targets(root)?;
    let chosen: Vec<&String> = match &options.target {
        None => known.iter().collect(),
        Some(target) => known.iter().filter(|name| *name == target).collect(),
    };
    if chosen.is_empty() {
        bail!("there is no such target; there are: {}", known.join(", "));
    }
    let program = build(root)?;
    let mut rows = Vec::new();
    let mut holds = true;
    for name in chosen {
        let found = one(root, &program, name, options.seconds)?;
        holds &= found.holds;
        rows.push(found);
    }
    println!(
        "\n{:<18} {:>12} {:>9} {:>8}  outcome",
        "target", "runs", "coverage", "kept"
    );
    for row in rows {
        println!(
            "{:<18} {:>12} {:>9} {:>8}  {}",
            row.name,
            row.runs,
            row.coverage,
            row.kept,
            row.outcome()
        );
    }
    Ok(holds)
}

fn targets(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("fuzz/corpus")).context("fuzz/corpus")? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn build(root: &Path) -> Result<PathBuf> {
    let triple = host()?;
    let target = root.join("target/fuzz");
    let built = cargo([
        "build",
        "--profile",
        "fuzz",
        "--package",
        "twinlock-fuzz",
        "--bin",
        "fuzz",
        "--features",
        "libfuzzer",
    ])
    // With a target named, the flags are not given to build scripts and macros.
    .args(["--target", &triple])
    .env("RUSTFLAGS", COVERAGE)
    .env("CARGO_TARGET_DIR", &target)
    .current_dir(root)
    .status()
    .context("cargo build")?;
    if !built.success() {
        bail!("the fuzzer does not build");
    }
    Ok(target.join(triple).join("fuzz/fuzz"))
}

fn host() -> Result<String> {
    let said = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not say what it runs on")
}

struct Found {
    name: String,
    runs: String,
    coverage: String,
    kept: usize,
    holds: bool,
}

impl Found {
    fn outcome(&self) -> &'static str {
        if self.holds {
            "holds"
        } else {
            "FOUND: see target/fuzz/findings"
        }
    }
}

fn one(root: &Path, program: &Path, name: &str, seconds: u32) -> Result<Found> {
    let work = root.join("target/fuzz/inputs").join(name);
    let findings = root.join("target/fuzz/findings").join(name);
    std::fs::create_dir_all(&work)?;
    std::fs::create_dir_all(&findings)?;
    seed(&root.join("fuzz/corpus").join(name), &work)?;
    println!("\n== {name}, {seconds} s");
    let output = Command::new(program)
        .arg(&work)
        .args([
            &format!("-max_total_time={seconds}"),
            "-max_len=2048",
            "-timeout=10",
            "-rss_limit_mb=1024",
            "-print_final_stats=1",
        ])
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .env("TWINLOCK_FUZZ_TARGET", name)
        .env("RUST_BACKTRACE", "0")
        .current_dir(root)
        .output()
        .with_context(|| format!("{}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        let tail: Vec<&str> = said.lines().rev().take(20).collect();
        println!("{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
    let coverage = said
        .lines()
        .rev()
        .find_map(|line| line.split("cov: ").nth(1)?.split(' ').next())
        .unwrap_or("?");
    let runs = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .unwrap_or("?");
    Ok(Found {
        name: name.to_owned(),
        runs: runs.trim().to_owned(),
        coverage: coverage.to_owned(),
        kept: std::fs::read_dir(&work)?.count(),
        holds: output.status.success(),
    })
}

/// Each line of the kept file becomes an input of its own.
fn seed(kept: &Path, work: &Path) -> Result<()> {
    let text = std::fs::read_to_string(kept.join("lines.txt"))?;
    for (number, line) in text.lines().enumerate() {
        let plain = line
            .replace("\\n", "\n")
            .replace("\\r", "\r")
            .replace("\\0", "\0")
            .replace("\\\\", "\\");
        std::fs::write(work.join(format!("kept-{number}")), plain)?;
    }
    Ok(())
}
