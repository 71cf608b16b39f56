//! The whole record in pages by key, for checking and exporting. What of a row does not open or fit is left out of it, never the row:
//! the check then says what is wrong with it.

use std::collections::BTreeMap;

use twinlock_db::{DbResult, Row};

use crate::app::{AccountId, Stop, Work};
use crate::audit::rules::chain::{Chain, ChainKind};
use crate::audit::rules::hex::Hex;
use crate::audit::rules::item::{AnchorLine, EventLine, HeadLine};

const EVENTS: &str = "SELECT account_id, seq, at, kind, sealed, commitment, previous, hash FROM audit_event \
    WHERE (account_id, seq) > (?1, ?2) ORDER BY account_id, seq LIMIT ?3";
const EVENTS_OF: &str = "SELECT account_id, seq, at, kind, sealed, commitment, previous, hash FROM audit_event \
    WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
const HEADS: &str = "SELECT account_id, chain, seq, hash FROM audit_head WHERE account_id >= ?1 AND account_id <= ?2 ORDER BY account_id";
const ANCHORS: &str = "SELECT account_id, chain, number, seq, hash FROM audit_anchor \
    WHERE account_id >= ?1 AND account_id <= ?2 AND number <= ?3 ORDER BY account_id, number";
const COUNT: &str = "SELECT COUNT(*) FROM audit_event";
const COUNT_OF: &str = "SELECT COUNT(*) FROM audit_event WHERE account_id = ?1";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[EVENTS, EVENTS_OF, HEADS, ANCHORS, COUNT, COUNT_OF];

/// Before or behind every id.
const FIRST: [u8; 16] = [0; 16];
const LAST: [u8; 16] = [0xff; 16];

/// Up to where the record was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    /// The chain, and the number of its last event that was read.
    pub at: Option<([u8; 16], i64)>,
}

/// One chain on a page, or a part of it.
#[derive(Debug, Default)]
pub struct Part {
    /// Its events, in order.
    pub events: Vec<EventLine>,
    /// What anchors them, in order.
    pub anchors: Vec<AnchorLine>,
    /// Its head, where the chain ends on this page.
    pub head: Option<HeadLine>,
    kind: Option<ChainKind>,
    /// Salt and body of each event, not opened yet.
    sealed: Vec<Option<Vec<u8>>>,
}

/// The next page over all chains, and where the one after begins; `None` after the last. Everything on a page is of one moment.
///
/// # Errors
/// The database's trouble.
pub fn page(
    w: &mut Work<'_, '_>,
    cursor: Cursor,
    checkpoints: i64,
    most: i64,
) -> Result<(Vec<Part>, Option<Cursor>), Stop> {
    // Shorter than any id, and so before all of them.
    let (after, seq) = cursor
        .at
        .map_or((Vec::new(), 0), |(id, seq)| (id.to_vec(), seq));
    let values = [after.into(), seq.into(), most.into()];
    let rows = w.tx.query(EVENTS, &values, raw)?;
    let is_last = i64::try_from(rows.len()).is_ok_and(|read| read < most);
    let stop = match rows.last() {
        Some(last) if !is_last => Some((last.id, last.line.seq)),
        Some(_) | None => None,
    };
    let span = Span {
        from: cursor.at.map_or(FIRST, |(id, _)| id),
        to: stop.map_or(LAST, |(id, _)| id),
        checkpoints,
    };
    let mut parts = ends(w, span)?;
    for row in rows {
        parts.entry(row.id).or_default().add(row);
    }
    let mut page = Vec::with_capacity(parts.len());
    for (id, mut part) in parts {
        let read_before = cursor
            .at
            .filter(|(before, _)| *before == id)
            .map_or(0, |(_, seq)| seq);
        let read_to = stop.filter(|(open, _)| *open == id).map(|(_, seq)| seq);
        part.anchors
            .retain(|anchor| read_before == 0 || anchor.seq > read_before);
        if let Some(read_to) = read_to {
            part.anchors.retain(|anchor| anchor.seq <= read_to);
            part.head = None;
        }
        open_all(w, id, &mut part);
        page.push(part);
    }
    Ok((page, stop.map(|at| Cursor { at: Some(at) })))
}

/// A page of one chain; the head comes with the last one.
///
/// # Errors
/// The database's trouble.
pub fn page_of(
    w: &mut Work<'_, '_>,
    chain: Chain,
    after: i64,
    most: i64,
) -> Result<(Part, bool), Stop> {
    let values = [chain.id.into(), after.into(), most.into()];
    let rows = w.tx.query(EVENTS_OF, &values, raw)?;
    let is_last = i64::try_from(rows.len()).is_ok_and(|read| read < most);
    let span = Span {
        from: chain.id,
        to: chain.id,
        checkpoints: 0,
    };
    let mut part = ends(w, span)?.remove(&chain.id).unwrap_or_default();
    part.kind.get_or_insert(chain.kind);
    rows.into_iter().for_each(|row| part.add(row));
    if !is_last {
        part.head = None;
    }
    open_all(w, chain.id, &mut part);
    Ok((part, is_last))
}

/// How many events there are, of one chain or of all.
///
/// # Errors
/// The database's trouble.
pub fn count(w: &mut Work<'_, '_>, chain: Option<Chain>) -> Result<i64, Stop> {
    Ok(match chain {
        None => w.tx.query_one(COUNT, &[], |row| row.int(0))?,
        Some(chain) => {
            w.tx.query_one(COUNT_OF, &[chain.id.into()], |row| row.int(0))?
        }
    })
}

#[derive(Clone, Copy)]
struct Span {
    from: [u8; 16],
    to: [u8; 16],
    checkpoints: i64,
}

/// Heads and anchors of the chains in a span.
fn ends(w: &mut Work<'_, '_>, span: Span) -> Result<BTreeMap<[u8; 16], Part>, Stop> {
    let mut parts: BTreeMap<[u8; 16], Part> = BTreeMap::new();
    let (from, to) = (span.from, span.to);
    let anchors = w.tx.query(
        ANCHORS,
        &[from.into(), to.into(), span.checkpoints.into()],
        |row| {
            let line = AnchorLine {
                chain: kind_of(&row.text(1)?),
                id: AccountId(row.bytes16(0)?),
                checkpoint: row.int(2)?,
                seq: row.int(3)?,
                hash: Hex(hash(row, 4)?),
                proof: None,
            };
            Ok(line)
        },
    )?;
    for anchor in anchors {
        let part = parts.entry(anchor.id.0).or_default();
        part.kind = Some(anchor.chain);
        part.anchors.push(anchor);
    }
    let heads = w.tx.query(HEADS, &[from.into(), to.into()], |row| {
        let line = HeadLine {
            chain: kind_of(&row.text(1)?),
            id: AccountId(row.bytes16(0)?),
            seq: row.int(2)?,
            hash: Hex(hash(row, 3)?),
        };
        Ok(line)
    })?;
    for head in heads {
        let part = parts.entry(head.id.0).or_default();
        part.kind = Some(head.chain);
        part.head = Some(head);
    }
    Ok(parts)
}

/// Gives each event its chain's kind, salt and body.
fn open_all(w: &Work<'_, '_>, id: [u8; 16], part: &mut Part) {
    let guess = if id == Chain::INSTANCE.id {
        ChainKind::Instance
    } else {
        ChainKind::Account
    };
    let kind = part.kind.unwrap_or(guess);
    for anchor in &mut part.anchors {
        anchor.chain = kind;
    }
    for (event, sealed) in part.events.iter_mut().zip(part.sealed.drain(..)) {
        event.chain = kind;
        let Some(sealed) = sealed else {
            continue;
        };
        // A body that does not open is shown without its salt: half a body never holds.
        event.body = Some(String::new());
        if let Ok((salt, body)) = super::open(w, Chain { id, kind }, event.seq, &sealed) {
            event.salt = Some(Hex(salt));
            event.body = Some(body);
        }
    }
}

impl Part {
    fn add(&mut self, row: Raw) {
        self.events.push(row.line);
        self.sealed.push(row.sealed);
    }
}

struct Raw {
    id: [u8; 16],
    line: EventLine,
    sealed: Option<Vec<u8>>,
}

fn raw(row: &Row<'_>) -> DbResult<Raw> {
    let id = row.bytes16(0)?;
    let line = EventLine {
        chain: ChainKind::Account,
        id: AccountId(id),
        seq: row.int(1)?,
        at_ms: row.int(2)?,
        kind: row.text(3)?,
        body: None,
        salt: None,
        commitment: Hex(hash(row, 5)?),
        previous: Hex(hash(row, 6)?),
        hash: Hex(hash(row, 7)?),
    };
    let sealed = row.opt_bytes(4)?;
    Ok(Raw { id, line, sealed })
}

/// A hash; what is no hash becomes one that nothing has.
fn hash(row: &Row<'_>, column: usize) -> DbResult<[u8; 32]> {
    Ok(row.bytes(column)?.try_into().unwrap_or([0; 32]))
}

/// A word that is none belongs to an account, whose chain then does not begin right.
fn kind_of(word: &str) -> ChainKind {
    ChainKind::from_word(word).unwrap_or(ChainKind::Account)
}
