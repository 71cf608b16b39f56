//! Several providers, of which the next is asked when the one before certainly did nothing.

use std::fmt;
use std::sync::Arc;

use super::{Refusal, SendingText, Text, TextOutcome, TextProvider};

/// Asks its providers in order until one answers for all.
///
/// The next is asked only after an outcome that rules out a second copy: the text was certainly not
/// taken (`maybe_sent` is false), or this provider's account may not send there
/// ([`Refusal::NotAllowed`]). A refusal for the number or the text stands. After a silence
/// (`maybe_sent` is true) nobody else is asked: the caller decides whether to try again, which
/// begins with the first provider.
///
/// Takes as long as all its providers together.
pub struct Several {
    providers: Vec<Arc<dyn TextProvider>>,
}

impl Several {
    /// In this order.
    #[must_use]
    pub fn new(first: Arc<dyn TextProvider>, others: Vec<Arc<dyn TextProvider>>) -> Self {
        let mut providers = vec![first];
        providers.extend(others);
        Self { providers }
    }

    async fn ask_in_order(&self, text: &Text, unix_seconds: i64) -> TextOutcome {
        let mut reasons = Vec::new();
        let mut all_refused = true;
        for provider in &self.providers {
            let name = provider.name();
            match provider.send(text, unix_seconds).await {
                TextOutcome::Later {
                    maybe_sent: false,
                    why,
                } => {
                    all_refused = false;
                    reasons.push(format!("{name}: {why}"));
                }
                TextOutcome::Refused {
                    kind: Refusal::NotAllowed,
                    why,
                } => reasons.push(format!("{name}: {why}")),
                final_outcome @ (TextOutcome::Accepted { .. }
                | TextOutcome::Refused { .. }
                | TextOutcome::Later { .. }) => return final_outcome,
            }
        }
        let why = reasons.join("; ");
        if all_refused {
            TextOutcome::refused(Refusal::NotAllowed, why)
        } else {
            TextOutcome::not_taken(why)
        }
    }
}

impl TextProvider for Several {
    fn send(&self, text: &Text, unix_seconds: i64) -> SendingText<'_> {
        let text = text.clone();
        Box::pin(async move { self.ask_in_order(&text, unix_seconds).await })
    }

    fn name(&self) -> &'static str {
        "several"
    }
}

impl fmt::Debug for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.providers.iter().map(|provider| provider.name());
        f.debug_list().entries(names).finish()
    }
}
