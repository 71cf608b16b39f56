//! `[sms]`: who delivers text messages, and where they may go.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use twinlock_delivery::{
    KannelProvider, KannelSettings, TextConfigError, TextProvider, TwilioProvider, TwilioSender,
    TwilioSettings, VonageProvider, VonageSettings, WebhookProvider, WebhookSettings,
};

/// Time limit of one exchange with a gateway.
pub const TEXT_TIMEOUT: Duration = Duration::from_secs(10);

/// Who delivers texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsProvider {
    /// Twilio's Messages API.
    Twilio,
    /// Vonage's SMS API.
    Vonage,
    /// A Kannel gateway of your own (`sendsms`).
    Kannel,
    /// A program of yours that takes signed JSON.
    Webhook,
}

/// `[sms]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sms {
    /// Who delivers; nobody unless it is said.
    pub provider: Option<SmsProvider>,
    /// Who is asked, in this order, where the one before certainly did not take a text.
    pub fallback: Vec<SmsProvider>,
    /// Countries numbers may be of, as two letters (ISO 3166-1), such as "DE". The first one is proposed.
    pub allowed_countries: Vec<String>,
    /// Texts of the whole instance in a day at most.
    pub daily_cap: u32,
    /// Of these, those one application orders by the API at most; half of them where nothing is said.
    pub daily_cap_per_application: Option<u32>,
    /// Twilio's account.
    pub twilio: Twilio,
    /// Vonage's account.
    pub vonage: Vonage,
    /// The Kannel gateway.
    pub kannel: Kannel,
    /// The program that takes texts.
    pub webhook: Webhook,
    /// Why a secret could not be read from its file, where it could not: only `serve` needs it.
    #[serde(skip)]
    pub unread: Option<String>,
}

impl Default for Sms {
    fn default() -> Self {
        Self {
            provider: None,
            fallback: Vec::new(),
            allowed_countries: Vec::new(),
            daily_cap: 500,
            daily_cap_per_application: None,
            twilio: Twilio::default(),
            vonage: Vonage::default(),
            kannel: Kannel::default(),
            webhook: Webhook::default(),
            unread: None,
        }
    }
}

impl Sms {
    /// Texts one application orders in a day at most: others, and people who sign in here, keep the rest.
    #[must_use]
    pub fn cap_per_application(&self) -> u32 {
        let half = self.daily_cap.div_ceil(2);
        self.daily_cap_per_application.unwrap_or(half)
    }

    /// The providers in the order they are asked, each once.
    #[must_use]
    pub fn providers(&self) -> Vec<SmsProvider> {
        let mut found = Vec::new();
        for provider in self.provider.iter().chain(&self.fallback) {
            if !found.contains(provider) {
                found.push(*provider);
            }
        }
        found
    }

    /// The secrets that may stand in files.
    #[must_use]
    pub fn secret_files(&self) -> [SecretFile; 5] {
        self.clone()
            .secrets()
            .map(|(setting, file, value)| SecretFile {
                setting,
                file,
                is_known: value.is_some(),
            })
    }

    /// Each secret that may stand in a file, with the setting that names the file, and the file.
    pub(super) fn secrets(&mut self) -> [(&'static str, Option<PathBuf>, &mut Option<String>); 5] {
        let (twilio, vonage) = (&mut self.twilio, &mut self.vonage);
        let (kannel, webhook) = (&mut self.kannel, &mut self.webhook);
        [
            (
                "sms.twilio.auth_token_file",
                twilio.auth_token_file.clone(),
                &mut twilio.auth_token,
            ),
            (
                "sms.vonage.api_secret_file",
                vonage.api_secret_file.clone(),
                &mut vonage.api_secret,
            ),
            (
                "sms.vonage.signature_secret_file",
                vonage.signature_secret_file.clone(),
                &mut vonage.signature_secret,
            ),
            (
                "sms.kannel.password_file",
                kannel.password_file.clone(),
                &mut kannel.password,
            ),
            (
                "sms.webhook.secret_file",
                webhook.secret_file.clone(),
                &mut webhook.secret,
            ),
        ]
    }

    /// What a provider cannot do without and was not given, by the names of the settings.
    #[must_use]
    pub fn missing(&self, provider: SmsProvider) -> Vec<&'static str> {
        let secret = |secret: &Option<String>| secret.as_deref().unwrap_or_default().is_empty();
        let needed: &[(&'static str, bool)] = match provider {
            SmsProvider::Twilio => &[
                ("sms.twilio.account_sid", self.twilio.account_sid.is_empty()),
                ("sms.twilio.auth_token", secret(&self.twilio.auth_token)),
                ("sms.twilio.sender", self.twilio.sender.is_empty()),
            ],
            SmsProvider::Vonage => &[
                ("sms.vonage.api_key", self.vonage.api_key.is_empty()),
                ("sms.vonage.api_secret", secret(&self.vonage.api_secret)),
                ("sms.vonage.sender", self.vonage.sender.is_empty()),
            ],
            SmsProvider::Kannel => &[
                ("sms.kannel.username", self.kannel.username.is_empty()),
                ("sms.kannel.password", secret(&self.kannel.password)),
                ("sms.kannel.sender", self.kannel.sender.is_empty()),
            ],
            SmsProvider::Webhook => &[
                ("sms.webhook.url", self.webhook.url.is_empty()),
                ("sms.webhook.secret", secret(&self.webhook.secret)),
            ],
        };
        let missing = needed.iter().filter(|(_, is_missing)| *is_missing);
        missing.map(|(setting, _)| *setting).collect()
    }

    /// What delivers texts by this provider.
    ///
    /// # Errors
    /// What is missing or not usable.
    pub fn built(&self, provider: SmsProvider) -> Result<BuiltProvider, TextConfigError> {
        match provider {
            SmsProvider::Twilio => self.twilio.built(),
            SmsProvider::Vonage => self.vonage.built(),
            SmsProvider::Kannel => self.kannel.built(),
            SmsProvider::Webhook => self.webhook.built(),
        }
    }
}

/// A secret that may stand in a file.
pub struct SecretFile {
    /// The setting that names the file.
    pub setting: &'static str,
    /// The file, if one is named.
    pub file: Option<PathBuf>,
    /// Whether the secret is known.
    pub is_known: bool,
}

/// What delivers texts.
pub struct BuiltProvider {
    /// It.
    pub provider: Arc<dyn TextProvider>,
    /// Whether the way to it is encrypted or stays on this machine.
    pub is_protected: bool,
}

/// `[sms.twilio]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Twilio {
    /// Where Twilio is: another region, or a stand-in.
    pub base_url: String,
    /// The account: `AC…`.
    pub account_sid: String,
    /// Its password.
    pub auth_token: Option<String>,
    /// A file that holds the password instead.
    pub auth_token_file: Option<PathBuf>,
    /// The number or name texts come from, or a messaging service (`MG…`).
    pub sender: String,
}

impl Default for Twilio {
    fn default() -> Self {
        Self {
            base_url: String::from("https://api.twilio.com"),
            account_sid: String::new(),
            auth_token: None,
            auth_token_file: None,
            sender: String::new(),
        }
    }
}

impl Twilio {
    fn built(&self) -> Result<BuiltProvider, TextConfigError> {
        let sender = self.sender.clone();
        let provider = TwilioProvider::new(TwilioSettings {
            base_url: self.base_url.clone(),
            account_sid: self.account_sid.clone(),
            auth_token: self.auth_token.clone().unwrap_or_default(),
            sender: if sender.starts_with("MG") && sender.len() == 34 {
                TwilioSender::MessagingService(sender)
            } else {
                TwilioSender::From(sender)
            },
            timeout: TEXT_TIMEOUT,
        })?;
        Ok(BuiltProvider {
            provider: Arc::new(provider),
            is_protected: true,
        })
    }
}

/// `[sms.vonage]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vonage {
    /// Where Vonage is: another region, or a stand-in.
    pub base_url: String,
    /// The account's API key.
    pub api_key: String,
    /// Its API secret.
    pub api_secret: Option<String>,
    /// A file that holds the secret instead.
    pub api_secret_file: Option<PathBuf>,
    /// The number or name texts come from.
    pub sender: String,
    /// What reports are signed with, where Vonage signs them.
    pub signature_secret: Option<String>,
    /// A file that holds it instead.
    pub signature_secret_file: Option<PathBuf>,
}

impl Default for Vonage {
    fn default() -> Self {
        Self {
            base_url: String::from("https://rest.nexmo.com"),
            api_key: String::new(),
            api_secret: None,
            api_secret_file: None,
            sender: String::new(),
            signature_secret: None,
            signature_secret_file: None,
        }
    }
}

impl Vonage {
    fn built(&self) -> Result<BuiltProvider, TextConfigError> {
        let provider = VonageProvider::new(VonageSettings {
            base_url: self.base_url.clone(),
            api_key: self.api_key.clone(),
            api_secret: self.api_secret.clone().unwrap_or_default(),
            sender: self.sender.clone(),
            timeout: TEXT_TIMEOUT,
        })?;
        Ok(BuiltProvider {
            provider: Arc::new(provider),
            is_protected: true,
        })
    }
}

/// `[sms.kannel]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kannel {
    /// The whole address of its service.
    pub sendsms_url: String,
    /// A `sendsms-user`.
    pub username: String,
    /// Its password.
    pub password: Option<String>,
    /// A file that holds the password instead.
    pub password_file: Option<PathBuf>,
    /// The number or name texts come from.
    pub sender: String,
}

impl Default for Kannel {
    fn default() -> Self {
        Self {
            sendsms_url: String::from("http://127.0.0.1:13013/cgi-bin/sendsms"),
            username: String::new(),
            password: None,
            password_file: None,
            sender: String::new(),
        }
    }
}

impl Kannel {
    fn built(&self) -> Result<BuiltProvider, TextConfigError> {
        let provider = KannelProvider::new(KannelSettings {
            sendsms_url: self.sendsms_url.clone(),
            username: self.username.clone(),
            password: self.password.clone().unwrap_or_default(),
            sender: self.sender.clone(),
            timeout: TEXT_TIMEOUT,
        })?;
        let is_protected = provider.is_protected();
        Ok(BuiltProvider {
            provider: Arc::new(provider),
            is_protected,
        })
    }
}

/// `[sms.webhook]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhook {
    /// Where texts are posted.
    pub url: String,
    /// What requests and reports are signed with.
    pub secret: Option<String>,
    /// A file that holds it instead.
    pub secret_file: Option<PathBuf>,
}

impl Webhook {
    fn built(&self) -> Result<BuiltProvider, TextConfigError> {
        let provider = WebhookProvider::new(WebhookSettings {
            url: self.url.clone(),
            secret: self.secret.clone().unwrap_or_default(),
            timeout: TEXT_TIMEOUT,
        })?;
        let is_protected = provider.is_protected();
        Ok(BuiltProvider {
            provider: Arc::new(provider),
            is_protected,
        })
    }
}
