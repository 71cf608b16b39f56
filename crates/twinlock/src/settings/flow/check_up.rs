//! The security check-up.

use twinlock_db::Locks;

use crate::app::{Moment, Stop};
use crate::session::flow::{Acting, reload};
use crate::settings::rules::Suggestion;
use crate::settings::store;

/// Puts a suggestion off. Nothing of the account's security changes by it, so that it leaves no event.
///
/// # Errors
/// [`crate::app::Refusal::SignedOut`].
pub async fn put_off(moment: &Moment, acting: &Acting, suggestion: Suggestion) -> Result<(), Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = reload(w, &acting)?;
            store::dismiss(w, session.account, suggestion)
        })
        .await
}
