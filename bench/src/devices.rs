//! W5: check a trusted device over HTTP, durable, each with a token of its own that changes by it.

use std::borrow::Cow;
use std::sync::Arc;

use anyhow::Result;

use crate::CONNECTIONS;
use crate::client::{self, Requests};
use crate::load::Load;
use crate::server::{Place, Server};
use crate::table::Table;

/// Devices that are checked, once each.
const DEVICES: usize = 10_000;

struct Checks(Vec<String>);

impl Requests for Checks {
    fn request(&self, number: usize) -> Option<Cow<'_, str>> {
        self.0.get(number).map(|one| Cow::Borrowed(one.as_str()))
    }
}

/// Checks every device once.
pub(crate) async fn checked(
    server: &Server,
    place: &Place,
    load: &Arc<Load>,
    table: &mut Table,
) -> Result<()> {
    let requests = load.trusted(&server.address, place, DEVICES).await?;
    table.seen("W5", "devices that are trusted", requests.len().to_string());
    let before = server.usage()?;
    let accepted = "\"trusted\":true";
    let outcome =
        client::send_all(&server.address, Checks(requests), CONNECTIONS, accepted).await?;
    let cpu = server.usage()?.since(before).per_thousand(outcome.accepted);
    table.outcome("W5", "trusted devices checked", &outcome);
    table.cpu("W5", cpu, Some(0.05));
    Ok(())
}
