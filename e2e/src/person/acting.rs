//! What people do with a browser.

use anyhow::{Context as _, Result, bail, ensure};
use thirtyfour::prelude::*;

use super::Person;
use crate::looks;
use crate::search::{Role, all_named};
use crate::until::until;

impl Person {
    /// Types an address of the product.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn goes_to(&self, path: &str) -> Result<()> {
        Ok(self.browser.goto(format!("{}{path}", self.home)).await?)
    }

    /// Reloads the page.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn reloads(&self) -> Result<()> {
        Ok(self.browser.refresh().await?)
    }

    /// Goes back one page.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn goes_back(&self) -> Result<()> {
        Ok(self.browser.back().await?)
    }

    /// Types into the field with this label, instead of what is in it.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn fills(&self, label: &str, text: &str) -> Result<()> {
        self.doing(Role::Field, label, async |field| {
            field.clear().await?;
            field.send_keys(text).await?;
            Ok(())
        })
        .await
    }

    /// Presses a button once it can be pressed.
    ///
    /// # Errors
    /// When there is no such button, or it stays disabled.
    pub async fn presses(&self, name: &str) -> Result<()> {
        self.doing(Role::Button, name, async |button| {
            ensure!(button.is_enabled().await?, "it is disabled");
            Ok(button.click().await?)
        })
        .await
    }

    /// Presses a button of a form whose fields the browser would not let through: what an old browser sends.
    ///
    /// # Errors
    /// When there is no such button.
    pub async fn submits_without_asking(&self, name: &str) -> Result<()> {
        let unasking = "for (const form of document.forms) form.noValidate = true";
        looks::evaluate(&self.browser, unasking).await?;
        self.presses(name).await
    }

    /// Follows a link.
    ///
    /// # Errors
    /// When there is no such link.
    pub async fn follows(&self, name: &str) -> Result<()> {
        self.doing(Role::Link, name, async |link| Ok(link.click().await?))
            .await
    }

    /// Sets a tick.
    ///
    /// # Errors
    /// When there is no such box.
    pub async fn ticks(&self, label: &str) -> Result<()> {
        self.doing(Role::Tick, label, async |tick| Ok(tick.click().await?))
            .await
    }

    /// Chooses one of several.
    ///
    /// # Errors
    /// When there is no such choice.
    pub async fn chooses(&self, label: &str) -> Result<()> {
        self.doing(Role::Choice, label, async |choice| {
            Ok(choice.click().await?)
        })
        .await
    }

    /// Presses keys, wherever the focus is.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn types(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.browser.active_element().await?.send_keys(keys).await?)
    }

    /// Finds one thing and does something with it; again, when the page changed in between.
    async fn doing(
        &self,
        role: Role,
        name: &str,
        act: impl AsyncFn(&WebElement) -> Result<()>,
    ) -> Result<()> {
        let done = until(&format!("{role:?} {name:?}"), async || {
            let found = all_named(&self.browser, role, name).await?;
            match found.as_slice() {
                [] => Ok(None),
                [one] => act(one).await.map(Some),
                several => bail!("there are {} of that name", several.len()),
            }
        })
        .await;
        self.or_picture_and_names(done, role).await
    }

    /// Plugs a security key in, as Chromium's own virtual one (Chrome DevTools Protocol, domain WebAuthn). Its touch comes by itself; the
    /// name it is taken out by.
    ///
    /// # Errors
    /// When Chromium refuses.
    pub async fn plugs_in_a_key(&self) -> Result<String> {
        let cdp = self.driver().cdp();
        let nothing = serde_json::json!({});
        cdp.send_raw("WebAuthn.enable", nothing).await?;
        let key = serde_json::json!({"options": {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": false,
            "hasUserVerification": false,
            "automaticPresenceSimulation": true,
        }});
        let answer = cdp
            .send_raw("WebAuthn.addVirtualAuthenticator", key)
            .await?;
        let id = answer.get("authenticatorId").and_then(|id| id.as_str());
        Ok(id.context("no key was plugged in")?.to_owned())
    }

    /// Takes a key out again.
    ///
    /// # Errors
    /// When Chromium refuses.
    pub async fn takes_out(&self, key: &str) -> Result<()> {
        let which = serde_json::json!({"authenticatorId": key});
        let cdp = self.driver().cdp();
        cdp.send_raw("WebAuthn.removeVirtualAuthenticator", which)
            .await?;
        Ok(())
    }
}
