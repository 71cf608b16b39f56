//! Telling systemd how it stands (`sd_notify`): one datagram to the socket it names.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Names the socket, where somebody waits for word.
const VARIABLE: &str = "NOTIFY_SOCKET";

/// Everything is open; people may come.
pub(super) fn ready() {
    tell("READY=1");
}

/// No more people are let in.
pub(super) fn stopping() {
    tell("STOPPING=1");
}

fn tell(what: &str) {
    let Ok(socket) = std::env::var(VARIABLE) else {
        return;
    };
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&socket),
    };
    let sent = address.and_then(|address| {
        let socket = UnixDatagram::unbound()?;
        socket.send_to_addr(what.as_bytes(), &address)
    });
    if let Err(error) = sent {
        tracing::warn!(%error, what, "the service manager could not be told");
    }
}
