//! How many messages a text is cut into, each of which is billed (3GPP TS 23.038 for the alphabets,
//! TS 23.040 §9.2.3.24.1 for the parts of a long text).

/// What a text is written in on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// The default alphabet, 7 bits a character, with its extension table (TS 23.038 §6.2.1).
    Gsm7,
    /// 16 bits a unit: for any character outside of the default alphabet.
    Ucs2,
}

/// The size of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Segments {
    /// What it is written in.
    pub alphabet: Alphabet,
    /// Its length in units of the alphabet: 7 bits, or 16. Characters of the extension table and
    /// characters beyond U+FFFF take two.
    pub units: usize,
    /// How many messages it takes; an empty text takes one.
    pub count: usize,
}

/// The size of a body.
#[must_use]
pub fn segments(body: &str) -> Segments {
    let widths: Option<Vec<usize>> = body.chars().map(gsm7_width).collect();
    match widths {
        Some(widths) => cut(Alphabet::Gsm7, &widths, 160, 153),
        None => {
            let widths: Vec<usize> = body.chars().map(char::len_utf16).collect();
            cut(Alphabet::Ucs2, &widths, 70, 67)
        }
    }
}

/// Each part of a long text begins with a header, so less fits in. Two units that are one character
/// stay together.
fn cut(alphabet: Alphabet, widths: &[usize], alone: usize, part: usize) -> Segments {
    let units = widths.iter().sum();
    let mut count = 1;
    if units > alone {
        let mut filled = 0;
        for width in widths {
            if filled + width > part {
                count += 1;
                filled = 0;
            }
            filled += width;
        }
    }
    Segments {
        alphabet,
        units,
        count,
    }
}

/// Units of 7 bits that a character takes in the default alphabet, if it is there.
fn gsm7_width(character: char) -> Option<usize> {
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// TS 23.038 §6.2.1, without the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// TS 23.038 §6.2.1.1.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_alphabet_has_127_characters_and_ten_more() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        let all: std::collections::HashSet<char> = BASIC.chars().chain(EXTENSION.chars()).collect();
        assert_eq!(all.len(), 137);
    }

    #[test]
    fn texts_are_counted_as_they_are_billed() {
        use Alphabet::{Gsm7, Ucs2};
        let cases = [
            (String::new(), Gsm7, 0, 1),
            ("a".repeat(160), Gsm7, 160, 1),
            ("a".repeat(161), Gsm7, 161, 2),
            ("a".repeat(306), Gsm7, 306, 2),
            ("a".repeat(307), Gsm7, 307, 3),
            ("€".repeat(80), Gsm7, 160, 1),
            ("€".repeat(81), Gsm7, 162, 2),
            ("Grüße, 5 £".to_owned(), Gsm7, 10, 1),
            ("ç".repeat(70), Ucs2, 70, 1),
            ("ç".repeat(71), Ucs2, 71, 2),
            ("ç".repeat(134), Ucs2, 134, 2),
            ("ç".repeat(135), Ucs2, 135, 3),
            ("😀".repeat(35), Ucs2, 70, 1),
            ("😀".repeat(36), Ucs2, 72, 2),
            ("a’".to_owned(), Ucs2, 2, 1),
            ("Код 123".to_owned(), Ucs2, 7, 1),
        ];
        for (body, alphabet, units, count) in cases {
            let expected = Segments {
                alphabet,
                units,
                count,
            };
            assert_eq!(segments(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_character_of_two_units_is_not_cut_in_two() {
        // 152 + 2 units do not fit into the first part of 153.
        let body = format!("{}€{}", "a".repeat(152), "b".repeat(151));
        assert_eq!(segments(&body).units, 305);
        assert_eq!(segments(&body).count, 2);
        let longer = format!("{body}b");
        assert_eq!(segments(&longer).units, 306);
        assert_eq!(segments(&longer).count, 3);
        // 66 + 2 units do not fit into 67.
        let faces = format!("{}😀{}", "ç".repeat(66), "ç".repeat(66));
        assert_eq!((segments(&faces).units, segments(&faces).count), (134, 3));
    }
}
