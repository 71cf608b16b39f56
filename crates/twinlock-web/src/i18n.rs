//! Messages in people's languages (Project Fluent), one catalogue for the whole program.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};

use crate::accept_language::wishes;

/// Every message in every language. Cloning is cheap.
#[derive(Clone)]
pub struct Catalog {
    languages: Arc<Vec<Language>>,
}

/// Why the message files do not make a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// There is no file at all.
    #[error("no message files")]
    Empty,
    /// The language of a file is not a language tag.
    #[error("{0:?} is not a language tag such as en or pt-BR")]
    Language(String),
    /// A file has a line Fluent cannot read.
    #[error("{file}: {detail}")]
    Syntax {
        /// The file.
        file: String,
        /// What is wrong, and where.
        detail: String,
    },
    /// Two messages of one language have the same id.
    #[error("{file}: {detail}")]
    Duplicate {
        /// The file with the second one.
        file: String,
        /// Which id.
        detail: String,
    },
}

impl Catalog {
    /// Builds the catalogue from `(language, file name, Fluent text)`; the first language is the one used
    /// where a message is missing or a person asks for a language we do not have.
    ///
    /// # Errors
    /// The first syntax error or repeated id, with its file.
    pub fn from_sources(sources: &[(&str, &str, &str)]) -> Result<Catalog, CatalogError> {
        let mut languages: Vec<Language> = Vec::new();
        for (tag, file, text) in sources {
            let at = match languages.iter().position(|language| language.tag == *tag) {
                Some(at) => at,
                None => {
                    languages.push(Language::new(tag)?);
                    languages.len() - 1
                }
            };
            if let Some(language) = languages.get_mut(at) {
                language.add(file, text)?;
            }
        }
        if languages.is_empty() {
            return Err(CatalogError::Empty);
        }
        Ok(Catalog {
            languages: Arc::new(languages),
        })
    }

    /// The messages in `lang`, or in the first language if there are none in that.
    #[must_use]
    pub fn messages(&self, lang: &str) -> Messages {
        let found = self
            .languages
            .iter()
            .position(|language| language.tag == lang);
        Messages {
            catalog: self.clone(),
            language: found.unwrap_or(0),
        }
    }

    /// The best of our languages for an `Accept-Language` header (RFC 9110 §12.5.4): by weight, then by
    /// order; `de-AT` finds `de`. Anything unreadable is passed over.
    #[must_use]
    pub fn negotiate(&self, accept_language: Option<&str>) -> &str {
        wishes(accept_language.unwrap_or_default())
            .into_iter()
            .find_map(|range| self.best_for(range))
            .or_else(|| self.languages.first())
            .map_or("en", |language| language.tag.as_str())
    }

    /// The language tags, first language first.
    #[must_use]
    pub fn languages(&self) -> Vec<&str> {
        self.languages
            .iter()
            .map(|language| language.tag.as_str())
            .collect()
    }

    /// The ids of all messages in `lang`, sorted; empty for a language we do not have.
    #[must_use]
    pub fn ids(&self, lang: &str) -> Vec<&str> {
        self.languages
            .iter()
            .find(|language| language.tag == lang)
            .map(|language| language.ids.iter().map(String::as_str).collect())
            .unwrap_or_default()
    }

    fn best_for(&self, range: &str) -> Option<&Language> {
        if range == "*" {
            return self.languages.first();
        }
        let same = |tag: &str, wanted: &str| tag.eq_ignore_ascii_case(wanted);
        let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        let exact = self
            .languages
            .iter()
            .find(|language| same(&language.tag, range));
        exact.or_else(|| {
            self.languages
                .iter()
                .find(|language| same(&base(&language.tag), &base(range)))
        })
    }
}

/// The messages as one person reads them. Cloning is cheap.
#[derive(Clone)]
pub struct Messages {
    catalog: Catalog,
    language: usize,
}

impl Messages {
    /// The language tag, for `<html lang>`.
    #[must_use]
    pub fn lang(&self) -> &str {
        self.language()
            .map_or("en", |language| language.tag.as_str())
    }

    /// `rtl` for right-to-left scripts, else `ltr`; for `<html dir>`.
    #[must_use]
    pub fn dir(&self) -> &'static str {
        match self.language() {
            Some(language) if language.right_to_left => "rtl",
            _ => "ltr",
        }
    }

    /// The catalogue these messages are from, for speaking to somebody else.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// A message without arguments; `id.attribute` reads an attribute. An id nobody wrote gives `⟦id⟧` and
    /// an error in the log, never a failed page.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        self.format(id, &[], Isolation::On)
    }

    /// A message with arguments. Arguments that could turn the direction of the line around them stand
    /// between U+2068 and U+2069 (in a right-to-left language all of them do), so that a hostile name
    /// cannot rearrange a sentence.
    #[must_use]
    pub fn with(&self, id: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.format(id, args, Isolation::On)
    }

    /// Like [`Messages::with`] but without isolation characters: for mail subjects, logs and file names.
    #[must_use]
    pub fn plain_with(&self, id: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.format(id, args, Isolation::Off)
    }

    fn language(&self) -> Option<&Language> {
        self.catalog.languages.get(self.language)
    }

    fn format(&self, id: &str, args: &[(&str, Arg<'_>)], isolation: Isolation) -> String {
        let own = self.language();
        let fallback = self.catalog.languages.first();
        [own, fallback]
            .into_iter()
            .flatten()
            .find_map(|language| language.format(id, args, isolation))
            .unwrap_or_else(|| {
                tracing::error!(id, lang = self.lang(), "message is missing");
                format!("⟦{id}⟧")
            })
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Messages({})", self.lang())
    }
}

/// One argument of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg<'a> {
    /// Words, a name, an address.
    Text(Cow<'a, str>),
    /// A count, which may choose a plural form.
    Number(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Arg::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Arg::Text(Cow::Owned(text))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Arg::Number(number)
    }
}

impl From<i32> for Arg<'_> {
    fn from(number: i32) -> Self {
        Arg::Number(number.into())
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Arg::Number(number.into())
    }
}

impl From<usize> for Arg<'_> {
    fn from(number: usize) -> Self {
        Arg::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Isolation {
    On,
    Off,
}

/// One language's messages, twice: Fluent decides about isolation per bundle.
struct Language {
    tag: String,
    right_to_left: bool,
    isolating: FluentBundle<Arc<FluentResource>>,
    plain: FluentBundle<Arc<FluentResource>>,
    ids: BTreeSet<String>,
}

impl Language {
    fn new(tag: &str) -> Result<Language, CatalogError> {
        let bundle = |isolating: bool| {
            let language = tag
                .parse()
                .map_err(|_| CatalogError::Language(tag.to_owned()))?;
            let mut bundle = FluentBundle::new_concurrent(vec![language]);
            bundle.set_use_isolating(isolating);
            Ok(bundle)
        };
        Ok(Language {
            tag: tag.to_owned(),
            right_to_left: is_right_to_left(tag),
            isolating: bundle(true)?,
            plain: bundle(false)?,
            ids: BTreeSet::new(),
        })
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), CatalogError> {
        let resource = FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| {
            CatalogError::Syntax {
                file: file.to_owned(),
                detail: errors.first().map(ToString::to_string).unwrap_or_default(),
            }
        })?;
        for entry in resource.entries() {
            if let fluent_syntax::ast::Entry::Message(message) = entry {
                self.ids.insert(message.id.name.to_owned());
            }
        }
        let resource = Arc::new(resource);
        self.plain
            .add_resource(resource.clone())
            .and_then(|()| self.isolating.add_resource(resource))
            .map_err(|errors| CatalogError::Duplicate {
                file: file.to_owned(),
                detail: errors.first().map(ToString::to_string).unwrap_or_default(),
            })
    }

    fn format(&self, id: &str, args: &[(&str, Arg<'_>)], isolation: Isolation) -> Option<String> {
        let bundle = match isolation {
            Isolation::On if self.right_to_left || args.iter().any(|(_, arg)| may_turn(arg)) => {
                &self.isolating
            }
            _ => &self.plain,
        };
        let (message, attribute) = match id.split_once('.') {
            Some((message, attribute)) => (message, Some(attribute)),
            None => (id, None),
        };
        let message = bundle.get_message(message)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let mut values = FluentArgs::with_capacity(args.len());
        for (name, arg) in args {
            values.set(*name, fluent_value(arg));
        }
        let mut errors: Vec<FluentError> = Vec::new();
        let text = bundle
            .format_pattern(pattern, Some(&values), &mut errors)
            .into_owned();
        if let Some(error) = errors.first() {
            tracing::error!(id, lang = self.tag, %error, "message could not be filled in");
        }
        Some(text)
    }
}

fn fluent_value<'a>(arg: &'a Arg<'_>) -> FluentValue<'a> {
    match arg {
        Arg::Text(text) => FluentValue::from(text.as_ref()),
        Arg::Number(number) => FluentValue::from(*number),
    }
}

/// Digits and ASCII cannot turn a left-to-right line, nor can the dots that stand for what is masked; anything else might.
fn may_turn(arg: &Arg<'_>) -> bool {
    let is_plain = |c: char| c.is_ascii() || c == '•';
    matches!(arg, Arg::Text(text) if !text.chars().all(is_plain))
}

fn is_right_to_left(tag: &str) -> bool {
    let language = tag.split('-').next().unwrap_or_default();
    matches!(
        language,
        "ar" | "arc" | "ckb" | "dv" | "fa" | "he" | "ks" | "ps" | "sd" | "ug" | "ur" | "yi"
    )
}

#[cfg(test)]
#[path = "i18n_tests.rs"]
mod tests;
