//! The limits of this machine in this run: a bare server, bare writes, raw hashes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::routing::get;

use crate::client::{self, Outcome};

/// A bare axum "hello" over the same connections.
pub(crate) async fn hello(requests: usize, connections: usize) -> Result<(Outcome, f64)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let router = Router::new().route("/", get(|| async { "hello" }));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let asks = Arc::new(vec![client::get("/", &address, "x"); requests]);
    let outcome = client::send_all(&address, asks, connections, "hello").await?;
    serving.abort();
    let rate = outcome.rate();
    Ok((outcome, rate))
}

/// Argon2id hashes a second on two threads, at the cost Twinlock uses.
pub(crate) fn hashes(length: Duration) -> Result<f64> {
    let threads: Vec<_> = (0..2)
        .map(|_| std::thread::spawn(move || hash_for(length)))
        .collect();
    let mut rate = 0.0;
    for thread in threads {
        rate += thread
            .join()
            .map_err(|_| anyhow::anyhow!("a hashing thread stopped"))??;
    }
    Ok(rate)
}

fn hash_for(length: Duration) -> Result<f64> {
    let params =
        argon2::Params::new(19_456, 2, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let began = client::now();
    let (mut out, mut done) = ([0_u8; 32], 0_u32);
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
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}
