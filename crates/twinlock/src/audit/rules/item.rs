//! The lines of an export, which are also what the verifier is fed with: first what it is, then the checkpoints, then chain by chain the
//! events, each anchored one followed by its anchor, and the chain's head; at last how many there were.

use serde::{Deserialize, Serialize};

use crate::app::{AccountId, Timestamp};

use super::Hash;
use super::chain::{Chain, ChainKind, Link, commit};
use super::checkpoint::{Checkpoint, Signed};
use super::hex::Hex;

/// The format's name and version.
pub const FORMAT: &str = "twinlock-audit/1";

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    /// The first line.
    Export(Export),
    /// A checkpoint.
    Checkpoint(CheckpointLine),
    /// An event.
    Event(EventLine),
    /// What a checkpoint anchors of one chain.
    Anchor(AnchorLine),
    /// Where a chain ends.
    Head(HeadLine),
    /// The last line.
    End(End),
}

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every chain, every checkpoint.
    All,
    /// One chain, its newest anchor with its path, and that anchor's checkpoint.
    Chain,
    /// Some events, picked by kind or time: each is checked by itself.
    Picked,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// [`FORMAT`].
    pub format: String,
    /// What it holds.
    pub scope: Scope,
    /// When it was begun, in milliseconds since 1970 UTC.
    pub made_at_ms: i64,
    /// The key that signs the checkpoints; absent before the first one.
    pub public_key: Option<Hex<32>>,
}

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointLine {
    /// Its number, from 1.
    pub number: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// The hash of the one before.
    pub previous: Hex<32>,
    /// The root over the chains it anchors.
    pub root: Hex<32>,
    /// How many chains it anchors.
    pub chains: i64,
    /// Its signature.
    pub signature: Hex<64>,
}

impl From<Signed> for CheckpointLine {
    fn from(signed: Signed) -> Self {
        let checkpoint = signed.checkpoint;
        Self {
            number: checkpoint.number,
            at_ms: checkpoint.at.as_millis(),
            previous: Hex(checkpoint.previous),
            root: Hex(checkpoint.root),
            chains: checkpoint.chains,
            signature: Hex(signed.signature),
        }
    }
}

impl From<&CheckpointLine> for Signed {
    fn from(line: &CheckpointLine) -> Self {
        Self {
            checkpoint: Checkpoint {
                number: line.number,
                at: Timestamp::from_millis(line.at_ms),
                previous: line.previous.0,
                root: line.root.0,
                chains: line.chains,
            },
            signature: line.signature.0,
        }
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    /// What its chain belongs to.
    pub chain: ChainKind,
    /// Whose chain.
    pub id: AccountId,
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Its kind.
    pub kind: String,
    /// What it says: a JSON object of texts, exactly as it was hashed. Absent after erasure.
    pub body: Option<String>,
    /// The salt of the commitment. Absent after erasure.
    pub salt: Option<Hex<16>>,
    /// The commitment to salt and body.
    pub commitment: Hex<32>,
    /// The hash of the event before, or where the chain begins.
    pub previous: Hex<32>,
    /// Its hash.
    pub hash: Hex<32>,
}

impl EventLine {
    /// Its chain.
    #[must_use]
    pub fn whose(&self) -> Chain {
        whose(self.chain, self.id)
    }

    /// The hash it should have.
    #[must_use]
    pub fn computed(&self) -> Hash {
        Link {
            previous: &self.previous.0,
            seq: self.seq,
            at: self.at_ms,
            kind: &self.kind,
            commitment: &self.commitment.0,
        }
        .hash()
    }

    /// Whether what it says is what was committed to; erased, it says nothing.
    #[must_use]
    pub fn body_holds(&self) -> bool {
        match (&self.salt, &self.body) {
            (Some(salt), Some(body)) => commit(&salt.0, body) == self.commitment.0,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// What a checkpoint anchors of one chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorLine {
    /// What the chain belongs to.
    pub chain: ChainKind,
    /// Whose chain.
    pub id: AccountId,
    /// The checkpoint's number.
    pub checkpoint: i64,
    /// Up to which event.
    pub seq: i64,
    /// That event's hash.
    pub hash: Hex<32>,
    /// Where it stands in the checkpoint's tree, and its path to the root; absent where all anchors are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

impl AnchorLine {
    /// Its chain.
    #[must_use]
    pub fn whose(&self) -> Chain {
        whose(self.chain, self.id)
    }
}

/// The way from an anchor to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The anchor's place, from 0.
    pub index: u64,
    /// The sibling hashes, from below.
    pub path: Vec<Hex<32>>,
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadLine {
    /// What the chain belongs to.
    pub chain: ChainKind,
    /// Whose chain.
    pub id: AccountId,
    /// The number of its newest event.
    pub seq: i64,
    /// That event's hash.
    pub hash: Hex<32>,
}

impl HeadLine {
    /// Its chain.
    #[must_use]
    pub fn whose(&self) -> Chain {
        whose(self.chain, self.id)
    }
}

/// How many there were, so that a file cut short is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Events.
    pub events: u64,
    /// Anchors.
    pub anchors: u64,
    /// Checkpoints.
    pub checkpoints: u64,
}

fn whose(kind: ChainKind, id: AccountId) -> Chain {
    Chain { id: id.0, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written_and_nothing_may_be_added() {
        let item = Item::Head(HeadLine {
            chain: ChainKind::Account,
            id: AccountId([1; 16]),
            seq: 3,
            hash: Hex([2; 32]),
        });
        let text = serde_json::to_string(&item).unwrap();
        assert_eq!(serde_json::from_str::<Item>(&text).unwrap(), item);
        let more = text.replacen('{', r#"{"extra":1,"#, 1);
        assert!(serde_json::from_str::<Item>(&more).is_err());
        let twice = text.replacen('{', r#"{"seq":3,"#, 1);
        assert!(serde_json::from_str::<Item>(&twice).is_err());
    }
}
