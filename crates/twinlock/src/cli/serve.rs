//! `twinlock serve`

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use twinlock_db::Locks;
use twinlock_web::{PublicUrl, TrustedProxies};

use crate::account::{self, Role};
use crate::app::{
    App, BelievedClock, InvitationId, Stop, SystemClock, SystemEntropy, SystemSteady, Token, Work,
};
use crate::config::Settings;
use crate::server::tls::Tls;
use crate::server::{self, Listeners, Opening, StopSignals, Surroundings};
use crate::{routes, sign_up};

use super::{logs, say, settings, trouble};

/// How long the link for the first administrator is good.
const FIRST_LINK: Duration = Duration::from_secs(24 * 3600);
/// The fact that names the invitation behind it.
const FIRST_LINK_FACT: &str = "first_administrator_invitation";

/// Serve for keeps. The first start makes the database and the key file, and prints a link to make the first administrator.
///
/// SIGTERM and Ctrl+C finish what is in hand and end. The log goes to standard error (TWINLOCK_LOG=debug for more), figures to
/// telemetry.metrics_listen.
#[derive(clap::Args)]
#[command(after_help = "Example:
  twinlock serve --config /etc/twinlock.toml
  TWINLOCK_SERVER__LISTEN=127.0.0.1:9000 twinlock serve")]
pub(super) struct Serve {}

impl Serve {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let signals = StopSignals::listen_as_a_service()?;
        let settings = settings::load(config)?;
        if let Some(why) = &settings.sms.unread {
            bail!("a secret of [sms] could not be read: {why}");
        }
        if let Some(why) = &settings.email.smtp_url_unread {
            bail!("email.smtp_url_file, {why}");
        }
        logs::write(&settings.telemetry);
        let people = bind(&settings.server.listen, "server.listen").await?;
        let around = Surroundings {
            clock: Arc::new(BelievedClock::new(SystemClock, SystemSteady)),
            entropy: Arc::new(SystemEntropy),
            mail: server::provider(&settings.email)?,
            texts: server::text_provider(&settings.sms)?,
        };
        let figures = server::metrics::listener(&settings.telemetry.metrics_listen).await?;
        warn(&settings);
        let opened = server::open(settings, around, Opening::BringUpToDate).await?;
        let app = &opened.app;
        let public_url = PublicUrl::parse(&app.settings.server.public_url)?;
        let proxies = TrustedProxies::parse(&app.settings.server.trusted_proxies)?;
        say(&format!(
            "Twinlock serves {} (listening on {}).",
            public_url.origin(),
            people.local_addr()?
        ));
        if let Some(figures) = &figures {
            say(&format!(
                "Figures for Prometheus: http://{}/metrics",
                figures.local_addr()?
            ));
        }
        if let Some(token) = first_link(app).await.map_err(trouble)? {
            say(&first_words(app, &public_url, &token));
        }
        let redirect = match app.settings.server.tls.redirect_listen.as_str() {
            "" => None,
            listen => {
                let bound = bind(listen, "server.tls.redirect_listen").await?;
                say(&format!(
                    "Plain http leads there from {}.",
                    bound.local_addr()?
                ));
                Some((bound, public_url.clone()))
            }
        };
        let router = routes::router(app, public_url, proxies);
        let listeners = Listeners {
            people,
            tls: tls(app)?,
            redirect,
            figures,
        };
        server::run(app, listeners, router, signals).await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn bind(listen: &str, setting: &str) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(listen).await;
    bound.with_context(|| format!("cannot listen on {listen} ({setting})"))
}

fn tls(app: &App) -> anyhow::Result<Option<Tls>> {
    let Some(files) = app.settings.server.tls.files() else {
        return Ok(None);
    };
    let identity = server::tls::read(&files)?;
    app.meters.certificate_ends(identity.ends);
    Tls::new(identity).map(Some)
}

fn warn(settings: &Settings) {
    for finding in settings.findings() {
        tracing::warn!(setting = finding.setting, "{}", finding.text);
    }
}

fn first_words(app: &App, public_url: &PublicUrl, token: &str) -> String {
    let link = public_url.join(&format!("/sign-up?invitation={token}"));
    let mail = if app.settings.email.smtp_url.is_none() {
        "\nMail is not configured yet, and signing up needs a code sent by mail: set email.smtp_url first.\n"
    } else {
        ""
    };
    format!(
        "\nNobody administers this instance yet. This link makes the first administrator; it is good once, for 24 hours,\nand each start prints a new one until it is used:\n\n  {link}\n{mail}"
    )
}

/// A new link as long as there is no administrator; the one printed before dies.
async fn first_link(app: &App) -> Result<Option<String>, Stop> {
    app.moment()?
        .write(Locks::none(), |w| {
            if !account::store::administrators(w)?.is_empty() {
                return Ok(None);
            }
            end_the_one_before(w)?;
            let token = sign_up::store::invite(w, Role::Administrator, FIRST_LINK)?;
            if let Some(parsed) = Token::parse(Token::INVITATION, &token) {
                sign_up::store::set_fact(w, FIRST_LINK_FACT, &parsed.thing)?;
            }
            Ok(Some(token))
        })
        .await
}

fn end_the_one_before(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let before = sign_up::store::fact(w, FIRST_LINK_FACT)?;
    if let Some(id) = before.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) {
        sign_up::store::spend(w, InvitationId(id))?;
    }
    Ok(())
}
