//! Base32 as Douglas Crockford laid it out: no letter that is read as another, so codes survive paper, telephone and bad light.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::typed;

/// The 32 symbols by value: without I, L, O (read as 1, 1, 0) and without U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The symbol of the low five bits.
pub(crate) fn symbol(value: u8) -> char {
    let index = usize::from(value & 31);
    ALPHABET
        .get(index)
        .map_or('0', |&symbol| char::from(symbol))
}

/// The value of a canonical symbol.
pub(crate) fn value(symbol: char) -> Option<u8> {
    let position = ALPHABET
        .iter()
        .position(|&known| char::from(known) == symbol)?;
    u8::try_from(position).ok()
}

/// Brings a typed code to upper-case letters and digits: compatibility forms such as full-width letters become plain (NFKC), white space,
/// dashes and invisible marks go, I and L become 1, O becomes 0. `None` for an overlong text, for more than `longest` symbols and for
/// other characters than ASCII letters and digits. U, which no code holds, stays, so that the caller can call it a slip.
pub(crate) fn normalize(raw: &str, longest: usize) -> Option<Zeroizing<String>> {
    if typed::is_overlong(raw) {
        return None;
    }
    let mut symbols = Zeroizing::new(String::with_capacity(longest));
    for c in raw.chars().filter(|&c| !typed::is_filler(c)).nfkc() {
        let symbol = match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            plain @ ('0'..='9' | 'A'..='Z') => plain,
            _ => return None,
        };
        if symbols.len() == longest {
            return None;
        }
        symbols.push(symbol);
    }
    Some(symbols)
}

/// Joins groups of at most `size` symbols with dashes.
pub(crate) fn grouped(symbols: &str, size: usize) -> Zeroizing<String> {
    let mut grouped = Zeroizing::new(String::with_capacity(symbols.len() * 2));
    for (position, symbol) in symbols.chars().enumerate() {
        if position > 0 && position % size == 0 {
            grouped.push('-');
        }
        grouped.push(symbol);
    }
    grouped
}
