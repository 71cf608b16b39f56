//! The chores of the project. `cargo xtask` lists them; `.ci/run` is `check` and then `test`.
//!
//! Nothing here is part of the service: the tool starts other programs, times them and reads the tree.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]
#![expect(
    clippy::disallowed_methods,
    reason = "chores measure real time and wait for real processes; the service never runs this code"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{CommandFactory as _, Parser, Subcommand};

mod advisories;
mod architecture;
mod bench;
mod built;
mod campaign;
mod check;
mod dependencies;
mod fuzz;
mod layers;
mod leash;
mod licences;
mod named_paths;
mod packages;
mod policy;
mod postgres;
mod schema;
mod secrets;
mod spelling;
mod step;
mod tally;
mod test;
mod use_paths;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The chores of the project")]
struct Arguments {
    #[command(subcommand)]
    chore: Option<Chore>,
}

#[derive(Subcommand)]
enum Chore {
    /// Format, lints, licences, bans, advisories, docs, architecture, spelling
    Check(check::Options),
    /// Every test, with a private PostgreSQL and a real browser; ends with `N passed, N failed`
    Test(test::Options),
    /// Speed and memory, each beside a limit measured in the same run
    Bench(bench::Options),
    /// Looks for inputs that break a property of what reads them
    Fuzz(fuzz::Options),
    /// The long runs before a release: kills, races, model, fuzzing
    Campaign(campaign::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        None => list_chores(),
        Some(Chore::Check(options)) => {
            repository_root().and_then(|root| check::run(&root, &options))
        }
        Some(Chore::Bench(options)) => {
            repository_root().and_then(|root| bench::run(&root, &options))
        }
        Some(Chore::Fuzz(options)) => repository_root().and_then(|root| fuzz::run(&root, &options)),
        Some(Chore::Campaign(options)) => {
            repository_root().and_then(|root| campaign::run(&root, &options))
        }
        Some(Chore::Test(options)) => repository_root().and_then(|root| test::run(&root, &options)),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list_chores() -> Result<bool> {
    Arguments::command().print_help()?;
    Ok(true)
}

/// The folder of the workspace's `Cargo.toml`, taken from where this crate was compiled.
fn repository_root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .context("the xtask crate has no parent folder")
}
