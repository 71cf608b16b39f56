//! Codes by text message in a real browser (product lines K2, K3, K7, K9, K13, K14, H2, H4).

use anyhow::{Result, ensure};
use e2e::{Browsing, Demo, Person};

use crate::steps::{PASSWORD, give_password, save_codes, sign_out, sign_up, somebody_with_an_app};

/// As people in Germany type it, and as it is dialled.
const TYPED: &str = "01512 3456789";
const NUMBER: &str = "+4915123456789";
const OTHER_TYPED: &str = "0171 2345671";
const OTHER: &str = "+491712345671";
/// Time after which a number gets another text.
const PAUSE: u32 = 61;

/// From the form of the number to the proof of it.
pub(crate) async fn prove_number(
    demo: &Demo,
    person: &Person,
    typed: &str,
    number: &str,
) -> Result<()> {
    person.fills("Mobile number", typed).await?;
    person.presses("Verify phone number").await?;
    person.reads("We sent a code to").await?;
    person.fills("Code", &demo.code_for(number).await?).await?;
    person.presses("Verify").await
}

/// A newcomer whose only method is a number, on the Security page; and their backup codes.
pub(crate) async fn somebody_with_a_number(
    demo: &Demo,
    test: &str,
    browsing: Browsing,
) -> Result<(Person, Vec<String>)> {
    let person = Person::new(demo, test, browsing).await?;
    sign_up(demo, &person, &format!("{test}@example.org")).await?;
    person.presses("Enable").await?;
    person.follows("Use text message").await?;
    prove_number(demo, &person, TYPED, NUMBER).await?;
    let codes = save_codes(&person).await?;
    Ok((person, codes))
}

async fn types_the_texted_code(demo: &Demo, person: &Person, number: &str) -> Result<()> {
    person.reads("We sent a code to").await?;
    person.fills("Code", &demo.code_for(number).await?).await?;
    person.presses("Verify").await
}

/// K2 K3 K9 E1: a number as the only second factor, on a phone and in the dark; set up, used to sign in and before a change, and turned off by it.
#[tokio::test]
async fn a_number_is_set_up_and_used() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "text", Browsing::PHONE.in_the_dark()).await?;
    let email = "text@example.org";
    sign_up(&demo, &person, email).await?;
    person.presses("Enable").await?;
    person.reads("Choose how to get your codes").await?;
    person.looks("choose").await?;
    person.follows("Use text message").await?;
    person.looks("number").await?;
    person.fills("Mobile number", "030 901820").await?;
    person.presses("Verify phone number").await?;
    person
        .reads("That number does not get text messages.")
        .await?;
    person.looks("number-mistaken").await?;
    person.fills("Mobile number", TYPED).await?;
    person.presses("Verify phone number").await?;
    person.reads("We sent a code to +49 1512 3456789.").await?;
    person.presses("Text not arriving?").await?;
    person.reads("It went to +49 1512 3456789.").await?;
    person.looks("code").await?;
    person.fills("Code", "000000").await?;
    person.presses("Verify").await?;
    person.reads("That code did not match.").await?;
    person.looks("code-mistaken").await?;
    person.fills("Code", &demo.code_for(NUMBER).await?).await?;
    person.presses("Verify").await?;
    person
        .reads_heading("Two-factor authentication is on.")
        .await?;
    save_codes(&person).await?;
    person.reads("Text message •••• 89").await?;
    person.reads("Confirmed").await?;
    person.reads("Set up an app or a security key").await?;
    person.looks("security").await?;
    sign_out(&person).await?;
    demo.let_pass(PAUSE).await?;
    give_password(&person, email, PASSWORD).await?;
    person.reads_heading("Enter your code").await?;
    person.reads("We sent a code to •••• 89.").await?;
    person.looks("asked").await?;
    person.ticks("Trust this device for 30 days").await?;
    types_the_texted_code(&demo, &person, NUMBER).await?;
    person.reads_heading("Security").await?;
    person.reads("Trusted since").await?;
    steps_up_and_turns_it_off(&demo, &person).await
}

/// Before a change, and at the end, a code is sent when it is asked for.
async fn steps_up_and_turns_it_off(demo: &Demo, person: &Person) -> Result<()> {
    demo.let_pass(11 * 60).await?;
    person.presses("Make new codes").await?;
    person.reads_heading("Confirm that it is you").await?;
    person.looks("step-up").await?;
    person.presses("Send a code").await?;
    types_the_texted_code(demo, person, NUMBER).await?;
    person.reads_heading("Make new backup codes?").await?;
    demo.let_pass(PAUSE).await?;
    person
        .goes_to("/settings/security/two-factor/disable")
        .await?;
    person.looks("disable").await?;
    person.presses("Send a code").await?;
    person.reads("We sent a code to •••• 89.").await?;
    person.looks("disable-sent").await?;
    person.fills("Code", &demo.code_for(NUMBER).await?).await?;
    person.presses("Disable two-factor authentication").await?;
    person.reads("Two-factor authentication is off.").await
}

/// K9 H4: without scripts the wait is said in words and kept by the server; a new code replaces the old one; a recovery code is the way out.
#[tokio::test]
async fn without_scripts_a_texted_code_signs_in() -> Result<()> {
    let demo = Demo::start().await?;
    let (_, codes) = somebody_with_a_number(&demo, "text-plain", Browsing::DESKTOP).await?;
    let email = "text-plain@example.org";
    let plain = Person::new(&demo, "text-no-js", Browsing::PHONE.without_scripts()).await?;
    // A moment after the set-up the number waits, and nothing was sent by itself.
    give_password(&plain, email, PASSWORD).await?;
    plain
        .reads("We texted a code to •••• 89 a moment ago, for another sign-in or another step.")
        .await?;
    plain.presses("Send a code").await?;
    plain.reads("this step needs a code of its own").await?;
    plain.reads("A new code can be sent in").await?;
    plain.looks("waits").await?;
    demo.let_pass(PAUSE).await?;
    plain.presses("Send a code").await?;
    plain.reads("We sent a code to •••• 89.").await?;
    let first = demo.code_for(NUMBER).await?;
    plain.reads("A new code can be sent in").await?;
    plain.looks("sent").await?;
    plain.presses("Send a new code").await?;
    plain.reads("A code was sent a moment ago.").await?;
    demo.let_pass(PAUSE).await?;
    plain.presses("Send a new code").await?;
    let second = demo.code_for(NUMBER).await?;
    plain.fills("Code", &first).await?;
    plain.presses("Verify").await?;
    plain.reads("That code did not match.").await?;
    plain.fills("Code", &second).await?;
    plain.presses("Verify").await?;
    plain.reads_heading("Security").await?;
    // Five minutes later a code is dead, and the page says so.
    let other = Person::new(&demo, "text-late", Browsing::PHONE).await?;
    // New devices get three texts an hour.
    demo.let_pass(3600).await?;
    give_password(&other, email, PASSWORD).await?;
    other.reads("We sent a code to •••• 89.").await?;
    demo.let_pass(301).await?;
    other.fills("Code", &demo.code_for(NUMBER).await?).await?;
    other.presses("Verify").await?;
    other
        .reads("There is no code to match any more. Send a new one.")
        .await?;
    other.looks("dead").await?;
    other.follows("Use a recovery code").await?;
    let code = codes.first().map_or("", String::as_str);
    other.fills("Recovery code", code).await?;
    other.presses("Verify").await?;
    other.reads("You used a recovery code").await
}

/// K9: the button for a new code waits with its countdown.
#[tokio::test]
async fn a_new_code_is_asked_for_after_the_countdown() -> Result<()> {
    let demo = Demo::start().await?;
    let person = Person::new(&demo, "text-countdown", Browsing::PHONE).await?;
    sign_up(&demo, &person, "text-countdown@example.org").await?;
    person.presses("Enable").await?;
    person.follows("Use text message").await?;
    person.fills("Mobile number", TYPED).await?;
    person.presses("Verify phone number").await?;
    person.reads("We sent a code to +49 1512 3456789.").await?;
    let first = demo.code_for(NUMBER).await?;
    person.reads("A new code can be sent in").await?;
    ensure!(
        !person.can_press("Send a new code").await?,
        "a new code before its time"
    );
    person.looks("counting").await?;
    demo.let_pass(PAUSE).await?;
    person.reloads().await?;
    person.presses("Text not arriving?").await?;
    person.reads("The text arrived at your phone.").await?;
    person.looks("help").await?;
    person.presses("Send a new code").await?;
    person.reads("A new code can be sent in").await?;
    let second = demo.code_for(NUMBER).await?;
    ensure!(first != second, "the same code twice");
    person.fills("Code", &second).await?;
    person.presses("Verify").await?;
    save_codes(&person).await?;
    Ok(())
}

/// H2 H4 K7 K13: an app and a number side by side; the preferred one is asked first and offers the other; the number is changed.
#[tokio::test]
async fn app_and_number_side_by_side() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, kit) = somebody_with_an_app(&demo, "text-and-app", Browsing::DESKTOP).await?;
    let email = "text-and-app@example.org";
    person.presses("Add a method").await?;
    person.follows("Use text message").await?;
    person.reads("Keep both").await?;
    person.looks("add").await?;
    prove_number(&demo, &person, TYPED, NUMBER).await?;
    person.reads("The method was added.").await?;
    person.presses("More for Text message •••• 89").await?;
    person.looks("security").await?;
    person.presses("Make preferred").await?;
    person
        .reads("That method is asked for first from now on.")
        .await?;
    sign_out(&person).await?;
    demo.let_pass(PAUSE).await?;
    give_password(&person, email, PASSWORD).await?;
    person.reads("We sent a code to •••• 89.").await?;
    person.looks("asked").await?;
    person
        .follows("Use a code from your authenticator app instead")
        .await?;
    person.reads("Open your authenticator app").await?;
    person.looks("app-instead").await?;
    person
        .follows("Use a text message instead (•••• 89)")
        .await?;
    types_the_texted_code(&demo, &person, NUMBER).await?;
    person.reads_heading("Security").await?;
    holds_on_the_smallest_screen(&person).await?;
    changes_the_number(&demo, &person).await?;
    person
        .goes_to("/settings/security/two-factor/disable")
        .await?;
    person
        .follows("Use a code from your authenticator app instead")
        .await?;
    person.looks("disable-by-app").await?;
    person
        .follows("Use a text message instead (•••• 71)")
        .await?;
    person
        .follows("Use a code from your authenticator app instead")
        .await?;
    person
        .fills("Code", &demo.next_code_on(&kit.phone).await?)
        .await?;
    person.presses("Disable two-factor authentication").await?;
    person.reads("Two-factor authentication is off.").await
}

/// Headings, names and links with a number in them, down to 320 px.
async fn holds_on_the_smallest_screen(person: &Person) -> Result<()> {
    let mut faults = person.inspects("text-and-app-security").await?;
    person
        .goes_to("/settings/security/two-factor/disable?with=recovery")
        .await?;
    faults.extend(person.inspects("text-and-app-disable").await?);
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    person.goes_to("/settings/security").await
}

/// The new number takes the place of the old one, which is told.
async fn changes_the_number(demo: &Demo, person: &Person) -> Result<()> {
    person.presses("More for Text message •••• 89").await?;
    person.follows("Change number").await?;
    person.reads("Replace “Text message •••• 89”").await?;
    person.looks("change").await?;
    prove_number(demo, person, OTHER_TYPED, OTHER).await?;
    person
        .reads("The new method is set up and the old one no longer works.")
        .await?;
    person.reads("Text message •••• 71").await?;
    let told = demo.mail_about(NUMBER, "").await?;
    ensure!(
        told.text.contains("no longer come to this number"),
        "{}",
        told.text
    );
    Ok(())
}

/// K14: a number that was not confirmed for a year is suggested to be, and a code to it is enough.
#[tokio::test]
async fn an_old_number_is_confirmed_again() -> Result<()> {
    let demo = Demo::start().await?;
    let (person, codes) = somebody_with_a_number(&demo, "text-old", Browsing::PHONE).await?;
    demo.let_pass(366 * 24 * 3600).await?;
    give_password(&person, "text-old@example.org", PASSWORD).await?;
    person.follows("Use a recovery code").await?;
    let code = codes.first().map_or("", String::as_str);
    person.fills("Recovery code", code).await?;
    person.presses("Verify").await?;
    person.reads("You used a recovery code").await?;
    person.goes_to("/settings/security").await?;
    person.reads("Confirm your phone number").await?;
    person.looks("suggested").await?;
    demo.let_pass(PAUSE).await?;
    person.follows("Do it: Confirm your phone number").await?;
    person.presses("Send a code").await?;
    types_the_texted_code(&demo, &person, NUMBER).await?;
    person.reads("Your number was confirmed.").await?;
    ensure!(
        !person.text().await?.contains("Confirm your phone number"),
        "it is suggested still"
    );
    Ok(())
}

/// E1: where a second factor is demanded before anything else, a number will do.
#[tokio::test]
async fn where_it_is_demanded_a_number_is_set_up_on_the_way_in() -> Result<()> {
    let demo = Demo::start_set(
        "[two_factor]\nrequired = true\nallowed_kinds = [\"totp\", \"sms\"]\n[sms]\nallowed_countries = [\"DE\"]\n",
    )
    .await?;
    let person = Person::new(&demo, "text-demanded", Browsing::PHONE).await?;
    let mia = demo.account(false)?.clone();
    give_password(&person, &mia.email, &mia.password).await?;
    person.presses("Send a code").await?;
    let code = demo.code_for(&mia.email).await?;
    person.fills("Code", &code).await?;
    person.presses("Verify").await?;
    person.reads_heading("Two-factor authentication").await?;
    person.looks("choose").await?;
    person.follows("Use text message").await?;
    person.looks("number").await?;
    prove_number(&demo, &person, TYPED, NUMBER).await?;
    person.reads("Each works once.").await?;
    save_codes(&person).await?;
    person.reads("Text message •••• 89").await
}

/// K9: what became of a text, on a phone in the dark and without scripts, above the code where it asks for something.
#[tokio::test]
async fn the_page_says_what_became_of_a_text() -> Result<()> {
    let demo = Demo::start().await?;
    let (_, _) = somebody_with_a_number(&demo, "text-states", Browsing::DESKTOP).await?;
    demo.let_pass(PAUSE).await?;
    let dark = Browsing::PHONE.in_the_dark().without_scripts();
    let person = Person::new(&demo, "text-state", dark).await?;
    give_password(&person, "text-states@example.org", PASSWORD).await?;
    person.reads("We sent a code to •••• 89.").await?;
    demo.code_for(NUMBER).await?;
    for (state, words) in [
        ("accepted", "The text was handed over to the provider."),
        ("delivered", "The text arrived at your phone."),
        (
            "refused",
            "The text was refused: check the number, or use another method.",
        ),
        (
            "unknown",
            "Nobody knows whether the text went out. If it does not come, send a new code.",
        ),
        (
            "expired",
            "The text could not be sent in time. Send a new code.",
        ),
    ] {
        demo.reports_of_texts(state).await?;
        person.goes_to("/sign-in/text-message").await?;
        person.presses("Text not arriving?").await?;
        person.reads(words).await?;
        person.looks(state).await?;
    }
    Ok(())
}
