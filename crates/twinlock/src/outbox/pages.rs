//! A letter in words: subject, plain text and HTML, all from the same messages.

use std::time::Duration;

use askama::Template;
use twinlock_web::Theme;
use twinlock_web::i18n::{Arg, Messages};

use crate::app::{Timestamp, is_deceptive};
use crate::config::Branding;

use super::{Letter, Topic};

/// Longest value of a person's or program's own making, in characters.
const LONGEST_VALUE: usize = 200;

/// A mail in words.
#[derive(Clone, Debug)]
pub struct Written {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// What the mail says, part by part; the text and the HTML are two looks of it.
#[derive(Template)]
#[template(path = "outbox/mail.html")]
struct Parts {
    lang: String,
    dir: &'static str,
    subject: String,
    product: String,
    title: String,
    /// What happened, or what the code is for.
    opening: Vec<String>,
    code: Option<String>,
    facts: Vec<Fact>,
    button: Option<Button>,
    /// What to do now.
    closing: Vec<String>,
    foot: Option<String>,
    accent: String,
    on_accent: String,
}

/// A line such as "Device: Firefox on Linux".
struct Fact {
    name: String,
    value: String,
}

/// A link with the words that lead to it.
struct Button {
    lead: Option<String>,
    label: String,
    url: String,
}

/// Puts a letter into words; `branding` has the names people know, `theme` the colour of the button.
///
/// # Errors
/// When the template fails.
pub fn written(
    letter: &Letter,
    messages: &Messages,
    branding: &Branding,
    theme: &Theme,
) -> Result<Written, askama::Error> {
    let parts = parts(letter, messages, branding, theme);
    let html = parts.render()?;
    Ok(Written {
        text: parts.text(),
        html,
        subject: parts.subject,
    })
}

fn parts(letter: &Letter, messages: &Messages, branding: &Branding, theme: &Theme) -> Parts {
    let word = letter.topic.word();
    let product = one_line(&branding.name);
    let all = args(letter, messages, branding, &product);
    // A name in another script sets every argument of a message apart, used in it or not.
    let sentences = all
        .iter()
        .filter(|(name, _)| !NAMES.contains(name))
        .cloned()
        .collect::<Vec<_>>();
    let args = sentences.as_slice();
    let say = |part: &str| messages.with(&format!("mail-{word}-{part}"), args);
    let mut subject = messages.plain_with(&format!("mail-{word}-subject"), args);
    let mut opening = paragraphs(&say("text"));
    if letter.together_until.is_some() {
        subject = messages.plain_with("mail-together-subject", &[("subject", Arg::from(subject))]);
        opening.push(messages.with("mail-together", args));
    }
    let (accent, on_accent) = theme.accent();
    Parts {
        lang: messages.lang().to_owned(),
        dir: messages.dir(),
        subject,
        title: say("title"),
        opening,
        code: letter.code.clone(),
        facts: facts(letter, messages, &all),
        button: letter
            .link
            .as_ref()
            .map(|url| button(letter.topic, url, messages)),
        closing: if letter.link.is_some() && letter.topic.is_notice() {
            paragraphs(&messages.with("mail-not-me-then", args))
        } else {
            paragraphs(&say("then"))
        },
        foot: letter
            .topic
            .is_notice()
            .then(|| messages.with("mail-foot", args)),
        product,
        accent: accent.to_owned(),
        on_accent: on_accent.to_owned(),
    }
}

/// What the messages of this letter may be filled with.
fn args<'a>(
    letter: &'a Letter,
    messages: &Messages,
    branding: &'a Branding,
    product: &str,
) -> Vec<(&'a str, Arg<'a>)> {
    let mut args: Vec<(&str, Arg)> = vec![
        ("product", Arg::from(product.to_owned())),
        ("support", Arg::from(branding.support.as_str())),
        ("at", Arg::from(in_words(&letter.at.rfc3339(), messages))),
    ];
    if let Some(code) = &letter.code {
        args.push(("code", Arg::from(code.as_str())));
    }
    if let Some(until) = letter.together_until {
        args.push(("until", Arg::from(in_words(&until.rfc3339(), messages))));
    }
    for (name, value) in &letter.values {
        let arg = match (name.as_str(), value.parse::<i64>()) {
            // Chooses a plural form.
            ("left", Ok(number)) => Arg::from(number),
            ("until", _) => Arg::from(until_in_words(value, messages)),
            // An address is to be copied as it stands.
            ("account", _) => Arg::from(one_line(value)),
            _ => Arg::from(unlinked(&one_line(value))),
        };
        args.push((name.as_str(), arg));
    }
    args
}

/// Values of somebody's own choice: they stand on lines of their own, never inside a sentence.
const NAMES: [&str; 8] = [
    "account",
    "label",
    "former",
    "copied",
    "application",
    "reason",
    "kept",
    "removed",
];

/// The lines below what happened, in this order; each is told where the letter has a value for it.
const FACTS: [&str; 11] = [
    "account", "label", "former", "copied", "first", "kept", "removed", "by", "device", "at",
    "reason",
];

fn facts(letter: &Letter, messages: &Messages, args: &[(&str, Arg<'_>)]) -> Vec<Fact> {
    if !letter.topic.is_notice() {
        return Vec::new();
    }
    FACTS
        .into_iter()
        .filter_map(|name| {
            let value = match name {
                "label" => method(letter, ("kind", name), messages, args),
                "former" => method(letter, ("former_kind", name), messages, args),
                "at" => fact(name, messages, args),
                // Whose program sent the request says nothing to the person.
                "device" if letter.values.contains_key("by") => String::new(),
                "device" => fact(name, messages, args),
                _ if has(letter, name) => fact(name, messages, args),
                _ => String::new(),
            };
            let name = messages.text(&format!("mail-fact-{name}"));
            (!value.is_empty()).then_some(Fact { name, value })
        })
        .collect()
}

fn fact(name: &str, messages: &Messages, args: &[(&str, Arg<'_>)]) -> String {
    messages.with(&format!("mail-fact-{name}.value"), args)
}

fn has(letter: &Letter, name: &str) -> bool {
    (letter.values.get(name)).is_some_and(|value| !value.is_empty())
}

/// A method by its kind and its name, as far as the letter knows them: "phone number · •••• 89".
fn method(
    letter: &Letter,
    (kind, name): (&str, &str),
    messages: &Messages,
    args: &[(&str, Arg<'_>)],
) -> String {
    let kind = letter.values.get(kind).map(|kind| {
        let kind = ("kind", Arg::from(kind.as_str()));
        messages.with("mail-method-kind", &[kind])
    });
    let name = has(letter, name).then(|| fact(name, messages, args));
    let parts: Vec<String> = kind.into_iter().chain(name).collect();
    parts.join(" · ")
}

fn button(topic: Topic, url: &str, messages: &Messages) -> Button {
    let (lead, label) = if topic.is_notice() {
        (Some("mail-not-me-lead"), "mail-not-me-button")
    } else {
        (None, "mail-invitation-button")
    };
    Button {
        lead: lead.map(|id| messages.text(id)),
        label: messages.text(label),
        url: url.to_owned(),
    }
}

/// A blank line parts paragraphs; inside one, lines run on.
fn paragraphs(message: &str) -> Vec<String> {
    message
        .split("\n\n")
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|part| !part.is_empty())
        .collect()
}

impl Parts {
    fn text(&self) -> String {
        let indented = |line: &str| format!("    {line}");
        let mut blocks = self.opening.clone();
        blocks.extend(self.code.as_deref().map(indented));
        if !self.facts.is_empty() {
            let lines = self.facts.iter();
            let lines: Vec<String> = lines
                .map(|fact| indented(&format!("{}: {}", fact.name, fact.value)))
                .collect();
            blocks.push(lines.join("\n"));
        }
        if let Some(button) = &self.button {
            blocks.extend(button.lead.clone());
            blocks.push(indented(&button.url));
        }
        blocks.extend(self.closing.iter().cloned());
        blocks.extend(self.foot.clone());
        let mut text = blocks.join("\n\n");
        text.push('\n');
        text
    }
}

/// The end of a wait, to the next whole minute as on the pages: whoever comes then does not come too early.
fn until_in_words(written: &str, messages: &Messages) -> String {
    match Timestamp::from_rfc3339(written) {
        Some(at) => in_words(&at.plus(Duration::from_secs(59)).rfc3339(), messages),
        None => one_line(written),
    }
}

/// "22 Nov 2026, 04:26 UTC" of a moment in RFC 3339, UTC; anything else stays as it is.
fn in_words(written: &str, messages: &Messages) -> String {
    let Some((date, time)) = written.split_once('T') else {
        return one_line(written);
    };
    let mut parts = date
        .splitn(3, '-')
        .map(|part| part.parse::<i64>().unwrap_or(0));
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let day = messages.plain_with(
        "date-day",
        &[
            ("year", Arg::from(year.unwrap_or(0).to_string())),
            ("month", Arg::from(month.unwrap_or(0))),
            ("day", Arg::from(day.unwrap_or(0))),
        ],
    );
    let time: String = time.chars().take(5).collect();
    messages.plain_with(
        "when-exact",
        &[("day", Arg::from(day)), ("time", Arg::from(time))],
    )
}

/// Names and user agents are hostile: no line breaks, no control or direction characters.
fn one_line(value: &str) -> String {
    value
        .chars()
        .filter(|c| !is_deceptive(*c))
        .take(LONGEST_VALUE)
        .collect()
}

/// Mail programs make links of what looks like an address of the web; a name somebody chose must not become one.
fn unlinked(value: &str) -> String {
    const WORD_JOINER: char = '\u{2060}';
    let mut apart = String::with_capacity(value.len());
    let mut characters = value
        .replace("://", ": //")
        .chars()
        .collect::<Vec<_>>()
        .into_iter()
        .peekable();
    while let Some(c) = characters.next() {
        apart.push(c);
        let goes_on = characters.peek().is_some_and(|next| next.is_alphanumeric());
        if matches!(c, '.' | '@') && goes_on {
            apart.push(WORD_JOINER);
        }
    }
    apart
}
