use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::typed::is_invisible;
use crate::{Parameters, Secret};

/// The link behind the QR code that hands a secret to an authenticator app (Google's "Key Uri Format").
///
/// Names may be hostile. Colons become spaces, because apps split the label there; control and invisible characters go, because they
/// would let one account pose as another in the app; white space is collapsed; each name is cut to 64 characters and 192 bytes, so that
/// the link always fits a QR code; and all but letters, digits and `-._~` is percent-encoded, so nothing can add a parameter.
#[derive(Clone, Copy)]
pub struct Otpauth<'a> {
    /// The key.
    pub secret: &'a Secret,
    /// How codes are made from it.
    pub parameters: Parameters,
    /// The service's name as the app shows it. Without one the link carries no issuer.
    pub issuer: &'a str,
    /// Whose account it is, usually the email address.
    pub account: &'a str,
}

impl Otpauth<'_> {
    /// Writes `otpauth://totp/Issuer:account?secret=…&issuer=…&algorithm=…&digits=…&period=…`, ASCII, at most 2,010 characters.
    ///
    /// The parameters stand in the link even where they are the defaults, so that no app has to guess.
    #[must_use]
    pub fn to_uri(&self) -> Zeroizing<String> {
        let issuer = encoded(self.issuer);
        let account = encoded(self.account);
        let secret = self.secret.to_base32();
        let Parameters {
            algorithm,
            digits,
            period,
        } = self.parameters;

        let mut uri = Zeroizing::new(String::with_capacity(MAX_URI_LENGTH));
        uri.push_str("otpauth://totp/");
        if !issuer.is_empty() {
            uri.push_str(&issuer);
            uri.push(':');
        }
        // Apps refuse an empty account.
        uri.push_str(if account.is_empty() { "-" } else { &account });
        uri.push_str("?secret=");
        uri.push_str(&secret);
        if !issuer.is_empty() {
            uri.push_str("&issuer=");
            uri.push_str(&issuer);
        }
        uri.push_str(&format!(
            "&algorithm={algorithm}&digits={digits}&period={period}"
        ));
        uri
    }
}

/// Room for three encoded names (192 bytes, three characters each), the longest secret and the rest, so that the text never moves in
/// memory and leaves no copy behind.
const MAX_URI_LENGTH: usize = 3 * 192 * 3 + 205 + 128;

const MAX_NAME_CHARS: usize = 64;
const MAX_NAME_BYTES: usize = 192;

/// RFC 3986 §2.3 unreserved characters stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encoded(name: &str) -> String {
    utf8_percent_encode(&cleaned(name), RESERVED).to_string()
}

fn cleaned(name: &str) -> String {
    let mut cleaned = String::new();
    let mut kept = 0;
    let mut gap = false;
    for c in name.chars().take(MAX_NAME_SCANNED) {
        if c == ':' || c.is_whitespace() {
            gap = !cleaned.is_empty();
            continue;
        }
        if c.is_control() || is_invisible(c) {
            continue;
        }
        let added = usize::from(gap);
        if kept + added >= MAX_NAME_CHARS || cleaned.len() + added + c.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        if gap {
            cleaned.push(' ');
        }
        cleaned.push(c);
        kept += added + 1;
        gap = false;
    }
    cleaned
}

/// Characters looked at, so that a name of nothing but white space costs nothing.
const MAX_NAME_SCANNED: usize = 1024;
