//! A phone with an authenticator app: it scans an `otpauth://` link and shows codes.

use anyhow::{Context as _, Result, ensure};
use twinlock_otp::{Parameters, Secret};
use url::Url;

/// One account in an authenticator app.
#[derive(Clone)]
pub struct Phone {
    secret: Secret,
    parameters: Parameters,
    /// The service's name, as the app shows it.
    pub issuer: String,
    /// Whose account it is, as the app shows it.
    pub account: String,
}

impl Phone {
    /// Scans the link behind a QR code, reading it as apps do.
    ///
    /// # Errors
    /// When it is no `otpauth://totp/` link with a usable secret.
    pub fn scan(link: &str) -> Result<Self> {
        let url = Url::parse(link).context("not a link")?;
        ensure!(
            url.scheme() == "otpauth" && url.host_str() == Some("totp"),
            "not an otpauth link for codes by time"
        );
        let mut secrets = values(&url, "secret");
        ensure!(secrets.len() == 1, "a link has one secret");
        let number = |name: &str, usual: u32| -> Result<u32> {
            match values(&url, name).pop() {
                Some(text) => Ok(text.parse()?),
                None => Ok(usual),
            }
        };
        let algorithm = values(&url, "algorithm")
            .pop()
            .unwrap_or_else(|| String::from("SHA1"));
        let parameters = Parameters::new(
            algorithm.parse()?,
            u8::try_from(number("digits", 6)?)?,
            number("period", 30)?,
        )?;
        let label = percent_decoded(url.path().trim_start_matches('/'))?;
        let (issuer, account) = label
            .split_once(':')
            .map_or(("", label.as_str()), |(issuer, account)| (issuer, account));
        Ok(Self {
            secret: Secret::from_base32(&secrets.pop().unwrap_or_default())?,
            parameters,
            issuer: issuer.to_owned(),
            account: account.to_owned(),
        })
    }

    /// A key typed by hand, with what every app takes for granted.
    ///
    /// # Errors
    /// When it is no key.
    pub fn type_in(key: &str) -> Result<Self> {
        Ok(Self {
            secret: Secret::from_base32(key)?,
            parameters: Parameters::default(),
            issuer: String::new(),
            account: String::new(),
        })
    }

    /// The code shown at this time.
    #[must_use]
    pub fn code_at(&self, unix_seconds: i64) -> String {
        self.code_of_step(self.parameters.step_at(unix_seconds))
    }

    /// The code shown so many steps later (or earlier) than at this time.
    #[must_use]
    pub fn code_near(&self, unix_seconds: i64, steps: i64) -> String {
        self.code_of_step(self.parameters.step_at(unix_seconds) + steps)
    }

    /// A code of the right length that fits no step within an hour of this time. `n` tells several such codes apart.
    #[must_use]
    pub fn wrong_code(&self, unix_seconds: i64, n: u32) -> String {
        let near: Vec<String> = (-130..=130)
            .map(|steps| self.code_near(unix_seconds, steps))
            .collect();
        let digits = usize::from(self.parameters.digits);
        (0..)
            .map(|number: u32| format!("{number:0digits$}"))
            .filter(|code| !near.contains(code))
            .nth(usize::try_from(n).unwrap_or(usize::MAX))
            .unwrap_or_default()
    }

    /// The key itself, to look for where it must not be.
    #[must_use]
    pub fn key(&self) -> String {
        self.secret.to_base32().to_string()
    }

    /// The key's bytes, to look for where they must not be.
    #[must_use]
    pub fn key_bytes(&self) -> Vec<u8> {
        self.secret.as_bytes().to_vec()
    }

    fn code_of_step(&self, step: i64) -> String {
        self.parameters.code_at_step(&self.secret, step).to_string()
    }
}

fn values(url: &Url, name: &str) -> Vec<String> {
    url.query_pairs()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .collect()
}

fn percent_decoded(text: &str) -> Result<String> {
    // A query string decodes percent signs; a plus stands for itself in a path.
    let query = format!("label={}", text.replace('+', "%2B"));
    let pair = url::form_urlencoded::parse(query.as_bytes()).next();
    Ok(pair.context("a link without a label")?.1.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "otpauth://totp/Twin%20Lock:ann%2Bx%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Twin%20Lock&algorithm=SHA1&digits=8&period=30";

    #[test]
    fn it_shows_what_rfc_6238_prints() -> Result<()> {
        let phone = Phone::scan(LINK)?;
        assert_eq!(phone.code_at(59), "94287082");
        assert_eq!(phone.code_at(1_111_111_109), "07081804");
        assert_eq!(
            (phone.issuer.as_str(), phone.account.as_str()),
            ("Twin Lock", "ann+x@example.org")
        );
        Ok(())
    }

    #[test]
    fn wrong_codes_are_wrong_and_differ() -> Result<()> {
        let phone = Phone::scan(LINK)?;
        let wrong = [phone.wrong_code(59, 0), phone.wrong_code(59, 1)];
        assert_ne!(wrong[0], wrong[1]);
        assert!(!wrong.contains(&phone.code_at(59)));
        Ok(())
    }

    #[test]
    fn it_refuses_what_apps_refuse() {
        assert!(Phone::scan("https://example.org/").is_err());
        assert!(Phone::scan("otpauth://totp/a?secret=AAAA&secret=BBBB").is_err());
    }
}
