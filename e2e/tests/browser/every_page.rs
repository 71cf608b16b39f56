//! Every page of the product, in every state people meet it: axe-core in light and dark, from 320 px to a desk, zoomed to 400 %, turned
//! from right to left, without motion; pictures of each. Pages come from the running program: one that is in the table of routes and not
//! looked at here fails the test.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use e2e::{Browsing, Demo, Listed, Person, Phone, contact_sheet};

use crate::steps::{PASSWORD, give_password, save_codes, sign_out, sign_up, somebody_with_an_app};

/// Pages that only lead on to another one, or are a file.
const LEAD_ON: &[&str] = &["/", "/api", "/settings", "/settings/activity/proof"];

/// Somebody who looks closely, and what they found.
struct Looking {
    person: Person,
    group: &'static str,
    seen: BTreeSet<String>,
    faults: Vec<String>,
    pictures: usize,
}

impl Looking {
    async fn new(demo: &Demo, group: &'static str) -> Result<Self> {
        Ok(Self::by(
            Person::new(demo, group, Browsing::PHONE).await?,
            group,
        ))
    }

    fn by(person: Person, group: &'static str) -> Self {
        Self {
            person,
            group,
            seen: BTreeSet::new(),
            faults: Vec::new(),
            pictures: 0,
        }
    }

    /// Looks at the page that is open.
    async fn at(&mut self, name: &str) -> Result<()> {
        self.pictures += 1;
        let path = self.person.path().await?;
        let bare = path.split('?').next().unwrap_or_default();
        self.seen.insert(bare.to_owned());
        let picture = format!("{}-{:02}-{name}", self.group, self.pictures);
        let found = self.person.inspects(&picture).await;
        self.faults.extend(found.context(path)?);
        Ok(())
    }

    /// Opens a page and looks at it.
    async fn opens(&mut self, path: &str) -> Result<()> {
        self.person.goes_to(path).await?;
        let there = self.person.path().await?;
        self.seen.insert(path.to_owned());
        if there != path && self.seen.contains(&there) {
            return Ok(());
        }
        let parts = path.trim_matches('/').split(['/', '?', '=']);
        // An id says nothing to whoever looks at the pictures.
        let name: Vec<&str> = parts.filter(|part| part.len() < 36).collect();
        let name = name.join("-");
        self.at(&name).await
    }

    async fn types(&self, label: &str, text: &str, button: &str) -> Result<()> {
        self.person.fills(label, text).await?;
        self.person.presses(button).await
    }
}

/// E13, quality: every page holds in every way it may be looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_holds_however_it_is_looked_at() -> Result<()> {
    // One demo each: a part that moves the clock forward must not end the sign-ins of another.
    let (demo, own, strict) = tokio::try_join!(Demo::start(), Demo::start(), strict_demo())?;
    let parts = tokio::try_join!(signed_out(&demo), own_pages(&own), made_to_enrol(&strict),)?;
    let parts = [parts.0, parts.1, parts.2];
    contact_sheet()?;
    let seen: BTreeSet<String> = parts.iter().flat_map(|part| part.seen.clone()).collect();
    let faults: Vec<String> = parts.into_iter().flat_map(|part| part.faults).collect();
    ensure!(
        faults.is_empty(),
        "{} faults:\n  {}",
        faults.len(),
        faults.join("\n  ")
    );
    let forgotten: Vec<Listed> = (demo.pages().await?.into_iter())
        .filter(|page| !LEAD_ON.contains(&page.path.as_str()))
        .filter(|page| !seen.iter().any(|path| fits(&page.path, path)))
        .collect();
    ensure!(forgotten.is_empty(), "nobody looked at {forgotten:#?}");
    Ok(())
}

/// Two-factor authentication required, everything on one page.
async fn strict_demo() -> Result<Demo> {
    Demo::start_set(
        "[sign_in]\nmethods = [\"password\", \"email_code\"]\nsign_up = \"open\"\n[two_factor]\nrequired = true\nallowed_kinds = [\"totp\", \"webauthn\", \"sms\"]\n[sms]\nallowed_countries = [\"DE\", \"US\"]\n[branding]\nname = \"Acme\"\naccent = \"#0f766e\"\n",
    )
    .await
}

/// Whether a path is one of a route: `{…}` stands for one part of it.
fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) =
        (route.split('/').collect(), path.split('/').collect());
    let mut parts = route.iter().zip(&path);
    route.len() == path.len() && parts.all(|(one, other)| one == other || one.starts_with('{'))
}

/// What people see before they are in, errors among it.
async fn signed_out(demo: &Demo) -> Result<Looking> {
    let mut it = Looking::new(demo, "out").await?;
    for page in demo.pages().await? {
        let shown = page.who == "anyone" && !page.path.contains('{');
        if shown && !LEAD_ON.contains(&page.path.as_str()) && page.path != "/sign-out" {
            it.opens(&page.path).await?;
        }
    }
    for path in [
        "/sign-in?done=signed-out",
        "/help/lost-phone",
        "/help/key-not-working",
        "/help/trusted-devices",
        "/help?q=nothing-such",
        "/demo",
    ] {
        it.opens(path).await?;
    }
    for code in [
        "not-found",
        "frozen",
        "locked",
        "too-many-requests",
        "sign-in-expired",
        "overloaded",
        "internal",
    ] {
        it.opens(&format!("/demo/errors/{code}")).await?;
    }
    it.opens("/demo/gallery").await?;
    first_factors(demo, &mut it).await?;
    second_factors(demo, &mut it).await?;
    Ok(it)
}

async fn first_factors(demo: &Demo, it: &mut Looking) -> Result<()> {
    it.person.goes_to("/sign-in").await?;
    it.person.fills("Email", "nobody").await?;
    it.person.submits_without_asking("Continue").await?;
    it.at("sign-in-mistaken").await?;
    it.person.goes_to("/sign-up").await?;
    it.types("Email", "nobody", "Create account").await?;
    it.at("sign-up-mistaken").await?;
    it.types("Email", "newcomer@example.org", "Create account")
        .await
        .ok();
    it.person.fills("Password", PASSWORD).await?;
    it.person.presses("Create account").await?;
    it.person.reads_heading("Check your mail").await?;
    it.at("sign-up-verify").await?;
    it.types("Code", "AAAA-AAAA", "Verify").await?;
    it.at("sign-up-verify-mistaken").await?;
    let mia = demo.account(false)?.clone();
    give_password(&it.person, &mia.email, "not the password").await?;
    it.at("password-mistaken").await?;
    it.opens("/sign-in/password").await?;
    it.person
        .presses("Send a code to my email address instead")
        .await?;
    it.person.reads_heading("Check your mail").await?;
    it.at("email-code").await
}

async fn second_factors(demo: &Demo, it: &mut Looking) -> Result<()> {
    let olive = demo.account(true)?.clone();
    let phone = Phone::type_key(olive.totp_secret.as_deref().unwrap_or_default())?;
    it.person.goes_to("/sign-in").await?;
    it.types("Email", &olive.email, "Continue").await?;
    it.opens("/sign-in/forgot-password").await?;
    it.person.presses("Send a code").await?;
    let code = demo.code_for(&olive.email).await?;
    it.types("Code", &code, "Verify").await?;
    it.person.reads_heading("Enter your code").await?;
    it.at("second-factor").await?;
    it.opens("/sign-in/lost-phone").await?;
    it.opens("/sign-in/recovery-code").await?;
    it.types("Recovery code", "0K3FQ-9ZT2M-7XWR", "Verify")
        .await?;
    it.at("recovery-code-mistaken").await?;
    it.person.goes_to("/sign-in/second-factor").await?;
    it.types("Code", &demo.next_code_on(&phone).await?, "Verify")
        .await?;
    it.person.reads_heading("Choose a new password").await?;
    it.at("new-password").await?;
    it.types("New password", "short", "Set new password")
        .await?;
    it.at("new-password-mistaken").await?;
    give_password(&it.person, &olive.email, &olive.password).await?;
    for _ in 0..4 {
        it.types("Code", "000000", "Verify").await?;
    }
    it.at("second-factor-mistaken").await
}

/// The person's own pages, before and after two-factor authentication is on.
async fn own_pages(demo: &Demo) -> Result<Looking> {
    let newcomer = Person::new(demo, "own-off", Browsing::PHONE).await?;
    sign_up(demo, &newcomer, "own-off@example.org").await?;
    let mut off = Looking::by(newcomer, "own-off");
    off.opens("/settings/security").await?;
    off.opens("/settings/security/two-factor").await?;
    off.person.goes_to("/settings/security").await?;
    off.person.presses("Your account").await?;
    off.at("menu").await?;
    let key = with_key(demo).await?;
    let number = with_number(demo).await?;
    let administrator = administrator(demo).await?;
    demo.let_pass(11 * 60).await?;
    off.opens("/settings/password").await?;

    let (person, kit) = somebody_with_an_app(demo, "own", Browsing::PHONE).await?;
    let mut it = Looking::by(person, "own");
    for page in demo.pages().await? {
        // For somebody who is no administrator those pages are not there.
        if page.who == "session"
            && !page.path.contains('{')
            && !page.path.starts_with("/admin/")
            && !LEAD_ON.contains(&page.path.as_str())
        {
            it.opens(&page.path).await?;
        }
    }
    one_app(demo, &mut it).await?;
    codes(&mut it).await?;
    it.opens("/sign-out").await?;
    it.opens("/sign-out/forget").await?;
    it.opens("/no-such-page").await?;
    demo.let_pass(11 * 60).await?;
    it.opens("/step-up").await?;
    it.types("Code", "000000", "Verify").await?;
    it.at("step-up-mistaken").await?;
    it.types("Code", &demo.code_on(&kit.phone).await?, "Verify")
        .await?;
    for other in [off, key, number, administrator] {
        it.seen.extend(other.seen);
        it.faults.extend(other.faults);
    }
    Ok(it)
}

/// Somebody whose only method is a security key.
async fn with_key(demo: &Demo) -> Result<Looking> {
    let person = Person::new(demo, "own-key", Browsing::PHONE).await?;
    let email = "own-key@example.org";
    person.plugs_in_a_key().await?;
    sign_up(demo, &person, email).await?;
    person.goes_to("/settings/security/two-factor/key").await?;
    person.presses("Set up this key").await?;
    save_codes(&person).await?;
    let mut it = Looking::by(person, "own-key");
    it.at("security").await?;
    it.opens("/settings/security/two-factor/disable").await?;
    sign_out(&it.person).await?;
    give_password(&it.person, email, PASSWORD).await?;
    it.person.reads_heading("Use your security key").await?;
    it.at("security-key").await?;
    Ok(it)
}

/// Somebody whose only method is a phone number.
async fn with_number(demo: &Demo) -> Result<Looking> {
    let person = Person::new(demo, "own-text", Browsing::PHONE).await?;
    let email = "own-text@example.org";
    let number = "+4915123456789";
    sign_up(demo, &person, email).await?;
    let mut it = Looking::by(person, "own-text");
    it.opens("/settings/security/two-factor/text").await?;
    it.types("Mobile number", "01512 3456789", "Verify phone number")
        .await?;
    it.person.reads("We sent a code to").await?;
    it.person.presses("Text not arriving?").await?;
    it.at("code").await?;
    it.types("Code", "000000", "Verify").await?;
    it.at("code-mistaken").await?;
    it.types("Code", &demo.code_for(number).await?, "Verify")
        .await?;
    save_codes(&it.person).await?;
    it.person.presses("More for Text message •••• 89").await?;
    it.at("security").await?;
    it.person.follows("Change number").await?;
    it.at("change").await?;
    it.opens("/settings/security/two-factor/disable").await?;
    demo.let_pass(11 * 60).await?;
    it.opens("/step-up").await?;
    it.opens("/step-up/text").await?;
    it.person.presses("Send a code").await?;
    it.person.reads("We sent a code to").await?;
    it.at("step-up-sent").await?;
    sign_out(&it.person).await?;
    demo.let_pass(61).await?;
    give_password(&it.person, email, PASSWORD).await?;
    it.person.reads("We sent a code to").await?;
    it.at("text-message").await?;
    it.types("Code", "000000", "Verify").await?;
    it.at("text-message-mistaken").await?;
    it.opens("/sign-in/lost-phone").await?;
    Ok(it)
}

/// An administrator, once somebody has had a text.
async fn administrator(demo: &Demo) -> Result<Looking> {
    let person = Person::new(demo, "admin", Browsing::PHONE).await?;
    let ines = demo.administrator()?.clone();
    give_password(&person, &ines.email, &ines.password).await?;
    person.reads_heading("Security").await?;
    person.presses("Your account").await?;
    let mut it = Looking::by(person, "admin");
    it.at("menu").await?;
    it.person.follows("Administration: text messages").await?;
    it.person.reads("+491512…").await?;
    it.at("texts").await?;
    Ok(it)
}

/// A second app on its way, and what can be done with the first.
async fn one_app(demo: &Demo, it: &mut Looking) -> Result<()> {
    it.person.goes_to("/settings/security").await?;
    it.person.presses("More for Authenticator app").await?;
    it.at("more").await?;
    let rename = it.person.address_of("Rename").await?;
    it.person.follows("Rename").await?;
    it.person.reads_heading("Name this app").await?;
    it.at("rename-over-the-page").await?;
    it.opens(&rename).await?;
    it.types("Name for this app (optional)", &"x".repeat(61), "Save")
        .await?;
    it.at("rename-mistaken").await?;
    let long = "Donaudampfschifffahrtselektrizitäten محمد 👩‍👩‍👧‍👦";
    it.types("Name for this app (optional)", long, "Save")
        .await?;
    it.at("security-long-name").await?;
    it.person.presses("Add a method").await?;
    it.person.follows("Use authentication app").await?;
    it.person.presses("Continue").await?;
    it.person.reads("Step 2 of 3").await?;
    it.at("scan").await?;
    let phone = it.person.scans_the_qr_code().await?;
    it.person.presses("Continue").await?;
    it.person
        .reads("Type the 6-digit code your app shows now.")
        .await?;
    it.at("app-code").await?;
    it.types("Code", "000000", "Verify").await?;
    it.at("app-code-mistaken").await?;
    it.types("Code", &demo.code_on(&phone).await?, "Verify")
        .await?;
    it.person.reads("The method was added.").await?;
    it.at("security-two-apps").await?;
    it.person.presses("More for Authenticator app").await?;
    let remove = it.person.address_of("Remove").await?;
    it.person.follows("Remove").await?;
    it.person
        .reads_heading("Remove “Authenticator app”?")
        .await?;
    it.at("remove-over-the-page").await?;
    it.opens(&remove).await
}

/// Backup codes made, looked at again, and checked.
async fn codes(it: &mut Looking) -> Result<()> {
    it.person
        .goes_to("/settings/security/backup-codes/new")
        .await?;
    it.person.presses("Make new codes").await?;
    it.person.reads_heading("Your new backup codes").await?;
    it.at("sheet").await?;
    let paper = it.person.prints("own-sheet-on-paper").await?;
    for there in ["backup codes, sheet 2", "Each works once."] {
        ensure!(paper.contains(there), "{there} is not on paper: {paper}");
    }
    for away in ["Download", "Done", "Sign out", "Appearance", "I saved"] {
        ensure!(!paper.contains(away), "{away} is on paper: {paper}");
    }
    it.person.submits_without_asking("Done").await.ok();
    it.person
        .goes_to("/settings/security/backup-codes/reveal")
        .await?;
    it.person.presses("Reveal codes").await?;
    it.person
        .reads("Codes that are struck through are used.")
        .await?;
    it.at("revealed").await?;
    it.person
        .goes_to("/settings/security/backup-codes/check")
        .await?;
    it.types("Backup code", "0K3FQ-9ZT2M-7XWR", "Check").await?;
    it.at("check-mistaken").await
}

/// Somebody who has to set an app up before they are in.
async fn made_to_enrol(demo: &Demo) -> Result<Looking> {
    let mut it = Looking::new(demo, "enrol").await?;
    let mia = demo.account(false)?.clone();
    give_password(&it.person, &mia.email, &mia.password).await?;
    it.person.reads_heading("Prove your mailbox").await?;
    it.at("verify-email").await?;
    it.person.presses("Send a code").await?;
    let code = demo.code_for(&mia.email).await?;
    it.at("verify-email-sent").await?;
    it.types("Code", &code, "Verify").await?;
    it.person.reads_heading("Two-factor authentication").await?;
    it.at("enroll").await?;
    it.opens("/sign-in/enroll/key").await?;
    it.opens("/sign-in/enroll/text").await?;
    it.types("Mobile number", "12", "Verify phone number")
        .await?;
    it.at("enroll-text-mistaken").await?;
    it.types("Mobile number", "01512 3456789", "Verify phone number")
        .await?;
    it.person.reads("We sent a code to").await?;
    it.at("enroll-text-code").await?;
    it.person.goes_to("/sign-in/enroll").await?;
    it.person.presses("Continue").await?;
    it.person.reads("Step 2 of 3").await?;
    it.at("enroll-scan").await?;
    let phone = it.person.scans_the_qr_code().await?;
    it.person.presses("Continue").await?;
    it.person
        .reads("Type the 6-digit code your app shows now.")
        .await?;
    it.at("enroll-code").await?;
    it.types("Code", &demo.code_on(&phone).await?, "Verify")
        .await?;
    it.person.reads("Each works once.").await?;
    it.at("enroll-sheet").await?;
    Ok(it)
}
