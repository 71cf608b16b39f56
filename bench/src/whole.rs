//! W2: whole sign-ins, password and code, against what the machine hashes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::client::{self, Connection, Outcome};
use crate::limits::Limits;
use crate::load::{Load, PASSWORD, PersonReady, text};
use crate::server::{Place, Server};
use crate::table::{Goal, Table};

/// Callers at once: a hash takes a whole core, so more would only wait.
const CALLERS: usize = 8;

/// Signs everybody in.
pub(crate) async fn sign_ins(
    server: &Server,
    place: &Place,
    load: &Load,
    limits: &Limits,
    table: &mut Table,
) -> Result<()> {
    let people = load.ready_people()?;
    let before = server.usage()?;
    let outcome = all(&server.address, &place.address, people).await?;
    let cpu = server.usage()?.since(before).per_thousand(outcome.accepted);
    table.outcome("W2", "sign-ins by password and code", &outcome);
    let ratio = outcome.rate() / limits.hash_rate;
    table.goal(
        "W2",
        "sign-ins ÷ raw hashes",
        ratio,
        Goal::at_least(0.85, ""),
    );
    table.cpu("W2", cpu, None);
    let beside = cpu.total() - limits.hash_cpu.total();
    table.goal(
        "W2",
        "CPU seconds per 1,000 beside the hash",
        beside,
        Goal::at_most(1.0, ""),
    );
    Ok(())
}

async fn all(address: &str, host: &str, people: Arc<Vec<PersonReady>>) -> Result<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = client::now();
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        let (address, host) = (address.to_owned(), host.to_owned());
        let (people, next) = (Arc::clone(&people), Arc::clone(&next));
        callers.push(tokio::spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut outcome = Outcome::default();
            while let Some(person) = people.get(next.fetch_add(1, Ordering::Relaxed)) {
                let began = client::now();
                let signed_in = sign_in(&mut connection, &host, person).await?;
                outcome.note(signed_in, began.elapsed());
            }
            anyhow::Ok(outcome)
        }));
    }
    let mut outcome = Outcome::default();
    for caller in callers {
        outcome.add(caller.await??);
    }
    outcome.finish(began.elapsed());
    Ok(outcome)
}

async fn sign_in(connection: &mut Connection, host: &str, person: &PersonReady) -> Result<bool> {
    let body = format!("{{\"email\":\"{}\"}}", person.email);
    let begun = post(connection, "/api/v1/sign-in", host, "", &body).await?;
    let (id, token) = (text(&begun, "/id")?, text(&begun, "/token")?);
    let body = format!("{{\"password\":\"{PASSWORD}\"}}");
    let path = format!("/api/v1/sign-in/{id}/password");
    let half = post(connection, &path, host, &token, &body).await?;
    let (id, token) = (text(&half, "/id")?, text(&half, "/token")?);
    let body = format!("{{\"code\":\"{}\"}}", person.code);
    let path = format!("/api/v1/sign-in/{id}/second-factor");
    let done = post(connection, &path, host, &token, &body).await?;
    Ok(done.pointer("/session/token").is_some())
}

/// Sends a request on an open connection; the JSON of its answer.
pub(crate) async fn post(
    connection: &mut Connection,
    path: &str,
    host: &str,
    bearer: &str,
    body: &str,
) -> Result<Value> {
    let answer = connection
        .exchange(&client::post(path, host, bearer, body))
        .await?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    Ok(serde_json::from_str(body)?)
}
