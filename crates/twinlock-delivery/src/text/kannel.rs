//! Texts over a Kannel gateway's `sendsms` service (Kannel 1.4 user's guide, "Using the HTTP
//! interface to send SMS messages").

use std::fmt;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use url::Url;
use zeroize::Zeroizing;

use super::gateway::{Answer, Gateway};
use super::{Alphabet, DeliveryState, Refusal, ReportRefusal, Reported, SendingText, StatusReport};
use super::{Text, TextConfigError, TextOutcome, TextProvider};
use super::{obstacle, seconds_left, segments, settings, status_url};

const NAME: &str = "kannel";

/// Every kind of report: delivered 1, undeliverable 2, queued 4, passed on 8, rejected 16.
const ALL_REPORTS: &str = "31";

/// The query parameter of the report's address in which Kannel says what happened.
const REPORT_PARAMETER: &str = "dlr";

/// What to know about a Kannel gateway.
pub struct KannelSettings {
    /// The whole address of the service, such as `http://127.0.0.1:13013/cgi-bin/sendsms`.
    ///
    /// Kannel usually stands on the same machine or network and is reached unencrypted; then codes
    /// and the password are readable on the way. See [`KannelProvider::is_protected`].
    pub sendsms_url: String,
    /// A `sendsms-user` of the gateway.
    pub username: String,
    /// Its password.
    pub password: String,
    /// The number or name the text comes from.
    pub sender: String,
    /// Limits one whole exchange; at most 15 s.
    pub timeout: Duration,
}

/// Sends over Kannel.
///
/// By POST, in which user, password and number are headers and the text is the body: Kannel and
/// proxies write addresses with their queries into logs. Kannel tells no id and knows no repeats.
pub struct KannelProvider {
    gateway: Gateway,
    username: HeaderValue,
    password: HeaderValue,
    sender: String,
}

impl KannelProvider {
    /// Reads the settings; does not connect.
    ///
    /// # Errors
    /// What is wrong with the settings, without quoting them.
    pub fn new(settings: KannelSettings) -> Result<Self, TextConfigError> {
        let (username, password) = (settings.username, Zeroizing::new(settings.password));
        settings::credential(&username)?;
        settings::credential(&password)?;
        settings::sender(&settings.sender)?;
        let url = settings::gateway_url(&settings.sendsms_url)?;
        Ok(Self {
            gateway: Gateway::new(url, settings::limit(settings.timeout)?)?,
            username: hidden(&username)?,
            password: hidden(&password)?,
            sender: settings.sender,
        })
    }

    /// Whether the way to the gateway is encrypted or stays on this machine; for `doctor` to judge.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        settings::is_protected(self.gateway.url())
    }

    fn request(&self, text: &Text, unix_seconds: i64) -> RequestBuilder {
        // Kannel makes the alphabet's own form of UTF-8, but has to be told which alphabet.
        let coding = match segments(&text.body).alphabet {
            Alphabet::Gsm7 => "0",
            Alphabet::Ucs2 => "2",
        };
        let mut request = self
            .gateway
            .post()
            .header(CONTENT_TYPE, "text/plain; charset=UTF-8")
            .header("X-Kannel-Username", self.username.clone())
            .header("X-Kannel-Password", self.password.clone())
            .header("X-Kannel-To", &text.to)
            .header("X-Kannel-From", &self.sender)
            .header("X-Kannel-Coding", coding);
        if let Some(url) = status_url(text) {
            request = request
                .header("X-Kannel-DLR-Mask", ALL_REPORTS)
                .header("X-Kannel-DLR-Url", report_address(&url));
        }
        if let Some(seconds) = seconds_left(text, unix_seconds) {
            // Whole minutes, and none would mean: as long as the carrier likes.
            let minutes = (seconds / 60).max(1);
            request = request.header("X-Kannel-Validity", minutes);
        }
        request.body(text.body.clone())
    }
}

impl TextProvider for KannelProvider {
    fn send(&self, text: &Text, unix_seconds: i64) -> SendingText<'_> {
        let obstacle = obstacle(text, unix_seconds);
        let request = self.request(text, unix_seconds);
        Box::pin(async move {
            if let Some(outcome) = obstacle {
                return outcome;
            }
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

impl fmt::Debug for KannelProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KannelProvider")
            .field("host", &self.gateway.url().host_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KannelSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KannelSettings")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Reads a report from the query of the request that came to a text's `status_url`. Kannel signs
/// nothing: that the report is the gateway's, the caller knows from what it put into that URL.
///
/// # Errors
/// [`ReportRefusal::Form`] if it is not Kannel's.
pub fn read_kannel_report(query: &str) -> Result<StatusReport, ReportRefusal> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let mut types = pairs.filter(|(name, _)| name == REPORT_PARAMETER);
    let (_, bits) = types.next().ok_or(ReportRefusal::Form)?;
    if types.next().is_some() {
        return Err(ReportRefusal::Form);
    }
    let bits: u32 = bits.parse().map_err(|_| ReportRefusal::Form)?;
    let state = match bits {
        1 => DeliveryState::Delivered,
        2 => DeliveryState::Refused(Refusal::CannotReceive),
        4 => DeliveryState::Accepted,
        8 => DeliveryState::Sent,
        16 => DeliveryState::Refused(Refusal::Other),
        _ => DeliveryState::Unknown,
    };
    Ok(StatusReport {
        about: Reported::ByAddress,
        state,
    })
}

/// The caller's address with a place for the type of the report. In it `%` begins one of Kannel's
/// escape codes, so those of the address itself are doubled.
fn report_address(url: &Url) -> String {
    let separator = if url.query().is_some() { '&' } else { '?' };
    let address = url.as_str().replace('%', "%%");
    format!("{address}{separator}{REPORT_PARAMETER}=%d")
}

fn hidden(text: &str) -> Result<HeaderValue, TextConfigError> {
    let mut value =
        HeaderValue::from_bytes(text.as_bytes()).map_err(|_| TextConfigError::Credentials)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The texts of Kannel's answers are looked at, and not passed on.
fn outcome(answer: &Answer) -> TextOutcome {
    let said = answer.body.as_deref().unwrap_or_default();
    let said = String::from_utf8_lossy(said);
    match answer.status {
        202 => TextOutcome::Accepted {
            provider: NAME,
            provider_id: None,
        },
        403 if said.starts_with("Not routable") => TextOutcome::refused(
            Refusal::NotAllowed,
            "Kannel has no way to this number and will have none",
        ),
        400..=499 if said.contains("denied by white- and/or black-lists") => {
            TextOutcome::refused(Refusal::NotAllowed, "Kannel's lists leave this number out")
        }
        status => answer.trouble().unwrap_or_else(|| match status {
            200..=299 => TextOutcome::unclear(format!(
                "the gateway answered {status}, which Kannel does not"
            )),
            _ => TextOutcome::refused(
                Refusal::Other,
                format!(
                    "Kannel answered {status}: it refuses a part of the text or of the settings"
                ),
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_of_the_callers_address_are_not_taken_for_kannels() {
        let cases = [
            ("https://a.example/r", "https://a.example/r?dlr=%d"),
            (
                "https://a.example/r?t=a%2Fb%d0",
                "https://a.example/r?t=a%%2Fb%%d0&dlr=%d",
            ),
        ];
        for (given, told) in cases {
            assert_eq!(report_address(&Url::parse(given).unwrap()), told);
        }
    }

    #[test]
    fn each_type_of_report_has_its_state() {
        let cases = [
            ("dlr=1", Some(DeliveryState::Delivered)),
            (
                "t=x&dlr=2",
                Some(DeliveryState::Refused(Refusal::CannotReceive)),
            ),
            ("dlr=4", Some(DeliveryState::Accepted)),
            ("dlr=8&t=y", Some(DeliveryState::Sent)),
            ("dlr=16", Some(DeliveryState::Refused(Refusal::Other))),
            ("dlr=32", Some(DeliveryState::Unknown)),
            ("dlr=%25d", None),
            ("dlr=1&dlr=2", None),
            ("dlr=", None),
            ("", None),
        ];
        for (query, state) in cases {
            let found = read_kannel_report(query).ok().map(|report| report.state);
            assert_eq!(found, state, "{query}");
        }
    }
}
