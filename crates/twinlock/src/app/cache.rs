//! Sessions seen a moment ago, so that most checks need no database. What a session is, this place does not know.
//!
//! An account's entries go as soon as anything of the account is written on this server, before the writer gets its answer; on other
//! servers they live for at most four seconds. An entry is kept only if the account was not written since it was read.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache as Moka;

use super::{AccountId, SessionId};

/// Longest time a revoked session is still accepted on another server.
const LIFE: Duration = Duration::from_secs(4);
const STRIPES: usize = 4096;

type Entry = (SessionId, Arc<dyn Any + Send + Sync>);

/// See the module's text.
#[derive(Clone)]
pub struct Cache {
    accounts: Moka<AccountId, Arc<Vec<Entry>>>,
    generations: Arc<Vec<AtomicU64>>,
}

impl Default for Cache {
    fn default() -> Self {
        let generations = (0..STRIPES).map(|_| AtomicU64::new(0)).collect();
        Self {
            accounts: Moka::builder()
                .max_capacity(100_000)
                .time_to_live(LIFE)
                .build(),
            generations: Arc::new(generations),
        }
    }
}

impl Cache {
    /// The session, if it was read less than four seconds ago and nothing of its account changed since.
    #[must_use]
    pub fn get<S: Send + Sync + 'static>(
        &self,
        account: AccountId,
        session: SessionId,
    ) -> Option<Arc<S>> {
        let sessions = self.accounts.get(&account)?;
        let (_, known) = sessions.iter().find(|(id, _)| *id == session)?;
        Arc::clone(known).downcast().ok()
    }

    /// The account's generation; to be taken before the database is read.
    #[must_use]
    pub fn generation(&self, account: AccountId) -> u64 {
        self.stripe(account)
            .map_or(0, |stripe| stripe.load(Ordering::Acquire))
    }

    /// Keeps a session that was read after `generation` was taken.
    pub fn put<S: Send + Sync + 'static>(
        &self,
        account: AccountId,
        id: SessionId,
        session: Arc<S>,
        generation: u64,
    ) {
        let mut sessions: Vec<Entry> = match self.accounts.get(&account) {
            Some(known) => known
                .iter()
                .filter(|(other, _)| *other != id)
                .take(15)
                .cloned()
                .collect(),
            None => Vec::new(),
        };
        sessions.push((id, session));
        self.accounts.insert(account, Arc::new(sessions));
        if self.generation(account) != generation {
            self.accounts.invalidate(&account);
        }
    }

    /// Something of the account was written.
    pub fn forget(&self, account: AccountId) {
        if let Some(stripe) = self.stripe(account) {
            stripe.fetch_add(1, Ordering::AcqRel);
        }
        self.accounts.invalidate(&account);
    }

    fn stripe(&self, account: AccountId) -> Option<&AtomicU64> {
        let [.., high, low] = account.0;
        self.generations
            .get(usize::from(u16::from_be_bytes([high, low])) % STRIPES)
    }
}
