//! The whole first story: sign up, turn on an authenticator app, save backup codes, sign out, sign in with a code.

use anyhow::Result;
use e2e::{Browsing, Demo, Person, Phone};

use crate::steps::{PASSWORD, give_password, sign_out, sign_up};

/// K1 K2 K4 D4 D6 D7 on a telephone.
#[tokio::test]
async fn the_story_on_a_phone() -> Result<()> {
    story("story-phone", Browsing::PHONE).await
}

/// K1 K2 K4 D4 D6 D7 at a desk, in dark colours.
#[tokio::test]
async fn the_story_at_a_desk() -> Result<()> {
    story("story-desk", Browsing::DESKTOP.in_the_dark()).await
}

/// E13: everything of the story without a single script.
#[tokio::test]
async fn the_story_without_scripts() -> Result<()> {
    story("story-plain", Browsing::PHONE.without_scripts()).await
}

async fn story(name: &str, browsing: Browsing) -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, name, browsing).await?;
    let email = format!("{name}@example.org");
    person.goes_to("/").await?;
    person.reads_heading("Sign in").await?;
    person.looks("sign-in").await?;
    person.follows("Create an account").await?;
    person.reads_heading("Create an account").await?;
    person.looks("sign-up").await?;
    sign_up(&demo, &person, &email).await?;

    person.presses("Your account").await?;
    person.looks("menu").await?;
    person.follows("User Settings").await?;
    person.reads_heading("Security").await?;
    person
        .reads("nobody gets in with your email address")
        .await?;
    person.looks("security-off").await?;
    let (phone, spent) = enrol(&demo, &person, browsing.scripts).await?;
    person.reads("Two-factor authentication is on.").await?;
    person.reads("10 of 10 left").await?;
    person.looks("security-on").await?;
    demo.mail_about(&email, "two-factor authentication is on")
        .await?;

    sign_out(&person).await?;
    give_password(&person, &email, PASSWORD).await?;
    person.reads_heading("Enter your code").await?;
    person.looks("second-factor").await?;
    // D7: a code that opened something once opens nothing again, whether its half minute is over or not.
    person.fills("Code", &spent).await?;
    person.presses("Verify").await?;
    person.reads("try the next").await?;
    person
        .fills("Code", &demo.next_code_on(&phone).await?)
        .await?;
    person.presses("Verify").await?;
    person.reads_heading("Security").await?;
    person.looks("signed-in").await
}

/// From **Enable** to **Done**, looking at everything. Gives the app, and the code that was used.
async fn enrol(demo: &Demo, person: &Person, scripts: bool) -> Result<(Phone, String)> {
    person.presses("Enable").await?;
    person.reads_heading("Two-factor authentication").await?;
    person.reads("Choose how to get your codes").await?;
    person.looks("choose").await?;
    person.follows("Use authentication app").await?;
    person.reads("Step 1 of 3").await?;
    for app in [
        "Google Authenticator",
        "Microsoft Authenticator",
        "Duo Mobile",
        "Authy",
    ] {
        person.reads(app).await?;
    }
    person.looks("install-app").await?;
    person.presses("Continue").await?;
    let phone = person.scans_the_qr_code().await?;
    person.looks("qr").await?;
    person.reads("This QR code is shown once").await?;
    check_key(person, &phone).await?;
    person.presses("Continue").await?;
    person.reads("Code not working?").await?;
    person.looks("code").await?;
    let code = demo.code_on(&phone).await?;
    person.fills("Code", &code).await?;
    person.presses("Verify").await?;

    person
        .reads_heading("Two-factor authentication is on.")
        .await?;
    person.looks("backup-codes").await?;
    let codes = crate::steps::shown_codes(person).await?;
    if scripts {
        keep_codes(person, &codes).await?;
        assert!(!person.can_press("Done").await?, "no Done before the tick");
    } else {
        person.presses("Download").await?;
        let (_, file) = person.downloaded().await?;
        assert!(codes.iter().all(|code| file.contains(code)), "{file}");
        person.submits_without_asking("Done").await?;
        person
            .reads("Save the codes first, then tick this box.")
            .await?;
        assert_eq!(
            crate::steps::shown_codes(person).await?,
            codes,
            "the same sheet again"
        );
        person.looks("tick-missing").await?;
    }
    person.ticks("I saved these codes").await?;
    person.presses("Done").await?;
    person.reads_heading("Security").await?;
    Ok((phone, code))
}

/// K4: the key as text is what the picture holds, in groups of four, and the link holds the same.
async fn check_key(person: &Person, scanned: &Phone) -> Result<()> {
    let typed = person.part("#key").await?.concat();
    assert!(typed.split(' ').all(|group| group.len() <= 4), "{typed}");
    assert_eq!(Phone::type_key(&typed)?.key(), scanned.key());
    assert_eq!(
        person.attribute("a.button[href^=otpauth]", "href").await?,
        scanned.uri
    );
    assert!(scanned.uri.contains("issuer=Twinlock"), "{}", scanned.uri);
    Ok(())
}

/// D6: downloaded, copied and printed at once.
async fn keep_codes(person: &Person, codes: &[String]) -> Result<()> {
    person.presses("Download").await?;
    let (name, file) = person.downloaded().await?;
    assert!(name.ends_with(".txt"), "{name}");
    assert!(file.contains("backup codes, sheet 1"), "{file}");
    for (at, code) in codes.iter().enumerate() {
        assert!(file.contains(&format!("{}. {code}", at + 1)), "{file}");
    }
    person.presses("Copy").await?;
    person.reads("Copied").await?;
    let copied = person.clipboard().await?;
    assert!(copied.ends_with(&codes.join("\n")), "{copied}");
    assert!(
        copied.contains("backup codes, sheet 1, of Ann Archer"),
        "{copied}"
    );
    person
        .evaluates("window.print = () => { document.documentElement.dataset.printed = 'yes'; }")
        .await?;
    person.presses("Print").await?;
    assert_eq!(person.attribute("html", "data-printed").await?, "yes");
    Ok(())
}
