//! One request to a gateway over HTTP, and how sure one can be of what became of it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use rustls::{ClientConfig, RootCertStore};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;
use url::Url;

use super::{TextConfigError, TextOutcome};

/// Longest answer that is read, in bytes; real ones have less than two thousand.
const LONGEST_BODY: usize = 64 * 1024;

/// An address, and a client that follows no redirects and never skips the checks of TLS.
pub(super) struct Gateway {
    client: Client,
    url: Url,
}

/// What a gateway said. `body` is `None` if it was cut off, or too long to be read.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Vec<u8>>,
}

impl Gateway {
    /// Does not connect.
    pub(super) fn new(url: Url, limit: Duration) -> Result<Self, TextConfigError> {
        let client = client(&url, limit)?;
        Ok(Self { client, url })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn post(&self) -> RequestBuilder {
        self.client.post(self.url.clone())
    }

    /// Sends the request; an outcome in place of an answer if there was none.
    pub(super) async fn exchange(request: RequestBuilder) -> Result<Answer, TextOutcome> {
        // Whatever the client would log holds the address at least, and answers quote numbers.
        let silent = NoSubscriber::default();
        match request.send().with_subscriber(silent).await {
            Ok(response) => Ok(read(response).await),
            Err(fault) => Err(unanswered(&fault)),
        }
    }
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// The body as JSON, if it is.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.body.as_deref()?).ok()
    }

    /// What answers mean that are about the way, the account or the hour, and not about the text.
    ///
    /// A 502 or 504 comes from a proxy in front of the gateway, which may have taken the text.
    pub(super) fn trouble(&self) -> Option<TextOutcome> {
        let status = self.status;
        match status {
            300..=399 => Some(TextOutcome::not_taken(format!(
                "the gateway answered {status}: its address is another one, and redirects are not followed"
            ))),
            401 | 403 | 407 => Some(TextOutcome::not_taken(format!(
                "the gateway answered {status}: it does not accept the account or its password"
            ))),
            404 | 405 => Some(TextOutcome::not_taken(format!(
                "the gateway answered {status}: there is nothing to send texts at its address"
            ))),
            408 | 425 | 429 => Some(TextOutcome::not_taken(format!(
                "the gateway answered {status}: not now, or too many texts at once"
            ))),
            502 | 504 => Some(TextOutcome::unclear(format!(
                "a proxy answered {status}: the gateway behind it did not answer in time or at all"
            ))),
            500..=599 => Some(TextOutcome::not_taken(format!(
                "the gateway answered {status}: it is out of order"
            ))),
            _ => None,
        }
    }
}

/// Reading is inside the client's time limit.
async fn read(mut response: Response) -> Answer {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(part)) if body.len() + part.len() <= LONGEST_BODY => body.extend(part),
            Ok(None) => {
                return Answer {
                    status,
                    body: Some(body),
                };
            }
            Ok(Some(_)) | Err(_) => return Answer { status, body: None },
        }
    }
}

/// Before there is a connection nothing was sent. After that, only an answer could tell.
fn unanswered(fault: &reqwest::Error) -> TextOutcome {
    if fault.is_builder() {
        TextOutcome::not_taken("the request could not be made from the settings")
    } else if fault.is_connect() && fault.is_timeout() {
        TextOutcome::not_taken("the gateway cannot be reached: no connection in time")
    } else if fault.is_connect() {
        TextOutcome::not_taken(
            "the gateway cannot be reached: no such name, nobody listening, or its certificate is not trusted",
        )
    } else if fault.is_timeout() {
        TextOutcome::unclear("the gateway did not answer in time")
    } else {
        TextOutcome::unclear("the gateway hung up, or its answer was not HTTP")
    }
}

/// Connecting gets half of the time, so that running out of all of it always means: connected.
///
/// No connection is kept for the next text: one that the other side has closed meanwhile is only
/// found out by sending into it, and then nobody knows whether the text was taken.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place: limits, redirects and proxies of gateways are decided here"
)]
fn client(url: &Url, limit: Duration) -> Result<Client, TextConfigError> {
    Client::builder()
        .tls_backend_preconfigured(tls(url)?)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .connect_timeout(limit / 2)
        .timeout(limit)
        .user_agent("Twinlock")
        .build()
        .map_err(|_| TextConfigError::TlsSetup)
}

/// Trusts whom the machine trusts, so that operators can add their own.
fn tls(url: &Url) -> Result<ClientConfig, TextConfigError> {
    let mut roots = RootCertStore::empty();
    if url.scheme() == "https" {
        let found = rustls_native_certs::load_native_certs();
        for fault in &found.errors {
            tracing::warn!(%fault, "a certificate of the system could not be read");
        }
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(TextConfigError::TlsSetup);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TextConfigError::TlsSetup)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
