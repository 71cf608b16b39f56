//! Authenticator apps after the first: scanned anew, several at once, renamed, removed.

use anyhow::Result;
use e2e::{Browsing, Demo, Person, Phone};

use crate::steps::{PASSWORD, give_password, prove_app, sign_out, somebody_with_an_app};

const MORE: &str = "More for Authenticator app";

/// K7: the old app works until the new one is proven, and not after.
#[tokio::test]
async fn a_new_qr_code_replaces_the_app_only_when_proven() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "rescan", Browsing::DESKTOP).await?;
    let email = "rescan@example.org";
    person.presses(MORE).await?;
    person.looks("more").await?;
    person.follows("Scan a new QR code").await?;
    person
        .reads("which works until the new one is proven")
        .await?;
    person.looks("replace").await?;
    person.presses("Continue").await?;
    let unproven = person.scans_the_qr_code().await?;
    assert_ne!(unproven.key(), kit.phone.key());

    let elsewhere = Person::new(&demo, "rescan-elsewhere", Browsing::PHONE).await?;
    assert!(!gets_in(&demo, &elsewhere, email, &unproven).await?);
    assert!(gets_in(&demo, &elsewhere, email, &kit.phone).await?);

    demo.let_pass(31).await?;
    let new = prove_app(&demo, &person).await?;
    person.reads_heading("Security").await?;
    person
        .reads("The new method is set up and the old one no longer works.")
        .await?;
    person.looks("replaced").await?;
    demo.mail_about(email, "set up anew").await?;
    elsewhere.goes_to("/settings/security").await?;
    elsewhere.reads_heading("Sign in").await?;
    assert!(!gets_in(&demo, &elsewhere, email, &kit.phone).await?);
    assert!(gets_in(&demo, &elsewhere, email, &new).await?);
    Ok(())
}

/// H2 H4: several named apps, the preferred one asked for first, the others offered.
#[tokio::test]
async fn several_named_apps_have_a_preferred_one() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "several", Browsing::PHONE).await?;
    person.presses("Add a method").await?;
    person.follows("Use authentication app").await?;
    person
        .fills("Name for this app (optional)", "Work phone")
        .await?;
    person.presses("Continue").await?;
    demo.let_pass(31).await?;
    let work = prove_app(&demo, &person).await?;
    person.reads("The method was added.").await?;
    person.reads("Work phone").await?;
    person.looks("two-apps").await?;
    person.presses("More for Work phone").await?;
    person.presses("Make preferred").await?;
    person
        .reads("That method is asked for first from now on.")
        .await?;
    person.presses(MORE).await?;
    person.follows("Rename").await?;
    person.reads_heading("Name this app").await?;
    person.looks("rename").await?;
    person
        .fills("Name for this app (optional)", "Old phone")
        .await?;
    person.presses("Save").await?;
    person.reads("The name was saved.").await?;

    sign_out(&person).await?;
    give_password(&person, "several@example.org", PASSWORD).await?;
    person
        .reads("Open your authenticator app “Work phone”")
        .await?;
    person.looks("preferred").await?;
    person.follows("Use “Old phone” instead").await?;
    person
        .reads("Open your authenticator app “Old phone”")
        .await?;
    person
        .fills("Code", &demo.next_code_on(&kit.phone).await?)
        .await?;
    person.presses("Verify").await?;
    person.reads_heading("Security").await?;

    person.presses("More for Old phone").await?;
    person.follows("Remove").await?;
    person.reads_heading("Remove “Old phone”?").await?;
    person.looks("remove").await?;
    person.presses("Remove").await?;
    person.reads("The method was removed.").await?;
    sign_out(&person).await?;
    assert!(!gets_in(&demo, &person, "several@example.org", &kit.phone).await?);
    assert!(gets_in(&demo, &person, "several@example.org", &work).await?);
    Ok(())
}

/// Whether a phone's next code opens the account.
async fn gets_in(demo: &Demo, person: &Person, email: &str, phone: &Phone) -> Result<bool> {
    give_password(person, email, PASSWORD).await?;
    person.reads_heading("Enter your code").await?;
    person
        .fills("Code", &demo.next_code_on(phone).await?)
        .await?;
    person.presses("Verify").await?;
    if person.text().await?.contains("That code did not match.") {
        return Ok(false);
    }
    person.reads_heading("Security").await?;
    Ok(true)
}
