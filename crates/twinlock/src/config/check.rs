//! Whether settings make sense together: what stops the program, and what `doctor` warns of.

use std::net::SocketAddr;
use std::time::Duration;

use twinlock_db::Location;
use twinlock_delivery::{SmtpProvider, TlsMode};
use twinlock_web::{PublicUrl, Theme, TrustedProxies};

use super::two_factor::has_name;
use super::{AllowedKind, Limits, Server, Settings, SignUp};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is started with it.
    Error,
    /// It works, and the operator should know.
    Warning,
}

/// One thing about the settings, in words that say what to do. Never quotes a secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The setting's name.
    pub setting: &'static str,
    /// What is wrong and what to do.
    pub text: String,
}

/// Time limit of sending one mail.
pub const MAIL_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn error(&mut self, setting: &'static str, text: impl Into<String>) {
        self.add(Severity::Error, setting, text.into());
    }

    pub(super) fn warn(&mut self, setting: &'static str, text: impl Into<String>) {
        self.add(Severity::Warning, setting, text.into());
    }

    fn add(&mut self, severity: Severity, setting: &'static str, text: String) {
        self.0.push(Finding {
            severity,
            setting,
            text,
        });
    }
}

impl Settings {
    /// Everything there is to say about these settings, errors first. The TLS provider of the process must be installed.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Findings(Vec::new());
        self.check_server(&mut found);
        self.check_sign_in(&mut found);
        self.check_two_factor(&mut found);
        check_limits(&self.limits, &mut found);
        self.check_email(&mut found);
        self.check_sms(&mut found);
        self.check_branding(&mut found);
        self.check_telemetry(&mut found);
        let mut findings = found.0;
        findings.sort_by_key(|finding| finding.severity == Severity::Warning);
        findings
    }

    fn check_server(&self, found: &mut Findings) {
        let server = &self.server;
        if server.listen.parse::<SocketAddr>().is_err() {
            found.error(
                "server.listen",
                "write an IP address and a port, such as 127.0.0.1:8080 or [::]:8080",
            );
        }
        match PublicUrl::parse(&server.public_url) {
            Err(error) => found.error("server.public_url", error.to_string()),
            Ok(url) if !url.is_secure() => found.warn(
                "server.public_url",
                "plain http is for trying things out on this machine; people need https:// (put a reverse proxy in front, or set server.tls)",
            ),
            Ok(_) => {}
        }
        if let Err(error) = TrustedProxies::parse(&server.trusted_proxies) {
            found.error("server.trusted_proxies", error.to_string());
        }
        check_tls(server, found);
        for origin in &server.allowed_origins {
            if let Err(error) = PublicUrl::parse(origin) {
                found.error("server.allowed_origins", error.to_string());
            }
        }
        if let Err(error) = self.database.url.parse::<Location>() {
            found.error("database.url", error.to_string());
        }
        if self.keys.master_key_file.as_os_str().is_empty() {
            found.error("keys.master_key_file", "name the file of the master key");
        }
    }

    fn check_sign_in(&self, found: &mut Findings) {
        let sign_in = &self.sign_in;
        if sign_in.methods.is_empty() {
            found.error(
                "sign_in.methods",
                "name at least one of \"password\" and \"email_code\": nobody could sign in",
            );
        }
        let repeated = sign_in.methods.iter().enumerate().any(|(at, method)| {
            sign_in
                .methods
                .iter()
                .take(at)
                .any(|before| before == method)
        });
        if repeated {
            found.error("sign_in.methods", "name each method once");
        }
        if sign_in.sign_up == SignUp::Domains && sign_in.sign_up_domains.is_empty() {
            found.error(
                "sign_in.sign_up_domains",
                "name the mail domains that may sign up, such as [\"example.org\"]",
            );
        }
        for domain in &sign_in.sign_up_domains {
            if domain.contains('@') || idna::domain_to_ascii_strict(domain).is_err() {
                found.error(
                    "sign_in.sign_up_domains",
                    format!("{domain:?} is not a mail domain such as example.org"),
                );
            }
        }
        if sign_in.session_idle_hours == 0 || sign_in.session_total_hours == 0 {
            found.error(
                "sign_in.session_idle_hours",
                "session hours must be more than 0",
            );
        } else if sign_in.session_idle_hours > sign_in.session_total_hours {
            found.error(
                "sign_in.session_idle_hours",
                "must not be more than sign_in.session_total_hours",
            );
        }
        if sign_in.session_total_hours > 30 * 24 {
            found.warn(
                "sign_in.session_total_hours",
                "sessions live for more than 30 days; a stolen one does too",
            );
        }
    }

    fn check_two_factor(&self, found: &mut Findings) {
        let totp = &self.two_factor.totp;
        for (setting, steps) in [
            ("two_factor.totp.past_steps", totp.past_steps),
            ("two_factor.totp.future_steps", totp.future_steps),
        ] {
            match steps {
                0 | 1 => {}
                2 => found.warn(
                    setting,
                    "2 steps make a guess more likely to fit; 1 is enough",
                ),
                _ => found.error(setting, "must be 0, 1 or 2 steps of 30 seconds"),
            }
        }
        for app in &totp.apps {
            if app.name.trim().is_empty() || app.links.is_empty() {
                found.error(
                    "two_factor.totp.apps",
                    "each app needs a name and at least one link",
                );
            }
            for link in &app.links {
                if !is_https(&link.url) {
                    found.error(
                        "two_factor.totp.apps",
                        format!("the links of {:?} must begin with https://", app.name),
                    );
                }
            }
        }
        if totp.apps.iter().filter(|app| app.recommended).count() > 1 {
            found.error("two_factor.totp.apps", "recommend one app at most");
        }
        let allowed = &self.two_factor.allowed_kinds;
        if allowed.is_empty() {
            found.error("two_factor.allowed_kinds", "allow one kind at least");
        }
        if *allowed == [AllowedKind::Webauthn] && !has_name(&self.server.public_url) {
            found.error(
                "two_factor.allowed_kinds",
                "security keys need a name in server.public_url, not an address such as 127.0.0.1",
            );
        }
        if !(1..=365).contains(&self.two_factor.trusted_device_days) {
            found.error("two_factor.trusted_device_days", "must be 1 to 365");
        }
        if !(5..=20).contains(&self.two_factor.backup_codes.count) {
            found.error("two_factor.backup_codes.count", "must be 5 to 20");
        }
    }

    fn check_email(&self, found: &mut Findings) {
        if let Some(why) = &self.email.smtp_url_unread {
            found.warn(
                "email.smtp_url_file",
                format!("{why}; only `serve` needs it, and does not start without it"),
            );
            return;
        }
        let Some(url) = &self.email.smtp_url else {
            found.warn(
                "email.smtp_url",
                "mail is not configured: codes and notices wait until it is; set it, such as smtps://user:password@mail.example.org",
            );
            return;
        };
        match SmtpProvider::from_url(url, &self.email.from, MAIL_TIMEOUT) {
            Err(error @ twinlock_delivery::ConfigError::From) => {
                found.error("email.from", error.to_string());
            }
            Err(error) => found.error("email.smtp_url", error.to_string()),
            Ok(provider) => match provider.tls_mode() {
                TlsMode::Implicit | TlsMode::Required => {}
                TlsMode::Opportunistic => found.warn(
                    "email.smtp_url",
                    "whoever sits on the way to the mail server can switch TLS off; write smtps:// or ?tls=required",
                ),
                TlsMode::Clear => found.warn(
                    "email.smtp_url",
                    "mail with codes travels readable; fine for a server on this machine, else write smtps:// or ?tls=required",
                ),
            },
        }
    }

    fn check_telemetry(&self, found: &mut Findings) {
        let listen = &self.telemetry.metrics_listen;
        let setting = "telemetry.metrics_listen";
        match listen.parse::<SocketAddr>() {
            _ if listen.is_empty() => {}
            Err(_) => found.error(
                setting,
                "write an IP address and a port, such as 127.0.0.1:9464, or nothing to turn it off",
            ),
            Ok(address) if address.port() != 0 && *listen == self.server.listen => {
                found.error(setting, "must not be server.listen: figures are not for everybody");
            }
            Ok(address) if !address.ip().is_loopback() => found.warn(
                setting,
                "other machines can read the figures; let a firewall admit the one that collects them",
            ),
            Ok(_) => {}
        }
    }

    fn check_branding(&self, found: &mut Findings) {
        let branding = &self.branding;
        let fits = |text: &str| {
            !text.trim().is_empty()
                && text.chars().count() <= 64
                && !text.chars().any(char::is_control)
        };
        if !fits(&branding.name) {
            found.error("branding.name", "write 1 to 64 characters on one line");
        }
        if !fits(&branding.support) {
            found.error("branding.support", "write 1 to 64 characters on one line");
        }
        if let Err(error) = Theme::new(&branding.accent) {
            found.error("branding.accent", error);
        }
        if let Some(url) = &branding.support_url
            && !is_https(url)
            && !url.starts_with("mailto:")
        {
            found.error(
                "branding.support_url",
                "must begin with https:// or mailto:",
            );
        }
        let labels = &branding.labels;
        for (setting, label) in [
            ("branding.labels.settings", &labels.settings),
            ("branding.labels.two_factor", &labels.two_factor),
            ("branding.labels.enable", &labels.enable),
            ("branding.labels.disable", &labels.disable),
            ("branding.labels.organization", &labels.organization),
        ] {
            if !fits(label) {
                found.error(setting, "write 1 to 64 characters on one line");
            }
        }
    }
}

fn check_tls(server: &Server, found: &mut Findings) {
    let tls = &server.tls;
    if tls.certificate.is_some() != tls.key.is_some() {
        found.error(
            "server.tls",
            "name both files, server.tls.certificate and server.tls.key, or neither",
        );
    }
    if tls.files().is_some() && !server.public_url.starts_with("https://") {
        found.error(
            "server.public_url",
            "must begin with https:// where TLS is spoken (server.tls)",
        );
    }
    let redirect = &tls.redirect_listen;
    if redirect.is_empty() {
        return;
    }
    if redirect.parse::<SocketAddr>().is_err() {
        found.error(
            "server.tls.redirect_listen",
            "write an IP address and a port, such as [::]:80, or nothing",
        );
    } else if tls.files().is_none() {
        found.error(
            "server.tls.redirect_listen",
            "leads to https, which is not spoken here: name server.tls.certificate and server.tls.key",
        );
    }
}

/// Every limit may go down; 0 would let nobody in; above its default it is a warning.
fn check_limits(limits: &Limits, found: &mut Findings) {
    let usual = Limits::default();
    for (setting, value, default) in [
        (
            "limits.second_factor_failures_30_days",
            limits.second_factor_failures_30_days,
            usual.second_factor_failures_30_days,
        ),
        (
            "limits.wrong_codes_per_sign_in",
            limits.wrong_codes_per_sign_in,
            usual.wrong_codes_per_sign_in,
        ),
        (
            "limits.step_up_minutes",
            limits.step_up_minutes,
            usual.step_up_minutes,
        ),
        (
            "limits.password_network_minute",
            limits.password_network_minute,
            usual.password_network_minute,
        ),
        (
            "limits.password_network_hour",
            limits.password_network_hour,
            usual.password_network_hour,
        ),
        (
            "limits.email_codes_hour",
            limits.email_codes_hour,
            usual.email_codes_hour,
        ),
        (
            "limits.email_codes_day",
            limits.email_codes_day,
            usual.email_codes_day,
        ),
        (
            "limits.email_codes_network_hour",
            limits.email_codes_network_hour,
            usual.email_codes_network_hour,
        ),
    ] {
        if value == 0 {
            found.error(setting, "must be at least 1: 0 would let nobody in");
        } else if value > default {
            found.warn(
                setting,
                format!(
                    "{value} is above the default of {default}: guessing gets cheaper than promised"
                ),
            );
        }
    }
}

fn is_https(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.host().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(change: impl Fn(&mut Settings)) -> Vec<&'static str> {
        let mut settings = Settings::default();
        change(&mut settings);
        settings
            .findings()
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.setting)
            .collect()
    }

    #[test]
    fn the_defaults_have_no_error() {
        assert_eq!(errors(|_| {}), [""; 0]);
    }

    #[test]
    fn each_rule_names_its_setting() {
        type Change = fn(&mut Settings);
        let cases: [(&str, Change); 16] = [
            ("server.listen", |s| s.server.listen = "localhost".into()),
            ("server.public_url", |s| {
                s.server.public_url = "http://login.example.org".into();
            }),
            ("server.trusted_proxies", |s| {
                s.server.trusted_proxies = vec!["proxy".into()];
            }),
            ("database.url", |s| s.database.url = "mysql://x".into()),
            ("sign_in.methods", |s| s.sign_in.methods.clear()),
            ("sign_in.sign_up_domains", |s| {
                s.sign_in.sign_up = SignUp::Domains;
            }),
            ("sign_in.session_idle_hours", |s| {
                s.sign_in.session_idle_hours = 0;
            }),
            ("two_factor.totp.past_steps", |s| {
                s.two_factor.totp.past_steps = 3;
            }),
            ("two_factor.backup_codes.count", |s| {
                s.two_factor.backup_codes.count = 4;
            }),
            ("two_factor.totp.apps", |s| {
                s.two_factor.totp.apps[0].links.clear();
            }),
            ("limits.step_up_minutes", |s| s.limits.step_up_minutes = 0),
            ("server.tls", |s| s.server.tls.key = Some("key.pem".into())),
            ("server.tls.redirect_listen", |s| {
                s.server.tls.redirect_listen = "[::]:80".into();
            }),
            ("telemetry.metrics_listen", |s| {
                s.telemetry.metrics_listen = s.server.listen.clone();
            }),
            ("branding.accent", |s| s.branding.accent = "blue".into()),
            ("branding.support_url", |s| {
                s.branding.support_url = Some("javascript:alert(1)".into());
            }),
        ];
        for (setting, change) in cases {
            assert_eq!(errors(change), [setting]);
        }
    }

    #[test]
    fn a_limit_above_its_default_is_a_warning() {
        let mut settings = Settings::default();
        settings.limits.email_codes_day = 11;
        let findings = settings.findings();
        assert!(findings.iter().any(|finding| {
            finding.severity == Severity::Warning && finding.setting == "limits.email_codes_day"
        }));
    }
}
