//! The list of sessions.

use anyhow::Result;
use e2e::{Browsing, Demo, Person};

use crate::steps::sign_in;

/// B8: sessions are listed, one is ended from another, and it is over at once.
#[tokio::test]
async fn a_session_elsewhere_is_ended() -> Result<()> {
    let demo = Demo::start().await?;
    let olive = demo.account(true)?.clone();
    let here = Person::new(&demo, "sessions", Browsing::PHONE).await?;
    let there = Person::new(&demo, "sessions-there", Browsing::DESKTOP).await?;
    sign_in(&demo, &there, &olive).await?;
    demo.let_pass(31).await?;
    sign_in(&demo, &here, &olive).await?;
    here.follows("Sessions").await?;
    here.reads_heading("Sessions").await?;
    here.reads("This device").await?;
    here.reads("with a password and an authenticator app")
        .await?;
    here.looks("two").await?;
    here.presses("End session on Chrome on Linux").await?;
    here.reads("That session was ended.").await?;
    here.reads("You are signed in nowhere else.").await?;
    here.looks("one").await?;
    // Another process may still know the session for four seconds of the demo's clock.
    demo.let_pass(5).await?;
    there.goes_to("/settings/security").await?;
    there.reads_heading("Sign in").await
}
