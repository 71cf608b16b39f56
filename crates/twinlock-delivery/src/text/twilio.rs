//! Texts over Twilio's "Messages" resource (Programmable Messaging, API of 2010-04-01).

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::gateway::{Answer, Gateway};
use super::twilio_codes::{Meaning, meaning, state};
use super::{DeliveryState, Refusal, SendingText, Text, TextConfigError, TextOutcome};
use super::{TextProvider, obstacle, seconds_left, settings, status_url};

const NAME: &str = "twilio";

/// Longest `ValidityPeriod` in seconds that every kind of account has (error 21624).
const LONGEST_VALIDITY: u64 = 14_400;

/// Letters and digits of an account's or a service's identifier (SID).
const SID_LENGTH: usize = 34;

/// What to know about an account at Twilio.
pub struct TwilioSettings {
    /// `https://api.twilio.com`, or that of a region. Without encryption only on this machine.
    pub base_url: String,
    /// The account: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The account's password; it also signs the reports.
    pub auth_token: String,
    /// Who the text comes from.
    pub sender: TwilioSender,
    /// Limits one whole exchange; at most 15 s.
    pub timeout: Duration,
}

/// Who a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TwilioSender {
    /// A number of the account, a short code, or a name where the country allows one.
    From(String),
    /// A messaging service, `MG` and 32 hexadecimal digits, which picks the number.
    MessagingService(String),
}

/// Sends over Twilio.
///
/// Twilio knows no repeat of a text by its id: after an outcome with `maybe_sent` a retry can bring
/// a second copy.
pub struct TwilioProvider {
    gateway: Gateway,
    account_sid: String,
    auth_token: Zeroizing<String>,
    sender: TwilioSender,
}

impl TwilioProvider {
    /// Reads the settings; does not connect.
    ///
    /// # Errors
    /// What is wrong with the settings, without quoting them.
    pub fn new(settings: TwilioSettings) -> Result<Self, TextConfigError> {
        let auth_token = Zeroizing::new(settings.auth_token);
        settings::credential(&auth_token)?;
        if !is_sid(&settings.account_sid, "AC") {
            return Err(TextConfigError::Credentials);
        }
        match &settings.sender {
            TwilioSender::From(sender) => settings::sender(sender)?,
            TwilioSender::MessagingService(sid) if is_sid(sid, "MG") => {}
            TwilioSender::MessagingService(_) => return Err(TextConfigError::Sender),
        }
        let mut url = settings::gateway_url(&settings.base_url)?;
        if !settings::is_protected(&url) {
            return Err(TextConfigError::Unencrypted);
        }
        if url.query().is_some() {
            return Err(TextConfigError::Url);
        }
        let base = url.path().trim_end_matches('/');
        let sid = &settings.account_sid;
        url.set_path(&format!("{base}/2010-04-01/Accounts/{sid}/Messages.json"));
        Ok(Self {
            gateway: Gateway::new(url, settings::limit(settings.timeout)?)?,
            account_sid: settings.account_sid,
            auth_token,
            sender: settings.sender,
        })
    }

    fn form(&self, text: &Text, unix_seconds: i64) -> Vec<(&'static str, String)> {
        let sender = match &self.sender {
            TwilioSender::From(sender) => ("From", sender.clone()),
            TwilioSender::MessagingService(sid) => ("MessagingServiceSid", sid.clone()),
        };
        let mut form = vec![("To", text.to.clone()), sender, ("Body", text.body.clone())];
        if let Some(url) = status_url(text) {
            form.push(("StatusCallback", url.into()));
        }
        if let Some(seconds) = seconds_left(text, unix_seconds) {
            form.push(("ValidityPeriod", seconds.min(LONGEST_VALIDITY).to_string()));
        }
        form
    }
}

impl TextProvider for TwilioProvider {
    fn send(&self, text: &Text, unix_seconds: i64) -> SendingText<'_> {
        let obstacle = obstacle(text, unix_seconds);
        let form = self.form(text, unix_seconds);
        Box::pin(async move {
            if let Some(outcome) = obstacle {
                return outcome;
            }
            let request = self
                .gateway
                .post()
                .basic_auth(&self.account_sid, Some(self.auth_token.as_str()))
                .form(&form);
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

impl fmt::Debug for TwilioProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioProvider")
            .field("host", &self.gateway.url().host_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TwilioSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioSettings")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Created {
    sid: String,
    status: String,
    error_code: Option<u32>,
}

/// The `message` beside it quotes numbers and is left out.
#[derive(Deserialize)]
struct Failed {
    code: u32,
}

fn outcome(answer: &Answer) -> TextOutcome {
    if answer.is_success() {
        return match answer.json::<Created>() {
            Some(created) => taken(created),
            None => TextOutcome::unclear("Twilio's answer was cut off or is not Twilio's"),
        };
    }
    let code = answer.json::<Failed>().map(|failed| failed.code);
    if let Some(outcome) = code.and_then(known_refusal) {
        return outcome;
    }
    match (answer.trouble(), code) {
        (Some(trouble), _) => trouble,
        (None, Some(code)) => {
            TextOutcome::refused(Refusal::Other, format!("Twilio refused with error {code}"))
        }
        (None, None) => TextOutcome::not_taken(format!(
            "the gateway answered {} without an error of Twilio's",
            answer.status
        )),
    }
}

fn taken(created: Created) -> TextOutcome {
    if let DeliveryState::Refused(kind) = state(&created.status, created.error_code) {
        let code = created.error_code.unwrap_or_default();
        return TextOutcome::refused(kind, format!("Twilio refused with error {code}"));
    }
    TextOutcome::Accepted {
        provider: NAME,
        provider_id: Some(created.sid),
    }
}

fn known_refusal(code: u32) -> Option<TextOutcome> {
    match meaning(code)? {
        Meaning::Refused(kind) => Some(TextOutcome::refused(
            kind,
            format!("Twilio refused with error {code}"),
        )),
        Meaning::SetUp(what) => Some(TextOutcome::not_taken(format!(
            "Twilio refused with error {code}: {what}"
        ))),
        Meaning::TooMany => Some(TextOutcome::not_taken(format!(
            "Twilio refused with error {code}: too many texts at once"
        ))),
    }
}

fn is_sid(text: &str, kind: &str) -> bool {
    text.len() == SID_LENGTH
        && text.starts_with(kind)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
