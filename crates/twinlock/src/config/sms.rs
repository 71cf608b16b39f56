//! `[sms]`: who delivers text messages, and where they may go.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use twinlock_delivery::{
    KannelProvider, KannelSettings, TextConfigError, TextProvider, TwilioProvider, TwilioSender,
    TwilioSettings, WebhookProvider, WebhookSettings,
};

/// Time limit of one exchange with a gateway.
pub const TEXT_TIMEOUT: Duration = Duration::from_secs(10);

/// Who delivers texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsProvider {
    /// Twilio's Messages API.
    Twilio,
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

    /// What delivers texts by this provider.
    ///
    /// # Errors
    /// What is missing or not usable.
    pub fn built(&self, provider: SmsProvider) -> Result<BuiltProvider, TextConfigError> {
        match provider {
            SmsProvider::Twilio => self.twilio.built(),
            SmsProvider::Kannel => self.kannel.built(),
            SmsProvider::Webhook => self.webhook.built(),
        }
    }
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
