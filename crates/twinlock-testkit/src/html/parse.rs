//! Markup into elements.

use anyhow::{Context as _, Result, bail, ensure};

use super::{Element, Node};

/// Elements without an end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
];

pub(super) fn parse(html: &str) -> Result<Element> {
    let mut open = vec![Element::default()];
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        add_text(&mut open, text);
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").context("an open comment")?.1;
        } else if tag.starts_with("<!") {
            rest = tag.split_once('>').context("an open doctype")?.1;
        } else if let Some(end) = tag.strip_prefix("</") {
            let (name, after) = end.split_once('>').context("an open end tag")?;
            close(&mut open, name.trim())?;
            rest = after;
        } else {
            rest = start(&mut open, tag)?;
        }
    }
    add_text(&mut open, rest);
    ensure!(
        open.len() == 1,
        "<{}> is not closed",
        open.last().map_or("", |element| element.name.as_str())
    );
    open.pop().context("an empty page")
}

fn start<'a>(open: &mut Vec<Element>, tag: &'a str) -> Result<&'a str> {
    let (element, mut rest, closed) = start_tag(tag)?;
    let name = element.name.clone();
    if matches!(name.as_str(), "script" | "style") {
        let end = format!("</{name}>");
        rest = rest.split_once(end.as_str()).context("an open script")?.1;
    }
    let whole =
        closed || VOID.contains(&name.as_str()) || matches!(name.as_str(), "script" | "style");
    if whole {
        add(open, Node::Element(element));
    } else {
        open.push(element);
    }
    Ok(rest)
}

fn start_tag(tag: &str) -> Result<(Element, &str, bool)> {
    let body = tag.strip_prefix('<').unwrap_or(tag);
    let name_end = body
        .find(|c: char| c.is_whitespace() || c == '>' || c == '/')
        .context("an open tag")?;
    let (name, mut rest) = body.split_at(name_end);
    let mut attributes: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((element(name, attributes), after, true));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((element(name, attributes), after, false));
        }
        let key_end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
            .context("an open tag")?;
        ensure!(key_end > 0, "a stray character in <{name}>");
        let (key, after) = rest.split_at(key_end);
        let (value, after) = match after.strip_prefix('=') {
            Some(value) => attribute_value(value)?,
            None => (String::new(), after),
        };
        ensure!(
            !attributes.iter().any(|(known, _)| known == key),
            "{key} stands twice in <{name}>"
        );
        attributes.push((key.to_ascii_lowercase(), value));
        rest = after;
    }
}

fn attribute_value(text: &str) -> Result<(String, &str)> {
    let quoted = text.strip_prefix('"').context("an unquoted attribute")?;
    let (value, after) = quoted.split_once('"').context("an open attribute")?;
    Ok((unescaped(value), after))
}

fn element(name: &str, attributes: Vec<(String, String)>) -> Element {
    Element {
        name: name.to_ascii_lowercase(),
        attributes,
        children: Vec::new(),
    }
}

fn close(open: &mut Vec<Element>, name: &str) -> Result<()> {
    match open.pop() {
        Some(element) if element.name == name && !open.is_empty() => {
            add(open, Node::Element(element));
            Ok(())
        }
        Some(element) => bail!("</{name}> where <{}> is open", element.name),
        None => bail!("</{name}> where nothing is open"),
    }
}

fn add_text(open: &mut [Element], text: &str) {
    if !text.is_empty() {
        add(open, Node::Text(unescaped(text)));
    }
}

fn add(open: &mut [Element], node: Node) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(node);
    }
}

/// Character references as templates write them. Directional isolates, which messages put around values, are not seen by people.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        match after
            .split_once(';')
            .and_then(|(name, tail)| Some((reference(name)?, tail)))
        {
            Some((character, tail)) => {
                plain.push(character);
                rest = tail;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain.retain(|c| !matches!(c, '\u{2066}'..='\u{2069}'));
    plain
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let value = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(value)
        }
    }
}
