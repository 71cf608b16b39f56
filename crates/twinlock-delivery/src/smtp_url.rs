//! The settings of an SMTP server, read from its URL.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::address::wire_address;

/// What is wrong with the mail settings. None of the texts repeats the URL: it holds a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not a URL, or one with parts that mean nothing here.
    #[error("the SMTP URL must look like smtps://user:password@mail.example.com:465")]
    Url,
    /// Neither `smtp` nor `smtps`.
    #[error("the SMTP URL must begin with smtp:// or smtps://")]
    Scheme,
    /// No host, or one that is neither an ASCII name nor an IP address.
    #[error("the SMTP URL needs a host name (in ASCII) or an IP address")]
    Host,
    /// Half of the credentials, or bad percent-encoding.
    #[error("the SMTP URL needs user name and password together, percent-encoded")]
    Credentials,
    /// An unknown value or place of `tls`.
    #[error("?tls= is for smtp:// URLs and must be `required` or `opportunistic`")]
    Tls,
    /// The path, which is the name to give in EHLO, is not a host name.
    #[error("the path of the SMTP URL is the name for EHLO and must be a host name")]
    Hello,
    /// The TLS client could not be set up.
    #[error("TLS could not be set up for this SMTP host")]
    TlsSetup,
    /// The sender is not one usable address.
    #[error("the sender must be one address such as `Twinlock <no-reply@example.com>`")]
    From,
    /// A timeout of zero.
    #[error("the time limit for sending a mail must be longer than zero")]
    Timeout,
}

/// How the way to the mail server is protected; for `doctor` to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// `smtps://`: TLS from the first byte (RFC 8314).
    Implicit,
    /// `smtp://…?tls=required`: STARTTLS or nothing (RFC 3207).
    Required,
    /// `smtp://…?tls=opportunistic`: TLS if offered; someone on the way can take the offer out.
    Opportunistic,
    /// `smtp://`: codes, links and the password travel readable. For a server on the same machine.
    Clear,
}

impl TlsMode {
    /// The customary port when the URL names none: submission (RFC 6409, RFC 8314), or plain SMTP.
    fn default_port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::Required | Self::Opportunistic => 587,
            Self::Clear => 25,
        }
    }
}

/// Everything needed to reach one server.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) mode: TlsMode,
    /// Present unless the mode is [`TlsMode::Clear`].
    pub(crate) tls: Option<TlsParameters>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) hello: ClientId,
    pub(crate) timeout: Duration,
}

impl Server {
    pub(crate) fn from_url(text: &str, timeout: Duration) -> Result<Self, ConfigError> {
        if timeout.is_zero() {
            return Err(ConfigError::Timeout);
        }
        let url = Url::parse(text).map_err(|_| ConfigError::Url)?;
        if url.fragment().is_some() {
            return Err(ConfigError::Url);
        }
        let mode = tls_mode(&url)?;
        let host = host(&url)?;
        let tls = match mode {
            TlsMode::Clear => None,
            _ => {
                let parameters = TlsParameters::new(host.clone());
                Some(parameters.map_err(|_| ConfigError::TlsSetup)?)
            }
        };
        Ok(Self {
            port: url.port().unwrap_or(mode.default_port()),
            credentials: credentials(&url)?,
            hello: hello(&url)?,
            host,
            mode,
            tls,
            timeout,
        })
    }
}

/// Reads the sender, with or without a display name.
pub(crate) fn sender(text: &str) -> Result<Mailbox, ConfigError> {
    if text.chars().any(char::is_control) {
        return Err(ConfigError::From);
    }
    let parsed: Mailbox = text.parse().map_err(|_| ConfigError::From)?;
    let address = wire_address(parsed.email.as_ref()).ok_or(ConfigError::From)?;
    // A sender outside ASCII would make every server without SMTPUTF8 refuse every mail.
    let ascii: &str = address.as_ref();
    if !ascii.is_ascii() {
        return Err(ConfigError::From);
    }
    Ok(Mailbox::new(parsed.name, address))
}

fn tls_mode(url: &Url) -> Result<TlsMode, ConfigError> {
    let mut asked = None;
    for (name, value) in url.query_pairs() {
        if name != "tls" || asked.is_some() {
            return Err(ConfigError::Url);
        }
        asked = Some(value.into_owned());
    }
    match (url.scheme(), asked.as_deref()) {
        ("smtps", None) => Ok(TlsMode::Implicit),
        ("smtp", None) => Ok(TlsMode::Clear),
        ("smtp", Some("required")) => Ok(TlsMode::Required),
        ("smtp", Some("opportunistic")) => Ok(TlsMode::Opportunistic),
        ("smtp" | "smtps", Some(_)) => Err(ConfigError::Tls),
        _ => Err(ConfigError::Scheme),
    }
}

fn host(url: &Url) -> Result<String, ConfigError> {
    let host = url.host_str().ok_or(ConfigError::Host)?;
    // The brackets of an IPv6 address belong to the URL, not to the address.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.is_empty() || bare.contains('%') {
        return Err(ConfigError::Host);
    }
    Ok(bare.to_owned())
}

fn credentials(url: &Url) -> Result<Option<Credentials>, ConfigError> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(ConfigError::Credentials),
        (user, Some(password)) => Ok(Some(Credentials::new(decoded(user)?, decoded(password)?))),
    }
}

fn decoded(part: &str) -> Result<String, ConfigError> {
    let text = percent_decode_str(part).decode_utf8();
    Ok(text.map_err(|_| ConfigError::Credentials)?.into_owned())
}

fn hello(url: &Url) -> Result<ClientId, ConfigError> {
    let name = url.path().trim_start_matches('/');
    if name.is_empty() {
        return Ok(ClientId::default());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if !name.chars().all(plain) {
        return Err(ConfigError::Hello);
    }
    Ok(ClientId::Domain(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    fn server(url: &str) -> Result<Server, ConfigError> {
        Server::from_url(url, LIMIT)
    }

    #[test]
    fn each_style_of_url_gets_its_port_and_protection() {
        let cases = [
            ("smtps://mail.example", TlsMode::Implicit, 465),
            ("smtp://mail.example?tls=required", TlsMode::Required, 587),
            (
                "smtp://mail.example/?tls=opportunistic",
                TlsMode::Opportunistic,
                587,
            ),
            ("smtp://mail.example", TlsMode::Clear, 25),
            ("smtp://mail.example:2525", TlsMode::Clear, 2525),
        ];
        for (url, mode, port) in cases {
            let server = server(url).unwrap();
            assert_eq!((server.mode, server.port), (mode, port), "{url}");
            assert_eq!(server.tls.is_some(), mode != TlsMode::Clear);
            assert_eq!(server.host, "mail.example");
        }
    }

    #[test]
    fn credentials_are_decoded_and_an_ipv6_host_loses_its_brackets() {
        let server = server("smtp://us%40er:p%3Ass@[::1]:25/client.example").unwrap();
        let expected = Credentials::new("us@er".to_owned(), "p:ss".to_owned());
        assert_eq!(server.credentials, Some(expected));
        assert_eq!(server.host, "::1");
        assert_eq!(server.hello, ClientId::Domain("client.example".to_owned()));
    }

    #[test]
    fn mistakes_are_named_without_repeating_the_password() {
        let cases = [
            ("", ConfigError::Url),
            ("mail.example:25", ConfigError::Scheme),
            ("https://mail.example", ConfigError::Scheme),
            ("smtp://", ConfigError::Host),
            ("smtp://bücher.example", ConfigError::Host),
            ("smtp://user@mail.example", ConfigError::Credentials),
            ("smtp://:geheim@mail.example", ConfigError::Credentials),
            ("smtp://u:%ff@mail.example", ConfigError::Credentials),
            ("smtp://mail.example?tls=maybe", ConfigError::Tls),
            ("smtps://mail.example?tls=required", ConfigError::Tls),
            ("smtp://mail.example?tsl=required", ConfigError::Url),
            (
                "smtp://mail.example?tls=required&tls=required",
                ConfigError::Url,
            ),
            ("smtp://u:geheim@mail.example#x", ConfigError::Url),
            ("smtp://mail.example/a b", ConfigError::Hello),
        ];
        for (url, error) in cases {
            let found = server(url).err();
            assert_eq!(found, Some(error), "{url}");
            assert!(!error.to_string().contains("geheim"));
        }
        let none = Server::from_url("smtp://mail.example", Duration::ZERO);
        assert_eq!(none.err(), Some(ConfigError::Timeout));
    }

    #[test]
    fn the_sender_is_one_address_with_or_without_a_name() {
        assert_eq!(
            sender("no-reply@bücher.example").unwrap().email.as_ref() as &str,
            "no-reply@xn--bcher-kva.example"
        );
        let named = sender("\"Ann, of Acme\" <a@acme.example>").unwrap();
        assert_eq!(named.name.as_deref(), Some("Ann, of Acme"));
        let bad = [
            "",
            "Twinlock",
            "a@x.example, b@y.example",
            "Twinlock <a@x.example>\r\nBcc: <b@y.example>",
            "Twin\r\nBcc: b@y.example <a@x.example>",
            "änn@x.example",
        ];
        for text in bad {
            assert_eq!(sender(text).err(), Some(ConfigError::From), "{text:?}");
        }
    }
}
