//! Codes that are wrong, late, mistyped or lost, and signing in with the keyboard alone.

use anyhow::Result;
use e2e::{Browsing, Demo, Person};
use thirtyfour::Key;

use crate::steps::{PASSWORD, give_password, sign_in, sign_out, somebody_with_an_app};

/// K10 E3 B7: what a wrong and a late code say; neither lets anybody in, and the next code does.
#[tokio::test]
async fn a_wrong_code_and_a_slow_clock_are_told_apart() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "wrong-code", Browsing::PHONE).await?;
    let olive = demo.account(true)?.clone();
    let phone = e2e::Phone::type_key(olive.totp_secret.as_deref().unwrap())?;
    give_password(&person, &olive.email, &olive.password).await?;
    person.reads_heading("Enter your code").await?;
    person
        .fills("Code", &wrong(&phone.code_at(demo.now().await?)))
        .await?;
    person.presses("Verify").await?;
    person
        .reads("That code did not match. Codes change every 30 seconds: try the next one.")
        .await?;
    assert_eq!(
        person.focus().await?,
        "Code",
        "the cursor waits in the field"
    );
    assert_eq!(
        person.value_of("Code").await?,
        "",
        "a code is never shown again"
    );
    person.looks("wrong").await?;

    let late = phone.code_at(demo.now().await? - 600);
    person.fills("Code", &late).await?;
    person.presses("Verify").await?;
    person
        .reads("Your phone’s clock is about 10 minutes slow. Set it to automatic")
        .await?;
    person.looks("late").await?;

    let code = demo.code_on(&phone).await?;
    person
        .fills("Code", &format!(" {} {} ", &code[..3], &code[3..]))
        .await?;
    person.presses("Verify").await?;
    person.reads_heading("Security").await
}

/// K12 N4 E6 H4 K15: a typing slip is told and costs nothing, a recovery code lets in once and leads on.
#[tokio::test]
async fn a_recovery_code_opens_once_and_leads_to_what_to_do_next() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "recovery", Browsing::PHONE).await?;
    sign_out(&person).await?;
    give_password(&person, "recovery@example.org", PASSWORD).await?;
    person.reads_heading("Enter your code").await?;
    person.follows("Lost your phone?").await?;
    person.reads_heading("Lost your phone?").await?;
    person.reads("your administrator").await?;
    person.looks("lost-phone").await?;
    person.follows("Use a recovery code").await?;
    person.reads_heading("Use a recovery code").await?;
    for _ in 0..7 {
        person
            .fills("Recovery code", &with_a_slip(&kit.codes[0]))
            .await?;
        person.presses("Verify").await?;
        person
            .reads("There is a typing slip in that recovery code.")
            .await?;
    }
    assert_eq!(
        person.value_of("Recovery code").await?,
        with_a_slip(&kit.codes[0]),
        "a slip is mended, not typed anew"
    );
    person.looks("slip").await?;
    let sloppy = kit.codes[0].to_lowercase().replace('-', " ");
    person.fills("Recovery code", &sloppy).await?;
    person.presses("Verify").await?;

    person.reads_heading("You used a recovery code").await?;
    person
        .reads("You used a recovery code. 9 are left.")
        .await?;
    assert!(
        person
            .has_button("Set up two-factor authentication again")
            .await?
    );
    assert!(person.has_button("Make new codes").await?);
    person.looks("used").await?;
    person.follows("Not now").await?;
    person.reads("9 of 10 left").await?;

    sign_out(&person).await?;
    give_password(&person, "recovery@example.org", PASSWORD).await?;
    person.follows("Use a recovery code").await?;
    person.fills("Recovery code", &kit.codes[0]).await?;
    person.presses("Verify").await?;
    person.reads("That recovery code did not match.").await?;
    assert!(person.path().await?.starts_with("/sign-in/"));
    Ok(())
}

/// B4 B5: who forgot the password proves the mailbox and the second factor, and only then chooses a new one.
#[tokio::test]
async fn a_forgotten_password_passes_the_second_factor() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "forgot", Browsing::DESKTOP).await?;
    let olive = demo.account(true)?.clone();
    let phone = e2e::Phone::type_key(olive.totp_secret.as_deref().unwrap())?;
    person.goes_to("/sign-in").await?;
    person.fills("Email", &olive.email).await?;
    person.presses("Continue").await?;
    person.follows("Forgot your password?").await?;
    person.reads_heading("Forgot your password?").await?;
    person.looks("forgot").await?;
    person.presses("Send a code").await?;
    let code = demo.code_for(&olive.email).await?;
    person.looks("mailed").await?;
    person.fills("Code", &code).await?;
    person.presses("Verify").await?;
    person.reads_heading("Enter your code").await?;
    person.goes_to("/sign-in/new-password").await?;
    person.reads_heading("Enter your code").await?;
    person.goes_to("/settings/security").await?;
    person.reads_heading("Sign in").await?;
    person.goes_to("/sign-in/second-factor").await?;
    person.fills("Code", &demo.code_on(&phone).await?).await?;
    person.presses("Verify").await?;
    person.reads_heading("Choose a new password").await?;
    person.looks("new-password").await?;
    person.fills("New password", PASSWORD).await?;
    person.presses("Set new password").await?;
    person.reads_heading("Security").await?;

    sign_out(&person).await?;
    give_password(&person, &olive.email, &olive.password).await?;
    person
        .reads("Email and password do not belong together.")
        .await?;
    give_password(&person, &olive.email, PASSWORD).await?;
    person.reads_heading("Enter your code").await
}

/// Everything of signing in with Tab and Enter alone.
#[tokio::test]
async fn the_keyboard_is_enough_to_sign_in() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "keyboard", Browsing::DESKTOP).await?;
    let olive = demo.account(true)?.clone();
    let phone = e2e::Phone::type_key(olive.totp_secret.as_deref().unwrap())?;
    person.goes_to("/sign-in").await?;
    person.reads_heading("Sign in").await?;
    assert_eq!(
        person.focus().await?,
        "Email",
        "the cursor waits in the first field"
    );
    person.types(olive.email.as_str()).await?;
    person.types(Key::Tab).await?;
    assert_eq!(person.focus().await?, "Continue");
    person.looks("focus").await?;
    person.types(Key::Enter).await?;
    person.reads("Forgot your password?").await?;
    assert_eq!(person.focus().await?, "Password");
    person.types(olive.password.as_str()).await?;
    person.types(Key::Tab).await?;
    assert_eq!(person.focus().await?, "Show");
    person.types(Key::Space).await?;
    person.types(Key::Tab).await?;
    assert_eq!(person.focus().await?, "Sign in");
    person.types(Key::Enter).await?;
    person.reads_heading("Enter your code").await?;
    assert_eq!(person.focus().await?, "Code");
    person.types(demo.code_on(&phone).await?).await?;
    person.types(Key::Enter).await?;
    person.reads_heading("Security").await?;
    person.types(Key::Tab).await?;
    assert_eq!(person.focus().await?, "Skip to the content");
    person.looks("skip").await
}

/// D1 N3: asked at every sign-in, in a browser that signed in a moment ago too.
#[tokio::test]
async fn the_code_is_asked_every_time() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "every-time", Browsing::DESKTOP).await?;
    let olive = demo.account(true)?.clone();
    for _ in 0..2 {
        assert!(sign_in(&demo, &person, &olive).await?.is_some());
        sign_out(&person).await?;
        demo.let_pass(31).await?;
    }
    Ok(())
}

fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..5])
}

/// One symbol typed wrong.
fn with_a_slip(code: &str) -> String {
    let first = if code.starts_with('7') { '8' } else { '7' };
    format!("{first}{}", &code[1..])
}
