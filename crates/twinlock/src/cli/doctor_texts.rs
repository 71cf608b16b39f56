//! What `twinlock doctor` knows of text messages.

use std::time::Duration;

use crate::app::{AccountId, App, Stop, Timestamp, Work};
use crate::authenticators::{self, sms};
use crate::config::Sms;
use crate::text_messages::rules::{calling_code, countries};
use crate::text_messages::store::{self, Became, prefixes};

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
    let (found, became) = moment
        .read(move |w| Ok((prefixes::prefixes(w, since)?, store::became(w, since)?)))
        .await?;
    let sent: i64 = found.iter().map(|one| one.sent).sum();
    let entered: i64 = found.iter().map(|one| one.entered).sum();
    checks.add(
        NAME,
        State::Ok,
        format!(
            "{sent} codes ordered in 24 hours, {entered} entered; {} a day at most",
            sms.daily_cap
        ),
    );
    if let Some((state, text)) = trouble(&became) {
        checks.add(NAME, state, text);
    }
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

/// What is said of texts no provider took, such as with a wrong secret.
pub(super) fn trouble(became: &Became) -> Option<(State, String)> {
    let Became {
        taken,
        refused,
        late,
        unknown,
    } = *became;
    let lost = refused + late;
    let all = taken + lost + unknown;
    let state = match taken {
        _ if lost == 0 => return None,
        0 => State::Error,
        _ if lost * 2 >= all => State::Warning,
        _ => return None,
    };
    let text = format!(
        "of {all} texts of the last 24 hours {taken} were taken by a provider, {refused} refused, and {late} not taken in time; are the provider's account and secret right? The log of `serve` has the reason of each"
    );
    Some((state, text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_nobody_takes_are_an_error_and_a_few_are_none() {
        let told = |taken, refused, late| {
            let became = Became {
                taken,
                refused,
                late,
                unknown: 0,
            };
            trouble(&became).map(|(state, _)| state)
        };
        for (taken, refused, late, expected) in [
            (0, 0, 0, None),
            (9, 0, 0, None),
            (9, 1, 1, None),
            (2, 1, 1, Some(State::Warning)),
            (0, 1, 0, Some(State::Error)),
            (0, 0, 1, Some(State::Error)),
        ] {
            assert!(
                told(taken, refused, late) == expected,
                "{taken} {refused} {late}"
            );
        }
    }
}
