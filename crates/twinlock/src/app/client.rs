//! Who asks.

use super::ApplicationId;

/// Who asks: what is known of the other side before any account is.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The network's key: an IPv4 address or an IPv6 /64.
    pub network: Vec<u8>,
    /// A short name such as "Firefox on Linux", cut to 200 characters.
    pub device_label: String,
    /// Device tokens the client brought, newest first.
    pub device_tokens: Vec<String>,
    /// Language tag of the texts for this client.
    pub language: String,
    /// The application that asks, where it is one by its key.
    pub application: Option<ApplicationId>,
}

impl Client {
    /// The machine itself.
    #[must_use]
    pub fn local() -> Self {
        Self {
            device_label: String::from("this machine"),
            language: String::from("en"),
            ..Self::default()
        }
    }
}
