//! The headers every answer carries, errors included.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Scripts, styles and pictures come from our own files only; nothing inline runs, nobody frames us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Sets each header the handler did not set itself; `Strict-Transport-Security` only when `secure`.
pub fn apply_security_headers(headers: &mut HeaderMap, secure: bool) {
    // A copy of the whole costs less than to insert each anew in every answer; the handler's own take their places.
    let all = if secure { &*SECURE } else { &*PLAIN };
    let own = std::mem::replace(headers, all.clone());
    headers.extend(own);
}

static PLAIN: LazyLock<HeaderMap> = LazyLock::new(|| with_room(ALWAYS.iter().cloned()));
static SECURE: LazyLock<HeaderMap> =
    LazyLock::new(|| with_room(ALWAYS.iter().cloned().chain([HSTS.clone()])));

/// With an index that need not grow for the handler's own.
fn with_room(fixed: impl Iterator<Item = (HeaderName, HeaderValue)>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(2 * ALWAYS.len());
    headers.extend(fixed);
    headers
}

static HSTS: (HeaderName, HeaderValue) = (
    header::STRICT_TRANSPORT_SECURITY,
    HeaderValue::from_static("max-age=63072000; includeSubDomains"),
);

static ALWAYS: [(HeaderName, HeaderValue); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
        ),
    ),
];

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
    fn all_values_of_a_handlers_own_header_stay() {
        let mut headers = HeaderMap::new();
        for cookie in ["a=1", "b=2"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        apply_security_headers(&mut headers, true);
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(headers.get_all(header::CACHE_CONTROL).iter().count(), 1);
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
