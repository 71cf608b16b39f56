//! Who is calling: the network address limits are counted by.
//!
//! Forwarding headers are only words of the sender. They count when the connection comes from a listed
//! proxy, and then only up to the nearest hop that is not one.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

/// The proxies whose forwarding headers are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
}

/// An entry of the list of proxies that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IP address or a network such as 10.0.0.0/8")]
pub struct NotANetwork(pub String);

impl TrustedProxies {
    /// Reads addresses (`10.0.0.7`, `fd00::7`) and networks (`10.0.0.0/8`, `fd00::/8`).
    ///
    /// # Errors
    /// Names the first entry that is neither.
    pub fn parse(entries: &[String]) -> Result<TrustedProxies, NotANetwork> {
        entries
            .iter()
            .map(|entry| Network::parse(entry).ok_or_else(|| NotANetwork(entry.clone())))
            .collect::<Result<_, _>>()
            .map(|networks| TrustedProxies { networks })
    }

    /// The address of the client: `peer` unless that is a listed proxy, else the rightmost hop of
    /// `X-Forwarded-For` or `Forwarded` (RFC 7239) that is not listed. A hop that cannot be read ends the
    /// walk at the proxy that reported it. IPv4 inside IPv6 comes out as IPv4.
    ///
    /// A proxy adds to one of the two headers and passes the other on as the client wrote it; where both
    /// are there and disagree, neither is believed.
    #[must_use]
    pub fn client_ip(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let by_list = self.nearest_untrusted(peer, hops_in_list(headers));
        let by_elements = self.nearest_untrusted(peer, hops_in_elements(headers));
        match (by_list, by_elements) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(found), _) | (None, Some(found)) => found,
            (None, None) => peer,
        }
    }

    fn contains(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(ip))
    }

    fn nearest_untrusted(&self, peer: IpAddr, hops: Option<Vec<Hop>>) -> Option<IpAddr> {
        let mut nearest = peer;
        for hop in hops?.into_iter().rev() {
            let Some(ip) = hop else { break };
            nearest = ip;
            if !self.contains(ip) {
                break;
            }
        }
        Some(nearest)
    }
}

/// [`TrustedProxies::client_ip`] as a function.
#[must_use]
pub fn client_ip(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    proxies.client_ip(peer, headers)
}

/// What limits by network count under: an IPv4 address whole (4 bytes), an IPv6 address by its /64
/// (8 bytes), since one household has a whole /64 to choose from.
#[must_use]
pub fn network_key(ip: IpAddr) -> Vec<u8> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().into_iter().take(8).collect(),
    }
}

/// One reported hop; `None` where it cannot be read (`unknown`, obfuscated or malformed).
type Hop = Option<IpAddr>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    fn parse(entry: &str) -> Option<Network> {
        let entry = entry.trim();
        let (address, prefix) = match entry.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (entry, None),
        };
        let base: IpAddr = address.parse().ok()?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            None => longest,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= longest)?
            }
            Some(_) => return None,
        };
        match base.to_canonical() {
            IpAddr::V4(v4) if base.is_ipv6() => Some(Network {
                base: v4.into(),
                prefix: prefix.checked_sub(96)?,
            }),
            base => Some(Network { base, prefix }),
        }
    }

    fn contains(self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.prefix);
                (base.to_bits() ^ ip.to_bits())
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.prefix);
                (base.to_bits() ^ ip.to_bits())
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

fn hops_in_list(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let mut lines = headers.get_all("x-forwarded-for").iter().peekable();
    lines.peek()?;
    Some(
        lines
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .map(|hop| std::str::from_utf8(hop).ok().and_then(parse_hop))
            .collect(),
    )
}

fn hops_in_elements(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let mut lines = headers.get_all("forwarded").iter().peekable();
    lines.peek()?;
    Some(
        lines
            .flat_map(|line| match line.to_str() {
                Ok(line) => split_outside_quotes(line, ',')
                    .into_iter()
                    .map(element_hop)
                    .collect(),
                Err(_) => vec![None],
            })
            .collect(),
    )
}

/// The `for` of one `Forwarded` element, if it is said exactly once.
fn element_hop(element: &str) -> Hop {
    let mut hops = split_outside_quotes(element, ';')
        .into_iter()
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("for")
                .then(|| value.trim())
        });
    let hop = hops.next()?;
    if hops.next().is_some() {
        return None;
    }
    match hop.strip_prefix('"') {
        Some(quoted) => parse_hop(quoted.strip_suffix('"')?),
        None => parse_hop(hop),
    }
}

/// Splits at `separator`, except inside a quoted string; an open quote takes the rest, so that it reads as
/// one broken hop instead of a forged list.
fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c: char| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == separator && !quoted,
        }
        false
    })
    .collect()
}

/// An address, with or without a port, an IPv6 one with or without brackets.
fn parse_hop(hop: &str) -> Hop {
    let hop = hop.trim();
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hop);
    bare.parse::<IpAddr>()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .map(|ip| ip.to_canonical())
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
