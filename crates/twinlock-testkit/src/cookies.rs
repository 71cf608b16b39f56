//! A browser's cookie store for one site, with the rules that matter here (RFC 6265bis).

use std::collections::BTreeMap;

use crate::clock::FakeTime;

/// The cookies one browser holds for one site.
#[derive(Clone, Debug)]
pub struct CookieStore {
    time: FakeTime,
    kept: BTreeMap<String, Kept>,
    /// Every `Set-Cookie` value ever received, oldest first.
    pub received: Vec<String>,
}

#[derive(Clone, Debug)]
struct Kept {
    value: String,
    dies_at: Option<i64>,
}

impl CookieStore {
    /// An empty store by this clock.
    #[must_use]
    pub fn new(time: FakeTime) -> Self {
        Self {
            time,
            kept: BTreeMap::new(),
            received: Vec::new(),
        }
    }

    /// Takes one `Set-Cookie` value. A `__Host-` cookie that breaks the rules of its prefix is dropped, as browsers do.
    pub fn take(&mut self, header: &str, over_https: bool) {
        self.received.push(header.to_owned());
        let mut parts = header.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let attributes: Vec<(String, &str)> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(attribute, value)| (attribute.to_ascii_lowercase(), value))
            .collect();
        let find = |wanted: &str| {
            attributes
                .iter()
                .find(|(attribute, _)| attribute == wanted)
                .map(|(_, value)| *value)
        };
        let secure = find("secure").is_some();
        let host_prefix_holds =
            secure && over_https && find("domain").is_none() && find("path") == Some("/");
        if (name.starts_with("__Host-") && !host_prefix_holds) || (secure && !over_https) {
            return;
        }
        let life: Option<i64> = find("max-age").and_then(|seconds| seconds.parse().ok());
        if life.is_some_and(|seconds| seconds <= 0) {
            self.kept.remove(name);
            return;
        }
        let kept = Kept {
            value: value.to_owned(),
            dies_at: life.map(|seconds| {
                self.time
                    .millis()
                    .saturating_add(seconds.saturating_mul(1000))
            }),
        };
        self.kept.insert(name.to_owned(), kept);
    }

    /// The `Cookie` header of the next request; `None` when there is nothing to send.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        let now = self.time.millis();
        let pairs: Vec<String> = self
            .kept
            .iter()
            .filter(|(_, kept)| kept.dies_at.is_none_or(|at| at > now))
            .map(|(name, kept)| format!("{name}={}", kept.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The value of a live cookie.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let now = self.time.millis();
        self.kept
            .get(name)
            .filter(|kept| kept.dies_at.is_none_or(|at| at > now))
            .map(|kept| kept.value.as_str())
    }

    /// Plants a cookie, as an attacker or a person with developer tools does.
    pub fn plant(&mut self, name: &str, value: &str) {
        let kept = Kept {
            value: value.to_owned(),
            dies_at: None,
        };
        self.kept.insert(name.to_owned(), kept);
    }

    /// Forgets one cookie.
    pub fn forget(&mut self, name: &str) {
        self.kept.remove(name);
    }

    /// Closes the browser: what has no life of its own goes.
    pub fn close_browser(&mut self) {
        self.kept.retain(|_, kept| kept.dies_at.is_some());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn cookies_come_back_die_and_are_cleared() {
        let time = FakeTime::at_millis(0);
        let mut store = CookieStore::new(time.clone());
        store.take("__Host-a=1; Path=/; Secure; HttpOnly; Max-Age=60", true);
        store.take("b=2; Path=/", true);
        assert_eq!(store.header().as_deref(), Some("__Host-a=1; b=2"));
        time.forward(Duration::from_secs(60));
        assert_eq!(store.header().as_deref(), Some("b=2"));
        store.take("b=; Max-Age=0", true);
        assert_eq!(store.header(), None);
    }

    #[test]
    fn a_host_cookie_with_a_domain_is_not_kept() {
        let mut store = CookieStore::new(FakeTime::at_millis(0));
        store.take("__Host-a=1; Path=/; Secure; Domain=example.org", true);
        store.take("__Host-b=1; Secure", true);
        store.take("__Host-c=1; Path=/; Secure", false);
        assert_eq!(store.header(), None);
    }
}
