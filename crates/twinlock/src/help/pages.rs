//! The help pages: the overview with its search, one page per question, and what the API's errors mean.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Shell, Width};

use crate::app::{Refusal, Stop};
use crate::config::{Branding, Platform, Settings};
use crate::edge::{Visit, page};

use super::rules::{self, ARTICLES, Article, Day, Part, Searched};

/// `GET /help`
#[derive(Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "help/overview.html")]
struct OverviewPage {
    page: Shell,
    query: String,
    found_text: String,
    found: Vec<Link>,
    all: Vec<Link>,
}

#[derive(Template)]
#[template(path = "help/article.html")]
struct ArticlePage {
    page: Shell,
    parts: Vec<Shown>,
    related: Vec<Link>,
    updated: String,
    updated_at: String,
}

#[derive(Template)]
#[template(path = "help/errors.html")]
struct ErrorsPage {
    page: Shell,
    errors: Vec<ErrorMeaning>,
}

struct Link {
    href: String,
    label: String,
}

/// A part of a page in words.
enum Shown {
    Heading(String),
    Text(String),
    Points(Vec<String>),
    Steps(Vec<String>),
    Apps(Vec<App>),
    Contact(String),
}

struct App {
    name: String,
    recommended: bool,
    links: Vec<Link>,
}

struct ErrorMeaning {
    code: String,
    title: String,
    meaning: String,
}

/// `GET /help`
///
/// # Errors
/// A template that fails.
pub async fn overview(
    visit: Visit,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Response, Stop> {
    let query = search.map(|Query(search)| search.q).unwrap_or_default();
    let query = query.trim();
    let words = Words::of(&visit);
    let found: Vec<Link> = words
        .find(query)
        .into_iter()
        .map(|it| words.link(it))
        .collect();
    let found_text = if found.is_empty() {
        "help-found-nothing"
    } else {
        "help-found"
    };
    let shown: String = query.chars().take(100).collect();
    let count = Arg::from(found.len());
    let found_text = words.messages.with(
        found_text,
        &[("query", Arg::from(&shown)), ("count", count)],
    );
    page(
        StatusCode::OK,
        &OverviewPage {
            page: shell(&visit, words.messages.text("help-title")),
            query: query.to_owned(),
            found_text,
            found,
            all: ARTICLES.iter().map(|article| words.link(article)).collect(),
        },
    )
}

/// `GET /help/{page}`
///
/// # Errors
/// [`Refusal::NotFound`] for a page there is not.
pub async fn article(visit: Visit, Path(slug): Path<String>) -> Result<Response, Stop> {
    let article = rules::article(&slug).ok_or(Refusal::NotFound)?;
    let words = Words::of(&visit);
    let related = article
        .related
        .iter()
        .filter_map(|slug| rules::article(slug));
    page(
        StatusCode::OK,
        &ArticlePage {
            page: shell(&visit, words.title(article)),
            parts: article
                .shown(words.settings)
                .map(|part| words.part(part))
                .collect(),
            related: related.map(|article| words.link(article)).collect(),
            updated: words.updated(article.updated),
            updated_at: iso(article.updated),
        },
    )
}

/// `GET /help/errors`
///
/// # Errors
/// A template that fails.
pub async fn errors(visit: Visit) -> Result<Response, Stop> {
    let words = Words::of(&visit);
    let mut errors: Vec<ErrorMeaning> = words
        .messages
        .catalog()
        .ids("en")
        .into_iter()
        .filter_map(|id| words.error(id))
        .collect();
    errors.sort_by(|one, other| one.code.cmp(&other.code));
    page(
        StatusCode::OK,
        &ErrorsPage {
            page: shell(&visit, words.messages.text("help-errors-title")),
            errors,
        },
    )
}

fn shell(visit: &Visit, title: String) -> Shell {
    let mut shell = visit.shell(title);
    shell.width = Width::Settings;
    shell
}

/// The texts, filled with the instance's own labels.
struct Words<'a> {
    messages: Messages,
    settings: &'a Settings,
}

impl<'a> Words<'a> {
    fn of(visit: &'a Visit) -> Self {
        Self {
            messages: visit.moment.messages(),
            settings: &visit.moment.app.settings,
        }
    }

    fn text(&self, id: &str) -> String {
        let Branding {
            name,
            support,
            labels,
            ..
        } = &self.settings.branding;
        let args = [
            ("product", Arg::from(name)),
            ("support", Arg::from(support)),
            ("settings", Arg::from(&labels.settings)),
            ("heading", Arg::from(&labels.two_factor)),
            ("enable", Arg::from(&labels.enable)),
            ("disable", Arg::from(&labels.disable)),
        ];
        self.messages.with(id, &args)
    }

    fn texts(&self, ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| self.text(id)).collect()
    }

    fn title(&self, article: &Article) -> String {
        self.text(&article.title_id())
    }

    fn link(&self, article: &Article) -> Link {
        Link {
            href: format!("/help/{}", article.slug),
            label: self.title(article),
        }
    }

    fn part(&self, part: &Part) -> Shown {
        match part {
            Part::Heading(id) | Part::HeadingIf(_, id) => Shown::Heading(self.text(id)),
            Part::Text(id) | Part::TextIf(_, id) => Shown::Text(self.text(id)),
            Part::Points(ids) => Shown::Points(self.texts(ids)),
            Part::Steps(ids) => Shown::Steps(self.texts(ids)),
            Part::Apps => Shown::Apps(self.apps()),
            Part::Contact => {
                let place = self.settings.branding.support_url.clone();
                Shown::Contact(place.unwrap_or_default())
            }
        }
    }

    fn apps(&self) -> Vec<App> {
        let platform = |platform| match platform {
            Platform::Android => self.messages.text("help-app-android"),
            Platform::Ios => self.messages.text("help-app-ios"),
            Platform::Windows => self.messages.text("help-app-windows"),
        };
        let apps = self.settings.two_factor.totp.apps.iter();
        apps.map(|app| App {
            name: app.name.clone(),
            recommended: app.recommended,
            links: app
                .links
                .iter()
                .map(|link| Link {
                    href: link.url.clone(),
                    label: platform(link.platform),
                })
                .collect(),
        })
        .collect()
    }

    fn find(&self, query: &str) -> Vec<&'static Article> {
        if query.is_empty() {
            return Vec::new();
        }
        let texts: Vec<[String; 3]> = ARTICLES
            .iter()
            .map(|article| {
                let ids: Vec<&str> = article.shown(self.settings).flat_map(Part::ids).collect();
                [
                    self.title(article),
                    self.text(&article.words_id()),
                    self.texts(&ids).join(" "),
                ]
            })
            .collect();
        let pages: Vec<Searched<'_>> = ARTICLES
            .iter()
            .zip(&texts)
            .map(|(article, [title, words, body])| Searched {
                article,
                title,
                words,
                body,
            })
            .collect();
        rules::find(query, &pages)
    }

    fn updated(&self, day: Day) -> String {
        let args = [
            ("day", Arg::from(day.day)),
            ("month", Arg::from(day.month)),
            ("year", Arg::from(day.year.to_string())),
        ];
        self.messages.with("help-updated", &args)
    }

    /// What an error means, with examples where its message names a time.
    fn error(&self, title_id: &str) -> Option<ErrorMeaning> {
        let code = rules::error_code(title_id)?;
        let id = title_id.strip_suffix("-title")?;
        let examples = [
            ("until", Arg::from("14:32 UTC")),
            ("seconds", Arg::from(42)),
            ("request", Arg::from("…")),
        ];
        Some(ErrorMeaning {
            code,
            title: self.messages.text(title_id),
            meaning: self.messages.with(id, &examples),
        })
    }
}

fn iso(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}
