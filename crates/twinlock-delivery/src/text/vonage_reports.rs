//! Reports of Vonage's about texts ("delivery receipts"), as a query, a form or a JSON object.

use std::fmt;

use zeroize::Zeroizing;

use super::vonage_codes::state;
use super::{ReportRefusal, Reported, StatusReport, signature};

/// The field with the signature of all others.
const SIGNATURE: &str = "sig";
/// The field with what was sent along with the text.
const REFERENCE: &str = "client-ref";

/// Reads reports.
///
/// Vonage signs them where its support turned that on for an account ("signed webhooks"), with the
/// account's signature secret: HMAC-SHA256 over the fields in the order of their names, each as
/// `&name=value` with `&` and `=` in the value as `_`. The other digests one can choose there, MD5
/// among them, are not believed. The address a report comes to is not signed, so a signed one must
/// name its text by its reference. Without a secret a report is known by the address it came to.
pub struct VonageReports {
    secret: Option<Zeroizing<String>>,
}

impl VonageReports {
    /// With the account's signature secret, if reports are signed.
    #[must_use]
    pub fn new(signature_secret: Option<String>) -> Self {
        Self {
            secret: signature_secret.map(Zeroizing::new),
        }
    }

    /// Reads a report from its decoded fields. The time in a signed report is when it was first
    /// sent, and it is sent again for a day until it is answered: a report may be repeated.
    ///
    /// # Errors
    /// If it is not this account's, or not a report.
    pub fn read(&self, fields: &[(String, String)]) -> Result<StatusReport, ReportRefusal> {
        if let Some(secret) = &self.secret
            && !is_signed(secret, fields)
        {
            return Err(ReportRefusal::Signature);
        }
        let id = field(fields, "messageId").ok_or(ReportRefusal::Form)?;
        let status = field(fields, "status").ok_or(ReportRefusal::Form)?;
        let why = field(fields, "err-code").and_then(|number| number.parse().ok());
        let is_named = fields.iter().any(|(name, _)| name == REFERENCE);
        let about = if is_named || self.secret.is_some() {
            let reference = field(fields, REFERENCE).ok_or(ReportRefusal::Form)?;
            Reported::ByReference(reference.to_owned())
        } else {
            Reported::ByProviderId(id.to_owned())
        };
        Ok(StatusReport {
            about,
            state: state(status, why),
        })
    }
}

impl fmt::Debug for VonageReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VonageReports").finish_non_exhaustive()
    }
}

/// The fields of a report that came as a JSON object; `None` if it is anything else.
#[must_use]
pub fn vonage_fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    use serde_json::Value;
    let object: serde_json::Map<String, Value> = serde_json::from_slice(body).ok()?;
    let field = |(name, value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Number(number) => Some((name, number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    object.into_iter().map(field).collect()
}

/// The value of a field that is there once.
fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(key, _)| key == name);
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value.as_str())
}

/// The comparison takes the same time whatever is wrong.
fn is_signed(secret: &str, fields: &[(String, String)]) -> bool {
    let claimed = field(fields, SIGNATURE).map(str::to_ascii_lowercase);
    let claimed = claimed.and_then(|text| data_encoding::HEXLOWER.decode(text.as_bytes()).ok());
    let Some(claimed) = claimed else { return false };
    let mut signed: Vec<(&str, String)> = fields
        .iter()
        .filter(|(name, _)| name != SIGNATURE)
        .map(|(name, value)| (name.as_str(), value.replace(['&', '='], "_")))
        .collect();
    signed.sort_unstable();
    let parts = signed
        .iter()
        .flat_map(|(name, value)| ["&", name, "=", value.as_str()]);
    signature::is_sha256(secret, parts, &claimed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn the_examples_of_the_vendors_libraries_are_believed() {
        let signed = fields(&[
            ("message-timestamp", "2013-11-21 15:27:30"),
            ("messageId", "020000001B0FE827"),
            ("msisdn", "14843472194"),
            ("text", "Test again"),
            ("timestamp", "1385047698"),
            ("to", "13239877404"),
            ("type", "text"),
            (
                "sig",
                "DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330",
            ),
        ]);
        assert!(is_signed("my_secret_key_for_testing", &signed));
        assert!(!is_signed("My_secret_key_for_testing", &signed));
        let other = fields(&[
            ("param1", "value1"),
            ("param2", "value2"),
            ("timestamp", "1234567890"),
            (
                "sig",
                "280C4320703DBC98BFA22DB676655ED2ACFBFE8792B062FF7622E67F1183C287",
            ),
        ]);
        assert!(is_signed("signature_secret", &other));
        // The default digest of an account, MD5 over the fields and the secret.
        let md5 = fields(&[
            ("a", "1"),
            ("b", "2"),
            ("timestamp", "1461605396"),
            ("sig", "6af838ef94998832dbfc29020b564830"),
        ]);
        assert!(!is_signed("secret", &md5));
    }

    #[test]
    fn separators_in_a_value_are_signed_as_underscores() {
        let one = fields(&[
            ("a", "b&c=d"),
            (
                "sig",
                "b9ea749e04cb61d17963808406b4bf821d7cecb5f31a9c8be1969b8d28127456",
            ),
        ]);
        assert!(is_signed("secret", &one));
    }
}
