//! Request bodies, read strictly: one content type, at most 64 KiB, and exactly the fields that were asked
//! for, each once.

use axum::body::Body;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem::{FieldProblem, Problem};
use crate::strict_value::{self, JsonRefusal};

/// Longest body read, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A JSON body (`application/json`, UTF-8) as `T`.
///
/// Refuses by itself, at any depth of plain structs, unknown fields and keys sent twice; `T` needs no
/// `deny_unknown_fields`, except where it uses `flatten` or untagged or internally tagged enums, which hide
/// their fields. Answers: 415 for another content type, 413 over 64 KiB, 400 for what is not one JSON text
/// (or is nested deeper than 32), 422 naming the field for everything else.
#[derive(Debug, Clone)]
pub struct StrictJson<T>(pub T);

/// A form body (`application/x-www-form-urlencoded`, UTF-8) as `T`, whose fields are `String` or
/// `Option<String>`: a field that was not sent is absent, an empty one is the empty text.
#[derive(Debug, Clone)]
pub struct StrictForm<T>(pub T);

/// Why a form was not read. Pages turn this into HTML; by itself it is a [`Problem`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormRejection {
    /// 415: not a form.
    WrongContentType,
    /// 413: over [`BODY_LIMIT`].
    TooLarge,
    /// 400: the connection broke, or the text is not UTF-8.
    Unreadable,
    /// 422: these fields are unknown, missing or sent twice.
    Fields(Vec<FieldProblem>),
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrictJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !has_content_type(request.headers(), "application/json") {
            return Err(unsupported_media_type("application/json"));
        }
        parse_json(&read_json(request.into_body()).await?).map(StrictJson)
    }
}

/// `Option<StrictJson<T>>`: `None` for a request without a body, whether or not it says that it is JSON, read strictly otherwise.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for StrictJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Problem> {
        let is_json = has_content_type(request.headers(), "application/json");
        if !is_json && request.headers().contains_key(header::CONTENT_TYPE) {
            return Err(unsupported_media_type("application/json"));
        }
        // Some clients announce a body, by its kind or in chunks, and then send none: what counts is what comes.
        match read_json(request.into_body()).await? {
            bytes if bytes.is_empty() => Ok(None),
            bytes if is_json => parse_json(&bytes).map(|value| Some(StrictJson(value))),
            _ => Err(unsupported_media_type("application/json")),
        }
    }
}

async fn read_json(body: Body) -> Result<Vec<u8>, Problem> {
    read_limited(body).await.map_err(|unread| match unread {
        Unread::TooLarge => too_large(),
        Unread::Broken => malformed("The body could not be read."),
    })
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    strict_value::from_json(bytes).map_err(|refusal| match refusal {
        JsonRefusal::Malformed => malformed("The body is not one JSON text."),
        JsonRefusal::Field(field) => invalid_fields(vec![field]),
    })
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrictForm<T> {
    type Rejection = FormRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, FormRejection> {
        if !has_content_type(request.headers(), "application/x-www-form-urlencoded") {
            return Err(FormRejection::WrongContentType);
        }
        match read_limited(request.into_body()).await {
            Ok(bytes) => parse_form(&bytes).map(StrictForm),
            Err(Unread::TooLarge) => Err(FormRejection::TooLarge),
            Err(Unread::Broken) => Err(FormRejection::Unreadable),
        }
    }
}

impl FormRejection {
    /// The status a page answers with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            FormRejection::WrongContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            FormRejection::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            FormRejection::Unreadable => StatusCode::BAD_REQUEST,
            FormRejection::Fields(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Problem {
        match rejection {
            FormRejection::WrongContentType => {
                unsupported_media_type("application/x-www-form-urlencoded")
            }
            FormRejection::TooLarge => too_large(),
            FormRejection::Unreadable => malformed("The form could not be read as UTF-8 text."),
            FormRejection::Fields(fields) => invalid_fields(fields),
        }
    }
}

impl IntoResponse for FormRejection {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

/// Reads `a=1&b=2` into `T`: what [`StrictForm`] does with a body, for query strings too.
///
/// # Errors
/// [`FormRejection::Unreadable`] for bytes that are not UTF-8, [`FormRejection::Fields`] for unknown,
/// missing and repeated fields.
pub fn parse_form<T: DeserializeOwned>(text: &[u8]) -> Result<T, FormRejection> {
    let mut fields = Map::new();
    for pair in text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (pair.get(..at), pair.get(at + 1..)),
            None => (Some(pair), None),
        };
        let name = decode(name.unwrap_or_default())?;
        let value = decode(value.unwrap_or_default())?;
        if fields.contains_key(&name) {
            let twice = strict_value::duplicate_field(name);
            return Err(FormRejection::Fields(vec![twice]));
        }
        fields.insert(name, Value::String(value));
    }
    strict_value::from_value(Value::Object(fields))
        .map_err(|field| FormRejection::Fields(vec![field]))
}

/// Undoes the form encoding. Not `form_urlencoded`, which turns bytes that are not UTF-8 into U+FFFD, so
/// that two different passwords would read the same.
fn decode(text: &[u8]) -> Result<String, FormRejection> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced)
        .decode_utf8()
        .map(String::from)
        .map_err(|_| FormRejection::Unreadable)
}

enum Unread {
    TooLarge,
    Broken,
}

async fn read_limited(body: Body) -> Result<Vec<u8>, Unread> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Err(_) => Err(Unread::Broken),
    }
}

/// True for exactly one `Content-Type` of this kind, with no parameter but `charset=utf-8`, and no
/// `Content-Encoding` (a compressed body could unfold to any size).
fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    let mut sent = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), None) = (sent.next(), sent.next()) else {
        return false;
    };
    let Ok(kind) = kind.to_str() else {
        return false;
    };
    let (essence, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    essence.trim().eq_ignore_ascii_case(wanted)
        && parameters.split(';').map(str::trim).all(is_utf8_charset)
        && !headers.contains_key(header::CONTENT_ENCODING)
}

fn is_utf8_charset(parameter: &str) -> bool {
    parameter.is_empty()
        || parameter.split_once('=').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("charset")
                && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

/// What [`StrictJson`] answers by itself, one of each, for documents that tell of it.
#[must_use]
pub fn json_problems() -> Vec<Problem> {
    vec![
        malformed("The body is not one JSON text."),
        too_large(),
        unsupported_media_type("application/json"),
        invalid_fields(vec![FieldProblem {
            field: "kode".into(),
            code: "unknown_field",
            detail: "There is no such field.".into(),
        }]),
    ]
}

fn unsupported_media_type(wanted: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "This kind of body is not accepted",
    )
    .detail(format!("Send Content-Type: {wanted}."))
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "The body is too large",
    )
    .detail("Send at most 64 KiB.")
}

fn malformed(detail: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_body",
        "The body could not be read",
    )
    .detail(detail)
}

fn invalid_fields(fields: Vec<FieldProblem>) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_request",
        "The request does not have the right shape",
    )
    .detail("A field is not as asked for; `errors` says which and how.")
    .fields(fields)
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
