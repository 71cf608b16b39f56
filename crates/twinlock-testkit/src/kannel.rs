//! A private, real Kannel gateway (Debian's `kannel` and `kannel-extras`) on the loopback interface,
//! with Kannel's own fake carrier behind it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::port::free_port;

const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
const FAKE_CARRIER: &str = "/usr/lib/kannel/test/fakesmsc";

/// Longest wait for the three programs to find each other.
const LONGEST_START: Duration = Duration::from_secs(30);

/// Longest wait for a message to come through.
const LONGEST_WAY: Duration = Duration::from_secs(30);

/// Another program may take a port between its choice and its use.
const MOST_STARTS: usize = 3;

/// A running gateway. Ends with all its programs when dropped.
#[derive(Debug)]
pub struct PrivateKannel {
    home: TempDir,
    ports: Ports,
    /// The last one started first.
    programs: Vec<Child>,
}

#[derive(Debug)]
struct Ports {
    admin: u16,
    boxes: u16,
    carrier: u16,
    sendsms: u16,
}

impl PrivateKannel {
    /// The user who may send.
    pub const USERNAME: &str = "twinlock";
    /// The user's password: it has what addresses and settings could stumble over.
    pub const PASSWORD: &str = "p ss&1%d=+";
    /// Numbers that begin so have no carrier.
    pub const UNROUTABLE: &str = "+9999";

    /// Whether the gateway's packages are installed. A test without them says that it is skipped.
    #[must_use]
    pub fn is_available() -> bool {
        [BEARERBOX, SMSBOX, FAKE_CARRIER]
            .iter()
            .all(|program| Path::new(program).exists())
    }

    /// Starts a gateway on free ports and waits until its carrier is connected.
    ///
    /// # Errors
    /// A package is missing, or the programs did not find each other.
    pub fn start() -> Result<Self> {
        let mut attempt = Self::start_once();
        for _ in 1..MOST_STARTS {
            if attempt.is_ok() {
                break;
            }
            attempt = Self::start_once();
        }
        attempt
    }

    /// The address to send texts to.
    #[must_use]
    pub fn sendsms_url(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.ports.sendsms)
    }

    /// Waits until so many messages have reached the carrier, and gives all as in
    /// [`PrivateKannel::arrived`]. Kannel reports a delivery before the fake carrier writes it down.
    ///
    /// # Errors
    /// They did not come, or the carrier's log cannot be read.
    #[expect(
        clippy::disallowed_methods,
        reason = "another program writes a file in real time and tells nobody"
    )]
    pub fn wait_for(&self, count: usize) -> Result<Vec<String>> {
        let started = Instant::now();
        while started.elapsed() < LONGEST_WAY {
            let arrived = self.arrived()?;
            if arrived.len() >= count {
                return Ok(arrived);
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        bail!(
            "{count} messages did not reach the carrier: {}",
            self.logs()
        )
    }

    /// The messages that have reached the carrier, oldest first, as the carrier writes them: sender,
    /// number, `text` or `ucs-2`, and the text, which is percent-encoded UTF-16 if it is `ucs-2`.
    ///
    /// # Errors
    /// The carrier's log cannot be read.
    pub fn arrived(&self) -> Result<Vec<String>> {
        let log = fs::read(self.home.path().join("carrier.log"))?;
        let log = String::from_utf8_lossy(&log);
        let messages = log.lines().filter_map(|line| {
            let (_, message) = line.split_once("Got message ")?;
            let (_, message) = message.split_once(": <")?;
            Some(message.strip_suffix('>')?.to_owned())
        });
        Ok(messages.collect())
    }

    fn start_once() -> Result<Self> {
        let ports = Ports {
            admin: free_port()?,
            boxes: free_port()?,
            carrier: free_port()?,
            sendsms: free_port()?,
        };
        let mut kannel = Self {
            home: TempDir::with_prefix("twinlock-kannel-")?,
            ports,
            programs: Vec::new(),
        };
        fs::write(kannel.home.path().join("kannel.conf"), kannel.settings())?;
        kannel.run("gateway.log", BEARERBOX, &["-v", "1", "kannel.conf"])?;
        let port = kannel.ports.carrier;
        let listens = format!("FAKE:{port} (");
        kannel.wait_until(|status| status.contains(&listens))?;
        let port = port.to_string();
        kannel.run(
            "carrier.log",
            FAKE_CARRIER,
            &["-H", "127.0.0.1", "-r", &port],
        )?;
        kannel.run("sender.log", SMSBOX, &["-v", "1", "kannel.conf"])?;
        let sendsms = kannel.ports.sendsms;
        kannel.wait_until(|status| {
            let carrier = status.contains(&format!("{listens}online"));
            let sender = status.contains("smsbox:") && connect(sendsms).is_ok();
            carrier && sender
        })?;
        Ok(kannel)
    }

    /// The input stays open as long as the program runs: at its end the fake carrier would leave.
    fn run(&mut self, log: &str, program: &str, arguments: &[&str]) -> Result<()> {
        let log = File::create(self.home.path().join(log))?;
        let program = Command::new(program)
            .args(arguments)
            .current_dir(self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| {
                format!("{program} could not be run (Debian: kannel, kannel-extras)")
            })?;
        self.programs.insert(0, program);
        Ok(())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "other programs start in real time and tell nobody when they are ready"
    )]
    fn wait_until(&mut self, ready: impl Fn(&str) -> bool) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < LONGEST_START {
            if status(self.ports.admin).is_ok_and(|status| ready(&status)) {
                return Ok(());
            }
            for program in &mut self.programs {
                if let Some(status) = program.try_wait()? {
                    bail!("a program of Kannel ended ({status}): {}", self.logs());
                }
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        bail!("Kannel did not come up: {}", self.logs())
    }

    fn logs(&self) -> String {
        let logs = ["gateway.log", "carrier.log", "sender.log"];
        let read = |log| fs::read_to_string(self.home.path().join(log)).unwrap_or_default();
        logs.map(read).join("\n")
    }

    fn settings(&self) -> String {
        let Ports {
            admin,
            boxes,
            carrier,
            sendsms,
        } = self.ports;
        let (username, password) = (Self::USERNAME, Self::PASSWORD);
        let unroutable = Self::UNROUTABLE;
        format!(
            r#"
group = core
admin-port = {admin}
admin-interface = "127.0.0.1"
admin-password = "private"
smsbox-port = {boxes}
smsbox-interface = "127.0.0.1"
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = {carrier}
connect-allow-ip = 127.0.0.1
denied-prefix = "{unroutable}"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = "127.0.0.1"

group = sendsms-user
username = "{username}"
password = "{password}"
max-messages = 3
concatenation = true

group = sms-service
keyword = default
text = "nobody reads this"
max-messages = 0
"#
        )
    }
}

impl Drop for PrivateKannel {
    fn drop(&mut self) {
        for program in &mut self.programs {
            // Failing to kill means that it is gone already.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

/// What the gateway says of its connections.
fn status(admin: u16) -> Result<String> {
    let mut stream = connect(admin)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let request = "GET /status.txt?password=private HTTP/1.0\r\n\r\n";
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn connect(port: u16) -> Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Ok(TcpStream::connect_timeout(
        &address,
        Duration::from_secs(1),
    )?)
}
