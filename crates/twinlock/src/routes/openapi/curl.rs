//! The command line of a call, as its reference shows it.

use std::io;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

use super::super::Route;
use crate::edge::guard::Who;

/// A body longer than this is set over several lines.
const ONE_LINE: usize = 72;

/// `curl` with the variables a reader has at hand: `$URL`, a token, and ids from earlier answers.
pub(super) fn command(route: &Route, body: Option<&Value>) -> String {
    let mut parts = vec![format!(
        "curl{} \"$URL{}\"",
        method(route, body),
        path(route)
    )];
    if let Some(token) = token(route.guard.who) {
        parts.push(format!("-H \"Authorization: Bearer {token}\""));
    }
    if let Some(body) = body {
        parts.push(String::from("-H 'Content-Type: application/json'"));
        parts.push(format!("-d '{}'", text(body)));
    }
    parts.join(" \\\n  ")
}

fn method(route: &Route, body: Option<&Value>) -> String {
    match (route.method.as_str(), body) {
        ("GET", _) | ("POST", Some(_)) => String::new(),
        (method, _) => format!(" -X {method}"),
    }
}

fn token(who: Who) -> Option<&'static str> {
    match who {
        Who::Anyone => None,
        Who::SignIn => Some("$TOKEN"),
        Who::Session => Some("$SESSION"),
        Who::ApiKey(_) => Some("$KEY"),
    }
}

fn path(route: &Route) -> String {
    let parts: Vec<String> = route.path.split('/').map(part).collect();
    parts.join("/")
}

fn part(part: &str) -> String {
    match part {
        "{account}" => String::from("ext:user-42"),
        "{id}" => String::from("$SIGN_IN"),
        "{session}" => String::from("$SESSION_ID"),
        _ => match part
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => format!("${}", name.to_uppercase()),
            None => part.to_owned(),
        },
    }
}

/// JSON with a space after commas and colons; long texts over several lines.
fn text(body: &Value) -> String {
    let mut bytes = Vec::new();
    let written = body.serialize(&mut Serializer::with_formatter(&mut bytes, Spaced));
    match (written, String::from_utf8(bytes)) {
        (Ok(()), Ok(line)) if line.len() <= ONE_LINE => line,
        _ => format!("{body:#}"),
    }
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }
}
