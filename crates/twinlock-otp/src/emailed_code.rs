//! Codes sent by mail: eight symbols, 40 random bits, shown as `ABCD-EFGH` and typed back within minutes.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crockford;

/// One emailed code in its canonical form.
///
/// Formatting it for debugging shows a placeholder, comparison takes constant time, and it is wiped when dropped.
#[derive(Clone)]
pub struct EmailedCode(Zeroizing<String>);

impl EmailedCode {
    /// Symbols of a code.
    pub const SYMBOLS: usize = 8;

    /// Makes a code from random bytes, five bits for each symbol, so every code is equally likely.
    #[must_use]
    pub fn from_random(random: &[u8; 5]) -> Self {
        let bits = random
            .iter()
            .fold(0_u64, |bits, &byte| (bits << 8) | u64::from(byte));
        let mut symbols = Zeroizing::new(String::with_capacity(Self::SYMBOLS));
        for position in 0..Self::SYMBOLS {
            let five_bits = (bits >> (40 - 5 * (position + 1))) & 31;
            symbols.push(crockford::symbol(
                u8::try_from(five_bits).unwrap_or_default(),
            ));
        }
        Self(symbols)
    }

    /// Reads a typed code: any case, spaces and dashes anywhere, I and L for 1, O for 0, full-width letters and digits.
    ///
    /// About one code in 11,000 is made of digits only and reads as eight [`Digits`](crate::Digits) too.
    ///
    /// # Errors
    /// [`EmailedCodeError::NotAnEmailedCode`] unless there are exactly eight symbols of the alphabet.
    pub fn parse(raw: &str) -> Result<Self, EmailedCodeError> {
        crockford::normalize(raw, Self::SYMBOLS)
            .filter(|symbols| symbols.len() == Self::SYMBOLS)
            .filter(|symbols| {
                symbols
                    .chars()
                    .all(|symbol| crockford::value(symbol).is_some())
            })
            .map(Self)
            .ok_or(EmailedCodeError::NotAnEmailedCode)
    }

    /// The eight symbols in upper case without the dash, for a MAC.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.0
    }

    /// The code as the mail shows it: `ABCD-EFGH`.
    #[must_use]
    pub fn display(&self) -> Zeroizing<String> {
        crockford::grouped(&self.0, 4)
    }
}

impl ConstantTimeEq for EmailedCode {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.as_bytes().ct_eq(other.0.as_bytes())
    }
}

impl PartialEq for EmailedCode {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for EmailedCode {}

impl fmt::Debug for EmailedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailedCode(…)")
    }
}

/// Why a typed text is no emailed code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailedCodeError {
    /// Not eight letters and digits of the alphabet.
    #[error("not an emailed code")]
    NotAnEmailedCode,
}
