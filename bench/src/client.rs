//! A small keep-alive HTTP/1.1 client: the load must cost little beside the server it shares two cores with.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a run of requests came to.
#[derive(Default)]
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
    /// One more answer.
    pub(crate) fn note(&mut self, accepted: bool, took: Duration) {
        if accepted {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
        self.times.push(took);
    }

    /// What another caller saw.
    pub(crate) fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.times.extend(other.times);
    }

    /// Everybody is done.
    pub(crate) fn finish(&mut self, took: Duration) {
        self.took = took;
        self.times.sort_unstable();
    }

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

/// What is to be sent: each request as late as it can be made.
pub(crate) trait Requests: Send + Sync + 'static {
    /// The request with this number; `None` after the last.
    fn request(&self, number: usize) -> Option<Cow<'_, str>>;
}

/// One request so many times.
pub(crate) struct Repeated(pub(crate) String, pub(crate) usize);

impl Requests for Repeated {
    fn request(&self, number: usize) -> Option<Cow<'_, str>> {
        (number < self.1).then_some(Cow::Borrowed(&self.0))
    }
}

/// Sends every request once over `connections` connections; an answer is accepted when its body holds `wanted`.
pub(crate) async fn send_all(
    address: &str,
    requests: impl Requests,
    connections: usize,
    wanted: &'static str,
) -> Result<Outcome> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let began = now();
    let mut workers = Vec::new();
    for _ in 0..connections {
        let (address, requests, next) =
            (address.to_owned(), Arc::clone(&requests), Arc::clone(&next));
        workers.push(tokio::spawn(async move {
            work(&address, &*requests, &next, wanted).await
        }));
    }
    let mut outcome = Outcome::default();
    for worker in workers {
        outcome.add(worker.await??);
    }
    outcome.finish(began.elapsed());
    Ok(outcome)
}

async fn work(
    address: &str,
    requests: &impl Requests,
    next: &AtomicUsize,
    wanted: &str,
) -> Result<Outcome> {
    let mut connection = Connection::open(address).await?;
    let mut outcome = Outcome::default();
    while let Some(request) = requests.request(next.fetch_add(1, Ordering::Relaxed)) {
        let began = now();
        let answer = connection.exchange(&request).await?;
        outcome.note(answer.contains(wanted), began.elapsed());
    }
    Ok(outcome)
}

/// One request over one connection; the answer with its head.
pub(crate) async fn once(address: &str, request: &str) -> Result<String> {
    let mut connection = Connection::open(address).await?;
    Ok(connection.exchange(request).await?.to_owned())
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(16 * 1024),
        })
    }

    /// One request; the answer with its head.
    pub(crate) async fn exchange(&mut self, request: &str) -> Result<&str> {
        self.stream.write_all(request.as_bytes()).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection");
            }
            let Some(head_end) = find(&self.answer, b"\r\n\r\n") else {
                continue;
            };
            let head = self.answer.get(..head_end).unwrap_or_default();
            if self.answer.len() >= head_end + 4 + body_length(head)? {
                return Ok(std::str::from_utf8(&self.answer)?);
            }
        }
    }
}

/// By its `content-length`, which hyper writes in lower case; none means no body.
fn body_length(head: &[u8]) -> Result<usize> {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let Some(at) = find(head, NAME) else {
        return Ok(0);
    };
    let digits = head.get(at + NAME.len()..).unwrap_or_default();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit());
    let digits = digits
        .get(..end.unwrap_or(digits.len()))
        .unwrap_or_default();
    std::str::from_utf8(digits)?
        .parse()
        .context("content-length")
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

/// In milliseconds.
pub(crate) fn millis(length: Duration) -> f64 {
    length.as_secs_f64() * 1000.0
}
