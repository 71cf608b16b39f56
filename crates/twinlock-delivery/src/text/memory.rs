//! Texts that go nowhere, for tests and the demo.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Refusal, SendingText, Text, TextOutcome, TextProvider, obstacle};
use crate::Behaviour;

const NAME: &str = "memory";

/// Keeps every accepted text, in order; repeats are kept too, so that a test can see them. Clones
/// share one phone.
#[derive(Debug, Clone, Default)]
pub struct MemoryTexts {
    shared: Arc<Mutex<Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    sent: Vec<Text>,
    attempts: usize,
    behaviour: Behaviour,
}

impl MemoryTexts {
    /// An empty phone that accepts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The texts kept so far, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Text> {
        self.shelf().sent.clone()
    }

    /// How many sends were asked for, whatever became of them.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.shelf().attempts
    }

    /// Changes how sends from now on are answered; one that hangs already keeps hanging. Refusals
    /// are of the kind [`Refusal::CannotReceive`].
    pub fn behave(&self, behaviour: Behaviour) {
        self.shelf().behaviour = behaviour;
    }

    /// Throws away the kept texts.
    pub fn clear(&self) {
        self.shelf().sent.clear();
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` means: never answer.
    fn take_in(&self, text: &Text, unix_seconds: i64) -> Option<TextOutcome> {
        let mut shelf = self.shelf();
        shelf.attempts += 1;
        if let Some(outcome) = obstacle(text, unix_seconds) {
            return Some(outcome);
        }
        match shelf.behaviour {
            Behaviour::Accept => {
                shelf.sent.push(text.clone());
                Some(TextOutcome::Accepted {
                    provider: NAME,
                    provider_id: Some(format!("memory-{}", shelf.sent.len())),
                })
            }
            Behaviour::AcceptThenFail => {
                shelf.sent.push(text.clone());
                Some(TextOutcome::unclear("the answer was lost (simulated)"))
            }
            Behaviour::Fail => Some(TextOutcome::not_taken("the provider is down (simulated)")),
            Behaviour::Refuse => Some(TextOutcome::refused(
                Refusal::CannotReceive,
                "the provider refuses (simulated)",
            )),
            Behaviour::Hang => None,
        }
    }
}

impl TextProvider for MemoryTexts {
    fn send(&self, text: &Text, unix_seconds: i64) -> SendingText<'_> {
        let answer = self.take_in(text, unix_seconds);
        Box::pin(async move {
            match answer {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        })
    }

    fn name(&self) -> &'static str {
        NAME
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text_to(to: &str) -> Text {
        Text {
            id: "1".to_owned(),
            to: to.to_owned(),
            body: "Your code is 123456.".to_owned(),
            good_until: None,
            status_url: None,
        }
    }

    #[tokio::test]
    async fn it_keeps_what_it_accepts_and_only_that() {
        let phone = MemoryTexts::new();
        let ann = text_to("+14155552671");
        let accepted = phone.send(&ann, 0).await;
        assert!(matches!(accepted, TextOutcome::Accepted { .. }));
        phone.behave(Behaviour::Fail);
        let failed = phone.send(&ann, 0).await;
        assert!(matches!(
            failed,
            TextOutcome::Later {
                maybe_sent: false,
                ..
            }
        ));
        phone.behave(Behaviour::Refuse);
        let refused = phone.send(&ann, 0).await;
        assert!(matches!(refused, TextOutcome::Refused { .. }));
        assert_eq!(phone.clone().sent(), std::slice::from_ref(&ann));
        phone.behave(Behaviour::AcceptThenFail);
        let lost = phone.send(&ann, 0).await;
        assert!(matches!(
            lost,
            TextOutcome::Later {
                maybe_sent: true,
                ..
            }
        ));
        assert_eq!((phone.sent().len(), phone.attempts()), (2, 4));
    }

    #[tokio::test]
    async fn a_hanging_phone_never_answers() {
        let phone = MemoryTexts::new();
        phone.behave(Behaviour::Hang);
        let ann = text_to("+14155552671");
        let wait = tokio::time::timeout(Duration::from_millis(20), phone.send(&ann, 0)).await;
        assert!(wait.is_err());
        assert!(phone.sent().is_empty());
    }

    #[tokio::test]
    async fn it_refuses_the_numbers_that_gateways_would_refuse() {
        let phone = MemoryTexts::new();
        let outcome = phone.send(&text_to("0151 12345678"), 0).await;
        assert!(matches!(outcome, TextOutcome::Refused { .. }));
    }
}
