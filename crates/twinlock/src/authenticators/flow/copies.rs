//! Copies of device tokens: where one comes, whatever it comes for, its device ends.

use crate::account;
use crate::app::{AccountId, Stop, Work};
use crate::audit::{self, Event};
use crate::outbox::Topic;
use crate::session;
use crate::trusted_device::store as devices;

/// Somebody came with a token that was replaced long ago: two hold the same device. It is forgotten, with all that was let in by it; the person is told.
///
/// # Errors
/// The database's trouble.
pub fn end_copied(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    let Some(device) = devices::copied(w, account)? else {
        return Ok(());
    };
    devices::forget(w, account, device.id)?;
    session::store::end_on(w, account, device.id)?;
    let event = Event::new("device_copied").with("label", device.label.as_str());
    audit::append(w, account, &event)?;
    account::notice(w, account, Topic::DeviceCopied, &[("copied", device.label)])
}
