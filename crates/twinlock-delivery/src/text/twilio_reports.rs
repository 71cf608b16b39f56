//! Twilio's signed reports about a message
//! (<https://www.twilio.com/docs/usage/webhooks/webhooks-security>).

use std::fmt;

use zeroize::Zeroizing;

use super::twilio_codes::state;
use super::{ReportRefusal, Reported, StatusReport, signature};

/// Reads reports and believes only those of one account.
pub struct TwilioReports {
    auth_token: Zeroizing<String>,
}

impl TwilioReports {
    /// With the account's auth token, which signs the reports.
    #[must_use]
    pub fn new(auth_token: String) -> Self {
        Self {
            auth_token: Zeroizing::new(auth_token),
        }
    }

    /// Reads a report. `url` is the address that Twilio was given, with scheme, host and query, not
    /// what a proxy made of it; `form` are the decoded fields of the body; `signature` is the header
    /// `X-Twilio-Signature`. Twilio puts no time into a signature: a report may be repeated.
    ///
    /// # Errors
    /// If it is not this account's, or not a report.
    pub fn read(
        &self,
        url: &str,
        form: &[(String, String)],
        signature: &str,
    ) -> Result<StatusReport, ReportRefusal> {
        if !self.is_signed(url, form, signature) {
            return Err(ReportRefusal::Signature);
        }
        let field = |name: &str| {
            let mut found = form.iter().filter(|(key, _)| key == name);
            let (_, value) = found.next()?;
            found.next().is_none().then_some(value.as_str())
        };
        let id = field("MessageSid").ok_or(ReportRefusal::Form)?;
        let status = field("MessageStatus").ok_or(ReportRefusal::Form)?;
        let code = field("ErrorCode").and_then(|code| code.parse().ok());
        Ok(StatusReport {
            about: Reported::ByProviderId(id.to_owned()),
            state: state(status, code),
        })
    }

    /// Whether the signature of any request of Twilio's is right, report or not; arguments as for
    /// [`TwilioReports::read`]. The comparison takes the same time whatever is wrong.
    #[must_use]
    pub fn is_signed(&self, url: &str, form: &[(String, String)], signature: &str) -> bool {
        let Ok(claimed) = data_encoding::BASE64.decode(signature.as_bytes()) else {
            return false;
        };
        let mut fields: Vec<(&str, &str)> = form
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        fields.sort_unstable();
        fields.dedup();
        // Twilio signs with a port in the address or without, whatever it was given.
        spellings(url).iter().any(|url| {
            let fields = fields.iter().flat_map(|(key, value)| [*key, *value]);
            let parts = std::iter::once(url.as_str()).chain(fields);
            signature::is_sha1(&self.auth_token, parts, &claimed)
        })
    }
}

impl fmt::Debug for TwilioReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioReports").finish_non_exhaustive()
    }
}

/// The address as it is, with its port or the scheme's usual one, and without a port.
fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else {
        return spellings;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let port = authority.rsplit_once(':').filter(|(_, port)| is_port(port));
    spellings.push(match (port, scheme) {
        (Some((host, _)), _) => format!("{scheme}://{host}{path}"),
        (None, "https") => format!("{scheme}://{authority}:443{path}"),
        (None, _) => format!("{scheme}://{authority}:80{path}"),
    });
    spellings
}

/// An IPv6 address has colons too, and ends with a bracket.
fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_may_be_signed_or_not() {
        let cases = [
            ("https://a.example/x?y", "https://a.example:443/x?y"),
            ("https://a.example:443/x", "https://a.example/x"),
            ("https://a.example:8443?x", "https://a.example?x"),
            ("http://a.example", "http://a.example:80"),
            ("https://[::1]/x:1", "https://[::1]:443/x:1"),
        ];
        for (given, other) in cases {
            assert_eq!(spellings(given), [given, other]);
        }
        assert_eq!(spellings("nonsense"), ["nonsense"]);
    }
}
