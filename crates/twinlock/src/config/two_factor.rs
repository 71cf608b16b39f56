//! `[two_factor]`: when a second factor is asked, and how it is set up.

use serde::{Deserialize, Serialize};

use super::Settings;

/// When a second factor is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// On a device that is new, or whose session ended by time.
    NewDevice,
    /// Where the person did not tick "Trust this device", or did longer ago than `trusted_device_days`.
    TrustedDevice,
    /// On a device where the person did not complete it before, or signed out completely, or said that others use it too.
    UntilSignedOut,
    /// At every sign-in.
    EverySignIn,
}

/// How setting up an authenticator app is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    /// QR code, **Continue**, then the code with **Verify**.
    TwoSteps,
    /// QR code and code field together with **Enable**.
    OnePage,
}

/// Whether a person may hold several second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Methods {
    /// As many as they like.
    Several,
    /// One; a new one replaces it.
    One,
}

/// A kind of second factor people may set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedKind {
    /// Authenticator apps.
    Totp,
    /// Security keys and passkeys.
    Webauthn,
    /// Codes by text message, where `[sms]` says who delivers them.
    Sms,
}

/// `[two_factor]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwoFactor {
    /// When it is asked.
    pub ask: Ask,
    /// Days a device is trusted after a tick at "Trust this device": 1 to 365.
    pub trusted_device_days: u16,
    /// How enrolment is laid out.
    pub enrolment: Enrolment,
    /// One second factor or several.
    pub methods: Methods,
    /// What may be set up. What is set up already goes on counting.
    pub allowed_kinds: Vec<AllowedKind>,
    /// Whether everybody must have it.
    pub required: bool,
    /// Authenticator apps.
    pub totp: Totp,
    /// Backup codes.
    pub backup_codes: BackupCodes,
}

impl Default for TwoFactor {
    fn default() -> Self {
        Self {
            ask: Ask::TrustedDevice,
            trusted_device_days: 30,
            enrolment: Enrolment::TwoSteps,
            methods: Methods::Several,
            allowed_kinds: vec![AllowedKind::Totp, AllowedKind::Webauthn],
            required: false,
            totp: Totp::default(),
            backup_codes: BackupCodes::default(),
        }
    }
}

/// `[two_factor.totp]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Totp {
    /// Steps of 30 seconds a phone may lag behind: 0 to 2.
    pub past_steps: u8,
    /// Steps of 30 seconds a phone may run ahead: 0 to 2.
    pub future_steps: u8,
    /// Apps suggested when setting up.
    pub apps: Vec<SuggestedApp>,
}

impl Default for Totp {
    fn default() -> Self {
        Self {
            past_steps: 1,
            future_steps: 1,
            apps: SuggestedApp::defaults(),
        }
    }
}

/// A platform an app is suggested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Android.
    Android,
    /// iPhone and iPad.
    Ios,
    /// Windows.
    Windows,
}

/// `[[two_factor.totp.apps]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuggestedApp {
    /// The app's name.
    pub name: String,
    /// Where it runs, with a link for each.
    pub links: Vec<AppLink>,
    /// Marked as recommended.
    #[serde(default)]
    pub recommended: bool,
}

/// Where to get an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppLink {
    /// For which platform.
    pub platform: Platform,
    /// An https address.
    pub url: String,
}

type Suggested = (&'static str, &'static [(Platform, &'static str)]);

const SUGGESTED: &[Suggested] = &[
    (
        "Google Authenticator",
        &[
            (
                Platform::Android,
                "https://play.google.com/store/apps/details?id=com.google.android.apps.authenticator2",
            ),
            (
                Platform::Ios,
                "https://apps.apple.com/app/google-authenticator/id388497605",
            ),
        ],
    ),
    (
        "Microsoft Authenticator",
        &[
            (
                Platform::Android,
                "https://play.google.com/store/apps/details?id=com.azure.authenticator",
            ),
            (
                Platform::Ios,
                "https://apps.apple.com/app/microsoft-authenticator/id983156458",
            ),
        ],
    ),
    (
        "Duo Mobile",
        &[
            (
                Platform::Android,
                "https://play.google.com/store/apps/details?id=com.duosecurity.duomobile",
            ),
            (
                Platform::Ios,
                "https://apps.apple.com/app/duo-mobile/id422663827",
            ),
        ],
    ),
    (
        "Authy",
        &[
            (
                Platform::Android,
                "https://play.google.com/store/apps/details?id=com.authy.authy",
            ),
            (
                Platform::Ios,
                "https://apps.apple.com/app/twilio-authy/id494168017",
            ),
        ],
    ),
    (
        "1Password",
        &[(
            Platform::Ios,
            "https://apps.apple.com/app/1password-password-manager/id1511601750",
        )],
    ),
];

impl SuggestedApp {
    fn defaults() -> Vec<Self> {
        let link = |(platform, url): &(Platform, &str)| AppLink {
            platform: *platform,
            url: (*url).to_owned(),
        };
        let app = |(name, links): &Suggested| Self {
            name: (*name).to_owned(),
            links: links.iter().map(link).collect(),
            recommended: false,
        };
        SUGGESTED.iter().map(app).collect()
    }
}

/// `[two_factor.backup_codes]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackupCodes {
    /// Codes on a sheet: 5 to 20.
    pub count: u8,
    /// Whether people may look at their codes again (a sealed copy is kept).
    pub reveal: bool,
}

impl Default for BackupCodes {
    fn default() -> Self {
        Self {
            count: 10,
            reveal: false,
        }
    }
}

impl Settings {
    /// Whether people may set up security keys here: they are allowed, and the service has a name for browsers to bind them to.
    #[must_use]
    pub fn keys_are_offered(&self) -> bool {
        let is_allowed = self
            .two_factor
            .allowed_kinds
            .contains(&AllowedKind::Webauthn);
        is_allowed && has_name(&self.server.public_url)
    }
}

/// Whether an address names its host: browsers give security keys to names only.
pub(super) fn has_name(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.domain().is_some())
}
