//! What tests of several crates share: private servers, a browser without a window, a phone with an authenticator app, a security key, a clock to turn.

pub mod clock;
pub mod cookies;
pub mod html;
pub mod kannel;
pub mod key;
pub mod phone;
mod port;
pub mod postgres;
pub mod smtp;
