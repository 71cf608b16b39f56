//! Rows of checkpoints, of what they anchor, and of the key that signs them.

use std::time::Duration;

use twinlock_db::sealed::SealedColumn;
use twinlock_db::{DbResult, Row, sealed_column};
use zeroize::Zeroizing;

use crate::app::{AccountId, Cell, Fault, Stop, Timestamp, Work};
use crate::audit::rules::Hash;
use crate::audit::rules::chain::{Chain, ChainKind};
use crate::audit::rules::checkpoint::{Checkpoint, Signed, SigningKey};

const BEGIN_ROUNDS: &str = "INSERT INTO audit_round (round, number, due_at, worker, claimed_until) VALUES (1, 1, 0, ?1, 0) ON CONFLICT DO NOTHING";
// A time that lies further ahead than we would ever write was written by a clock that was wrong.
const CLAIM: &str = "UPDATE audit_round SET worker = ?1, claimed_until = ?2 WHERE round = 1 AND (due_at <= ?3 OR due_at > ?4) \
    AND (claimed_until <= ?3 OR claimed_until > ?4) RETURNING number";
const HOLD: &str =
    "UPDATE audit_round SET claimed_until = ?3 WHERE round = 1 AND worker = ?1 AND number = ?2";
const CLOSE: &str = "UPDATE audit_round SET number = number + 1, due_at = ?3, claimed_until = 0 WHERE round = 1 AND worker = ?1 AND number = ?2";
// Cross-account from here on, in pages by key.
const CHANGED: &str = "SELECT account_id FROM audit_head WHERE changed = 1 AND account_id > ?1 ORDER BY account_id LIMIT ?2";
const TAKE: &str = "UPDATE audit_head SET changed = 0 WHERE changed = 1 AND account_id > ?1 AND account_id <= ?2 RETURNING account_id, chain, seq, hash";
const TAKE_ONE: &str = "UPDATE audit_head SET changed = 0 WHERE changed = 1 AND account_id = ?1 RETURNING account_id, chain, seq, hash";
const ANCHOR: &str = "INSERT INTO audit_anchor (account_id, number, chain, seq, hash) VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT (account_id, number) DO UPDATE SET seq = ?4, hash = ?5";
const ANCHORS: &str = "SELECT account_id, chain, seq, hash FROM audit_anchor WHERE number = ?1 AND account_id > ?2 ORDER BY account_id LIMIT ?3";
const ANCHOR_BEFORE: &str =
    "SELECT COUNT(*) FROM audit_anchor WHERE number = ?1 AND account_id < ?2";
const NEWEST_ANCHOR: &str = "SELECT account_id, chain, seq, hash, number FROM audit_anchor WHERE account_id = ?1 AND number <= ?2 ORDER BY number DESC LIMIT 1";
const INSERT: &str = "INSERT INTO audit_checkpoint (number, at, previous, root, chains, signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const LAST: &str = "SELECT number, at, previous, root, chains, signature FROM audit_checkpoint ORDER BY number DESC LIMIT 1";
const ONE: &str =
    "SELECT number, at, previous, root, chains, signature FROM audit_checkpoint WHERE number = ?1";
const AFTER: &str = "SELECT number, at, previous, root, chains, signature FROM audit_checkpoint WHERE number > ?1 ORDER BY number LIMIT ?2";
const KEY: &str = "SELECT public_key, sealed FROM audit_key WHERE account_id = ?1";
// Where checkpoints are there already, a new key would hide that the old one was taken away.
const MAKE_KEY: &str = "INSERT INTO audit_key (account_id, public_key, sealed, created_at) \
    SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM audit_checkpoint) ON CONFLICT DO NOTHING";

/// The column that is sealed.
pub const SEALED: &[SealedColumn] = &[sealed_column!("audit_key", "sealed", row: "public_key")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    BEGIN_ROUNDS,
    CLAIM,
    HOLD,
    CLOSE,
    CHANGED,
    TAKE,
    TAKE_ONE,
    ANCHOR,
    ANCHORS,
    ANCHOR_BEFORE,
    NEWEST_ANCHOR,
    INSERT,
    LAST,
    ONE,
    AFTER,
    KEY,
    MAKE_KEY,
];

/// Who gathers a checkpoint, and which.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Drawn at the claim, so that a worker that was too slow notices.
    pub worker: [u8; 16],
    /// The checkpoint's number.
    pub number: i64,
}

/// What a checkpoint anchors of one chain.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// The chain.
    pub chain: Chain,
    /// Up to which event.
    pub seq: i64,
    /// That event's hash.
    pub hash: Hash,
}

/// Claims the round that is due; `None` when none is, or another worker has it.
///
/// # Errors
/// The database's trouble.
pub fn claim(w: &mut Work<'_, '_>, hold: Duration, every: Duration) -> Result<Option<Round>, Stop> {
    let worker: [u8; 16] = w.draw.bytes();
    let now = w.now();
    w.tx.execute(BEGIN_ROUNDS, &[worker.into()])?;
    let values = [
        worker.into(),
        now.plus(hold).into(),
        now.into(),
        now.plus(every).into(),
    ];
    let number = w.tx.query_opt(CLAIM, &values, |row| row.int(0))?;
    Ok(number.map(|number| Round { worker, number }))
}

/// Goes on holding the round; false when it was lost to another worker, and then nothing may be written.
///
/// # Errors
/// The database's trouble.
pub fn hold(w: &mut Work<'_, '_>, round: Round, until: Timestamp) -> Result<bool, Stop> {
    let values = [round.worker.into(), round.number.into(), until.into()];
    Ok(w.tx.execute(HOLD, &values)? == 1)
}

/// Ends the round; false when it was lost.
///
/// # Errors
/// The database's trouble.
pub fn close(w: &mut Work<'_, '_>, round: Round, due_at: Timestamp) -> Result<bool, Stop> {
    let values = [round.worker.into(), round.number.into(), due_at.into()];
    Ok(w.tx.execute(CLOSE, &values)? == 1)
}

/// Takes the heads of the next chains that changed into the round. The last chain looked at; `None` when there is none left.
///
/// # Errors
/// The database's trouble.
pub fn gather(
    w: &mut Work<'_, '_>,
    round: Round,
    after: [u8; 16],
    most: i64,
) -> Result<Option<[u8; 16]>, Stop> {
    let changed =
        w.tx.query(CHANGED, &[after.into(), most.into()], |row| row.bytes16(0))?;
    let Some(last) = changed.last().copied() else {
        return Ok(None);
    };
    let taken = w.tx.query(TAKE, &[after.into(), last.into()], anchor)?;
    keep(w, round, &taken)?;
    Ok(Some(last))
}

/// Takes the instance's head into the round, if it changed. Apart from the others: a use case may hold an account's head while it waits
/// for the instance's, and nobody may hold them the other way round.
///
/// # Errors
/// The database's trouble.
pub fn gather_instance(w: &mut Work<'_, '_>, round: Round) -> Result<(), Stop> {
    let taken = w.tx.query(TAKE_ONE, &[Chain::INSTANCE.id.into()], anchor)?;
    keep(w, round, &taken)
}

fn keep(w: &mut Work<'_, '_>, round: Round, taken: &[Result<Anchor, Fault>]) -> Result<(), Stop> {
    for anchor in taken {
        let anchor = anchor.as_ref().map_err(|_| Fault::Stored("audit chain"))?;
        let values = [
            anchor.chain.id.into(),
            round.number.into(),
            anchor.chain.kind.word().into(),
            anchor.seq.into(),
            anchor.hash.into(),
        ];
        w.tx.execute(ANCHOR, &values)?;
    }
    Ok(())
}

/// What a checkpoint anchors, in the order of its tree, after a chain.
///
/// # Errors
/// The database's trouble.
pub fn anchors(
    w: &mut Work<'_, '_>,
    number: i64,
    after: Option<[u8; 16]>,
    most: i64,
) -> Result<Vec<Anchor>, Stop> {
    // Shorter than any id, and so before all of them.
    let after = after.map_or_else(Vec::new, Vec::from);
    let values = [number.into(), after.into(), most.into()];
    let rows = w.tx.query(ANCHORS, &values, anchor)?;
    Ok(rows.into_iter().collect::<Result<_, _>>()?)
}

/// The newest anchor of a chain up to a checkpoint: the checkpoint's number, the anchor, its place in the tree.
///
/// # Errors
/// The database's trouble.
pub fn newest_anchor(
    w: &mut Work<'_, '_>,
    chain: Chain,
    up_to: i64,
) -> Result<Option<(i64, Anchor, i64)>, Stop> {
    let found =
        w.tx.query_opt(NEWEST_ANCHOR, &[chain.id.into(), up_to.into()], |row| {
            Ok((row.int(4)?, anchor(row)?))
        })?;
    let Some((number, anchor)) = found else {
        return Ok(None);
    };
    let values = [number.into(), chain.id.into()];
    let place = w.tx.query_one(ANCHOR_BEFORE, &values, |row| row.int(0))?;
    Ok(Some((number, anchor?, place)))
}

fn anchor(row: &Row<'_>) -> DbResult<Result<Anchor, Fault>> {
    let Some(kind) = ChainKind::from_word(&row.text(1)?) else {
        return Ok(Err(Fault::Stored("audit chain")));
    };
    let chain = Chain {
        id: row.bytes16(0)?,
        kind,
    };
    Ok(Ok(Anchor {
        chain,
        seq: row.int(2)?,
        hash: row.bytes32(3)?,
    }))
}

/// Keeps a signed checkpoint.
///
/// # Errors
/// The database's trouble.
pub fn insert(w: &mut Work<'_, '_>, signed: &Signed) -> Result<(), Stop> {
    let checkpoint = signed.checkpoint;
    let values = [
        checkpoint.number.into(),
        checkpoint.at.into(),
        checkpoint.previous.into(),
        checkpoint.root.into(),
        checkpoint.chains.into(),
        signed.signature.into(),
    ];
    w.tx.execute(INSERT, &values)?;
    Ok(())
}

/// The newest checkpoint.
///
/// # Errors
/// The database's trouble.
pub fn last(w: &mut Work<'_, '_>) -> Result<Option<Signed>, Stop> {
    Ok(w.tx.query_opt(LAST, &[], signed)?)
}

/// The checkpoint of this number.
///
/// # Errors
/// The database's trouble.
pub fn one(w: &mut Work<'_, '_>, number: i64) -> Result<Option<Signed>, Stop> {
    Ok(w.tx.query_opt(ONE, &[number.into()], signed)?)
}

/// The checkpoints after a number, oldest first.
///
/// # Errors
/// The database's trouble.
pub fn after(w: &mut Work<'_, '_>, number: i64, most: i64) -> Result<Vec<Signed>, Stop> {
    Ok(w.tx.query(AFTER, &[number.into(), most.into()], signed)?)
}

fn signed(row: &Row<'_>) -> DbResult<Signed> {
    let mut signature = [0; 64];
    let stored = row.bytes(5)?;
    // A length that is wrong leaves a signature that is none.
    if stored.len() == signature.len() {
        signature.copy_from_slice(&stored);
    }
    Ok(Signed {
        checkpoint: Checkpoint {
            number: row.int(0)?,
            at: Timestamp::from_millis(row.int(1)?),
            previous: row.bytes32(2)?,
            root: row.bytes32(3)?,
            chains: row.int(4)?,
        },
        signature,
    })
}

/// The key that signs, if it was made.
///
/// # Errors
/// When it does not open, or is not the one whose public half stands beside it.
pub fn key(w: &mut Work<'_, '_>) -> Result<Option<SigningKey>, Stop> {
    let found = w.tx.query_opt(KEY, &[Chain::INSTANCE.id.into()], |row| {
        Ok((row.bytes(0)?, row.bytes(1)?))
    })?;
    let Some((public_key, sealed)) = found else {
        return Ok(None);
    };
    let seed = w.open(cell(&public_key), &sealed)?;
    let key = SigningKey::from_seed(&seed)?;
    if key.public_key().as_slice() == public_key {
        Ok(Some(key))
    } else {
        Err(Fault::Stored("audit key").into())
    }
}

/// Keeps the key that 32 drawn bytes make, unless there is one; whether it was kept.
///
/// # Errors
/// The database's trouble.
pub fn make_key(w: &mut Work<'_, '_>) -> Result<bool, Stop> {
    let seed = Zeroizing::new(w.draw.bytes::<32>());
    let public_key = SigningKey::from_seed(seed.as_slice())?.public_key();
    let sealed = w.seal(cell(&public_key), seed.as_slice());
    let now = w.now();
    let values = [
        Chain::INSTANCE.id.into(),
        public_key.into(),
        sealed.into(),
        now.into(),
    ];
    Ok(w.tx.execute(MAKE_KEY, &values)? == 1)
}

fn cell(public_key: &[u8]) -> Cell<'_> {
    Cell {
        column: "audit_key.sealed",
        account: AccountId(Chain::INSTANCE.id),
        row: public_key,
    }
}
