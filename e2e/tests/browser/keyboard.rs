//! The whole story with Tab, Enter and Space alone, and what no script may be needed for.

use anyhow::{Result, ensure};
use e2e::{Browsing, Demo, Person, Phone};
use thirtyfour::Key;

use crate::steps::{PASSWORD, sign_up};

/// More stops than any page has.
const MOST_STOPS: usize = 40;

/// E13: turning it on, signing out and signing in again without a mouse; the focus is always seen and never jumps back up the page.
#[tokio::test]
async fn the_keyboard_is_enough_for_the_whole_story() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "keys", Browsing::DESKTOP).await?;
    sign_up(&demo, &person, "keys@example.org").await?;
    tab_to(&person, "Enable").await?;
    person.types(Key::Enter).await?;
    tab_to(&person, "Use authentication app").await?;
    person.types(Key::Enter).await?;
    person.reads("Step 1 of 3").await?;
    tab_to(&person, "Continue").await?;
    person.types(Key::Space).await?;
    person.reads("Step 2 of 3").await?;
    let phone = person.scans_the_qr_code().await?;
    tab_to(&person, "Continue").await?;
    person.types(Key::Enter).await?;
    person.reads("Step 3 of 3").await?;
    assert_eq!(
        person.focus().await?,
        "Code",
        "the cursor waits in the field"
    );
    person.types("000000").await?;
    person.types(Key::Enter).await?;
    person.reads("That code did not match.").await?;
    assert_eq!(
        person.focus().await?,
        "Code",
        "and in the field with the mistake"
    );
    person.types(demo.code_on(&phone).await?).await?;
    person.types(Key::Enter).await?;
    person
        .reads_heading("Two-factor authentication is on.")
        .await?;
    tab_to(&person, "I saved these codes").await?;
    person.types(Key::Space).await?;
    tab_to(&person, "Done").await?;
    person.types(Key::Enter).await?;
    person.reads("10 of 10 left").await?;
    a_dialog(&person).await?;
    back_in(&demo, &person, &phone).await
}

/// A confirmation opens over the page, keeps the focus inside, and Escape closes it.
async fn a_dialog(person: &Person) -> Result<()> {
    tab_to(person, "Make new codes").await?;
    person.types(Key::Enter).await?;
    person.reads_heading("Make new backup codes?").await?;
    for _ in 0..4 {
        person.types(Key::Tab).await?;
        let inside = person
            .evaluates("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
            .await?;
        ensure!(inside == true, "the focus left the dialog");
    }
    person.types(Key::Escape).await?;
    person.reads_heading("Security").await?;
    assert_eq!(person.focus().await?, "Make new codes", "back where it was");
    Ok(())
}

async fn back_in(demo: &Demo, person: &Person, phone: &Phone) -> Result<()> {
    person.goes_to("/settings/security").await?;
    tab_to(person, "Your account").await?;
    person.types(Key::Enter).await?;
    person.types(Key::Escape).await?;
    ensure!(
        !person.has_link("User Settings").await?,
        "Escape closes the menu"
    );
    assert_eq!(person.focus().await?, "Your account");
    person.types(Key::Enter).await?;
    tab_to(person, "Sign out").await?;
    person.types(Key::Enter).await?;
    person.reads("You are signed out.").await?;
    assert_eq!(person.focus().await?, "Email");
    person.types("keys@example.org").await?;
    person.types(Key::Enter).await?;
    person.reads("Forgot your password?").await?;
    person.types(PASSWORD).await?;
    person.types(Key::Enter).await?;
    person.reads_heading("Enter your code").await?;
    person.types(demo.next_code_on(phone).await?).await?;
    person.types(Key::Enter).await?;
    person.reads_heading("Security").await
}

/// Presses Tab until something has the focus. On the way everything that gets it must show it, on the screen, and never above what had
/// it before.
async fn tab_to(person: &Person, name: &str) -> Result<()> {
    let mut last = f64::MIN;
    let mut stops = Vec::new();
    for _ in 0..MOST_STOPS {
        person.types(Key::Tab).await?;
        let fault = person.evaluates(FOCUS).await?;
        let fault = fault.as_str().unwrap_or_default();
        ensure!(fault.is_empty(), "{fault}");
        let below = person.evaluates(BELOW).await?.as_f64().unwrap_or(last);
        ensure!(below >= last - 1.0, "after {stops:?} the focus jumps up");
        last = below;
        let focus = person.focus().await?;
        if focus == name {
            return Ok(());
        }
        stops.push(focus);
    }
    anyhow::bail!("{name} is not among {stops:?}")
}

/// A ring of two pixels, or the sentence that says where it is missing.
const FOCUS: &str = r#"(() => {
  const it = document.activeElement;
  if (!it || it === document.body || it === document.documentElement) return "";
  const ringed = [it, it.closest(".choice")].filter(Boolean).some((element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const box = it.getBoundingClientRect();
  const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return ringed && seen ? "" : `the focus is not seen on ${it.outerHTML.slice(0, 120)}`;
})()"#;

/// The lower edge of what has the focus, on the whole page; menus lie over it and do not count.
const BELOW: &str = r#"(() => {
  const it = document.activeElement;
  if (!it || it === document.body || it.closest(".menu-list, .top, .skip")) return -1e9;
  return it.getBoundingClientRect().bottom + scrollY;
})()"#;
