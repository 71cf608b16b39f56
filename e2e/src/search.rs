//! Finding things on a page as a screen reader names them.

use anyhow::Result;
use http::Method;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::*;
use thirtyfour::{RequestData, SessionId};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Button,
    Link,
    Field,
    Tick,
    Choice,
    Picture,
}

impl Role {
    /// What could have the role; the name decides.
    fn candidates(self) -> &'static str {
        match self {
            Self::Button => "button, summary, input[type=submit], [role=button]",
            Self::Link => "a[href]",
            Self::Field => {
                "input:not([type=hidden]):not([type=checkbox]):not([type=radio]), select, textarea"
            }
            Self::Tick => "input[type=checkbox]",
            Self::Choice => "input[type=radio]",
            Self::Picture => "img, [role=img]",
        }
    }
}

/// Everything visible with a role and a name.
pub(crate) async fn all_named(
    driver: &WebDriver,
    role: Role,
    name: &str,
) -> Result<Vec<WebElement>> {
    let mut found = Vec::new();
    for element in candidates(driver, role).await? {
        if computed_name(driver, &element).await? == name && element.is_displayed().await? {
            found.push(element);
        }
    }
    Ok(found)
}

/// The names of everything visible with a role, for messages.
pub(crate) async fn names(driver: &WebDriver, role: Role) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for element in candidates(driver, role).await? {
        if element.is_displayed().await? {
            names.push(computed_name(driver, &element).await?);
        }
    }
    Ok(names)
}

/// What could have the role; while a dialog is open, only what is in it can be reached.
async fn candidates(driver: &WebDriver, role: Role) -> Result<Vec<WebElement>> {
    let all = By::Css(role.candidates());
    match driver.find_all(By::Css("dialog[open]")).await?.pop() {
        Some(dialog) => Ok(dialog.find_all(all).await?),
        None => Ok(driver.find_all(all).await?),
    }
}

/// The accessible name, by the browser's own computation (WebDriver "Get Computed Label").
async fn computed_name(driver: &WebDriver, element: &WebElement) -> Result<String> {
    let question = ComputedLabel(element.element_id().to_string());
    let name: String = driver.cmd(question).await?.value()?;
    Ok(name.trim().to_owned())
}

#[derive(Debug)]
struct ComputedLabel(String);

impl FormatRequestData for ComputedLabel {
    fn format_request(&self, session: &SessionId) -> RequestData {
        RequestData::new(
            Method::GET,
            format!("session/{session}/element/{}/computedlabel", self.0),
        )
    }
}
