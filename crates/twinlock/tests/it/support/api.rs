//! A program that calls the JSON API with a bearer token.

use http::Method;
use serde_json::Value;
use twinlock::application::{Scope, store as applications};

use super::TestApp;
use super::browser::{Answer, Browser};

/// One program, with what it sends as its bearer token.
pub(crate) struct Api {
    browser: Browser,
    token: Option<String>,
}

impl TestApp {
    /// A program without a token.
    pub(crate) fn api(&self) -> Api {
        Api {
            browser: self.browser_at("192.0.2.10"),
            token: None,
        }
    }

    /// A key of an application with these scopes.
    pub(crate) async fn api_key(&self, application: &'static str, scopes: &[Scope]) -> String {
        let scopes = scopes.to_vec();
        let made = self.work(move |w| {
            let application = applications::application(w, application)?;
            applications::make_key(w, application, "tests", &scopes)
        });
        made.await.unwrap()
    }
}

impl Api {
    /// The same program with a token: a key, a session's or a sign-in's.
    pub(crate) fn with(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body.to_string())).await
    }

    pub(crate) async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("accept", "application/json")];
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.browser.send(method, path, &headers, body).await
    }
}
