//! Bytes as they are written in exports: lower-case hexadecimal, in one spelling only.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes of a known number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> Hex<N> {
    /// Reads the one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The one spelling.
    #[must_use]
    pub fn text(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format_args!("not {N} bytes in lower-case hexadecimal"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_spelling() {
        assert_eq!(Hex::<2>::parse("0aff"), Some(Hex([10, 255])));
        assert_eq!(Hex([10, 255]).text(), "0aff");
        for text in ["0AFF", "aff", "0aff00", "", " 0aff"] {
            assert_eq!(Hex::<2>::parse(text), None, "{text}");
        }
    }
}
