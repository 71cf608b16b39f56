//! Accepting connections: how many, for how long, and how they end.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::framing::Strict;

/// Connections at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 4096;
/// Connections at once from one network, where clients reach us directly.
const PER_NETWORK: usize = 256;
/// Time for the head of a request, and for an idle connection.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes a request's head may have.
const HEAD_BYTES: usize = 32 * 1024;
/// Header lines a request may have.
const HEAD_LINES: usize = 100;
/// Pause after the system refused a connection, such as for want of file handles.
const REST: Duration = Duration::from_millis(100);

/// How connections of a listener are met.
#[derive(Clone)]
pub(super) struct Way {
    /// Whether connections of one network are counted.
    pub(super) limit_peers: bool,
    /// TLS, where it is spoken here.
    pub(super) tls: Option<TlsAcceptor>,
}

impl Way {
    /// Plain, and open to as many connections as come.
    pub(super) const PLAIN: Self = Self {
        limit_peers: false,
        tls: None,
    };
}

/// Accepts until `stop` changes to true, then waits for the connections in hand.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    way: Way,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let peers = Peers::default();
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stop.changed() => break,
        };
        match (place, accepted) {
            (Ok(place), Ok((stream, peer))) => {
                if let Some(seat) = peers.enter(peer.ip(), way.limit_peers) {
                    let held = (place, seat);
                    let talk = Talk {
                        peer,
                        router: router.clone(),
                        watcher: graceful.watcher(),
                    };
                    tokio::spawn(meet(stream, talk, way.tls.clone(), held));
                }
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // The end may come meanwhile; the next round sees it.
                let _ = tokio::time::timeout(REST, std::future::pending::<()>()).await;
            }
            (Err(_), Ok(_)) => break,
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

/// What a connection needs to be answered.
struct Talk {
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
}

async fn meet(
    stream: TcpStream,
    talk: Talk,
    tls: Option<TlsAcceptor>,
    held: (OwnedSemaphorePermit, Seat),
) {
    let _held = held;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection went away at once");
    }
    let Some(tls) = tls else {
        return converse(stream, talk).await;
    };
    // Shaking hands counts as the head of a request: whoever is slow is cut.
    match tokio::time::timeout(HEAD, tls.accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, talk).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS came about"),
        Err(_) => tracing::debug!("no TLS came about in time"),
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, talk: Talk) {
    let Talk {
        peer,
        router,
        watcher,
    } = talk;
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEAD_LINES)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Strict::new(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Who is connected, by network.
#[derive(Clone, Default)]
struct Peers {
    seats: Arc<Mutex<HashMap<Vec<u8>, usize>>>,
}

/// One connection of a network, given back when dropped.
struct Seat {
    peers: Peers,
    network: Option<Vec<u8>>,
}

impl Peers {
    /// A seat, or `None` when the network has too many. Programs on this machine and listed proxies are not counted.
    fn enter(&self, peer: IpAddr, limited: bool) -> Option<Seat> {
        let peer = peer.to_canonical();
        if !limited || peer.is_loopback() {
            return Some(Seat {
                peers: self.clone(),
                network: None,
            });
        }
        let network = twinlock_web::network_key(peer);
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(network.clone()).or_default();
        if *taken >= PER_NETWORK {
            return None;
        }
        *taken += 1;
        Some(Seat {
            peers: self.clone(),
            network: Some(network),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(network) = self.network.take() else {
            return;
        };
        let mut seats = self
            .peers
            .seats
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&network) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                seats.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_cannot_take_every_connection() {
        let peers = Peers::default();
        let stranger: IpAddr = "192.0.2.7".parse().unwrap();
        let mut seats: Vec<Seat> = (0..PER_NETWORK)
            .map(|_| peers.enter(stranger, true).unwrap())
            .collect();
        assert!(peers.enter(stranger, true).is_none());
        assert!(peers.enter("192.0.2.8".parse().unwrap(), true).is_some());
        assert!(peers.enter("127.0.0.1".parse().unwrap(), true).is_some());
        assert!(peers.enter(stranger, false).is_some());
        seats.pop();
        assert!(peers.enter(stranger, true).is_some());
        drop(seats);
        assert!(peers.seats.lock().unwrap().is_empty());
    }
}
