//! Where texts leave.

use std::sync::Arc;

use anyhow::Context as _;
use twinlock_delivery::{
    KannelProvider, KannelSettings, Several, TextProvider, TwilioProvider, TwilioSender,
    TwilioSettings, WebhookProvider, WebhookSettings,
};

use crate::config::{Sms, SmsProvider, TEXT_TIMEOUT};

/// The providers of the settings, one after the other, or nobody.
///
/// # Errors
/// When what is needed to reach one is missing or not usable.
pub fn provider(settings: &Sms) -> anyhow::Result<Option<Arc<dyn TextProvider>>> {
    let mut providers = Vec::new();
    for provider in settings.providers() {
        providers.push(one(settings, provider).context("[sms] of the settings")?);
    }
    let mut providers = providers.into_iter();
    let Some(first) = providers.next() else {
        return Ok(None);
    };
    let others: Vec<_> = providers.collect();
    Ok(Some(if others.is_empty() {
        first
    } else {
        Arc::new(Several::new(first, others))
    }))
}

fn one(settings: &Sms, provider: SmsProvider) -> anyhow::Result<Arc<dyn TextProvider>> {
    Ok(match provider {
        SmsProvider::Twilio => Arc::new(twilio(settings)?),
        SmsProvider::Kannel => Arc::new(kannel(settings)?),
        SmsProvider::Webhook => Arc::new(webhook(settings)?),
    })
}

fn twilio(settings: &Sms) -> anyhow::Result<TwilioProvider> {
    let twilio = &settings.twilio;
    let sender = twilio.sender.clone();
    let provider = TwilioProvider::new(TwilioSettings {
        base_url: twilio.base_url.clone(),
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.clone().unwrap_or_default(),
        sender: if sender.starts_with("MG") && sender.len() == 34 {
            TwilioSender::MessagingService(sender)
        } else {
            TwilioSender::From(sender)
        },
        timeout: TEXT_TIMEOUT,
    });
    provider.context("sms.twilio")
}

fn kannel(settings: &Sms) -> anyhow::Result<KannelProvider> {
    let kannel = &settings.kannel;
    let provider = KannelProvider::new(KannelSettings {
        sendsms_url: kannel.sendsms_url.clone(),
        username: kannel.username.clone(),
        password: kannel.password.clone().unwrap_or_default(),
        sender: kannel.sender.clone(),
        timeout: TEXT_TIMEOUT,
    });
    provider.context("sms.kannel")
}

fn webhook(settings: &Sms) -> anyhow::Result<WebhookProvider> {
    let webhook = &settings.webhook;
    let provider = WebhookProvider::new(WebhookSettings {
        url: webhook.url.clone(),
        secret: webhook.secret.clone().unwrap_or_default(),
        timeout: TEXT_TIMEOUT,
    });
    provider.context("sms.webhook")
}
