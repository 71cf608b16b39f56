//! What the settings of all gateways have in common, and what may be wrong with them.

use std::time::Duration;

use url::{Host, Url};

/// Longest time for one whole exchange with a gateway: people wait for their code.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What is wrong with the settings of a text provider. None of the texts repeats a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextConfigError {
    /// Not an `http` or `https` URL, or one with a password or a fragment.
    #[error(
        "the gateway's address must look like https://sms.example.com/path, without a password in it"
    )]
    Url,
    /// An unencrypted address that is not on this machine.
    #[error("the gateway's address must begin with https://")]
    Unencrypted,
    /// User name, account or password is missing, or has characters that it cannot have.
    #[error("the gateway's account and password must both be set, without line breaks")]
    Credentials,
    /// The sender is no number, name or service that the gateway could know.
    #[error(
        "the sender must be a number such as +14155552671, a short code, or a name, of at most 16 ASCII characters (carriers take names of up to 11)"
    )]
    Sender,
    /// The secret for signatures is too short.
    #[error("the secret for signatures must have at least 16 characters")]
    Secret,
    /// A timeout of zero, or a longer one than people wait.
    #[error("the time limit for sending a text must be longer than zero and at most 15 s")]
    Timeout,
    /// The TLS client could not be set up.
    #[error("TLS could not be set up: are there certificates of authorities on this system?")]
    TlsSetup,
}

pub(super) fn gateway_url(text: &str) -> Result<Url, TextConfigError> {
    let url = Url::parse(text).map_err(|_| TextConfigError::Url)?;
    let usable = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    usable.then_some(url).ok_or(TextConfigError::Url)
}

/// Whether the way to this address is encrypted or does not leave the machine.
pub(super) fn is_protected(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    local || url.scheme() == "https"
}

pub(super) fn limit(timeout: Duration) -> Result<Duration, TextConfigError> {
    let usable = !timeout.is_zero() && timeout <= LONGEST_TIMEOUT;
    usable.then_some(timeout).ok_or(TextConfigError::Timeout)
}

pub(super) fn credential(text: &str) -> Result<(), TextConfigError> {
    let usable = !text.is_empty() && !text.chars().any(char::is_control);
    usable.then_some(()).ok_or(TextConfigError::Credentials)
}

/// A number with or without `+`, a short code, or a name; what a carrier makes of it is its affair.
pub(super) fn sender(text: &str) -> Result<(), TextConfigError> {
    let visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let usable = text.trim() == text && (1..=16).contains(&text.len()) && text.bytes().all(visible);
    usable.then_some(()).ok_or(TextConfigError::Sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_and_holds_no_password() {
        for text in [
            "https://sms.example.com/send",
            "http://[::1]:13013/cgi-bin/sendsms?a=b",
        ] {
            assert_eq!(gateway_url(text).unwrap().as_str(), text);
        }
        let bad = [
            "",
            "sms.example.com",
            "ftp://sms.example.com",
            "https://",
            "https://user:geheim@sms.example.com",
            "https://sms.example.com/#x",
        ];
        for text in bad {
            assert_eq!(gateway_url(text), Err(TextConfigError::Url), "{text:?}");
        }
    }

    #[test]
    fn unencrypted_is_only_what_stays_on_this_machine() {
        let cases = [
            ("https://sms.example.com", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]", true),
            ("http://localhost:1", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
        ];
        for (text, protected) in cases {
            let url = gateway_url(text).unwrap();
            assert_eq!(is_protected(&url), protected, "{text}");
        }
    }

    #[test]
    fn nobody_waits_for_ever_or_not_at_all() {
        for (millis, usable) in [(0, false), (1, true), (15_000, true), (15_001, false)] {
            let found = limit(Duration::from_millis(millis));
            assert_eq!(found.is_ok(), usable, "{millis} ms");
        }
    }

    #[test]
    fn a_sender_has_no_line_breaks_and_is_short() {
        for text in ["+14155552671", "12345", "Twinlock", "My Firm"] {
            assert_eq!(sender(text), Ok(()), "{text}");
        }
        for text in ["", " ", "Twin\r\nX: y", "Zwölf", "a name that is too long"] {
            assert_eq!(sender(text), Err(TextConfigError::Sender), "{text:?}");
        }
    }
}
