//! Request bodies.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use serde_json::Value;
use twinlock_web::StrictJson;
use twinlock_web::body::parse_form;

/// What is read strictly is what a second reader makes of it, has no key twice at any depth, and is not deeper than 32.
pub(crate) fn json(bytes: &[u8]) {
    let Some(value) = strict(bytes) else {
        return;
    };
    let second = serde_json::from_slice::<Value>(bytes);
    assert!(
        second.is_ok_and(|second| second == value),
        "two readers disagree"
    );
    assert!(depth(&value) <= 32);
    let keys = count_keys(&value);
    let colons = unquoted_colons(bytes);
    assert_eq!(keys, colons, "a key was there twice and one was dropped");
    // Fractions are read to the nearest double, give or take the last bit; nothing of ours is one.
    if !has_fraction(&value) {
        let written = value.to_string();
        assert_eq!(strict(written.as_bytes()), Some(value), "{written}");
    }
}

fn strict(bytes: &[u8]) -> Option<Value> {
    let request = Request::post("/")
        .header("content-type", "application/json")
        .body(Body::from(bytes.to_vec()))
        .ok()?;
    let mut reading = pin!(<StrictJson<Value> as FromRequest<()>>::from_request(
        request,
        &()
    ));
    let mut context = Context::from_waker(Waker::noop());
    // The body is in memory, so reading it never waits.
    match reading.as_mut().poll(&mut context) {
        Poll::Ready(Ok(StrictJson(value))) => Some(value),
        Poll::Ready(Err(_)) | Poll::Pending => None,
    }
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        Value::Number(number) => number.is_f64(),
        _ => false,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn count_keys(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_keys).sum(),
        Value::Object(fields) => fields.len() + fields.values().map(count_keys).sum::<usize>(),
        _ => 0,
    }
}

fn unquoted_colons(bytes: &[u8]) -> usize {
    let (mut inside, mut escaped, mut colons) = (false, false, 0);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b':' if !inside => colons += 1,
            _ => {}
        }
    }
    colons
}

/// A form that is read has every field once, and reads the same when it is written again.
pub(crate) fn form(bytes: &[u8]) {
    let Ok(fields) = parse_form::<BTreeMap<String, String>>(bytes) else {
        return;
    };
    let sent = bytes
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .count();
    assert_eq!(fields.len(), sent, "a field was there twice");
    let written = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let again = parse_form::<BTreeMap<String, String>>(written.as_bytes());
    assert!(again.is_ok_and(|again| again == fields), "{written}");
}
