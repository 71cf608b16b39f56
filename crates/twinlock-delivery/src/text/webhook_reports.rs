//! Signed reports of a gateway of the operator's own.

use std::fmt;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::webhook::RefusalName;
use super::{DeliveryState, Refusal, ReportRefusal, Reported, StatusReport, signature};

/// How far from now the time of a signature may be, in seconds, in both directions.
const WINDOW: u64 = 5 * 60;

/// More signatures in one header help nobody; two are usual while a secret is changed.
const MOST_SIGNATURES: usize = 4;

/// Reads reports and believes only those signed with one secret.
pub struct WebhookReports {
    secret: Zeroizing<String>,
}

impl WebhookReports {
    /// With the secret of the [`WebhookProvider`](super::WebhookProvider).
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self {
            secret: Zeroizing::new(secret),
        }
    }

    /// Reads a report: `{"id": <the text's>, "state": "accepted" | "sent" | "delivered" |
    /// "refused", "kind": …}`, with the kinds of [`WebhookProvider`](super::WebhookProvider) and
    /// only for what was refused. `body` is what came, byte for byte; `signature` is the header
    /// [`SIGNATURE_HEADER`](super::SIGNATURE_HEADER); `unix_seconds` is the time now.
    ///
    /// Within five minutes a report may be repeated.
    ///
    /// # Errors
    /// If it is not the gateway's, of another time, or not a report.
    pub fn read(
        &self,
        body: &[u8],
        signature: &str,
        unix_seconds: i64,
    ) -> Result<StatusReport, ReportRefusal> {
        let claim = Claim::read(signature).ok_or(ReportRefusal::Signature)?;
        let is_right =
            |digest: &Vec<u8>| signature::is_timed(&self.secret, claim.seconds, body, digest);
        if !claim.digests.iter().any(is_right) {
            return Err(ReportRefusal::Signature);
        }
        if claim.seconds.abs_diff(unix_seconds) > WINDOW {
            return Err(ReportRefusal::Time);
        }
        let report: Report = serde_json::from_slice(body).map_err(|_| ReportRefusal::Form)?;
        Ok(StatusReport {
            about: Reported::ByTextId(report.id),
            state: match report.state {
                StateName::Accepted => DeliveryState::Accepted,
                StateName::Sent => DeliveryState::Sent,
                StateName::Delivered => DeliveryState::Delivered,
                StateName::Refused => {
                    DeliveryState::Refused(report.kind.map_or(Refusal::Other, Refusal::from))
                }
                StateName::Unknown => DeliveryState::Unknown,
            },
        })
    }
}

impl fmt::Debug for WebhookReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReports").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Report {
    id: String,
    state: StateName,
    kind: Option<RefusalName>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateName {
    Accepted,
    Sent,
    Delivered,
    Refused,
    #[serde(other)]
    Unknown,
}

/// What a signature header says, before it is believed.
struct Claim {
    seconds: i64,
    digests: Vec<Vec<u8>>,
}

impl Claim {
    /// Parts of other names are left for later versions.
    fn read(header: &str) -> Option<Self> {
        let mut seconds = None;
        let mut digests = Vec::new();
        for part in header.split(',') {
            match part.trim().split_once('=')? {
                ("t", value) if seconds.is_none() => seconds = Some(canonical(value)?),
                ("t", _) => return None,
                ("v1", value) => {
                    let value = value.as_bytes();
                    digests.push(data_encoding::HEXLOWER_PERMISSIVE.decode(value).ok()?);
                }
                _ => {}
            }
        }
        let seconds = seconds?;
        (digests.len() <= MOST_SIGNATURES).then_some(Self { seconds, digests })
    }
}

/// What is signed is the number written in the one usual way.
fn canonical(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
