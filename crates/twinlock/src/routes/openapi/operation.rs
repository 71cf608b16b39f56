//! One call in the document.

use serde_json::{Map, Value, json};

use super::super::Route;
use super::schemas::{self, Named};
use super::{curl, groups, problems, reference_to};
use crate::edge::Doc;
use crate::edge::describe::Shape;
use crate::edge::guard::Who;

/// One call.
pub(super) fn operation(route: &Route, doc: &Doc, named: &Named) -> Value {
    let body = body_example(doc, named);
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": doc.summary,
        "description": doc.description,
        "tags": [groups::group_of(route.path)],
        "parameters": parameters(route, doc),
        "responses": responses(route, doc, named),
        "security": security(route.guard.who),
        "x-codeSamples": [{"lang": "Shell", "label": "curl", "source": curl::command(route, body.as_ref())}],
    });
    let Some(members) = operation.as_object_mut() else {
        return operation;
    };
    if let Some(shape) = doc.body {
        let content =
            json!({"application/json": {"schema": reference_to(&shape.name()), "example": body}});
        members.insert(
            String::from("requestBody"),
            json!({"required": !doc.body_optional, "content": content}),
        );
    }
    if let Who::ApiKey(scope) = route.guard.who {
        members.insert(String::from("x-scope"), json!(scope.word()));
    }
    operation
}

/// The body its example sends.
fn body_example(doc: &Doc, named: &Named) -> Option<Value> {
    let shape = doc.body?;
    let own = doc.body_example.clone();
    own.or_else(|| schemas::example(&shape.name(), named).ok())
}

/// What its example is answered.
fn answer_example(doc: &Doc, named: &Named) -> Option<Value> {
    let shape = doc.answer?;
    let own = doc.answer_example.clone();
    own.or_else(|| schemas::example(&shape.name(), named).ok())
}

/// `POST /api/v1/me/factors/{factor}/activate` is `post_me_factors_factor_activate`.
fn operation_id(route: &Route) -> String {
    let path = route
        .path
        .trim_start_matches("/api/")
        .trim_start_matches("v1/");
    let words: String = path
        .chars()
        .filter(|c| !"{}".contains(*c))
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("{}_{words}", route.method.as_str().to_lowercase())
}

fn parameters(route: &Route, doc: &Doc) -> Vec<Value> {
    let mut parameters: Vec<Value> = path_variables(route.path).map(path_parameter).collect();
    if doc.paged {
        parameters.push(json!({
            "name": "limit", "in": "query", "required": false,
            "description": "Items on a page.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
        }));
        parameters.push(json!({
            "name": "cursor", "in": "query", "required": false,
            "description": "`next_cursor` of the page before.",
            "schema": {"type": "string"},
        }));
    }
    parameters.extend(doc.query.iter().map(|(name, meaning, schema)| {
        json!({
            "name": name, "in": "query", "required": false,
            "description": meaning,
            "schema": schema,
        })
    }));
    parameters
}

fn path_parameter(name: &str) -> Value {
    let (about, schema) = match name {
        "account" => (
            "The account: its id, or `ext:` and your own id for it, percent-encoded.",
            json!({"type": "string", "minLength": 1, "examples": ["ext:user-42"]}),
        ),
        "factor" => (
            "The second factor's id.",
            json!({"type": "string", "format": "uuid"}),
        ),
        "id" => (
            "The sign-in's id.",
            json!({"type": "string", "format": "uuid"}),
        ),
        "device" => (
            "The device's id.",
            json!({"type": "string", "format": "uuid"}),
        ),
        "session" => (
            "The session's id.",
            json!({"type": "string", "format": "uuid"}),
        ),
        _ => ("Its id.", json!({"type": "string", "format": "uuid"})),
    };
    json!({"name": name, "in": "path", "required": true, "description": about, "schema": schema})
}

/// The names between braces in a path.
pub(super) fn path_variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn responses(route: &Route, doc: &Doc, named: &Named) -> Value {
    let mut responses = Map::new();
    let first = doc.answer.map(|shape| (shape, answer_example(doc, named)));
    responses.insert(doc.status.to_string(), success(first));
    if let Some((status, shape, example)) = &doc.other_answer {
        let other = Some((*shape, Some(example.clone())));
        responses.insert(status.to_string(), success(other));
    }
    responses.extend(problems::responses(&problems::of_call(route, doc)));
    Value::Object(responses)
}

fn security(who: Who) -> Value {
    match who {
        Who::Anyone => json!([]),
        Who::SignIn => json!([{"signIn": []}]),
        Who::Session => json!([{"session": []}, {"sessionCookie": []}]),
        Who::ApiKey(scope) => json!([{"apiKey": [scope.word()]}]),
    }
}

fn success(answer: Option<(Shape, Option<Value>)>) -> Value {
    let mut success = json!({
        "description": if answer.is_some() { "Done." } else { "Done; nothing to tell." },
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
    });
    if let (Some((shape, example)), Some(members)) = (answer, success.as_object_mut()) {
        let content = json!({"application/json": {"schema": reference_to(&shape.name()), "example": example}});
        members.insert(String::from("content"), content);
    }
    success
}
