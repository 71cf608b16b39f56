//! One page, looked at as everybody may have it: light and dark, from 320 px to a desk, zoomed, turned, without motion.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::looks::{self, evaluate};
use crate::person::Person;

/// axe-core as its makers ship it; see `e2e/vendor/axe-core`.
const AXE: &str = include_str!("../vendor/axe-core/axe.min.js");

/// What axe-core finds, one sentence for each element.
const VIOLATIONS: &str = r#"(async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document.querySelector("dialog:modal, details.menu[open]") ?? document, { resultTypes: ["violations"], runOnly: { type: "tag", values: tags } });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => {
    const why = [...node.any, ...node.all].map((check) => check.message).join("; ");
    return `${rule.id}: ${node.html.slice(0, 140)}: ${why}`;
  }));
})()"#;

/// What does not fit: sideways scrolling, controls over controls, targets too small for a thumb, words of headings and masked numbers on two lines.
const LAYOUT: &str = r#"(() => {
  const faults = [], wide = WIDTH, root = document.documentElement;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (element) => `<${element.localName} ${element.className}> ${(element.textContent || element.value || "").trim().slice(0, 40)}`;
  const modal = document.querySelector("dialog:modal");
  if (root.scrollWidth > wide || document.body.scrollWidth > wide) {
    const widest = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return shown(element) && (box.right > wide + 0.5 || box.left < -0.5) && !element.closest(".skip, .unseen");
    });
    faults.push(`${root.scrollWidth} px wide: ${widest.slice(0, 3).map(name).join(" | ")}`);
  }
  const controls = [...(modal ?? document).querySelectorAll("a[href], button, summary, input:not([type=hidden]), select")]
    .filter((element) => shown(element) && !element.matches(".skip"));
  const boxes = controls.map((element) => [element, element.getBoundingClientRect()]);
  for (const [element, box] of boxes) {
    if (box.width < 1 || box.height < 1) { faults.push(`nothing of ${name(element)} is seen`); continue; }
    // WCAG 2.5.8: a link in a sentence is as high as its line; a box is pressed by its whole label; a card by its whole face.
    const inline = element.localName === "a" && getComputedStyle(element).display.startsWith("inline") && !element.matches(".button, .target, .icon-link") && !element.closest(".links, .menu-list");
    const label = element.matches("[type=checkbox], [type=radio]") ? element.closest("label").getBoundingClientRect() : box;
    const face = element.closest(".choice");
    if (inline || face) continue;
    if (label.height < 43.9 || label.width < 23.9) faults.push(`${name(element)} is ${Math.round(label.width)} by ${Math.round(label.height)} px`);
  }
  for (const [one, a] of boxes) for (const [other, b] of boxes) {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across <= 1 || down <= 1 || one === other || one.contains(other) || other.contains(one)) continue;
    if (one.closest(".menu-list") || other.closest(".menu-list")) continue;
    if (one.compareDocumentPosition(other) & 4) faults.push(`${name(one)} lies over ${name(other)}`);
  }
  for (const element of [...document.querySelectorAll("h1, h2, .item-text strong, .links a, .button")].filter(shown)) {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) for (const part of text.data.matchAll(/•••• \d+|(?<![^\s-])[^\s-]{1,20}(?![^\s-])/g)) {
      const range = document.createRange();
      range.setStart(text, part.index);
      range.setEnd(text, part.index + part[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) faults.push(`“${part[0]}” is cut in ${name(element)}`);
    }
  }
  return faults;
})()"#;

/// What still moves.
const MOTION: &str = r#"(() => {
  const moving = document.getAnimations().map((animation) => `${animation.effect?.target?.localName} moves`);
  for (const element of document.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    if (style.animationName !== "none" || style.transitionDuration.split(",").some((time) => parseFloat(time) > 0 && style.transitionProperty !== "none")) moving.push(`<${element.localName} ${element.className}> moves`);
  }
  return moving.slice(0, 3);
})()"#;

impl Person {
    /// What is wrong with the page that is open, in every way it may be looked at; keeps three pictures of it. An empty list is a page
    /// to show. Changes nothing on the page.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn inspects(&self, at: &str) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for (look, width, height, dark) in [
            ("phone-dark", 390, 844, true),
            ("phone-light", 390, 844, false),
            ("desktop-light", 1280, 900, false),
        ] {
            self.is_shown(width, height, dark).await?;
            self.picture(&format!("pages/{at}-{look}")).await?;
            // The colours of the light look are the same on a desk.
            if look != "phone-light" {
                let found = violations(self.driver(), true).await?;
                faults.extend(found.into_iter().map(|fault| format!("{look}: {fault}")));
            }
            faults.extend(self.fits(look, width).await?);
        }
        // 320 by 225 is what a window of 1280 by 900 has left at 400 % zoom.
        for (look, width, height) in [("zoomed", 320, 225), ("tablet", 768, 1024)] {
            self.is_shown(width, height, false).await?;
            faults.extend(self.fits(look, width).await?);
        }
        evaluate(self.driver(), "document.documentElement.dir = 'rtl'").await?;
        for (look, width) in [("turned", 320), ("turned", 1280)] {
            self.is_shown(width, 844, false).await?;
            faults.extend(self.fits(look, width).await?);
        }
        evaluate(self.driver(), "document.documentElement.dir = 'ltr'").await?;
        let moving = texts(self.driver(), MOTION).await?;
        faults.extend(moving.into_iter().map(|fault| format!("still: {fault}")));
        self.is_shown(390, 844, false).await?;
        let named = |fault| format!("{at}: {fault}");
        Ok(faults.into_iter().map(named).collect())
    }

    /// What the page reads on paper; keeps a picture of the sheet.
    ///
    /// # Errors
    /// When the browser fails.
    pub async fn prints(&self, at: &str) -> Result<String> {
        self.is_shown(794, 1123, true).await?;
        let paper = json!({"media": "print"});
        let driver = self.driver();
        driver
            .cdp()
            .send_raw("Emulation.setEmulatedMedia", paper)
            .await?;
        self.picture(&format!("pages/{at}-desktop-light")).await?;
        let read = evaluate(driver, "document.body.innerText").await?;
        let screen = json!({"media": ""});
        driver
            .cdp()
            .send_raw("Emulation.setEmulatedMedia", screen)
            .await?;
        self.is_shown(390, 844, false).await?;
        Ok(read.as_str().unwrap_or_default().to_owned())
    }

    async fn fits(&self, look: &str, width: u32) -> Result<Vec<String>> {
        let script = LAYOUT.replace("WIDTH", &width.to_string());
        let found = texts(self.driver(), &script).await?;
        let named = |fault| format!("{look} {width} px: {fault}");
        Ok(found.into_iter().map(named).collect())
    }

    /// Another window, another scheme; motion is not wished for, so that nothing is halfway when it is looked at.
    async fn is_shown(&self, width: u32, height: u32, dark: bool) -> Result<()> {
        let colours = if dark { "dark" } else { "light" };
        for (command, parameters) in [
            (
                "Emulation.setDeviceMetricsOverride",
                json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}),
            ),
            (
                "Emulation.setEmulatedMedia",
                json!({"features": [
                    {"name": "prefers-color-scheme", "value": colours},
                    {"name": "prefers-reduced-motion", "value": "reduce"}
                ]}),
            ),
        ] {
            let answer = self.driver().cdp().send_raw(command, parameters).await;
            answer.with_context(|| command.to_owned())?;
        }
        Ok(())
    }
}

/// What axe-core finds on the page that is open. Where the page runs no `scripts` they are let in for axe-core alone: the page's own
/// were passed over when it was loaded.
pub(crate) async fn violations(driver: &WebDriver, scripts: bool) -> Result<Vec<String>> {
    if scripts {
        return axe(driver).await;
    }
    forbid_scripts(driver, false).await?;
    let found = axe(driver).await;
    forbid_scripts(driver, true).await?;
    found
}

async fn forbid_scripts(driver: &WebDriver, value: bool) -> Result<()> {
    let parameters = json!({ "value": value });
    let command = "Emulation.setScriptExecutionDisabled";
    driver.cdp().send_raw(command, parameters).await?;
    Ok(())
}

async fn axe(driver: &WebDriver) -> Result<Vec<String>> {
    if looks::evaluate(driver, "typeof axe").await? == "undefined" {
        evaluate(driver, &format!("{AXE};0")).await?;
    }
    texts(driver, VIOLATIONS).await
}

async fn texts(driver: &WebDriver, script: &str) -> Result<Vec<String>> {
    match evaluate(driver, script).await? {
        Value::Array(found) => Ok(found
            .iter()
            .map(|one| one.as_str().unwrap_or_default().to_owned())
            .collect()),
        other => bail!("the page could not be looked at: {other}"),
    }
}
