//! `cargo xtask campaign`: what a release waits for: many kills, many races, many stories of the model, long fuzzing.
//!
//! They are the ordinary tests with larger numbers, so that what fails here can be run again as one test.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::built::build_everything;
use crate::fuzz;
use crate::packages::{self, Consent};
use crate::postgres::PrivatePostgres;
use crate::schema;
use crate::step::{Show, cargo, run as run_step};

/// Options of `cargo xtask campaign`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Kills of the process under load, on each engine
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Rounds of each race
    #[arg(long, default_value_t = 200)]
    races: u32,
    /// Stories of the model of an account, on each engine
    #[arg(long, default_value_t = 2000)]
    model: u32,
    /// Which stories: another number tells others
    #[arg(long, default_value_t = 2)]
    seed: u32,
    /// Seconds of fuzzing for each target
    #[arg(long, default_value_t = 600)]
    fuzz: u32,
    /// Examples for each call of the API, on each engine, made from its description
    #[arg(long, default_value_t = 200)]
    examples: u32,
    /// Install missing Debian packages without asking
    #[arg(long)]
    yes: bool,
}

/// No part takes longer.
const LIMIT: Duration = Duration::from_secs(8 * 3600);

/// Runs all parts and prints one table. `Ok(false)` when any failed.
///
/// # Errors
/// When something could not be started.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let consent = Consent::from_flag(options.yes);
    packages::install_missing(packages::FOR_TESTS, consent)?;
    let postgres = PrivatePostgres::start()?;
    let url = postgres.url();
    let parts = [
        ("kills", "kills::", "TWINLOCK_KILLS", options.kills),
        ("races", "at_once", "TWINLOCK_ROUNDS", options.races),
        ("model", "model::", "TWINLOCK_MODEL_CASES", options.model),
    ];
    let mut rows = Vec::new();
    for (part, tests, variable, number) in parts {
        let started = Instant::now();
        let mut command = cargo([
            "test",
            "--package",
            "twinlock",
            "--test",
            "it",
            "--",
            "--nocapture",
            "--test-threads=2",
            tests,
        ]);
        command
            .current_dir(root)
            .env("TWINLOCK_TEST_POSTGRES", &url)
            .env("TWINLOCK_MODEL_SEED", options.seed.to_string())
            .env(variable, number.to_string());
        let finished = run_step(&mut command, LIMIT, Show::Everything)?;
        rows.push((part, number, started.elapsed(), finished.success));
    }
    let started = Instant::now();
    let fuzzed = options.fuzz == 0 || fuzz::run(root, &fuzz::Options::each_for(options.fuzz))?;
    rows.push((
        "fuzz, seconds a target",
        options.fuzz,
        started.elapsed(),
        fuzzed,
    ));
    if options.examples > 0 {
        let started = Instant::now();
        let built = build_everything(root, LIMIT)?;
        let tally = schema::run(root, &built, &url, options.examples, consent)?;
        let passed = tally.failed == 0;
        rows.push((
            "schema, examples a call",
            options.examples,
            started.elapsed(),
            passed,
        ));
    }
    println!("\n{:<24} {:>8} {:>9}  outcome", "part", "number", "took");
    for (part, number, took, passed) in &rows {
        println!(
            "{part:<24} {number:>8} {:>7.0} s  {}",
            took.as_secs_f64(),
            if *passed { "passed" } else { "FAILED" }
        );
    }
    Ok(rows.iter().all(|(_, _, _, passed)| *passed))
}
