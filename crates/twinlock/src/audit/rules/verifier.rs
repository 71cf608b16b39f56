//! Checks a stream of [`Item`]s. It keeps a few hashes for each checkpoint and one chain's state, however many events there are.

use std::collections::BTreeMap;

use super::Hash;
use super::chain::Chain;
use super::checkpoint::{Signed, first_follows};
use super::finding::{Finding, Flaw};
use super::item::{
    AnchorLine, CheckpointLine, End, EventLine, Export, FORMAT, HeadLine, Item, Scope,
};
use super::tree::{Spot, Tree, leaf, root_by_path};

/// Findings that are kept in words; the others are counted.
const KEPT: usize = 20;

/// What is known from outside what is checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trusted {
    /// The key that must have signed the checkpoints.
    pub public_key: Option<[u8; 32]>,
    /// A checkpoint that was written down elsewhere: its number and hash.
    pub checkpoint: Option<(i64, Hash)>,
}

/// What was seen, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was looked at and how many.
    pub seen: End,
    /// Chains.
    pub chains: u64,
    /// Events whose body was erased.
    pub erased: u64,
    /// Events after the newest anchor of their chain: were they cut off, nobody would see it.
    pub not_anchored: u64,
    /// The newest checkpoint: number, time in milliseconds, hash.
    pub newest: Option<(i64, i64, Hash)>,
    /// Whether only single events could be looked at.
    pub picked: bool,
    /// What was found, the first ones.
    pub findings: Vec<Finding>,
    /// How many were found in all.
    pub found: u64,
}

/// See the module's text.
#[derive(Default)]
pub struct Verifier {
    trusted: Trusted,
    scope: Option<Scope>,
    key: Option<[u8; 32]>,
    before: Option<Signed>,
    anchors: BTreeMap<i64, Anchored>,
    chain: Option<Walked>,
    done: Option<Chain>,
    ended: bool,
    /// Whether the checkpoint that was written down elsewhere was met.
    met: bool,
    report: Report,
}

/// A checkpoint, and the tree of what was seen of its anchors.
struct Anchored {
    root: Hash,
    chains: i64,
    tree: Tree,
}

/// The chain that is being walked.
struct Walked {
    chain: Chain,
    seq: i64,
    hash: Hash,
    anchored: i64,
    headed: bool,
    /// Only the first flaw of a chain says anything; the others follow from it.
    broken: bool,
}

impl Verifier {
    /// A verifier that holds what is fed to it against what is known from outside.
    #[must_use]
    pub fn new(trusted: Trusted) -> Self {
        Self {
            trusted,
            ..Self::default()
        }
    }

    /// Takes the next item.
    pub fn feed(&mut self, item: &Item) {
        let begins = matches!(item, Item::Export(_));
        if self.ended || begins != self.scope.is_none() {
            return self.find(None, Flaw::Incomplete);
        }
        match item {
            Item::Export(export) => self.export(export),
            Item::Checkpoint(line) => self.checkpoint(line),
            Item::Event(event) => self.event(event),
            Item::Anchor(anchor) => self.anchor(anchor),
            Item::Head(head) => self.head(head),
            Item::End(end) => {
                self.ended = true;
                if *end != self.report.seen {
                    self.find(None, Flaw::Incomplete);
                }
            }
        }
    }

    /// A line that could not be read.
    pub fn unreadable(&mut self, line: u64, why: &str) {
        self.find(None, Flaw::NotALine(line, why.to_owned()));
    }

    /// How many events were looked at so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.report.seen.events
    }

    /// What came of it.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.leave_chain();
        if !self.ended {
            self.find(None, Flaw::Incomplete);
        }
        if self.scope == Some(Scope::All) {
            self.compare_roots();
            if let Some((number, _)) = self.trusted.checkpoint.filter(|_| !self.met) {
                self.find(None, Flaw::NotAsExpected(number));
            }
        }
        self.report.picked = self.scope == Some(Scope::Picked);
        self.report
    }

    /// Whether the anchors that were seen are those that were signed.
    fn compare_roots(&mut self) {
        let wrong = self.anchors.iter().filter(|(_, one)| {
            i64::try_from(one.tree.leaves()) != Ok(one.chains) || one.tree.root() != one.root
        });
        let wrong: Vec<i64> = wrong.map(|(number, _)| *number).collect();
        for number in wrong {
            self.find(None, Flaw::AnchorsChanged(number));
        }
    }

    fn export(&mut self, export: &Export) {
        if export.format != FORMAT {
            return self.find(None, Flaw::Incomplete);
        }
        self.scope = Some(export.scope);
        let named = export.public_key.map(|key| key.0);
        self.key = self.trusted.public_key.or(named);
        if named.is_some() && self.key != named {
            self.find(None, Flaw::OtherKey);
        }
    }

    fn checkpoint(&mut self, line: &CheckpointLine) {
        self.report.seen.checkpoints += 1;
        let signed = Signed::from(line);
        let checkpoint = signed.checkpoint;
        let number = checkpoint.number;
        match self.key {
            None if self.report.seen.checkpoints == 1 => self.find(None, Flaw::KeyMissing),
            Some(key) if !signed.is_by(&key) => self.find(None, Flaw::CheckpointForged(number)),
            None | Some(_) => {}
        }
        let before = self.before.replace(signed).map(|one| one.checkpoint);
        if self.scope == Some(Scope::All) {
            let follows = before.map_or(1, |one| one.number + 1);
            let previous = before.map(|one| one.hash());
            let previous = previous.or(self.key.map(|key| first_follows(&key)));
            if number != follows {
                self.find(None, Flaw::CheckpointDropped(number));
            } else if previous.is_some_and(|hash| hash != checkpoint.previous) {
                self.find(None, Flaw::CheckpointNotFollowing(number));
            }
        }
        let hash = checkpoint.hash();
        self.met |= self.trusted.checkpoint == Some((number, hash));
        self.report.newest = Some((number, checkpoint.at.as_millis(), hash));
        let anchored = Anchored {
            root: checkpoint.root,
            chains: checkpoint.chains,
            tree: Tree::default(),
        };
        self.anchors.insert(number, anchored);
    }

    fn event(&mut self, event: &EventLine) {
        self.report.seen.events += 1;
        if event.body.is_none() && event.salt.is_none() {
            self.report.erased += 1;
        }
        if self.scope == Some(Scope::Picked) {
            self.alone(event);
            return;
        }
        let walked = self.enter(event.whose());
        let flaw = if event.seq <= walked.seq {
            Some(Flaw::OutOfOrder(event.seq))
        } else if event.seq != walked.seq + 1 {
            Some(Flaw::Dropped(walked.seq + 1, event.seq))
        } else if event.computed() != event.hash.0 {
            Some(Flaw::Changed(event.seq))
        } else if event.previous.0 != walked.hash {
            Some(Flaw::NotFollowing(event.seq))
        } else if !event.body_holds() {
            Some(Flaw::BodyChanged(event.seq))
        } else {
            None
        };
        walked.seq = walked.seq.max(event.seq);
        walked.hash = event.hash.0;
        self.blame(flaw);
    }

    /// An event that was picked out of its chain says only whether it is itself.
    fn alone(&mut self, event: &EventLine) {
        let chain = Some(event.whose());
        if event.computed() != event.hash.0 {
            self.find(chain, Flaw::Changed(event.seq));
        } else if !event.body_holds() {
            self.find(chain, Flaw::BodyChanged(event.seq));
        }
    }

    fn anchor(&mut self, anchor: &AnchorLine) {
        self.report.seen.anchors += 1;
        let number = anchor.checkpoint;
        let at_end = leaf(&anchor.whose(), anchor.seq, &anchor.hash.0);
        let by_path = match (self.anchors.get_mut(&number), &anchor.proof) {
            (None, _) => Some(Flaw::CheckpointUnknown(number)),
            (Some(anchored), None) => {
                anchored.tree.push(at_end);
                None
            }
            (Some(anchored), Some(proof)) => {
                let spot = Spot {
                    index: proof.index,
                    leaves: u64::try_from(anchored.chains).unwrap_or(0),
                };
                let path: Vec<Hash> = proof.path.iter().map(|hash| hash.0).collect();
                let root = root_by_path(at_end, spot, &path);
                (root != Some(anchored.root)).then_some(Flaw::PathWrong(number))
            }
        };
        let needs_path = self.scope == Some(Scope::Chain) && anchor.proof.is_none();
        let walked = self.enter(anchor.whose());
        let flaw = if by_path.is_some() {
            by_path
        } else if needs_path {
            Some(Flaw::PathWrong(number))
        } else if anchor.seq > walked.seq {
            Some(Flaw::CutAfterCheckpoint(number, anchor.seq, walked.seq))
        } else if anchor.seq < walked.seq || anchor.seq <= walked.anchored {
            Some(Flaw::AnchorMisplaced(number))
        } else if anchor.hash.0 != walked.hash {
            Some(Flaw::Rewritten(number, anchor.seq))
        } else {
            None
        };
        walked.anchored = walked.anchored.max(anchor.seq);
        self.blame(flaw);
    }

    fn head(&mut self, head: &HeadLine) {
        let walked = self.enter(head.whose());
        walked.headed = true;
        let flaw = if head.seq > walked.seq {
            Some(Flaw::TailDropped(head.seq, walked.seq))
        } else if head.seq < walked.seq || head.hash.0 != walked.hash {
            Some(Flaw::HeadChanged(walked.seq))
        } else {
            None
        };
        self.blame(flaw);
        self.leave_chain();
    }

    /// The chain this belongs to, which is a new one where it is another than before.
    fn enter(&mut self, chain: Chain) -> &mut Walked {
        if self
            .chain
            .as_ref()
            .is_some_and(|walked| walked.chain != chain)
        {
            self.leave_chain();
        }
        if self.chain.is_none() {
            self.report.chains += 1;
            if self.done.is_some_and(|done| done.id >= chain.id) {
                self.find(Some(chain), Flaw::ChainOutOfOrder);
            }
        }
        self.chain.get_or_insert_with(|| Walked {
            chain,
            seq: 0,
            hash: chain.genesis(),
            anchored: 0,
            headed: false,
            broken: false,
        })
    }

    fn leave_chain(&mut self) {
        let Some(walked) = self.chain.take() else {
            return;
        };
        self.done = Some(walked.chain);
        let not_anchored = walked.seq.saturating_sub(walked.anchored);
        self.report.not_anchored += u64::try_from(not_anchored).unwrap_or(0);
        if !walked.headed && !walked.broken {
            self.find(Some(walked.chain), Flaw::HeadMissing(walked.seq));
        }
    }

    fn blame(&mut self, flaw: Option<Flaw>) {
        let (Some(flaw), Some(walked)) = (flaw, &mut self.chain) else {
            return;
        };
        if !std::mem::replace(&mut walked.broken, true) {
            let chain = Some(walked.chain);
            self.find(chain, flaw);
        }
    }

    fn find(&mut self, chain: Option<Chain>, flaw: Flaw) {
        self.report.found += 1;
        if self.report.findings.len() < KEPT {
            self.report.findings.push(Finding { chain, flaw });
        }
    }
}
