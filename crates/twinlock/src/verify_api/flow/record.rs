//! Reading the record of an application's accounts, newest event first.

use data_encoding::BASE64URL_NOPAD;

use crate::app::{AccountId, App, Cell, Moment, Stop, Timestamp, Work, open_with, seal_with};
use crate::application::ApiCaller;
use crate::audit::Chain;
use crate::audit::store::{self, After, Shown};

use super::{Ask, resolve, visible};
use crate::verify_api::rules::{AccountName, may_read};

/// Events one call looks through at most, so that a rare kind in a long record costs no more than a common one.
const LOOKED_AT: usize = 2_000;

/// Which events are asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Only of this account.
    pub account: Option<AccountName>,
    /// Only of this kind.
    pub kind: Option<&'static str>,
    /// Nothing from before.
    pub since: Timestamp,
    /// Only what is older than this place.
    pub after: Option<Place>,
}

/// A place in the record, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: i64,
    chain: [u8; 16],
    seq: i64,
}

impl Place {
    /// Before everything.
    const NEWEST: Self = Self {
        at: i64::MAX,
        chain: [0xff; 16],
        seq: i64::MAX,
    };

    fn of(event: &Shown) -> Self {
        Self {
            at: event.at.as_millis(),
            chain: event.chain.id,
            seq: event.seq,
        }
    }

    /// As a cursor for one application: sealed, since it may be the place of an event that application must not see.
    #[must_use]
    pub fn sealed(self, moment: &Moment, caller: &ApiCaller) -> String {
        let plain = [
            self.at.to_be_bytes().as_slice(),
            &self.chain,
            &self.seq.to_be_bytes(),
        ]
        .concat();
        let mut draw = moment.draw("audit cursor");
        let sealed = seal_with(moment, &mut draw, cell(&caller.application.0), &plain);
        BASE64URL_NOPAD.encode(&sealed)
    }

    /// Reads a cursor that was given to this application; any other text is none.
    #[must_use]
    pub fn unsealed(app: &App, caller: &ApiCaller, text: &str) -> Option<Self> {
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let plain = open_with(app, cell(&caller.application.0), &sealed)?;
        let (at, rest) = plain.split_first_chunk()?;
        let (chain, seq) = rest.split_first_chunk()?;
        Some(Self {
            at: i64::from_be_bytes(*at),
            chain: *chain,
            seq: i64::from_be_bytes(seq.try_into().ok()?),
        })
    }
}

fn cell(application: &[u8]) -> Cell<'_> {
    Cell {
        column: "audit_events.cursor",
        account: AccountId([0; 16]),
        row: application,
    }
}

/// One page of the record.
pub struct Listed {
    /// The events, newest first.
    pub events: Vec<Shown>,
    /// Where the next page begins, where there may be one.
    pub next: Option<Place>,
}

/// The newest `most` events a key may see, and where the older ones begin.
///
/// # Errors
/// [`crate::app::Refusal::NotFound`] for an account it may not see.
pub async fn list(
    moment: &Moment,
    caller: ApiCaller,
    asked: Asked,
    most: usize,
) -> Result<Listed, Stop> {
    let account = match asked.account.clone() {
        None => None,
        Some(account) => {
            let caller = caller.clone();
            Some(resolve(moment, &Ask { caller, account }).await?)
        }
    };
    moment
        .read(move |w| {
            if let Some(id) = account {
                visible(w, &caller, id)?;
            }
            page(w, &caller, account, &asked, most)
        })
        .await
}

fn page(
    w: &mut Work<'_, '_>,
    caller: &ApiCaller,
    account: Option<AccountId>,
    asked: &Asked,
    most: usize,
) -> Result<Listed, Stop> {
    let mut events = Vec::new();
    let mut looked_at = 0;
    let mut place = asked.after.unwrap_or(Place::NEWEST);
    while looked_at < LOOKED_AT {
        let batch = batch(w, account, asked.since, place)?;
        // Events are in order of time, but for a clock that was set back by little.
        let is_last = batch.len() < BATCH || batch.last().is_some_and(|last| last.at < asked.since);
        for event in batch {
            if events.len() == most {
                return Ok(Listed {
                    events,
                    next: Some(place),
                });
            }
            looked_at += 1;
            place = Place::of(&event);
            let is_asked =
                event.at >= asked.since && asked.kind.is_none_or(|kind| event.kind == kind);
            if is_asked && (account.is_some() || may_read(caller, event.application)) {
                events.push(event);
            }
        }
        if is_last {
            return Ok(Listed { events, next: None });
        }
    }
    Ok(Listed {
        events,
        next: Some(place),
    })
}

/// Events read at once.
const BATCH: usize = 250;

/// The next events after a place, of one account or of all.
fn batch(
    w: &mut Work<'_, '_>,
    account: Option<AccountId>,
    since: Timestamp,
    place: Place,
) -> Result<Vec<Shown>, Stop> {
    let most = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let Some(account) = account else {
        let after = After {
            at: place.at,
            id: place.chain,
            seq: place.seq,
            since,
        };
        return store::newest(w, after, most);
    };
    store::recent_of(w, Chain::account(account), place.seq, most)
}
