//! What an administrator may see.

use std::time::Duration;

use crate::account::{Account, Role};
use crate::app::{Moment, Refusal, Stop, Work};
use crate::session::flow::{Acting, reload};
use crate::step_up::flow::owner;
use crate::text_messages::store::prefixes::{self, Prefix};

/// How far back the page on texts looks.
pub const SHOWN: Duration = Duration::from_secs(24 * 3600);

/// The beginnings of numbers most was texted to within [`SHOWN`].
///
/// # Errors
/// [`Refusal::NotFound`] for anybody but an administrator.
pub async fn texts(moment: &Moment, acting: &Acting) -> Result<Vec<Prefix>, Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            administrator(w, &acting)?;
            let since = w.now().minus(SHOWN);
            prefixes::prefixes(w, since)
        })
        .await
}

fn administrator(w: &mut Work<'_, '_>, acting: &Acting) -> Result<Account, Stop> {
    let session = reload(w, acting)?;
    let account = owner(w, &session)?;
    match account.role {
        Role::Administrator => Ok(account),
        Role::Person | Role::Support => Err(Refusal::NotFound.into()),
    }
}
