//! The product itself: `twinlock demo` on a free port with a folder, an inbox and a clock of its own.

use std::collections::HashSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use twinlock_db::{Location, Locks, Store, StoreOptions};

use crate::phone::Phone;
use crate::until::until;

/// A dev build hashes a handful of passwords before it is ready.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running demo, ended on drop.
pub struct Demo {
    _process: Child,
    /// The address people type, `http://localhost:PORT`.
    pub url: String,
    /// An API key with all scopes.
    pub api_key: String,
    /// The accounts that are there from the start.
    pub accounts: Vec<Seeded>,
    http: reqwest::Client,
    read_mails: Mutex<HashSet<String>>,
    folder: TempDir,
}

/// An account the demo starts with.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// Its address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// What it is in the demo's organization or instance.
    pub role: String,
    /// The key of its authenticator app, where it has one.
    pub totp_secret: Option<String>,
}

/// A page of the product: its path, with `{…}` where ids stand, and who may see it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// `/settings/security/methods/{id}/rename`
    pub path: String,
    /// `anyone`, `sign_in` or `session`.
    pub who: String,
}

/// A mail in the demo's inbox.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The code in it, where there is one.
    pub code: Option<String>,
    /// The subject.
    pub subject: String,
    /// All of it.
    pub text: String,
}

impl Demo {
    /// Starts the demo as it is.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts the demo with one of the settings in `examples/`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_like(example: &str) -> Result<Self> {
        let settings = repository().join("examples").join(example);
        Self::start_with(&["--config", settings.to_str().context("a path in UTF-8")?]).await
    }

    /// Starts the demo with other settings, as a configuration file would have them.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_set(settings: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, settings)?;
        Self::start_with(&["--config", file.to_str().context("a path in UTF-8")?]).await
    }

    /// Every page the product has.
    ///
    /// # Errors
    /// When the demo does not list them.
    pub async fn pages(&self) -> Result<Vec<Listed>> {
        let pages = self.get("/demo/pages.json").await?;
        let pages = pages.as_array().context("a list of pages")?;
        let listed = pages.iter().map(|page| {
            Ok(Listed {
                path: text(page, "path")?,
                who: text(page, "who")?,
            })
        });
        listed.collect()
    }

    async fn start_with(options: &[&str]) -> Result<Self> {
        install_tls();
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let mut process = Command::new(program()?)
            .args(["demo", "--json", "--listen", &format!("127.0.0.1:{port}")])
            .arg("--data")
            .arg(folder.path().join("data"))
            .args(options)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the demo")?;
        let output = process.stdout.take().context("the demo's output")?;
        let mut lines = BufReader::new(output).lines();
        let first = timeout(START_LIMIT, lines.next_line())
            .await
            .context("the demo was not ready in time")??
            .context("the demo ended at once")?;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let ready: Value = serde_json::from_str(&first).context("the demo's first line")?;
        Ok(Self {
            _process: process,
            url: text(&ready, "url")?.trim_end_matches('/').to_owned(),
            api_key: text(&ready, "api_key")?,
            accounts: seeded(&ready)?,
            http: http()?,
            read_mails: Mutex::default(),
            folder,
        })
    }

    /// Says of every text what became of it, as reports of a provider would: the demo's phone sends none.
    ///
    /// # Errors
    /// When the demo's database cannot be written.
    pub async fn reports_of_texts(&self, state: &'static str) -> Result<()> {
        let file = self.folder.path().join("data").join("twinlock.db");
        ensure!(file.is_file(), "no database at {}", file.display());
        let store = Store::open(&Location::Sqlite(file), StoreOptions::default()).await?;
        let sql = "UPDATE text_message SET state = ?1";
        let told = store.write(Locks::none(), move |tx| tx.execute(sql, &[state.into()]));
        let told = told.await;
        store.close().await;
        ensure!(told? > 0, "there is no text");
        Ok(())
    }

    /// The account that has a role, with or without an authenticator app.
    ///
    /// # Errors
    /// When there is none.
    pub fn account(&self, with_app: bool) -> Result<&Seeded> {
        self.accounts
            .iter()
            .find(|account| account.totp_secret.is_some() == with_app)
            .context("no such account in the demo")
    }

    /// The account of the instance's administrator.
    ///
    /// # Errors
    /// When there is none.
    pub fn administrator(&self) -> Result<&Seeded> {
        self.accounts
            .iter()
            .find(|account| account.role == "administrator")
            .context("no administrator in the demo")
    }

    /// The code in the newest mail to somebody not asked for before; waits for it.
    ///
    /// # Errors
    /// When none comes.
    pub async fn code_for(&self, email: &str) -> Result<String> {
        let mail = self
            .mail(email, |mail| mail.code.is_some(), "a mailed code")
            .await?;
        mail.code.context("checked just before")
    }

    /// The newest mail to somebody with these words in its subject, not asked for before; waits for it.
    ///
    /// # Errors
    /// When none comes.
    pub async fn mail_about(&self, email: &str, words: &str) -> Result<Mail> {
        let what = format!("a mail about {words:?}");
        self.mail(email, |mail| mail.subject.contains(words), &what)
            .await
    }

    async fn mail(&self, email: &str, fits: impl Fn(&Mail) -> bool, what: &str) -> Result<Mail> {
        until(what, async || {
            let inbox = self.get("/demo/inbox.json").await?;
            for value in inbox.as_array().context("a list of mails")? {
                let mail = Mail {
                    code: value["code"].as_str().map(str::to_owned),
                    subject: text(value, "subject")?,
                    text: text(value, "text")?,
                };
                if value["to"].as_str() == Some(email) && fits(&mail) && self.is_new(value)? {
                    return Ok(Some(mail));
                }
            }
            Ok(None)
        })
        .await
    }

    fn is_new(&self, mail: &Value) -> Result<bool> {
        let mut read = self
            .read_mails
            .lock()
            .map_err(|_| anyhow!("a test panicked while reading its mails"))?;
        Ok(read.insert(mail.to_string()))
    }

    /// The demo's time, in Unix seconds.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn now(&self) -> Result<i64> {
        let clock = self.get("/demo/clock").await?;
        let now = text(&clock, "now")?;
        Ok(now.parse::<jiff::Timestamp>()?.as_second())
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// When the demo refuses.
    pub async fn let_pass(&self, seconds: u32) -> Result<()> {
        let answer = self
            .http
            .post(format!("{}/demo/clock", self.url))
            .json(&json!({ "advance_seconds": seconds }))
            .send()
            .await?;
        if !answer.status().is_success() {
            bail!("the demo's clock: {}", answer.text().await?);
        }
        Ok(())
    }

    /// The code a phone shows now.
    ///
    /// # Errors
    /// When the demo's clock cannot be read.
    pub async fn code_on(&self, phone: &Phone) -> Result<String> {
        Ok(phone.code_at(self.now().await?))
    }

    /// The code a phone shows next, waiting until it does: for when the present one is spent.
    ///
    /// # Errors
    /// When the demo's clock cannot be moved.
    pub async fn next_code_on(&self, phone: &Phone) -> Result<String> {
        self.let_pass(31).await?;
        self.code_on(phone).await
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}

/// The folder all of the project is in.
pub(crate) fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Without a TLS provider even a client for plain http panics; installing it a second time is refused and harmless.
pub(crate) fn install_tls() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// What `cargo xtask test` built, or what an earlier build left beside this test.
fn program() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("TWINLOCK_BIN") {
        return Ok(program.into());
    }
    let test = std::env::current_exe()?;
    let program = test
        .ancestors()
        .nth(2)
        .map(|folder| folder.join("twinlock"));
    program
        .filter(|program| program.exists())
        .context("no twinlock program: run `cargo build -p twinlock`, or set TWINLOCK_BIN")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own client, for the demo on this machine only"
)]
fn http() -> Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10));
    Ok(client.build()?)
}

fn seeded(ready: &Value) -> Result<Vec<Seeded>> {
    let accounts = ready.get("accounts").and_then(Value::as_array);
    let accounts = accounts.context("accounts")?;
    let seeded = accounts.iter().map(|account| {
        Ok(Seeded {
            email: text(account, "email")?,
            password: text(account, "password")?,
            role: text(account, "role")?,
            totp_secret: account["totp_secret"].as_str().map(str::to_owned),
        })
    });
    seeded.collect()
}

fn text(value: &Value, name: &str) -> Result<String> {
    value
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("no {name} in {value}"))
}
