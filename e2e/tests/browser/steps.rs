//! What most people do before it gets interesting.

use anyhow::{Context as _, Result};
use e2e::{Browsing, Demo, Person, Phone, Seeded};

/// Long, and saying nothing about anybody.
pub(crate) const PASSWORD: &str = "seven quiet lanterns drift";

/// A set-up authenticator app and the codes for when it is lost.
pub(crate) struct Kit {
    pub(crate) phone: Phone,
    pub(crate) codes: Vec<String>,
}

/// Signs up with the code from the inbox; ends on the Security page.
pub(crate) async fn sign_up(demo: &Demo, person: &Person, email: &str) -> Result<()> {
    person.goes_to("/sign-up").await?;
    person.reads_heading("Create an account").await?;
    person.fills("Name", "Ann Archer").await?;
    person.fills("Email", email).await?;
    if person.has_field("Password").await? {
        person.fills("Password", PASSWORD).await?;
    }
    person.presses("Create account").await?;
    person.reads_heading("Check your mail").await?;
    let code = demo.code_for(email).await?;
    person.fills("Code", &code).await?;
    person.presses("Verify").await?;
    person.reads_heading("Security").await
}

/// Turns two-factor authentication on in two steps, from the Security page and back to it.
pub(crate) async fn turn_on(demo: &Demo, person: &Person) -> Result<Kit> {
    person.presses("Enable").await?;
    person.follows("Use authentication app").await?;
    person.reads("Step 1 of 3").await?;
    person.presses("Continue").await?;
    let phone = prove_app(demo, person).await?;
    let codes = save_codes(person).await?;
    Ok(Kit { phone, codes })
}

/// From the QR code to the page after the code.
pub(crate) async fn prove_app(demo: &Demo, person: &Person) -> Result<Phone> {
    let phone = person.scans_the_qr_code().await?;
    person.presses("Continue").await?;
    person
        .reads("Type the 6-digit code your app shows now.")
        .await?;
    person.fills("Code", &demo.code_on(&phone).await?).await?;
    person.presses("Verify").await?;
    Ok(phone)
}

/// Reads the sheet, ticks the box and is done.
pub(crate) async fn save_codes(person: &Person) -> Result<Vec<String>> {
    person.reads("Each works once.").await?;
    let codes = shown_codes(person).await?;
    person.ticks("I saved these codes").await?;
    person.presses("Done").await?;
    person.reads_heading("Security").await?;
    Ok(codes)
}

/// The codes on the sheet that is open.
pub(crate) async fn shown_codes(person: &Person) -> Result<Vec<String>> {
    let lines = person.part("#codes code").await?;
    anyhow::ensure!(lines.len() == 10, "not ten codes: {lines:?}");
    Ok(lines)
}

/// A newcomer with an app, on the Security page.
pub(crate) async fn somebody_with_an_app(
    demo: &Demo,
    test: &str,
    browsing: Browsing,
) -> Result<(Person, Kit)> {
    let person = Person::new(demo, test, browsing).await?;
    sign_up(demo, &person, &format!("{test}@example.org")).await?;
    let kit = turn_on(demo, &person).await?;
    Ok((person, kit))
}

/// Signs out by the menu.
pub(crate) async fn sign_out(person: &Person) -> Result<()> {
    person.presses("Your account").await?;
    person.presses("Sign out").await?;
    person.reads_heading("Sign in").await
}

/// Email and password; what comes next is the caller's.
pub(crate) async fn give_password(person: &Person, email: &str, password: &str) -> Result<()> {
    person.goes_to("/sign-in").await?;
    person.reads_heading("Sign in").await?;
    person.fills("Email", email).await?;
    person.presses("Continue").await?;
    person.fills("Password", password).await?;
    person.presses("Sign in").await
}

/// Signs in as somebody the demo starts with, through the app where they have one.
pub(crate) async fn sign_in(demo: &Demo, person: &Person, who: &Seeded) -> Result<Option<Phone>> {
    give_password(person, &who.email, &who.password).await?;
    let phone = match &who.totp_secret {
        Some(key) => {
            let phone = Phone::type_key(key).context("the demo's key")?;
            person.reads_heading("Enter your code").await?;
            person.fills("Code", &demo.code_on(&phone).await?).await?;
            person.presses("Verify").await?;
            Some(phone)
        }
        None => None,
    };
    person.reads_heading("Security").await?;
    Ok(phone)
}
