//! Trusted devices on the Security page.

use axum::extract::Path;
use axum::response::Response;
use twinlock_web::i18n::Arg;

use crate::app::{Refusal, Stop};
use crate::config::Ask;
use crate::edge::{Visit, When};
use crate::settings::flow;
use crate::trusted_device::Device;

use super::{done, notice::Done, tell_apart};

/// The section: what makes a device trusted here, and which ones are.
pub(super) struct Devices {
    pub(super) what: String,
    pub(super) ends: String,
    pub(super) rows: Vec<Row>,
}

/// One trusted device.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) remove: String,
    pub(super) since: When,
    /// Absent where it lasts until the person signs out completely.
    pub(super) until: Option<When>,
    pub(super) used: When,
    pub(super) here: bool,
}

/// The section; `None` where no device is ever trusted.
pub(super) fn list(visit: &Visit, devices: &[Device]) -> Option<Devices> {
    let messages = visit.moment.messages();
    let two_factor = &visit.moment.app.settings.two_factor;
    let what = match two_factor.ask {
        Ask::EverySignIn => return None,
        Ask::TrustedDevice => {
            let days = Arg::from(u32::from(two_factor.trusted_device_days));
            messages.with("settings-devices-what-trusted", &[("days", days)])
        }
        Ask::UntilSignedOut => messages.text("settings-devices-what-until-signed-out"),
        Ask::NewDevice => messages.text("settings-devices-what-new-device"),
    };
    let mut rows: Vec<Row> = devices.iter().map(|device| row(visit, device)).collect();
    rows.sort_by_key(|row| !row.here);
    let mut names: Vec<&mut String> = rows.iter_mut().map(|row| &mut row.name).collect();
    tell_apart(visit, &mut names);
    for row in &mut rows {
        let device = ("device", Arg::from(row.name.as_str()));
        row.remove = messages.with("settings-device-remove-named", &[device]);
    }
    Some(Devices {
        what,
        ends: messages.text("settings-devices-ends"),
        rows,
    })
}

fn row(visit: &Visit, device: &Device) -> Row {
    let (messages, now) = (visit.moment.messages(), visit.moment.now);
    let lasts = visit.moment.app.settings.two_factor.ask == Ask::UntilSignedOut;
    let here = visit
        .acting
        .as_ref()
        .and_then(|acting| acting.session.device);
    let since = device.trust.map_or(device.created_at, |trust| trust.since);
    let until = device.trust.filter(|_| !lasts).map(|trust| trust.until);
    Row {
        id: device.id.to_string(),
        name: device.label.clone(),
        remove: String::new(),
        since: When::day(since, &messages),
        until: until.map(|at| When::day(at, &messages)),
        used: When::new(device.last_used_at, now, &messages),
        here: here == Some(device.id),
    }
}

/// `POST /settings/security/devices/{id}/remove`
///
/// # Errors
/// The database's trouble.
pub async fn remove(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    match flow::end_trust_of(&visit.moment, visit.acting()?, id).await {
        // One whose trust ended meanwhile is what the person wanted.
        Ok(()) | Err(Stop::Refused(Refusal::NotFound)) => Ok(done(Done::DeviceRemoved)),
        Err(stop) => Err(stop),
    }
}

/// `POST /settings/security/devices/remove-all`
///
/// # Errors
/// The database's trouble.
pub async fn remove_all(visit: Visit) -> Result<Response, Stop> {
    flow::end_all_trust(&visit.moment, visit.acting()?).await?;
    Ok(done(Done::DevicesRemoved))
}
