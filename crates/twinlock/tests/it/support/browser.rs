//! A browser without a window: it sends what browsers send, keeps cookies, follows 303, and is used by what people read on the page.

use std::net::SocketAddr;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use twinlock_testkit::cookies::CookieStore;
use twinlock_testkit::html::{Form, Page};

use super::TestApp;

/// What Firefox calls itself.
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
/// No walk of redirects is longer.
const MOST_HOPS: usize = 5;

/// An answer as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }
}

/// One browser with its cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    app: TestApp,
    pub(crate) cookies: CookieStore,
    pub(crate) peer: SocketAddr,
    pub(crate) agent: String,
    /// Headers a person's browser would not send by itself.
    pub(crate) extra: Vec<(&'static str, String)>,
    /// Where the page shown came from.
    pub(crate) path: String,
    pub(crate) last: Answer,
    forms: Vec<Form>,
}

impl TestApp {
    /// A browser on a network of its own.
    pub(crate) fn browser(&self) -> Browser {
        self.browser_at("203.0.113.5")
    }

    /// A browser at this address.
    pub(crate) fn browser_at(&self, ip: &str) -> Browser {
        Browser {
            app: self.clone(),
            cookies: CookieStore::new(self.time.clone()),
            peer: SocketAddr::new(ip.parse().unwrap(), 40_000),
            agent: FIREFOX.to_owned(),
            extra: Vec::new(),
            path: String::from("/"),
            last: Answer {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body: String::new(),
            },
            forms: Vec::new(),
        }
    }
}

impl Browser {
    /// Types an address into the address bar.
    pub(crate) async fn open(&mut self, path: &str) {
        self.visit(Method::GET, path, None, "none").await;
    }

    /// The page shown.
    pub(crate) fn page(&self) -> Page {
        Page::parse(&self.last.body).unwrap_or_else(|fault| {
            panic!("{}: {fault:#}: {}", self.path, self.last.body);
        })
    }

    /// Whether this can be read on the page.
    pub(crate) fn sees(&self, text: &str) -> bool {
        self.page().text().contains(text)
    }

    /// Fails the test, showing the page, unless this can be read on it.
    #[track_caller]
    pub(crate) fn must_see(&self, text: &str) {
        let page = self.page().text();
        assert!(
            page.contains(text),
            "{:?} is not on {}: {page}",
            text,
            self.path
        );
    }

    /// Types into the field with this label, or ticks it. What was typed into other fields stays.
    #[track_caller]
    pub(crate) fn fill(&mut self, label: &str, text: &str) {
        let has = |form: &Form| form.fields.iter().any(|field| field.label == label);
        let form = self.forms.iter_mut().find(|form| has(form));
        let Some(form) = form else {
            panic!(
                "no field {label:?} on {}: {}",
                self.path,
                self.page().text()
            );
        };
        form.fill(label, text).unwrap();
    }

    /// Presses a button.
    pub(crate) async fn press(&mut self, label: &str) {
        let (n, button) = self.page().button(label).unwrap();
        let form = &self.forms[n];
        let target = button.action.as_ref().unwrap_or(&form.action);
        let target = if target.is_empty() {
            self.path.clone()
        } else {
            target.clone()
        };
        let body = encoded(&form.values(&button));
        if form.method == "post" {
            self.visit(Method::POST, &target, Some(body), "same-origin")
                .await;
        } else {
            self.visit(
                Method::GET,
                &format!("{target}?{body}"),
                None,
                "same-origin",
            )
            .await;
        }
    }

    /// Follows a link.
    pub(crate) async fn follow(&mut self, text: &str) {
        let href = self.page().link(text).unwrap();
        self.visit(Method::GET, &href, None, "same-origin").await;
    }

    /// Sends a form's values to a path as our own page would, without reading one first.
    pub(crate) async fn post(&mut self, path: &str, values: &[(&str, &str)]) -> Answer {
        let headers = self.of_own_page();
        self.send(Method::POST, path, &headers, form_body(values))
            .await
    }

    /// Asks for a path, without following where it leads.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let headers = [("sec-fetch-site", "none")];
        self.send(Method::GET, path, &headers, None).await
    }

    /// What a browser adds to a form sent from one of our pages, which forbid referrers.
    pub(crate) fn of_own_page(&self) -> [(&'static str, &'static str); 2] {
        [("sec-fetch-site", "same-origin"), ("origin", "null")]
    }

    async fn visit(&mut self, method: Method, path: &str, body: Option<String>, site: &str) {
        let mut headers = vec![("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
        if method == Method::POST {
            headers.push(("origin", "null"));
        }
        let mut answer = self.send(method, path, &headers, body).await;
        self.path = path.to_owned();
        for _ in 0..MOST_HOPS {
            if answer.status != StatusCode::SEE_OTHER {
                break;
            }
            self.path = answer.location().to_owned();
            let next = self.path.clone();
            answer = self.send(Method::GET, &next, &headers[..2], None).await;
        }
        self.last = answer;
        self.forms = if self.last.header("content-type").starts_with("text/html") {
            self.page().forms()
        } else {
            Vec::new()
        };
    }

    /// Sends one request exactly so, with this browser's cookies, and keeps the cookies of the answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.app.public_url.authority())
            .header(header::USER_AGENT, &self.agent);
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(cookies) = self.cookies.header() {
            request = request.header(header::COOKIE, cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in &self.extra {
            request = request.header(*name, value);
        }
        let body = body.map_or_else(Body::empty, Body::from);
        let answer = self
            .app
            .answer(self.peer, request.body(body).unwrap())
            .await;
        let secure = self.app.public_url.is_secure();
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            self.cookies.take(cookie.to_str().unwrap(), secure);
        }
        answer
    }
}

impl TestApp {
    /// Puts one request through the router.
    pub(crate) async fn answer(&self, peer: SocketAddr, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        must_be_documented(&method, &path, &answer);
        answer
    }
}

/// A form's values as they travel.
pub(crate) fn form_body(values: &[(&str, &str)]) -> Option<String> {
    let owned: Vec<(String, String)> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Some(encoded(&owned))
}

fn encoded(values: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(values)
        .finish()
}

/// Whatever a test asks of the API: status and code of the answer stand in the API's own description of that call.
#[track_caller]
fn must_be_documented(method: &Method, path: &str, answer: &Answer) {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(twinlock::routes::api_document);
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let described = paths.iter().find(|(pattern, _)| fits(pattern, path));
    let method = method.as_str().to_lowercase();
    let operation = described.map(|(_, operations)| &operations[&method]);
    let Some(operation) = operation.filter(|operation| operation.is_object()) else {
        return;
    };
    let response = &operation["responses"][answer.status.as_str()];
    assert!(
        response.is_object(),
        "{method} {path} answers {}, which is not documented: {}",
        answer.status,
        answer.body
    );
    let examples = &response["content"]["application/problem+json"]["examples"];
    if let Some(codes) = examples.as_object() {
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        assert!(
            codes.contains_key(&code),
            "{method} {path} answers {} {code}, which is not documented",
            answer.status
        );
    }
}

/// Whether a path is of this pattern. Words before names: `/me/sessions/end-others` is no session's id.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) =
        (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(&path)
            .all(|(wanted, is)| wanted.starts_with('{') || wanted == is)
}
