//! What `twinlock doctor` knows of text messages.

use std::time::Duration;

use crate::app::{AccountId, App, Stop, Timestamp, Work};
use crate::authenticators::{self, sms};
use crate::config::Sms;
use crate::text_messages::rules::{calling_code, countries};
use crate::text_messages::store::prefixes;

use super::doctor::{Checks, State};

const NAME: &str = "texts";
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn look(app: &App, checks: &mut Checks) -> Result<(), Stop> {
    look_at_people(app, checks).await?;
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

/// People whose second step is a text message only, and to whom none can be sent as it is set now.
async fn look_at_people(app: &App, checks: &mut Checks) -> Result<(), Stop> {
    let mut stranded: u64 = 0;
    let mut after = AccountId([0; 16]);
    loop {
        let moment = app.moment()?;
        let (found, cut_off) = moment.read(move |w| a_few(w, after)).await?;
        stranded += cut_off;
        match found.last() {
            Some(last) => after = *last,
            None => break,
        }
    }
    if stranded == 0 {
        return Ok(());
    }
    let why = match app.settings.sms.provider {
        None => "nobody delivers any (sms.provider)",
        Some(_) => "none go to the country of their number (sms.allowed_countries)",
    };
    let text = format!(
        "accounts whose only second step is a text message, while {why}: {stranded}. They get in with a backup code, or after: twinlock user reset-two-factor"
    );
    checks.add(NAME, State::Error, text);
    Ok(())
}

/// Some accounts with numbers only, and how many of them none of their texts would reach.
fn a_few(w: &mut Work<'_, '_>, after: AccountId) -> Result<(Vec<AccountId>, u64), Stop> {
    let found = sms::store::with_numbers_only(w, after)?;
    let mut cut_off = 0;
    for account in &found {
        if w.settings().sms.provider.is_none() || !is_reached(w, *account)? {
            cut_off += 1;
        }
    }
    Ok((found, cut_off))
}

fn is_reached(w: &mut Work<'_, '_>, account: AccountId) -> Result<bool, Stop> {
    for factor in authenticators::store::active(w, account)? {
        if let Some((number, _)) = sms::store::load(w, account, factor.id)?
            && number.is_allowed(&w.settings().sms.allowed_countries)
        {
            return Ok(true);
        }
    }
    Ok(false)
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
