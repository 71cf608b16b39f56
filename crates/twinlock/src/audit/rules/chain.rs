//! A chain of events: what its first event is bound to, and how one event follows another.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::app::{AccountId, OrganizationId};

use super::Hash;

/// The events of one account, one organization, or the instance itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain {
    /// Whose id it is; chains are walked in this order.
    pub id: [u8; 16],
    /// What the id is of.
    pub kind: ChainKind,
}

/// What a chain belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainKind {
    /// One account.
    Account,
    /// One organization.
    Organization,
    /// The instance; there is one such chain, and its id is all zeros.
    Instance,
}

impl ChainKind {
    /// Its word, stored and hashed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Organization => "organization",
            Self::Instance => "instance",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Account, Self::Organization, Self::Instance]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

impl Chain {
    /// The chain of the instance itself.
    pub const INSTANCE: Self = Self {
        id: [0; 16],
        kind: ChainKind::Instance,
    };

    /// The chain of an account.
    #[must_use]
    pub fn account(account: AccountId) -> Self {
        Self {
            id: account.0,
            kind: ChainKind::Account,
        }
    }

    /// The chain of an organization.
    #[must_use]
    pub fn organization(organization: OrganizationId) -> Self {
        Self {
            id: organization.0,
            kind: ChainKind::Organization,
        }
    }

    /// What the first event follows. It names the chain, so that no chain passes for another's.
    #[must_use]
    pub fn genesis(&self) -> Hash {
        Sha256::new()
            .chain_update(b"twinlock-audit/1 chain\n")
            .chain_update(self.kind.word())
            .chain_update(b"\n")
            .chain_update(self.id)
            .finalize()
            .into()
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ChainKind::Instance => f.write_str("the instance"),
            kind => write!(f, "{} {}", kind.word(), AccountId(self.id)),
        }
    }
}

/// What binds an event to its body without showing it: the salt keeps a short body from being guessed, and goes with it.
#[must_use]
pub fn commit(salt: &[u8], body: &str) -> Hash {
    Sha256::new()
        .chain_update(b"twinlock-audit/1 body\n")
        .chain_update(salt)
        .chain_update(body.as_bytes())
        .finalize()
        .into()
}

/// What the hash of an event covers.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The hash of the event before, or the chain's genesis.
    pub previous: &'a Hash,
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Its kind.
    pub kind: &'a str,
    /// The commitment to its body.
    pub commitment: &'a Hash,
}

impl Link<'_> {
    /// The event's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let kind_length = u32::try_from(self.kind.len()).unwrap_or(u32::MAX);
        Sha256::new()
            .chain_update(b"twinlock-audit/1 event\n")
            .chain_update(self.previous)
            .chain_update(self.seq.to_be_bytes())
            .chain_update(self.at.to_be_bytes())
            .chain_update(kind_length.to_be_bytes())
            .chain_update(self.kind.as_bytes())
            .chain_update(self.commitment)
            .finalize()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chain_begins_somewhere_else() {
        let account = Chain::account(AccountId([7; 16]));
        let organization = Chain::organization(OrganizationId([7; 16]));
        assert_ne!(account.genesis(), organization.genesis());
        assert_ne!(
            account.genesis(),
            Chain::account(AccountId([8; 16])).genesis()
        );
        assert_ne!(
            Chain::INSTANCE.genesis(),
            Chain::account(AccountId([0; 16])).genesis()
        );
    }

    #[test]
    fn a_hash_covers_every_part_of_the_event() {
        let (previous, commitment) = ([1; 32], [2; 32]);
        let link = Link {
            previous: &previous,
            seq: 3,
            at: 4,
            kind: "signed_in",
            commitment: &commitment,
        };
        let others = [
            Link {
                previous: &[9; 32],
                ..link
            },
            Link { seq: 5, ..link },
            Link { at: 5, ..link },
            Link {
                kind: "signed_out",
                ..link
            },
            Link {
                commitment: &[9; 32],
                ..link
            },
        ];
        for other in others {
            assert_ne!(other.hash(), link.hash(), "{other:?}");
        }
    }
}
