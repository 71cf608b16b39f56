//! What people's keyboards, phones and copied pages put around and into a code.

/// Most characters a typed code may have before it is refused unread, so that a hostile text costs nothing.
pub(crate) const MAX_TYPED_CHARS: usize = 64;

/// Whether `raw` is too long to be looked at; reads at most [`MAX_TYPED_CHARS`] characters.
pub(crate) fn is_overlong(raw: &str) -> bool {
    raw.chars().nth(MAX_TYPED_CHARS).is_some()
}

/// Whether a character only separates or decorates: white space, a dash, or an invisible mark.
pub(crate) fn is_filler(c: char) -> bool {
    c.is_whitespace() || is_dash(c) || is_invisible(c)
}

/// Zero-width and bidirectional marks: they come along when a code is copied from a mail or a chat.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The value of a decimal digit of any script (Unicode general category Nd).
#[must_use]
pub fn decimal_value(c: char) -> Option<u8> {
    let code_point = u32::from(c);
    let at_or_below = DECIMAL_ZEROS.partition_point(|&zero| zero <= code_point);
    let zero = at_or_below
        .checked_sub(1)
        .and_then(|last| DECIMAL_ZEROS.get(last))?;
    u8::try_from(code_point - zero)
        .ok()
        .filter(|&value| value <= 9)
}

/// Unicode general category Pd, and the minus signs and bullets that are typed or auto-corrected in its place.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{2e17}'
                | '\u{2e1a}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{2e40}'
                | '\u{2e5d}'
                | '\u{301c}'
                | '\u{3030}'
                | '\u{30a0}'
                | '\u{fe31}'
                | '\u{fe32}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
                | '\u{10d6e}'
                | '\u{10ead}'
    )
}

/// The zero of every run of ten decimal digits in Unicode 16, ascending; the standard keeps these runs contiguous.
#[rustfmt::skip]
const DECIMAL_ZEROS: [u32; 74] = [
    0x00030, 0x00660, 0x006F0, 0x007C0, 0x00966, 0x009E6, 0x00A66, 0x00AE6, 0x00B66, 0x00BE6, 0x00C66, 0x00CE6, 0x00D66, 0x00DE6,
    0x00E50, 0x00ED0, 0x00F20, 0x01040, 0x01090, 0x017E0, 0x01810, 0x01946, 0x019D0, 0x01A80, 0x01A90, 0x01B50, 0x01BB0, 0x01C40,
    0x01C50, 0x0A620, 0x0A8D0, 0x0A900, 0x0A9D0, 0x0A9F0, 0x0AA50, 0x0ABF0, 0x0FF10, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50,
    0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0,
    0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_zeros_is_sorted_and_its_runs_do_not_overlap() {
        assert!(DECIMAL_ZEROS.windows(2).all(|pair| pair[0] + 10 <= pair[1]));
    }

    #[test]
    fn every_run_holds_ten_numeric_characters() {
        for zero in DECIMAL_ZEROS {
            for value in 0..10_u8 {
                let digit = char::from_u32(zero + u32::from(value)).unwrap();
                assert!(digit.is_numeric(), "{digit:?}");
                assert_eq!(decimal_value(digit), Some(value));
            }
        }
    }

    #[test]
    fn numbers_that_are_not_decimal_digits_have_no_value() {
        for c in ['²', '½', '①', 'Ⅷ', '三', 'A', '/', ':', '\0', '\u{10ffff}'] {
            assert_eq!(decimal_value(c), None, "{c:?}");
        }
    }
}
