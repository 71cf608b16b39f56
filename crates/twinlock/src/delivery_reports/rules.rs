//! What a report means for the text it is about.

use twinlock_delivery::{DeliveryState, Reported, StatusReport};

use crate::app::MessageId;
use crate::config::SmsProvider;
use crate::text_messages::store::State;

/// The state a report brings; nothing where it says nothing that has a meaning here.
#[must_use]
pub fn state_of(reported: DeliveryState) -> Option<State> {
    match reported {
        DeliveryState::Accepted => Some(State::Accepted),
        DeliveryState::Sent => Some(State::Sent),
        DeliveryState::Delivered => Some(State::Delivered),
        DeliveryState::Refused(_) => Some(State::Refused),
        DeliveryState::Unknown => None,
    }
}

/// Whether a report is about the text of the address it came to; `fits` says it of a reference. A provider's own id is not kept; there the
/// address is signed with the rest, or nothing is signed.
#[must_use]
pub fn is_about(report: &StatusReport, text: MessageId, fits: impl Fn(&str) -> bool) -> bool {
    match &report.about {
        Reported::ByReference(reference) => fits(reference),
        Reported::ByTextId(id) => *id == text.to_string(),
        Reported::ByProviderId(_) | Reported::ByAddress => true,
    }
}

/// The provider's name beside its texts.
#[must_use]
pub fn name(provider: SmsProvider) -> &'static str {
    match provider {
        SmsProvider::Twilio => "twilio",
        SmsProvider::Vonage => "vonage",
        SmsProvider::Kannel => "kannel",
        SmsProvider::Webhook => "webhook",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_that_is_named_can_be_another_one() {
        let text = MessageId([7; 16]);
        let about = |about| StatusReport {
            about,
            state: DeliveryState::Sent,
        };
        let is_about = |named| is_about(&about(named), text, |reference| reference == "its own");
        assert!(is_about(Reported::ByAddress));
        assert!(is_about(Reported::ByTextId(text.to_string())));
        let other = MessageId([8; 16]).to_string();
        assert!(!is_about(Reported::ByTextId(other)));
        assert!(is_about(Reported::ByReference(String::from("its own"))));
        assert!(!is_about(Reported::ByReference(String::from("another"))));
    }
}
