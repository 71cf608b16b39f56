//! What holds for every answer, whichever route gives it: it is noted, bounded in time, survives a panic, is for our own host, and carries the headers.
//!
//! One function, and not a stack of the router's layers: each of those would copy and box every route anew for every request.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::StatusCode;
use hyper::body::Body as _;
use tower_http::timeout::TimeoutBody;
use twinlock_web::apply_security_headers;

use super::cors::Cors;
use super::guard::Gatekeeper;
use super::watch::Watched;

/// Time for one request from its head to its answer: a client that sends its body drop by drop is cut.
const WHOLE: Duration = Duration::from_secs(30);
/// Time a client may keep silent in the middle of a body.
const BODY: Duration = Duration::from_secs(15);

/// Lets `answer` answer, and sees to what holds for every answer.
pub async fn around<A>(
    gatekeeper: &Gatekeeper,
    mut request: Request,
    answer: impl FnOnce(Request) -> A,
) -> Response
where
    A: Future<Output = Response>,
{
    let app = &gatekeeper.app;
    let watched = Watched::begin(app, &mut request);
    let is_ours = (gatekeeper.public_url).host_matches(request.headers(), request.uri());
    let cors = Cors::of(&app.settings.server.allowed_origins, &request).filter(|_| is_ours);
    let early = match &cors {
        _ if !is_ours => Some(not_ours()),
        Some(cors) => cors.preflight(&request),
        None => None,
    };
    let mut response = match early {
        Some(response) => response,
        None => bounded(answer(request.map(patient))).await,
    };
    if let Some(cors) = cors {
        cors.open(&mut response);
    }
    apply_security_headers(response.headers_mut(), gatekeeper.public_url.is_secure());
    watched.end(app, &mut response);
    response
}

/// An answer that comes in time and without a panic, or what is said in its place.
async fn bounded(answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(WHOLE, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(response)) => response,
        // A handler that panicked ends nothing but its own request; the panic itself is in the log.
        Ok(Err(_)) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side.\n",
        ),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// A request whose Host is another's (RFC 9110 section 15.5.20).
fn not_ours() -> Response {
    let text = "This server does not answer for that host name.\n";
    plain(StatusCode::MISDIRECTED_REQUEST, text)
}

/// A body whose sender is waited for so long and no longer.
fn patient(body: Body) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(TimeoutBody::new(BODY, body))
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
