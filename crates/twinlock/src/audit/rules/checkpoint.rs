//! A checkpoint: the heads of all chains that changed since the one before, under one root, signed (Ed25519, RFC 8032).

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use crate::app::{Fault, Timestamp};

use super::Hash;

/// What a checkpoint says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its number, from 1, without gaps.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// The hash of the one before; the first follows [`first_follows`].
    pub previous: Hash,
    /// The root over the chains it anchors.
    pub root: Hash,
    /// How many chains it anchors.
    pub chains: i64,
}

/// A checkpoint and its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signature over [`Checkpoint::message`].
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// The bytes that are signed.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        [
            b"twinlock-audit/1 checkpoint\n".as_slice(),
            &self.number.to_be_bytes(),
            &self.at.as_millis().to_be_bytes(),
            &self.previous,
            &self.root,
            &self.chains.to_be_bytes(),
        ]
        .concat()
    }

    /// Its hash, which the next one names.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.message()).into()
    }
}

impl Signed {
    /// Whether the signature was made with the secret half of this key.
    #[must_use]
    pub fn is_by(&self, public_key: &[u8; 32]) -> bool {
        UnparsedPublicKey::new(&ED25519, public_key)
            .verify(&self.checkpoint.message(), &self.signature)
            .is_ok()
    }
}

/// What the first checkpoint follows: it names the key.
#[must_use]
pub fn first_follows(public_key: &[u8; 32]) -> Hash {
    Sha256::new()
        .chain_update(b"twinlock-audit/1 checkpoints\n")
        .chain_update(public_key)
        .finalize()
        .into()
}

/// The key that signs checkpoints. Cannot be printed.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public_key: [u8; 32],
}

impl SigningKey {
    /// The key that 32 secret bytes make.
    ///
    /// # Errors
    /// [`Fault::Internal`] where the library does not take them.
    pub fn from_seed(seed: &[u8]) -> Result<Self, Fault> {
        let refuse = |_| Fault::Internal(String::from("the audit key"));
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(refuse)?;
        let public_key = <[u8; 32]>::try_from(pair.public_key().as_ref())
            .map_err(|_| Fault::Internal(String::from("the audit key's length")))?;
        Ok(Self { pair, public_key })
    }

    /// Its public half.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.public_key
    }

    /// Signs a checkpoint.
    ///
    /// # Errors
    /// [`Fault::Internal`] where the library fails.
    pub fn sign(&self, checkpoint: Checkpoint) -> Result<Signed, Fault> {
        let failed = || Fault::Internal(String::from("signing a checkpoint"));
        let signature = self.pair.try_sign(&checkpoint.message());
        let signature = signature.map_err(|_| failed())?;
        Ok(Signed {
            checkpoint,
            signature: signature.as_ref().try_into().map_err(|_| failed())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    const CHECKPOINT: Checkpoint = Checkpoint {
        number: 1,
        at: Timestamp::from_millis(2),
        previous: [3; 32],
        root: [4; 32],
        chains: 5,
    };

    /// RFC 8032 section 7.1, test 1.
    #[test]
    fn the_public_key_is_the_one_of_the_standard() {
        let seed = HEXLOWER
            .decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            .unwrap();
        let key = SigningKey::from_seed(&seed).unwrap();
        assert_eq!(
            HEXLOWER.encode(&key.public_key()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
    }

    #[test]
    fn a_signature_holds_for_what_was_signed_and_for_its_key_only() {
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let signed = key.sign(CHECKPOINT).unwrap();
        assert!(signed.is_by(&key.public_key()));
        let other = SigningKey::from_seed(&[2; 32]).unwrap();
        assert!(!signed.is_by(&other.public_key()));
        let changes: [fn(&mut Checkpoint); 5] = [
            |one| one.number += 1,
            |one| one.at = Timestamp::from_millis(9),
            |one| one.previous[0] ^= 1,
            |one| one.root[31] ^= 1,
            |one| one.chains += 1,
        ];
        for change in changes {
            let mut changed = signed;
            change(&mut changed.checkpoint);
            assert!(!changed.is_by(&key.public_key()));
            assert_ne!(changed.checkpoint.hash(), signed.checkpoint.hash());
        }
    }
}
