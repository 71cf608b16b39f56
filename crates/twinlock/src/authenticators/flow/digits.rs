//! Judging six digits: of an app, or of a text.

use twinlock_otp::Digits;

use crate::account::Account;
use crate::app::{AccountId, AuthenticatorId, DeviceId, Stop, Work};
use crate::authenticators::rules::{Attempt, Ceremony, Held, Kind, Verdict, Wrong};
use crate::authenticators::{sms, store, totp};
use crate::session::Proof;
use crate::throttle::Standing;

use super::judging::{accepted, codes_left, count, counter, forgive, locked, refused, slipped};

/// Six digits: of an app, or the code that was texted in this very sign-in, session or call. What they could be is compared as one try.
pub(super) fn digits(
    w: &mut Work<'_, '_>,
    account: &Account,
    attempt: &Attempt,
    device: Option<DeviceId>,
    former: Option<&Held>,
) -> Result<(&'static str, Verdict), Stop> {
    let bound = match (attempt.kind, former) {
        (Some(Kind::Sms), _) => Vec::new(),
        (_, Some(held)) => totp::store::among(w, account.id, &held.ids(), attempt.factor)?,
        (_, None) => totp::store::active(w, account.id, attempt.factor)?,
    };
    let phones = phones(w, account.id, attempt, former)?;
    if bound.is_empty() && phones.is_empty() {
        return Ok(("totp", Verdict::NoFactor));
    }
    let only_texts = if bound.is_empty() { "sms" } else { "totp" };
    let typed = Digits::parse(&attempt.code).ok();
    let sent = sent(w, account.id, attempt, typed.as_ref(), &phones)?;
    let is_live = sent.as_ref().map(|(_, _, is_live)| *is_live);
    let wrong = wrong(!bound.is_empty(), is_live);
    let texted = sent.filter(|(_, _, is_live)| *is_live);
    let candidates = typed
        .as_ref()
        .map_or(0, |typed| totp::rules::candidates(&bound, typed))
        + usize::from(texted.is_some());
    let cost = u32::try_from(candidates.max(1)).unwrap_or(u32::MAX);
    let mut counter = counter(w, account.id, device, cost, attempt.mailbox_proved)?;
    if counter.standing != Standing::Open {
        let codes_left = codes_left(w, account.id, former)?;
        let locked = locked(w, account.id, counter.standing, codes_left)?;
        return Ok((only_texts, locked));
    }
    let (Some(typed), true) = (typed, candidates > 0) else {
        return Ok((only_texts, slipped(w, account.id, wrong)?));
    };
    let waits = count(w, account.id, &mut counter, cost)?;
    let compared = match &texted {
        Some((typed, ceremony, _)) => {
            sms::flow::compare(w, account.id, *ceremony, typed.as_str(), &phones)?
        }
        None => None,
    };
    let (kind, proof) = match compared {
        Some(id) => ("sms", Ok(Proof::Sms(id))),
        None if bound.is_empty() => ("sms", Err(wrong)),
        None => {
            let compared = totp::flow::compare(w, account.id, &bound, &typed)?;
            let told = |why| if why == Wrong::Invalid { wrong } else { why };
            ("totp", compared.map(Proof::Totp).map_err(told))
        }
    };
    let verdict = match proof {
        Ok(proof) => {
            forgive(w, account.id, &mut counter, cost)?;
            if let Some(id) = proof.authenticator() {
                store::used(w, account.id, id)?;
            }
            let left = codes_left(w, account.id, former)?;
            accepted(w, account.id, proof, device, left)?
        }
        Err(why) => refused(w, account.id, why, &counter, waits)?,
    };
    Ok((kind, verdict))
}

/// What a code is told to be that fits nothing. `texted`: one was sent, and whether it would still be looked at.
fn wrong(has_app: bool, texted: Option<bool>) -> Wrong {
    match (has_app, texted) {
        (true, Some(_)) => Wrong::AppOrTexted,
        (true, None) => Wrong::Invalid,
        (false, Some(false)) => Wrong::TextedOver,
        (false, Some(true) | None) => Wrong::Texted,
    }
}

/// The code that could be the one texted last, what that was sent within, and whether it would still be looked at.
fn sent(
    w: &mut Work<'_, '_>,
    account: AccountId,
    attempt: &Attempt,
    typed: Option<&Digits>,
    phones: &[AuthenticatorId],
) -> Result<Option<(Digits, Ceremony, bool)>, Stop> {
    match (typed, attempt.ceremony) {
        (Some(typed), Some(ceremony)) if !phones.is_empty() && typed.as_str().len() == 6 => {
            let sent = sms::store::sent(w, account, ceremony)?;
            Ok(sent.map(|sent| (typed.clone(), ceremony, sent.is_live)))
        }
        _ => Ok(None),
    }
}

/// The account's numbers whose codes would count here.
fn phones(
    w: &mut Work<'_, '_>,
    account: AccountId,
    attempt: &Attempt,
    former: Option<&Held>,
) -> Result<Vec<AuthenticatorId>, Stop> {
    if attempt.kind.is_some_and(|kind| kind != Kind::Sms) {
        return Ok(Vec::new());
    }
    let factors = match former {
        Some(held) => held.factors.clone(),
        None => store::active(w, account)?,
    };
    Ok(factors
        .into_iter()
        .filter(|factor| factor.kind == Kind::Sms)
        .map(|factor| factor.id)
        .filter(|id| attempt.factor.is_none_or(|only| only == *id))
        .collect())
}
