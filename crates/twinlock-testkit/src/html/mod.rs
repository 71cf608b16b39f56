//! Pages as a person sees them: headings, texts, links, forms with their fields found by label.
//!
//! Reads the markup our templates write (every element closed, attributes quoted), not everything a browser would forgive: markup that
//! does not nest is an error, so that a template's slip is found here.

mod form;
mod parse;

use anyhow::{Context as _, Result};

pub use form::{Button, Field, Form};
use parse::parse;

/// A parsed page.
#[derive(Clone, Debug)]
pub struct Page {
    root: Element,
}

/// One element and what is in it.
#[derive(Clone, Debug, Default)]
pub struct Element {
    /// Its name in lower case.
    pub name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

#[derive(Clone, Debug)]
enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Its text and that of everything in it, white space collapsed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut raw = String::new();
        self.collect_text(&mut raw);
        raw.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn collect_text(&self, into: &mut String) {
        for child in &self.children {
            match child {
                Node::Text(text) => into.push_str(text),
                Node::Element(element) if matches!(element.name.as_str(), "script" | "style") => {}
                Node::Element(element) => {
                    let apart = !INLINE.contains(&element.name.as_str());
                    if apart {
                        into.push(' ');
                    }
                    element.collect_text(into);
                    if apart {
                        into.push(' ');
                    }
                }
            }
        }
    }

    /// Every element below this one for which `wanted` holds, in the order of the page.
    #[must_use]
    pub fn find_all(&self, wanted: &dyn Fn(&Element) -> bool) -> Vec<&Element> {
        let mut found = Vec::new();
        self.collect(wanted, &mut found);
        found
    }

    fn collect<'a>(&'a self, wanted: &dyn Fn(&Element) -> bool, found: &mut Vec<&'a Element>) {
        for child in &self.children {
            if let Node::Element(element) = child {
                if wanted(element) {
                    found.push(element);
                }
                element.collect(wanted, found);
            }
        }
    }

    fn named(&self, name: &str) -> Vec<&Element> {
        self.find_all(&|element| element.name == name)
    }

    /// What a screen reader calls it.
    fn accessible_name(&self) -> String {
        self.attribute("aria-label")
            .map_or_else(|| self.text(), str::to_owned)
    }
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// When its elements do not nest.
    pub fn parse(html: &str) -> Result<Self> {
        Ok(Self { root: parse(html)? })
    }

    /// The whole page.
    #[must_use]
    pub fn root(&self) -> &Element {
        &self.root
    }

    /// Everything that can be read on it.
    #[must_use]
    pub fn text(&self) -> String {
        self.root
            .named("body")
            .first()
            .map_or_else(|| self.root.text(), |body| body.text())
    }

    /// The page's title.
    #[must_use]
    pub fn title(&self) -> String {
        self.first_text("title")
    }

    /// The page's main heading.
    #[must_use]
    pub fn heading(&self) -> String {
        self.first_text("h1")
    }

    fn first_text(&self, name: &str) -> String {
        self.root
            .named(name)
            .first()
            .map(|element| element.text())
            .unwrap_or_default()
    }

    /// Every link: its text and where it leads.
    #[must_use]
    pub fn links(&self) -> Vec<(String, String)> {
        let links = self
            .root
            .find_all(&|element| element.name == "a" && element.attribute("href").is_some());
        links
            .iter()
            .map(|link| {
                let href = link.attribute("href").unwrap_or_default();
                (link.accessible_name(), href.to_owned())
            })
            .collect()
    }

    /// Where the link with this text leads.
    ///
    /// # Errors
    /// When there is none.
    pub fn link(&self, text: &str) -> Result<String> {
        let links = self.links();
        let found = links.iter().find(|(label, _)| label == text);
        let (_, href) = found.with_context(|| format!("no link {text:?} among {links:?}"))?;
        Ok(href.clone())
    }

    /// Every form.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        self.root
            .named("form")
            .into_iter()
            .map(|form| self.form(form))
            .collect()
    }

    /// The number of the form with a button of this name, and the button.
    ///
    /// # Errors
    /// When no form has one.
    pub fn button(&self, label: &str) -> Result<(usize, Button)> {
        let forms = self.forms();
        let found = forms.iter().enumerate().find_map(|(n, form)| {
            let button = form.buttons.iter().find(|button| button.label == label)?;
            Some((n, button.clone()))
        });
        found.with_context(|| {
            let all: Vec<&str> = forms
                .iter()
                .flat_map(|form| &form.buttons)
                .map(|button| button.label.as_str())
                .collect();
            format!("no button {label:?} among {all:?} on {:?}", self.heading())
        })
    }

    /// The codes in a numbered list of codes, such as a sheet of backup codes.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        self.root
            .named("code")
            .into_iter()
            .filter(|code| code.attribute("data-line").is_some())
            .map(Element::text)
            .collect()
    }

    fn form(&self, form: &Element) -> Form {
        let is_field = |element: &Element| {
            matches!(element.name.as_str(), "input" | "select" | "textarea")
                && element.attribute("name").is_some()
        };
        let own_id = form.attribute("id");
        let sends = |element: &Element| {
            element.name == "button" && element.attribute("type") != Some("button")
        };
        let mut buttons = form.find_all(&sends);
        buttons.extend(self.root.find_all(&|element| {
            sends(element) && own_id.is_some() && element.attribute("form") == own_id
        }));
        Form {
            action: form.attribute("action").unwrap_or_default().to_owned(),
            method: form
                .attribute("method")
                .unwrap_or("get")
                .to_ascii_lowercase(),
            fields: form
                .find_all(&is_field)
                .into_iter()
                .map(|field| self.field(form, field))
                .collect(),
            buttons: buttons.into_iter().map(button).collect(),
        }
    }

    fn field(&self, form: &Element, field: &Element) -> Field {
        let kind = match field.name.as_str() {
            "input" => field.attribute("type").unwrap_or("text"),
            other => other,
        };
        let ticks = matches!(kind, "checkbox" | "radio");
        let value = match field.name.as_str() {
            "textarea" => field.text(),
            "select" => chosen(field),
            _ => field
                .attribute("value")
                .unwrap_or(if ticks { "on" } else { "" })
                .to_owned(),
        };
        Field {
            name: field.attribute("name").unwrap_or_default().to_owned(),
            label: self.label_of(form, field),
            kind: kind.to_owned(),
            value,
            checked: field.attribute("checked").is_some(),
            error: self.error_of(field),
        }
    }

    fn label_of(&self, form: &Element, field: &Element) -> String {
        if let Some(id) = field.attribute("id") {
            let labels = self.root.find_all(&|element| {
                element.name == "label" && element.attribute("for") == Some(id)
            });
            if let Some(label) = labels.first() {
                return label.text();
            }
        }
        let around = form.find_all(&|element| {
            element.name == "label"
                && element.find_all(&|inner| std::ptr::eq(inner, field)).len() == 1
        });
        let by_label = around.first().map(|label| label.text());
        by_label.unwrap_or_else(|| field.attribute("aria-label").unwrap_or_default().to_owned())
    }

    fn error_of(&self, field: &Element) -> String {
        let described = field.attribute("aria-describedby").unwrap_or_default();
        let ids: Vec<&str> = described
            .split_whitespace()
            .filter(|id| id.ends_with("-error"))
            .collect();
        self.root
            .find_all(&|element| element.attribute("id").is_some_and(|id| ids.contains(&id)))
            .first()
            .map(|element| element.text())
            .unwrap_or_default()
    }
}

fn button(element: &Element) -> Button {
    Button {
        label: element.accessible_name(),
        value: element.attribute("name").map(|name| {
            let value = element.attribute("value").unwrap_or_default();
            (name.to_owned(), value.to_owned())
        }),
        action: element.attribute("formaction").map(str::to_owned),
    }
}

fn chosen(select: &Element) -> String {
    let options = select.named("option");
    let option = options
        .iter()
        .find(|option| option.attribute("selected").is_some())
        .or(options.first());
    option
        .map(|option| {
            option
                .attribute("value")
                .map_or_else(|| option.text(), str::to_owned)
        })
        .unwrap_or_default()
}

/// Elements that do not part the words around them.
const INLINE: &[&str] = &[
    "a", "b", "bdi", "code", "em", "i", "small", "span", "strong", "time",
];

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><html><head><title>Sign in · T</title><script src="x"></script></head><body>
        <!-- note --><h1>Sign <bdi>in</bdi></h1><form method="post" action="/sign-in"><input type="hidden" name="return_to" value="/a?b=1&amp;c">
        <label for="email">Email</label><input id="email" name="email" aria-describedby="email-error email-hint"><p id="email-error">Wrong</p>
        <label><input name="saved" type="checkbox" value="yes"> <span>I saved these codes</span></label>
        <button type="button">Show</button><button name="go" value="1">Continue</button></form><a href="/x">Use a&#x20;code</a></body></html>"#;

    #[test]
    fn a_form_is_filled_by_what_people_read() -> Result<()> {
        let page = Page::parse(PAGE)?;
        assert_eq!(
            (page.heading().as_str(), page.title().as_str()),
            ("Sign in", "Sign in · T")
        );
        assert_eq!(page.link("Use a code")?, "/x");
        let (n, button) = page.button("Continue")?;
        let mut form = page.forms().remove(n);
        assert_eq!(form.fields[1].error, "Wrong");
        form.fill("Email", "ann@example.org")?;
        form.fill("I saved these codes", "yes")?;
        let sent: Vec<String> = form
            .values(&button)
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        assert_eq!(
            sent,
            [
                "return_to=/a?b=1&c",
                "email=ann@example.org",
                "saved=yes",
                "go=1"
            ]
        );
        assert!(page.button("Show").is_err());
        Ok(())
    }

    #[test]
    fn markup_that_does_not_nest_is_an_error() {
        assert!(Page::parse("<p><b></p></b>").is_err());
        assert!(Page::parse("<p>").is_err());
        assert!(Page::parse("</p>").is_err());
        assert!(Page::parse("<p a=b></p>").is_err());
    }
}
