//! A PostgreSQL server of our own: a free loopback port, a temporary folder, gone when the run is over.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::leash::{Ending, Leashed};
use crate::packages::{is_root, postgres_programs};

/// A running server; dropping it stops the server and removes its folder.
pub(crate) struct PrivatePostgres {
    port: u16,
    folder: PathBuf,
    server: Leashed,
}

impl PrivatePostgres {
    /// Makes a fresh cluster and waits until it answers.
    ///
    /// # Errors
    /// When the programs are missing, the cluster cannot be made, or the server is not ready within 30 seconds.
    pub(crate) fn start() -> Result<Self> {
        let programs = postgres_programs().context("PostgreSQL is not installed")?;
        let owner = unprivileged_owner()?;
        let folder = std::env::temp_dir().join(format!("twinlock-postgres-{}", std::process::id()));
        std::fs::create_dir(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group))?;
        }
        let (port, server) = match launch(&programs, &folder, owner) {
            Ok(launched) => launched,
            Err(error) => {
                std::fs::remove_dir_all(&folder)?;
                return Err(error);
            }
        };
        let mut running = Self {
            port,
            folder,
            server,
        };
        running.wait_until_ready(&programs)?;
        Ok(running)
    }

    /// The address of the maintenance database, as superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = Command::new(programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()?;
            if answer.success() {
                return Ok(());
            }
            if self.server.ended()?.is_some() || Instant::now() > deadline {
                let log = std::fs::read_to_string(log_file(&self.folder)).unwrap_or_default();
                bail!("PostgreSQL did not become ready; its log:\n{log}");
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Makes the cluster and becomes its server, as one process, so that one leash holds both.
/// Arguments: the programs' folder, our folder, the port. Each test has a database and pools of its own, and several tests run at once.
const MAKE_AND_SERVE: &str = r#"
"$1/initdb" --pgdata="$2/cluster" --auth=trust --username=postgres --encoding=UTF8 --locale=C --no-sync || exit 1
exec "$1/postgres" -D "$2/cluster" -h 127.0.0.1 -p "$3" -c unix_socket_directories= -c max_connections=300
"#;

fn launch(programs: &Path, folder: &Path, owner: Option<(u32, u32)>) -> Result<(u16, Leashed)> {
    let port = free_port()?;
    let log = File::create(log_file(folder)).context("cannot create the server's log")?;
    let mut command = Command::new("sh");
    command
        .args(["-c", MAKE_AND_SERVE, "launch"])
        .args([programs, folder])
        .arg(port.to_string())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    let server = Leashed::start(&mut command, Ending::Interrupt, Some(folder))
        .context("cannot start a shell")?;
    Ok((port, server))
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// A port that was free a moment ago; the server itself reports it if somebody was quicker.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// PostgreSQL refuses to run as root: then the user and group ids of the account `postgres` that its package made.
fn unprivileged_owner() -> Result<Option<(u32, u32)>> {
    if !is_root()? {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    ids_of("postgres", &accounts)
        .map(Some)
        .context("this machine has no user `postgres`, and PostgreSQL does not run as root")
}

fn ids_of(name: &str, accounts: &str) -> Option<(u32, u32)> {
    let account = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = account.split(':').skip(2);
    let user = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some((user, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_an_account_are_read_from_its_line() {
        let accounts =
            "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n";
        assert_eq!(ids_of("postgres", accounts), Some((101, 104)));
        assert_eq!(ids_of("post", accounts), None);
    }

    #[test]
    fn a_private_server_answers_and_leaves_nothing_behind() {
        if postgres_programs().is_none() {
            println!("skipped: PostgreSQL is not installed");
            return;
        }
        let server = PrivatePostgres::start().unwrap();
        let (port, folder) = (server.port, server.folder.clone());
        assert!(server.url().contains(&port.to_string()));
        drop(server);
        assert!(!folder.exists());
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
    }
}
