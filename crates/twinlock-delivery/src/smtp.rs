//! Mail over SMTP.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use lettre::message::Mailbox;
use tokio::time::timeout;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::connection::Connection;
use crate::letter::{Letter, compose};
use crate::smtp_url::{Server, sender};
use crate::{ConfigError, Mail, MailProvider, Outcome, Sending, TlsMode};

/// Longest wait for a sign of life on an idle connection, which a firewall may have dropped without a
/// word. A live server answers NOOP at once; opening a fresh connection costs little.
const LONGEST_PROBE: Duration = Duration::from_secs(2);

/// More than a worker's usual parallelism gains nothing and annoys small servers.
const MOST_IDLE: usize = 4;

/// Sends over SMTP, keeping a few signed-in connections for the next message.
///
/// Connections are kept here and not in lettre's own pool, because that pool takes a connection
/// back when a send is cancelled by a time limit: the late answers would then be read as the
/// answers to the next message, which could count as accepted though it was refused.
pub struct SmtpProvider {
    server: Server,
    from: Mailbox,
    idle: Mutex<Vec<Connection>>,
}

impl SmtpProvider {
    /// Reads the settings; does not connect.
    ///
    /// `smtp_url` is `smtps://user:password@host:port`, or `smtp://…` with `?tls=required`,
    /// `?tls=opportunistic` or nothing (unencrypted); user and password are percent-encoded and may
    /// be absent; a path is the name to give in EHLO. `from` is one address, with or without a
    /// display name. `timeout` limits one whole send, from connecting to the last answer; 30
    /// seconds or more is sensible, since servers that scan mail are slow to confirm it.
    ///
    /// The caller installs the process's rustls crypto provider before this (URLs with TLS).
    ///
    /// # Errors
    /// What is wrong with the settings, without quoting them.
    pub fn from_url(smtp_url: &str, from: &str, timeout: Duration) -> Result<Self, ConfigError> {
        Ok(Self {
            server: Server::from_url(smtp_url, timeout)?,
            from: sender(from)?,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// How the way to the server is protected.
    pub fn tls_mode(&self) -> TlsMode {
        self.server.mode
    }

    async fn attempt(&self, letter: &Letter) -> Outcome {
        let limit = self.server.timeout;
        match timeout(limit, contain_panic(self.converse(letter))).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Outcome::later("the mail server's answer could not be understood"),
            Err(_) => {
                // What else is idle is likely as dead as the one that just kept us waiting.
                self.idle().clear();
                let seconds = limit.as_secs_f32();
                Outcome::later(format!("the mail server did not finish in {seconds} s"))
            }
        }
    }

    async fn converse(&self, letter: &Letter) -> Outcome {
        if let Some(mut connection) = self.reusable().await {
            match connection.deliver(&self.from.email, letter).await {
                Ok(accepted) => return self.keep(connection, accepted),
                Err(trouble) if trouble.is_stale_connection() => {}
                Err(trouble) => return trouble.outcome(),
            }
        }
        let mut connection = match Connection::open(&self.server).await {
            Ok(connection) => connection,
            Err(trouble) => return trouble.outcome(),
        };
        match connection.deliver(&self.from.email, letter).await {
            Ok(accepted) => self.keep(connection, accepted),
            Err(trouble) => trouble.outcome(),
        }
    }

    /// An idle connection that still answers.
    async fn reusable(&self) -> Option<Connection> {
        let mut connection = self.idle().pop()?;
        let limit = LONGEST_PROBE.min(self.server.timeout / 4);
        if timeout(limit, connection.is_alive()).await == Ok(true) {
            return Some(connection);
        }
        // The others have been idle for longer still.
        self.idle().clear();
        None
    }

    fn keep(&self, connection: Connection, accepted: Outcome) -> Outcome {
        let mut idle = self.idle();
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
        accepted
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MailProvider for SmtpProvider {
    fn send(&self, mail: &Mail) -> Sending<'_> {
        let letter = compose(&self.from, mail);
        Box::pin(async move {
            match letter {
                Err(why) => Outcome::refused(why),
                // lettre writes the whole conversation to the debug log: password, addresses, codes.
                Ok(letter) => {
                    let silent = NoSubscriber::default();
                    self.attempt(&letter).with_subscriber(silent).await
                }
            }
        })
    }

    fn name(&self) -> &'static str {
        "smtp"
    }
}

impl fmt::Debug for SmtpProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpProvider")
            .field("host", &self.server.host)
            .field("port", &self.server.port)
            .field("tls", &self.server.mode)
            .finish_non_exhaustive()
    }
}

/// `None` if the future panicked: lettre does on some malformed greetings, and a strange server must
/// not end the worker that serves everyone's mail.
async fn contain_panic<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        },
    )
    .await
}
