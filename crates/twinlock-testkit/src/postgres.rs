//! A private PostgreSQL server on loopback, and databases to throw away.
//!
//! Everything here blocks, and may be called from async code all the same: the client runs on a
//! thread of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use tempfile::TempDir;
use url::Url;

/// The environment variable that names a private server for tests: a URL with a superuser.
pub const SERVER_VARIABLE: &str = "TWINLOCK_TEST_POSTGRES";

/// A running server in a temporary folder; it stops, and its folder goes, when this is dropped.
pub struct PrivatePostgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    account: Option<(u32, u32)>,
}

impl PrivatePostgres {
    /// Starts a server that never waits for the disk: for tests.
    ///
    /// # Errors
    /// If PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with("fsync = off\nfull_page_writes = off\n")
    }

    /// Starts a server that keeps what it acknowledges: for measurements.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start_durable() -> Result<Self> {
        Self::start_with("")
    }

    /// Starts a server that also speaks TLS, with this certificate and key (PEM).
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self> {
        let server = Self::create("fsync = off\nssl = on\n")?;
        server.keep("server.crt", certificate)?;
        server.keep("server.key", key)?;
        server.resume()?;
        Ok(server)
    }

    /// Starts a server with further lines of `postgresql.conf`.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start_with(settings: &str) -> Result<Self> {
        let server = Self::create(settings)?;
        server.resume()?;
        Ok(server)
    }

    /// The address of the server as its superuser, without a database of its own.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// What the server has logged so far.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn log(&self) -> Result<String> {
        let log = std::fs::read(self.folder.path().join("log"))?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Stops the server, cutting every connection, and starts it again on the same port.
    ///
    /// # Errors
    /// If it does not stop or start.
    pub fn restart(&self) -> Result<()> {
        self.stop("fast")?;
        self.resume()
    }

    /// Stops the server: `fast` ends what runs in good order, `immediate` as a crash would.
    ///
    /// # Errors
    /// If it does not stop.
    pub fn stop(&self, mode: &str) -> Result<()> {
        self.run("pg_ctl", &["stop", "-w", "-m", mode])
    }

    /// Starts the server after [`PrivatePostgres::stop`].
    ///
    /// # Errors
    /// If it does not start.
    pub fn resume(&self) -> Result<()> {
        let log = self.folder.path().join("log");
        let log = log
            .to_str()
            .context("the temporary folder has a strange name")?;
        self.run("pg_ctl", &["start", "-w", "-t", "60", "-l", log])
            .with_context(|| std::fs::read_to_string(log).unwrap_or_default())
    }

    /// Sends a signal to the server and every process it has: `STOP` for one that hangs, `CONT` to go on.
    ///
    /// # Errors
    /// If it does not run.
    pub fn freeze(&self, signal: &str) -> Result<()> {
        let noted = self.folder.path().join("cluster/postmaster.pid");
        let noted = std::fs::read_to_string(noted)?;
        let first = noted.lines().next().context("an empty postmaster.pid")?;
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children"))?;
        // Not all may be there any more: one that ended by itself does not matter.
        Command::new("kill")
            .args(["-s", signal, first])
            .args(children.split_whitespace())
            .status()?;
        Ok(())
    }

    /// Makes the cluster, without starting it.
    fn create(settings: &str) -> Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new()
            .prefix("twinlock-postgres-")
            .tempdir()?;
        let account = account_for(folder.path())?;
        if let Some((user, group)) = account {
            chown(folder.path(), Some(user), Some(group))?;
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700))?;
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let server = Self {
            programs,
            folder,
            port,
            account,
        };
        server.run(
            "initdb",
            &[
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
        )?;
        let configuration = std::fs::read_to_string(server.cluster().join("postgresql.conf"))?;
        let common = format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nmax_connections = 300\nshared_buffers = 64MB\n{settings}"
        );
        server.keep("postgresql.conf", &(configuration + &common))?;
        Ok(server)
    }

    /// Writes a file of the cluster, for the server's user only.
    fn keep(&self, name: &str, text: &str) -> Result<()> {
        let path = self.cluster().join(name);
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600))?;
        if let Some((user, group)) = self.account {
            chown(&path, Some(user), Some(group))?;
        }
        Ok(())
    }

    fn cluster(&self) -> PathBuf {
        self.folder.path().join("cluster")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(arguments)
            .arg("-D")
            .arg(self.cluster())
            .current_dir(self.folder.path());
        command
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        // The error output goes to a file: the server inherits it, and a pipe would stay open for
        // as long as the server runs.
        let errors = self.folder.path().join("errors");
        command.stderr(std::fs::File::create(&errors)?);
        let status = command
            .status()
            .with_context(|| format!("{program} could not be run"))?;
        let said = std::fs::read_to_string(&errors).unwrap_or_default();
        ensure!(status.success(), "{program} failed ({status}): {said}");
        Ok(())
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        let runs = self.cluster().join("postmaster.pid").exists();
        if runs && let Err(fault) = self.stop("immediate") {
            eprintln!("the private PostgreSQL server did not stop: {fault:#}");
        }
    }
}

/// A database of its own for one test; dropped with its connections when this is.
pub struct ThrowawayDatabase {
    server: String,
    name: String,
    url: String,
}

impl ThrowawayDatabase {
    /// The address of the database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ThrowawayDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        if let Err(fault) = run_sql(&self.server, statement) {
            eprintln!("the test database {} was left behind: {fault:#}", self.name);
        }
    }
}

/// Creates an empty database on the server at `base_url`.
///
/// # Errors
/// If the server cannot be reached, or its user may not create databases.
pub fn throwaway_database(base_url: &str) -> Result<ThrowawayDatabase> {
    static CREATED: AtomicU32 = AtomicU32::new(0);
    let number = CREATED.fetch_add(1, Ordering::Relaxed);
    let name = format!("t_{}_{number}", std::process::id());
    // Left over from a killed run whose process id came round again.
    run_sql(
        base_url,
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )?;
    run_sql(base_url, format!("CREATE DATABASE {name}"))?;
    let mut url = Url::parse(base_url)?;
    url.set_path(&name);
    Ok(ThrowawayDatabase {
        server: base_url.to_owned(),
        name,
        url: url.to_string(),
    })
}

/// A database on the server that [`SERVER_VARIABLE`] names; without it `None`, and a line that says
/// so.
///
/// # Errors
/// As [`throwaway_database`].
pub fn test_database() -> Result<Option<ThrowawayDatabase>> {
    match std::env::var(SERVER_VARIABLE) {
        Ok(url) => throwaway_database(&url).map(Some),
        Err(_) => {
            println!("skipped on PostgreSQL: {SERVER_VARIABLE} is not set");
            Ok(None)
        }
    }
}

fn run_sql(url: &str, statement: String) -> Result<()> {
    let url = url.to_owned();
    let client = std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls)?;
        client.batch_execute(&statement)
    });
    client
        .join()
        .map_err(|_| anyhow!("the PostgreSQL client panicked"))??;
    Ok(())
}

/// The newest installed server, where Debian keeps them.
fn programs() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .context("PostgreSQL is not installed (Debian: apt install postgresql)")?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, programs)| programs)
        .context("no PostgreSQL server is installed")
}

/// PostgreSQL refuses to run as root: root runs it as the user `postgres`.
fn account_for(folder: &Path) -> Result<Option<(u32, u32)>> {
    if std::fs::metadata(folder)?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    for line in users.lines() {
        if let ["postgres", _, user, group, ..] = line.split(':').collect::<Vec<_>>().as_slice() {
            return Ok(Some((user.parse()?, group.parse()?)));
        }
    }
    bail!("there is no user postgres to run the server as")
}
