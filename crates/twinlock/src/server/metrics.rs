//! `/metrics`: the figures in Prometheus' text form, on a listener of their own, never on the one people reach.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::routing::get;
use http::header;
use tokio::net::TcpListener;
use twinlock_db::Distribution;

use crate::app::{App, Tally};
use crate::outbox;

use super::process;

/// Time the database has to say how much mail waits, before the figures go without it.
const PATIENCE: Duration = Duration::from_secs(2);
/// The kind of text Prometheus reads.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The listener of the settings, unless it is off. A taken port costs the figures, not the service.
///
/// # Errors
/// An address this machine does not have.
pub async fn listener(listen: &str) -> anyhow::Result<Option<TcpListener>> {
    if listen.is_empty() {
        return Ok(None);
    }
    match TcpListener::bind(listen).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            tracing::error!(
                listen,
                "there will be no /metrics: another program has the port (telemetry.metrics_listen)"
            );
            Ok(None)
        }
        Err(error) => Err(error)
            .with_context(|| format!("cannot listen on {listen} (telemetry.metrics_listen)")),
    }
}

/// What is served there.
pub fn router(app: &App) -> Router {
    let app = app.clone();
    Router::new().route(
        "/metrics",
        get(move || {
            let app = app.clone();
            async move { ([(header::CONTENT_TYPE, TEXT)], text(&app).await) }
        }),
    )
}

/// Everything there is to tell.
pub async fn text(app: &App) -> String {
    let mut page = Page::default();
    page.family("twinlock_build_info", "gauge", "The running release.");
    page.sample(
        "twinlock_build_info",
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("engine", app.store.engine().word()),
        ],
        1.0,
    );
    let name = "twinlock_clock_in_doubt";
    page.family(
        name,
        "gauge",
        "1 while the machine's clock has jumped and is not followed.",
    );
    let in_doubt = app.clock.doubt().is_some();
    page.sample(name, &[], if in_doubt { 1.0 } else { 0.0 });
    requests(app, &mut page);
    happenings(app, &mut page);
    hashing(app, &mut page);
    database(app, &mut page);
    mail(app, &mut page).await;
    certificate(app, &mut page);
    process::figures(&mut page);
    page.0
}

fn requests(app: &App, page: &mut Page) {
    let routes = app.meters.routes();
    let name = "twinlock_http_requests_total";
    page.family(name, "counter", "Answers by route and class of status.");
    for one in &routes {
        for (class, count) in ["1xx", "2xx", "3xx", "4xx", "5xx"].iter().zip(one.classes) {
            if count > 0 {
                let labels = [
                    ("method", one.method.as_str()),
                    ("route", one.route),
                    ("status", class),
                ];
                page.sample(name, &labels, float(count));
            }
        }
    }
    let name = "twinlock_http_request_duration_seconds";
    page.family(name, "histogram", "From a request's head to its answer.");
    for one in &routes {
        let labels = [("method", one.method.as_str()), ("route", one.route)];
        page.histogram(name, &labels, &one.latency);
    }
}

/// Families of what was committed: name, help, and which tallies belong there with which labels.
type Family = (
    &'static str,
    &'static str,
    fn(Tally) -> Option<Vec<(&'static str, &'static str)>>,
);

const FAMILIES: &[Family] = &[
    (
        "twinlock_events_total",
        "Events of the record, such as signed_in or account_frozen.",
        |tally| match tally {
            Tally::Event(kind) => Some(vec![("event", kind)]),
            _ => None,
        },
    ),
    (
        "twinlock_first_factor_tries_total",
        "Passwords tried: accepted, wrong, locked (not compared) or limited (too many from one network).",
        |tally| match tally {
            Tally::FirstFactor { kind, outcome } => {
                Some(vec![("kind", kind), ("outcome", outcome)])
            }
            _ => None,
        },
    ),
    (
        "twinlock_mailed_code_tries_total",
        "Mailed codes tried, by what they were for.",
        |tally| match tally {
            Tally::MailedCode { purpose, outcome } => {
                Some(vec![("purpose", purpose), ("outcome", outcome)])
            }
            _ => None,
        },
    ),
    (
        "twinlock_second_factor_tries_total",
        "Second-factor codes and security keys tried: accepted, locked (not compared), or why they were wrong.",
        |tally| match tally {
            Tally::SecondFactor { kind, outcome } => {
                Some(vec![("kind", kind), ("outcome", outcome)])
            }
            _ => None,
        },
    ),
    (
        "twinlock_second_factor_waits_total",
        "Times an account's codes had to wait after wrong ones.",
        |tally| (tally == Tally::SecondFactorWaits).then(Vec::new),
    ),
    (
        "twinlock_mails_total",
        "Mails by what became of them: queued, sent, refused, later (tried again), expired.",
        |tally| match tally {
            Tally::Mail(state) => Some(vec![("state", state)]),
            _ => None,
        },
    ),
    (
        "twinlock_texts_total",
        "Text messages by what became of them: queued, accepted, sent, delivered, refused, unknown, later (tried again), expired.",
        |tally| match tally {
            Tally::Text(state) => Some(vec![("state", state)]),
            _ => None,
        },
    ),
    (
        "twinlock_text_codes_entered_total",
        "Texted codes that came back.",
        |tally| (tally == Tally::TextEntered).then(Vec::new),
    ),
    (
        "twinlock_texts_stopped_total",
        "Texts that were not sent, by the limit that stopped them.",
        |tally| match tally {
            Tally::TextStopped(limit) => Some(vec![("limit", limit)]),
            _ => None,
        },
    ),
    (
        "twinlock_sessions_made_total",
        "Sessions that began.",
        |tally| (tally == Tally::SessionMade).then(Vec::new),
    ),
    (
        "twinlock_sessions_ended_total",
        "Sessions that were ended, not those that ran out.",
        |tally| (tally == Tally::SessionEnded).then(Vec::new),
    ),
];

fn happenings(app: &App, page: &mut Page) {
    let tallies = app.meters.tallies();
    for (name, help, labels_of) in FAMILIES {
        page.family(name, "counter", help);
        for (tally, count) in &tallies {
            if let Some(labels) = labels_of(*tally) {
                page.sample(name, &labels, float(*count));
            }
        }
    }
}

fn hashing(app: &App, page: &mut Page) {
    let (running, waiting) = app.hasher.busy();
    let name = "twinlock_password_hashes";
    page.family(name, "gauge", "Passwords being hashed, and waiting for it.");
    page.sample(name, &[("state", "running")], float(running as u64));
    page.sample(name, &[("state", "waiting")], float(waiting as u64));
    let name = "twinlock_password_hashes_total";
    page.family(name, "counter", "Passwords hashed since the start.");
    page.sample(name, &[], float(app.hasher.done()));
    let name = "twinlock_password_hashes_refused_total";
    page.family(name, "counter", "Passwords turned away: too many waited.");
    page.sample(name, &[], float(app.meters.hashes_refused()));
}

fn database(app: &App, page: &mut Page) {
    let pulse = app.store.pulse();
    let name = "twinlock_database_write_duration_seconds";
    page.family(
        name,
        "histogram",
        "From asking for a write to its durable answer.",
    );
    page.histogram(name, &[], &pulse.writes);
    let name = "twinlock_database_waiting";
    page.family(
        name,
        "gauge",
        "Callers waiting for the writer or a connection.",
    );
    page.sample(name, &[], float(pulse.waiting as u64));
    let name = "twinlock_database_refused_total";
    page.family(name, "counter", "Callers turned away: too many waited.");
    page.sample(name, &[], float(pulse.refused));
}

fn certificate(app: &App, page: &mut Page) {
    let Some(end) = app.meters.certificate_end() else {
        return;
    };
    let name = "twinlock_tls_certificate_expires_seconds";
    page.family(name, "gauge", "When the certificate ends, since 1970.");
    let seconds = u64::try_from(end.as_millis() / 1000).unwrap_or_default();
    page.sample(name, &[], float(seconds));
}

/// The only figures that ask the database; without an answer they are left out, and `twinlock_database_up` is 0.
async fn mail(app: &App, page: &mut Page) {
    let asked = async {
        let moment = app.moment()?;
        let now = moment.now;
        let (count, since) = moment.read(outbox::store::waiting).await?;
        Ok::<_, crate::app::Stop>((count, since.map_or(0, |since| now.seconds_from(since))))
    };
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    let answer = answer.ok().and_then(Result::ok);
    let name = "twinlock_database_up";
    page.family(
        name,
        "gauge",
        "Whether the database answered this collection.",
    );
    page.sample(name, &[], if answer.is_some() { 1.0 } else { 0.0 });
    let Some((count, seconds)) = answer else {
        return;
    };
    let name = "twinlock_outbox_waiting";
    page.family(name, "gauge", "Mails that have not left yet.");
    page.sample(name, &[], float(u64::try_from(count).unwrap_or_default()));
    let name = "twinlock_outbox_oldest_seconds";
    page.family(
        name,
        "gauge",
        "Age of the oldest mail that has not left yet.",
    );
    page.sample(name, &[], float(seconds));
}

/// The text being written.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.0.push_str(name);
        if !labels.is_empty() {
            self.0.push('{');
            for (at, (label, text)) in labels.iter().enumerate() {
                let comma = if at > 0 { "," } else { "" };
                let _ = write!(self.0, "{comma}{label}=\"{text}\"");
            }
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], counted: &Distribution) {
        let bucket = format!("{name}_bucket");
        for (bound, count) in &counted.up_to {
            let bound = bound.to_string();
            let labels: Vec<_> = labels.iter().copied().chain([("le", &*bound)]).collect();
            self.sample(&bucket, &labels, float(*count));
        }
        let labels_to_all: Vec<_> = labels.iter().copied().chain([("le", "+Inf")]).collect();
        self.sample(&bucket, &labels_to_all, float(counted.count));
        self.sample(&format!("{name}_sum"), labels, counted.seconds);
        self.sample(&format!("{name}_count"), labels, float(counted.count));
    }
}

/// Prometheus' numbers are doubles; counts are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "what the form of the text is")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
