//! `cargo xtask test`: everything that can be run, on this machine, in one go.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use crate::built::{Built, TestProgram, build_everything};
use crate::packages::{self, CHROMEDRIVER, Consent};
use crate::postgres::PrivatePostgres;
use crate::schema;
use crate::step::{Finished, Show, cargo, run as run_step};
use crate::tally::{self, Runner, Tally};

/// No part may hang a build machine: a cold build on two slow cores stays well below the first.
const BUILD_LIMIT: Duration = Duration::from_secs(50 * 60);
const PART_LIMIT: Duration = Duration::from_secs(30 * 60);

/// The address of the private server, read by the tests of the second engine.
const POSTGRES_VARIABLE: &str = "TWINLOCK_TEST_POSTGRES";

/// Options of `cargo xtask test`.
#[derive(Args)]
pub(crate) struct Options {
    /// Run only tests whose name contains PATTERN, or a nextest filterset such as `package(twinlock-otp)`
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Install missing Debian packages without asking
    #[arg(long)]
    yes: bool,
}

impl Options {
    /// The pattern, if it is an expression rather than part of a name.
    fn filterset(&self) -> Option<&str> {
        self.only.as_deref().filter(|pattern| pattern.contains('('))
    }

    /// The pattern, if it is part of a name.
    fn name_part(&self) -> Option<&str> {
        self.only
            .as_deref()
            .filter(|pattern| !pattern.contains('('))
    }
}

/// Runs the tests and ends with the line `N passed, N failed`. `Ok(false)` when anything failed.
///
/// # Errors
/// Only when the last line cannot be written; everything else that goes wrong is counted as a failure.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let mut report = Report::default();
    if let Err(error) = run_parts(root, options, &mut report) {
        eprintln!("error: {error:#}");
        report.tally.failed += 1;
    }
    println!();
    for (part, took) in &report.parts {
        println!("{part:<28} {:>7.1} s", took.as_secs_f64());
    }
    println!(
        "{} passed, {} failed",
        report.tally.passed, report.tally.failed
    );
    Ok(report.tally.failed == 0)
}

#[derive(Default)]
struct Report {
    tally: Tally,
    parts: Vec<(&'static str, Duration)>,
}

impl Report {
    /// Runs one part and writes down how long it took, also when it fails.
    fn part<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n== {name}");
        let started = Instant::now();
        let outcome = work();
        self.parts.push((name, started.elapsed()));
        outcome
    }

    fn counted_part(&mut self, name: &'static str, work: impl FnOnce() -> Result<Tally>) {
        let tally = self.part(name, work).unwrap_or_else(|error| {
            eprintln!("error: {name}: {error:#}");
            Tally {
                passed: 0,
                failed: 1,
            }
        });
        self.tally = self.tally.plus(tally);
    }
}

fn run_parts(root: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let has_nextest = nextest_is_here();
    if options.filterset().is_some() && !has_nextest {
        bail!("--only with a filterset needs cargo-nextest; give part of a test's name instead");
    }
    let consent = Consent::from_flag(options.yes);
    report.part("missing packages", || {
        packages::install_missing(packages::FOR_TESTS, consent)
    })?;
    let built = report.part("build", || build_everything(root, BUILD_LIMIT))?;
    let postgres = report.part("start PostgreSQL", PrivatePostgres::start)?;
    let url = postgres.url();
    report.counted_part("tests", || {
        if has_nextest {
            nextest(root, options, &url)
        } else {
            let (_, rest) = split_browser_tests(root, &built);
            programs(&rest, options, |command| {
                command.env(POSTGRES_VARIABLE, &url);
            })
        }
    });
    if options.filterset().is_some() {
        println!(
            "\na filterset cannot choose examples, browser tests or the schema's: these were left out"
        );
        return Ok(());
    }
    report.counted_part("examples in documentation", || {
        doc_tests(root, options, &url)
    });
    report.counted_part("browser tests", || {
        browser_tests(root, options, &built, &url)
    });
    if options
        .name_part()
        .is_none_or(|part| schema::NAME.contains(part))
    {
        report.counted_part(schema::NAME, || {
            schema::run(root, &built, &url, schema::EXAMPLES, consent)
        });
    }
    Ok(())
}

fn nextest_is_here() -> bool {
    cargo(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}

fn nextest(root: &Path, options: &Options, url: &str) -> Result<Tally> {
    let mut command = cargo([
        "nextest",
        "run",
        "--workspace",
        "--no-fail-fast",
        "--no-tests=pass",
    ]);
    match options.filterset() {
        Some(filterset) => command.args(["-E", &format!("({filterset}) and not package(e2e)")]),
        None => command.args(["-E", "not package(e2e)"]),
    };
    // Nextest runs what both the filterset and the part of a name choose.
    command.args(options.name_part());
    count(
        Runner::Nextest,
        command.current_dir(root).env(POSTGRES_VARIABLE, url),
    )
}

fn doc_tests(root: &Path, options: &Options, url: &str) -> Result<Tally> {
    let mut command = cargo(["test", "--workspace", "--doc", "--no-fail-fast"]);
    if let Some(part) = options.name_part() {
        command.args(["--", part]);
    }
    count(
        Runner::Libtest,
        command.current_dir(root).env(POSTGRES_VARIABLE, url),
    )
}

fn browser_tests(root: &Path, options: &Options, built: &Built, url: &str) -> Result<Tally> {
    let (browser, _) = split_browser_tests(root, built);
    let prepare = |command: &mut Command| {
        command
            .arg("--test-threads=2")
            .env("CHROMEDRIVER", CHROMEDRIVER)
            .env(POSTGRES_VARIABLE, url);
        if let Some(twinlock) = &built.twinlock {
            command.env("TWINLOCK_BIN", twinlock);
        }
    };
    let mut sum = Tally::default();
    for test in browser {
        let mut command = program(test, options);
        prepare(&mut command);
        let finished = run_step(&mut command, PART_LIMIT, Show::Everything)?;
        let tally = tally_of(Runner::Libtest, &finished);
        let silent = tally::without_an_answer(&finished.lines);
        if silent.is_empty() {
            sum = sum.plus(tally);
            continue;
        }
        println!("\nthe browser's driver did not answer, so these run once more: {silent:?}");
        let mut again = program(test, options);
        again.arg("--exact").args(&silent);
        prepare(&mut again);
        let repeated = count(Runner::Libtest, &mut again)?;
        sum = sum.plus(tally.with_repeated(silent.len(), repeated));
    }
    Ok(sum)
}

fn split_browser_tests<'a>(
    root: &Path,
    built: &'a Built,
) -> (Vec<&'a TestProgram>, Vec<&'a TestProgram>) {
    let folder = root.join("e2e");
    built
        .tests
        .iter()
        .partition(|test| test.package_folder == folder)
}

/// Runs test programs one after the other, as `cargo test` would.
fn programs(
    tests: &[&TestProgram],
    options: &Options,
    prepare: impl Fn(&mut Command),
) -> Result<Tally> {
    let mut sum = Tally::default();
    for test in tests {
        let mut command = program(test, options);
        prepare(&mut command);
        sum = sum.plus(count(Runner::Libtest, &mut command)?);
    }
    Ok(sum)
}

fn program(test: &TestProgram, options: &Options) -> Command {
    let mut command = Command::new(&test.program);
    command
        .current_dir(&test.package_folder)
        .env("CARGO_MANIFEST_DIR", &test.package_folder)
        .args(options.name_part());
    command
}

/// Runs a test runner and reads its counts.
fn count(runner: Runner, command: &mut Command) -> Result<Tally> {
    let finished = run_step(command, PART_LIMIT, Show::Everything)?;
    Ok(tally_of(runner, &finished))
}

/// A runner that fails without naming a failed test counts as one failure.
fn tally_of(runner: Runner, finished: &Finished) -> Tally {
    let mut tally = Tally::read(runner, &finished.lines);
    if !finished.success && tally.failed == 0 {
        tally.failed = 1;
    }
    tally
}
