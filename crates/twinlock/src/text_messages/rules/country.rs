//! Countries a number may be of.

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;

/// The code a country's numbers begin with, such as 49; `None` for what is no country with numbers of its own. `country`: two letters (ISO 3166-1).
#[must_use]
pub fn calling_code(country: &str) -> Option<u16> {
    let id: Id = country.to_ascii_uppercase().parse().ok()?;
    Some(DATABASE.by_id(id.as_ref())?.country_code())
}

/// Those of `allowed` that have numbers, each once, in upper case, with the code their numbers begin with.
#[must_use]
pub fn countries(allowed: &[String]) -> Vec<(String, u16)> {
    let mut found: Vec<(String, u16)> = Vec::with_capacity(allowed.len());
    for country in allowed {
        let country = country.to_ascii_uppercase();
        if let Some(code) = calling_code(&country)
            && !found.iter().any(|(known, _)| *known == country)
        {
            found.push((country, code));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_have_codes_and_others_do_not() {
        assert_eq!(calling_code("DE"), Some(49));
        assert_eq!(calling_code("us"), Some(1));
        assert_eq!(calling_code("XX"), None);
        assert_eq!(calling_code(""), None);
        let allowed = ["DE", "de", "Germany", "FR"].map(str::to_owned);
        let expected = [("DE".to_owned(), 49), ("FR".to_owned(), 33)];
        assert_eq!(countries(&allowed), expected);
    }
}
