//! Whether what is said of text messages makes sense.

use super::check::Findings;
use super::{AllowedKind, Settings, Sms, SmsProvider};

/// Fewest characters of a secret reports are signed with, as of the webhook's.
const LEAST_SIGNATURE_SECRET: usize = 16;
/// More texts in a day are no ceiling.
const HIGHEST_CAP: u32 = 100_000;

impl Settings {
    pub(super) fn check_sms(&self, found: &mut Findings) {
        let sms = &self.sms;
        let allowed = &self.two_factor.allowed_kinds;
        check_limits(sms, found);
        if allowed.contains(&AllowedKind::Sms) {
            self.check_use(found);
        } else if sms.provider.is_some() {
            found.warn(
                "sms.provider",
                "texts could be delivered, and nobody may set a number up: allow \"sms\" in two_factor.allowed_kinds",
            );
        }
        if sms.provider.is_none() && !sms.fallback.is_empty() {
            found.error(
                "sms.fallback",
                "nobody is asked first: name the first one in sms.provider",
            );
            return;
        }
        if sms.providers().len() < sms.fallback.len() + usize::from(sms.provider.is_some()) {
            found.error(
                "sms.fallback",
                "names somebody twice: who did not take a text, as sms.provider or before in the list, is not asked again",
            );
        }
        if let Some(why) = &sms.unread {
            found.warn(
                setting_of_file(sms),
                format!("{why}; only `serve` needs it, and does not start without it"),
            );
            return;
        }
        for provider in sms.providers() {
            check_provider(sms, provider, found);
        }
    }

    fn check_use(&self, found: &mut Findings) {
        let name = "two_factor.allowed_kinds";
        let only_texts = self.two_factor.allowed_kinds == [AllowedKind::Sms];
        if only_texts && self.sms.provider.is_none() {
            found.error(
                name,
                "nothing could be set up: \"sms\" alone is allowed, and nobody delivers texts (sms.provider)",
            );
        } else if only_texts {
            found.warn(
                name,
                "codes by text message are the weakest second factor, and nothing else is allowed: add \"totp\"",
            );
        } else if self.sms.provider.is_none() {
            found.warn(
                name,
                "\"sms\" is allowed and not offered: nobody delivers texts (sms.provider)",
            );
        }
    }
}

fn check_limits(sms: &Sms, found: &mut Findings) {
    let countries = "sms.allowed_countries";
    if sms.provider.is_some() && sms.allowed_countries.is_empty() {
        found.error(
            countries,
            "name the countries of your people, such as [\"DE\", \"FR\"]: texts go nowhere else",
        );
    }
    for country in &sms.allowed_countries {
        let letters = country.to_ascii_uppercase();
        if letters.parse::<phonenumber::country::Id>().is_err() {
            found.error(
                countries,
                format!("{country:?} is not a country's two letters (ISO 3166-1), such as \"DE\" or \"GB\""),
            );
        }
    }
    if !(1..=HIGHEST_CAP).contains(&sms.daily_cap) {
        found.error(
            "sms.daily_cap",
            format!("must be 1 to {HIGHEST_CAP}; to send no texts, leave sms.provider out"),
        );
    }
    let of_one = sms.daily_cap_per_application;
    if of_one.is_some_and(|cap| !(1..=sms.daily_cap).contains(&cap)) {
        found.error(
            "sms.daily_cap_per_application",
            "must be 1 to sms.daily_cap",
        );
    }
}

fn check_provider(sms: &Sms, provider: SmsProvider, found: &mut Findings) {
    let missing = sms.missing(provider);
    for setting in &missing {
        found.error(setting, "is missing, and nothing is delivered without it");
    }
    if !missing.is_empty() {
        return;
    }
    let short = |secret: &String| secret.len() < LEAST_SIGNATURE_SECRET;
    if provider == SmsProvider::Vonage && sms.vonage.signature_secret.as_ref().is_some_and(short) {
        found.error(
            "sms.vonage.signature_secret",
            format!("must have at least {LEAST_SIGNATURE_SECRET} characters: copy the whole of it from Vonage's dashboard"),
        );
    }
    let name = section(provider);
    match sms.built(provider) {
        Err(error) => found.error(name, error.to_string()),
        Ok(built) if !built.is_protected => found.warn(
            name,
            "numbers and codes travel readable to this gateway; write https://, or put it on this machine",
        ),
        Ok(_) => {}
    }
}

fn section(provider: SmsProvider) -> &'static str {
    match provider {
        SmsProvider::Twilio => "sms.twilio",
        SmsProvider::Vonage => "sms.vonage",
        SmsProvider::Kannel => "sms.kannel",
        SmsProvider::Webhook => "sms.webhook",
    }
}

/// The secret that is in a file and was not read.
fn setting_of_file(sms: &Sms) -> &'static str {
    let files = sms.secret_files();
    let mut unread = files
        .iter()
        .filter(|one| one.file.is_some() && !one.is_known);
    unread.next().map_or("sms", |one| one.setting)
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    fn texting(change: impl Fn(&mut Settings)) -> Settings {
        let mut settings = Settings::default();
        settings.email.smtp_url = Some(String::from("smtps://mail.example.org"));
        settings.server.public_url = String::from("https://login.example.org");
        settings.two_factor.allowed_kinds.push(AllowedKind::Sms);
        settings.sms.provider = Some(SmsProvider::Kannel);
        settings.sms.allowed_countries = vec![String::from("DE")];
        settings.sms.kannel.username = String::from("twinlock");
        settings.sms.kannel.password = Some(String::from("secret"));
        settings.sms.kannel.sender = String::from("Twinlock");
        change(&mut settings);
        settings
    }

    fn findings(change: impl Fn(&mut Settings)) -> Vec<(Severity, &'static str)> {
        // Installed by another test already, or by this one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let findings = texting(change).findings().into_iter();
        findings.map(|one| (one.severity, one.setting)).collect()
    }

    #[test]
    fn good_settings_have_no_finding() {
        assert_eq!(findings(|_| {}), []);
    }

    type Change = fn(&mut Settings);

    #[test]
    fn what_a_provider_lacks_is_named_by_its_key() {
        use Severity::{Error, Warning};
        let cases: [(Severity, &str, Change); 10] = [
            (Error, "sms.vonage.signature_secret", |s| {
                s.sms.provider = Some(SmsProvider::Vonage);
                s.sms.vonage.api_key = String::from("abcd1234");
                s.sms.vonage.api_secret = Some(String::from("secret"));
                s.sms.vonage.sender = String::from("Twinlock");
                s.sms.vonage.signature_secret = Some(String::from("x"));
            }),
            (Error, "sms.kannel.password", |s| {
                s.sms.kannel.password = None;
            }),
            (Error, "sms.kannel.sender", |s| s.sms.kannel.sender.clear()),
            (Error, "sms.kannel", |s| {
                s.sms.kannel.sender = String::from("a name that is too long");
            }),
            (Warning, "sms.kannel", |s| {
                s.sms.kannel.sendsms_url = String::from("http://10.0.0.7:13013/cgi-bin/sendsms");
            }),
            (Error, "sms.twilio.auth_token", |s| {
                s.sms.provider = Some(SmsProvider::Twilio);
                s.sms.twilio.account_sid = String::from("AC0");
                s.sms.twilio.sender = String::from("Twinlock");
            }),
            (Error, "sms.vonage.api_secret", |s| {
                s.sms.provider = Some(SmsProvider::Vonage);
                s.sms.vonage.api_key = String::from("abcd1234");
                s.sms.vonage.sender = String::from("Twinlock");
            }),
            (Error, "sms.webhook.secret", |s| {
                s.sms.fallback = vec![SmsProvider::Webhook];
                s.sms.webhook.url = String::from("https://sms.example.org/texts");
            }),
            (Error, "sms.webhook", |s| {
                s.sms.fallback = vec![SmsProvider::Webhook];
                s.sms.webhook.url = String::from("https://sms.example.org/texts");
                s.sms.webhook.secret = Some(String::from("short"));
            }),
            (Error, "sms.fallback", |s| {
                s.sms.fallback = vec![SmsProvider::Kannel];
            }),
        ];
        for (severity, setting, change) in cases {
            assert_eq!(findings(change), [(severity, setting)]);
        }
    }

    #[test]
    fn each_rule_names_its_setting() {
        use Severity::{Error, Warning};
        let cases: [(Severity, &str, Change); 10] = [
            (Error, "sms.allowed_countries", |s| {
                s.sms.allowed_countries.clear();
            }),
            (Error, "sms.allowed_countries", |s| {
                s.sms.allowed_countries = vec![String::from("Germany")];
            }),
            (Error, "sms.daily_cap", |s| s.sms.daily_cap = 0),
            (Error, "sms.daily_cap", |s| s.sms.daily_cap = 100_001),
            (Error, "sms.daily_cap_per_application", |s| {
                s.sms.daily_cap_per_application = Some(501);
            }),
            (Warning, "sms.kannel.password_file", |s| {
                s.sms.kannel.password = None;
                s.sms.kannel.password_file = Some("secret".into());
                s.sms.unread = Some(String::from("secret: not found"));
            }),
            (Warning, "sms.provider", |s| {
                s.two_factor.allowed_kinds = vec![AllowedKind::Totp];
            }),
            (Warning, "two_factor.allowed_kinds", |s| {
                s.two_factor.allowed_kinds = vec![AllowedKind::Sms];
            }),
            (Warning, "two_factor.allowed_kinds", |s| {
                s.sms.provider = None
            }),
            (Error, "two_factor.allowed_kinds", |s| {
                s.sms.provider = None;
                s.two_factor.allowed_kinds = vec![AllowedKind::Sms];
            }),
        ];
        for (severity, setting, change) in cases {
            assert_eq!(findings(change), [(severity, setting)]);
        }
        let without_first = findings(|s| {
            s.sms.provider = None;
            s.sms.fallback = vec![SmsProvider::Kannel];
        });
        assert_eq!(without_first.first(), Some(&(Error, "sms.fallback")));
    }
}
