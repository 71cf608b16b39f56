//! W7: codes by text message over HTTP: ordering them, verifying them, and ordering them while the provider hangs.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::CONNECTIONS;
use crate::client::{self, Outcome, Requests, millis};
use crate::gateway::Gateway;
use crate::load::{Caller, text};
use crate::server::Server;
use crate::table::{Goal, Table};

/// Phones whose codes are verified.
const PHONES: usize = 1_000;
/// Phones that are texted while the provider hangs.
const STRANDED: usize = 200;
/// Phones set up at once: more, and their texts of which no code came back yet would look like fraud.
const AT_ONCE: usize = 4;
/// Callers while the provider hangs: few, so that nothing waits but for the provider.
const FEW: usize = 2;
/// Time between two texts to one number, with a second to spare.
const PAUSE: Duration = Duration::from_secs(61);

struct Phone {
    account: String,
    factor: String,
    number: String,
    /// Where its person sits: each has so many texts.
    client: String,
}

/// Phones that are set up.
pub(crate) struct Phones {
    caller: Caller,
    phones: Vec<Phone>,
    ready_at: Instant,
}

struct All(Vec<String>);

impl Requests for All {
    fn request(&self, number: usize) -> Option<Cow<'_, str>> {
        self.0.get(number).map(|one| Cow::Borrowed(one.as_str()))
    }
}

impl Phones {
    /// Makes an account for each and proves its number.
    pub(crate) async fn prepare(caller: Caller, gateway: &Arc<Gateway>) -> Result<Self> {
        let mut workers = Vec::new();
        for worker in 0..AT_ONCE {
            let (caller, gateway) = (caller.clone(), Arc::clone(gateway));
            workers.push(tokio::spawn(async move {
                let mut made = Vec::new();
                for number in (worker..PHONES + STRANDED).step_by(AT_ONCE) {
                    made.push(set_up(&caller, &gateway, number).await?);
                }
                anyhow::Ok(made)
            }));
        }
        let mut phones = Vec::new();
        for worker in workers {
            phones.extend(worker.await??);
        }
        Ok(Self {
            caller,
            phones,
            ready_at: client::now() + PAUSE,
        })
    }

    /// Orders a code for each and verifies it; then orders some while the provider hangs.
    pub(crate) async fn verified(
        self,
        server: &Server,
        gateway: &Gateway,
        table: &mut Table,
    ) -> Result<()> {
        tokio::time::sleep_until(self.ready_at.into()).await;
        let stranded = PHONES.min(self.phones.len());
        let (texted, stranded) = self.phones.split_at(stranded);
        self.ordered(server, texted, table).await?;
        self.judged(server, gateway, texted, table).await?;
        gateway.hang();
        let sent = self.send(server, stranded, FEW).await?;
        table.outcome("W7", "texts ordered while the provider hangs", &sent);
        table.goal(
            "W7",
            "  p99 of the answers, ms",
            millis(sent.percentile(99)),
            Goal::at_most(20.0, "ms"),
        );
        Ok(())
    }

    async fn ordered(&self, server: &Server, phones: &[Phone], table: &mut Table) -> Result<()> {
        let before = server.usage()?;
        let sent = self.send(server, phones, CONNECTIONS).await?;
        let cpu = server.usage()?.since(before).per_thousand(sent.accepted);
        table.outcome("W7", "codes by text message ordered", &sent);
        table.cpu("W7", cpu, None);
        Ok(())
    }

    async fn send(&self, server: &Server, phones: &[Phone], callers: usize) -> Result<Outcome> {
        let orders = phones.iter().map(|phone| {
            let Phone {
                account, factor, ..
            } = phone;
            let path = format!("/api/v1/accounts/{account}/factors/{factor}/send");
            let body = format!("{{\"client\":{}}}", phone.client);
            self.caller.request(&path, &body)
        });
        let orders = All(orders.collect());
        client::send_all(&server.address, orders, callers, "\"expires_at\"").await
    }

    async fn judged(
        &self,
        server: &Server,
        gateway: &Gateway,
        phones: &[Phone],
        table: &mut Table,
    ) -> Result<()> {
        let mut typed = Vec::with_capacity(phones.len());
        for phone in phones {
            let code = gateway.code(&phone.number).await;
            let path = format!("/api/v1/accounts/{}/verify", phone.account);
            typed.push(
                self.caller
                    .request(&path, &format!("{{\"code\":\"{code}\"}}")),
            );
        }
        let before = server.usage()?;
        let typed = All(typed);
        let outcome =
            client::send_all(&server.address, typed, CONNECTIONS, "\"verified\":true").await?;
        let cpu = server.usage()?.since(before).per_thousand(outcome.accepted);
        table.outcome("W7", "codes by text message verified", &outcome);
        table.cpu("W7", cpu, Some(0.12));
        Ok(())
    }
}

async fn set_up(caller: &Caller, gateway: &Gateway, number: usize) -> Result<Phone> {
    let body = format!("{{\"external_id\":\"phone-{number}\"}}");
    let account = text(&caller.post("/api/v1/accounts", &body).await?, "/id")?;
    let client = format!("{{\"ip\":\"10.{}.{}.1\"}}", number / 256, number % 256);
    // A block of a hundred for each.
    let phone = format!("+491512{:07}", 1_000_000 + number * 100);
    let factors = format!("/api/v1/accounts/{account}/factors");
    let body = format!("{{\"kind\":\"sms\",\"phone\":\"{phone}\",\"client\":{client}}}");
    let factor = text(&caller.post(&factors, &body).await?, "/factor/id")?;
    let code = gateway.code(&phone).await;
    let body = format!("{{\"code\":\"{code}\"}}");
    caller
        .post(&format!("{factors}/{factor}/activate"), &body)
        .await?;
    Ok(Phone {
        account,
        factor,
        number: phone,
        client,
    })
}
