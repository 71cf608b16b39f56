//! TLS spoken by the program itself, for whoever wants no proxy in front: a certificate and its key from PEM files, taken up again
//! when they change.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use x509_cert::der::Decode as _;

use crate::app::{App, Timestamp};
use crate::config::TlsFiles;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// From here on the log says that the certificate ends soon, once a day.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A certificate with its key, ready to be shown.
pub struct Identity {
    key: Arc<CertifiedKey>,
    /// When the certificate ends.
    pub ends: Timestamp,
}

/// Reads a certificate chain and its key.
///
/// # Errors
/// Which file cannot be read or does not fit the other; never what is in the key.
pub fn read(files: &TlsFiles<'_>) -> anyhow::Result<Identity> {
    let shown = files.certificate.display();
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(files.certificate)
        .and_then(Iterator::collect)
        .map_err(|_| anyhow::anyhow!("{shown} is not a file of PEM certificates that can be read"))
        .context("server.tls.certificate")?;
    let Some(first) = chain.first() else {
        bail!("server.tls.certificate: there is no certificate in {shown}");
    };
    let ends = ends(first).with_context(|| format!("server.tls.certificate, {shown}"))?;
    let key = PrivateKeyDer::from_pem_file(files.key)
        .map_err(|_| {
            anyhow::anyhow!(
                "{} is not a PEM private key that can be read",
                files.key.display()
            )
        })
        .context("server.tls.key")?;
    let signing = aws_lc_rs::sign::any_supported_type(&key).context("server.tls.key")?;
    let key = CertifiedKey::new(chain, signing);
    key.keys_match().with_context(|| {
        format!(
            "{} is not the key of {shown} (server.tls)",
            files.key.display()
        )
    })?;
    Ok(Identity {
        key: Arc::new(key),
        ends,
    })
}

fn ends(certificate: &CertificateDer<'_>) -> anyhow::Result<Timestamp> {
    let parsed = x509_cert::Certificate::from_der(certificate)?;
    let end = parsed.tbs_certificate.validity.not_after.to_unix_duration();
    Ok(Timestamp::from_millis(i64::try_from(end.as_millis())?))
}

/// The certificate in use; clones share it.
#[derive(Clone)]
pub struct Tls {
    shown: Arc<Shown>,
    config: Arc<ServerConfig>,
}

#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.0.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl Tls {
    /// TLS 1.2 and 1.3 with this certificate, speaking HTTP/1.1.
    ///
    /// # Errors
    /// None in practice: the versions are built in.
    pub fn new(identity: Identity) -> anyhow::Result<Self> {
        let shown = Arc::new(Shown(RwLock::new(identity.key)));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            shown,
            config: Arc::new(config),
        })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    fn show(&self, identity: Identity) {
        let mut shown = self.shown.0.write().unwrap_or_else(PoisonError::into_inner);
        *shown = identity.key;
    }
}

/// Takes the files up again when they change or at SIGHUP, until `stop` changes to true. Files that do not fit leave the certificate
/// in use.
pub(super) async fn keep(app: App, tls: Tls, mut stop: watch::Receiver<bool>) {
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => {
            tracing::error!(%error, "SIGHUP cannot be listened for; a new certificate needs a new start");
            return;
        }
    };
    let Some(files) = app.settings.server.tls.files() else {
        return;
    };
    let mut seen = stamps(&files);
    let mut said: Option<Timestamp> = None;
    loop {
        let asked = tokio::select! {
            _ = hangup.recv() => true,
            _ = tokio::time::timeout(LOOK, std::future::pending::<()>()) => false,
            _ = stop.changed() => return,
        };
        let now = stamps(&files);
        if asked || now != seen {
            seen = now;
            take_up(&app, &tls, &files);
        }
        remind(&app, &mut said);
    }
}

fn take_up(app: &App, tls: &Tls, files: &TlsFiles<'_>) {
    match read(files) {
        Ok(identity) => {
            let ends = identity.ends;
            app.meters.certificate_ends(ends);
            tls.show(identity);
            tracing::info!(ends = ends.rfc3339(), "a new certificate is in use");
        }
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(error, "the certificate in use stays");
        }
    }
}

fn remind(app: &App, said: &mut Option<Timestamp>) {
    let now = app.clock.now();
    let Some(ends) = app.meters.certificate_end() else {
        return;
    };
    if ends < now.plus(SOON) && said.is_none_or(|said| said.plus(DAY) < now) {
        *said = Some(now);
        tracing::warn!(ends = ends.rfc3339(), "the certificate ends soon");
    }
}

/// What changes when a file is written or put in another's place.
fn stamps(files: &TlsFiles<'_>) -> [Option<(SystemTime, u64)>; 2] {
    let stamp = |path: &Path| {
        let found = std::fs::metadata(path).ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    [stamp(files.certificate), stamp(files.key)]
}
