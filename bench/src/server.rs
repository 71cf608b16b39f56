//! The server under measurement: the release binary on a new database.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::client;
use crate::database::Database;
use crate::gateway::Gateway;
use crate::usage::Usage;

const WITH_TEXTS: &str = "twinlock.toml";
const WITHOUT_TEXTS: &str = "without-texts.toml";

/// A running `twinlock serve`; ended when dropped.
pub(crate) struct Server {
    child: Child,
    /// `host:port` it listens on.
    pub(crate) address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the program and its files are.
pub(crate) struct Place {
    binary: PathBuf,
    folder: tempfile::TempDir,
    /// `host:port` to listen on.
    pub(crate) address: String,
    /// What is under it.
    pub(crate) database: Database,
}

impl Place {
    /// A new folder with settings for a server on a free port.
    pub(crate) fn new(binary: &Path, database: Database, gateway: &Gateway) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let address = format!("localhost:{port}");
        let (shown, url) = (folder.path().display(), database.url());
        let settings = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://{address}\"\n\n[database]\nurl = \"{url}\"\n\n[keys]\nmaster_key_file = \"{shown}/bench.key\"\n\n[sign_in]\nsign_up = \"open\"\n"
        );
        std::fs::write(folder.path().join(WITHOUT_TEXTS), &settings)?;
        let Gateway { url, secret, .. } = gateway;
        let texts = format!(
            "\n[two_factor]\nallowed_kinds = [\"totp\", \"webauthn\", \"sms\"]\n\n[sms]\nprovider = \"webhook\"\nallowed_countries = [\"DE\"]\ndaily_cap = 100000\n\n[sms.webhook]\nurl = \"{url}\"\nsecret = \"{secret}\"\n"
        );
        std::fs::write(folder.path().join(WITH_TEXTS), settings + &texts)?;
        Ok(Self {
            binary: binary.to_owned(),
            folder,
            address,
            database,
        })
    }

    /// Runs a command of the program to its end; what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self
            .command(arguments, WITH_TEXTS)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            bail!("twinlock {} failed", arguments.join(" "));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn command(&self, arguments: &[&str], settings: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .arg("--config")
            .arg(self.folder.path().join(settings))
            .current_dir(self.folder.path());
        command
    }

    /// Starts the server; how long it took until it was ready.
    pub(crate) async fn start(&self) -> Result<(Server, Duration)> {
        self.start_with(WITH_TEXTS).await
    }

    /// The same, where nobody delivers texts.
    pub(crate) async fn start_without_texts(&self) -> Result<(Server, Duration)> {
        self.start_with(WITHOUT_TEXTS).await
    }

    async fn start_with(&self, settings: &str) -> Result<(Server, Duration)> {
        let began = client::now();
        let child = self
            .command(&["serve"], settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Server {
            child,
            address: self.address.replace("localhost", "127.0.0.1"),
        };
        let ask = format!("GET /readyz HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        while began.elapsed() < Duration::from_secs(20) {
            if client::once(&server.address, &ask)
                .await
                .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
            {
                return Ok((server, began.elapsed()));
            }
            tokio::task::yield_now().await;
        }
        bail!("the server did not get ready")
    }
}

impl Server {
    /// CPU time used so far.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(self.child.id())
    }

    /// Resident memory in MB (10^6 bytes).
    pub(crate) fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .context("VmRSS")?;
        let kib: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}
