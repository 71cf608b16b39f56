//! Turning two-factor authentication off.

use anyhow::Result;
use e2e::{Browsing, Demo};

use crate::steps::{PASSWORD, give_password, sign_out, somebody_with_an_app};

/// K8 N6 H3: a warning, and a code on that very page although one was given a moment ago; afterwards no code is asked.
#[tokio::test]
async fn turning_off_takes_a_code_on_its_page() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "turn-off", Browsing::PHONE).await?;
    person.follows("Change two-factor authentication").await?;
    person.looks("dialog").await?;
    person.presses("Disable two-factor authentication").await?;
    person
        .reads("This makes your account less secure. Only do it if you must.")
        .await?;
    person.looks("disable").await?;
    person.presses("Keep it on").await?;
    person.reads_heading("Security").await?;
    person.presses("Disable 2FA").await?;
    person
        .submits_without_asking("Disable two-factor authentication")
        .await?;
    person.reads("Fill this in.").await?;
    person.looks("no-code").await?;
    person.fills("Code", "000000").await?;
    person.presses("Disable two-factor authentication").await?;
    person.reads("That code did not match.").await?;
    person
        .fills("Code", &demo.next_code_on(&kit.phone).await?)
        .await?;
    person.presses("Disable two-factor authentication").await?;
    person.reads("Two-factor authentication is off.").await?;
    person.looks("off").await?;
    demo.mail_about("turn-off@example.org", "two-factor authentication is off")
        .await?;

    sign_out(&person).await?;
    give_password(&person, "turn-off@example.org", PASSWORD).await?;
    person.reads_heading("Security").await
}
