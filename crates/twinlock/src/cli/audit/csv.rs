//! Events as CSV, for people and their spreadsheets (RFC 4180).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use twinlock_web::Messages;

use crate::app::{Timestamp, is_deceptive};
use crate::audit::rules::chain::ChainKind;
use crate::audit::rules::item::EventLine;
use crate::audit::rules::kinds;

/// The first line.
pub(super) const HEADER: &str =
    "\"time\",\"chain\",\"id\",\"number\",\"kind\",\"what\",\"device\",\"more\",\"hash\"\r\n";

/// One event.
pub(super) fn line(event: &EventLine, messages: &Messages) -> String {
    let mut detail: BTreeMap<String, String> = event
        .body
        .as_deref()
        .and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or_default();
    let device = detail.remove("device").unwrap_or_default();
    let more: Vec<String> = (detail.iter())
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let id = match event.chain {
        ChainKind::Instance => String::new(),
        ChainKind::Account | ChainKind::Organization => event.id.to_string(),
    };
    let cells = [
        Timestamp::from_millis(event.at_ms).rfc3339(),
        event.chain.word().to_owned(),
        id,
        event.seq.to_string(),
        event.kind.clone(),
        messages.text(&kinds::message(&event.kind)),
        device,
        more.join("; "),
        event.hash.text(),
    ];
    let quoted: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", quoted.join(","))
}

/// A quoted cell that no spreadsheet takes for a formula, without signs that move the cursor or turn the writing around.
fn cell(text: &str) -> String {
    let mut safe = String::from("\"");
    let first = text.trim_start().chars().next();
    if first.is_some_and(|c| "=+-@|%＝＋－＠".contains(c)) {
        safe.push('\'');
    }
    for c in text.chars() {
        if c == '"' {
            safe.push_str("\"\"");
        } else if c.is_control() || is_deceptive(c) {
            // Writing to a text cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe.push('"');
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X05.
    #[test]
    fn x05_no_cell_is_a_formula_or_breaks_out_of_its_line() {
        for (text, expected) in [
            ("plain", r#""plain""#),
            ("=HYPERLINK(\"x\")", r#""'=HYPERLINK(""x"")""#),
            ("+1", r#""'+1""#),
            ("-1", r#""'-1""#),
            ("@SUM(A1)", r#""'@SUM(A1)""#),
            ("  =1", r#""'  =1""#),
            ("＝1", r#""'＝1""#),
            ("\t=1", r#""'\u{9}=1""#),
            ("\r\n=1", r#""'\u{d}\u{a}=1""#),
            ("a\r\n\"=1\",", r#""a\u{d}\u{a}""=1"",""#),
            ("\u{1b}[2J", r#""\u{1b}[2J""#),
            ("\u{202e}txt", r#""\u{202e}txt""#),
            ("", r#""""#),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
