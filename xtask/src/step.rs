//! One announced, timed and time-limited run of another program.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::leash::{Ending, Leashed};

/// What one run came to.
pub(crate) struct Finished {
    /// Whether the program exited with 0.
    pub(crate) success: bool,
    /// Every line of its output, standard output and standard error as they came.
    pub(crate) lines: Vec<String>,
}

/// Where the lines of a program's standard output go. Its standard error is always shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Standard output is passed on as it comes.
    Everything,
    /// Standard output is only kept (machine-readable messages).
    OnlyErrors,
}

/// `cargo` with the arguments given, as the cargo that started this program, without the variables it set for this crate alone.
pub(crate) fn cargo<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if std::io::stderr().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

/// Runs `command` to its end, at most for `limit`, passing its output on line by line.
///
/// # Errors
/// When it cannot be started, or is still running at the limit (then it is ended with all its children).
pub(crate) fn run(command: &mut Command, limit: Duration, show: Show) -> Result<Finished> {
    let name = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Leashed::start(command, Ending::Terminate, None)
        .with_context(|| format!("cannot start {name}"))?;
    let (sender, lines) = channel();
    let output = process.child().stdout.take();
    let errors = process.child().stderr.take();
    let readers = [
        output.map(|pipe| pass_on(pipe, sender.clone(), show, std::io::stdout())),
        errors.map(|pipe| pass_on(pipe, sender, Show::Everything, std::io::stderr())),
    ];
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = process.ended()? {
            break status;
        }
        if Instant::now() > deadline {
            bail!(
                "{name} was ended: still running after {} s",
                limit.as_secs()
            );
        }
        thread::sleep(Duration::from_millis(50));
    };
    // Grandchildren that stayed behind hold the pipes open: they go before the readers are awaited.
    drop(process);
    for reader in readers.into_iter().flatten() {
        if reader.join().is_err() {
            bail!("the output of {name} could not be read");
        }
    }
    Ok(Finished {
        success: status.success(),
        lines: collect(&lines),
    })
}

fn pass_on(
    pipe: impl Read + Send + 'static,
    kept: Sender<String>,
    show: Show,
    mut shown: impl Write + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while reader
            .read_until(b'\n', &mut bytes)
            .is_ok_and(|read| read > 0)
        {
            let line = String::from_utf8_lossy(&bytes).into_owned();
            bytes.clear();
            // A closed terminal must not end the run half way, nor may a receiver that is gone.
            if show == Show::Everything && shown.write_all(line.as_bytes()).is_err() {
                continue;
            }
            if kept.send(line).is_err() {
                return;
            }
        }
    })
}

fn collect(lines: &Receiver<String>) -> Vec<String> {
    lines
        .try_iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_and_outcome_of_a_program_are_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let finished = run(&mut command, Duration::from_secs(20), Show::OnlyErrors).unwrap();
        let mut lines = finished.lines;
        lines.sort();
        assert!(!finished.success);
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn a_program_that_never_ends_is_ended_at_its_limit() {
        let started = Instant::now();
        let mut command = Command::new("sleep");
        command.arg("60");
        let outcome = run(&mut command, Duration::from_millis(200), Show::Everything);
        assert!(outcome.is_err());
        assert!(started.elapsed() < Duration::from_secs(9));
    }

    #[test]
    fn a_grandchild_that_stays_behind_does_not_hold_the_run_up() {
        let started = Instant::now();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & echo done"]);
        let finished = run(&mut command, Duration::from_secs(20), Show::OnlyErrors).unwrap();
        assert!(finished.success);
        assert!(started.elapsed() < Duration::from_secs(9));
    }
}
