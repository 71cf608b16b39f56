//! What gateways tell later about a text they took.

/// What became of a text after its provider had taken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// The provider has it and has not passed it on yet.
    Accepted,
    /// It was passed on to the carrier.
    Sent,
    /// The phone confirmed it.
    Delivered,
    /// It did not arrive and will not.
    Refused(super::Refusal),
    /// The provider said something that has no meaning here.
    Unknown,
}

impl DeliveryState {
    /// Whether nothing can follow. Reports overtake each other: an earlier state that comes after a
    /// final one is to be dropped.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Delivered | Self::Refused(_) => true,
            Self::Accepted | Self::Sent | Self::Unknown => false,
        }
    }
}

/// One report that is certainly the provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// Which text it is about.
    pub about: Reported,
    /// What became of it.
    pub state: DeliveryState,
}

/// How a report names its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reported {
    /// By the provider's id, as in [`TextOutcome::Accepted`](super::TextOutcome::Accepted).
    ByProviderId(String),
    /// By [`Text::id`](super::Text::id).
    ByTextId(String),
    /// By the last part of the path of that address, which travelled beside it.
    ByReference(String),
    /// Only by the address it came to, the text's [`status_url`](super::Text::status_url).
    ByAddress,
}

/// Why a report was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportRefusal {
    /// The signature is missing or not the provider's.
    #[error("the report's signature is missing or wrong")]
    Signature,
    /// The signature is right and older than five minutes, or from the future: a repeat, or a wrong clock.
    #[error("the report was signed at another time")]
    Time,
    /// Signed, but not in the form of a report.
    #[error("the report cannot be understood")]
    Form,
}
