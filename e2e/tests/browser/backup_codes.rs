//! Backup codes after they were saved: checked, replaced, shown again.

use anyhow::Result;
use e2e::{Browsing, Demo};

use crate::steps::{
    PASSWORD, give_password, save_codes, shown_codes, sign_out, somebody_with_an_app,
};

/// E5 K12: a saved code is checked without spending it; new codes end the old ones.
#[tokio::test]
async fn saved_codes_are_checked_and_new_ones_end_the_old() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "check-codes", Browsing::PHONE).await?;
    person.presses("Check a code").await?;
    person.reads_heading("Check a saved code").await?;
    person.fills("Backup code", &kit.codes[4]).await?;
    person.presses("Check").await?;
    person
        .reads("This code is good: number 5 on sheet 1. It was not spent.")
        .await?;
    person.looks("good").await?;
    person.fills("Backup code", "never a code").await?;
    person.presses("Check").await?;
    person.reads("That is not a backup code.").await?;
    person.looks("no-code").await?;
    person.follows("Back").await?;
    person.reads("10 of 10 left").await?;
    person.reads("One of them was last checked").await?;

    person.presses("Make new codes").await?;
    person.reads_heading("Make new backup codes?").await?;
    person.looks("make-new").await?;
    person.presses("Make new codes").await?;
    person.reads_heading("Your new backup codes").await?;
    person.looks("new-sheet").await?;
    let new = save_codes(&person).await?;
    assert!(new.iter().all(|code| !kit.codes.contains(code)));
    person.presses("Check a code").await?;
    person.fills("Backup code", &kit.codes[4]).await?;
    person.presses("Check").await?;
    person
        .reads("number 5 on sheet 1, which you replaced")
        .await?;

    sign_out(&person).await?;
    give_password(&person, "check-codes@example.org", PASSWORD).await?;
    person.follows("Use a recovery code").await?;
    person.fills("Recovery code", &kit.codes[4]).await?;
    person.presses("Verify").await?;
    person.reads("That recovery code did not match.").await?;
    person.fills("Recovery code", &new[4]).await?;
    person.presses("Verify").await?;
    person.reads_heading("You used a recovery code").await
}

/// H3 B9: codes are shown again only after proving it anew, used ones struck through, and a mail tells of it.
#[tokio::test]
async fn codes_are_revealed_after_a_step_up() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "reveal", Browsing::PHONE).await?;
    sign_out(&person).await?;
    give_password(&person, "reveal@example.org", PASSWORD).await?;
    person.follows("Use a recovery code").await?;
    person.fills("Recovery code", &kit.codes[2]).await?;
    person.presses("Verify").await?;
    person.follows("Not now").await?;
    demo.let_pass(11 * 60).await?;
    person.follows("Reveal codes").await?;
    person.reads_heading("Confirm that it is you").await?;
    person.looks("step-up").await?;
    person
        .fills("Code", &demo.code_on(&kit.phone).await?)
        .await?;
    person.presses("Verify").await?;
    person.reads_heading("Reveal codes").await?;
    person.looks("before").await?;
    person.presses("Reveal codes").await?;
    person.reads(&kit.codes[0]).await?;
    assert_eq!(shown_codes(&person).await?, kit.codes);
    assert_eq!(person.part("#codes s code").await?, [kit.codes[2].clone()]);
    person.looks("revealed").await?;
    demo.mail_about("reveal@example.org", "backup codes")
        .await?;
    Ok(())
}
