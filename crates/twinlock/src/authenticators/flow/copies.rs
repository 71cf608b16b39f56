//! Copies of device tokens: where one comes, whatever it comes for, its device ends.

use crate::account;
use crate::app::{AccountId, Stop, Work};
use crate::audit::{self, Event};
use crate::outbox::Topic;
use crate::session;
use crate::trusted_device::Device;
use crate::trusted_device::store::{self as devices, Presented};

/// Somebody came with a token that was replaced long ago: two hold the same device. It is forgotten, with all that was let in by it; the person is
/// told. What the client brought beside it.
///
/// # Errors
/// The database's trouble.
pub fn end_copied(w: &mut Work<'_, '_>, account: AccountId) -> Result<Presented, Stop> {
    let (copied, rest) = devices::presented(w, account)?.without_copied();
    for device in &copied {
        end(w, account, device)?;
    }
    Ok(rest)
}

fn end(w: &mut Work<'_, '_>, account: AccountId, device: &Device) -> Result<(), Stop> {
    devices::forget(w, account, device.id)?;
    session::store::end_on(w, account, device.id)?;
    let label = device.label.clone();
    let event = Event::new("device_copied").with("label", label.as_str());
    audit::append(w, account, &event)?;
    account::notice(w, account, Topic::DeviceCopied, &[("copied", label)])
}
