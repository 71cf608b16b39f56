//! Request headers.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use twinlock_web::{
    Catalog, CookieJar, OriginVerdict, PublicUrl, TrustedProxies, check_own_origin, client_ip,
    network_key,
};

use crate::text;

/// Lines `name: value` as headers; those that HTTP itself would refuse are left out.
fn headers_of(bytes: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(at) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(at);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    headers
}

fn ours() -> Option<PublicUrl> {
    PublicUrl::parse("https://login.example.org").ok()
}

/// "Own" is said only of what a browser says of our own pages: our exact origin or none, and never another site's.
pub(crate) fn origin(bytes: &[u8]) {
    let headers = headers_of(bytes);
    let Some(ours) = ours() else { return };
    if check_own_origin(&headers, &ours) != OriginVerdict::Own {
        return;
    }
    let origins: Vec<_> = headers.get_all("origin").iter().collect();
    let sites: Vec<_> = headers.get_all("sec-fetch-site").iter().collect();
    assert!(origins.len() <= 1 && sites.len() <= 1, "{headers:?}");
    let same_origin = sites.first().is_some_and(|site| *site == "same-origin");
    let typed = sites.first().is_some_and(|site| *site == "none");
    match origins.first() {
        Some(origin) if **origin == *"https://login.example.org" => {
            assert!(sites.is_empty() || same_origin || typed, "{headers:?}");
        }
        Some(origin) => assert!(**origin == *"null" && same_origin, "{headers:?}"),
        None => assert!(same_origin || typed, "{headers:?}"),
    }
}

/// A host is ours only in our own spelling, ports and letters' case aside, and only once.
pub(crate) fn host(bytes: &[u8]) {
    let all = text(bytes);
    let (target, lines) = all.split_once('\n').unwrap_or((&all, ""));
    let Ok(uri) = target.parse::<Uri>() else {
        return;
    };
    let headers = headers_of(lines.as_bytes());
    let Some(ours) = ours() else { return };
    if !ours.host_matches(&headers, &uri) {
        return;
    }
    let is_ours = |said: &str| {
        matches!(
            said.to_ascii_lowercase().as_str(),
            "login.example.org" | "login.example.org:443"
        )
    };
    let hosts: Vec<_> = headers
        .get_all("host")
        .iter()
        .filter_map(|host| host.to_str().ok())
        .collect();
    assert!(
        hosts.len() <= 1 && hosts.iter().all(|said| is_ours(said)),
        "{headers:?}"
    );
    assert!(
        uri.authority().is_none_or(|said| is_ours(said.as_str())),
        "{uri:?}"
    );
    assert!(!hosts.is_empty() || uri.authority().is_some());
}

/// A cookie is read only where it was sent once under its exact name, and its value holds nothing that ends a header or a cookie.
pub(crate) fn cookies(bytes: &[u8]) {
    let headers = headers_of(bytes);
    let jar = CookieJar::parse(&headers);
    let Some(value) = jar.get("__Host-twinlock") else {
        return;
    };
    assert!(
        !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() && b != b';'),
        "{value:?}"
    );
    let lines = headers.get_all("cookie").iter().map(HeaderValue::as_bytes);
    let sent = lines
        .flat_map(|line| line.split(|byte| *byte == b';'))
        .filter(|pair| pair.trim_ascii().starts_with(b"__Host-twinlock="))
        .count();
    assert_eq!(sent, 1, "{headers:?}");
}

/// What forwarding headers say counts only from a listed proxy, and no client can choose a listed proxy's address for itself.
pub(crate) fn forwarded(bytes: &[u8]) {
    let headers = headers_of(bytes);
    let Ok(none) = TrustedProxies::parse(&[]) else {
        return;
    };
    let stranger = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    assert_eq!(client_ip(&none, stranger, &headers), stranger);
    let Ok(listed) = TrustedProxies::parse(&[String::from("10.0.0.0/8")]) else {
        return;
    };
    assert_eq!(client_ip(&listed, stranger, &headers), stranger);
    let proxy = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let found = client_ip(&listed, proxy, &headers);
    assert_eq!(found, found.to_canonical());
    assert!(matches!(network_key(found).len(), 4 | 8));
    let mut silent = headers.clone();
    silent.remove("x-forwarded-for");
    silent.remove("forwarded");
    assert_eq!(client_ip(&listed, proxy, &silent), proxy);
}

/// Whatever a browser wishes, it gets one of our languages.
pub(crate) fn accept_language(bytes: &[u8]) {
    let wish = text(bytes);
    static CATALOG: OnceLock<Option<Catalog>> = OnceLock::new();
    let catalog = CATALOG.get_or_init(|| twinlock::edge::texts::catalog().ok());
    assert!(catalog.is_some());
    let Some(catalog) = catalog else { return };
    let given = catalog.negotiate(Some(&wish)).to_owned();
    assert!(catalog.languages().contains(&given.as_str()), "{given:?}");
}
