//! The command line. Exit codes: 0 done, 1 it failed or found something wrong, 2 called wrongly.

mod audit;
mod backup;
mod config;
mod demo;
mod doctor;
mod doctor_files;
mod doctor_texts;
mod key;
mod keys;
mod logs;
mod migrate;
mod restore;
mod serve;
mod settings;
mod texts;
mod user;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::Stop;
use crate::config::Severity;

/// Every statement of the command line, for the test that prepares them all.
pub const STATEMENTS: &[&str] = doctor::STATEMENTS;

/// Self-hosted two-factor sign-in.
#[derive(Parser)]
#[command(name = "twinlock", version, propagate_version = true)]
struct Arguments {
    /// The settings file; without it twinlock.toml is read if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try everything: a demo with a simulated phone and inbox, on this machine only.
    Demo(demo::Demo),
    /// Serve for keeps: makes its database and key file at the first start.
    Serve(serve::Serve),
    /// Bring the database up to date.
    Migrate(migrate::Migrate),
    /// Look for what is wrong or unsafe.
    Doctor(doctor::Doctor),
    /// Look at the settings.
    Config(config::Config),
    /// Keys of the JSON API.
    Key(key::Key),
    /// The keys that seal secrets in the database.
    Keys(keys::Keys),
    /// Invitations, and the last way back into an account.
    User(user::User),
    /// Where text messages went, and how many of their codes came back.
    Texts(texts::Texts),
    /// Check and export the record of events.
    Audit(audit::Audit),
    /// Copy a SQLite database while it is in use.
    Backup(backup::Backup),
    /// Put a backup back.
    Restore(restore::Restore),
}

impl Command {
    /// What runs for long writes as its settings say, once they are read.
    fn begins_its_own_log(&self) -> bool {
        matches!(self, Self::Serve(_))
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.command.begins_its_own_log() {
        logs::write_errors();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(arguments)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = arguments.config.as_deref();
    match arguments.command {
        Command::Demo(demo) => demo.run(config).await,
        Command::Serve(serve) => serve.run(config).await,
        Command::Migrate(migrate) => migrate.run(config).await,
        Command::Doctor(doctor) => doctor.run(config).await,
        Command::Config(command) => command.run(config),
        Command::Key(key) => key.run(config).await,
        Command::Keys(keys) => keys.run(config).await,
        Command::User(user) => user.run(config).await,
        Command::Texts(texts) => texts.run(config).await,
        Command::Audit(audit) => audit.run(config).await,
        Command::Backup(backup) => backup.run(config).await,
        Command::Restore(restore) => restore.run(config).await,
    }
}

/// Writes a line for people or programs to standard output; whoever closed it does not want it.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A number and what it counts.
fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// Writes what is wrong to standard error, in red on a terminal.
fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    let (red, plain) = if err.is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        ("\x1b[31m", "\x1b[0m")
    } else {
        ("", "")
    };
    let _ = writeln!(err, "{red}error:{plain} {text}");
}

/// The signs before findings, coloured on a terminal.
struct Marks {
    coloured: bool,
}

impl Marks {
    fn for_standard_output() -> Self {
        let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { coloured }
    }

    fn ok(&self) -> String {
        self.paint("✓", "32")
    }

    fn of(&self, severity: Severity) -> String {
        match severity {
            Severity::Warning => self.paint("!", "33"),
            Severity::Error => self.paint("✗", "31"),
        }
    }

    fn paint(&self, sign: &str, colour: &str) -> String {
        if self.coloured {
            format!("\x1b[{colour}m{sign}\x1b[0m")
        } else {
            sign.to_owned()
        }
    }
}

/// What stopped a use case, for the operator.
fn trouble(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Fault(fault) => anyhow::Error::new(fault),
        Stop::Refused(refusal) => anyhow::anyhow!("refused: {refusal:?}"),
    }
}
