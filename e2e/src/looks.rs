//! What must hold on every page, whatever it is about.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::inspection::violations;

/// Gives the page's faults as a list of sentences.
const FAULTS: &str = r#"(() => {
  const faults = [];
  const shown = (element) => element.checkVisibility();
  const root = document.documentElement;
  const wide = window.WIDTH;
  if (root.scrollWidth > wide) {
    const widest = [...document.body.querySelectorAll("*")]
      .filter((element) => shown(element) && element.getBoundingClientRect().right > wide + 0.5)
      .slice(0, 3).map((element) => `<${element.localName} class="${element.className}">`);
    faults.push(`the page is ${root.scrollWidth} px wide on a screen of ${wide} px (${widest.join(", ")})`);
  }
  const titles = [...document.querySelectorAll("h1")].filter(shown);
  if (titles.length !== 1) faults.push(`${titles.length} headings of the first level`);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!shown(field)) continue;
    const named = [...(field.labels ?? [])].some((label) => label.textContent.trim());
    if (!named && !field.getAttribute("aria-label")) faults.push(`a field without a label: ${field.name}`);
  }
  for (const control of document.querySelectorAll("button, a[href], summary")) {
    const name = control.textContent.trim() || control.getAttribute("aria-label") || control.querySelector("img[alt]")?.alt;
    if (!name) faults.push(`a nameless control: ${control.outerHTML.slice(0, 120)}`);
  }
  for (const image of document.images) if (!image.hasAttribute("alt")) faults.push("a picture without alt");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`two elements with the id ${id}`);
  for (const element of document.querySelectorAll("[aria-describedby], [aria-labelledby], [aria-controls]"))
    for (const name of ["aria-describedby", "aria-labelledby", "aria-controls"])
      for (const id of (element.getAttribute(name) ?? "").split(/\s+/).filter(Boolean))
        if (!document.getElementById(id)) faults.push(`${name} names ${id}, which is not there`);
  if (!root.lang) faults.push("no language");
  if (!document.title.trim()) faults.push("no title");
  if (/[{\u2068]\s*\$|\bUnknown (message|variable)|Option\(|Some\(/.test(document.body.innerText)) faults.push("raw text of a program");
  return faults;
})()"#;

/// Fails with every fault of the page that is open.
pub(crate) async fn check(driver: &WebDriver, width: u32, scripts: bool) -> Result<()> {
    let script = FAULTS.replace("window.WIDTH", &width.to_string());
    let mut faults: Vec<String> = match evaluate(driver, &script).await? {
        Value::Array(found) => found.iter().map(Value::to_string).collect(),
        other => bail!("the page could not be looked at: {other}"),
    };
    faults.extend(violations(driver, scripts).await?);
    faults.extend(complaints(driver).await?);
    if !faults.is_empty() {
        let url = driver.current_url().await?;
        bail!("{url}:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Runs a script by the developer tools, which works too where the page's own scripts are switched off.
pub(crate) async fn evaluate(driver: &WebDriver, script: &str) -> Result<Value> {
    let question = json!({
        "expression": script, "returnByValue": true, "awaitPromise": true, "userGesture": true
    });
    let answer = driver.cdp().send_raw("Runtime.evaluate", question).await?;
    if let Some(error) = answer.get("exceptionDetails") {
        bail!("{error}");
    }
    let value = answer.pointer("/result/value");
    Ok(value.cloned().unwrap_or_default())
}

/// What the browser complained about since it was last asked: errors of scripts, and what the content security policy stopped.
async fn complaints(driver: &WebDriver) -> Result<Vec<String>> {
    let log = driver.browser_log().await?;
    let complaints = log.into_iter().filter(|entry| {
        // A form with a mistake is answered with 422; the browser notes every such answer.
        let answered = entry.source.as_deref() == Some("network")
            && entry.message.contains("responded with a status of 4");
        entry.level == "SEVERE" && !answered
    });
    Ok(complaints.map(|entry| entry.message).collect())
}
