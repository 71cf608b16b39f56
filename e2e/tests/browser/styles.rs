//! The two examples walked: other words, other pages, the same safety.

use anyhow::Result;
use e2e::{Browsing, Demo, Person};

use crate::steps::{PASSWORD, give_password, save_codes, sign_out, sign_up};

/// D1 D3 D4 D5 D6: `examples/password-remembered-device.toml`.
#[tokio::test]
async fn the_style_with_passwords_and_one_page() -> Result<()> {
    let demo = Demo::start_like("password-remembered-device.toml").await?;
    let person = Person::new(&demo, "style-d", Browsing::PHONE).await?;
    let email = "style-d@example.org";
    sign_up(&demo, &person, email).await?;
    person.presses("Your account").await?;
    person.follows("Settings").await?;
    person.follows("Security").await?;
    person.reads("Two-Step Authentication").await?;
    person.looks("security").await?;
    person.presses("Enable").await?;
    person.reads_heading("Two-Step Authentication").await?;
    person.reads("Recommended").await?;
    person.looks("apps").await?;
    assert!(person.has_link("Authy").await?);
    enable_on_one_page(&demo, &person, email).await?;
    give_password(&person, email, PASSWORD).await?;
    person.reads_heading("Enter your code").await
}

/// N2 N3 N6: `examples/magic-link.toml`, with an emailed code for now.
#[tokio::test]
async fn the_style_without_passwords() -> Result<()> {
    let demo = Demo::start_like("magic-link.toml").await?;
    let person = Person::new(&demo, "style-n", Browsing::PHONE).await?;
    let email = "style-n@example.org";
    sign_up(&demo, &person, email).await?;
    person.presses("Your account").await?;
    person.follows("Settings").await?;
    person.reads("Two-Factor Authentication").await?;
    person.looks("security").await?;
    person.presses("Enable Two-Factor Authentication").await?;
    person.reads_heading("Two-Factor Authentication").await?;
    person.looks("apps").await?;
    let phone = enable_on_one_page(&demo, &person, email).await?;

    person.goes_to("/sign-in").await?;
    person.fills("Email", email).await?;
    person.presses("Continue").await?;
    person.looks("mailed").await?;
    person.fills("Code", &demo.code_for(email).await?).await?;
    person.presses("Verify").await?;
    person.reads_heading("Enter your code").await?;
    person
        .fills("Code", &demo.next_code_on(&phone).await?)
        .await?;
    person.presses("Verify").await?;
    person.reads_heading("Security").await?;
    person.presses("Disable Two-Factor Authentication").await?;
    person
        .fills("Code", &demo.next_code_on(&phone).await?)
        .await?;
    person.looks("disable").await?;
    // Inside the dialog the name stands in a sentence.
    person.presses("Disable two-factor authentication").await?;
    person.reads("Two-Factor Authentication is off.").await
}

/// QR code and code field together, **Enable**, the codes, and out again.
async fn enable_on_one_page(demo: &Demo, person: &Person, email: &str) -> Result<e2e::Phone> {
    if person.has_button("Continue").await? {
        person.presses("Continue").await?;
    }
    let phone = person.scans_the_qr_code().await?;
    person.looks("one-page").await?;
    person.fills("Code", &demo.code_on(&phone).await?).await?;
    person.presses("Enable").await?;
    person.looks("codes").await?;
    save_codes(person).await?;
    demo.mail_about(email, "is on").await?;
    sign_out(person).await?;
    Ok(phone)
}
