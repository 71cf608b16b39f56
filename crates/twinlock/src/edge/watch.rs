//! What is noted of every request, whoever answers it: an id, a line in the log, and a place in the figures.
//!
//! Nothing of it says who asked or for what: the line has the route's pattern and never the path, its query, an address of the network,
//! a name or a token.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::app::App;

/// The answer's header with the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is asked for all the time and says nothing while it works: noted at `debug` only.
const QUIET: &[&str] = &[
    "/healthz",
    "/readyz",
    "/assets/{name}",
    "/api/v1/session",
    "/forward-auth",
];

/// The id of a request: in the log, on error pages, in problem documents and in `X-Request-Id`.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

impl RequestId {
    fn draw(app: &App) -> Self {
        let seed = app.entropy.seed();
        let id = seed.map_or_else(
            |_| String::from("none"),
            |seed| data_encoding::HEXLOWER.encode(&seed.draw("request id").bytes::<8>()),
        );
        Self(id.into())
    }
}

/// The outermost layer: it sees what everything below answers, refusals of the lowest layers included.
pub async fn watch(app: App, mut request: Request, next: Next) -> Response {
    let id = RequestId::draw(&app);
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let begun = begin();
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let took = begun.elapsed();
    let route = matched.as_ref().map(MatchedPath::as_str);
    let status = response.status();
    app.meters.answered(&method, route, status.as_u16(), took);
    note(&id, &method, route.unwrap_or("none"), status, took);
    response
}

fn note(
    id: &RequestId,
    method: &Method,
    route: &str,
    status: StatusCode,
    took: std::time::Duration,
) {
    let (request, method, status) = (&*id.0, word(method), status.as_u16());
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
