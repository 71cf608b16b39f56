//! The headers every answer carries, errors included.

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tower::util::MapResponseLayer;

/// Scripts, styles and pictures come from our own files only; nothing inline runs, nobody frames us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The layer that adds the headers of [`apply_security_headers`]. `secure` is
/// [`PublicUrl::is_secure`](crate::PublicUrl::is_secure). Put it outermost, so that answers of other layers
/// get them too.
pub fn security_headers(
    secure: bool,
) -> MapResponseLayer<impl Fn(Response) -> Response + Clone + Send + Sync + 'static> {
    MapResponseLayer::new(move |mut response: Response| {
        apply_security_headers(response.headers_mut(), secure);
        response
    })
}

/// Sets each header the handler did not set itself; `Strict-Transport-Security` only when `secure`.
pub fn apply_security_headers(headers: &mut HeaderMap, secure: bool) {
    for (name, value) in &ALWAYS {
        set_if_missing(headers, name, value);
    }
    if secure {
        set_if_missing(
            headers,
            &header::STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
}

static ALWAYS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
];

fn set_if_missing(headers: &mut HeaderMap, name: &HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x02_x03_every_answer_carries_the_headers() {
        let mut headers = HeaderMap::new();
        apply_security_headers(&mut headers, true);
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn a_handler_may_allow_caching_and_localhost_gets_no_hsts() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=9"),
        );
        apply_security_headers(&mut headers, false);
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=9");
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
