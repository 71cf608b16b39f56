//! Settings: one TOML file, each value overridable by an environment variable `TWINLOCK_SECTION__KEY`.
//!
//! Every default is safe for production. An unknown name is an error that says the nearest known one.

mod check;
mod check_sms;
mod load;
mod sms;
mod two_factor;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use check::{Finding, MAIL_TIMEOUT, Severity};
pub use load::{LoadError, Loaded, Source, known_names};
pub use sms::{
    BuiltProvider, Kannel, SecretFile, Sms, SmsProvider, TEXT_TIMEOUT, Twilio, Vonage, Webhook,
};
pub use two_factor::{
    AllowedKind, AppLink, Ask, BackupCodes, Enrolment, Methods, Platform, SuggestedApp, Totp,
    TwoFactor,
};

/// All settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The listener and how the world reaches it.
    pub server: Server,
    /// Where rows are kept.
    pub database: Database,
    /// The master key.
    pub keys: Keys,
    /// First factors, sign-up and session times.
    pub sign_in: SignIn,
    /// Second factors.
    pub two_factor: TwoFactor,
    /// Limits on guessing.
    pub limits: Limits,
    /// Mail.
    pub email: Email,
    /// Text messages.
    pub sms: Sms,
    /// Names, colours and the words that differ between styles.
    pub branding: Branding,
    /// What the server writes and counts about itself.
    pub telemetry: Telemetry,
}

/// `[server]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: String,
    /// The one address people see, such as `https://login.example.org`. Links, cookies and the own-origin check rest on it.
    pub public_url: String,
    /// Addresses or networks of reverse proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<String>,
    /// Origins whose scripts may call the JSON API with a bearer token.
    pub allowed_origins: Vec<String>,
    /// TLS spoken by the program itself.
    pub tls: Tls,
}

/// `[server.tls]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those between it and its authority, PEM. Together with `key` it makes `server.listen` speak TLS.
    pub certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub key: Option<PathBuf>,
    /// Address and port where plain http leads to `public_url`; empty: nowhere.
    pub redirect_listen: String,
}

/// The files of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct TlsFiles<'a> {
    /// The chain.
    pub certificate: &'a Path,
    /// The key.
    pub key: &'a Path,
}

impl Tls {
    /// Both files, where TLS is spoken.
    #[must_use]
    pub fn files(&self) -> Option<TlsFiles<'_>> {
        Some(TlsFiles {
            certificate: self.certificate.as_deref()?,
            key: self.key.as_deref()?,
        })
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: String::from("127.0.0.1:8080"),
            public_url: String::from("http://localhost:8080"),
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            tls: Tls::default(),
        }
    }
}

/// `[database]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:path` or `postgres://…`.
    pub url: String,
    /// A file that holds the address instead (it may contain a password).
    pub url_file: Option<PathBuf>,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: String::from("sqlite:twinlock.db"),
            url_file: None,
        }
    }
}

/// `[keys]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The file with the 32-byte master key; created, readable by its owner only, at first start.
    pub master_key_file: PathBuf,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            master_key_file: PathBuf::from("twinlock.key"),
        }
    }
}

/// A way to start a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A password.
    Password,
    /// A code sent by email.
    EmailCode,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// Only people with an invitation link.
    Invitation,
    /// People whose address is in `sign_up_domains`, and the invited.
    Domains,
    /// Everyone.
    Open,
}

/// `[sign_in]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignIn {
    /// First factors offered, the first one asked first.
    pub methods: Vec<Method>,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// Mail domains for `sign_up = "domains"`.
    pub sign_up_domains: Vec<String>,
    /// A session ends after so many hours without use.
    pub session_idle_hours: u32,
    /// A session ends after so many hours in all.
    pub session_total_hours: u32,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            methods: vec![Method::Password, Method::EmailCode],
            sign_up: SignUp::Invitation,
            sign_up_domains: Vec::new(),
            session_idle_hours: 7 * 24,
            session_total_hours: 30 * 24,
        }
    }
}

/// Which set of limits is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The usual limits.
    Default,
    /// The stricter ones of the same table.
    Strict,
}

/// `[limits]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Which set of limits is in force.
    pub profile: Profile,
    /// Wrong second-factor codes from unknown devices that are compared in 30 days.
    pub second_factor_failures_30_days: u32,
    /// Wrong codes in one sign-in.
    pub wrong_codes_per_sign_in: u32,
    /// Minutes a step-up lasts.
    pub step_up_minutes: u32,
    /// Password failures in a minute from one network.
    pub password_network_minute: u32,
    /// Password failures in an hour from one network.
    pub password_network_hour: u32,
    /// Mails with codes to one mailbox in an hour, over all purposes.
    pub email_codes_hour: u32,
    /// Mails with codes to one mailbox in a day, over all purposes.
    pub email_codes_day: u32,
    /// Mails with codes asked for by one network in an hour.
    pub email_codes_network_hour: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            profile: Profile::Default,
            second_factor_failures_30_days: 20,
            wrong_codes_per_sign_in: 5,
            step_up_minutes: 10,
            password_network_minute: 20,
            password_network_hour: 300,
            email_codes_hour: 5,
            email_codes_day: 10,
            email_codes_network_hour: 300,
        }
    }
}

/// `[email]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Email {
    /// `smtp://user:password@host:587` or `smtps://…`.
    pub smtp_url: Option<String>,
    /// A file that holds the address instead.
    pub smtp_url_file: Option<PathBuf>,
    /// The sender.
    pub from: String,
    /// Why the file could not be read, where it could not: only `serve` needs it, and may be the only one who can.
    #[serde(skip)]
    pub smtp_url_unread: Option<String>,
}

impl Default for Email {
    fn default() -> Self {
        Self {
            smtp_url: None,
            smtp_url_file: None,
            from: String::from("Twinlock <twinlock@localhost>"),
            smtp_url_unread: None,
        }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogForm {
    /// JSON, unless a person sits at the terminal.
    Auto,
    /// One JSON object a line.
    Json,
    /// Lines to read.
    Text,
}

/// How much is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What failed on our side.
    Error,
    /// And what should be looked at.
    Warn,
    /// And each request.
    Info,
    /// And session checks, health checks, files, connections that broke.
    Debug,
}

/// `[telemetry]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// How the log is written.
    pub log: LogForm,
    /// How much is written.
    pub level: Level,
    /// Address and port of `/metrics`; empty: nowhere.
    pub metrics_listen: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            log: LogForm::Auto,
            level: Level::Info,
            metrics_listen: String::from("127.0.0.1:9464"),
        }
    }
}

/// `[branding]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Branding {
    /// The name people know; also the issuer shown in authenticator apps.
    pub name: String,
    /// The accent colour, `#rrggbb`.
    pub accent: String,
    /// Who helps people without a phone and without codes.
    pub support: String,
    /// An address or page for **Contact Us**; without one the page tells people to ask their administrator.
    pub support_url: Option<String>,
    /// Words that differ between the styles.
    pub labels: Labels,
}

impl Default for Branding {
    fn default() -> Self {
        Self {
            name: String::from("Twinlock"),
            accent: String::from("#1f5fbf"),
            support: String::from("your administrator"),
            support_url: None,
            labels: Labels::default(),
        }
    }
}

/// `[branding.labels]`: a closed table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// The menu entry that opens the person's own pages.
    pub settings: String,
    /// Heading of two-factor authentication.
    pub two_factor: String,
    /// The button that turns it on.
    pub enable: String,
    /// The button on the Security page that turns it off.
    pub disable: String,
    /// What an organization is called.
    pub organization: String,
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            settings: String::from("User Settings"),
            two_factor: String::from("Two-factor authentication"),
            enable: String::from("Enable"),
            disable: String::from("Disable 2FA"),
            organization: String::from("organization"),
        }
    }
}
