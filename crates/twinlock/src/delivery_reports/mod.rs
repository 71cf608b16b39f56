//! What providers report about texts: passed on to the carrier, delivered, refused.
//!
//! A report comes to an address only the text's provider was told, and must be the provider's: Twilio and a gateway of the operator's own
//! sign what they send; Kannel does not, nor Vonage unless its support turned it on, and they are known by the address alone. Whatever else comes is answered as if there was nothing here.
//! A report may come twice, late or out of order; what is final stays.

pub mod api;
pub mod flow;
pub mod rules;
