//! Chains of before this format named nobody and kept their bodies open. They are checked by the old rule, hashed anew and sealed, once.

use sha2::{Digest as _, Sha256};
use twinlock_db::Locks;

use crate::app::{AccountId, App, Stop, Work};
use crate::audit::rules::Hash;
use crate::audit::rules::chain::{Chain, Link, commit};
use crate::audit::store::{facts, old};
use crate::audit::{Event, append_instance};

/// Set once no chain of the old format is left.
const FORMAT: &str = "audit_format";
/// Chains listed at a time.
const CHAINS: i64 = 500;
/// Events renewed at a time.
const PAGE: i64 = 1000;

/// Renews every chain of the old format; how many there were. A chain that did not check by the old rule is written down.
///
/// # Errors
/// The database's trouble. What was renewed until then stays, and the next start goes on.
pub async fn renew(app: &App) -> Result<u64, Stop> {
    let is_done = app.moment()?.read(|w| facts::fact(w, FORMAT)).await?;
    if is_done.is_some() {
        return Ok(0);
    }
    let (mut after, mut renewed) = (Vec::new(), 0);
    loop {
        let cursor = after.clone();
        let moment = app.moment()?;
        let chains = moment
            .read(move |w| old::chains(w, &cursor, CHAINS))
            .await?;
        let Some(last) = chains.last() else {
            break;
        };
        after = last.0.to_vec();
        for account in chains {
            let moment = app.moment()?;
            let work = move |w: &mut Work<'_, '_>| one(w, account);
            renewed += u64::from(moment.write(Locks::account(account.0), work).await?);
        }
    }
    let moment = app.moment()?;
    moment
        .write(Locks::none(), move |w| {
            if renewed > 0 {
                let event = Event::new("instance_record_renewed");
                append_instance(w, &event.with("chains", renewed.to_string()))?;
            }
            facts::set_fact(w, FORMAT, b"1")
        })
        .await?;
    Ok(renewed)
}

/// One chain in one transaction; false where it is of this format already.
fn one(w: &mut Work<'_, '_>, account: AccountId) -> Result<bool, Stop> {
    let chain = Chain::account(account);
    let mut before = Before {
        old: [0; 32],
        new: chain.genesis(),
        seq: 0,
        broken: None,
    };
    loop {
        let page = old::events(w, account, before.seq, PAGE)?;
        if before.seq == 0 && page.first().is_none_or(|first| first.previous != [0; 32]) {
            return Ok(false);
        }
        if page.is_empty() {
            break;
        }
        for event in page {
            event_anew(w, chain, &mut before, event)?;
        }
    }
    old::set_head(w, account, before.seq, &before.new)?;
    if let Some(seq) = before.broken {
        tracing::error!(%account, seq, "an event of the record was not what was written");
        let event = Event::new("instance_record_was_broken")
            .with("account", account.to_string())
            .with("event", seq.to_string());
        append_instance(w, &event)?;
    }
    Ok(true)
}

/// The event before, by both rules.
struct Before {
    old: Hash,
    new: Hash,
    seq: i64,
    /// The first event that did not check by the old rule.
    broken: Option<i64>,
}

fn event_anew(
    w: &mut Work<'_, '_>,
    chain: Chain,
    before: &mut Before,
    event: old::Event,
) -> Result<(), Stop> {
    let holds = event.seq == before.seq + 1
        && event.previous == before.old
        && event.hash == by_old_rule(&event)
        && body_holds(&event);
    if !holds && before.broken.is_none() {
        before.broken = Some(event.seq);
    }
    let spoken = event.salt.as_ref().zip(event.body.as_ref());
    let commitment = spoken.map_or(event.commitment, |(salt, body)| commit(salt, body));
    let link = Link {
        previous: &before.new,
        seq: event.seq,
        at: event.at,
        kind: &event.kind,
        commitment: &commitment,
    };
    let hash = link.hash();
    old::renew(w, chain, &event, &[commitment, before.new, hash])?;
    before.old = event.hash;
    before.new = hash;
    before.seq = event.seq;
    Ok(())
}

fn by_old_rule(event: &old::Event) -> Hash {
    let kind_length = u32::try_from(event.kind.len()).unwrap_or(u32::MAX);
    Sha256::new()
        .chain_update(event.previous)
        .chain_update(event.seq.to_be_bytes())
        .chain_update(event.at.to_be_bytes())
        .chain_update(kind_length.to_be_bytes())
        .chain_update(event.kind.as_bytes())
        .chain_update(event.commitment)
        .finalize()
        .into()
}

fn body_holds(event: &old::Event) -> bool {
    match (&event.salt, &event.body) {
        (Some(salt), Some(body)) => {
            let hash = Sha256::new().chain_update(salt).chain_update(body);
            Hash::from(hash.finalize()) == event.commitment
        }
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
