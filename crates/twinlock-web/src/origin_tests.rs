use super::*;

fn public() -> PublicUrl {
    PublicUrl::parse("https://auth.example.org").unwrap()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

#[test]
fn an_operator_gives_scheme_host_and_port() {
    let url = public();
    assert!(url.is_secure());
    assert_eq!(url.origin(), "https://auth.example.org");
    assert_eq!((url.host(), url.port()), ("auth.example.org", 443));
    assert_eq!(url.join("/sign-in"), "https://auth.example.org/sign-in");
    let odd = PublicUrl::parse("HTTPS://Auth.Example.org:8443/").unwrap();
    assert_eq!(odd.origin(), "https://auth.example.org:8443");
    assert_eq!(odd.authority(), "auth.example.org:8443");
    assert_eq!(
        PublicUrl::parse("https://x:443").unwrap().origin(),
        "https://x"
    );
    assert_eq!(
        PublicUrl::parse("https://münchen.example").unwrap().host(),
        "xn--mnchen-3ya.example"
    );
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for local in [
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        assert!(!PublicUrl::parse(local).unwrap().is_secure(), "{local}");
    }
    for far in [
        "http://auth.example.org",
        "http://localhost.example.org",
        "http://10.0.0.1",
        "http://localhost.",
        "http://[::ffff:10.0.0.1]",
    ] {
        let refused = PublicUrl::parse(far);
        assert!(
            matches!(refused, Err(PublicUrlError::NotSecure(_))),
            "{far}"
        );
    }
}

#[test]
fn m11_anything_beyond_the_host_is_refused() {
    for raw in [
        "",
        "auth.example.org",
        "//auth.example.org",
        "ftp://x",
        "javascript:alert(1)",
        "https://",
        "https://u@x",
        "https://u:p@x",
        "https://@x",
        "https://x/path",
        "https://x/?",
        "https://x/?a",
        "https://x/#",
        "https://x\\evil",
        "https://x y",
        " https://x",
        "https://x\n",
        "https://x:99999",
        "https://x/..",
        "https://x/a/..",
    ] {
        let parsed = PublicUrl::parse(raw);
        assert!(parsed.is_err() || raw.contains(".."), "{raw:?} {parsed:?}");
        if let Ok(url) = parsed {
            assert_eq!(url.origin(), "https://x");
        }
    }
}

#[test]
fn m11_only_our_own_host_is_answered() {
    let target = Uri::from_static("/sign-in");
    for own in [
        "auth.example.org",
        "AUTH.example.ORG",
        "auth.example.org:443",
    ] {
        assert!(
            public().host_matches(&headers(&[("host", own)]), &target),
            "{own}"
        );
    }
    for other in [
        "evil",
        "auth.example.org.evil",
        "evil:443",
        "auth.example.org:8443",
        "auth.example.org:",
        "auth.example.org:0443",
        "user@auth.example.org",
        "auth.example.org.",
        "",
        "auth.example.org:443:443",
        "auth.example.org evil",
        "auth.example.org,evil",
    ] {
        assert!(
            !public().host_matches(&headers(&[("host", other)]), &target),
            "{other}"
        );
    }
    let twice = headers(&[("host", "auth.example.org"), ("host", "auth.example.org")]);
    assert!(!public().host_matches(&twice, &target));
    assert!(!public().host_matches(&HeaderMap::new(), &target));
}

#[test]
fn m11_an_absolute_target_must_name_us_too() {
    let own = headers(&[("host", "auth.example.org")]);
    let ours = Uri::from_static("https://auth.example.org/x");
    assert!(public().host_matches(&own, &ours));
    assert!(!public().host_matches(&own, &Uri::from_static("https://evil/x")));
    assert!(!public().host_matches(&headers(&[("host", "evil")]), &ours));
}

#[test]
fn x01_a_write_from_our_own_page_is_own() {
    for own in [
        &[("origin", "https://auth.example.org")][..],
        &[
            ("origin", "https://auth.example.org"),
            ("sec-fetch-site", "same-origin"),
        ],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
    ] {
        assert_eq!(
            check_own_origin(&headers(own), &public()),
            OriginVerdict::Own,
            "{own:?}"
        );
    }
    assert_eq!(
        check_own_origin(&HeaderMap::new(), &public()),
        OriginVerdict::Absent
    );
}

#[test]
fn x01_every_other_origin_is_foreign() {
    for foreign in [
        &[("origin", "null")][..],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("origin", "null"), ("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "same-origin"),
        ],
        &[("origin", "http://auth.example.org")],
        &[("origin", "https://auth.example.org:8443")],
        &[("origin", "https://auth.example.org.evil")],
        &[("origin", "https://auth.example.org/")],
        &[("origin", "HTTPS://AUTH.EXAMPLE.ORG")],
        &[("origin", "")],
        &[
            ("origin", "https://auth.example.org"),
            ("origin", "https://evil"),
        ],
        &[
            ("origin", "https://auth.example.org"),
            ("sec-fetch-site", "same-site"),
        ],
        &[
            ("origin", "https://auth.example.org"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "")],
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        let verdict = check_own_origin(&headers(foreign), &public());
        assert_eq!(verdict, OriginVerdict::Foreign, "{foreign:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_address_panics(raw in "\\PC{0,60}") {
        let _ = PublicUrl::parse(&raw);
        let _ = PublicUrl::parse(&format!("https://{raw}"));
    }
}
