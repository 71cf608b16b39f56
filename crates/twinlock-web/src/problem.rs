//! Errors of the JSON API as `application/problem+json` (RFC 9457).

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

/// One error answer. Build it with [`Problem::new`] and the methods that follow; it is the response.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable `snake_case` word that programs compare; never translated.
    pub code: &'static str,
    /// Short sentence, the same for every occurrence of this code.
    pub title: Cow<'static, str>,
    /// What happened this time and what to do; empty leaves it out.
    pub detail: String,
    /// The request fields to blame.
    pub errors: Vec<FieldProblem>,
    /// Seconds until trying again makes sense; also sent as the `Retry-After` header.
    pub retry_after: Option<u64>,
    /// Further members such as `until` or `owners`. They cannot replace the standard ones.
    pub extra: Box<Map<String, Value>>,
}

/// One field of the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// Its name; nested ones with dots: `client.ip`.
    pub field: String,
    /// Stable `snake_case` word.
    pub code: &'static str,
    /// What to change.
    pub detail: String,
}

impl Problem {
    /// An error with this status, code and title and nothing else.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: impl Into<Cow<'static, str>>,
    ) -> Problem {
        Problem {
            status,
            code,
            title: title.into(),
            detail: String::new(),
            errors: Vec::new(),
            retry_after: None,
            extra: Box::default(),
        }
    }

    /// Says what happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.detail = detail.into();
        self
    }

    /// Blames one field of the request.
    #[must_use]
    pub fn field(self, field: impl Into<String>, code: &'static str, detail: &str) -> Problem {
        self.fields([FieldProblem {
            field: field.into(),
            code,
            detail: detail.to_owned(),
        }])
    }

    /// Blames several fields.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = FieldProblem>) -> Problem {
        self.errors.extend(fields);
        self
    }

    /// Asks the client to wait this many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a member of our own.
    #[must_use]
    pub fn with(mut self, member: impl Into<String>, value: impl Into<Value>) -> Problem {
        self.extra.insert(member.into(), value.into());
        self
    }

    /// The JSON object that is sent.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = (*self.extra).clone();
        body.insert("type".into(), format!("/help/errors#{}", self.code).into());
        body.insert("title".into(), self.title.as_ref().into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("code".into(), self.code.into());
        if !self.detail.is_empty() {
            body.insert("detail".into(), self.detail.as_str().into());
        }
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(FieldProblem::to_json).collect();
            body.insert("errors".into(), Value::Array(errors));
        }
        if let Some(seconds) = self.retry_after {
            body.insert("retry_after".into(), seconds.into());
        }
        Value::Object(body)
    }
}

impl FieldProblem {
    fn to_json(&self) -> Value {
        serde_json::json!({"field": self.field, "code": self.code, "detail": self.detail})
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_account_is_told_when_to_come_back() {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "locked", "Too many tries")
            .detail("Try again at 14:32.")
            .retry_after(30)
            .with("until", "2026-03-03T14:32:00Z")
            .with("status", 200);
        assert_eq!(
            problem.to_json(),
            serde_json::json!({
                "type": "/help/errors#locked", "title": "Too many tries", "status": 429, "code": "locked",
                "detail": "Try again at 14:32.", "retry_after": 30, "until": "2026-03-03T14:32:00Z",
            })
        );
        let response = problem.into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "30");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }

    #[test]
    fn a_wrong_field_is_named() {
        let problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
            "Not understood",
        )
        .field("client.ip", "invalid_value", "Send an IP address.");
        assert_eq!(
            problem.to_json()["errors"],
            serde_json::json!([
                {"field": "client.ip", "code": "invalid_value", "detail": "Send an IP address."}
            ])
        );
    }
}
