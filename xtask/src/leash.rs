//! A started process that never outlives this program, however this program ends.
//!
//! A destructor does not run on Ctrl-C or `kill`. So a small shell waits on a pipe that only this program holds open: when the pipe closes,
//! by a drop, a signal or a crash, the shell ends the whole process group and removes what it was told to remove.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// Arguments: signal name, process group, folder to remove (or nothing).
/// Ten seconds are left for an orderly end before SIGKILL.
const WATCHER: &str = r#"
trap '' INT TERM HUP
read -r _
kill -s "$1" -- "-$2" 2>/dev/null
tries=0
while kill -s 0 -- "-$2" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "-$2" 2>/dev/null
if [ -n "$3" ]; then rm -rf -- "$3"; fi
"#;

/// How a leashed process is asked to end.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    /// `SIGTERM`.
    Terminate,
    /// `SIGINT`, which PostgreSQL reads as "disconnect everybody and shut down cleanly".
    Interrupt,
}

/// A child process in a process group of its own, ended together with its children when this value is dropped.
pub(crate) struct Leashed {
    child: Child,
    watcher: Child,
}

impl Leashed {
    /// Starts `command`. `remove` is a folder to delete once the process is gone.
    ///
    /// # Errors
    /// When either the program or the shell that watches over it cannot be started.
    pub(crate) fn start(
        command: &mut Command,
        ending: Ending,
        remove: Option<&Path>,
    ) -> io::Result<Self> {
        let mut child = command.process_group(0).spawn()?;
        let signal = match ending {
            Ending::Terminate => "TERM",
            Ending::Interrupt => "INT",
        };
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, "watcher", signal])
            .arg(child.id().to_string())
            .arg(remove.unwrap_or_else(|| Path::new("")))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match watcher {
            Ok(watcher) => Ok(Self { child, watcher }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// The process itself, to read its output.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the process ended, or `None` while it runs.
    ///
    /// # Errors
    /// When the system cannot say.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // The child is reaped first: the watcher still sees a process that nobody has waited for.
        let reaped = self.child.wait();
        let watched = self.watcher.wait();
        if let Err(error) = reaped.and(watched) {
            eprintln!("warning: a child process could not be waited for: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn dropping_the_leash_ends_the_process_and_removes_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("scratch");
        std::fs::create_dir(&kept).unwrap();
        let started = Instant::now();
        let leash = Leashed::start(
            Command::new("sleep").arg("60"),
            Ending::Terminate,
            Some(&kept),
        )
        .unwrap();
        drop(leash);
        assert!(!kept.exists());
        assert!(started.elapsed() < Duration::from_secs(9));
    }

    #[test]
    fn a_grandchild_ends_with_the_group() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("pid");
        let script = format!("sleep 60 & echo $! > {}; wait", note.display());
        let leash = Leashed::start(
            Command::new("sh").args(["-c", &script]),
            Ending::Terminate,
            None,
        )
        .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::fs::read_to_string(&note).map_or(true, |text| !text.ends_with('\n')) {
            assert!(Instant::now() < deadline, "the grandchild never started");
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = std::fs::read_to_string(&note).unwrap();
        drop(leash);
        let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        assert!(
            status.is_err() || status.unwrap().contains(") Z "),
            "the grandchild still runs"
        );
    }
}
