//! W6: prove it again with a security key over HTTP: the question, the answer, and the signature in it apart.

use anyhow::{Context as _, Result};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::Value;
use twinlock_testkit::key::{SoftKey, Twist};

use crate::client::{self, Connection, Outcome};
use crate::load::{Load, text};
use crate::server::{Place, Server};
use crate::table::{Goal, Table};
use crate::usage::Usage;
use crate::whole::post;

/// People with a key, each of whom proves it again and again, all at once.
const PEOPLE: u8 = 16;
/// How often each does.
const TIMES: usize = 100;
/// Signatures that are verified for the figure beside.
const SIGNATURES: usize = 2_000;

const ASK: &str = "/api/v1/session/step-up/send";
const PROVE: &str = "/api/v1/session/step-up";

/// Somebody with a session and a key.
struct Person {
    connection: Connection,
    host: String,
    token: String,
    key: SoftKey,
    here: Twist,
}

/// Sets keys up, asks them, and asks them and judges their answers.
pub(crate) async fn asserted(
    server: &Server,
    place: &Place,
    load: &Load,
    table: &mut Table,
) -> Result<()> {
    let signature = signatures()?;
    table.cpu("sign", signature, None);
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let name = format!("key-{number}");
        let token = load.session(&server.address, place, &name).await?;
        people.push(Person::set_up(server, place, token, number).await?);
    }
    let before = server.usage()?;
    let (people, asked) = all(people, false).await?;
    let asking = server.usage()?.since(before).per_thousand(asked.accepted);
    table.outcome("W6", "security keys asked", &asked);
    table.cpu("W6", asking, None);
    let before = server.usage()?;
    let (_, judged) = all(people, true).await?;
    let both = server.usage()?.since(before).per_thousand(judged.accepted);
    table.outcome(
        "W6",
        "security keys asked, and their answers judged",
        &judged,
    );
    table.cpu("W6", both, None);
    table.goal(
        "W6",
        "CPU seconds per 1,000 beside the signature",
        both.total() - signature.total(),
        Goal::at_most(1.0, ""),
    );
    Ok(())
}

async fn all(people: Vec<Person>, answers: bool) -> Result<(Vec<Person>, Outcome)> {
    let began = client::now();
    let mut at_it = Vec::new();
    for mut person in people {
        at_it.push(tokio::spawn(async move {
            let mut outcome = Outcome::default();
            for _ in 0..TIMES {
                let began = client::now();
                let accepted = person.prove(answers).await?;
                outcome.note(accepted, began.elapsed());
            }
            anyhow::Ok((person, outcome))
        }));
    }
    let (mut people, mut outcome) = (Vec::new(), Outcome::default());
    for one in at_it {
        let (person, seen) = one.await??;
        people.push(person);
        outcome.add(seen);
    }
    outcome.finish(began.elapsed());
    Ok((people, outcome))
}

impl Person {
    async fn set_up(server: &Server, place: &Place, token: String, number: u8) -> Result<Self> {
        let host = place.address.clone();
        let mut person = Self {
            connection: Connection::open(&server.address).await?,
            here: Twist::none(&format!("http://{host}")),
            host,
            token,
            key: SoftKey::new(number),
        };
        let begun = person
            .post("/api/v1/me/factors", r#"{"kind":"webauthn"}"#)
            .await?;
        let options = begun.get("webauthn").context("options")?;
        let answer = person.key.create(options, &person.here);
        let factor = text(&begun, "/factor/id")?;
        let path = format!("/api/v1/me/factors/{factor}/activate");
        let body = format!("{{\"credential\":{answer}}}");
        let set_up = person.post(&path, &body).await?;
        text(&set_up, "/factor/id").context("a key that is set up")?;
        Ok(person)
    }

    /// Asks for a question; answers it as well. Whether the server did what it should.
    async fn prove(&mut self, answers: bool) -> Result<bool> {
        let asked = self.post(ASK, r#"{"kind":"webauthn"}"#).await?;
        let Some(options) = asked.get("webauthn") else {
            return Ok(false);
        };
        if !answers {
            return Ok(true);
        }
        let answer = self.key.get(options, &self.here);
        let body = format!("{{\"credential\":{answer}}}");
        let proven = self.post(PROVE, &body).await?;
        Ok(proven.get("aal").is_some())
    }

    async fn post(&mut self, path: &str, body: &str) -> Result<Value> {
        post(&mut self.connection, path, &self.host, &self.token, body).await
    }
}

/// What a thousand signatures cost to verify, with the library the server's WebAuthn library does it with, from bytes as they come.
fn signatures() -> Result<Usage> {
    // No secret: it signs what this function alone looks at.
    let signing = SigningKey::from_slice(&[7; 32])?;
    let message =
        b"what a security key signs: 37 bytes, and a hash of 32 more beside it".as_slice();
    let signature: Signature = signing.sign(message);
    let bytes = signature.to_der();
    let point = VerifyingKey::from(&signing).to_sec1_point(false);
    let before = Usage::own()?;
    for _ in 0..SIGNATURES {
        let key = VerifyingKey::from_sec1_bytes(point.as_bytes())?;
        key.verify(message, &Signature::from_der(bytes.as_bytes())?)?;
    }
    Ok(Usage::own()?.since(before).per_thousand(SIGNATURES))
}
