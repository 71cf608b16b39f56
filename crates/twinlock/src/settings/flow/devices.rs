//! The person's own trusted devices.

use twinlock_db::Locks;

use crate::app::{DeviceId, Moment, Refusal, Stop};
use crate::audit::{self, Event};
use crate::session::flow::{Acting, reload};
use crate::trusted_device::{self, Device, store};

/// The trusted devices, last used first.
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn trusted_devices(moment: &Moment, acting: &Acting) -> Result<Vec<Device>, Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = reload(w, &acting)?;
            store::trusted(w, session.account)
        })
        .await
}

/// One device is trusted no more. Sessions there go on; the next sign-in asks for a code.
///
/// # Errors
/// [`Refusal::NotFound`] for any id that is not that of one of their trusted devices.
pub async fn end_trust_of(moment: &Moment, acting: &Acting, id: DeviceId) -> Result<(), Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = reload(w, &acting)?;
            let devices = store::trusted(w, session.account)?;
            let device = devices.iter().find(|device| device.id == id);
            let label = device.ok_or(Refusal::NotFound)?.label.as_str();
            store::end_trust_of(w, session.account, id)?;
            let event = Event::new("device_trust_ended").with("label", label);
            audit::append(w, session.account, &event)
        })
        .await
}

/// No device is trusted any more.
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn end_all_trust(moment: &Moment, acting: &Acting) -> Result<(), Stop> {
    let acting = acting.clone();
    moment
        .write(Locks::account(acting.account().0), move |w| {
            let session = reload(w, &acting)?;
            for device in store::trusted(w, session.account)? {
                let event = Event::new("device_trust_ended").with("label", device.label);
                audit::append(w, session.account, &event)?;
            }
            trusted_device::end_trust(w, session.account)
        })
        .await
}
