//! Bearer tokens: in clear the ids of what they belong to (one look-up by primary key), beside 256 random bits of which only the
//! hash is stored.

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;
use twinlock_db::sealed::hash_token;
use zeroize::Zeroize;

use super::Draw;

/// 256 random bits; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Secret {
    /// A new secret.
    #[must_use]
    pub fn draw(draw: &mut Draw) -> Self {
        Self(draw.bytes())
    }

    /// A secret that is no random one: a number, and the first 192 bits of a MAC that proves it.
    #[must_use]
    pub fn numbered(number: i64, mac: &[u8; 32]) -> Self {
        let mut bytes = *mac;
        bytes.copy_within(..24, 8);
        for (place, byte) in bytes.iter_mut().zip(number.to_be_bytes()) {
            *place = byte;
        }
        Self(bytes)
    }

    /// The number a secret claims, if it is one that [`Secret::numbered`] makes.
    #[must_use]
    pub fn number(&self) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// Whether both are the same, in constant time.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// What is stored of it (SHA-256; enough for 256 random bits).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash_token(&self.0)
    }

    /// Whether `stored` is this secret's hash, in constant time.
    #[must_use]
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.hash().as_slice().ct_eq(stored).into()
    }
}

/// Owner, thing and secret in one opaque text.
#[derive(Clone)]
pub struct Token {
    /// Whose it is: an account or an application.
    pub owner: [u8; 16],
    /// What it opens: a session, a sign-in, a device, a key.
    pub thing: [u8; 16],
    /// The secret part.
    pub secret: Secret,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Session.
    pub const SESSION: &'static str = "tls_";
    /// Sign-in whose first factor is proven.
    pub const SIGN_IN: &'static str = "tli_r";
    /// Sign-in of which nothing is proven: its state is sealed in the text.
    pub const SIGN_IN_OPENED: &'static str = "tli_s";
    /// Known device.
    pub const DEVICE: &'static str = "tld_";
    /// API key.
    pub const API_KEY: &'static str = "tlk_";
    /// Invitation.
    pub const INVITATION: &'static str = "tlv_";
    /// The link "this was not me" of one event.
    pub const UNDO: &'static str = "tlu_";

    /// A new token for an owner and a thing.
    #[must_use]
    pub fn new(owner: [u8; 16], thing: [u8; 16], draw: &mut Draw) -> Self {
        Self {
            owner,
            thing,
            secret: Secret::draw(draw),
        }
    }

    /// The text given out, once.
    #[must_use]
    pub fn text(&self, prefix: &str) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&self.owner);
        bytes.extend_from_slice(&self.thing);
        bytes.extend_from_slice(&self.secret.0);
        let text = format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes));
        bytes.zeroize();
        text
    }

    /// Reads a text back; `None` for anything but the one spelling.
    #[must_use]
    pub fn parse(prefix: &str, text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(prefix)?;
        if encoded.len() != 86 {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes()).ok()?;
        Some(Self {
            owner: bytes.get(..16)?.try_into().ok()?,
            thing: bytes.get(16..32)?.try_into().ok()?,
            secret: Secret(bytes.get(32..64)?.try_into().ok()?),
        })
    }
}
