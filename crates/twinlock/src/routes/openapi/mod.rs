//! The OpenAPI 3.1 document of the JSON API, made from the table of routes: a call cannot exist without being in it.
//!
//! The reference page at `/help/api` is drawn from the same document, and a test plays every example in it.

mod curl;
pub(super) mod examples;
mod groups;
mod operation;
mod problems;
mod schemas;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::table;
use crate::api_reference::{Reference, pages};
use crate::app::Stop;
use crate::edge::describe::Schemas;
use crate::edge::guard::Surface;
use crate::edge::{Visit, see_other};

/// An OpenAPI 3.1 document.
#[derive(ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Document(Value);

/// The document's text, made once.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(document().to_string()));
/// What the reference page shows, read once from the document.
static REFERENCE: LazyLock<Reference> = LazyLock::new(|| Reference::read(&document()));

/// `GET /api/openapi.json`
pub(super) async fn show() -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, TEXT.clone()).into_response()
}

/// `GET /help/api`
pub(super) async fn reference(visit: Visit) -> Result<Response, Stop> {
    pages::show(&visit, &REFERENCE)
}

/// `GET /api`
pub(super) async fn lead_to_reference() -> Response {
    see_other("/help/api")
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let routes = table();
    let mut shapes = Schemas::new();
    let mut read: Vec<String> = Vec::new();
    for doc in routes.iter().filter_map(|route| route.doc.as_ref()) {
        read.extend(doc.body.iter().map(|shape| shape.name().into_owned()));
        let other = doc.other_answer.as_ref().map(|(_, shape, _)| shape);
        for shape in doc.body.iter().chain(&doc.answer).chain(other) {
            shape.collect(&mut shapes);
        }
    }
    let schemas = schemas::named(shapes, &read);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in &routes {
        let Some(doc) = &route.doc else {
            continue;
        };
        debug_assert_eq!(route.guard.surface, Surface::Api);
        paths.entry(route.path).or_default().insert(
            route.method.as_str().to_lowercase(),
            operation::operation(route, doc, &schemas),
        );
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Twinlock",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Two-factor authentication for an application's own users, and signing in for custom front ends.",
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/", "description": "The server that gave you this document"}],
        "tags": groups::tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "examples": problems::examples(&routes),
            "headers": problems::headers(),
            "securitySchemes": security_schemes(),
        },
    })
}

const INTRODUCTION: &str = "JSON in and out, UTF-8; times in RFC 3339 (UTC), ids UUIDv7.

Every call is made with a bearer token in `Authorization`: an API key (`tlk_…`, server to server), a session (`tls_…`) or a sign-in that is not complete yet (`tli_…`). The session of our own pages, in its cookie, serves too; writes with it must come from our own origin.

Fields that are unknown, stand twice or have another type are refused (422), as is a body over 64 KiB (413) or of another type (415). Errors are problem documents (RFC 9457, `application/problem+json`) with a stable `code`, explained at `/help/errors`. On 429 and 503 `retry_after` and the header `Retry-After` say when to try again.

Beyond what each call lists, any may be answered 404 `not_found` or 405 `method_not_allowed` for a path or method there is not, 408 for a body that comes too slowly, and 421 for a host name that is not this server's.";

fn security_schemes() -> Value {
    json!({
        "apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "tlk_…", "description": "An API key of an application, server to server, made with `twinlock key create`. Each call names the scope it needs: `accounts:read`, `accounts:write`, `verify` or `admin`."},
        "session": {"type": "http", "scheme": "bearer", "bearerFormat": "tls_…", "description": "A session, from a sign-in that is complete."},
        "signIn": {"type": "http", "scheme": "bearer", "bearerFormat": "tli_…", "description": "A sign-in that is not complete yet. Each step may give a new token, which makes the old one worthless."},
        "sessionCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-twinlock", "description": "The session of our own pages; writes must come from our own origin."},
    })
}

fn reference_to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[cfg(test)]
mod tests;
