//! `twinlock key`: keys of the JSON API.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;
use twinlock_db::Locks;

use crate::app::{ApiKeyId, App};
use crate::application::{self, Scope};
use crate::server::Opening;

use super::{say, settings, trouble};

/// Keys of the JSON API.
#[derive(clap::Args)]
pub(super) struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make a key; it is shown once.
    ///
    /// A key belongs to an application and sees only the accounts that application made. The application is made when there is none
    /// of that name.
    #[command(after_help = "Example:
  twinlock key create billing --scope accounts:read --scope accounts:write --scope verify")]
    Create {
        /// The application's name.
        application: String,
        /// What the key may do; may be given several times.
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = scope_parser())]
        scopes: Vec<String>,
        /// What it is for, in your words.
        #[arg(long, default_value = "")]
        label: String,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the keys; never their secrets.
    #[command(after_help = "Example:
  twinlock key list --json")]
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; running servers refuse it within five seconds.
    #[command(after_help = "Example:
  twinlock key revoke 0198c0de-1111-7222-8333-444455556666")]
    Revoke {
        /// The key's id, as `key list` shows it.
        key: String,
    },
}

fn scope_parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Scope::ALL.map(Scope::word))
}

impl Key {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let app = settings::open(config, Opening::AsItIs).await?.app;
        match self.command {
            Command::Create {
                application,
                scopes,
                label,
                json,
            } => create(&app, application, &scopes, label, json).await?,
            Command::List { json } => list(&app, json).await?,
            Command::Revoke { key } => revoke(&app, &key).await?,
        }
        app.store.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

async fn create(
    app: &App,
    name: String,
    words: &[String],
    label: String,
    as_json: bool,
) -> anyhow::Result<()> {
    if name.trim().is_empty() || name.chars().count() > 100 || label.chars().count() > 100 {
        bail!("the application's name has 1 to 100 characters, the label at most 100");
    }
    let scopes: Vec<Scope> = words
        .iter()
        .filter_map(|word| Scope::from_word(word))
        .collect();
    let application = name.clone();
    let token = app
        .moment()
        .map_err(trouble)?
        .write(Locks::none(), move |w| {
            let id = application::store::application(w, &application)?;
            application::store::make_key(w, id, &label, &scopes)
        })
        .await
        .map_err(trouble)?;
    if as_json {
        say(&json!({ "key": token, "application": name, "scopes": words }).to_string());
    } else {
        say(&format!(
            "A key for {name} ({}). It is shown only now:\n\n  {token}\n",
            words.join(", ")
        ));
    }
    Ok(())
}

async fn list(app: &App, as_json: bool) -> anyhow::Result<()> {
    let keys = app
        .moment()
        .map_err(trouble)?
        .read(application::store::all_keys)
        .await
        .map_err(trouble)?;
    if as_json {
        let items: Vec<_> = keys
            .iter()
            .map(|key| {
                json!({
                    "id": key.key,
                    "application": key.application,
                    "label": key.label,
                    "scopes": key.scopes.split(' ').collect::<Vec<_>>(),
                    "created_at": key.created_at.rfc3339(),
                    "revoked_at": key.revoked_at.map(|at| at.rfc3339()),
                })
            })
            .collect();
        say(&json!({ "items": items }).to_string());
        return Ok(());
    }
    if keys.is_empty() {
        say("No keys yet. Make one with `twinlock key create`.");
    }
    for key in keys {
        let state = key
            .revoked_at
            .map_or(String::new(), |at| format!("  revoked {}", at.rfc3339()));
        let label = if key.label.is_empty() {
            String::new()
        } else {
            format!("  ({})", key.label)
        };
        say(&format!(
            "{}  {}  {}  made {}{label}{state}",
            key.key,
            key.application,
            key.scopes,
            key.created_at.rfc3339()
        ));
    }
    Ok(())
}

async fn revoke(app: &App, id: &str) -> anyhow::Result<()> {
    let Ok(id) = id.parse::<ApiKeyId>() else {
        bail!("{id:?} is not a key's id; `twinlock key list` shows them");
    };
    let revoked = app
        .moment()
        .map_err(trouble)?
        .write(Locks::none(), move |w| {
            let keys = application::store::all_keys(w)?;
            match keys.iter().find(|key| key.key == id) {
                Some(key) => application::store::revoke_key(w, key.application_id, id),
                None => Ok(false),
            }
        })
        .await
        .map_err(trouble)?;
    if !revoked {
        bail!("there is no key {id} that could be revoked; `twinlock key list` shows them");
    }
    say(&format!("The key {id} is revoked."));
    Ok(())
}
