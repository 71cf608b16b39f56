//! Security keys in a real browser, with its own virtual authenticator.

use anyhow::Result;
use e2e::{Browsing, Demo, Person};

use crate::steps::{PASSWORD, give_password, save_codes, sign_out, sign_up, somebody_with_an_app};

/// Registers the key that is plugged in, from the list of kinds.
async fn register(person: &Person, name: &str) -> Result<()> {
    person.follows("Use a security key").await?;
    person.reads_heading("Two-factor authentication").await?;
    person.fills("Name of this key (optional)", name).await?;
    person.looks("register").await?;
    person.presses("Set up this key").await
}

/// E1 W01: a key as the only second factor, on a phone and in the dark; set up, used to sign in and before a change, and turned off by it.
#[tokio::test]
async fn a_key_is_set_up_and_used_in_a_real_browser() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "key", Browsing::PHONE.in_the_dark()).await?;
    let email = "key@example.org";
    person.plugs_in_a_key().await?;
    sign_up(&demo, &person, email).await?;
    person.presses("Enable").await?;
    register(&person, "Blue key").await?;
    person
        .reads_heading("Two-factor authentication is on.")
        .await?;
    save_codes(&person).await?;
    person.reads("Blue key").await?;
    person.reads("Security key, added").await?;
    person.looks("security").await?;
    sign_out(&person).await?;
    give_password(&person, email, PASSWORD).await?;
    person.reads_heading("Use your security key").await?;
    person.looks("asked").await?;
    person.ticks("Trust this device for 30 days").await?;
    person.presses("Use your security key").await?;
    person.reads_heading("Security").await?;
    person.reads("Trusted since").await?;
    demo.let_pass(11 * 60).await?;
    person.presses("Make new codes").await?;
    person.reads_heading("Confirm that it is you").await?;
    person.looks("step-up").await?;
    person.presses("Use your security key").await?;
    person.reads("Make new codes").await?;
    person
        .goes_to("/settings/security/two-factor/disable")
        .await?;
    person.looks("disable").await?;
    person.presses("Turn it off with your security key").await?;
    person.reads("Two-factor authentication is off.").await
}

/// W07 H4: no key where one is asked, another one than was set up, and the app instead; a key twice.
#[tokio::test]
async fn a_key_that_is_missing_or_another_one_is_said_in_words() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "two-kinds", Browsing::DESKTOP).await?;
    let email = "two-kinds@example.org";
    let key = person.plugs_in_a_key().await?;
    person.presses("Add a method").await?;
    register(&person, "Blue key").await?;
    person.reads("The method was added.").await?;
    // The same key once more.
    person.presses("Add a method").await?;
    register(&person, "Again").await?;
    person
        .reads("That security key is set up for your account already.")
        .await?;
    person.looks("again").await?;
    sign_out(&person).await?;
    person.takes_out(&key).await?;
    person.plugs_in_a_key().await?;
    give_password(&person, email, PASSWORD).await?;
    person.reads_heading("Enter your code").await?;
    person.follows("Use your security key").await?;
    person.presses("Use your security key").await?;
    person
        .reads("The security key was not asked to the end.")
        .await?;
    person.looks("cancelled").await?;
    person
        .follows("Use a code from your authenticator app instead")
        .await?;
    person
        .fills("Code", &demo.next_code_on(&kit.phone).await?)
        .await?;
    person.presses("Verify").await?;
    person.reads_heading("Security").await
}

/// E13: without scripts the page says so and offers the other ways.
#[tokio::test]
async fn without_scripts_a_key_is_not_a_dead_end() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "key-first", Browsing::DESKTOP).await?;
    let email = "key-first@example.org";
    person.plugs_in_a_key().await?;
    sign_up(&demo, &person, email).await?;
    person.presses("Enable").await?;
    register(&person, "Blue key").await?;
    let codes = save_codes(&person).await?;
    let plain = Person::new(&demo, "key-plain", Browsing::PHONE.without_scripts()).await?;
    give_password(&plain, email, PASSWORD).await?;
    plain.reads_heading("Use your security key").await?;
    plain
        .reads("Security keys need JavaScript, which is off in this browser.")
        .await?;
    plain.looks("asked").await?;
    plain.follows("Use a recovery code").await?;
    let first = codes.first().map_or("", String::as_str);
    plain.fills("Recovery code", first).await?;
    plain.presses("Verify").await?;
    plain.reads("You used a recovery code").await?;
    Ok(())
}

/// E1: where a second factor is demanded before anything else, a key will do.
#[tokio::test]
async fn where_it_is_demanded_a_key_is_set_up_on_the_way_in() -> Result<()> {
    let demo = Demo::start_set("[two_factor]\nrequired = true\n").await?;
    let person = Person::new(&demo, "key-demanded", Browsing::PHONE).await?;
    person.plugs_in_a_key().await?;
    let mia = demo.account(false)?.clone();
    give_password(&person, &mia.email, &mia.password).await?;
    person.presses("Send a code").await?;
    let code = demo.code_for(&mia.email).await?;
    person.fills("Code", &code).await?;
    person.presses("Verify").await?;
    person.reads_heading("Two-factor authentication").await?;
    person.looks("choose").await?;
    register(&person, "Blue key").await?;
    person.reads("Each works once.").await?;
    person.looks("codes").await?;
    save_codes(&person).await?;
    person.reads("Blue key").await
}
