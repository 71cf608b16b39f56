//! What the server is loaded with: an application, its accounts, each with an authenticator app, and a signed-in session.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use twinlock_otp::{Parameters, Secret};

use crate::bare::Subject;
use crate::client;
use crate::server::Place;

struct Prepared {
    account: String,
    subject: Subject,
    secret: Secret,
}

/// Accounts that wait for their codes.
pub(crate) struct Load {
    key: String,
    accounts: Vec<Prepared>,
}

impl Load {
    /// Makes the accounts through the API, as an application would.
    pub(crate) async fn prepare(place: &Place, count: usize) -> Result<Self> {
        place.run(&["migrate"])?;
        let scopes = "accounts:read,accounts:write,verify,admin";
        let printed = place.run(&["key", "create", "bench", "--scope", scopes, "--json"])?;
        let key = text(&serde_json::from_str(&printed)?, "/key")?;
        let (server, _) = place.start().await?;
        let mut workers = Vec::new();
        for worker in 0..32_usize {
            let (address, host, key) = (server.address.clone(), place.address.clone(), key.clone());
            workers.push(tokio::spawn(async move {
                let mut made = Vec::new();
                for number in (worker..count).step_by(32) {
                    made.push(account(&address, &host, &key, number).await?);
                }
                anyhow::Ok(made)
            }));
        }
        let mut accounts = Vec::with_capacity(count);
        for worker in workers {
            accounts.extend(worker.await??);
        }
        Ok(Self { key, accounts })
    }

    /// Three codes for each account, of the step before, of this and of the next, in that order: each is good once.
    pub(crate) fn codes(&self, place: &Place) -> Result<Arc<Vec<String>>> {
        let parameters = Parameters::default();
        let step = parameters.step_at(i64::try_from(unix_seconds()?)?);
        let mut requests = Vec::with_capacity(self.accounts.len() * 3);
        for offset in [-1, 0, 1] {
            for account in &self.accounts {
                let code = parameters.code_at_step(&account.secret, step + offset);
                let path = format!("/api/v1/accounts/{}/verify", account.account);
                requests.push(client::post(
                    &path,
                    &place.address,
                    &self.key,
                    &format!("{{\"code\":\"{}\"}}", *code),
                ));
            }
        }
        Ok(Arc::new(requests))
    }

    /// The accounts for the bare writes, as many times as codes were sent.
    pub(crate) fn subjects(&self) -> Arc<Vec<Subject>> {
        let once: Vec<Subject> = self
            .accounts
            .iter()
            .map(|account| account.subject)
            .collect();
        Arc::new(once.repeat(3))
    }

    /// Signs a person in by password and app; the session's token.
    pub(crate) async fn session(&self, address: &str, place: &Place) -> Result<String> {
        let host = &place.address;
        let body = r#"{"email":"bench@example.org","name":"Bench","password":"otters juggle pebbles","email_verified":true}"#;
        ask(
            address,
            &client::post("/api/v1/accounts", host, &self.key, body),
        )
        .await?;
        let begun = ask(
            address,
            &client::post(
                "/api/v1/sign-in",
                host,
                "",
                r#"{"email":"bench@example.org"}"#,
            ),
        )
        .await?;
        let (id, token) = (text(&begun, "/id")?, text(&begun, "/token")?);
        let path = format!("/api/v1/sign-in/{id}/password");
        let done = ask(
            address,
            &client::post(
                &path,
                host,
                &token,
                r#"{"password":"otters juggle pebbles"}"#,
            ),
        )
        .await?;
        text(&done, "/session/token")
    }
}

async fn account(address: &str, host: &str, key: &str, number: usize) -> Result<Prepared> {
    let made = ask(
        address,
        &client::post(
            "/api/v1/accounts",
            host,
            key,
            &format!("{{\"external_id\":\"user-{number}\"}}"),
        ),
    )
    .await?;
    let account = text(&made, "/id")?;
    let secret = Secret::new(
        number
            .to_be_bytes()
            .iter()
            .copied()
            .cycle()
            .take(20)
            .collect(),
    )?;
    let body = format!(
        "{{\"kind\":\"totp\",\"secret\":\"{}\",\"activate\":true}}",
        *secret.to_base32()
    );
    let bound = ask(
        address,
        &client::post(
            &format!("/api/v1/accounts/{account}/factors"),
            host,
            key,
            &body,
        ),
    )
    .await?;
    let factor = text(&bound, "/factor/id")?;
    let subject = Subject {
        account: bytes(&account)?,
        factor: bytes(&factor)?,
    };
    Ok(Prepared {
        account,
        subject,
        secret,
    })
}

async fn ask(address: &str, request: &str) -> Result<Value> {
    let answer = client::once(address, request).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    if !head.starts_with("HTTP/1.1 2") {
        bail!(
            "{} for {}",
            head.lines().next().unwrap_or_default(),
            request.lines().next().unwrap_or_default()
        );
    }
    Ok(serde_json::from_str(body)?)
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    Ok(value
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| pointer.to_owned())?
        .to_owned())
}

fn bytes(id: &str) -> Result<[u8; 16]> {
    let hex: String = id.chars().filter(|c| *c != '-').collect();
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes())?;
    bytes
        .try_into()
        .map_err(|_| anyhow::anyhow!("an id of 16 bytes"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the codes must fit the server's clock, which is the machine's"
)]
fn unix_seconds() -> Result<u64> {
    let since: Duration = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(since.as_secs())
}
