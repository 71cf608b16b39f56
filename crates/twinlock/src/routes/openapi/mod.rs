//! The OpenAPI 3.1 document of the JSON API, made from the table of routes: a call cannot exist without being in it.

use std::collections::BTreeMap;

use axum::Json;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Route, table};
use crate::edge::Doc;
use crate::edge::describe::Schemas;
use crate::edge::guard::{Surface, Throttle, Who};

/// An OpenAPI 3.1 document.
#[derive(ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Document(Value);

/// `GET /api/openapi.json`
pub(super) async fn show() -> Json<Value> {
    Json(document())
}

/// The document.
pub(super) fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in table() {
        let Some(doc) = route.doc.filter(|_| route.guard.surface == Surface::Api) else {
            continue;
        };
        for shape in doc.body.iter().chain(&doc.answer) {
            shape.collect(&mut schemas);
        }
        let method = route.method.as_str().to_lowercase();
        paths
            .entry(route.path)
            .or_default()
            .insert(method, operation(&route, &doc));
    }
    let mut named: BTreeMap<String, Value> = schemas
        .into_iter()
        .map(|(name, schema)| (name, json!(schema)))
        .collect();
    named.insert(String::from("Problem"), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Twinlock",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Two-factor authentication for an application's own users, and signing in for custom front ends.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": named, "responses": problems(), "securitySchemes": security_schemes()},
    })
}

fn operation(route: &Route, doc: &Doc) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": doc.summary,
        "tags": [tag(route.path)],
        "parameters": parameters(route, doc),
        "responses": responses(route, doc),
        "security": security(route.guard.who),
    });
    if let (Some(body), Some(members)) = (doc.body, operation.as_object_mut()) {
        members.insert(
            String::from("requestBody"),
            json!({"required": !doc.body_optional, "content": {"application/json": {"schema": reference(&body.name())}}}),
        );
    }
    if let (Who::ApiKey(scope), Some(members)) = (route.guard.who, operation.as_object_mut()) {
        members.insert(String::from("x-scope"), json!(scope.word()));
        members.insert(
            String::from("description"),
            json!(format!("The API key needs scope `{}`.", scope.word())),
        );
    }
    operation
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

fn tag(path: &str) -> &str {
    path.trim_start_matches("/api/")
        .trim_start_matches("v1/")
        .split(['/', '.'])
        .next()
        .unwrap_or_default()
}

fn parameters(route: &Route, doc: &Doc) -> Vec<Value> {
    let mut parameters: Vec<Value> = path_variables(route.path)
        .map(|name| {
            let schema = if name == "account" {
                json!({"type": "string", "description": "Its id, or `ext:` and the application's own id, percent-encoded."})
            } else {
                json!({"type": "string", "format": "uuid"})
            };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    if doc.paged {
        parameters.push(json!({"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}}));
        parameters.push(json!({"name": "cursor", "in": "query", "schema": {"type": "string"}}));
    }
    parameters
}

fn path_variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn responses(route: &Route, doc: &Doc) -> Value {
    let mut responses = Map::new();
    let success = match doc.answer {
        Some(answer) => {
            json!({"description": "Done", "content": {"application/json": {"schema": reference(&answer.name())}}})
        }
        None => json!({"description": "Done"}),
    };
    responses.insert(doc.status.to_string(), success);
    for status in refusals(route, doc) {
        let shared = format!("#/components/responses/Problem{status}");
        responses.insert(status.to_string(), json!({"$ref": shared}));
    }
    Value::Object(responses)
}

/// The statuses a call may refuse with: those of its guard, of reading its body and its path, and its own.
fn refusals(route: &Route, doc: &Doc) -> Vec<u16> {
    let mut statuses = vec![500, 503];
    match route.guard.who {
        Who::Anyone => {}
        Who::SignIn => statuses.extend([403, 409, 410]),
        Who::Session => statuses.push(401),
        Who::ApiKey(_) => statuses.extend([401, 403]),
    }
    if route.method != http::Method::GET || route.guard.step_up {
        statuses.push(403);
    }
    if doc.body.is_some() {
        statuses.extend([400, 413, 415, 422]);
    }
    if doc.paged {
        statuses.extend([400, 422]);
    }
    if path_variables(route.path).next().is_some() {
        statuses.push(404);
    }
    if route.guard.throttle != Throttle::Nothing {
        statuses.push(429);
    }
    statuses.extend(doc.refusals);
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The problem answers that calls refer to, by status.
fn problems() -> Value {
    let shared = STATUSES.iter().map(|status| {
        let answer = json!({
            "description": meaning(*status),
            "content": {"application/problem+json": {"schema": reference("Problem")}},
        });
        (format!("Problem{status}"), answer)
    });
    Value::Object(shared.collect())
}

/// Every status a call refuses with.
const STATUSES: [u16; 12] = [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503];

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The body is not one JSON text",
        401 => "No live session or API key",
        403 => {
            "Not with this key, not without a recent proof, not from that site, or the account is frozen"
        }
        404 => "No such thing, or not yours",
        409 => "Not as things stand",
        410 => "The sign-in is over",
        413 => "The body is over 64 kB",
        415 => "The body is not application/json",
        422 => "A field, a code or a password will not do",
        429 => "Too many tries; see retry_after",
        503 => "Too much to do right now; see retry_after",
        _ => "Something went wrong on our side; see request_id",
    }
}

fn security(who: Who) -> Value {
    match who {
        Who::Anyone => json!([]),
        Who::SignIn => json!([{"signIn": []}]),
        Who::Session => json!([{"session": []}, {"sessionCookie": []}]),
        Who::ApiKey(scope) => json!([{"apiKey": [scope.word()]}]),
    }
}

fn security_schemes() -> Value {
    json!({
        "apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "tlk_…", "description": "An API key of an application, server to server. Each call names the scope it needs."},
        "session": {"type": "http", "scheme": "bearer", "bearerFormat": "tls_…", "description": "A session, from a sign-in that is complete."},
        "signIn": {"type": "http", "scheme": "bearer", "bearerFormat": "tli_…", "description": "A sign-in that is not complete yet. Each step may give a new token."},
        "sessionCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-twinlock", "description": "The session of our own pages; writes must come from our own origin."},
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// RFC 9457, with our own members.
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457).",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "description": "Where the code is explained."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "description": "Stable word."},
            "errors": {"type": "array", "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            }},
            "retry_after": {"type": "integer", "description": "Seconds."},
            "until": {"type": "string", "format": "date-time", "description": "locked: when codes are looked at again."},
            "still_possible": {"type": "array", "items": {"type": "string"}, "description": "locked: what still works meanwhile."},
            "drift_seconds": {"type": "integer", "description": "invalid_code: by how much the phone's clock is behind, where that can be told."},
            "scope": {"type": "string", "description": "missing_scope: the scope the key lacks."},
            "request_id": {"type": "string", "description": "internal, overloaded, unavailable: named in the log."},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

    #[test]
    fn every_call_of_the_api_is_described_and_nothing_else() {
        let document = document();
        let mut described: Vec<String> = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                described.push(format!("{} {path}", method.to_uppercase()));
            }
        }
        let mut routed: Vec<String> = table()
            .iter()
            .filter(|route| route.path.starts_with("/api/"))
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        described.sort();
        routed.sort();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_call_of_a_key_names_its_scope() {
        let document = document();
        for route in table() {
            if let Who::ApiKey(scope) = route.guard.who {
                let method = route.method.as_str().to_lowercase();
                let operation = &document["paths"][route.path][method.as_str()];
                assert_eq!(operation["x-scope"], scope.word(), "{}", route.path);
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_call_has_an_id_of_its_own() {
        let document = document();
        let text = document.to_string();
        for part in text.split("\"#/components/").skip(1) {
            let path = part.split('"').next().unwrap();
            let pointer = format!("/components/{path}");
            assert!(document.pointer(&pointer).is_some(), "{pointer}");
        }
        let mut ids: Vec<&str> = text
            .split("\"operationId\":\"")
            .skip(1)
            .filter_map(|part| part.split('"').next())
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    /// `UPDATE_SNAPSHOT=1` writes the file anew.
    #[test]
    fn the_document_in_the_docs_is_the_one_that_is_served() {
        let mut text = serde_json::to_string_pretty(&document()).unwrap();
        text.push('\n');
        if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
            std::fs::write(SNAPSHOT, &text).unwrap();
        }
        let kept = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
        // Compared as values: another crate of the build may make serde_json keep its members in another order.
        let kept: Value = serde_json::from_str(&kept).unwrap_or_default();
        assert!(
            kept == document(),
            "docs/openapi.json is not what the code says: run this test with UPDATE_SNAPSHOT=1 and look at the difference"
        );
    }
}
