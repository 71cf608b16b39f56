//! The one address people reach us by, and the check that a write came from our own pages.

use http::{HeaderMap, Uri, header};
use url::{Host, Url};

/// The configured public address: scheme, host and port, nothing else. Links are built from it alone and
/// requests for any other host are refused, so a forged `Host` header can never reach a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    authority: String,
    host: String,
    port: u16,
    secure: bool,
}

/// Why a text is not usable as the public address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// Not an absolute http(s) address at all.
    #[error("{0:?} is not an address such as https://auth.example.org")]
    NotAnAddress(String),
    /// It has a path, a query, a fragment, a user name or a password.
    #[error("{0:?} must be scheme, host and port only, such as https://auth.example.org")]
    MoreThanHost(String),
    /// Plain http is only for trying things out on this machine.
    #[error("{0:?} must begin with https:// (plain http is only for localhost)")]
    NotSecure(String),
}

impl PublicUrl {
    /// Reads `https://auth.example.org[:port][/]`; plain http is accepted for localhost and loopback
    /// addresses only.
    ///
    /// # Errors
    /// Says which part is not allowed; see [`PublicUrlError`].
    pub fn parse(raw: &str) -> Result<PublicUrl, PublicUrlError> {
        let not_an_address = || PublicUrlError::NotAnAddress(raw.to_owned());
        let url = Url::parse(raw).map_err(|_| not_an_address())?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(not_an_address()),
        };
        let host = url.host().ok_or_else(not_an_address)?;
        let port = url.port_or_known_default().ok_or_else(not_an_address)?;
        let only_host = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && !raw.contains(['@', '\\', '?', '#'])
            && !raw.contains(|c: char| c.is_whitespace() || c.is_control());
        if !only_host {
            return Err(PublicUrlError::MoreThanHost(raw.to_owned()));
        }
        if !secure && !is_this_machine(&host) {
            return Err(PublicUrlError::NotSecure(raw.to_owned()));
        }
        let origin = url.origin().ascii_serialization();
        let authority = origin
            .split_once("://")
            .map(|(_, authority)| authority.to_owned())
            .ok_or_else(not_an_address)?;
        Ok(PublicUrl {
            origin,
            authority,
            host: host.to_string(),
            port,
            secure,
        })
    }

    /// True for https.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The origin as browsers write it (RFC 6454 §6.2): `https://auth.example.org`, no trailing slash.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host without its port; an IPv6 address stands in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, written or implied by the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host with its port where that is not the scheme's own: what a browser sends as `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// An absolute link to `path` on this service. `path` is one of ours and begins with `/`.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{path}", self.origin)
    }

    /// True when the request is addressed to us: exactly one `Host` header (RFC 9112 §3.2) that names our
    /// host and port, and an absolute-form target, where there is one, that names them too. Answer 421
    /// otherwise.
    #[must_use]
    pub fn host_matches(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let named = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().is_ok_and(|host| self.is_authority(host)),
            (None, None) => uri.authority().is_some(),
            _ => false,
        };
        named
            && uri
                .authority()
                .is_none_or(|authority| self.is_authority(authority.as_str()))
    }

    fn is_authority(&self, sent: &str) -> bool {
        if sent.eq_ignore_ascii_case(&self.authority) {
            return true;
        }
        // A client may write the scheme's own port out.
        sent.rsplit_once(':').is_some_and(|(host, port)| {
            host.eq_ignore_ascii_case(&self.host) && port == self.port.to_string()
        })
    }
}

/// Whether a request that carries our cookies was made by one of our own pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginVerdict {
    /// Made by our own page, or by the person directly (address bar, bookmark).
    Own,
    /// Made by another site, a sandboxed frame, or contradicting itself: refuse.
    Foreign,
    /// The client says nothing; browsers of the last years always do on writes. Refuse where cookies count.
    Absent,
}

/// Judges a request by `Sec-Fetch-Site` (which scripts cannot forge) and `Origin`.
///
/// Our own pages are sent with `Referrer-Policy: no-referrer`, and then browsers write `Origin: null` even
/// on a form posted to the same origin (Fetch, "append a request Origin header"). So `null` is accepted
/// together with `Sec-Fetch-Site: same-origin`, which a sandboxed frame never gets, and refused alone.
#[must_use]
pub fn check_own_origin(headers: &HeaderMap, public_url: &PublicUrl) -> OriginVerdict {
    let Ok(site) = only_value(headers, "sec-fetch-site") else {
        return OriginVerdict::Foreign;
    };
    let Ok(origin) = only_value(headers, "origin") else {
        return OriginVerdict::Foreign;
    };
    match (site, origin) {
        (None, None) => OriginVerdict::Absent,
        (Some("same-origin"), Some("null")) | (Some("same-origin" | "none"), None) => {
            OriginVerdict::Own
        }
        (Some("same-origin" | "none") | None, Some(sent)) if sent == public_url.origin() => {
            OriginVerdict::Own
        }
        _ => OriginVerdict::Foreign,
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

/// The header's value if it was sent at most once as plain text; `Err` when sent twice or unreadable.
fn only_value<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
