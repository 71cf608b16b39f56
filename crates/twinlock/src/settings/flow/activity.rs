//! The person's own record.

use crate::app::{Moment, Stop};
use crate::audit::flow::reading::Reader;
use crate::audit::rules::item::Item;
use crate::audit::store::Shown;
use crate::audit::{self, Chain};
use crate::session::flow::{Acting, reload};

use super::owner;

/// The newest `most` events before number `before` (exclusive), newest first, and whether there are older ones.
///
/// # Errors
/// [`crate::app::Refusal::SignedOut`].
pub async fn events(
    moment: &Moment,
    acting: &Acting,
    before: Option<i64>,
    most: i64,
) -> Result<(Vec<Shown>, bool), Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = reload(w, &acting)?;
            owner(w, &session)?;
            let before = before.unwrap_or(i64::MAX);
            let wanted = most.saturating_add(1);
            let mut events = audit::store::recent(w, session.account, before, wanted)?;
            let kept = usize::try_from(most).unwrap_or(usize::MAX);
            let more = events.len() > kept;
            events.truncate(kept);
            Ok((events, more))
        })
        .await
}

/// Everything that shows that the record is complete, as `twinlock audit verify --file` takes it.
///
/// # Errors
/// [`crate::app::Refusal::SignedOut`].
pub async fn proof_of_events(moment: &Moment, acting: &Acting) -> Result<Vec<Item>, Stop> {
    let looking = acting.clone();
    let account = moment
        .read(move |w| {
            let session = reload(w, &looking)?;
            owner(w, &session)?;
            Ok(session.account)
        })
        .await?;
    let chain = Chain::account(account);
    Reader::new(&moment.app, Some(chain)).rest().await
}
