//! Trusted devices of an application's users: the application asks whether to ask for a code.

use twinlock_db::Locks;

use crate::account;
use crate::app::{DeviceId, Moment, Refusal, Stop, Work};
use crate::audit::{self, Event};
use crate::authenticators::flow::end_copied;
use crate::authenticators::is_on;
use crate::sign_in::trust::is_trusted;
use crate::trusted_device::rules::length;
use crate::trusted_device::store;
use crate::trusted_device::{Device, Trust};

use super::{Ask, change, look, record, refuse_frozen, refuse_unless_open, resolve};

/// A device that was made trusted.
pub struct Made {
    /// The device.
    pub device: Device,
    /// Its token.
    pub token: String,
}

/// Makes a trusted device, after the application saw its user prove a second factor on it. Not for people who sign in here: they alone say
/// so, while they prove theirs, or a leaked key would open a way around it.
///
/// # Errors
/// [`Refusal::TrustDisabled`] where the second factor is asked at every sign-in; [`Refusal::NoFactor`], [`Refusal::Frozen`], [`Refusal::NotFound`].
pub async fn make(moment: &Moment, ask: Ask, label: String) -> Result<Made, Stop> {
    change(moment, ask, move |w, account, by| {
        if account::signs_in_here(w, account)? {
            return Err(Refusal::NotFound.into());
        }
        refuse_frozen(account)?;
        let now = w.now();
        let length = length(w.settings()).ok_or(Refusal::TrustDisabled)?;
        if !is_on(w, account.id)? {
            return Err(Refusal::NoFactor.into());
        }
        let (id, token) = store::make_trusted(w, account.id, &label)?;
        let event = Event::new("device_trusted").with("label", label.as_str());
        audit::append(w, account.id, &event.with("by", record(by)))?;
        let device = Device {
            id,
            label: label.clone(),
            is_known: true,
            created_at: now,
            last_used_at: now,
            trust: Some(Trust {
                since: now,
                until: now.plus(length),
            }),
        };
        Ok(Made { device, token })
    })
    .await
}

/// Whether the token the client brought is that of a trusted device of this account; if so the device, and its next token.
///
/// # Errors
/// [`Refusal::Frozen`], [`Refusal::NotFound`]. A token that is none, or was copied, is no error.
pub async fn check(moment: &Moment, ask: Ask) -> Result<Option<Made>, Stop> {
    let id = resolve(moment, &ask).await?;
    let check = move |w: &mut Work<'_, '_>| {
        let standing = refuse_unless_open(w, &ask.caller, id)?;
        let Some(mut found) = end_copied(w, id)?.found() else {
            return Ok(None);
        };
        if !standing.is_on || !is_trusted(w, id, &found.device)? {
            return Ok(None);
        }
        let token = store::use_again(w, id, &mut found)?;
        let device = found.device;
        Ok(token.map(|token| Made { device, token }))
    };
    moment.write(Locks::account(id.0), check).await
}

/// The trusted devices of an account, last used first.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn list(moment: &Moment, ask: Ask) -> Result<Vec<Device>, Stop> {
    look(moment, ask, |w, account| store::trusted(w, account.id)).await
}

/// One device is trusted no more.
///
/// # Errors
/// [`Refusal::NotFound`] for an account the key may not see, and for any id that is not that of one of its trusted devices.
pub async fn end(moment: &Moment, ask: Ask, id: DeviceId) -> Result<(), Stop> {
    change(moment, ask, move |w, account, by| {
        let devices = store::trusted(w, account.id)?;
        let device = devices.iter().find(|device| device.id == id);
        let label = device.ok_or(Refusal::NotFound)?.label.as_str();
        store::end_trust_of(w, account.id, id)?;
        let event = Event::new("device_trust_ended").with("label", label);
        audit::append(w, account.id, &event.with("by", record(by)))
    })
    .await
}
