//! Reaching the server.

use std::sync::Arc;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::Connection;
use super::fault::Fault;
use crate::{DbError, DbResult};

/// What every session of ours is set to. Locks and statements give up before a person does; a
/// server whose default is to acknowledge before writing is told to write first.
const SESSION: &str = "SET lock_timeout = '2s';
SET statement_timeout = '5s';
SET idle_in_transaction_session_timeout = '15s';
SET standard_conforming_strings = on;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// A server, and how to speak to it.
pub(super) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Reads a connection string. `sslmode=require`, `verify-ca` and `verify-full` all verify the
    /// certificate and the name; anything less speaks plainly.
    pub(super) fn new(url: &str) -> DbResult<Self> {
        let url = url
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        // The parser's error may quote the address, and with it the password.
        let mut config: Config = url.parse().map_err(|_| {
            DbError::Unavailable("the PostgreSQL address is not understood".to_owned())
        })?;
        config
            .application_name("twinlock")
            .tcp_user_timeout(Duration::from_secs(10));
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(3));
        }
        let tls = (config.get_ssl_mode() == SslMode::Require)
            .then(tls)
            .transpose()?;
        Ok(Self { config, tls })
    }

    /// Opens a connection.
    pub(super) fn connect(&self) -> DbResult<Connection> {
        let connected = match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        };
        let client = connected.map_err(|error| {
            let reason = Fault::of(&error, "connect").error;
            DbError::Unavailable(format!("PostgreSQL cannot be reached: {reason}"))
        })?;
        let mut connection = Connection::new(client);
        connection.batch(SESSION).map_err(|fault| fault.error)?;
        Ok(connection)
    }
}

fn tls() -> DbResult<MakeRustlsConnect> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for fault in &found.errors {
        tracing::warn!(%fault, "a certificate of the system could not be read");
    }
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|fault| DbError::Unavailable(format!("TLS to PostgreSQL: {fault}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
