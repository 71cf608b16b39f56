//! What a check of the record found, in words for the operator.

use super::chain::Chain;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The chain it is in; `None` where it is about checkpoints or the file.
    pub chain: Option<Chain>,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An event's hash is not that of what it says of itself.
    Changed(i64),
    /// What an event says is not what was committed to, or only half of it is there.
    BodyChanged(i64),
    /// Events are missing before this one: the first missing, and the one that is there.
    Dropped(i64, i64),
    /// An event does not follow the one before it.
    NotFollowing(i64),
    /// A number that stands twice, or comes too late.
    OutOfOrder(i64),
    /// The chain should have so many events, and has so many.
    TailDropped(i64, i64),
    /// The head does not name the newest event.
    HeadChanged(i64),
    /// There is no head.
    HeadMissing(i64),
    /// A checkpoint anchored another event under this number: checkpoint, event.
    Rewritten(i64, i64),
    /// A checkpoint anchored more events than there are: checkpoint, anchored, there.
    CutAfterCheckpoint(i64, i64, i64),
    /// An anchor does not stand where it belongs: checkpoint.
    AnchorMisplaced(i64),
    /// An anchor's path does not lead to the checkpoint's root: checkpoint.
    PathWrong(i64),
    /// An anchor names a checkpoint that is not there.
    CheckpointUnknown(i64),
    /// Checkpoints are missing before this one.
    CheckpointDropped(i64),
    /// A checkpoint does not follow the one before it.
    CheckpointNotFollowing(i64),
    /// A checkpoint's signature is not by the key.
    CheckpointForged(i64),
    /// What a checkpoint anchors was changed, dropped or added to.
    AnchorsChanged(i64),
    /// The checkpoints are signed with another key than the one named.
    OtherKey,
    /// There are checkpoints and no key.
    KeyMissing,
    /// The checkpoint that was written down elsewhere is not there, or is another.
    NotAsExpected(i64),
    /// A chain stands twice, or in the wrong place of the file.
    ChainOutOfOrder,
    /// The file ends too early, or was cut in the middle.
    Incomplete,
    /// A line that is none: its number, and what is wrong with it.
    NotALine(u64, String),
}

impl Flaw {
    /// A stable word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Changed(_) => "event_changed",
            Self::BodyChanged(_) => "body_changed",
            Self::Dropped(..) => "event_dropped",
            Self::NotFollowing(_) => "event_moved_or_invented",
            Self::OutOfOrder(_) => "event_out_of_order",
            Self::TailDropped(..) => "tail_dropped",
            Self::HeadChanged(_) => "head_changed",
            Self::HeadMissing(_) => "head_missing",
            Self::Rewritten(..) => "chain_rewritten",
            Self::CutAfterCheckpoint(..) => "tail_cut",
            Self::AnchorMisplaced(_) => "anchor_misplaced",
            Self::PathWrong(_) => "path_wrong",
            Self::CheckpointUnknown(_) => "checkpoint_unknown",
            Self::CheckpointDropped(_) => "checkpoint_dropped",
            Self::CheckpointNotFollowing(_) => "checkpoint_not_following",
            Self::CheckpointForged(_) => "checkpoint_forged",
            Self::AnchorsChanged(_) => "anchors_changed",
            Self::OtherKey => "other_key",
            Self::KeyMissing => "key_missing",
            Self::NotAsExpected(_) => "checkpoint_not_as_expected",
            Self::ChainOutOfOrder => "chain_out_of_order",
            Self::Incomplete => "incomplete",
            Self::NotALine(..) => "not_a_line",
        }
    }

    /// The event it names, where it names one.
    #[must_use]
    pub fn seq(&self) -> Option<i64> {
        match self {
            Self::Changed(seq)
            | Self::BodyChanged(seq)
            | Self::NotFollowing(seq)
            | Self::OutOfOrder(seq)
            | Self::Dropped(seq, _)
            | Self::HeadChanged(seq)
            | Self::HeadMissing(seq)
            | Self::Rewritten(_, seq) => Some(*seq),
            Self::TailDropped(_, there) | Self::CutAfterCheckpoint(_, _, there) => Some(there + 1),
            Self::AnchorMisplaced(_)
            | Self::PathWrong(_)
            | Self::CheckpointUnknown(_)
            | Self::CheckpointDropped(_)
            | Self::CheckpointNotFollowing(_)
            | Self::CheckpointForged(_)
            | Self::AnchorsChanged(_)
            | Self::OtherKey
            | Self::KeyMissing
            | Self::NotAsExpected(_)
            | Self::ChainOutOfOrder
            | Self::Incomplete
            | Self::NotALine(..) => None,
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one sentence for each finding, beside one another"
    )]
    fn words(&self) -> String {
        match self {
            Self::Changed(seq) => format!(
                "event {seq} was changed, or came here from another place: its hash is not that of what it says"
            ),
            Self::BodyChanged(seq) => {
                format!("what event {seq} says was changed: it is not what was committed to")
            }
            Self::Dropped(first, next) => {
                format!("event {first} was dropped: the next one there is {next}")
            }
            Self::NotFollowing(1) => String::from(
                "event 1 does not begin this chain: it was moved here from another one, or invented",
            ),
            Self::NotFollowing(seq) => format!(
                "event {seq} does not follow event {}: it was moved here or invented, or the one before was replaced",
                seq - 1
            ),
            Self::OutOfOrder(seq) => format!("event {seq} stands twice or out of its order"),
            Self::TailDropped(head, there) => format!(
                "event {} was dropped: the chain should end with event {head} and ends with {there}",
                there + 1
            ),
            Self::HeadChanged(seq) => format!(
                "the chain's head was changed: it does not name event {seq}, the newest there is"
            ),
            Self::HeadMissing(seq) => {
                format!("the chain's head was dropped; its newest event is {seq}")
            }
            Self::Rewritten(checkpoint, seq) => format!(
                "event {seq} is not the one that checkpoint {checkpoint} anchored: the chain was rewritten after it was signed"
            ),
            Self::CutAfterCheckpoint(checkpoint, anchored, there) => format!(
                "event {} was dropped: checkpoint {checkpoint} anchored {anchored} events, and there are {there}",
                there + 1
            ),
            Self::AnchorMisplaced(checkpoint) => {
                format!("what checkpoint {checkpoint} anchors of this chain was changed")
            }
            Self::PathWrong(checkpoint) => format!(
                "the path does not lead to the root of checkpoint {checkpoint}: the chain is not the one that was anchored"
            ),
            Self::CheckpointUnknown(checkpoint) => {
                format!("checkpoint {checkpoint}, which anchors this chain, is not there")
            }
            Self::CheckpointDropped(checkpoint) => {
                format!("the checkpoint before checkpoint {checkpoint} was dropped")
            }
            Self::CheckpointNotFollowing(checkpoint) => format!(
                "checkpoint {checkpoint} does not follow the one before it: one of the two was changed or replaced"
            ),
            Self::CheckpointForged(checkpoint) => {
                format!("the signature of checkpoint {checkpoint} is not by the instance's key")
            }
            Self::AnchorsChanged(checkpoint) => format!(
                "what checkpoint {checkpoint} anchors was changed, dropped or added to: it does not lead to the signed root"
            ),
            Self::OtherKey => String::from(
                "the checkpoints are signed with another key than the one that was named",
            ),
            Self::KeyMissing => {
                String::from("there are checkpoints, and the key that signed them is gone")
            }
            Self::NotAsExpected(checkpoint) => format!(
                "checkpoint {checkpoint} is not there, or is not the one that was written down elsewhere"
            ),
            Self::ChainOutOfOrder => String::from("this chain stands twice or out of its order"),
            Self::Incomplete => String::from("the file ends too early: something was cut off"),
            Self::NotALine(number, why) => format!("line {number} is none of an export: {why}"),
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.chain {
            Some(chain) => write!(f, "{chain}: {}", self.flaw.words()),
            None => f.write_str(&self.flaw.words()),
        }
    }
}
