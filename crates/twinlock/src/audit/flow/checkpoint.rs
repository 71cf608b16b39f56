//! Every hour the heads of all chains that changed go into a checkpoint, once over all servers: claim the round, gather in small
//! transactions, sign. A server that dies on the way leaves what it gathered to the next.

use std::time::Duration;

use tokio::sync::watch;
use twinlock_db::Locks;

use crate::app::{App, Fault, Stop, Timestamp, Work};
use crate::audit::rules::chain::Chain;
use crate::audit::rules::checkpoint::{Checkpoint, Signed, SigningKey, first_follows};
use crate::audit::rules::hex::Hex;
use crate::audit::rules::tree::{Tree, leaf};
use crate::audit::store::checkpoints::{self as rows, Round};
use crate::audit::{Event, append_instance};

/// Time between two checkpoints.
pub const EVERY: Duration = Duration::from_secs(3600);
/// How often a server looks whether one is due.
const LOOK: Duration = Duration::from_secs(60);
/// How long a claim holds from its last sign of life.
const HOLD: Duration = Duration::from_secs(120);
/// A pause longer than this between two checkpoints is written down.
const GAP: Duration = Duration::from_secs(2 * 3600);
/// Chains taken in one transaction: others wait for it no longer than a few milliseconds.
const BATCH: i64 = 200;
/// Anchors read at a time.
const PAGE: i64 = 2000;

/// Runs until `stop` changes to true.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = pass(&app).await {
            tracing::error!(?error, "no checkpoint of the record could be made");
        }
        // Waiting for the end is the pause.
        let waited = tokio::time::timeout(LOOK, stop.changed()).await;
        if matches!(waited, Ok(Err(_))) {
            return;
        }
    }
}

/// Makes the checkpoint that is due; `None` when none is, or another server makes it.
///
/// # Errors
/// The database's trouble, or a key that is missing or does not open.
pub async fn pass(app: &App) -> Result<Option<Signed>, Stop> {
    let moment = app.moment()?;
    let claimed = moment.write(Locks::none(), claim).await?;
    let Some((round, key)) = claimed else {
        return Ok(None);
    };
    let signed = match gather(app, round).await? {
        true => seal(app, round, key).await?,
        false => None,
    };
    if let Some(signed) = &signed {
        let checkpoint = signed.checkpoint;
        // Off the machine, in whatever collects the logs, this line is a second witness.
        tracing::info!(
            number = checkpoint.number,
            hash = Hex(checkpoint.hash()).text(),
            chains = checkpoint.chains,
            "checkpoint of the record"
        );
    }
    Ok(signed)
}

/// The key that signs; made where there is none yet.
///
/// # Errors
/// [`Fault::Stored`] when it is gone though it signed checkpoints, or does not open.
pub fn key(w: &mut Work<'_, '_>) -> Result<SigningKey, Stop> {
    if let Some(key) = rows::key(w)? {
        return Ok(key);
    }
    if rows::make_key(w)? {
        let made = rows::key(w)?.ok_or(Fault::Stored("audit key"))?;
        let public_key = Hex(made.public_key()).text();
        append_instance(
            w,
            &Event::new("instance_audit_key_made").with("public_key", public_key),
        )?;
        return Ok(made);
    }
    // Another server was first; else it was taken away after it had signed.
    rows::key(w)?.ok_or_else(|| Fault::Stored("audit key is missing").into())
}

type Claimed = Option<(Round, [u8; 32])>;

fn claim(w: &mut Work<'_, '_>) -> Result<Claimed, Stop> {
    let Some(round) = rows::claim(w, HOLD, EVERY)? else {
        return Ok(None);
    };
    let public_key = key(w)?.public_key();
    if let Some(last) = rows::last(w)?.filter(|last| last.checkpoint.at.plus(GAP) < w.now()) {
        append_instance(
            w,
            &Event::new("instance_checkpoint_gap").with("since", last.checkpoint.at.rfc3339()),
        )?;
    }
    Ok(Some((round, public_key)))
}

/// False when the round was lost to another server.
async fn gather(app: &App, round: Round) -> Result<bool, Stop> {
    let moment = app.moment()?;
    let until = moment.now.plus(HOLD);
    let ours = moment.write(Locks::none(), move |w| {
        if !rows::hold(w, round, until)? {
            return Ok(false);
        }
        rows::gather_instance(w, round)?;
        Ok(true)
    });
    if !ours.await? {
        return Ok(false);
    }
    let mut after = Chain::INSTANCE.id;
    loop {
        let moment = app.moment()?;
        let until = moment.now.plus(HOLD);
        let taken = moment.write(Locks::none(), move |w| {
            if !rows::hold(w, round, until)? {
                return Ok(None);
            }
            Ok(Some(rows::gather(w, round, after, BATCH)?))
        });
        match taken.await? {
            None => return Ok(false),
            Some(None) => return Ok(true),
            Some(Some(last)) => after = last,
        }
    }
}

/// The root over what a round gathered, and how many chains that are.
async fn root(app: &App, number: i64) -> Result<Tree, Stop> {
    let mut tree = Tree::default();
    let mut after = None;
    loop {
        let moment = app.moment()?;
        let page = moment
            .read(move |w| rows::anchors(w, number, after, PAGE))
            .await?;
        for anchor in &page {
            tree.push(leaf(&anchor.chain, anchor.seq, &anchor.hash));
        }
        match page.last() {
            Some(last) => after = Some(last.chain.id),
            None => return Ok(tree),
        }
    }
}

async fn seal(app: &App, round: Round, public_key: [u8; 32]) -> Result<Option<Signed>, Stop> {
    let tree = root(app, round.number).await?;
    let (root, chains) = (tree.root(), tree.leaves());
    let chains = i64::try_from(chains).map_err(|_| Fault::Stored("audit anchors"))?;
    let moment = app.moment()?;
    moment
        .write(Locks::none(), move |w| {
            let now: Timestamp = w.now();
            if !rows::close(w, round, now.plus(EVERY))? {
                return Ok(None);
            }
            let before = rows::last(w)?.map(|last| last.checkpoint);
            if before.map_or(0, |last| last.number) + 1 != round.number {
                return Err(Fault::Stored("the number of the last checkpoint").into());
            }
            let checkpoint = Checkpoint {
                number: round.number,
                at: now,
                previous: before.map_or_else(|| first_follows(&public_key), |last| last.hash()),
                root,
                chains,
            };
            let signed = key(w)?.sign(checkpoint)?;
            rows::insert(w, &signed)?;
            Ok(Some(signed))
        })
        .await
}
