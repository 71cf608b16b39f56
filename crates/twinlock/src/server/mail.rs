//! Where mail leaves.

use std::sync::Arc;

use anyhow::Context as _;
use twinlock_delivery::{Mail, MailProvider, Outcome, Sending, SmtpProvider};

use crate::config::{Email, MAIL_TIMEOUT};
use crate::outbox::NOT_CONFIGURED;

/// The mail server of the settings, or one that keeps everything waiting until there is one.
///
/// # Errors
/// When the address of the server or the sender is not usable.
pub fn provider(settings: &Email) -> anyhow::Result<Arc<dyn MailProvider>> {
    match &settings.smtp_url {
        Some(url) => {
            let smtp = SmtpProvider::from_url(url, &settings.from, MAIL_TIMEOUT)
                .context("[email] of the settings")?;
            Ok(Arc::new(smtp))
        }
        None => Ok(Arc::new(NotConfigured)),
    }
}

/// Takes nothing, so that messages wait in the outbox until they die or a mail server is configured.
struct NotConfigured;

impl MailProvider for NotConfigured {
    fn send(&self, _: &Mail) -> Sending<'_> {
        Box::pin(async {
            Outcome::Later {
                why: String::from("mail is not configured (email.smtp_url)"),
            }
        })
    }

    fn name(&self) -> &'static str {
        NOT_CONFIGURED
    }
}
