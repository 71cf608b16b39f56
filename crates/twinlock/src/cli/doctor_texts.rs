//! What `twinlock doctor` knows of text messages.

use std::time::Duration;

use crate::app::{App, Stop, Timestamp};
use crate::config::Sms;
use crate::text_messages::rules::{calling_code, countries};
use crate::text_messages::store::prefixes;

use super::doctor::{Checks, State};

const NAME: &str = "texts";
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn look(app: &App, checks: &mut Checks) -> Result<(), Stop> {
    let sms = &app.settings.sms;
    if sms.provider.is_none() {
        checks.add(NAME, State::Ok, "nobody delivers any, and none is offered");
        return Ok(());
    }
    look_at_countries(sms, checks);
    let moment = app.moment()?;
    let since = moment.now.minus(DAY);
    let found = moment.read(move |w| prefixes::prefixes(w, since)).await?;
    let sent: i64 = found.iter().map(|one| one.sent).sum();
    let entered: i64 = found.iter().map(|one| one.entered).sum();
    checks.add(
        NAME,
        State::Ok,
        format!(
            "{sent} codes sent in 24 hours, {entered} entered; {} a day at most",
            sms.daily_cap
        ),
    );
    for one in found {
        if let Some(until) = one.stopped_until {
            let text = format!(
                "numbers that begin with {} get none until {}: too few of their codes were entered. `twinlock texts` shows the others",
                one.prefix,
                Timestamp::rfc3339(until)
            );
            checks.add(NAME, State::Warning, text);
        }
    }
    Ok(())
}

fn look_at_countries(sms: &Sms, checks: &mut Checks) {
    let unknown: Vec<&str> = (sms.allowed_countries.iter())
        .map(String::as_str)
        .filter(|country| calling_code(country).is_none())
        .collect();
    if !unknown.is_empty() {
        let text = format!(
            "no country has numbers of its own under {} (sms.allowed_countries)",
            unknown.join(", ")
        );
        checks.add(NAME, State::Error, text);
    }
    let known: Vec<String> = countries(&sms.allowed_countries)
        .into_iter()
        .map(|(country, code)| format!("{country} (+{code})"))
        .collect();
    if !known.is_empty() {
        let text = format!("they go to numbers of {}", known.join(", "));
        checks.add(NAME, State::Ok, text);
    }
}
