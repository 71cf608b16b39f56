//! `twinlock demo`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

use crate::demo::{Demo as Running, SETTINGS, Seeded};
use crate::server::{self, Listeners, StopSignals};

use super::{say, settings};

/// Where the demo is, if nobody says otherwise and the port is free.
const USUAL_PORT: u16 = 8080;
/// Ports tried when that one is taken.
const PORTS_TRIED: u16 = 20;

/// Try everything on this machine: a simulated phone, a simulated inbox, a clock you can move.
///
/// Without --data everything is thrown away when the demo ends (Ctrl+C).
#[derive(clap::Args)]
#[command(after_help = "Example:
  twinlock demo
  twinlock demo --listen 127.0.0.1:9000 --data my-demo --config examples/magic-link.toml")]
pub(super) struct Demo {
    /// Loopback address and port [default: 127.0.0.1:8080, or the next free port].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Keep everything in this folder, and go on there the next time.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print what programs need as one line of JSON, once ready.
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let signals = StopSignals::listen()?;
        let settings = settings::read_demo(config, SETTINGS)?;
        let (listener, moved) = self.listener().await?;
        let address = listener.local_addr()?;
        let demo = Running::open(settings, address, self.data.clone()).await?;
        settings::refuse_errors(&demo.app.settings)?;
        let router = demo.router()?;
        if self.json {
            say(&json(&demo)?);
        } else {
            say(&words(&demo, moved));
        }
        server::run(&demo.app, Listeners::plain(listener), router, signals).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// The listener, and whether it is on another port than usual.
    async fn listener(&self) -> anyhow::Result<(TcpListener, bool)> {
        if let Some(listen) = &self.listen {
            let address = address(listen)?;
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot listen on {listen}; choose another --listen"))?;
            return Ok((listener, false));
        }
        for port in USUAL_PORT..USUAL_PORT + PORTS_TRIED {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(listener) => return Ok((listener, port != USUAL_PORT)),
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error).context("cannot listen; choose --listen"),
            }
        }
        bail!("the ports from {USUAL_PORT} on are taken; choose one with --listen 127.0.0.1:PORT")
    }
}

fn address(listen: &str) -> anyhow::Result<SocketAddr> {
    let numeric = listen.replacen("localhost:", "127.0.0.1:", 1);
    let address: SocketAddr = numeric
        .parse()
        .ok()
        .with_context(|| format!("--listen {listen:?} is not an address such as 127.0.0.1:8080"))?;
    if !address.ip().is_loopback() {
        bail!(
            "the demo listens on loopback only, such as 127.0.0.1:8080; use `twinlock serve` for others"
        );
    }
    Ok(address)
}

fn json(demo: &Arc<Running>) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Line<'a> {
        url: &'a str,
        #[serde(flatten)]
        seeded: &'a Seeded,
    }
    Ok(serde_json::to_string(&Line {
        url: &demo.url,
        seeded: &demo.seeded,
    })?)
}

fn words(demo: &Arc<Running>, moved: bool) -> String {
    let url = &demo.url;
    let mut text = format!(
        "\nThe Twinlock demo is ready. Open these two side by side:\n\n  {url}/sign-up   make an account with any address\n  {url}/demo      the simulated phone and inbox: codes arrive here\n\n"
    );
    if moved {
        text.push_str(&format!(
            "Port {USUAL_PORT} is taken, so it is on another one.\n\n"
        ));
    }
    text.push_str(&format!(
        "Or sign in at {url}/sign-in as somebody who is there already:\n\n"
    ));
    for account in &demo.seeded.accounts {
        let app = if account.totp_secret.is_some() {
            "  (two-factor is on; the code is on the phone)"
        } else {
            ""
        };
        text.push_str(&format!(
            "  {:<14} {:<24} {}{app}\n",
            account.role, account.email, account.password
        ));
    }
    text.push_str(&format!(
        "\nJSON API: {url}/api/v1 with the key\n  {}\n\n",
        demo.seeded.api_key
    ));
    text.push_str(&match demo.kept_in() {
        Some(folder) => format!(
            "Everything is kept in {}. Ctrl+C ends the demo.\n",
            folder.display()
        ),
        None => String::from(
            "Ctrl+C ends the demo and throws everything away (keep it with --data DIR).\n",
        ),
    });
    text
}
