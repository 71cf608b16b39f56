//! Characters that make a line say something else than what is seen.

/// Whether a character is left out of names and of every text made from them: controls, line and paragraph separators, direction marks,
/// and characters without a look of their own. The joiners that Persian, Indic scripts and emoji need are kept.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::is_deceptive;

    #[test]
    fn what_turns_or_hides_a_line_goes_and_what_writes_a_name_stays() {
        for hidden in [
            '\u{202e}',
            '\u{061c}',
            '\u{2028}',
            '\u{200b}',
            '\u{feff}',
            '\u{e0041}',
            '\n',
            '\0',
        ] {
            assert!(is_deceptive(hidden), "{hidden:?}");
        }
        for plain in ['a', 'é', '李', '\u{200c}', '\u{200d}', ' ', '🔑'] {
            assert!(!is_deceptive(plain), "{plain:?}");
        }
    }
}
