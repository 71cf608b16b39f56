use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::typed;

/// A numeric code as somebody typed it, brought to plain ASCII digits.
///
/// Formatting it for debugging shows a placeholder, comparison takes constant time for equal lengths, and it is wiped when dropped.
#[derive(Clone)]
pub struct Digits(Zeroizing<String>);

impl Digits {
    /// Fewest digits a code may have.
    pub const MIN: usize = 4;
    /// Most digits a code may have.
    pub const MAX: usize = 10;

    /// Reads a typed code. Decimal digits of every script count (full-width, Arabic-Indic, …); white space, dashes and invisible marks
    /// are skipped; anything else is refused. More than 64 characters are refused before any of them is looked at.
    ///
    /// # Errors
    /// [`TypedError`] says which; the text itself is never part of it.
    pub fn parse(raw: &str) -> Result<Self, TypedError> {
        if typed::is_overlong(raw) {
            return Err(TypedError::TooLong);
        }
        let mut digits = Zeroizing::new(String::with_capacity(typed::MAX_TYPED_CHARS));
        for c in raw.chars().filter(|&c| !typed::is_filler(c)) {
            let value = typed::decimal_value(c).ok_or(TypedError::NotDigits)?;
            digits.push(char::from(b'0' + value));
        }
        match digits.len() {
            0 => Err(TypedError::Empty),
            1..Self::MIN => Err(TypedError::NotDigits),
            Self::MIN..=Self::MAX => Ok(Self(digits)),
            _ => Err(TypedError::TooLong),
        }
    }

    /// How many digits were typed: [`Self::MIN`]..=[`Self::MAX`].
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a code is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The ASCII digits, for a MAC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code as a number; unambiguous only together with [`Self::len`].
    pub(crate) fn value(&self) -> u64 {
        self.0
            .bytes()
            .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
    }
}

impl ConstantTimeEq for Digits {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.as_bytes().ct_eq(other.0.as_bytes())
    }
}

impl PartialEq for Digits {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Digits {}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(…)")
    }
}

/// Why a typed text is no numeric code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    /// Nothing was typed, or only spaces, dashes and invisible marks.
    #[error("no code was typed")]
    Empty,
    /// More than 64 characters, or more than ten digits.
    #[error("the code is too long")]
    TooLong,
    /// Something else than digits, or fewer than four of them.
    #[error("the code is not made of digits")]
    NotDigits,
}
