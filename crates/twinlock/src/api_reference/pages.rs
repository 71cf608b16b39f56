//! The page. What does not depend on who reads it is drawn once for each language.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Shell, Width};

use crate::app::{Fault, Stop};
use crate::edge::{Visit, page};

use super::rules::{Call, Caller, Field, Group, Limit, Reference, Span};

#[derive(Template)]
#[template(path = "api_reference/reference.html")]
struct ReferencePage {
    page: Shell,
    url: String,
    introduction: &'static [Vec<Span>],
    groups: &'static [Group],
    calls: Arc<str>,
}

#[derive(Template)]
#[template(path = "api_reference/calls.html")]
struct Calls<'a> {
    groups: &'a [Group],
    words: Words,
}

/// The tables of all calls, by language.
static DRAWN: LazyLock<Mutex<BTreeMap<String, Arc<str>>>> = LazyLock::new(Mutex::default);

/// `GET /help/api`
///
/// # Errors
/// A template that fails.
pub fn show(visit: &Visit, reference: &'static Reference) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let mut shell = visit.shell(messages.text("api-title"));
    shell.width = Width::Wide;
    let template = ReferencePage {
        page: shell,
        url: visit
            .moment
            .app
            .settings
            .server
            .public_url
            .trim_end_matches('/')
            .to_owned(),
        introduction: &reference.introduction,
        groups: &reference.groups,
        calls: drawn(messages, reference)?,
    };
    page(StatusCode::OK, &template)
}

fn drawn(messages: Messages, reference: &Reference) -> Result<Arc<str>, Stop> {
    let language = messages.lang().to_owned();
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(calls) = drawn.get(&language) {
        return Ok(Arc::clone(calls));
    }
    let calls = Calls {
        groups: &reference.groups,
        words: Words { messages },
    };
    let html = calls
        .render()
        .map_err(|error| Fault::Internal(format!("template: {error}")))?;
    let html: Arc<str> = Arc::from(html);
    drawn.insert(language, Arc::clone(&html));
    Ok(html)
}

/// The words between what the document says.
struct Words {
    messages: Messages,
}

impl Words {
    fn text(&self, id: &str) -> String {
        self.messages.text(id)
    }

    /// "Copy", named for what it copies.
    fn copy(&self, call: &Call) -> String {
        let args = [("call", Arg::from(&call.summary))];
        self.messages.with("api-copy", &args)
    }

    fn caller(&self, call: &Call) -> String {
        match &call.caller {
            Caller::Anyone => self.messages.text("api-caller-anyone"),
            Caller::SignIn => self.messages.text("api-caller-sign-in"),
            Caller::Session => self.messages.text("api-caller-session"),
            Caller::Key(scope) => {
                let args = [("scope", Arg::from(scope))];
                self.messages.with("api-caller-key", &args)
            }
        }
    }

    /// "string, UUID, at most 60 characters".
    fn kind(&self, field: &Field) -> String {
        let mut parts = vec![self.messages.text(&format!("api-kind-{}", field.kind))];
        parts.extend(field.limits.iter().map(|limit| self.limit(limit)));
        parts.join(", ")
    }

    fn limit(&self, limit: &Limit) -> String {
        let number = |value: &Option<i64>| Arg::from(value.unwrap_or_default());
        match limit {
            Limit::Format(format) => self.messages.text(&format!("api-format-{format}")),
            Limit::OneOf(words) => {
                let args = [("words", Arg::from(words.join(", ")))];
                self.messages.with("api-one-of", &args)
            }
            Limit::Length(least, most) => {
                let id = match (least, most) {
                    (Some(_), Some(_)) => "api-length",
                    (None, _) => "api-length-most",
                    (_, None) => "api-length-least",
                };
                let length = |value: &Option<u64>| {
                    Arg::from(
                        value
                            .and_then(|n| i64::try_from(n).ok())
                            .unwrap_or_default(),
                    )
                };
                self.messages
                    .with(id, &[("least", length(least)), ("most", length(most))])
            }
            Limit::Between(least, most) => {
                let id = match (least, most) {
                    (Some(_), Some(_)) => "api-between",
                    (None, _) => "api-between-most",
                    (_, None) => "api-between-least",
                };
                self.messages
                    .with(id, &[("least", number(least)), ("most", number(most))])
            }
            Limit::Nullable => self.messages.text("api-nullable"),
        }
    }
}
