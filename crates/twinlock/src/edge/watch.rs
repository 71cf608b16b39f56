//! What is noted of every request, whoever answers it: an id, a line in the log, and a place in the figures.
//!
//! Nothing of it says who asked or for what: the line has the route's pattern and never the path, its query, an address of the network,
//! a name or a token.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::app::{App, NoEntropy, Seed};

/// The answer's header with the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is asked for all the time and says nothing while it is answered, whatever the answer is: noted at `debug` only.
const QUIET: &[&str] = &[
    "/healthz",
    "/readyz",
    "/assets/{name}",
    "/api/v1/session",
    "/api/v1/accounts/{account}/devices/verify",
    "/forward-auth",
];

/// A request that came in.
#[derive(Clone)]
pub struct Arrival {
    /// Its id: in the log, on error pages, in problem documents and in `X-Request-Id`.
    pub id: Arc<str>,
    /// Everything random in it comes from here.
    pub seed: Result<Seed, NoEntropy>,
}

impl Arrival {
    fn now(app: &App) -> Self {
        let seed = app.entropy.seed();
        let id = seed.as_ref().map_or_else(
            |_| String::from("none"),
            |seed| data_encoding::HEXLOWER.encode(&seed.draw("request id").bytes::<8>()),
        );
        Self {
            id: id.into(),
            seed,
        }
    }
}

/// A request that is being answered.
pub(super) struct Watched {
    id: Arc<str>,
    method: Method,
    route: Option<MatchedPath>,
    begun: Instant,
}

impl Watched {
    /// Gives the request its id.
    pub(super) fn begin(app: &App, request: &mut Request) -> Self {
        let begun = begin();
        let arrival = Arrival::now(app);
        let watched = Self {
            id: Arc::clone(&arrival.id),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            begun,
        };
        request.extensions_mut().insert(arrival);
        watched
    }

    /// Notes its answer, refusals of every kind included.
    pub(super) fn end(self, app: &App, response: &mut Response) {
        if let Ok(value) = HeaderValue::from_str(&self.id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let took = self.begun.elapsed();
        let route = self.route.as_ref().map(MatchedPath::as_str);
        let status = response.status();
        app.meters
            .answered(&self.method, route, status.as_u16(), took);
        note(
            &self.id,
            &self.method,
            route.unwrap_or("none"),
            status,
            took,
        );
    }
}

fn note(
    request: &str,
    method: &Method,
    route: &str,
    status: StatusCode,
    took: std::time::Duration,
) {
    let (method, status) = (word(method), status.as_u16());
    let ms = (took.as_secs_f64() * 10_000.0).round() / 10.0;
    if QUIET.contains(&route) && status < 400 {
        tracing::debug!(target: "twinlock::request", request, method, route, status, ms, "request");
    } else {
        tracing::info!(target: "twinlock::request", request, method, route, status, ms, "request");
    }
}

/// A method nobody has heard of is the sender's own text.
fn word(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS
        | Method::TRACE
        | Method::CONNECT => method.as_str(),
        _ => "other",
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures how long an answer took; nothing is decided by it"
)]
fn begin() -> Instant {
    Instant::now()
}
