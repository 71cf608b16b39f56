//! Phone numbers as people type them, and as they are kept: E.164.

use std::fmt;

use phonenumber::country::Id;
use phonenumber::metadata::{DATABASE, Descriptor};
use phonenumber::{Metadata, Mode, PhoneNumber};
use serde::{Deserialize, Serialize};

/// Characters of a number as it may be typed.
const LONGEST: usize = 40;
/// Digits of a number that are never part of how it begins: in a country of short numbers the rest would be the number.
const HIDDEN: usize = 4;

/// Digits of a number that are shown to whoever got past the first factor.
pub const SHOWN: usize = 2;
/// Digits that are shown of two numbers of one account that end alike.
const MOST_SHOWN: usize = 4;
/// What stands for the others.
const MASK: &str = "•••• ";

/// Whether a text is what [`Number::hint`] makes.
#[must_use]
pub fn is_hint(text: &str) -> bool {
    text.strip_prefix(MASK)
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The number of a phone that can get texts, in full: `+`, country code and number (E.164).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number(String);

/// Shows the last two digits only: numbers must not reach a log.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Number").field(&self.hint(SHOWN)).finish()
    }
}

/// Why a number will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberProblem {
    /// Nothing was typed.
    Missing,
    /// It is no number, or none that anybody was given.
    Invalid,
    /// It is a number, of a kind that gets no texts or costs extra: a landline, premium rate, an answering service.
    NotMobile,
    /// Its country is not among the allowed ones.
    Country,
}

impl NumberProblem {
    /// The code of the refused field.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Invalid => "invalid_number",
            Self::NotMobile => "not_mobile",
            Self::Country => "country_not_allowed",
        }
    }
}

impl Number {
    /// Reads a number in any form. `country`: the two letters (ISO 3166-1) of the country it is dialled in, where it does not say so itself.
    /// `allowed`: the countries texts may go to.
    ///
    /// # Errors
    /// Why it will not do.
    pub fn parse(
        typed: &str,
        country: Option<&str>,
        allowed: &[String],
    ) -> Result<Self, NumberProblem> {
        let plain = plain(typed)?;
        // What says its country itself is read as it stands.
        let region = country
            .filter(|_| !plain.starts_with('+'))
            .and_then(|country| country.to_ascii_uppercase().parse::<Id>().ok());
        let number = phonenumber::parse(region, &plain).map_err(|_| NumberProblem::Invalid)?;
        if number.extension().is_some() || !phonenumber::is_valid(&number) {
            return Err(NumberProblem::Invalid);
        }
        may_get_texts(&number, allowed)?;
        Ok(Self(number.format().mode(Mode::E164).to_string()))
    }

    /// Whether texts go there: its country may have been taken off the list since it was set up.
    #[must_use]
    pub fn is_allowed(&self, allowed: &[String]) -> bool {
        Self::parse(&self.0, None, allowed).is_ok()
    }

    /// In full, for the provider.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// As it is shown: the last `digits`, of which there are never more than a third of the number.
    #[must_use]
    pub fn hint(&self, digits: usize) -> String {
        let most = (self.0.len() / 3).max(SHOWN);
        let at = self.0.len().saturating_sub(digits.min(most));
        format!("{MASK}{}", self.0.get(at..).unwrap_or_default())
    }

    /// How many digits have to be shown to tell it from another, four at most.
    #[must_use]
    pub fn digits_apart(&self, other: &Self) -> usize {
        (SHOWN..MOST_SHOWN)
            .find(|digits| self.hint(*digits) != other.hint(*digits))
            .unwrap_or(MOST_SHOWN)
    }

    /// In full, as people write it.
    #[must_use]
    pub fn international(&self) -> String {
        match phonenumber::parse(None, &self.0) {
            Ok(number) => number.format().mode(Mode::International).to_string(),
            Err(_) => self.0.clone(),
        }
    }

    /// The country it belongs to, two letters (ISO 3166-1).
    #[must_use]
    pub fn country(&self) -> Option<String> {
        let number = phonenumber::parse(None, &self.0).ok()?;
        number.country().id().map(|id| id.as_ref().to_owned())
    }

    /// The block of a hundred it belongs to.
    #[must_use]
    pub fn block(&self) -> &str {
        let at = self.0.len().saturating_sub(2);
        self.0.get(..at).unwrap_or_default()
    }

    /// How it begins: country code and four digits, fewer where the whole number has so few that they would tell it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let code = phonenumber::parse(None, &self.0).map_or(1, |number| number.code().value());
        let of_country = 1 + code.to_string().len();
        let told = self.0.len().saturating_sub(HIDDEN).min(of_country + 4);
        self.0.get(..told.max(of_country)).unwrap_or(&self.0)
    }
}

/// Refuses what is no mobile number of an allowed country. Some countries share their numbers, such as Finland and Åland: then either will do.
fn may_get_texts(number: &PhoneNumber, allowed: &[String]) -> Result<(), NumberProblem> {
    // With its leading zeros: in Italy they make it a landline's, in Côte d'Ivoire they are part of every number.
    let national = number.national().to_string();
    let countries = DATABASE.region(&number.code().value()).unwrap_or_default();
    let mut problem = NumberProblem::Country;
    for country in countries {
        let is_allowed = allowed.iter().any(|one| one.eq_ignore_ascii_case(country));
        match DATABASE.by_id(country).filter(|_| is_allowed) {
            Some(known) if is_mobile(known, &national) => return Ok(()),
            Some(known) if is_of(known, &national) => problem = NumberProblem::NotMobile,
            _ => {}
        }
    }
    Err(problem)
}

/// Whether a country has it among its mobile numbers, and among none that cost extra or are no phone's. Where numbers do not tell landlines
/// from mobiles, as in the United States, it is among both.
fn is_mobile(country: &Metadata, national: &str) -> bool {
    let mobile = country.descriptors().mobile();
    is_any(country, [mobile], national) && !is_any(country, costly(country), national)
}

fn is_of(country: &Metadata, national: &str) -> bool {
    let kinds = country.descriptors();
    is_any(country, [kinds.fixed_line(), kinds.mobile()], national)
        || is_any(country, costly(country), national)
}

fn costly(country: &Metadata) -> [Option<&Descriptor>; 8] {
    let kinds = country.descriptors();
    [
        kinds.premium_rate(),
        kinds.toll_free(),
        kinds.shared_cost(),
        kinds.voip(),
        kinds.personal_number(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ]
}

fn is_any<const N: usize>(
    country: &Metadata,
    kinds: [Option<&Descriptor>; N],
    national: &str,
) -> bool {
    country.descriptors().general().is_match(national)
        && (kinds.into_iter().flatten()).any(|kind| kind.is_match(national))
}

/// What a link to a number begins with (RFC 3966); copied from a page, it comes along.
const LINK: &str = "tel:";

/// The digits, with a leading `+` where there was one. Spaces and what people put between digits are left out; anything else is no number.
fn plain(typed: &str) -> Result<String, NumberProblem> {
    if typed.chars().count() > LONGEST {
        return Err(NumberProblem::Invalid);
    }
    let typed = typed.trim_start();
    let typed = match typed.split_at_checked(LINK.len()) {
        Some((link, number)) if link.eq_ignore_ascii_case(LINK) => number,
        _ => typed,
    };
    let mut plain = String::with_capacity(typed.len());
    for c in typed.chars() {
        match c {
            '+' | '\u{ff0b}' if plain.is_empty() => plain.push('+'),
            '0'..='9' => plain.push(c),
            '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' => {}
            _ if c.is_whitespace() || crate::app::is_deceptive(c) => {}
            // Digits of other scripts.
            _ => {
                let value = twinlock_otp::decimal_value(c).ok_or(NumberProblem::Invalid)?;
                plain.push(char::from(b'0' + value));
            }
        }
    }
    match plain.as_str() {
        "" | "+" => Err(NumberProblem::Missing),
        _ => Ok(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Vec<String> {
        ["DE", "US", "GB", "FR", "IT"].map(str::to_owned).to_vec()
    }

    fn read(typed: &str, country: Option<&str>) -> Result<String, NumberProblem> {
        Number::parse(typed, country, &allowed()).map(|number| number.e164().to_owned())
    }

    #[test]
    fn every_way_to_write_a_number_is_one_number() {
        for (typed, country) in [
            ("+49 1512 3456789", None),
            ("+4915123456789", Some("US")),
            ("01512 3456789", Some("DE")),
            ("(01512) 345-67 89", Some("de")),
            ("0049 1512/3456789", Some("DE")),
            ("+49 (0) 1512 3456789", None),
            ("\u{202d}+49\u{a0}1512\u{2011}3456789\u{202c}", None),
            ("\u{ff0b}\u{ff14}\u{ff19}15123456789", None),
            ("+\u{664}\u{669}15123456789", None),
            (" tel:+49-1512-3456789", None),
            ("Tel: 01512 3456789", Some("DE")),
        ] {
            assert_eq!(
                read(typed, country).as_deref(),
                Ok("+4915123456789"),
                "{typed}"
            );
        }
        assert_eq!(
            read("+39 312 3456789", None).as_deref(),
            Ok("+393123456789")
        );
        assert_eq!(
            read("(201) 555-0123", Some("US")).as_deref(),
            Ok("+12015550123")
        );
    }

    #[test]
    fn what_gets_no_texts_is_refused_and_says_why() {
        use NumberProblem::{Country, Invalid, Missing, NotMobile};
        for (typed, country, why) in [
            ("", None, Missing),
            ("  +  ", None, Missing),
            ("my number", None, Invalid),
            ("01512 3456789", None, Invalid),
            ("123", Some("DE"), Invalid),
            ("+49 1512 3456789 000000", None, Invalid),
            ("+49 1512 3456789 x12", None, Invalid),
            ("+49 1512 3456789;ext=1", None, Invalid),
            ("1-800-FLOWERS", Some("US"), Invalid),
            ("+999 123456789", None, Invalid),
            ("+49+15123456789", None, Invalid),
            ("+49 30 901820", None, NotMobile),
            ("+49 900 1234567", None, NotMobile),
            ("+1 900 555 0123", None, NotMobile),
            ("+44 20 7946 0958", None, NotMobile),
            ("+39 035 1234567", None, NotMobile),
            ("+39 0312 3456789", None, NotMobile),
            ("+39 0362 123456", None, NotMobile),
            ("+7 912 345-67-89", None, Country),
            ("+371 21234567", None, Country),
        ] {
            assert_eq!(read(typed, country), Err(why), "{typed}");
        }
        assert_eq!(read(&"1".repeat(500), Some("DE")), Err(Invalid));
    }

    #[test]
    fn a_mobile_number_of_every_country_gets_texts_where_its_country_is_allowed() {
        let mut refused = Vec::new();
        let mut countries = 0;
        for country in DATABASE.iter().filter(|one| one.id() != "001") {
            let mobile = country.descriptors().mobile();
            let Some(example) = mobile.and_then(Descriptor::example) else {
                continue;
            };
            countries += 1;
            let full = format!("+{}{example}", country.country_code());
            let allowed = [country.id().to_owned()];
            match Number::parse(&full, None, &allowed) {
                Ok(number) if number.e164() == full => {}
                other => refused.push((country.id().to_owned(), full, other)),
            }
        }
        assert!(countries > 240, "{countries}");
        assert!(refused.is_empty(), "{refused:#?}");
    }

    #[test]
    fn a_leading_zero_is_part_of_a_number_where_its_country_says_so() {
        let allowed = ["CI", "CG", "BJ", "IT", "VA"].map(str::to_owned);
        let read = |typed, country| {
            Number::parse(typed, country, &allowed).map(|number| number.e164().to_owned())
        };
        for (typed, country, full) in [
            ("+225 07 01 23 45 67", None, "+2250701234567"),
            ("07 01 23 45 67", Some("CI"), "+2250701234567"),
            ("+242 06 612 3456", None, "+242066123456"),
            ("06 612 3456", Some("CG"), "+242066123456"),
            ("+229 01 95 12 34 56", None, "+2290195123456"),
            ("312 345 6789", Some("IT"), "+393123456789"),
        ] {
            assert_eq!(read(typed, country).as_deref(), Ok(full), "{typed}");
        }
        for landline in [
            "+225 27 21 23 45 67",
            "+242 22 212 3456",
            "+39 02 1234 5678",
            "+39 0312 3456789",
        ] {
            assert_eq!(
                read(landline, None),
                Err(NumberProblem::NotMobile),
                "{landline}"
            );
        }
    }

    #[test]
    fn the_beginning_of_a_short_number_does_not_tell_it() {
        for (full, prefix) in [
            ("+29051234", "+2905"),
            ("+6907290", "+690"),
            ("+690729", "+690"),
            ("+6838884012", "+683888"),
            ("+3546111234", "+354611"),
            ("+4791234567", "+479123"),
        ] {
            assert_eq!(Number(full.to_owned()).prefix(), prefix, "{full}");
        }
    }

    #[test]
    fn numbers_that_end_alike_are_told_apart_by_as_few_digits_as_do() {
        let read = |typed| Number::parse(typed, None, &allowed()).unwrap();
        let number = read("+4915123456789");
        for (other, digits) in [
            ("+4915123456780", 2),
            ("+4915123456589", 3),
            ("+4915123455789", 4),
            ("+4915124456789", 4),
        ] {
            assert_eq!(number.digits_apart(&read(other)), digits, "{other}");
        }
        assert_eq!(number.hint(4), "•••• 6789");
        // Of a short one a third stays the most.
        assert_eq!(Number(String::from("+29023456")).hint(4), "•••• 456");
    }

    #[test]
    fn a_number_shows_two_digits_and_knows_its_neighbours() {
        let number = Number::parse("+4915123456789", None, &allowed()).unwrap();
        assert_eq!(number.hint(SHOWN), "•••• 89");
        assert!(is_hint("•••• 89") && !is_hint("My phone") && !is_hint("•••• and so on"));
        assert_eq!(number.international(), "+49 1512 3456789");
        assert_eq!(number.country().as_deref(), Some("DE"));
        assert_eq!(number.block(), "+49151234567");
        assert_eq!(number.prefix(), "+491512");
        assert_eq!(format!("{number:?}"), "Number(\"•••• 89\")");
        let number = Number::parse("+12015550123", None, &allowed()).unwrap();
        assert_eq!(number.prefix(), "+12015");
    }
}
