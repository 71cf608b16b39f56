//! Texts over real connections: servers that speak as the vendors' documents say, and a real Kannel.

mod bad_days;
mod kannel;
mod real_kannel;
mod server;
mod several;
mod tls;
mod twilio;
mod twilio_reports;
mod vonage;
mod webhook;
mod webhook_reports;

use std::time::Duration;

use twinlock_delivery::{
    KannelProvider, KannelSettings, Refusal, Text, TextConfigError, TextOutcome, TwilioProvider,
    TwilioSender, TwilioSettings, VonageProvider, VonageSettings, WebhookProvider, WebhookSettings,
};

const LIMIT: Duration = Duration::from_secs(15);
const NOW: i64 = 1_700_000_000;

const NUMBER: &str = "+14155552671";
const BODY: &str = "Your code is 123456.";
const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const SECRET: &str = "0123456789abcdef";

fn text(id: &str) -> Text {
    Text {
        id: id.to_owned(),
        to: NUMBER.to_owned(),
        body: BODY.to_owned(),
        good_until: Some(NOW + 600),
        status_url: None,
    }
}

fn twilio_settings(base_url: &str) -> TwilioSettings {
    TwilioSettings {
        base_url: base_url.to_owned(),
        account_sid: ACCOUNT.to_owned(),
        auth_token: "geheim".to_owned(),
        sender: TwilioSender::From("+14155552345".to_owned()),
        timeout: LIMIT,
    }
}

fn twilio(base_url: &str) -> TwilioProvider {
    TwilioProvider::new(twilio_settings(base_url)).unwrap()
}

fn vonage_settings(base_url: &str) -> VonageSettings {
    VonageSettings {
        base_url: base_url.to_owned(),
        api_key: "abcd1234".to_owned(),
        api_secret: "geheim".to_owned(),
        sender: "+14155552345".to_owned(),
        timeout: LIMIT,
    }
}

fn vonage(base_url: &str) -> VonageProvider {
    VonageProvider::new(vonage_settings(base_url)).unwrap()
}

fn kannel_settings(base_url: &str) -> KannelSettings {
    KannelSettings {
        sendsms_url: format!("{base_url}/cgi-bin/sendsms"),
        username: "twinlock".to_owned(),
        password: "ge heim&1%".to_owned(),
        sender: "Twinlock".to_owned(),
        timeout: LIMIT,
    }
}

fn kannel(base_url: &str) -> KannelProvider {
    KannelProvider::new(kannel_settings(base_url)).unwrap()
}

fn webhook_settings(base_url: &str) -> WebhookSettings {
    WebhookSettings {
        url: format!("{base_url}/texts?from=twinlock"),
        secret: SECRET.to_owned(),
        timeout: LIMIT,
    }
}

fn webhook(base_url: &str) -> WebhookProvider {
    WebhookProvider::new(webhook_settings(base_url)).unwrap()
}

/// A change to settings, and what is wrong with them then.
type Mistake<T> = (fn(&mut T), TextConfigError);

/// An outcome in short, after a look at what it tells the operator.
#[derive(Debug, PartialEq, Eq)]
enum Short {
    Accepted(Option<String>),
    Refused(Refusal),
    NotTaken,
    MaybeSent,
}

fn short(outcome: TextOutcome) -> Short {
    let (short, why) = match outcome {
        TextOutcome::Accepted { provider_id, .. } => (Short::Accepted(provider_id), "-".to_owned()),
        TextOutcome::Refused { kind, why } => (Short::Refused(kind), why),
        TextOutcome::Later {
            maybe_sent: false,
            why,
        } => (Short::NotTaken, why),
        TextOutcome::Later {
            maybe_sent: true,
            why,
        } => (Short::MaybeSent, why),
    };
    let private = [
        "4155552671",
        "123456",
        "geheim",
        "ge heim",
        SECRET,
        "127.0.0.1",
    ];
    assert!(!why.is_empty());
    for part in private {
        assert!(!why.contains(part), "{why:?} tells {part}");
    }
    short
}
