//! Which help pages there are, what each is made of, and which of them answer a search.

use crate::config::{Methods, Settings};

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

const REVISED: Day = Day {
    year: 2026,
    month: 11,
    day: 22,
};

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
            Self::Heading(id) | Self::Text(id) | Self::TextIf(_, id) => vec![id],
            Self::Points(ids) | Self::Steps(ids) => ids.to_vec(),
            Self::Apps | Self::Contact => Vec::new(),
        }
    }

    fn is_shown(&self, settings: &Settings) -> bool {
        match self {
            Self::TextIf(holds, _) => holds(settings),
            Self::Apps => !settings.two_factor.totp.apps.is_empty(),
            Self::Contact => settings.branding.support_url.is_some(),
            Self::Heading(_) | Self::Text(_) | Self::Points(_) | Self::Steps(_) => true,
        }
    }
}

fn codes_can_be_revealed(settings: &Settings) -> bool {
    settings.two_factor.backup_codes.reveal
}

fn codes_cannot_be_revealed(settings: &Settings) -> bool {
    !settings.two_factor.backup_codes.reveal
}

fn everybody_must(settings: &Settings) -> bool {
    settings.two_factor.required
}

fn nobody_must(settings: &Settings) -> bool {
    !settings.two_factor.required
}

fn several_allowed(settings: &Settings) -> bool {
    settings.two_factor.methods == Methods::Several
}

fn no_support_page(settings: &Settings) -> bool {
    settings.branding.support_url.is_none()
}

use Part::{Apps, Contact, Heading, Points, Steps, Text, TextIf};

/// Every page, in the order of the overview.
pub const ARTICLES: &[Article] = &[
    Article {
        slug: "what-is-it",
        parts: &[
            Text("help-what-second-proof"),
            Text("help-what-why"),
            Heading("help-what-every-day-heading"),
            Text("help-what-every-day"),
            Text("help-what-where"),
            TextIf(everybody_must, "help-what-required"),
        ],
        related: &["which-method", "backup-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "which-method",
        parts: &[
            Heading("help-method-app-heading"),
            Text("help-method-app"),
            Points(&[
                "help-method-app-offline",
                "help-method-app-many",
                "help-method-app-install",
            ]),
            TextIf(several_allowed, "help-method-app-several"),
            Text("help-method-app-which"),
            Apps,
            Heading("help-method-codes-heading"),
            Text("help-method-codes"),
            Text("help-method-codes-care"),
            Heading("help-method-limits-heading"),
            Text("help-method-limits"),
        ],
        related: &["what-is-it", "backup-codes", "changing-phone"],
        updated: REVISED,
    },
    Article {
        slug: "code-not-working",
        parts: &[
            Text("help-code-first"),
            Points(&[
                "help-code-next",
                "help-code-clock",
                "help-code-account",
                "help-code-newest",
                "help-code-spaces",
            ]),
            Heading("help-code-clock-heading"),
            Text("help-code-clock-how"),
            Points(&["help-code-clock-android", "help-code-clock-ios"]),
            Heading("help-code-wait-heading"),
            Text("help-code-wait"),
            Heading("help-code-deleted-heading"),
            Text("help-code-deleted"),
            Heading("help-code-mailed-heading"),
            Text("help-code-mailed"),
        ],
        related: &["lost-phone", "changing-phone", "backup-codes"],
        updated: REVISED,
    },
    Article {
        slug: "lost-phone",
        parts: &[
            Text("help-phone-calm"),
            Steps(&[
                "help-phone-sign-in",
                "help-phone-use-code",
                "help-phone-new-app",
                "help-phone-remove",
                "help-phone-new-codes",
            ]),
            TextIf(several_allowed, "help-phone-other-app"),
            Text("help-phone-stolen"),
            Text("help-phone-no-codes"),
        ],
        related: &["lost-codes", "not-me", "changing-phone", "backup-codes"],
        updated: REVISED,
    },
    Article {
        slug: "not-me",
        parts: &[
            Text("help-not-me-what"),
            Text("help-not-me-looking"),
            Heading("help-not-me-back-heading"),
            Steps(&[
                "help-not-me-sign-in",
                "help-not-me-code",
                "help-not-me-mailbox",
                "help-not-me-password",
            ]),
            Text("help-not-me-then"),
            Heading("help-not-me-stuck-heading"),
            Text("help-not-me-stuck"),
            Contact,
        ],
        related: &["lost-phone", "lost-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "lost-codes",
        parts: &[
            Text("help-codes-lost-look"),
            Points(&[
                "help-codes-lost-manager",
                "help-codes-lost-paper",
                "help-codes-lost-signed-in",
                "help-codes-lost-second-app",
            ]),
            Heading("help-codes-lost-ask-heading"),
            Text("help-codes-lost-ask"),
            Contact,
            TextIf(no_support_page, "help-codes-lost-no-page"),
            Text("help-codes-lost-after"),
            Text("help-codes-lost-trick"),
        ],
        related: &["lost-phone", "backup-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "changing-phone",
        parts: &[
            Text("help-change-before"),
            Heading("help-change-both-heading"),
            Steps(&[
                "help-change-open",
                "help-change-scan",
                "help-change-prove",
                "help-change-old",
            ]),
            Text("help-change-safe"),
            Heading("help-change-gone-heading"),
            Text("help-change-gone"),
            Heading("help-change-backup-heading"),
            Text("help-change-backup"),
        ],
        related: &["lost-phone", "backup-codes", "code-not-working"],
        updated: REVISED,
    },
    Article {
        slug: "backup-codes",
        parts: &[
            Text("help-backup-what"),
            Points(&[
                "help-backup-once",
                "help-backup-sheet",
                "help-backup-slip",
                "help-backup-letters",
            ]),
            Heading("help-backup-keep-heading"),
            Text("help-backup-keep"),
            Heading("help-backup-more-heading"),
            Text("help-backup-more"),
            TextIf(codes_can_be_revealed, "help-backup-reveal"),
            TextIf(codes_cannot_be_revealed, "help-backup-no-reveal"),
            Heading("help-backup-check-heading"),
            Text("help-backup-check"),
        ],
        related: &["lost-phone", "lost-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "turning-off",
        parts: &[
            TextIf(everybody_must, "help-off-required"),
            TextIf(nobody_must, "help-off-think"),
            TextIf(nobody_must, "help-off-how"),
            Text("help-off-after"),
            Text("help-off-instead"),
        ],
        related: &["changing-phone", "lost-phone", "what-is-it"],
        updated: REVISED,
    },
    Article {
        slug: "good-habits",
        parts: &[
            Points(&[
                "help-habits-carry",
                "help-habits-lock",
                "help-habits-codes",
                "help-habits-tell",
                "help-habits-address",
                "help-habits-review",
                "help-habits-mail",
            ]),
            TextIf(several_allowed, "help-habits-two"),
        ],
        related: &["backup-codes", "which-method", "changing-phone"],
        updated: REVISED,
    },
];

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
