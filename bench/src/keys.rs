//! W6: prove it again with a security key over HTTP: the question, and the answer with its signature.

use anyhow::{Context as _, Result};
use twinlock_testkit::key::{SoftKey, Twist};

use crate::client::{self, Connection, Outcome};
use crate::load::text;
use crate::server::{Place, Server};
use crate::table::{Goal, Table};
use crate::whole::post;

/// Answers that are judged, one after the other.
const ASSERTIONS: usize = 1_000;

/// Sets a key up for whoever holds the session, and proves it again and again.
pub(crate) async fn asserted(
    server: &Server,
    place: &Place,
    token: &str,
    table: &mut Table,
) -> Result<()> {
    let host = &place.address;
    let here = Twist::none(&format!("http://{host}"));
    let mut connection = Connection::open(&server.address).await?;
    let mut key = SoftKey::new(1);
    let body = r#"{"kind":"webauthn"}"#;
    let begun = post(&mut connection, "/api/v1/me/factors", host, token, body).await?;
    let path = format!(
        "/api/v1/me/factors/{}/activate",
        text(&begun, "/factor/id")?
    );
    let answer = key.create(begun.get("webauthn").context("options")?, &here);
    let body = format!("{{\"credential\":{answer}}}");
    let set_up = post(&mut connection, &path, host, token, &body).await?;
    text(&set_up, "/factor/id").context("a key that is set up")?;
    let before = server.usage()?;
    let (began, mut outcome) = (client::now(), Outcome::default());
    for _ in 0..ASSERTIONS {
        let began = client::now();
        let send = "/api/v1/session/step-up/send";
        let body = r#"{"kind":"webauthn"}"#;
        let asked = post(&mut connection, send, host, token, body).await?;
        let answer = key.get(asked.get("webauthn").context("options")?, &here);
        let body = format!("{{\"credential\":{answer}}}");
        let path = "/api/v1/session/step-up";
        let proven = post(&mut connection, path, host, token, &body).await?;
        outcome.note(proven.get("aal").is_some(), began.elapsed());
    }
    outcome.finish(began.elapsed());
    let cpu = server.usage()?.since(before).per_thousand(outcome.accepted);
    table.outcome("W6", "security keys asked and judged", &outcome);
    table.cpu("W6", cpu, None);
    table.goal(
        "W6",
        "CPU seconds per 1,000, with the signature",
        cpu.total(),
        Goal::at_most(1.0, ""),
    );
    Ok(())
}
