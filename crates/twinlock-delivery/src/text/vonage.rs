//! Texts over Vonage's SMS API (`POST /sms/json`, formerly Nexmo).

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::gateway::{Answer, Gateway};
use super::vonage_codes::{Meaning, meaning};
use super::{Alphabet, Refusal, SendingText, Text, TextConfigError, TextOutcome};
use super::{TextProvider, obstacle, seconds_left, segments, settings, status_url};

const NAME: &str = "vonage";

/// What a message's `status` is when it was taken.
const TAKEN: &str = "0";

/// Shortest and longest `ttl` in milliseconds.
const SHORTEST_LIFE: u64 = 20_000;
const LONGEST_LIFE: u64 = 604_800_000;

/// Longest `callback`, in characters.
const LONGEST_CALLBACK: usize = 100;

/// What to know about an account at Vonage.
pub struct VonageSettings {
    /// `https://rest.nexmo.com`, or that of a region. Without encryption only on this machine.
    pub base_url: String,
    /// The account's API key.
    pub api_key: String,
    /// Its API secret.
    pub api_secret: String,
    /// The number or name the text comes from.
    pub sender: String,
    /// Limits one whole exchange; at most 15 s.
    pub timeout: Duration,
}

/// Sends over Vonage.
///
/// Vonage knows no repeat of a text by its id: after an outcome with `maybe_sent` a retry can bring
/// a second copy.
///
/// The last part of the path of the address for reports goes along as `client-ref`, which comes back
/// in each report and is signed with it. Vonage takes addresses of at most 100 characters: of a
/// longer one it is told all but that part.
pub struct VonageProvider {
    gateway: Gateway,
    api_key: String,
    api_secret: Zeroizing<String>,
    sender: String,
}

impl VonageProvider {
    /// Reads the settings; does not connect.
    ///
    /// # Errors
    /// What is wrong with the settings, without quoting them.
    pub fn new(settings: VonageSettings) -> Result<Self, TextConfigError> {
        let api_secret = Zeroizing::new(settings.api_secret);
        settings::credential(&settings.api_key)?;
        settings::credential(&api_secret)?;
        settings::sender(&settings.sender)?;
        let mut url = settings::gateway_url(&settings.base_url)?;
        if !settings::is_protected(&url) {
            return Err(TextConfigError::Unencrypted);
        }
        if url.query().is_some() {
            return Err(TextConfigError::Url);
        }
        let base = url.path().trim_end_matches('/');
        url.set_path(&format!("{base}/sms/json"));
        Ok(Self {
            gateway: Gateway::new(url, settings::limit(settings.timeout)?)?,
            api_key: settings.api_key,
            api_secret,
            sender: settings.sender,
        })
    }

    /// Numbers have no `+` here.
    fn form(&self, text: &Text, unix_seconds: i64) -> Vec<(&'static str, String)> {
        let digits = |number: &str| number.trim_start_matches('+').to_owned();
        let mut form = vec![
            ("api_key", self.api_key.clone()),
            ("api_secret", self.api_secret.to_string()),
            ("from", digits(&self.sender)),
            ("to", digits(&text.to)),
            ("text", text.body.clone()),
        ];
        if segments(&text.body).alphabet == Alphabet::Ucs2 {
            form.push(("type", "unicode".to_owned()));
        }
        if let Some(seconds) = seconds_left(text, unix_seconds) {
            let life = seconds.saturating_mul(1000);
            let life = life.clamp(SHORTEST_LIFE, LONGEST_LIFE);
            form.push(("ttl", life.to_string()));
        }
        if let Some(url) = status_url(text) {
            form.push(("status-report-req", "true".to_owned()));
            let (callback, reference) = halves(&url);
            form.push(("callback", callback));
            form.extend(reference.map(|reference| ("client-ref", reference)));
        }
        form
    }
}

impl TextProvider for VonageProvider {
    fn send(&self, text: &Text, unix_seconds: i64) -> SendingText<'_> {
        let obstacle = obstacle(text, unix_seconds);
        let form = self.form(text, unix_seconds);
        Box::pin(async move {
            if let Some(outcome) = obstacle {
                return outcome;
            }
            let request = self.gateway.post().form(&form);
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

impl fmt::Debug for VonageProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VonageProvider")
            .field("host", &self.gateway.url().host_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VonageSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VonageSettings")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The address for reports as Vonage takes it, and the last part of its path.
fn halves(url: &Url) -> (String, Option<String>) {
    let whole = url.as_str();
    let parts = whole.rsplit_once('/').filter(|_| url.query().is_none());
    let Some((beginning, reference)) = parts else {
        return (whole.to_owned(), None);
    };
    let is_long = whole.len() > LONGEST_CALLBACK;
    let callback = if is_long { beginning } else { whole };
    (callback.to_owned(), Some(reference.to_owned()))
}

/// A long text is several messages, each with its own answer.
#[derive(Deserialize)]
struct Answered {
    messages: Vec<Message>,
}

/// The `error-text` beside it may quote numbers and is left out.
#[derive(Deserialize)]
struct Message {
    status: String,
    #[serde(rename = "message-id")]
    id: Option<String>,
}

fn outcome(answer: &Answer) -> TextOutcome {
    if !answer.is_success() {
        return answer.trouble().unwrap_or_else(|| {
            TextOutcome::refused(Refusal::Other, format!("Vonage answered {}", answer.status))
        });
    }
    let messages = answer.json::<Answered>().map(|found| found.messages);
    let messages = messages.unwrap_or_default();
    let mut failed = messages.iter().filter(|one| one.status != TAKEN);
    match (messages.first(), failed.next()) {
        (None, _) => TextOutcome::unclear("Vonage's answer was cut off or is not Vonage's"),
        (Some(first), None) => TextOutcome::Accepted {
            provider: NAME,
            provider_id: first.id.clone(),
        },
        (Some(_), Some(_)) if messages.iter().any(|one| one.status == TAKEN) => {
            TextOutcome::unclear("Vonage took a part of the text and not the rest")
        }
        (Some(_), Some(failed)) => not_taken(&failed.status),
    }
}

fn not_taken(status: &str) -> TextOutcome {
    let Ok(status) = status.parse::<u32>() else {
        return TextOutcome::unclear("Vonage's answer was cut off or is not Vonage's");
    };
    match meaning(status) {
        Meaning::Refused(kind) => {
            TextOutcome::refused(kind, format!("Vonage refused with status {status}"))
        }
        Meaning::NotNow(what) => {
            TextOutcome::not_taken(format!("Vonage refused with status {status}: {what}"))
        }
    }
}
