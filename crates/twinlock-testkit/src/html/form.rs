//! Forms as people fill them in.

use anyhow::{Context as _, Result};

/// A form, with what it would send if nothing were typed.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes; empty for the page itself.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its buttons.
    pub buttons: Vec<Button>,
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// What a person calls it; empty for a hidden one.
    pub label: String,
    /// `text`, `password`, `checkbox`, `radio`, `hidden`, …
    pub kind: String,
    /// What stands in it.
    pub value: String,
    /// Whether a box or circle is ticked.
    pub checked: bool,
    /// What is said to be wrong with it.
    pub error: String,
}

/// A button that sends a form.
#[derive(Clone, Debug)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// Its own name and value, sent when it is the one pressed.
    pub value: Option<(String, String)>,
    /// Where it goes instead of the form's own action.
    pub action: Option<String>,
}

impl Form {
    /// What the form sends when this button is pressed.
    #[must_use]
    pub fn values(&self, pressed: &Button) -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> = self
            .fields
            .iter()
            .filter(|field| field.checked || !matches!(field.kind.as_str(), "checkbox" | "radio"))
            .map(|field| (field.name.clone(), field.value.clone()))
            .collect();
        values.extend(pressed.value.clone());
        values
    }

    /// Types into the field with this label, or ticks it.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn fill(&mut self, label: &str, text: &str) -> Result<()> {
        let known: Vec<String> = self
            .fields
            .iter()
            .map(|field| field.label.clone())
            .collect();
        let at = self
            .fields
            .iter()
            .position(|field| field.label == label)
            .with_context(|| format!("no field {label:?} among {known:?}"))?;
        let group = self.fields.get(at).map(|field| field.name.clone());
        for (n, field) in self.fields.iter_mut().enumerate() {
            match field.kind.as_str() {
                "radio" if Some(&field.name) == group.as_ref() => field.checked = n == at,
                "checkbox" if n == at => field.checked = text != "no",
                _ if n == at => text.clone_into(&mut field.value),
                _ => {}
            }
        }
        Ok(())
    }
}
