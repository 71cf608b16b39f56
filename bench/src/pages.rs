//! What a page costs the server.

use anyhow::Result;

use crate::client;
use crate::server::{Place, Server};
use crate::table::{Goal, Table};

/// Times each page is asked for.
const VIEWS: usize = 2_000;
/// Readers at once.
const READERS: usize = 8;

/// CPU time of a page for strangers and of one for somebody signed in.
pub(crate) async fn show(
    server: &Server,
    place: &Place,
    token: &str,
    table: &mut Table,
) -> Result<()> {
    for path in ["/sign-in", "/settings/security"] {
        let ask = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: twinlock={token}\r\nAccept-Language: en\r\n\r\n",
            place.address
        );
        let ask = if path == "/sign-in" {
            client::get(path, &place.address, "")
        } else {
            ask
        };
        let before = server.usage()?;
        let asks = client::Repeated(ask, VIEWS);
        let outcome = client::send_all(&server.address, asks, READERS, "</html>").await?;
        let cpu = server.usage()?.since(before).per_thousand(outcome.accepted);
        table.outcome("page", path, &outcome);
        // A second for a thousand is a millisecond for one.
        table.goal(
            "page",
            "CPU time of one",
            cpu.total(),
            Goal::at_most(1.0, "ms"),
        );
    }
    Ok(())
}
