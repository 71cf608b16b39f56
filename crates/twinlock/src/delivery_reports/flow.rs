//! Believing a report, and writing down what it says.

use twinlock_db::Locks;
use twinlock_delivery::{
    ReportRefusal, StatusReport, TwilioReports, VonageReports, WebhookReports, read_kannel_report,
};

use crate::app::{AccountId, MessageId, Moment, Refusal, Stop};
use crate::config::SmsProvider;
use crate::text_messages::flow::{report_url, reported};
use crate::text_messages::store;

use super::rules::{is_about, name, state_of};

/// A report as it came, by the provider it says it is from.
pub enum Came {
    /// Kannel's: all it says is in the query.
    Kannel {
        /// The query.
        query: String,
    },
    /// Twilio's.
    Twilio {
        /// The header.
        signature: String,
        /// The decoded fields.
        form: Vec<(String, String)>,
    },
    /// Vonage's, however it came.
    Vonage {
        /// The decoded fields.
        fields: Vec<(String, String)>,
    },
    /// Of a gateway of the operator's own.
    Webhook {
        /// The header.
        signature: String,
        /// The body, byte for byte.
        body: Vec<u8>,
    },
}

impl Came {
    fn provider(&self) -> SmsProvider {
        match self {
            Self::Kannel { .. } => SmsProvider::Kannel,
            Self::Twilio { .. } => SmsProvider::Twilio,
            Self::Vonage { .. } => SmsProvider::Vonage,
            Self::Webhook { .. } => SmsProvider::Webhook,
        }
    }
}

/// Takes a report in.
///
/// # Errors
/// [`Refusal::NotFound`] for everything that is not a report of this text's provider, whatever is wrong.
pub async fn receive(moment: &Moment, token: &str, came: Came) -> Result<(), Stop> {
    let (account, text) = reported(&moment.app, token).ok_or(Refusal::NotFound)?;
    let provider = came.provider();
    if !moment.app.settings.sms.providers().contains(&provider) {
        return Err(Refusal::NotFound.into());
    }
    let fits = |reference: &str| reported(&moment.app, reference) == Some((account, text));
    let report = match believed(moment, account, text, &came) {
        Ok(report) if is_about(&report, text, fits) => report,
        Ok(_) => return Err(Refusal::NotFound.into()),
        Err(why) => {
            tracing::warn!(%text, provider = name(provider), %why, "a report about a text is not believed");
            return Err(Refusal::NotFound.into());
        }
    };
    let state = state_of(report.state);
    if state.is_none() {
        tracing::warn!(%text, provider = name(provider), "a report says something that has no meaning here; the text stays as it is");
    }
    moment
        .write(Locks::none(), move |w| {
            match store::taken_by(w, account, text)? {
                None => Err(Refusal::NotFound.into()),
                Some(Some(other)) if other != name(provider) => Err(Refusal::NotFound.into()),
                Some(_) => match state {
                    Some(state) => {
                        store::report(w, account, text, state, name(provider)).map(|_| ())
                    }
                    None => Ok(()),
                },
            }
        })
        .await
}

fn believed(
    moment: &Moment,
    account: AccountId,
    text: MessageId,
    came: &Came,
) -> Result<StatusReport, ReportRefusal> {
    let sms = &moment.app.settings.sms;
    match came {
        Came::Kannel { query } => read_kannel_report(query),
        Came::Twilio { signature, form } => {
            let token = secret(sms.twilio.auth_token.as_ref())?;
            let url = report_url(&moment.app, account, text);
            TwilioReports::new(token).read(&url, form, signature)
        }
        Came::Vonage { fields } => {
            let signed_with = sms.vonage.signature_secret.as_ref();
            let signed_with = signed_with.map(|one| secret(Some(one))).transpose()?;
            VonageReports::new(signed_with).read(fields)
        }
        Came::Webhook { signature, body } => {
            let secret = secret(sms.webhook.secret.as_ref())?;
            let seconds = moment.now.as_millis().div_euclid(1000);
            WebhookReports::new(secret).read(body, signature, seconds)
        }
    }
}

/// Anybody can sign with an empty one.
fn secret(of_settings: Option<&String>) -> Result<String, ReportRefusal> {
    of_settings
        .filter(|secret| !secret.is_empty())
        .cloned()
        .ok_or(ReportRefusal::Signature)
}
