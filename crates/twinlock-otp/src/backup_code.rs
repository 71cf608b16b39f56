//! Backup codes: kept on paper for the day the phone is gone, each good for one sign-in.
//!
//! A code is 13 random symbols (65 bits) and a check symbol, shown as `AAAAA-AAAAA-AAAA`. The check symbol follows the Luhn scheme in base
//! 32 and tells a slip of the pen from a wrong code, so that the slip costs no attempt. It catches every single wrong symbol and every
//! swap of two neighbours except `0Z` for `Z0`; of other damage it misses one in 32.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crockford;

/// One backup code in its canonical form.
///
/// Formatting it for debugging shows a placeholder, comparison takes constant time, and it is wiped when dropped.
#[derive(Clone)]
pub struct BackupCode(Zeroizing<String>);

impl BackupCode {
    /// Symbols of a code, the check symbol among them.
    pub const SYMBOLS: usize = 14;

    /// Makes a code from random bytes. Of the 72 bits 65 are used, five for each symbol, so every code is equally likely.
    #[must_use]
    pub fn from_random(random: &[u8; 9]) -> Self {
        let bits = random
            .iter()
            .fold(0_u128, |bits, &byte| (bits << 8) | u128::from(byte));
        let mut symbols = Zeroizing::new(String::with_capacity(Self::SYMBOLS));
        for position in 0..RANDOM_SYMBOLS {
            let five_bits = (bits >> (72 - 5 * (position + 1))) & 31;
            symbols.push(crockford::symbol(
                u8::try_from(five_bits).unwrap_or_default(),
            ));
        }
        let check = crockford::symbol((32 - luhn_sum(&symbols, 2)) % 32);
        symbols.push(check);
        Self(symbols)
    }

    /// Reads a typed code: any case, spaces and dashes anywhere, I and L for 1, O for 0, full-width letters and digits.
    ///
    /// # Errors
    /// [`BackupCodeError::Mistyped`] for 14 letters and digits that cannot be a code, [`BackupCodeError::NotABackupCode`] for all else.
    pub fn parse(raw: &str) -> Result<Self, BackupCodeError> {
        let symbols = crockford::normalize(raw, Self::SYMBOLS)
            .filter(|symbols| symbols.len() == Self::SYMBOLS)
            .ok_or(BackupCodeError::NotABackupCode)?;
        let is_in_alphabet = symbols
            .chars()
            .all(|symbol| crockford::value(symbol).is_some());
        if is_in_alphabet && luhn_sum(&symbols, 1) == 0 {
            Ok(Self(symbols))
        } else {
            Err(BackupCodeError::Mistyped)
        }
    }

    /// The 14 symbols in upper case without dashes, for a MAC and for sealing.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.0
    }

    /// The code as it is shown and printed: `AAAAA-AAAAA-AAAA`.
    #[must_use]
    pub fn display(&self) -> Zeroizing<String> {
        crockford::grouped(&self.0, 5)
    }
}

impl ConstantTimeEq for BackupCode {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.as_bytes().ct_eq(other.0.as_bytes())
    }
}

impl PartialEq for BackupCode {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for BackupCode {}

impl fmt::Debug for BackupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCode(…)")
    }
}

/// Whether a typed text has the shape of a backup code, right or mistyped, so that one field can take every kind of code. No numeric or
/// emailed code has this shape: both are shorter.
#[must_use]
pub fn looks_like_backup_code(raw: &str) -> bool {
    crockford::normalize(raw, BackupCode::SYMBOLS)
        .is_some_and(|symbols| symbols.len() == BackupCode::SYMBOLS)
}

/// Why a typed text is no backup code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupCodeError {
    /// Not 14 letters and digits.
    #[error("not a backup code")]
    NotABackupCode,
    /// 14 letters and digits, but the check symbol does not fit or there is a U: a slip, which should cost no attempt.
    #[error("a mistyped backup code")]
    Mistyped,
}

const RANDOM_SYMBOLS: usize = BackupCode::SYMBOLS - 1;

/// The Luhn sum in base 32, from the right: every other symbol counts double, the two base-32 places of a doubled value added up.
/// The result is below 32. `first_factor` is the weight of the rightmost symbol: 1 over a whole code, 2 where the check symbol is still missing.
fn luhn_sum(symbols: &str, first_factor: u8) -> u8 {
    let mut factor = first_factor;
    let mut sum = 0_u8;
    for value in symbols.chars().rev().filter_map(crockford::value) {
        let weighted = value * factor;
        sum = (sum + weighted / 32 + weighted % 32) % 32;
        factor = 3 - factor;
    }
    sum
}
