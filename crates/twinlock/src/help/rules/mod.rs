//! Which help pages there are, what each is made of, and which of them answer a search.

mod articles;

pub use articles::ARTICLES;

use crate::config::Settings;

/// A day on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Year.
    pub year: i32,
    /// Month, from 1.
    pub month: i32,
    /// Day of the month.
    pub day: i32,
}

/// One help page. Its title is the message `help-<slug>-title`, what it is also found by `help-<slug>-words`.
pub struct Article {
    /// The last part of its address.
    pub slug: &'static str,
    /// What it is made of, in order.
    pub parts: &'static [Part],
    /// Slugs of the pages it leads to.
    pub related: &'static [&'static str],
    /// When its text was last looked at.
    pub updated: Day,
}

impl Article {
    /// The id of its title.
    #[must_use]
    pub fn title_id(&self) -> String {
        format!("help-{}-title", self.slug)
    }

    /// The id of the words it is also found by.
    #[must_use]
    pub fn words_id(&self) -> String {
        format!("help-{}-words", self.slug)
    }

    /// The parts shown under these settings.
    pub fn shown(&self, settings: &Settings) -> impl Iterator<Item = &'static Part> {
        self.parts
            .iter()
            .filter(move |part| part.is_shown(settings))
    }
}

/// A part of a page; texts are message ids.
pub enum Part {
    /// A heading.
    Heading(&'static str),
    /// A heading for instances where this holds.
    HeadingIf(fn(&Settings) -> bool, &'static str),
    /// A paragraph.
    Text(&'static str),
    /// A paragraph for instances where this holds.
    TextIf(fn(&Settings) -> bool, &'static str),
    /// Points without order.
    Points(&'static [&'static str]),
    /// Steps, one after the other.
    Steps(&'static [&'static str]),
    /// The suggested authenticator apps with their links.
    Apps,
    /// The way to support, where one is set.
    Contact,
}

impl Part {
    /// Its message ids.
    #[must_use]
    pub fn ids(&self) -> Vec<&'static str> {
        match self {
            Self::Heading(id) | Self::Text(id) | Self::HeadingIf(_, id) | Self::TextIf(_, id) => {
                vec![id]
            }
            Self::Points(ids) | Self::Steps(ids) => ids.to_vec(),
            Self::Apps | Self::Contact => Vec::new(),
        }
    }

    fn is_shown(&self, settings: &Settings) -> bool {
        match self {
            Self::TextIf(holds, _) | Self::HeadingIf(holds, _) => holds(settings),
            Self::Apps => !settings.two_factor.totp.apps.is_empty(),
            Self::Contact => settings.branding.support_url.is_some(),
            Self::Heading(_) | Self::Text(_) | Self::Points(_) | Self::Steps(_) => true,
        }
    }
}

/// The page with this slug.
#[must_use]
pub fn article(slug: &str) -> Option<&'static Article> {
    ARTICLES.iter().find(|article| article.slug == slug)
}

/// Most characters of a search that are looked at.
const LONGEST_SEARCH: usize = 200;

/// What a page is searched by, in the reader's language.
pub struct Searched<'a> {
    /// The page.
    pub article: &'static Article,
    /// Its title.
    pub title: &'a str,
    /// Other words for what it is about.
    pub words: &'a str,
    /// Its text.
    pub body: &'a str,
}

/// The pages that answer `query`, best first: those with most of its words, without those that only mention them in passing.
#[must_use]
pub fn find(query: &str, pages: &[Searched<'_>]) -> Vec<&'static Article> {
    let asked: String = query.chars().take(LONGEST_SEARCH).collect();
    let mut asked: Vec<String> = words(&asked).collect();
    asked.dedup();
    let mut hits: Vec<Hit> = pages
        .iter()
        .map(|page| Hit::of(page, &asked))
        .filter(|hit| hit.matched > 0)
        .collect();
    // The sort is stable: pages that fit equally well keep the order of the overview.
    hits.sort_by_key(|hit| std::cmp::Reverse((hit.matched, hit.score)));
    let (most, best) = hits.first().map_or((0, 0), |hit| (hit.matched, hit.score));
    hits.into_iter()
        .filter(|hit| hit.matched == most && hit.score * 4 >= best)
        .map(|hit| hit.article)
        .collect()
}

struct Hit {
    article: &'static Article,
    matched: usize,
    score: u32,
}

impl Hit {
    fn of(page: &Searched<'_>, asked: &[String]) -> Self {
        let mut hit = Self {
            article: page.article,
            matched: 0,
            score: 0,
        };
        for word in asked {
            let score =
                8 * fits(page.title, word) + 6 * fits(page.words, word) + fits(page.body, word);
            hit.matched += usize::from(score > 0);
            hit.score += score;
        }
        hit
    }
}

/// 2 where the word stands in the text, 1 where a word there begins with it (from three letters on), else 0.
fn fits(text: &str, word: &str) -> u32 {
    let long_enough = word.chars().count() >= 3;
    words(text)
        .map(|other| {
            if other == word {
                2
            } else {
                u32::from(long_enough && other.starts_with(word))
            }
        })
        .max()
        .unwrap_or(0)
}

/// Words in lower case: "Two-Step" is "two" and "step", "phone’s" is "phone" and "s".
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// The `code` a message id explains: `refusal-invalid-code-title` explains `invalid_code`.
#[must_use]
pub fn error_code(id: &str) -> Option<String> {
    let stem = id.strip_suffix("-title")?;
    let code = stem
        .strip_prefix("refusal-")
        .or_else(|| stem.strip_prefix("fault-"))
        .or_else(|| stem.strip_prefix("help-error-"))?;
    Some(code.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::texts;

    fn slugs(query: &str) -> Vec<&'static str> {
        let messages = texts::catalog().unwrap().messages("en");
        let texts: Vec<(String, String, String)> = ARTICLES
            .iter()
            .map(|article| {
                let ids = article.parts.iter().flat_map(Part::ids);
                let body: Vec<String> = ids.map(|id| messages.text(id)).collect();
                (
                    messages.text(&article.title_id()),
                    messages.text(&article.words_id()),
                    body.join(" "),
                )
            })
            .collect();
        let pages: Vec<Searched<'_>> = ARTICLES
            .iter()
            .zip(&texts)
            .map(|(article, (title, words, body))| Searched {
                article,
                title,
                words,
                body,
            })
            .collect();
        find(query, &pages)
            .iter()
            .map(|article| article.slug)
            .collect()
    }

    #[test]
    fn people_find_a_page_by_the_words_they_use() {
        for (asked, first) in [
            ("2FA", "what-is-it"),
            ("two-step", "what-is-it"),
            ("Two step verification", "what-is-it"),
            ("recovery code", "backup-codes"),
            ("recovery codes", "backup-codes"),
            ("verification code", "code-not-working"),
            ("lost phone", "lost-phone"),
            ("stolen", "lost-phone"),
            ("new phone", "changing-phone"),
            ("google authenticator", "which-method"),
            ("disable", "turning-off"),
            ("passkey", "which-method"),
            ("yubikey", "which-method"),
            ("lost key", "lost-phone"),
            ("key not working", "key-not-working"),
            ("trust this device", "trusted-devices"),
            ("remember me", "trusted-devices"),
            ("clock", "code-not-working"),
            ("locked out", "lost-codes"),
        ] {
            assert_eq!(slugs(asked).first(), Some(&first), "{asked}");
        }
    }

    #[test]
    fn nonsense_and_nothing_find_no_page() {
        for asked in ["", "   ", "?!", "zzzzqqqq", "\u{202e}"] {
            assert!(slugs(asked).is_empty(), "{asked:?}");
        }
        assert!(slugs(&"phone ".repeat(10_000)).contains(&"lost-phone"));
    }

    #[test]
    fn every_page_has_its_texts_and_leads_to_pages_that_exist() {
        let catalog = texts::catalog().unwrap();
        let ids = catalog.ids("en");
        for page in ARTICLES {
            let own = [page.title_id(), page.words_id()];
            let of_parts = page.parts.iter().flat_map(Part::ids).map(str::to_owned);
            for id in own.into_iter().chain(of_parts) {
                assert!(ids.contains(&id.as_str()), "{id}");
            }
            for slug in page.related {
                assert!(article(slug).is_some() && *slug != page.slug, "{slug}");
            }
        }
    }

    #[test]
    fn every_text_of_a_page_is_shown_somewhere() {
        let catalog = texts::catalog().unwrap();
        let shown: Vec<&str> = ARTICLES
            .iter()
            .flat_map(|article| article.parts.iter().flat_map(Part::ids))
            .collect();
        for id in catalog.ids("en") {
            let of_an_article = ["help-what-", "help-method-", "help-code-", "help-phone-"]
                .iter()
                .chain(&["help-codes-", "help-change-", "help-backup-", "help-off-"])
                .chain(&["help-habits-"])
                .any(|start| id.starts_with(start));
            let own = id.ends_with("-title") || id.ends_with("-words");
            assert!(!of_an_article || own || shown.contains(&id), "{id}");
        }
    }

    #[test]
    fn a_title_names_the_code_it_explains() {
        assert_eq!(
            error_code("refusal-invalid-code-title").unwrap(),
            "invalid_code"
        );
        assert_eq!(error_code("fault-overloaded-title").unwrap(), "overloaded");
        assert_eq!(error_code("refusal-invalid-code"), None);
        assert_eq!(error_code("error-title"), None);
    }
}
