//! The one place where a refusal or a fault becomes a page or a problem document.
//!
//! A handler that ends in a [`Stop`] answers with the stop itself, tucked into the response; the frame around the route, which knows
//! the language, the person and whether pages or programs are served, puts it into words.

use std::sync::{Arc, Mutex};

use askama::Template;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Problem, Scheme, Shell};

use crate::app::{App, Fault, FrozenBy, Refusal, Stop, Timestamp};

pub use super::telling::{clock_time, kept, problem, tell, words};

use super::Visit;
use super::guard::Surface;
use super::respond::see_other;
use super::visit::{is_secure, scheme_of};
use super::watch::Arrival;

/// A stop on its way from a handler to its frame.
#[derive(Clone)]
struct Tucked(Arc<Mutex<Option<Stop>>>);

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response
            .extensions_mut()
            .insert(Tucked(Arc::new(Mutex::new(Some(self)))));
        response
    }
}

/// Where a page that says what went wrong leads.
#[derive(Clone, Copy)]
enum Onward {
    /// To another sign-in.
    StartAgain,
    /// To a sign-in, which opens what is closed.
    SignIn,
    /// To the start page.
    Home,
}

/// What is known around a route: enough to put any stop into words.
pub struct Frame {
    app: App,
    surface: Surface,
    messages: Messages,
    method: Method,
    path: String,
    /// The route's path in the table, for the log: what stands in a real one, such as a link's token, stays out of it.
    route: Option<MatchedPath>,
    request_id: Arc<str>,
    visit: Option<Visit>,
    scheme: Scheme,
}

impl Frame {
    /// The frame of a request.
    #[must_use]
    pub fn new(app: &App, surface: Surface, language: &str, request: &Parts) -> Self {
        let extensions = &request.extensions;
        let arrival = extensions.get::<Arrival>();
        Self {
            app: app.clone(),
            surface,
            messages: app.catalog.messages(language),
            method: request.method.clone(),
            path: request.uri.path().to_owned(),
            route: extensions.get::<MatchedPath>().cloned(),
            request_id: arrival.map_or_else(|| "none".into(), |it| Arc::clone(&it.id)),
            visit: None,
            scheme: match surface {
                Surface::Page => scheme_of(&request.headers, is_secure(&app.settings)),
                Surface::Api | Surface::Plain => Scheme::System,
            },
        }
    }

    /// The request's id.
    #[must_use]
    pub fn request_id(&self) -> &Arc<str> {
        &self.request_id
    }

    /// The frame once it is known who asks.
    #[must_use]
    pub fn with_visit(mut self, visit: &Visit) -> Self {
        self.visit = Some(visit.clone());
        self
    }

    /// Puts a handler's stop into words; leaves every other answer as it is.
    #[must_use]
    pub fn settle(self, mut response: Response) -> Response {
        let tucked = response.extensions_mut().remove::<Tucked>();
        let stop =
            tucked.and_then(|tucked| tucked.0.lock().ok().and_then(|mut inner| inner.take()));
        match stop {
            Some(stop) => self.answer_stop(&stop),
            None if self.surface == Surface::Page && is_problem(&response) => {
                let text = self.messages.text("unreadable-form");
                self.error_page(
                    response.status(),
                    "unreadable-form-title",
                    &text,
                    Onward::Home,
                )
            }
            None => response,
        }
    }

    /// A page that says that this address is not written to like that.
    #[must_use]
    pub fn wrong_method(&self) -> Response {
        let text = self.messages.text("error-method");
        self.error_page(
            StatusCode::METHOD_NOT_ALLOWED,
            "error-method-title",
            &text,
            Onward::Home,
        )
    }

    /// A stop as a page or a problem document.
    fn answer_stop(&self, stop: &Stop) -> Response {
        match stop {
            Stop::Refused(refusal) => self.answer_refusal(refusal),
            Stop::Fault(fault) => self.answer_fault(fault),
        }
    }

    fn answer_refusal(&self, refusal: &Refusal) -> Response {
        let now = self.app.clock.now();
        match self.surface {
            Surface::Page => self.page_for(refusal, now),
            Surface::Api | Surface::Plain => {
                let mut response = problem(refusal, &self.messages, now).into_response();
                if *refusal == Refusal::SignedOut {
                    let challenge = HeaderValue::from_static("Bearer");
                    response
                        .headers_mut()
                        .insert(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }
        }
    }

    /// Signed out and "prove it again" lead somewhere; everything else is said on a page.
    fn page_for(&self, refusal: &Refusal, now: Timestamp) -> Response {
        let back = if self.method == Method::GET {
            self.path.as_str()
        } else {
            "/settings/security"
        };
        match refusal {
            Refusal::SignedOut if self.method == Method::GET => {
                see_other(&format!("/sign-in?return_to={back}"))
            }
            Refusal::SignedOut => see_other("/sign-in"),
            // Finished in another tab: there is nothing to start again.
            Refusal::SignInExpired if self.is_signed_in() => see_other("/settings/security"),
            Refusal::StepUpRequired => see_other(&format!("/step-up?return_to={back}")),
            _ => {
                let told = tell(refusal, now);
                let onward = match refusal {
                    Refusal::SignInExpired | Refusal::WrongStep => Onward::StartAgain,
                    Refusal::Frozen(FrozenBy::Owner) => Onward::SignIn,
                    _ => Onward::Home,
                };
                let title = format!("refusal-{}-title", told.code.replace('_', "-"));
                let mut response = self.error_page(
                    told.status,
                    &title,
                    &words(refusal, &self.messages, now),
                    onward,
                );
                retry_after(&mut response, told.retry_after);
                response
            }
        }
    }

    fn answer_fault(&self, fault: &Fault) -> Response {
        let (status, code, after) = match fault {
            Fault::Overloaded(_) => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", Some(2)),
            Fault::Database(twinlock_db::DbError::Busy) => {
                (StatusCode::SERVICE_UNAVAILABLE, "overloaded", Some(1))
            }
            Fault::Database(twinlock_db::DbError::Unavailable(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", Some(5))
            }
            Fault::Database(_) | Fault::Stored(_) | Fault::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", None)
            }
        };
        let request = &*self.request_id;
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(request, route, fault = %fault, "a request failed");
        } else {
            tracing::warn!(request, route, fault = %fault, "a request was turned away");
        }
        let text = self.messages.with(
            &format!("fault-{code}"),
            &[("request", Arg::from(&*self.request_id))],
        );
        let mut response = match self.surface {
            Surface::Page => self.error_page(status, "error-title", &text, Onward::Home),
            Surface::Api | Surface::Plain => {
                let mut problem = Problem::new(
                    status,
                    code,
                    self.messages.text(&format!("fault-{code}-title")),
                )
                .detail(text);
                if let Some(after) = after {
                    problem = problem.retry_after(after);
                }
                problem
                    .with("request_id", json!(&*self.request_id))
                    .into_response()
            }
        };
        retry_after(&mut response, after);
        response
    }

    fn is_signed_in(&self) -> bool {
        self.visit
            .as_ref()
            .is_some_and(|visit| visit.acting.is_some())
    }

    fn error_page(&self, status: StatusCode, title: &str, text: &str, onward: Onward) -> Response {
        let title = self.messages.text(title);
        let shell = match &self.visit {
            Some(visit) => visit.shell(&title),
            None => {
                let name = &self.app.settings.branding.name;
                let mut shell = Shell::new(&self.messages, name, &title);
                shell.accent_css_url = Some(self.app.theme.url().to_owned());
                shell.scheme = self.scheme;
                shell
            }
        };
        let (href, label) = match onward {
            Onward::StartAgain => ("/sign-in", "start-again"),
            Onward::SignIn => ("/sign-in", "sign-in-title"),
            Onward::Home => ("/", "back-to-start"),
        };
        let link = Some((href.to_owned(), self.messages.text(label)));
        let template = ErrorPage {
            page: shell,
            title,
            text: text.to_owned(),
            request: self.messages.with(
                "error-request",
                &[("request", Arg::from(&*self.request_id))],
            ),
            link,
        };
        match template.render() {
            Ok(html) => (status, axum::response::Html(html)).into_response(),
            Err(_) => (status, Body::from(text.to_owned())).into_response(),
        }
    }
}

/// A form that was not read tells so as a problem document; people get a page.
fn is_problem(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
}

fn retry_after(response: &mut Response, seconds: Option<u64>) {
    if let Some(seconds) = seconds
        && let Ok(value) = HeaderValue::from_str(&seconds.max(1).to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
}

/// A page that says what went wrong and where to go on.
#[derive(Template)]
#[template(path = "edge/error.html")]
struct ErrorPage {
    page: Shell,
    title: String,
    text: String,
    request: String,
    link: Option<(String, String)>,
}
