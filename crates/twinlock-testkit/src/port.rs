//! Ports for private servers.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Result;

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
