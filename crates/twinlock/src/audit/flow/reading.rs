//! The whole record, or one chain, as a stream of [`Item`]s: what an export is written from and a check is fed with.

use twinlock_db::DbError;

use crate::app::{App, Fault, Moment, Stop, Timestamp, Work};
use crate::audit::rules::chain::Chain;
use crate::audit::rules::hex::Hex;
use crate::audit::rules::item::{
    AnchorLine, CheckpointLine, End, Export, FORMAT, Item, Proof, Scope,
};
use crate::audit::rules::tree::{Tree, leaf};
use crate::audit::store::checkpoints as rows;
use crate::audit::store::pages::{self, Cursor, Part};

/// Events read at a time, each page in a transaction of its own: the record is read beside a running server.
const PAGE: i64 = 2000;

/// Reads on where it stopped.
pub struct Reader {
    app: App,
    chain: Option<Chain>,
    next: Next,
    checkpoints: i64,
    anchor: Option<AnchorLine>,
    written: End,
}

enum Next {
    Begin,
    Checkpoints(i64),
    Chains(Cursor),
    Events(Chain, i64),
    End,
    Nothing,
}

impl Reader {
    /// Everything, or one chain with its newest anchor and that anchor's path.
    #[must_use]
    pub fn new(app: &App, chain: Option<Chain>) -> Self {
        Self {
            app: app.clone(),
            chain,
            next: Next::Begin,
            checkpoints: 0,
            anchor: None,
            written: End::default(),
        }
    }

    /// How many events there are to read.
    ///
    /// # Errors
    /// The database's trouble.
    pub async fn events(&self) -> Result<u64, Stop> {
        let chain = self.chain;
        let moment = self.app.moment()?;
        let count = moment.read(move |w| pages::count(w, chain)).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The next items; `None` after the last.
    ///
    /// # Errors
    /// The database's trouble.
    pub async fn next(&mut self) -> Result<Option<Vec<Item>>, Stop> {
        let moment = self.app.moment()?;
        let items = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Begin => self.begin(&moment).await?,
            Next::Checkpoints(after) => self.checkpoints(&moment, after).await?,
            Next::Chains(cursor) => self.chains(&moment, cursor).await?,
            Next::Events(chain, after) => self.events_of(&moment, chain, after).await?,
            Next::End => vec![Item::End(self.written)],
            Next::Nothing => return Ok(None),
        };
        for item in &items {
            match item {
                Item::Event(_) => self.written.events += 1,
                Item::Anchor(_) => self.written.anchors += 1,
                Item::Checkpoint(_) => self.written.checkpoints += 1,
                Item::Export(_) | Item::Head(_) | Item::End(_) => {}
            }
        }
        Ok(Some(items))
    }

    /// Reads to the end at once: for one chain, which is never long.
    ///
    /// # Errors
    /// The database's trouble.
    pub async fn rest(mut self) -> Result<Vec<Item>, Stop> {
        let mut all = Vec::new();
        while let Some(items) = self.next().await? {
            all.extend(items);
        }
        Ok(all)
    }

    async fn begin(&mut self, moment: &Moment) -> Result<Vec<Item>, Stop> {
        let chain = self.chain;
        let (key, last, newest) = moment
            .read(move |w| {
                let last = rows::last(w)?.map_or(0, |last| last.checkpoint.number);
                let newest = match chain {
                    Some(chain) => newest_anchor(w, chain, last)?,
                    None => None,
                };
                Ok((readable_key(w)?, last, newest))
            })
            .await?;
        self.checkpoints = last;
        let scope = if chain.is_some() {
            Scope::Chain
        } else {
            Scope::All
        };
        let mut items = vec![export(moment.now, scope, key)];
        match chain {
            None => self.next = Next::Checkpoints(0),
            Some(chain) => {
                if let Some((checkpoint, anchor)) = newest {
                    items.push(Item::Checkpoint(checkpoint));
                    self.anchor = Some(self.proven(anchor).await?);
                }
                self.next = Next::Events(chain, 0);
            }
        }
        Ok(items)
    }

    async fn checkpoints(&mut self, moment: &Moment, after: i64) -> Result<Vec<Item>, Stop> {
        let page = moment.read(move |w| rows::after(w, after, PAGE)).await?;
        let last = self.checkpoints;
        let lines: Vec<CheckpointLine> = (page.into_iter())
            .filter(|signed| signed.checkpoint.number <= last)
            .map(CheckpointLine::from)
            .collect();
        self.next = match lines.last() {
            Some(line) => Next::Checkpoints(line.number),
            None => Next::Chains(Cursor::default()),
        };
        Ok(lines.into_iter().map(Item::Checkpoint).collect())
    }

    async fn chains(&mut self, moment: &Moment, cursor: Cursor) -> Result<Vec<Item>, Stop> {
        let checkpoints = self.checkpoints;
        let (parts, next) = moment
            .read(move |w| pages::page(w, cursor, checkpoints, PAGE))
            .await?;
        self.next = next.map_or(Next::End, Next::Chains);
        let mut items = Vec::new();
        parts.into_iter().for_each(|part| lay_out(part, &mut items));
        Ok(items)
    }

    async fn events_of(
        &mut self,
        moment: &Moment,
        chain: Chain,
        after: i64,
    ) -> Result<Vec<Item>, Stop> {
        let (mut part, is_last) = moment
            .read(move |w| pages::page_of(w, chain, after, PAGE))
            .await?;
        let read_to = part.events.last().map_or(after, |event| event.seq);
        let here = self
            .anchor
            .take_if(|anchor| is_last || anchor.seq <= read_to);
        part.anchors = here.into_iter().collect();
        self.next = if is_last {
            Next::End
        } else {
            Next::Events(chain, read_to)
        };
        let mut items = Vec::new();
        lay_out(part, &mut items);
        Ok(items)
    }

    /// The anchor with its path to the root, worked out from everything its checkpoint anchors.
    async fn proven(&self, newest: Newest) -> Result<AnchorLine, Stop> {
        let mut tree = Tree::proving(newest.index);
        let (number, mut after) = (newest.line.checkpoint, None);
        loop {
            let moment = self.app.moment()?;
            let page = moment
                .read(move |w| rows::anchors(w, number, after, PAGE))
                .await?;
            for anchor in &page {
                tree.push(leaf(&anchor.chain, anchor.seq, &anchor.hash));
            }
            match page.last() {
                Some(last) => after = Some(last.chain.id),
                None => break,
            }
        }
        let (_, path) = tree.finish();
        Ok(AnchorLine {
            proof: Some(Proof {
                index: newest.index,
                path: path.into_iter().map(Hex).collect(),
            }),
            ..newest.line
        })
    }
}

/// The first line of an export.
#[must_use]
pub fn export(now: Timestamp, scope: Scope, key: Option<[u8; 32]>) -> Item {
    Item::Export(Export {
        format: FORMAT.to_owned(),
        scope,
        made_at_ms: now.as_millis(),
        public_key: key.map(Hex),
    })
}

/// The public key, where the key is there and is what was kept: a check says what it means when it is not.
fn readable_key(w: &mut Work<'_, '_>) -> Result<Option<[u8; 32]>, Stop> {
    match rows::key(w) {
        Ok(key) => Ok(key.map(|key| key.public_key())),
        Err(Stop::Fault(Fault::Stored(_) | Fault::Database(DbError::Sealed(_)))) => Ok(None),
        Err(stop) => Err(stop),
    }
}

struct Newest {
    line: AnchorLine,
    index: u64,
}

fn newest_anchor(
    w: &mut Work<'_, '_>,
    chain: Chain,
    last: i64,
) -> Result<Option<(CheckpointLine, Newest)>, Stop> {
    let Some((number, anchor, place)) = rows::newest_anchor(w, chain, last)? else {
        return Ok(None);
    };
    let signed = rows::one(w, number)?.ok_or(Fault::Stored("a checkpoint is missing"))?;
    let line = AnchorLine {
        chain: anchor.chain.kind,
        id: crate::app::AccountId(anchor.chain.id),
        checkpoint: number,
        seq: anchor.seq,
        hash: Hex(anchor.hash),
        proof: None,
    };
    let index = u64::try_from(place).map_err(|_| Fault::Stored("audit anchors"))?;
    Ok(Some((CheckpointLine::from(signed), Newest { line, index })))
}

/// Events with their anchors behind them, and the head.
fn lay_out(part: Part, items: &mut Vec<Item>) {
    let mut anchors = part.anchors.into_iter().peekable();
    for event in part.events {
        let seq = event.seq;
        items.push(Item::Event(event));
        while let Some(anchor) = anchors.next_if(|anchor| anchor.seq <= seq) {
            items.push(Item::Anchor(anchor));
        }
    }
    items.extend(anchors.map(Item::Anchor));
    items.extend(part.head.map(Item::Head));
}
