//! `twinlock keys`: the keys that seal what is in the database.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;
use twinlock_db::sealed::{Added, KeyState, Keyring, MasterKey};

use crate::app::{App, Timestamp};
use crate::audit;
use crate::server::Opening;
use crate::server::rotation::{self, Walked};

use super::{counted, say, settings, trouble};

/// The keys that seal secrets in the database, and the master key that wraps them.
#[derive(clap::Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the data keys and how many values each has sealed.
    #[command(after_help = "Example:
  twinlock keys list --json")]
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a new data key and seal everything anew with it, beside running servers.
    ///
    /// May be cut off at any moment; run it again and it goes on. Old keys stay in the database, wrapped, in case an old value turns
    /// up. With --master the master key is changed instead: the data keys are wrapped with a new one, and the old key file is kept
    /// beside for the backups made with it.
    #[command(after_help = "Example:
  twinlock keys rotate
  twinlock keys rotate --master --prepare   (several servers: lay the new key file beside the old one on each, then)
  twinlock keys rotate --master")]
    Rotate {
        /// Change the master key.
        #[arg(long)]
        master: bool,
        /// Only make the new key file (its name ends in .new); nothing is changed yet.
        #[arg(long, requires = "master")]
        prepare: bool,
        /// Print what was done as JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Keys {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let app = settings::open(config, Opening::AsItIs).await?.app;
        let code = match self.command {
            Command::List { json } => list(&app, json).await?,
            Command::Rotate {
                master: true,
                prepare,
                json,
            } => rotate_master(&app, prepare, json).await?,
            Command::Rotate { json, .. } => rotate(&app, json).await?,
        };
        app.store.close().await;
        Ok(code)
    }
}

async fn list(app: &App, as_json: bool) -> anyhow::Result<ExitCode> {
    let keys = Keyring::stored(&app.store).await?;
    let walked = rotation::count(app).await?;
    let lines: Vec<_> = keys
        .iter()
        .map(|key| {
            let id = key.key_id();
            let values = walked.by_key.get(&id).copied().unwrap_or_default();
            let made = Timestamp::from_millis(key.created_at_ms).rfc3339();
            (id, word(key.state), made, values)
        })
        .collect();
    if as_json {
        let items: Vec<_> = lines
            .iter()
            .map(|(id, state, made, values)| {
                json!({ "id": id, "state": state, "created_at": made, "values": values })
            })
            .collect();
        say(&json!({ "items": items }).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for (id, state, made, values) in lines {
        let also = if id == 1 {
            "; identifiers and codes are looked up by it"
        } else {
            ""
        };
        say(&format!(
            "data key {id}  {state}  made {made}  {}{also}",
            counted(values, "value", "values")
        ));
    }
    let unfinished = keys.iter().any(|key| key.state == KeyState::Opens);
    if unfinished {
        say("A change is not finished; go on with: twinlock keys rotate");
    }
    Ok(ExitCode::SUCCESS)
}

fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "seals",
        KeyState::Opens => "opens",
        KeyState::Retired => "retired",
    }
}

async fn rotate(app: &App, as_json: bool) -> anyhow::Result<ExitCode> {
    let key = new_key(app).await?;
    let before = rotation::count(app).await?;
    let total = before.values;
    let began = app.clock.now();
    let mut resealed = 0;
    let walked = loop {
        let from = app.clock.now();
        let walked = rotation::reseal(app, |walked| progress(walked, total, from, app)).await?;
        resealed += walked.resealed;
        // A server that has not heard of the key yet may have sealed with the one before while this walked past.
        let settled = servers_know(app, from).await?;
        if settled && walked.resealed == 0 {
            break walked;
        }
        if !settled {
            wait_for_servers(app).await?;
        }
    };
    report_unreadable(&walked)?;
    Keyring::retire_stored(&app.store).await?;
    let seconds = app.clock.now().seconds_from(began);
    tracing::info!(key, resealed, "the data key was changed");
    if as_json {
        let line = json!({ "key": key, "values": walked.values, "resealed": resealed, "seconds": seconds });
        say(&line.to_string());
    } else {
        say(&format!(
            "Data key {key} seals now; {resealed} of {} sealed anew, the others were sealed with it already. The keys before are retired: they stay, wrapped, and open old values should any turn up.",
            counted(walked.values, "value", "values")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A new key, or the one of a change that was cut off; this process seals with it from here on.
async fn new_key(app: &App) -> anyhow::Result<u32> {
    let file = app.settings.keys.master_key_file.clone();
    let masters = MasterKey::with_successor(&file)?;
    let entropy = app.entropy.seed()?.draw("data key").bytes();
    let now = app.clock.now().as_millis();
    let added = Keyring::add_stored(&app.store, masters, entropy, now).await?;
    app.read_keys_again().await?;
    audit::flow::start::note_new_keys(app)
        .await
        .map_err(trouble)?;
    Ok(match added {
        Added::New(key) => key,
        Added::Unfinished(key) => {
            note(&format!("Going on with the change to data key {key}."));
            key
        }
    })
}

/// Whether every server sealed with the new key since before `from`. A SQLite file nobody serves has no servers to wait for.
async fn servers_know(app: &App, from: Timestamp) -> anyhow::Result<bool> {
    if rotation::settles_at(app).await? <= from {
        return Ok(true);
    }
    let alone = app.store.engine() == twinlock_db::Engine::Sqlite;
    Ok(alone && app.store.sole_owner().await.is_ok())
}

#[expect(
    clippy::disallowed_methods,
    reason = "running servers look for new keys each minute; nothing tells when they did"
)]
async fn wait_for_servers(app: &App) -> anyhow::Result<()> {
    let left = rotation::settles_at(app)
        .await?
        .seconds_from(app.clock.now());
    note(&format!(
        "Running servers take up the new key within a minute; looking once more in {left} s. This may be cut off and run again."
    ));
    tokio::time::sleep(Duration::from_secs(left + 1)).await;
    Ok(())
}

fn report_unreadable(walked: &Walked) -> anyhow::Result<()> {
    let Some((column, account)) = walked.unreadable.first() else {
        return Ok(());
    };
    let account = crate::app::AccountId(*account);
    bail!(
        "{} values do not open and were left as they are, the first of them {column} of account {account}: they were changed behind the service's back, or their key is missing. The older keys are not retired",
        walked.unreadable.len()
    );
}

/// Rate and time left, written over on a terminal; nothing elsewhere.
fn progress(walked: &Walked, total: u64, began: Timestamp, app: &App) {
    if !std::io::stderr().is_terminal() || total == 0 {
        return;
    }
    let millis = app.clock.now().as_millis() - began.as_millis();
    let millis = u64::try_from(millis).unwrap_or(0).max(1);
    let rate = (walked.values.saturating_mul(1000) / millis).max(1);
    let left = total.saturating_sub(walked.values) / rate;
    let end = if walked.values >= total { "\n" } else { "" };
    let mut err = std::io::stderr().lock();
    // Whoever closed the terminal does not want to see it.
    let _ = write!(
        err,
        "\r{:3} % of {total} values, {rate}/s, {left} s left   {end}",
        (walked.values * 100 / total).min(100)
    );
}

/// A word about what is going on, beside the answer.
fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

async fn rotate_master(app: &App, prepare: bool, as_json: bool) -> anyhow::Result<ExitCode> {
    let file = &app.settings.keys.master_key_file;
    let successor = MasterKey::successor_of(file);
    if !successor.exists() {
        let entropy = app.entropy.seed()?.draw("master key").bytes();
        MasterKey::generate_file(&successor, entropy)?;
    }
    if prepare {
        said(
            as_json,
            &json!({ "prepared": successor }),
            &format!(
                "The next master key is in {}. Lay it beside the key file of every server, then run `twinlock keys rotate --master`.",
                successor.display()
            ),
        );
        return Ok(ExitCode::SUCCESS);
    }
    let new = MasterKey::from_file(&successor)?;
    if !Keyring::is_wrapped_with(&app.store, &new).await? {
        let seed = app.entropy.seed()?;
        let nonces = move |key: u32| seed.draw(&format!("nonce {key}")).bytes();
        let old = MasterKey::with_successor(file)?;
        let new = MasterKey::from_file(&successor)?;
        Keyring::rewrap_stored(&app.store, old, new, nonces).await?;
        audit::flow::start::note_master_key(app)
            .await
            .map_err(trouble)?;
    }
    let when = app.clock.now().rfc3339().replace(':', "");
    let kept = MasterKey::succeed(file, &when).with_context(|| {
        format!(
            "putting {} in its place; run this again",
            successor.display()
        )
    })?;
    tracing::info!("the master key was changed");
    said(
        as_json,
        &json!({ "file": file, "kept": kept }),
        &format!(
            "The data keys are wrapped with a new master key, which is in {} now; keep a copy of it apart.\nThe old one is kept in {}: backups made until now need it.\nOther servers of this database go on as they are, and need the new key file at their next start.",
            file.display(),
            kept.display()
        ),
    );
    Ok(ExitCode::SUCCESS)
}

fn said(as_json: bool, line: &serde_json::Value, words: &str) {
    if as_json {
        say(&line.to_string());
    } else {
        say(words);
    }
}
