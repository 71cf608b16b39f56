//! The two examples walked: other words, other pages, the same safety.

use anyhow::Result;
use e2e::{Browsing, Demo, Person};

use crate::steps::{PASSWORD, give_password, save_codes, sign_out, sign_up, turn_on};

/// D1 D2 D3 D4 D5 D6 E7: `examples/password-remembered-device.toml`.
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
    let phone = enable_on_one_page(&demo, &person, email).await?;
    // Asked once, and not again on this device.
    give_password(&person, email, PASSWORD).await?;
    person.reads_heading("Enter your code").await?;
    person.reads("This is a shared computer").await?;
    person.looks("shared").await?;
    let code = demo.next_code_on(&phone).await?;
    person.fills("Code", &code).await?;
    person.presses("Verify").await?;
    person.reads("Trusted devices").await?;
    person.reads("This device").await?;
    person.looks("trusted").await?;
    sign_out(&person).await?;
    give_password(&person, email, PASSWORD).await?;
    person.reads_heading("Security").await?;
    // Until it is signed out completely.
    person.presses("Your account").await?;
    person.presses("Sign out and forget this device").await?;
    give_password(&person, email, PASSWORD).await?;
    person.reads_heading("Enter your code").await
}

/// B3 E7: the tick, without scripts, in the dark and by keyboard alone; and what it does not skip.
#[tokio::test]
async fn a_device_is_trusted_by_a_tick_and_removed_again() -> Result<()> {
    let demo = Demo::start_like("demo.toml").await?;
    for (name, browsing) in [
        ("trust", Browsing::DESKTOP.in_the_dark()),
        ("trust-plain", Browsing::PHONE.without_scripts()),
    ] {
        let person = Person::new(&demo, name, browsing).await?;
        let email = format!("{name}@example.org");
        sign_up(&demo, &person, &email).await?;
        let phone = turn_on(&demo, &person).await?.phone;
        sign_out(&person).await?;
        give_password(&person, &email, PASSWORD).await?;
        let code = demo.next_code_on(&phone).await?;
        person.fills("Code", &code).await?;
        person.ticks("Trust this device for 30 days").await?;
        person.looks("tick").await?;
        person.presses("Verify").await?;
        person.reads("Trusted since").await?;
        sign_out(&person).await?;
        give_password(&person, &email, PASSWORD).await?;
        person.reads_heading("Security").await?;
        person.presses("Remove Chrome on Linux").await?;
        person.reads("That device is no longer trusted.").await?;
        person.looks("removed").await?;
        sign_out(&person).await?;
        give_password(&person, &email, PASSWORD).await?;
        person.reads_heading("Enter your code").await?;
    }
    Ok(())
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
