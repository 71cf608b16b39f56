//! The person's own trusted devices.

use twinlock_db::Locks;

use crate::app::{DeviceId, Moment, Refusal, Stop};
use crate::audit::{self, Event};
use crate::authenticators::flow::end_copied;
use crate::session;
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

/// Signs out completely: the device is forgotten with every session on it, and nothing is skipped there any more.
///
/// # Errors
/// The database's trouble.
pub async fn sign_out_and_forget(moment: &Moment, acting: &Acting) -> Result<(), Stop> {
    let (account, id) = (acting.account(), acting.session.id);
    moment
        .write(Locks::account(account.0), move |w| {
            let Some(session) = session::store::load(w, account, id)? else {
                return Ok(());
            };
            end_copied(w, account)?;
            session::store::end(w, account, id)?;
            if let Some(device) = session.device {
                session::store::end_on(w, account, device)?;
                store::sign_off(w, account, device)?;
            }
            let event = Event::new("signed_out").with("device_forgotten", "yes");
            audit::append(w, account, &event)
        })
        .await
}
