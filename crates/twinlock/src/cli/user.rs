//! `twinlock user`: invitations, and the last way back into an account.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;
use twinlock_db::Locks;
use twinlock_web::PublicUrl;

use crate::account::{self, Mailbox, Role};
use crate::app::{AccountId, App, Refusal, Stop};
use crate::audit::{self, Event};
use crate::authenticators::Removal;
use crate::outbox::Topic;
use crate::server::Opening;
use crate::sign_in::reset::By;
use crate::{sign_in, sign_up};

use super::{say, settings, trouble};

/// People.
#[derive(clap::Args)]
pub(super) struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print a link with which one person can sign up, whatever sign_in.sign_up says.
    #[command(after_help = "Example:
  twinlock user invite
  twinlock user invite --role administrator --hours 4")]
    Invite {
        /// What the new account may do on this instance.
        #[arg(long, default_value = "person", value_parser = ["person", "support", "administrator"])]
        role: String,
        /// How long the link is good: 1 to 720 hours.
        #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(u64).range(1..=720))]
        hours: u64,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove somebody's second factors, backup codes, known devices and sessions. They prove their mailbox and set up anew.
    ///
    /// Make sure who asks first, by a way you already trust. It is recorded with the reason; the person and every administrator are
    /// told by mail.
    #[command(after_help = "Example:
  twinlock user reset-two-factor ann@example.org --reason \"phone lost, seen in person by Bo\"")]
    ResetTwoFactor {
        /// The person's address.
        email: String,
        /// Why, and how you made sure who asked.
        #[arg(long)]
        reason: String,
        /// Phone and codes were lost or stolen: nothing brings them back, not even the person's own link in the mail about this.
        #[arg(long)]
        lost: bool,
    },
    /// Ask for a new password at somebody's next sign-in, because the old one may be known to others.
    ///
    /// They are signed out everywhere, and no device of theirs is trusted any more. The next sign-in asks for a code from their mailbox
    /// and then for a new password. They are told by mail.
    #[command(after_help = "Example:
  twinlock user require-new-password ann@example.org")]
    RequireNewPassword {
        /// The person's address.
        email: String,
    },
}

impl User {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let app = settings::open(config, Opening::AsItIs).await?.app;
        match self.command {
            Command::Invite { role, hours, json } => invite(&app, &role, hours, json).await?,
            Command::ResetTwoFactor {
                email,
                reason,
                lost,
            } => {
                let removal = if lost {
                    Removal::Lost
                } else {
                    Removal::Undoable
                };
                reset(&app, &email, reason, removal).await?;
            }
            Command::RequireNewPassword { email } => require_new_password(&app, &email).await?,
        }
        app.store.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

async fn invite(app: &App, word: &str, hours: u64, as_json: bool) -> anyhow::Result<()> {
    let role = Role::from_word(word);
    let life = Duration::from_secs(hours * 3600);
    let moment = app.moment().map_err(trouble)?;
    let token = moment
        .write(Locks::none(), move |w| {
            sign_up::store::invite(w, role, life)
        })
        .await
        .map_err(trouble)?;
    let link = PublicUrl::parse(&app.settings.server.public_url)?
        .join(&format!("/sign-up?invitation={token}"));
    if as_json {
        let expires_at = moment.now.plus(life).rfc3339();
        say(&json!({ "link": link, "role": word, "expires_at": expires_at }).to_string());
    } else {
        say(&format!(
            "One person can sign up with this link within {hours} hours (role: {word}):\n\n  {link}\n"
        ));
    }
    Ok(())
}

async fn find(app: &App, email: &str) -> anyhow::Result<(Mailbox, AccountId)> {
    let mailbox = Mailbox::parse(email)
        .with_context(|| format!("{email:?} is not an address such as ann@example.org"))?;
    let looked_up = mailbox.clone();
    let found = app
        .moment()
        .map_err(trouble)?
        .read(move |w| account::store::find_by_mailbox(w, &looked_up))
        .await
        .map_err(trouble)?;
    match found {
        Some(account) => Ok((mailbox, account)),
        None => bail!("no account has the address {}", mailbox.as_str()),
    }
}

async fn require_new_password(app: &App, email: &str) -> anyhow::Result<()> {
    let (mailbox, account) = find(app, email).await?;
    let required = app
        .moment()
        .map_err(trouble)?
        .write(Locks::account(account.0), move |w| {
            sign_in::reset::demand_new_password(w, account, &By::machine())
        })
        .await
        .map_err(trouble)?;
    let address = mailbox.as_str();
    say(&if required {
        format!(
            "{address} was signed out everywhere. The next sign-in asks for a code from the mailbox and then for a new password.\nThey are told by mail."
        )
    } else {
        format!(
            "{address} has no password. They were signed out everywhere, and no device of theirs is trusted any more."
        )
    });
    Ok(())
}

async fn reset(app: &App, email: &str, reason: String, removal: Removal) -> anyhow::Result<()> {
    let (mailbox, account) = find(app, email).await?;
    let why = reason.clone();
    app.moment()
        .map_err(trouble)?
        .write(Locks::account(account.0), move |w| {
            sign_in::reset::reset_two_factor(w, account, &why, &By::machine(), removal)?;
            let event = Event::new("instance_two_factor_reset");
            audit::append_instance(w, &event.with("account", account.to_string()))
        })
        .await
        .map_err(refused)?;
    let told = tell_administrators(app, account, &mailbox, &reason)
        .await
        .map_err(trouble)
        .context(
            "two-factor authentication was reset, but not every administrator could be told",
        )?;
    say(&format!(
        "Two-factor authentication of {} was reset. At the next sign-in they prove their mailbox and set it up again.\nThey and {told} administrators are told by mail.",
        mailbox.as_str()
    ));
    Ok(())
}

/// Each in a transaction of its own: one writes one account.
async fn tell_administrators(
    app: &App,
    account: AccountId,
    mailbox: &Mailbox,
    reason: &str,
) -> Result<usize, Stop> {
    let administrators = app.moment()?.read(account::store::administrators).await?;
    let mut told = 0;
    for administrator in administrators.into_iter().filter(|id| *id != account) {
        let (whose, why) = (mailbox.as_str().to_owned(), reason.to_owned());
        app.moment()?
            .write(Locks::account(administrator.0), move |w| {
                let values = [
                    ("account", whose.clone()),
                    ("by", String::from("machine")),
                    ("reason", why.clone()),
                ];
                account::notice(w, administrator, Topic::TwoFactorResetElsewhere, &values)
            })
            .await?;
        told += 1;
    }
    Ok(told)
}

fn refused(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Refused(Refusal::Field { .. }) => anyhow::anyhow!(
            "--reason needs 1 to {} characters",
            sign_in::reset::LONGEST_REASON
        ),
        other => trouble(other),
    }
}
