//! Texts over a gateway of the operator's own, which gets each as a signed JSON document.

use std::fmt;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::gateway::{Answer, Gateway};
use super::{Refusal, SendingText, Text, TextConfigError, TextOutcome, TextProvider};
use super::{obstacle, settings, signature, status_url};

const NAME: &str = "webhook";

/// The header with the signature of a document, in both directions: `t=<seconds>,v1=<digest>`,
/// where the digest is HMAC-SHA256 (RFC 2104) in hexadecimal digits, under the shared secret, over
/// the seconds since 1970 UTC, a dot and the body as it travels.
pub const SIGNATURE_HEADER: &str = "Twinlock-Signature";

/// The header that is the same in every attempt to send one text, by which a gateway knows a
/// repeat.
const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

/// Fewest characters of a secret; one is meant to be drawn, not thought of.
const SHORTEST_SECRET: usize = 16;

/// Longest name for a text that a gateway may have, in bytes.
const LONGEST_PROVIDER_ID: usize = 200;

/// What to know about the gateway.
pub struct WebhookSettings {
    /// Where texts are posted to.
    pub url: String,
    /// Signs texts and reports; at least 16 characters.
    pub secret: String,
    /// Limits one whole exchange; at most 15 s.
    pub timeout: Duration,
}

/// Posts `{"id", "to", "text", "good_until", "status_url"}` (the last two only if there are such)
/// with a signature in [`SIGNATURE_HEADER`].
///
/// Any answer from 200 to 299 accepts the text; it may be `{"id": "…"}`, the gateway's own name for
/// it. 400 and 422 refuse it, and may say `{"kind": "cannot_receive"}`, `"blocked"` or
/// `"not_allowed"`. Everything else means: later.
pub struct WebhookProvider {
    gateway: Gateway,
    secret: Zeroizing<String>,
}

impl WebhookProvider {
    /// Reads the settings; does not connect.
    ///
    /// # Errors
    /// What is wrong with the settings, without quoting them.
    pub fn new(settings: WebhookSettings) -> Result<Self, TextConfigError> {
        let secret = Zeroizing::new(settings.secret);
        if secret.len() < SHORTEST_SECRET {
            return Err(TextConfigError::Secret);
        }
        let url = settings::gateway_url(&settings.url)?;
        Ok(Self {
            gateway: Gateway::new(url, settings::limit(settings.timeout)?)?,
            secret,
        })
    }

    /// Whether the way to the gateway is encrypted or stays on this machine; for `doctor` to judge.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        settings::is_protected(self.gateway.url())
    }

    /// `None` if it could not be written or signed, which cannot happen to text.
    fn request(&self, text: &Text, unix_seconds: i64) -> Option<RequestBuilder> {
        let document = Document {
            id: &text.id,
            to: &text.to,
            text: &text.body,
            good_until: text.good_until,
            status_url: status_url(text).map(String::from),
        };
        let body = serde_json::to_vec(&document).ok()?;
        let digest = signature::timed(&self.secret, unix_seconds, &body)?;
        let request = self
            .gateway
            .post()
            .header(CONTENT_TYPE, "application/json")
            .header(SIGNATURE_HEADER, format!("t={unix_seconds},v1={digest}"))
            .header(IDEMPOTENCY_HEADER, &text.id)
            .body(body);
        Some(request)
    }
}

impl TextProvider for WebhookProvider {
    fn send(&self, text: &Text, unix_seconds: i64) -> SendingText<'_> {
        let obstacle = obstacle(text, unix_seconds);
        let request = self.request(text, unix_seconds);
        Box::pin(async move {
            if let Some(outcome) = obstacle {
                return outcome;
            }
            let Some(request) = request else {
                return TextOutcome::not_taken("the text could not be signed");
            };
            match Gateway::exchange(request).await {
                Ok(answer) => outcome(&answer),
                Err(outcome) => outcome,
            }
        })
    }

    fn name(&self) -> &'static str {
        NAME
    }
}

impl fmt::Debug for WebhookProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookProvider")
            .field("host", &self.gateway.url().host_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSettings")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    id: &'a str,
    to: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    good_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_url: Option<String>,
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

#[derive(Deserialize)]
struct NotTaken {
    kind: RefusalName,
}

/// The names of refusals in documents.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefusalName {
    CannotReceive,
    Blocked,
    NotAllowed,
    #[serde(other)]
    Other,
}

impl From<RefusalName> for Refusal {
    fn from(name: RefusalName) -> Self {
        match name {
            RefusalName::CannotReceive => Self::CannotReceive,
            RefusalName::Blocked => Self::Blocked,
            RefusalName::NotAllowed => Self::NotAllowed,
            RefusalName::Other => Self::Other,
        }
    }
}

fn outcome(answer: &Answer) -> TextOutcome {
    let status = answer.status;
    match status {
        // The status alone accepts. What comes with it can be cut off, too long or anything.
        200..=299 => TextOutcome::Accepted {
            provider: NAME,
            provider_id: answer
                .json::<Taken>()
                .map(|taken| taken.id)
                .filter(|id| !id.is_empty() && id.len() <= LONGEST_PROVIDER_ID),
        },
        400 | 422 => {
            let kind = answer
                .json::<NotTaken>()
                .map_or(Refusal::Other, |refused| refused.kind.into());
            TextOutcome::refused(kind, format!("the gateway answered {status}"))
        }
        _ => answer
            .trouble()
            .unwrap_or_else(|| TextOutcome::not_taken(format!("the gateway answered {status}"))),
    }
}
