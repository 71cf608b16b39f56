//! What people find on a page.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use thirtyfour::prelude::*;

use super::Person;
use crate::looks;
use crate::phone::Phone;
use crate::search::{Role, all_named};
use crate::until::until;

impl Person {
    /// The path and query of the page that is open.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn path(&self) -> Result<String> {
        let url = self.browser.current_url().await?;
        let query = url.query().map(|query| format!("?{query}"));
        Ok(format!("{}{}", url.path(), query.unwrap_or_default()))
    }

    /// What stands in the field with this label.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn value_of(&self, label: &str) -> Result<String> {
        let field = self.the(Role::Field, label).await?;
        Ok(field.prop("value").await?.unwrap_or_default())
    }

    /// Where a link leads, without following it.
    ///
    /// # Errors
    /// When there is no such link.
    pub async fn address_of(&self, name: &str) -> Result<String> {
        let link = self.the(Role::Link, name).await?;
        link.attr("href")
            .await?
            .context("a link without an address")
    }

    /// The words of what has the focus: a field's label, a button's text.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn focus(&self) -> Result<String> {
        let script = "(() => { const it = document.activeElement;
            return (it.labels?.[0] ?? it).textContent.trim() || it.getAttribute('aria-label') || it.localName; })()";
        let focus = looks::evaluate(&self.browser, script).await?;
        Ok(focus.as_str().unwrap_or_default().to_owned())
    }

    /// Waits for the page with this heading.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn reads_heading(&self, heading: &str) -> Result<()> {
        let found = until(&format!("the heading {heading:?}"), async || {
            let titles = By::Css("dialog[open] #dialog-title, body:not(:has(dialog[open])) h1");
            let title = self.browser.find(titles).await?.text().await?;
            Ok((title == heading).then_some(()))
        })
        .await;
        self.or_picture(found).await
    }

    /// Waits for words on the page.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn reads(&self, words: &str) -> Result<()> {
        let found = until(&format!("the words {words:?}"), async || {
            Ok(self.text().await?.contains(words).then_some(()))
        })
        .await;
        self.or_picture(found).await
    }

    /// Everything that can be read on the page.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn text(&self) -> Result<String> {
        // A page that is just being replaced is read once it is there.
        until("a page to read", async || {
            let body = self.browser.find(By::Tag("body")).await?;
            Ok(Some(body.text().await?))
        })
        .await
    }

    /// What a part of the page says, where it has neither role nor name.
    ///
    /// # Errors
    /// When there is no such part.
    pub async fn part(&self, css: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for element in self.browser.find_all(By::Css(css)).await? {
            texts.push(element.text().await?);
        }
        Ok(texts)
    }

    /// An attribute of the first such part, for what can neither be read nor pressed.
    ///
    /// # Errors
    /// When there is no such part, or it lacks the attribute.
    pub async fn attribute(&self, css: &str, name: &str) -> Result<String> {
        let element = self.browser.find(By::Css(css)).await?;
        let value = element.attr(name).await?;
        value.with_context(|| format!("{css} has no {name}"))
    }

    /// Whether there is a field of that label now.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn has_field(&self, label: &str) -> Result<bool> {
        let found = all_named(&self.browser, Role::Field, label).await?;
        Ok(!found.is_empty())
    }

    /// Whether there is a button of that name now.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn has_button(&self, name: &str) -> Result<bool> {
        Ok(!all_named(&self.browser, Role::Button, name)
            .await?
            .is_empty())
    }

    /// Whether there is a link of that name now.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn has_link(&self, name: &str) -> Result<bool> {
        Ok(!all_named(&self.browser, Role::Link, name).await?.is_empty())
    }

    /// Whether the button of that name can be pressed.
    ///
    /// # Errors
    /// When there is no such button.
    pub async fn can_press(&self, name: &str) -> Result<bool> {
        Ok(self.the(Role::Button, name).await?.is_enabled().await?)
    }

    /// Scans the QR code as it is painted on the screen.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub async fn scans_the_qr_code(&self) -> Result<Phone> {
        let picture = self.the(Role::Picture, "QR code").await?;
        Phone::scan(&picture.screenshot_as_png().await?)
    }

    /// What the clipboard holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn clipboard(&self) -> Result<String> {
        let text = looks::evaluate(&self.browser, "navigator.clipboard.readText()").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Runs a script in the page, for what no person could see or do.
    ///
    /// # Errors
    /// When it throws.
    pub async fn evaluates(&self, script: &str) -> Result<Value> {
        looks::evaluate(&self.browser, script).await
    }

    /// The one file that was downloaded, by name and text; waits for it.
    ///
    /// # Errors
    /// When none comes.
    pub async fn downloaded(&self) -> Result<(String, String)> {
        until("a downloaded file", async || {
            let file = std::fs::read_dir(self.downloads.path())?
                .next()
                .transpose()?;
            let Some(file) = file else { return Ok(None) };
            let name = file.file_name().to_string_lossy().into_owned();
            if name.ends_with(".crdownload") || name.starts_with('.') {
                return Ok(None);
            }
            Ok(Some((name, std::fs::read_to_string(file.path())?)))
        })
        .await
    }

    async fn the(&self, role: Role, name: &str) -> Result<WebElement> {
        let found = until(&format!("{role:?} {name:?}"), async || {
            let mut found = all_named(&self.browser, role, name).await?;
            ensure!(found.len() < 2, "there are {} of that name", found.len());
            Ok(found.pop())
        })
        .await;
        self.or_picture_and_names(found, role).await
    }
}
