use std::fmt;

use data_encoding::BASE32_NOPAD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::typed;

/// The key an authenticator app and the service share.
///
/// Formatting it for debugging shows a placeholder, comparison takes constant time, and the bytes are wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Fewest bytes: 128 bits (RFC 4226 §4, R6; 160 bits are advised, and are what new secrets should have).
    pub const MIN_BYTES: usize = 16;
    /// Most bytes. RFC 6238 §5.1 advises the length of the hash, at most 64; the rest is room for imported keys.
    pub const MAX_BYTES: usize = 128;

    /// Takes raw key bytes.
    ///
    /// # Errors
    /// [`SecretError::TooShort`] or [`SecretError::TooLong`] outside [`Self::MIN_BYTES`]..=[`Self::MAX_BYTES`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < Self::MIN_BYTES {
            Err(SecretError::TooShort)
        } else if bytes.len() > Self::MAX_BYTES {
            Err(SecretError::TooLong)
        } else {
            Ok(Self(bytes))
        }
    }

    /// Reads a base32 key (RFC 4648 §6) as people and other systems write it: spaces, dashes, lower case and padding at the end are
    /// fine. Left-over bits of the last symbol are ignored, as apps do, because some systems draw the symbols at random.
    ///
    /// # Errors
    /// [`SecretError::NotBase32`] for other symbols or an impossible number of them; the length errors of [`Self::new`].
    pub fn from_base32(text: &str) -> Result<Self, SecretError> {
        if text.chars().nth(MAX_BASE32_INPUT).is_some() {
            return Err(SecretError::TooLong);
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut pending = 0_u32;
        let mut pending_bits = 0_u32;
        let mut symbols = 0_usize;
        let mut padding = false;
        for symbol in text.chars().filter(|&c| !typed::is_filler(c)) {
            if symbol == '=' {
                padding = true;
                continue;
            }
            let value = base32_value(symbol).filter(|_| !padding);
            let Some(value) = value else {
                drop(Zeroizing::new(bytes));
                return Err(SecretError::NotBase32);
            };
            symbols += 1;
            pending = (pending << 5) | value;
            pending_bits += 5;
            if pending_bits >= 8 {
                pending_bits -= 8;
                bytes.extend(u8::try_from((pending >> pending_bits) & 0xff));
                pending &= (1 << pending_bits) - 1;
            }
        }
        let secret = Self::new(bytes);
        if matches!(symbols % 8, 1 | 3 | 6) {
            Err(SecretError::NotBase32)
        } else {
            secret
        }
    }

    /// The key in base32 without padding (RFC 4648 §6), as `otpauth://` links carry it.
    #[must_use]
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The key in base32 in groups of four, for typing into an app by hand: `JBSW Y3DP …`.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        let base32 = self.to_base32();
        let mut grouped = Zeroizing::new(String::with_capacity(base32.len() + base32.len() / 4));
        for (position, symbol) in base32.chars().enumerate() {
            if position > 0 && position % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(symbol);
        }
        grouped
    }

    /// The key itself, for sealing.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ConstantTimeEq for Secret {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why something is no key for an authenticator app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Fewer than 16 bytes (26 base32 symbols).
    #[error("the secret is shorter than 16 bytes")]
    TooShort,
    /// More than 128 bytes.
    #[error("the secret is longer than 128 bytes")]
    TooLong,
    /// A symbol outside `A`–`Z` and `2`–`7`, or a number of symbols that base32 never gives.
    #[error("the secret is not base32")]
    NotBase32,
}

/// Characters looked at before a text is refused unread: the 208 symbols of the longest key with generous spacing.
const MAX_BASE32_INPUT: usize = 512;

fn base32_value(symbol: char) -> Option<u32> {
    match symbol.to_ascii_uppercase() {
        letter @ 'A'..='Z' => Some(u32::from(letter) - u32::from('A')),
        digit @ '2'..='7' => Some(u32::from(digit) - u32::from('2') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret_of(length: u8) -> Secret {
        Secret::new(
            (0..length)
                .map(|byte| byte.wrapping_mul(73).wrapping_add(11))
                .collect(),
        )
        .unwrap()
    }

    #[test]
    fn a_key_of_every_allowed_length_survives_base32_and_grouping() {
        for length in 16..=128 {
            let secret = secret_of(length);
            assert_eq!(Secret::from_base32(&secret.to_base32()).unwrap(), secret);
            assert_eq!(Secret::from_base32(&secret.grouped()).unwrap(), secret);
        }
    }

    #[test]
    fn keys_outside_the_allowed_lengths_are_refused() {
        assert_eq!(Secret::new(vec![1; 15]), Err(SecretError::TooShort));
        assert_eq!(Secret::new(vec![1; 129]), Err(SecretError::TooLong));
        assert_eq!(Secret::from_base32(""), Err(SecretError::TooShort));
        assert_eq!(
            Secret::from_base32(&"A".repeat(208)),
            Err(SecretError::TooLong)
        );
        assert_eq!(
            Secret::from_base32(&"A".repeat(100_000)),
            Err(SecretError::TooLong)
        );
    }

    #[test]
    fn a_key_may_be_pasted_with_spaces_dashes_lower_case_and_padding() {
        let secret = Secret::new(b"12345678901234567890".to_vec()).unwrap();
        for text in [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n",
            "GEZD-GNBV\u{2011}GY3T\u{2013}QOJQ-GEZD-GNBV\u{a0}GY3T\u{200b}QOJQ",
        ] {
            assert_eq!(Secret::from_base32(text).unwrap(), secret, "{text}");
        }
        let padded = format!("{}======", &*secret_of(16).to_base32());
        assert_eq!(Secret::from_base32(&padded).unwrap(), secret_of(16));
    }

    #[test]
    fn left_over_bits_of_the_last_symbol_do_not_matter() {
        let clean = Secret::from_base32("AAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        assert_eq!(
            Secret::from_base32("AAAAAAAAAAAAAAAAAAAAAAAAAB").unwrap(),
            clean
        );
    }

    #[test]
    fn what_is_not_base32_is_refused() {
        let good = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for text in [
            format!("{good}1"),
            format!("{good}0AAAAAAA"),
            format!("{good}A"),
            format!("{good}AAA"),
            format!("{good}AAAAAA"),
            format!("=={good}"),
            format!("{good}Ä"),
            "sha1:0123456789abcdef".to_owned(),
        ] {
            assert_eq!(
                Secret::from_base32(&text),
                Err(SecretError::NotBase32),
                "{text}"
            );
        }
    }

    #[test]
    fn the_key_is_shown_in_groups_of_four() {
        let secret = Secret::new(b"12345678901234567890".to_vec()).unwrap();
        assert_eq!(
            &*secret.grouped(),
            "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
        );
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", secret_of(20)), "Secret(…)");
    }
}
