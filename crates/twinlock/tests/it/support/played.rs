//! The examples of the API's reference, run as they stand there: the command line is read as a shell would read it.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, Request};
use serde_json::Value;

use super::TestApp;
use super::browser::Answer;

/// Plays examples and keeps what a reader would keep in shell variables.
pub(crate) struct Player {
    pub(crate) app: TestApp,
    document: Value,
    /// `$KEY`, `$SESSION`, `$FACTOR` …
    pub(crate) variables: BTreeMap<&'static str, String>,
    unplayed: BTreeSet<String>,
}

/// A command line taken apart.
struct Command {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

impl Player {
    pub(crate) fn new(app: &TestApp) -> Self {
        let document = twinlock::routes::api_document();
        let mut unplayed = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                unplayed.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        Self {
            app: app.clone(),
            document,
            variables: BTreeMap::from([("URL", String::new())]),
            unplayed,
        }
    }

    /// What the document says of a call: `POST /api/v1/accounts`.
    pub(crate) fn operation(&self, call: &str) -> &Value {
        let (method, path) = call.split_once(' ').unwrap();
        let operation = &self.document["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "there is no call {call}");
        operation
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &'static str, value: &Value) {
        let value = value.as_str().unwrap_or_else(|| panic!("${name}: {value}"));
        self.variables.insert(name, value.to_owned());
    }

    /// Plays a call's example as it stands and compares status and shape with the answer shown beside it.
    pub(crate) async fn plays(&mut self, call: &str) -> Value {
        self.plays_with(call, &[]).await
    }

    /// The same with other values for members that cannot be known beforehand: codes and the like.
    pub(crate) async fn plays_with(&mut self, call: &str, other: &[(&str, Value)]) -> Value {
        let answer = self.sends(call, other).await;
        let responses = self.operation(call)["responses"].as_object().unwrap();
        let (status, shown) = responses
            .iter()
            .find(|(status, _)| status.starts_with('2'))
            .unwrap();
        assert_eq!(answer.status.as_str(), status, "{call}: {}", answer.body);
        let example = &shown["content"]["application/json"]["example"];
        let actual = if answer.body.is_empty() {
            Value::Null
        } else {
            answer.json()
        };
        let mut differences = Vec::new();
        compare(example, &actual, "", &mut differences);
        if call == "GET /api/openapi.json" {
            // Only its beginning is shown.
            differences.retain(|difference| !difference.ends_with("is not shown"));
        }
        assert!(
            differences.is_empty(),
            "{call}: {differences:#?}\nshown {example:#}\nis {actual:#}"
        );
        self.unplayed.remove(call);
        actual
    }

    /// Sends a call's example on the way to something else, without comparing.
    pub(crate) async fn sends(&self, call: &str, other: &[(&str, Value)]) -> Answer {
        let source = self.operation(call)["x-codeSamples"][0]["source"]
            .as_str()
            .unwrap();
        let mut command = self.read(source);
        if let Some(body) = &mut command.body {
            for (member, value) in other {
                body[member] = value.clone();
            }
        }
        let mut request = Request::builder()
            .method(command.method)
            .uri(&command.path)
            .header("host", self.app.public_url.authority());
        for (name, value) in &command.headers {
            request = request.header(name, value);
        }
        let body = command
            .body
            .map(|body| body.to_string())
            .unwrap_or_default();
        let request = request.body(body.into()).unwrap();
        self.app
            .answer("192.0.2.10:40000".parse().unwrap(), request)
            .await
    }

    /// Every call had its example played.
    pub(crate) fn played_all(&self) {
        assert!(
            self.unplayed.is_empty(),
            "no story plays the examples of {:#?}: add them to tests/it/api_reference.rs",
            self.unplayed
        );
    }

    fn read(&self, source: &str) -> Command {
        let mut words = self.words(source).into_iter();
        assert_eq!(words.next().as_deref(), Some("curl"));
        let (mut method, mut path, mut body) = (None, String::new(), None);
        let mut headers = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-X" => method = words.next(),
                "-H" => {
                    let header = words.next().unwrap();
                    let (name, value) = header.split_once(": ").unwrap();
                    headers.push((name.to_owned(), value.to_owned()));
                }
                "-d" => body = Some(serde_json::from_str(&words.next().unwrap()).unwrap()),
                other => path = other.to_owned(),
            }
        }
        let usual = if body.is_some() { "POST" } else { "GET" };
        Command {
            method: method.as_deref().unwrap_or(usual).parse().unwrap(),
            path,
            headers,
            body,
        }
    }

    /// A command line as the words a shell makes of it.
    fn words(&self, source: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        let mut rest = source.chars().peekable();
        while let Some(c) = rest.next() {
            match (c, quote) {
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('\\', None) => drop(rest.next()),
                (' ' | '\n', None) => words.push(String::new()),
                ('$', Some('"') | None) => {
                    let mut name = String::new();
                    while let Some(part) = rest.next_if(|c| c.is_ascii_uppercase() || *c == '_') {
                        name.push(part);
                    }
                    let value = self.variables.get(name.as_str());
                    let value = value.unwrap_or_else(|| panic!("${name} is not set: {source}"));
                    words.last_mut().unwrap().push_str(value);
                }
                (c, _) => words.last_mut().unwrap().push(c),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}

/// Where an answer has not the shape of the one shown: other members, other types, other kinds of text.
fn compare(shown: &Value, is: &Value, path: &str, differences: &mut Vec<String>) {
    match (shown, is) {
        (Value::Object(shown), Value::Object(is)) => {
            for name in shown.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
                let path = format!("{path}.{name}");
                match (shown.get(name), is.get(name)) {
                    // What is known of an event depends on the event.
                    (Some(Value::Object(_)), Some(Value::Object(_))) if name == "detail" => {}
                    // What a browser asks a key is the browser's to read.
                    (Some(Value::Object(_)), Some(Value::Object(_))) if name == "webauthn" => {}
                    (Some(shown), Some(is)) => compare(shown, is, &path, differences),
                    (Some(_), None) => differences.push(format!("{path} is not there")),
                    _ => differences.push(format!("{path} is not shown")),
                }
            }
        }
        (Value::Array(shown), Value::Array(is)) => {
            if shown.is_empty() != is.is_empty() {
                differences.push(format!("{path}: one list is empty"));
            }
            for item in is {
                compare(&shown[0], item, &format!("{path}[]"), differences);
            }
        }
        (Value::String(shown), Value::String(is)) => {
            if kind(shown) != kind(is) {
                differences.push(format!(
                    "{path}: {shown:?} is a {}, {is:?} is not",
                    kind(shown)
                ));
            }
        }
        _ if std::mem::discriminant(shown) == std::mem::discriminant(is) => {}
        _ => differences.push(format!("{path}: {shown} is shown, it is {is}")),
    }
}

/// What a text is, by its looks.
fn kind(text: &str) -> &str {
    let dashes: Vec<usize> = text.split('-').map(str::len).collect();
    match text {
        _ if text.starts_with("tl") && text.get(3..4) == Some("_") => &text[..3],
        _ if text.len() == 20 && text.ends_with('Z') => "time",
        _ if dashes == [8, 4, 4, 4, 12] => "id",
        _ if dashes == [5, 5, 4] => "backup code",
        _ => "text",
    }
}
