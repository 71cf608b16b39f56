//! The running server against its own description: Schemathesis makes requests from `/api/openapi.json`, right ones and wrong ones, and
//! compares every answer with what is described there. What it is told stands in `tests/clients`.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::built::Built;
use crate::leash::{Ending, Leashed};
use crate::packages::Consent;
use crate::postgres::free_port;
use crate::spelling;
use crate::step::{Show, run as run_step};
use crate::tally::Tally;

/// The part's name, in the list of parts and for `--only`.
pub(crate) const NAME: &str = "schema of the API";

/// Examples of each call in an ordinary run; `cargo xtask campaign` makes 200.
pub(crate) const EXAMPLES: u32 = 20;

/// The release in `tests/clients/requirements.txt`, part of the folder's name, so that a new one is installed beside the old.
const RELEASE: &str = "4.32.5";

const LIMIT: Duration = Duration::from_secs(60 * 60);
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs it on both engines: two tests.
///
/// # Errors
/// When the tester cannot be installed or a server not started.
pub(crate) fn run(
    root: &Path,
    built: &Built,
    postgres: &str,
    examples: u32,
    consent: Consent,
) -> Result<Tally> {
    let twinlock = built.twinlock.as_ref().context("nothing was built")?;
    let tester = installed(root, consent)?;
    let mut tally = Tally::default();
    for (engine, database) in [("sqlite", "sqlite:twinlock.db"), ("postgres", postgres)] {
        let server = Server::start(twinlock, engine, database)?;
        let mut command = Command::new(&tester);
        command
            .arg("--config-file")
            .arg(root.join("tests/clients/schemathesis.toml"))
            .arg("run")
            .arg(format!("{}/api/openapi.json", server.url))
            .args([
                "--seed",
                "1",
                "--phases",
                "examples,coverage,fuzzing,stateful",
            ])
            .args(["--continue-on-failure", "--no-color"])
            .args(["--max-examples", &examples.to_string()])
            .current_dir(&server.folder)
            .env(
                "SCHEMATHESIS_HOOKS",
                root.join("tests/clients/schemathesis_hooks.py"),
            )
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TWINLOCK_URL", &server.url)
            .env("TWINLOCK_KEY", &server.key);
        let passed = run_step(&mut command, LIMIT, Show::Everything)?.success;
        println!(
            "schema of the API on {engine}: {}",
            if passed { "ok" } else { "FAILED" }
        );
        tally = tally.plus(Tally {
            passed: u64::from(passed),
            failed: u64::from(!passed),
        });
    }
    Ok(tally)
}

fn installed(root: &Path, consent: Consent) -> Result<PathBuf> {
    let name = format!("schemathesis-{RELEASE}");
    let folder = root.join("target/tools").join(name);
    let program = folder.join("bin/schemathesis");
    if !program.exists() {
        let requirements = root.join("tests/clients/requirements.txt");
        spelling::install(&folder, &requirements, consent)?;
    }
    Ok(program)
}

/// The service in a folder of its own, ended and removed when this value is dropped.
struct Server {
    url: String,
    key: String,
    folder: PathBuf,
    _running: Leashed,
}

impl Server {
    fn start(twinlock: &Path, engine: &str, database: &str) -> Result<Self> {
        let name = format!("twinlock-schema-{engine}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        let port = free_port()?;
        let url = format!("http://localhost:{port}");
        std::fs::write(folder.join("twinlock.toml"), settings(port, database))?;
        once(twinlock, &folder, &["migrate"])?;
        let scopes = ["accounts:read", "accounts:write", "verify", "admin"];
        let mut create = vec!["key", "create", "tester", "--json"];
        for scope in scopes {
            create.extend(["--scope", scope]);
        }
        let made: Value = serde_json::from_slice(&once(twinlock, &folder, &create)?)?;
        let key = made.as_object().and_then(|made| {
            let mut texts = made.values().filter_map(Value::as_str);
            texts.find(|text| text.starts_with("tlk_"))
        });
        let key = key.context("no key was printed")?.to_owned();
        let log = File::create(folder.join("log"))?;
        let mut serve = Command::new(twinlock);
        serve
            .arg("serve")
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let running = Leashed::start(&mut serve, Ending::Terminate, Some(&folder))?;
        let server = Self {
            url,
            key,
            folder,
            _running: running,
        };
        server.wait_for(port)?;
        Ok(server)
    }

    fn wait_for(&self, port: u16) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("the server did not start; its log:\n{log}");
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// The hooks call as from another network than the tests: hence the trusted proxy. Backup codes may be shown again, so that the calls
/// for it do more than refuse. Texts are ordered and go nowhere: nothing listens at the gateway's address.
fn settings(port: u16, database: &str) -> String {
    format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://localhost:{port}\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [database]\nurl = \"{database}\"\n\
         [sign_in]\nmethods = [\"password\", \"email_code\"]\nsign_up = \"open\"\n\
         [two_factor]\nallowed_kinds = [\"totp\", \"webauthn\", \"sms\"]\n\
         [two_factor.backup_codes]\nreveal = true\n\
         [sms]\nprovider = \"webhook\"\nallowed_countries = [\"US\", \"DE\"]\ndaily_cap = 100000\n\
         [sms.webhook]\nurl = \"http://127.0.0.1:9/\"\nsecret = \"nobody is there to read it\"\n"
    )
}

fn once(program: &Path, folder: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()?;
    ensure!(
        output.status.success(),
        "twinlock {} failed: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}
