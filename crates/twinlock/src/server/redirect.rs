//! Plain http beside TLS: it leads to the public address and nowhere else.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};
use twinlock_web::PublicUrl;

/// Leads whoever reads to the same place under `https`. What was to be written has been readable on its way and is not asked for again.
pub(super) fn router(public_url: PublicUrl) -> Router {
    Router::new().fallback(move |request: Request| {
        let response = lead(&public_url, &request);
        async move { response }
    })
}

fn lead(public_url: &PublicUrl, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = Response::new(Body::from("Use https.\n"));
        *refused.status_mut() = StatusCode::FORBIDDEN;
        return refused;
    }
    let path = request.uri().path_and_query();
    let path = path.map_or("/", |path| path.as_str());
    let target = public_url.join(path);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}
