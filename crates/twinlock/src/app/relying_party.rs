//! This instance as the party a security key answers to (WebAuthn Level 3, section 4, "relying party").

use std::time::Duration;

use url::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::config::Settings;

/// How long a key's answer is waited for.
pub const KEY_TIMEOUT: Duration = Duration::from_secs(300);

/// The relying party of `server.public_url`: keys are bound to its host, and answers count from exactly its origin. `None` where the host
/// is an address: browsers give keys to names only.
///
/// A key stands beside a password or a mailed code here, so its touch is enough (user presence); whether it knows its user is not asked.
#[must_use]
pub fn relying_party(settings: &Settings) -> Option<Webauthn> {
    let origin = Url::parse(&settings.server.public_url).ok()?;
    let host = origin.domain()?.to_owned();
    WebauthnBuilder::new(&host, &origin)
        .ok()?
        .rp_name(&settings.branding.name)
        .timeout(KEY_TIMEOUT)
        .danger_set_user_presence_only_security_keys(true)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_given_to_names_and_not_to_addresses() {
        for (url, is_offered) in [
            ("https://login.example.org", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", false),
            ("https://[2001:db8::1]", false),
        ] {
            let mut settings = Settings::default();
            settings.server.public_url = String::from(url);
            assert_eq!(relying_party(&settings).is_some(), is_offered, "{url}");
        }
    }
}
