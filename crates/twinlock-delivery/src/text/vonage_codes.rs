//! What Vonage's numbered answers and the states of its reports mean for a text
//! (<https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms> and
//! <https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts>).

use super::{DeliveryState, Refusal};

/// What the status of an answer is about, other than "taken".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The text or its recipient.
    Refused(Refusal),
    /// The hour, or something the operator can put right.
    NotNow(&'static str),
}

pub(super) fn meaning(status: u32) -> Meaning {
    match status {
        1 | 10 => Meaning::NotNow("too many texts at once"),
        4 => Meaning::NotNow("it does not accept the account or its secret"),
        5 => Meaning::NotNow("it is out of order"),
        8 => Meaning::NotNow("the account is suspended"),
        9 => Meaning::NotNow("the account has no money left"),
        11 => Meaning::NotNow("the account may not use this way of sending"),
        14 | 32 => Meaning::NotNow("the account asks for signed requests"),
        15 => Meaning::NotNow("the sender is not one of the account's"),
        23 => Meaning::NotNow("it does not accept the address for status reports"),
        // A beginning of numbers it does not know; a number that was given up.
        6 | 33 => Meaning::Refused(Refusal::CannotReceive),
        7 => Meaning::Refused(Refusal::Blocked),
        // An account on trial sends to numbers on its list only.
        29 => Meaning::Refused(Refusal::NotAllowed),
        _ => Meaning::Refused(Refusal::Other),
    }
}

/// The state of a message as its reports name it.
pub(super) fn state(status: &str, code: Option<u32>) -> DeliveryState {
    match status {
        "accepted" => DeliveryState::Accepted,
        "buffered" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "failed" | "rejected" => DeliveryState::Refused(refusal(code)),
        // The phone stayed out of reach for all of the text's life.
        "expired" => DeliveryState::Refused(Refusal::CannotReceive),
        _ => DeliveryState::Unknown,
    }
}

fn refusal(code: Option<u32>) -> Refusal {
    match code {
        // Out of reach for now; for ever; moved to another carrier; busy; no way to the number.
        Some(2 | 3 | 5 | 7 | 12) => Refusal::CannotReceive,
        // Barred by the person; filtered as spam; not wanted; too young; barred by the carrier.
        Some(4 | 6 | 9 | 13 | 14) => Refusal::Blocked,
        // Vonage has no way there.
        Some(11) => Refusal::NotAllowed,
        _ => Refusal::Other,
    }
}
