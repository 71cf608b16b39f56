//! One connection to an SMTP server, and what its answers mean (RFC 5321).

use std::error::Error as _;
use std::io;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Noop, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;

use crate::Outcome;
use crate::letter::Letter;
use crate::smtp_url::{Server, TlsMode};

/// A signed-in connection. Dropping it closes it: a connection in the middle of a conversation must
/// never be used for another message, whose answers would then be those to the message before.
pub(crate) struct Connection {
    smtp: AsyncSmtpConnection,
}

/// Where in the conversation something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    SignIn,
    Sender,
    Recipient,
    Announce,
    Content,
}

#[derive(Debug)]
enum Fault {
    /// A reply code, with the server's enhanced code (RFC 3463) if it gave one.
    Reply(u16, Option<String>),
    Tls,
    /// The server lacks what we insist on.
    Unsupported(&'static str),
    /// Closed, reset, or not speaking SMTP.
    Broken,
}

/// Why a message was not accepted.
#[derive(Debug)]
pub(crate) struct Trouble {
    step: Step,
    fault: Fault,
}

impl Connection {
    pub(crate) async fn open(server: &Server) -> Result<Self, Trouble> {
        let wrapper = match server.mode {
            TlsMode::Implicit => server.tls.clone(),
            _ => None,
        };
        let address = (server.host.as_str(), server.port);
        let limit = Some(server.timeout);
        let mut smtp =
            AsyncSmtpConnection::connect_tokio1(address, limit, &server.hello, wrapper, None)
                .await
                .map_err(|error| Trouble::connecting(server, &error))?;
        start_tls(&mut smtp, server).await?;
        if let Some(credentials) = &server.credentials {
            smtp.auth(DEFAULT_MECHANISMS, credentials)
                .await
                .map_err(|error| Trouble::at(Step::SignIn, &error))?;
        }
        Ok(Self { smtp })
    }

    /// Whether the server still answers.
    pub(crate) async fn is_alive(&mut self) -> bool {
        self.smtp.command(Noop).await.is_ok()
    }

    /// One transaction with one recipient. After an error the connection is to be dropped.
    pub(crate) async fn deliver(
        &mut self,
        from: &Address,
        letter: &Letter,
    ) -> Result<Outcome, Trouble> {
        let parameters = self.mail_parameters(letter)?;
        let sender = MailFrom::new(Some(from.clone()), parameters);
        let recipient = Rcpt::new(letter.recipient.clone(), Vec::new());
        let reply = self.smtp.command(sender).await;
        expect(Step::Sender, 200..=299, reply)?;
        let reply = self.smtp.command(recipient).await;
        expect(Step::Recipient, 200..=299, reply)?;
        let reply = self.smtp.command(Data).await;
        expect(Step::Announce, 354..=354, reply)?;
        let reply = self.smtp.message(&letter.content).await;
        let reply = expect(Step::Content, 200..=299, reply)?;
        Ok(Outcome::Accepted {
            provider_id: queue_id(&reply),
        })
    }

    fn mail_parameters(&self, letter: &Letter) -> Result<Vec<MailParameter>, Trouble> {
        if !letter.needs_utf8() {
            return Ok(Vec::new());
        }
        let server = self.smtp.server_info();
        let able = server.supports_feature(Extension::SmtpUtfEight)
            && server.supports_feature(Extension::EightBitMime);
        if !able {
            let fault = Fault::Unsupported("addresses outside ASCII (SMTPUTF8)");
            let step = Step::Recipient;
            return Err(Trouble { step, fault });
        }
        Ok(vec![
            MailParameter::SmtpUtfEight,
            MailParameter::Body(MailBodyParameter::EightBitMime),
        ])
    }
}

async fn start_tls(smtp: &mut AsyncSmtpConnection, server: &Server) -> Result<(), Trouble> {
    let wanted = match server.mode {
        TlsMode::Implicit | TlsMode::Clear => false,
        TlsMode::Required => true,
        TlsMode::Opportunistic => smtp.can_starttls(),
    };
    let Some(tls) = server.tls.clone().filter(|_| wanted) else {
        return Ok(());
    };
    if !smtp.can_starttls() {
        let fault = Fault::Unsupported("encryption (STARTTLS), which the settings require");
        let step = Step::Connect;
        return Err(Trouble { step, fault });
    }
    smtp.starttls(tls, &server.hello)
        .await
        .map_err(|error| Trouble::connecting(server, &error))
}

/// lettre takes any 2xx or 3xx for success; a transaction goes on only with the right one.
fn expect(
    step: Step,
    good: std::ops::RangeInclusive<u16>,
    reply: Result<Response, Error>,
) -> Result<Response, Trouble> {
    let reply = reply.map_err(|error| Trouble::at(step, &error))?;
    if good.contains(&u16::from(reply.code())) {
        return Ok(reply);
    }
    let fault = Fault::Broken;
    Err(Trouble { step, fault })
}

/// The queue id in `250 2.0.0 Ok: queued as 4BF1A2`, the wording most servers share.
fn queue_id(reply: &Response) -> Option<String> {
    let line = reply.first_line()?;
    let (_, rest) = line.split_once("queued as ")?;
    let id: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_')
        .take(64)
        .collect();
    (!id.is_empty()).then_some(id)
}

impl Trouble {
    /// lettre calls a failed handshake a connection error; an operator with a wrong certificate
    /// should not have to look for a firewall.
    fn connecting(server: &Server, error: &Error) -> Self {
        let trouble = Self::at(Step::Connect, error);
        let fault = match trouble.fault {
            Fault::Broken if server.tls.is_some() && is_bad_tls(error) => Fault::Tls,
            other => other,
        };
        Self { fault, ..trouble }
    }

    fn at(step: Step, error: &Error) -> Self {
        let fault = match error.status() {
            Some(code) => Fault::Reply(code.into(), enhanced_code(error)),
            None if error.is_tls() => Fault::Tls,
            None if error.is_client() && step == Step::SignIn => {
                Fault::Unsupported("a way to sign in that we speak (PLAIN, LOGIN)")
            }
            None => Fault::Broken,
        };
        Self { step, fault }
    }

    /// Whether a connection that had been idle was simply no longer good, so that a fresh one is
    /// worth a try. Never after the content went out: the server may have kept it.
    pub(crate) fn is_stale_connection(&self) -> bool {
        let before_content = self.step != Step::Content;
        before_content && matches!(self.fault, Fault::Broken | Fault::Reply(421, _))
    }

    /// Permanent only if it is about this message and its recipient. What the server says about us
    /// (our sender, our sign-in, our encryption) an operator can mend while the message waits.
    pub(crate) fn outcome(&self) -> Outcome {
        let why = self.describe();
        let about_the_message = !matches!(self.step, Step::Connect | Step::SignIn | Step::Sender);
        let permanent = match &self.fault {
            Fault::Reply(code, _) => (500..=599).contains(code) && !is_about_us(*code),
            Fault::Unsupported(_) => true,
            Fault::Tls | Fault::Broken => false,
        };
        if about_the_message && permanent {
            Outcome::refused(why)
        } else {
            Outcome::later(why)
        }
    }

    fn describe(&self) -> String {
        let place = match self.step {
            Step::Connect => "the connection",
            Step::SignIn => "our sign-in",
            Step::Sender => "our sender address",
            Step::Recipient => "the recipient",
            Step::Announce | Step::Content => "the message",
        };
        match &self.fault {
            Fault::Reply(code, Some(enhanced)) => {
                format!("the mail server answered {code} ({enhanced}) to {place}")
            }
            Fault::Reply(code, None) => format!("the mail server answered {code} to {place}"),
            Fault::Tls => "the mail server's TLS or certificate is not acceptable".to_owned(),
            Fault::Unsupported(what) => format!("the mail server does not offer {what}"),
            Fault::Broken if self.step == Step::Connect => {
                "the mail server cannot be reached or does not speak SMTP".to_owned()
            }
            Fault::Broken if self.step == Step::Content => {
                "the connection broke before the mail server confirmed the message".to_owned()
            }
            Fault::Broken => format!("the connection broke at {place}"),
        }
    }
}

/// tokio-rustls reports every handshake fault as `InvalidData`; lettre wraps it more than once.
fn is_bad_tls(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::InvalidData
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// 5xx codes about the session, not the message: out of sequence, host takes no mail, and the
/// sign-in family (RFC 4954 §6).
fn is_about_us(code: u16) -> bool {
    matches!(code, 503 | 521 | 530 | 534 | 535 | 538)
}

/// `5.1.1` at the start of the server's words. The words themselves often repeat the address.
fn enhanced_code(error: &Error) -> Option<String> {
    let words = error.source()?.to_string();
    let first = words.split_whitespace().next()?;
    let parts: Vec<&str> = first.split('.').collect();
    let numeric = |part: &&str| (1..=3).contains(&part.len()) && is_digits(part);
    (parts.len() == 3 && parts.iter().all(numeric)).then(|| first.to_owned())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
