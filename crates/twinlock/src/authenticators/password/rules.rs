//! What a new password must be (NIST SP 800-63B section 3.1.1.2): long enough, and not one that is guessed first.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::app::Refusal;
use crate::config::Settings;

/// Bytes at most, checked before anything is hashed.
pub const MOST_BYTES: usize = 1024;

/// The password as it is hashed: NFKC, whole, spaces kept.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] when it is longer than a password may be.
pub fn normalize(typed: &str) -> Result<Zeroizing<String>, Refusal> {
    if typed.len() > MOST_BYTES {
        return Err(Refusal::InvalidCredentials);
    }
    Ok(Zeroizing::new(typed.nfkc().collect()))
}

/// Characters a password needs: fewer where a second factor always stands beside it.
#[must_use]
pub fn least_characters(settings: &Settings) -> usize {
    if settings.two_factor.required { 8 } else { 15 }
}

/// A new password, checked. `about`: what its owner would be guessed by (name, address, the product's name).
///
/// # Errors
/// [`Refusal::Field`] with `too_short`, `too_long` or `too_easy`.
pub fn new_password(
    typed: &str,
    settings: &Settings,
    about: &[&str],
) -> Result<Zeroizing<String>, Refusal> {
    if typed.len() > MOST_BYTES {
        return Err(refuse("too_long"));
    }
    let password: Zeroizing<String> = Zeroizing::new(typed.nfkc().collect());
    if password.chars().count() < least_characters(settings) {
        return Err(refuse("too_short"));
    }
    // Scoring costs more the longer the text is; a hundred characters tell enough.
    let head: Zeroizing<String> = Zeroizing::new(password.chars().take(100).collect());
    let score = zxcvbn::zxcvbn(&head, about).score();
    if score < zxcvbn::Score::Two {
        Err(refuse("too_easy"))
    } else {
        Ok(password)
    }
}

/// What is said of a new password that is the old one.
#[must_use]
pub const fn not_new() -> Refusal {
    refuse("not_new")
}

const fn refuse(code: &'static str) -> Refusal {
    Refusal::Field {
        field: "password",
        code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(typed: &str) -> Option<&'static str> {
        match new_password(
            typed,
            &Settings::default(),
            &["ann@example.org", "Twinlock"],
        ) {
            Ok(_) => None,
            Err(Refusal::Field { code, .. }) => Some(code),
            Err(_) => Some("other"),
        }
    }

    #[test]
    fn a_long_plain_sentence_is_fine_and_rules_of_composition_are_not_asked() {
        assert_eq!(code("otters juggle pebbles"), None);
        assert_eq!(code(&"löwe möwe ".repeat(10)), None);
    }

    #[test]
    fn short_guessable_and_oversized_passwords_are_refused() {
        assert_eq!(code("Tr0ub4dor&3"), Some("too_short"));
        assert_eq!(code("passwordpassword"), Some("too_easy"));
        assert_eq!(code("aaaaaaaaaaaaaaaaaaaaaaaa"), Some("too_easy"));
        assert_eq!(code(&"x".repeat(1025)), Some("too_long"));
    }

    #[test]
    fn eight_characters_do_where_a_second_factor_is_required() {
        let mut settings = Settings::default();
        settings.two_factor.required = true;
        assert!(new_password("vex7Qoth", &settings, &[]).is_ok());
    }

    #[test]
    fn one_password_has_one_spelling() {
        assert_eq!(*normalize("ｐａｓｓ").unwrap(), "pass");
        assert!(normalize(&"x".repeat(1025)).is_err());
    }
}
