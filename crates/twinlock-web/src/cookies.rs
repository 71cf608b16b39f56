//! Cookies, read and written the one safe way (RFC 6265bis).
//!
//! A name that arrives twice is refused: a sibling host can plant a second cookie of the same name, and
//! nothing in the request says which of the two is ours.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The cookies of one request. Cheap to make: nothing is copied until a name is asked for.
#[derive(Debug, Clone, Default)]
pub struct CookieJar {
    lines: Vec<HeaderValue>,
}

impl CookieJar {
    /// Takes every `Cookie` header of the request; never fails.
    #[must_use]
    pub fn parse(headers: &HeaderMap) -> CookieJar {
        CookieJar {
            lines: headers.get_all(header::COOKIE).iter().cloned().collect(),
        }
    }

    /// The value of `name`, or `None` where it is missing, empty, not visible ASCII, or sent twice.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self
            .lines
            .iter()
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| value_if_named(pair, name));
        let first = values.next()?;
        if values.next().is_some() {
            return None;
        }
        std::str::from_utf8(first)
            .ok()
            .filter(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CookieJar {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(CookieJar::parse(&parts.headers))
    }
}

/// The name a cookie has in the browser: with the `__Host-` prefix (no `Domain`, `Path=/`, `Secure`) when
/// the service is reached by https, bare on plain http, which only localhost may use.
#[must_use]
pub fn cookie_name(base: &str, secure: bool) -> String {
    if secure {
        format!("__Host-{base}")
    } else {
        base.to_owned()
    }
}

/// A `Set-Cookie` value: HttpOnly, SameSite=Lax, Path=/, no Domain, Secure when `secure`.
///
/// `name` is the full name (see [`cookie_name`]); `max_age` is in seconds, `None` lives until the browser
/// closes. Bytes that may not stand in a cookie value are percent-encoded; our tokens have none.
#[must_use]
pub fn set_cookie(name: &str, value: &str, max_age: Option<u64>, secure: bool) -> HeaderValue {
    let mut text = format!(
        "{}={}; Path=/; HttpOnly; SameSite=Lax",
        utf8_percent_encode(name, NOT_IN_COOKIES),
        utf8_percent_encode(value, NOT_IN_COOKIES),
    );
    if let Some(seconds) = max_age {
        text.push_str("; Max-Age=");
        text.push_str(&seconds.to_string());
    }
    if secure {
        text.push_str("; Secure");
    }
    // Only visible ASCII is left after the encoding, so this cannot fail; an empty header is the safe answer.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A `Set-Cookie` value that makes the browser forget `name`.
#[must_use]
pub fn clear_cookie(name: &str, secure: bool) -> HeaderValue {
    set_cookie(name, "", Some(0), secure)
}

/// What RFC 6265 §4.1.1 keeps out of a cookie-octet, and `=` so that a name cannot end early.
const NOT_IN_COOKIES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b',')
    .add(b';')
    .add(b'\\')
    .add(b'=');

/// The name exactly as we set it: a browser protects the prefix of a name, not of what a server makes of one by trimming.
fn value_if_named<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let pair = pair.trim_ascii();
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (found, value) = (pair.get(..equals)?, pair.get(equals + 1..)?);
    (found == name.as_bytes()).then(|| value.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(lines: &[&[u8]]) -> CookieJar {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        CookieJar::parse(&headers)
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let jar = jar(&[b"a=1; __Host-twinlock=tls_abc.def ;b=2"]);
        assert_eq!(jar.get("__Host-twinlock"), Some("tls_abc.def"));
        assert_eq!(jar.get("b"), Some("2"));
        assert_eq!(jar.get("c"), None);
    }

    #[test]
    fn s10_a_name_sent_twice_is_refused_even_in_two_headers() {
        assert_eq!(jar(&[b"t=1; t=2"]).get("t"), None);
        assert_eq!(jar(&[b"t=1; t=1"]).get("t"), None);
        assert_eq!(jar(&[b"t=1", b"x=3; t=2"]).get("t"), None);
        assert_eq!(jar(&[b"t=1", b"x=3; t=2"]).get("x"), Some("3"));
    }

    #[test]
    fn s10_a_nameless_cookie_does_not_pass_for_ours() {
        assert_eq!(jar(&[b"=t=1"]).get("t"), None);
        assert_eq!(jar(&[b"t"]).get("t"), None);
        assert_eq!(jar(&[b"T=1"]).get("t"), None);
        assert_eq!(jar(&[b"t =1"]).get("t"), None);
        assert_eq!(jar(&[b"x=1; t\t\t=1"]).get("t"), None);
        assert_eq!(jar(&[b"x=1; t =2; t=1"]).get("t"), Some("1"));
    }

    #[test]
    fn a_foreign_cookie_with_odd_bytes_does_not_hide_ours() {
        let jar = jar(&[b"evil=\xff\xfe\"; t=1; ;;=;"]);
        assert_eq!(jar.get("t"), Some("1"));
        assert_eq!(jar.get("evil"), None);
    }

    #[test]
    fn s08_every_cookie_carries_the_flags() {
        let name = cookie_name("twinlock", true);
        assert_eq!(
            set_cookie(&name, "tls_a.b-c_d", Some(60), true),
            "__Host-twinlock=tls_a.b-c_d; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        assert_eq!(
            clear_cookie(&cookie_name("twinlock", false), false),
            "twinlock=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn a_value_cannot_break_out_of_its_cookie() {
        let made = set_cookie("t", "a; Domain=evil\r\nSet-Cookie: x=1", None, true);
        assert_eq!(
            made,
            "t=a%3B%20Domain%3Devil%0D%0ASet-Cookie:%20x%3D1; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_header_bytes_panic(line in proptest::collection::vec(0x20u8..=0xff, 0..200)) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&line) {
                headers.append(header::COOKIE, value);
            }
            let _ = CookieJar::parse(&headers).get("t");
        }
    }
}
