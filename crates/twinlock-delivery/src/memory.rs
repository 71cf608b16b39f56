//! Mail that goes nowhere, for tests and the demo.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::address::wire_address;
use crate::{Mail, MailProvider, Outcome, Sending};

/// How a [`MemoryMail`] or a [`MemoryTexts`](crate::MemoryTexts) answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behaviour {
    /// Keeps the message and accepts it.
    #[default]
    Accept,
    /// Keeps nothing and answers [`Outcome::Later`].
    Fail,
    /// Keeps nothing and answers [`Outcome::Refused`].
    Refuse,
    /// Keeps nothing and never answers.
    Hang,
    /// Keeps the message and yet answers [`Outcome::Later`]: an acceptance lost on the way back.
    AcceptThenFail,
}

/// Keeps every accepted mail, in order; repeats are kept too, so that a test can see them. Clones
/// share one box.
#[derive(Debug, Clone, Default)]
pub struct MemoryMail {
    shared: Arc<Mutex<Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    sent: Vec<Mail>,
    attempts: usize,
    behaviour: Behaviour,
}

impl MemoryMail {
    /// An empty box that accepts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The mails kept so far, oldest first.
    pub fn sent(&self) -> Vec<Mail> {
        self.shelf().sent.clone()
    }

    /// How many sends were asked for, whatever became of them.
    pub fn attempts(&self) -> usize {
        self.shelf().attempts
    }

    /// Changes how sends from now on are answered; one that hangs already keeps hanging.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shelf().behaviour = behaviour;
    }

    /// Throws away the kept mails.
    pub fn clear(&self) {
        self.shelf().sent.clear();
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` means: never answer.
    fn take_in(&self, mail: &Mail) -> Option<Outcome> {
        let mut shelf = self.shelf();
        shelf.attempts += 1;
        if wire_address(&mail.to).is_none() {
            return Some(Outcome::refused("the address is not usable"));
        }
        match shelf.behaviour {
            Behaviour::Accept => {
                shelf.sent.push(mail.clone());
                let provider_id = Some(format!("memory-{}", shelf.sent.len()));
                Some(Outcome::Accepted { provider_id })
            }
            Behaviour::AcceptThenFail => {
                shelf.sent.push(mail.clone());
                Some(Outcome::later("the answer was lost (simulated)"))
            }
            Behaviour::Fail => Some(Outcome::later("the provider is down (simulated)")),
            Behaviour::Refuse => Some(Outcome::refused("the provider refuses (simulated)")),
            Behaviour::Hang => None,
        }
    }
}

impl MailProvider for MemoryMail {
    fn send(&self, mail: &Mail) -> Sending<'_> {
        let answer = self.take_in(mail);
        Box::pin(async move {
            match answer {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        })
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn mail_to(to: &str) -> Mail {
        Mail {
            id: "1".to_owned(),
            to: to.to_owned(),
            subject: "Your code".to_owned(),
            text: "ABCD-EFGH".to_owned(),
            html: None,
        }
    }

    #[tokio::test]
    async fn it_keeps_what_it_accepts_and_only_that() {
        let inbox = MemoryMail::new();
        let ann = mail_to("ann@example.org");
        let accepted = inbox.send(&ann).await;
        assert!(matches!(accepted, Outcome::Accepted { .. }));
        inbox.behave(Behaviour::Fail);
        assert!(matches!(inbox.send(&ann).await, Outcome::Later { .. }));
        inbox.behave(Behaviour::Refuse);
        assert!(matches!(inbox.send(&ann).await, Outcome::Refused { .. }));
        assert_eq!(inbox.clone().sent(), std::slice::from_ref(&ann));
        inbox.behave(Behaviour::AcceptThenFail);
        assert!(matches!(inbox.send(&ann).await, Outcome::Later { .. }));
        assert_eq!(inbox.sent().len(), 2);
        assert_eq!(inbox.attempts(), 4);
    }

    #[tokio::test]
    async fn a_hanging_box_never_answers() {
        let inbox = MemoryMail::new();
        inbox.behave(Behaviour::Hang);
        let ann = mail_to("ann@example.org");
        let wait = tokio::time::timeout(Duration::from_millis(20), inbox.send(&ann)).await;
        assert!(wait.is_err());
        assert!(inbox.sent().is_empty());
    }

    #[tokio::test]
    async fn it_refuses_the_addresses_that_smtp_would_refuse() {
        let inbox = MemoryMail::new();
        let outcome = inbox.send(&mail_to("ann@a.example,eve@b.example")).await;
        assert!(matches!(outcome, Outcome::Refused { .. }));
    }

    #[test]
    fn a_mail_in_a_log_line_shows_no_address_and_no_code() {
        let shown = format!("{:?}", mail_to("ann@example.org"));
        assert!(!shown.contains("ann") && !shown.contains("ABCD"));
    }
}
