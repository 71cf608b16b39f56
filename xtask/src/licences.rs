//! SPDX licence expressions, as far as `Cargo.toml` files use them.

use std::iter::Peekable;
use std::vec::IntoIter;

/// Whether one of the choices an expression offers consists of accepted licences only.
///
/// `None` when the text is not an expression. The old `MIT/Apache-2.0` means `OR`; `X WITH Y` is one licence with that whole name.
pub(crate) fn is_acceptable(expression: &str, accepted: &[String]) -> Option<bool> {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
    let mut words = words.into_iter().peekable();
    let outcome = any(&mut words, accepted)?;
    words.next().is_none().then_some(outcome)
}

type Words = Peekable<IntoIter<String>>;

fn any(words: &mut Words, accepted: &[String]) -> Option<bool> {
    let mut outcome = all(words, accepted)?;
    while words.next_if(|word| word == "OR").is_some() {
        outcome |= all(words, accepted)?;
    }
    Some(outcome)
}

fn all(words: &mut Words, accepted: &[String]) -> Option<bool> {
    let mut outcome = one(words, accepted)?;
    while words.next_if(|word| word == "AND").is_some() {
        outcome &= one(words, accepted)?;
    }
    Some(outcome)
}

fn one(words: &mut Words, accepted: &[String]) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let outcome = any(words, accepted)?;
        return words.next_if(|word| word == ")").map(|_| outcome);
    }
    if matches!(word.as_str(), ")" | "OR" | "AND" | "WITH") {
        return None;
    }
    let name = match words.next_if(|word| word == "WITH") {
        Some(_) => format!("{word} WITH {}", words.next()?),
        None => word,
    };
    Some(accepted.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_choice_needs_one_accepted_side_and_a_sum_needs_both() {
        let accepted = ["MIT", "ISC"].map(str::to_owned);
        let table = [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("MIT OR GPL-3.0-only", Some(true)),
            ("GPL-3.0-only/MIT", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("ISC AND (GPL-2.0-only OR MIT)", Some(true)),
            ("MIT AND GPL-2.0-only OR ISC", Some(true)),
            ("MIT WITH LLVM-exception", Some(false)),
            ("MIT WITH", None),
            ("(MIT", None),
            ("MIT ISC", None),
            ("", None),
        ];
        for (expression, outcome) in table {
            assert_eq!(
                is_acceptable(expression, &accepted),
                outcome,
                "{expression}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[A-Z0-9() /.-]{0,60}") {
            is_acceptable(&text, &[]);
        }
    }
}
