//! The limits of this machine in this run: a bare server, raw hashes.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::routing::get;

use crate::CONNECTIONS;
use crate::client;
use crate::table::Table;
use crate::usage::Usage;

/// Requests of the bare server, and of the session check beside it.
pub(crate) const HELLOS: usize = 60_000;

/// What this machine gives.
pub(crate) struct Limits {
    /// Answers a second of a bare axum "hello" in a process of its own.
    pub(crate) hello_rate: f64,
    hello_cpu: Usage,
    /// Argon2id hashes a second on two threads, at the cost Twinlock uses.
    pub(crate) hash_rate: f64,
    /// CPU seconds of a thousand hashes.
    pub(crate) hash_cpu: Usage,
}

impl Limits {
    /// Measures them.
    pub(crate) async fn of_this_machine() -> Result<Self> {
        let (hello_rate, hello_cpu) = hello().await?;
        let (hash_rate, hash_cpu) = hashes(Duration::from_secs(3))?;
        Ok(Self {
            hello_rate,
            hello_cpu,
            hash_rate,
            hash_cpu,
        })
    }

    /// Puts them on the table.
    pub(crate) fn show(&self, table: &mut Table) {
        table.limit("W3", "bare axum hello", format!("{:.0}/s", self.hello_rate));
        table.cpu("hello", self.hello_cpu, None);
        table.limit(
            "W2",
            "raw Argon2id, two threads",
            format!("{:.1}/s", self.hash_rate),
        );
        table.cpu("hash", self.hash_cpu, None);
    }
}

/// Answers "hello" until it is killed.
pub(crate) async fn serve_hello(port: u16) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let router = Router::new().route("/", get(|| async { "hello" }));
    axum::serve(listener, router).await?;
    Ok(())
}

struct Hello(Child);

impl Drop for Hello {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn hello() -> Result<(f64, Usage)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let child = Command::new(std::env::current_exe()?)
        .args(["--hello", &port.to_string()])
        .stdin(Stdio::null())
        .spawn()?;
    let server = Hello(child);
    let address = format!("127.0.0.1:{port}");
    let ask = client::get("/", &address, "x");
    let began = client::now();
    while client::once(&address, &ask).await.is_err() {
        if began.elapsed() > Duration::from_secs(10) {
            bail!("the bare server did not start");
        }
        tokio::task::yield_now().await;
    }
    client::send_all(
        &address,
        client::Repeated(ask.clone(), 2_000),
        CONNECTIONS,
        "hello",
    )
    .await?;
    let before = Usage::of(server.0.id())?;
    let asks = client::Repeated(ask, HELLOS);
    let outcome = client::send_all(&address, asks, CONNECTIONS, "hello").await?;
    let cpu = Usage::of(server.0.id())?
        .since(before)
        .per_thousand(outcome.accepted);
    Ok((outcome.rate(), cpu))
}

fn hashes(length: Duration) -> Result<(f64, Usage)> {
    let before = Usage::own()?;
    let threads: Vec<_> = (0..2)
        .map(|_| std::thread::spawn(move || hash_for(length)))
        .collect();
    let (mut rate, mut count) = (0.0, 0);
    for thread in threads {
        let (own_rate, own_count) = thread.join().ok().context("a hashing thread stopped")??;
        rate += own_rate;
        count += own_count;
    }
    Ok((rate, Usage::own()?.since(before).per_thousand(count)))
}

fn hash_for(length: Duration) -> Result<(f64, usize)> {
    let params =
        argon2::Params::new(19_456, 2, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let began = client::now();
    let (mut out, mut done) = ([0_u8; 32], 0_usize);
    while began.elapsed() < length {
        argon2
            .hash_password_into(
                b"correct horse battery staple",
                b"0123456789abcdef",
                &mut out,
            )
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        done += 1;
    }
    Ok((done as f64 / began.elapsed().as_secs_f64(), done))
}
