//! A private, real SMTP server (Debian's `python3-aiosmtpd`) on the loopback interface.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::port::free_port;

/// The interpreter of the Debian package; another Python first in the path would not see it.
const PYTHON: &str = "/usr/bin/python3";

/// Longest wait for the server to greet; starting Python on a busy machine takes its time.
const LONGEST_START: Duration = Duration::from_secs(20);

/// A running SMTP server that keeps what it accepts in a maildir. Ends when dropped.
#[derive(Debug)]
pub struct PrivateSmtp {
    home: TempDir,
    port: u16,
    smtputf8: bool,
    server: Option<Child>,
}

impl PrivateSmtp {
    /// Whether the server's package is installed. A test without it says that it is skipped.
    pub fn is_available() -> bool {
        Command::new(PYTHON)
            .args(["-c", "import aiosmtpd"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Starts a server on a free port and waits until it greets.
    ///
    /// # Errors
    /// The package is missing, or the server did not come up.
    pub fn start() -> Result<Self> {
        Self::start_with(false)
    }

    /// The same, for a server that also takes addresses outside ASCII (RFC 6531).
    ///
    /// # Errors
    /// As for [`PrivateSmtp::start`].
    pub fn start_with_smtputf8() -> Result<Self> {
        Self::start_with(true)
    }

    /// `smtp://127.0.0.1:PORT`, unencrypted and without sign-in.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Every accepted message as stored, oldest first. The server adds `X-MailFrom` and `X-RcptTo`
    /// headers that show the addresses of the SMTP conversation.
    ///
    /// # Errors
    /// The maildir cannot be read.
    pub fn messages(&self) -> Result<Vec<String>> {
        let arrived = self.maildir().join("new");
        if !arrived.exists() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(arrived)? {
            let path = entry?.path();
            files.push((fs::metadata(&path)?.modified()?, path));
        }
        files.sort();
        let read = |(_, path): (_, PathBuf)| {
            let raw = fs::read(&path)?;
            Ok(String::from_utf8_lossy(&raw).into_owned())
        };
        files.into_iter().map(read).collect()
    }

    /// Stops the server; accepted messages stay readable, and the port stays ours to start again.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // Failing to kill means that it is gone already.
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Starts the server again on the same port, with the messages of before.
    ///
    /// # Errors
    /// As for [`PrivateSmtp::start`].
    pub fn start_again(&mut self) -> Result<()> {
        self.stop();
        let mut command = Command::new(PYTHON);
        command.args(["-m", "aiosmtpd", "-n"]);
        if self.smtputf8 {
            command.arg("-u");
        }
        let server = command
            .args(["-l", &format!("127.0.0.1:{}", self.port)])
            .args(["-c", "aiosmtpd.handlers.Mailbox"])
            .arg(self.maildir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting aiosmtpd")?;
        self.server = Some(server);
        self.wait_for_greeting()
    }

    fn start_with(smtputf8: bool) -> Result<Self> {
        let mut private = Self {
            home: TempDir::new()?,
            port: free_port()?,
            smtputf8,
            server: None,
        };
        private.start_again()?;
        Ok(private)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "another program starts in real time and tells nobody when it is ready"
    )]
    fn wait_for_greeting(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < LONGEST_START {
            if greets(self.port) {
                return Ok(());
            }
            if let Some(server) = &mut self.server
                && let Some(status) = server.try_wait()?
            {
                bail!("aiosmtpd ended at once ({status}); is python3-aiosmtpd installed?");
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        bail!("aiosmtpd did not greet on port {}", self.port)
    }

    /// Made by the server: it refuses a folder that exists and is no maildir.
    fn maildir(&self) -> PathBuf {
        self.home.path().join("mail")
    }
}

impl Drop for PrivateSmtp {
    fn drop(&mut self) {
        self.stop();
    }
}

fn greets(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else {
        return false;
    };
    let mut greeting = [0; 3];
    let heard = stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .and_then(|()| stream.read_exact(&mut greeting));
    let _ = stream.write_all(b"QUIT\r\n");
    heard.is_ok() && &greeting == b"220"
}
