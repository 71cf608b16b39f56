//! Scripts of other sites that may call the JSON API: those of `server.allowed_origins`, with a bearer token and never with cookies.
//!
//! A browser asks first (a preflight, <https://fetch.spec.whatwg.org/#http-cors-protocol>); sites that are not listed get no leave and
//! no answer they could read.

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

const API: &str = "/api/";

/// The listed origin a request comes from.
#[must_use]
pub fn listed_origin(headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    let listed = allowed
        .iter()
        .any(|entry| entry.trim_end_matches('/') == text);
    (listed && text != "null").then(|| origin.clone())
}

/// A request as browsers' rules for scripts of other sites see it.
pub(super) struct Cors {
    origin: Option<HeaderValue>,
}

impl Cors {
    /// `None` for what is no call of the API.
    pub(super) fn of(allowed: &[String], request: &Request) -> Option<Self> {
        let is_call = request.uri().path().starts_with(API);
        is_call.then(|| Self {
            origin: listed_origin(request.headers(), allowed),
        })
    }

    /// The answer to a preflight of a listed origin.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS
            && request
                .headers()
                .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        (asks && self.origin.is_some()).then(preflight)
    }

    /// Lets a listed origin read an answer.
    pub(super) fn open(self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("retry-after, x-request-id"),
            );
        }
    }
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, accept-language"),
    );
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(origin: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        let allowed = [String::from("https://shop.example"), String::from("null")];
        listed_origin(&headers, &allowed).is_some()
    }

    #[test]
    fn only_listed_origins_may_read_the_api_and_never_null() {
        assert!(listed("https://shop.example"));
        for origin in [
            "https://evil.example",
            "http://shop.example",
            "https://shop.example.evil",
            "https://shop.example:8443",
            "null",
        ] {
            assert!(!listed(origin), "{origin}");
        }
    }
}
