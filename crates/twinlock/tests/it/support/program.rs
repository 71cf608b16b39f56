//! The program itself, as an operator starts it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// Longest wait for anything to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs until the test ends it.
pub(crate) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    log: mpsc::Receiver<String>,
}

impl Running {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::begin(command(folder, arguments))
    }

    pub(crate) fn begin(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let log = lines_of(child.stderr.take().unwrap());
        Self { child, lines, log }
    }

    /// The next line on standard output that has this in it.
    pub(crate) fn line(&self, with: &str) -> String {
        next(&self.lines, with)
    }

    /// The next line of the log that has this in it.
    pub(crate) fn logged(&self, with: &str) -> String {
        next(&self.log, with)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn terminate(self) -> ExitStatus {
        self.ended().0
    }

    /// Ends it; how it ended, and what was logged and not read yet.
    pub(crate) fn ended(mut self) -> (ExitStatus, Vec<String>) {
        signal(self.child.id(), "TERM");
        let status = self.child.wait().unwrap();
        (status, self.log.iter().collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already where the test did it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (said, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if said.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn next(lines: &mpsc::Receiver<String>, with: &str) -> String {
    loop {
        let line = lines.recv_timeout(PATIENCE).unwrap();
        if line.contains(with) {
            return line;
        }
    }
}

pub(crate) fn signal(id: u32, name: &str) {
    let id = id.to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status();
    assert!(sent.unwrap().success());
}

pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twinlock"));
    command.args(arguments).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TWINLOCK_") {
            command.env_remove(name);
        }
    }
    // Tests run side by side: the usual port is for one of them only.
    command.env("TWINLOCK_TELEMETRY__METRICS_LISTEN", "");
    command
}

pub(crate) fn once(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One request; the whole answer.
pub(crate) fn ask(authority: &str, method: &str, path: &str, body: &str) -> String {
    let address = authority.replace("localhost", "127.0.0.1");
    let kind = "content-type: application/json";
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n{kind}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    send(&address, request.as_bytes())
}

/// Bytes as they are to an address; whatever comes back until the other side closes.
pub(crate) fn send(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    text(&answer)
}

pub(crate) fn json_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process works; the number of looks is limited"
)]
pub(crate) fn wait() {
    std::thread::sleep(Duration::from_millis(100));
}
