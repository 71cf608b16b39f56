//! The Merkle tree of a checkpoint, as in RFC 6962 section 2.1: leaves and nodes are hashed apart, and one leaf is proven by a handful
//! of hashes. It is built from a stream of leaves and keeps one hash for each level only.

use sha2::{Digest as _, Sha256};

use super::Hash;
use super::chain::Chain;

/// The leaf that anchors a chain: up to which event, and that event's hash.
#[must_use]
pub fn leaf(chain: &Chain, seq: i64, hash: &Hash) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(b"twinlock-audit/1 leaf\n")
        .chain_update(chain.kind.word())
        .chain_update(b"\n")
        .chain_update(chain.id)
        .chain_update(seq.to_be_bytes())
        .chain_update(hash)
        .finalize()
        .into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// A tree that grows leaf by leaf from the left.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    leaves: u64,
    /// Roots of full subtrees, the largest first.
    full: Vec<Subtree>,
    wanted: Option<u64>,
    path: Vec<Hash>,
}

#[derive(Clone, Copy, Debug)]
struct Subtree {
    size: u64,
    hash: Hash,
    /// Whether the leaf whose path is wanted is below it.
    on_path: bool,
}

impl Tree {
    /// A tree that also notes the path of the leaf at this place, counted from 0.
    #[must_use]
    pub fn proving(index: u64) -> Self {
        Self {
            wanted: Some(index),
            ..Self::default()
        }
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut grown = Subtree {
            size: 1,
            hash: leaf,
            on_path: self.wanted == Some(self.leaves),
        };
        self.leaves += 1;
        while let Some(left) = self.full.pop_if(|left| left.size == grown.size) {
            grown = self.join(left, grown);
        }
        self.full.push(grown);
    }

    /// How many leaves it has.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Its root; that of no leaves is the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.clone().finish().0
    }

    /// Its root, and the path of the wanted leaf from below.
    #[must_use]
    pub fn finish(mut self) -> (Hash, Vec<Hash>) {
        let Some(mut right) = self.full.pop() else {
            return (Sha256::digest(b"").into(), Vec::new());
        };
        while let Some(left) = self.full.pop() {
            right = self.join(left, right);
        }
        (right.hash, self.path)
    }

    fn join(&mut self, left: Subtree, right: Subtree) -> Subtree {
        if left.on_path {
            self.path.push(right.hash);
        } else if right.on_path {
            self.path.push(left.hash);
        }
        Subtree {
            size: left.size + right.size,
            hash: node(&left.hash, &right.hash),
            on_path: left.on_path || right.on_path,
        }
    }
}

/// Where a leaf stands in a tree.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// The leaf's place, from 0.
    pub index: u64,
    /// How many leaves the tree has.
    pub leaves: u64,
}

/// The root that a leaf and its path lead to (RFC 9162 section 2.1.3.2); `None` where the path has the wrong length.
#[must_use]
pub fn root_by_path(leaf: Hash, spot: Spot, path: &[Hash]) -> Option<Hash> {
    if spot.index >= spot.leaves {
        return None;
    }
    let (mut index, mut last, mut hash) = (spot.index, spot.leaves - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if index & 1 == 1 || index == last {
            hash = node(sibling, &hash);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count)
            .map(|n| Sha256::digest(n.to_be_bytes()).into())
            .collect()
    }

    /// The definition of RFC 6962, word for word.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [one] => *one,
            _ => {
                let mut split = 1;
                while split * 2 < leaves.len() {
                    split *= 2;
                }
                node(
                    &by_definition(&leaves[..split]),
                    &by_definition(&leaves[split..]),
                )
            }
        }
    }

    #[test]
    fn a_tree_grown_leaf_by_leaf_is_the_one_of_the_definition() {
        for count in 0..70 {
            let leaves = leaves(count);
            let mut tree = Tree::default();
            leaves.iter().for_each(|leaf| tree.push(*leaf));
            assert_eq!(tree.root(), by_definition(&leaves), "{count}");
            assert_eq!(tree.leaves(), count);
        }
    }

    #[test]
    fn the_path_of_every_leaf_leads_to_the_root_and_no_other_path_does() {
        for count in 1..34 {
            let leaves = leaves(count);
            let root = by_definition(&leaves);
            for index in 0..count {
                let mut tree = Tree::proving(index);
                leaves.iter().for_each(|leaf| tree.push(*leaf));
                let (found, path) = tree.finish();
                assert_eq!(found, root);
                let leaf = leaves[usize::try_from(index).unwrap()];
                let spot = Spot {
                    index,
                    leaves: count,
                };
                assert_eq!(root_by_path(leaf, spot, &path), Some(root));
                assert_ne!(root_by_path([9; 32], spot, &path), Some(root));
                for wrong in 0..path.len() {
                    let mut broken = path.clone();
                    broken[wrong][0] ^= 1;
                    assert_ne!(root_by_path(leaf, spot, &broken), Some(root));
                }
                assert_eq!(
                    root_by_path(leaf, spot, &[path.as_slice(), &[root]].concat()),
                    None
                );
            }
        }
        let outside = Spot {
            index: 3,
            leaves: 3,
        };
        assert_eq!(root_by_path([0; 32], outside, &[]), None);
    }
}
