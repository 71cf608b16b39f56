//! What proves that it is you: passwords, emailed codes, authenticator apps, text messages, security keys, backup codes.
//!
//! Each kind has its folder; what is asked of all of them is asked here, and every `match` on [`Kind`] stands here, so that a new kind
//! is a new folder and the arms the compiler then demands. The order for a typed code is always the same: count the try, compare, and
//! only a success hands the try back (see [`verify`]).

pub mod api;
pub mod backup_codes;
pub mod email_code;
pub mod flow;
pub mod password;
pub mod rules;
pub mod sms;
pub mod store;
pub mod totp;
pub mod webauthn;

pub use flow::{held, is_on, verify};
pub use rules::{
    Accepted, AskedFor, Attempt, Ceremony, Former, Held, Kind, Purpose, Removal, Since, Standings,
    Verdict, Wrong,
};
pub use store::Authenticator;
