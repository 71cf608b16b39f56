//! A small keep-alive HTTP/1.1 client: the load must cost little beside the server it shares two cores with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a run of requests came to.
pub(crate) struct Outcome {
    /// Requests answered as they should be.
    pub(crate) accepted: usize,
    /// Requests answered otherwise.
    pub(crate) refused: usize,
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// Each answer's time, sorted.
    pub(crate) times: Vec<Duration>,
}

impl Outcome {
    /// Accepted answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64()
    }

    /// The time so many percent of the answers stayed under.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let place = self.times.len() * percent / 100;
        self.times
            .get(place.min(self.times.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

/// Sends every request once over `connections` connections; an answer is accepted when its body holds `wanted`.
pub(crate) async fn send_all(
    address: &str,
    requests: Arc<Vec<String>>,
    connections: usize,
    wanted: &'static str,
) -> Result<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = now();
    let mut workers = Vec::new();
    for _ in 0..connections {
        let (address, requests, next) =
            (address.to_owned(), Arc::clone(&requests), Arc::clone(&next));
        workers.push(tokio::spawn(async move {
            work(&address, &requests, &next, wanted).await
        }));
    }
    let mut outcome = Outcome {
        accepted: 0,
        refused: 0,
        took: Duration::ZERO,
        times: Vec::new(),
    };
    for worker in workers {
        let (accepted, refused, times) = worker.await??;
        outcome.accepted += accepted;
        outcome.refused += refused;
        outcome.times.extend(times);
    }
    outcome.took = began.elapsed();
    outcome.times.sort_unstable();
    Ok(outcome)
}

async fn work(
    address: &str,
    requests: &[String],
    next: &AtomicUsize,
    wanted: &str,
) -> Result<(usize, usize, Vec<Duration>)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut accepted, mut refused, mut times) = (0, 0, Vec::new());
    let mut buffer = Vec::with_capacity(4096);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let began = now();
        let body = exchange(&mut stream, request, &mut buffer).await?;
        times.push(began.elapsed());
        if body.contains(wanted) {
            accepted += 1
        } else {
            refused += 1
        }
    }
    Ok((accepted, refused, times))
}

/// One request over one connection; the answer with its head.
pub(crate) async fn once(address: &str, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    exchange(&mut stream, request, &mut Vec::new()).await
}

async fn exchange(stream: &mut TcpStream, request: &str, buffer: &mut Vec<u8>) -> Result<String> {
    stream.write_all(request.as_bytes()).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(head_end) = find(buffer, b"\r\n\r\n") else {
            continue;
        };
        let head =
            std::str::from_utf8(buffer.get(..head_end).unwrap_or_default())?.to_ascii_lowercase();
        let length: usize = match head.split("content-length: ").nth(1) {
            Some(rest) => rest
                .split("\r\n")
                .next()
                .unwrap_or_default()
                .trim()
                .parse()
                .context("content-length")?,
            None => 0,
        };
        if buffer.len() >= head_end + 4 + length {
            return Ok(String::from_utf8_lossy(buffer).into_owned());
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// A GET with a bearer token.
pub(crate) fn get(path: &str, host: &str, bearer: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {bearer}\r\n\r\n")
}

/// A POST of JSON with a bearer token.
pub(crate) fn post(path: &str, host: &str, bearer: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {bearer}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// The machine's clock: a benchmark measures with it.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
