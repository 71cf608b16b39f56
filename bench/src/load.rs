//! What the server is loaded with: an application, its accounts, each with an authenticator app, and a signed-in session.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use twinlock_otp::{Parameters, Secret};

use crate::bare::Subject;
use crate::client::{self, Requests};
use crate::server::Place;

struct Prepared {
    account: String,
    subject: Subject,
    secret: Secret,
}

/// The password of everybody who signs in.
pub(crate) const PASSWORD: &str = "otters juggle pebbles";
/// Accounts kept back from the run, for a look at single verifications.
const KEPT_BACK: usize = 2;

/// Somebody with a password and an app.
struct Person {
    email: String,
    secret: Secret,
}

/// Somebody who is about to sign in.
pub(crate) struct PersonReady {
    /// Their address.
    pub(crate) email: String,
    /// What their app shows now.
    pub(crate) code: String,
}

/// Accounts that wait for their codes, and people who wait to sign in.
pub(crate) struct Load {
    key: String,
    accounts: Vec<Prepared>,
    kept_back: Vec<Prepared>,
    people: Vec<Person>,
}

impl Load {
    /// Makes the accounts through the API, as an application would.
    pub(crate) async fn prepare(place: &Place, count: usize, people: usize) -> Result<Self> {
        place.run(&["migrate"])?;
        let scopes = "accounts:read,accounts:write,verify,admin";
        let printed = place.run(&["key", "create", "bench", "--scope", scopes, "--json"])?;
        let key = text(&serde_json::from_str(&printed)?, "/key")?;
        let (server, _) = place.start().await?;
        let caller = Caller {
            address: server.address.clone(),
            host: place.address.clone(),
            key: key.clone(),
        };
        let mut workers = Vec::new();
        for worker in 0..WORKERS {
            let caller = caller.clone();
            workers.push(tokio::spawn(async move {
                let (mut made, mut signed_up) = (Vec::new(), Vec::new());
                for number in (worker..count + KEPT_BACK).step_by(WORKERS) {
                    made.push(caller.account(number).await?);
                }
                for number in (worker..people).step_by(WORKERS) {
                    signed_up.push(caller.person(number).await?);
                }
                anyhow::Ok((made, signed_up))
            }));
        }
        let mut load = Self {
            key,
            accounts: Vec::with_capacity(count),
            kept_back: Vec::new(),
            people: Vec::with_capacity(people),
        };
        for worker in workers {
            let (made, signed_up) = worker.await??;
            load.accounts.extend(made);
            load.people.extend(signed_up);
        }
        load.kept_back = load.accounts.split_off(count);
        Ok(load)
    }

    /// Whoever asks with the key of the run.
    pub(crate) fn caller(&self, address: &str, place: &Place) -> Caller {
        Caller {
            address: address.to_owned(),
            host: place.address.clone(),
            key: self.key.clone(),
        }
    }

    /// Accounts in the run.
    pub(crate) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// One code each of the accounts that were kept back.
    pub(crate) fn late_codes(&self, place: &Place) -> Result<[String; KEPT_BACK]> {
        let step = step_now()?;
        let kept = self.kept_back.iter();
        let codes: Vec<String> = kept
            .map(|account| self.request(&place.address, account, step))
            .collect();
        codes.try_into().ok().context("the accounts kept back")
    }

    /// Everybody with the code their app shows now.
    pub(crate) fn ready_people(&self) -> Result<Arc<Vec<PersonReady>>> {
        let parameters = Parameters::default();
        let step = step_now()?;
        let people = self.people.iter().map(|person| PersonReady {
            email: person.email.clone(),
            code: parameters.code_at_step(&person.secret, step).to_string(),
        });
        Ok(Arc::new(people.collect()))
    }

    /// Three codes for each account, one after the other, each good once.
    pub(crate) fn codes(self: &Arc<Self>, place: &Place) -> Codes {
        Codes {
            load: Arc::clone(self),
            host: place.address.clone(),
            sent: self.accounts.iter().map(|_| AtomicI64::new(0)).collect(),
        }
    }

    fn request(&self, host: &str, account: &Prepared, step: i64) -> String {
        let code = Parameters::default().code_at_step(&account.secret, step);
        let path = format!("/api/v1/accounts/{}/verify", account.account);
        let body = format!("{{\"code\":\"{}\"}}", *code);
        client::post(&path, host, &self.key, &body)
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

    /// Makes a trusted device for some of the accounts and uses it once; the requests that check them with the token they got then, as a browser
    /// does at every visit but its first.
    pub(crate) async fn trusted(
        &self,
        address: &str,
        place: &Place,
        most: usize,
    ) -> Result<Vec<String>> {
        let host = &place.address;
        let mut requests = Vec::new();
        for account in self.accounts.iter().take(most) {
            let path = format!("/api/v1/accounts/{}/devices", account.account);
            let body = r#"{"label":"Firefox on Linux"}"#;
            let made = ask(address, &client::post(&path, host, &self.key, body)).await?;
            let path = format!("{path}/verify");
            let check = |token| {
                client::post(
                    &path,
                    host,
                    &self.key,
                    &format!("{{\"token\":\"{token}\"}}"),
                )
            };
            let used = ask(address, &check(text(&made, "/device_token")?)).await?;
            requests.push(check(text(&used, "/device_token")?));
        }
        Ok(requests)
    }

    /// Signs somebody in who has no second factor; the session's token.
    pub(crate) async fn session(&self, address: &str, place: &Place, name: &str) -> Result<String> {
        let host = &place.address;
        let body = format!(
            "{{\"email\":\"{name}@example.org\",\"name\":\"Bench\",\"password\":\"{PASSWORD}\",\"email_verified\":true}}"
        );
        let post = |path: &str, bearer: &str, body: &str| client::post(path, host, bearer, body);
        ask(address, &post("/api/v1/accounts", &self.key, &body)).await?;
        let body = format!("{{\"email\":\"{name}@example.org\"}}");
        let begun = ask(address, &post("/api/v1/sign-in", "", &body)).await?;
        let path = format!("/api/v1/sign-in/{}/password", text(&begun, "/id")?);
        let body = format!("{{\"password\":\"{PASSWORD}\"}}");
        let done = ask(address, &post(&path, &text(&begun, "/token")?, &body)).await?;
        text(&done, "/session/token")
    }
}

/// Codes to be verified: made when they are sent, because they are good for a minute and a half only.
pub(crate) struct Codes {
    load: Arc<Load>,
    host: String,
    /// The last step each account has sent.
    sent: Vec<AtomicI64>,
}

impl Requests for Codes {
    fn request(&self, number: usize) -> Option<Cow<'_, str>> {
        let accounts = self.load.accounts.len();
        let place = number
            .checked_rem(accounts)
            .filter(|_| number < 3 * accounts)?;
        let (account, sent) = (self.load.accounts.get(place)?, self.sent.get(place)?);
        let step = (step_now().ok()? - 1).max(sent.load(Ordering::Relaxed) + 1);
        sent.store(step, Ordering::Relaxed);
        Some(Cow::Owned(self.load.request(&self.host, account, step)))
    }
}

fn step_now() -> Result<i64> {
    Ok(Parameters::default().step_at(i64::try_from(unix_seconds()?)?))
}

/// Callers that make accounts.
const WORKERS: usize = 32;

/// Whoever makes the accounts.
#[derive(Clone)]
pub(crate) struct Caller {
    address: String,
    host: String,
    key: String,
}

impl Caller {
    /// A POST of JSON.
    pub(crate) fn request(&self, path: &str, body: &str) -> String {
        client::post(path, &self.host, &self.key, body)
    }

    /// The answer to one.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Result<Value> {
        ask(&self.address, &self.request(path, body)).await
    }

    async fn account(&self, number: usize) -> Result<Prepared> {
        let body = format!("{{\"external_id\":\"user-{number}\"}}");
        let made = self.post("/api/v1/accounts", &body).await?;
        let account = text(&made, "/id")?;
        let secret = secret(number)?;
        let factor = self.bind(&account, &secret).await?;
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

    async fn person(&self, number: usize) -> Result<Person> {
        let email = format!("person-{number}@example.org");
        let body = format!(
            "{{\"email\":\"{email}\",\"name\":\"Person\",\"password\":\"{PASSWORD}\",\"email_verified\":true}}"
        );
        let account = text(&self.post("/api/v1/accounts", &body).await?, "/id")?;
        // Nobody but its owner's app makes the key of somebody who signs in here.
        let factors = format!("/api/v1/accounts/{account}/factors");
        let begun = self.post(&factors, r#"{"kind":"totp"}"#).await?;
        let secret = Secret::from_base32(&text(&begun, "/totp/secret")?)?;
        // The step before, so that the next one is left for the sign-in.
        let code = Parameters::default().code_at_step(&secret, step_now()? - 1);
        let activate = format!("{factors}/{}/activate", text(&begun, "/factor/id")?);
        let body = format!("{{\"code\":\"{}\"}}", *code);
        self.post(&activate, &body).await?;
        Ok(Person { email, secret })
    }

    async fn bind(&self, account: &str, secret: &Secret) -> Result<String> {
        let body = format!(
            "{{\"kind\":\"totp\",\"secret\":\"{}\",\"activate\":true}}",
            *secret.to_base32()
        );
        let path = format!("/api/v1/accounts/{account}/factors");
        text(&self.post(&path, &body).await?, "/factor/id")
    }
}

fn secret(number: usize) -> Result<Secret> {
    let bytes = number.to_be_bytes();
    Ok(Secret::new(
        bytes.iter().copied().cycle().take(20).collect(),
    )?)
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

/// A text somewhere in an answer.
pub(crate) fn text(value: &Value, pointer: &str) -> Result<String> {
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
