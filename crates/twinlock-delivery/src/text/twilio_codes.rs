//! What Twilio's numbered errors and states mean for a text (<https://www.twilio.com/docs/api/errors>).

use super::{DeliveryState, Refusal};

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The text or its recipient.
    Refused(Refusal),
    /// Something the operator can put right.
    SetUp(&'static str),
    /// The hour.
    TooMany,
}

/// `None` for errors that say nothing certain here.
pub(super) fn meaning(code: u32) -> Option<Meaning> {
    let meaning = match code {
        // Not a number; not a mobile; a landline; a phone out of reach; unknown; a landline.
        21211 | 21614 | 21635 | 30003 | 30005 | 30006 => Meaning::Refused(Refusal::CannotReceive),
        // The person answered STOP; blocked; filtered by the carrier.
        21610 | 30004 | 30007 => Meaning::Refused(Refusal::Blocked),
        // The region is not enabled; no way from this sender to that number; a sender not
        // registered for the United States; a trial account's unverified number.
        21408 | 21612 | 30032 | 30034 | 21608 => Meaning::Refused(Refusal::NotAllowed),
        20003 => Meaning::SetUp("it does not accept the account or its password"),
        20005 | 30002 => Meaning::SetUp("the account is not active"),
        21212 | 21603 | 21606 | 21659 | 21660 | 21661 => {
            Meaning::SetUp("the sender is not one of the account's")
        }
        21701 | 21703 | 21704 => Meaning::SetUp("the messaging service is not usable"),
        21609 => Meaning::SetUp("it does not accept the address for status reports"),
        // Requests at once; the sender's queue; the queue of the account; today's texts.
        20429 | 21611 | 30001 | 30022 | 63038 => Meaning::TooMany,
        _ => return None,
    };
    Some(meaning)
}

/// The state of a message as its resource and its reports name it.
pub(super) fn state(status: &str, code: Option<u32>) -> DeliveryState {
    match status {
        "accepted" | "scheduled" | "queued" | "sending" => DeliveryState::Accepted,
        "sent" => DeliveryState::Sent,
        "delivered" | "read" => DeliveryState::Delivered,
        "undelivered" | "failed" | "canceled" => DeliveryState::Refused(refusal(code)),
        _ => DeliveryState::Unknown,
    }
}

fn refusal(code: Option<u32>) -> Refusal {
    match code.and_then(meaning) {
        Some(Meaning::Refused(kind)) => kind,
        Some(Meaning::SetUp(_)) => Refusal::NotAllowed,
        Some(Meaning::TooMany) | None => Refusal::Other,
    }
}
