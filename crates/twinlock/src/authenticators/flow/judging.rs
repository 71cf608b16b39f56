//! Judging a typed code: count the try, compare, and hand the try back only if the code is accepted.

use std::time::Duration;

use crate::account::{self, Account};
use crate::app::{self, AccountId, DeviceId, Refusal, Stop, Timestamp, Work};
use crate::audit::{self, Event};
use crate::authenticators::rules::{
    Accepted, Attempt, Held, Kind, Standings, Verdict, Wrong, codes_of,
};
use crate::authenticators::{backup_codes, store};

use super::digits::digits;
use crate::outbox::Topic;
use crate::session::Proof;
use crate::throttle::{self, Bucket, Standing, Tally, rules as limits};
use crate::trusted_device;

/// A refusal that cost no try is written down once in so long.
const ONCE: Duration = Duration::from_secs(600);

/// Judges a typed code: counts the try, compares, and hands the try back if the code is accepted. An accepted code is spent.
///
/// # Errors
/// The database's trouble.
pub fn verify(w: &mut Work<'_, '_>, account: &Account, attempt: &Attempt) -> Result<Verdict, Stop> {
    match account.frozen {
        Some(frozen) => Err(Refusal::Frozen(frozen.by).into()),
        None => judge(w, account, attempt, None),
    }
}

/// Judges a code typed to open a frozen account again: compared with `former` and nothing else, counted as every other.
///
/// # Errors
/// The database's trouble.
pub fn verify_former(
    w: &mut Work<'_, '_>,
    account: &Account,
    attempt: &Attempt,
    former: &Held,
) -> Result<Verdict, Stop> {
    judge(w, account, attempt, Some(former))
}

/// Whether a code typed from here would be looked at now. `held`: what codes of the account are compared with. Nothing is counted.
///
/// # Errors
/// The database's trouble.
pub fn standings(w: &mut Work<'_, '_>, account: AccountId, held: &Held) -> Result<Standings, Stop> {
    let has = |kind| held.factors.iter().any(|factor| factor.kind == kind);
    let (has_app, has_text) = (has(Kind::Totp), has(Kind::Sms));
    let typed = if has_app || has_text {
        let device = trusted_device::store::recognize(w, account)?;
        // The mailbox is not proven yet in a sign-in that begins.
        Some(counter(w, account, device, 1, false)?.standing)
    } else {
        None
    };
    let backup_code = if held.codes_left() > 0 {
        Some(backup_code_standing(w, account)?)
    } else {
        None
    };
    Ok(Standings {
        app: typed.filter(|_| has_app),
        text: typed.filter(|_| has_text),
        backup_code,
    })
}

/// Whether codes from here had to wait after `since`, and need not any more. Those from a known device with room of its own never wait for others.
///
/// # Errors
/// The database's trouble.
pub fn waited_after(
    w: &mut Work<'_, '_>,
    account: AccountId,
    since: Timestamp,
) -> Result<bool, Stop> {
    let device = trusted_device::store::recognize(w, account)?;
    let counter = counter(w, account, device, 1, false)?;
    let is_shared = counter.bucket == Bucket::SecondFactor;
    Ok(is_shared && limits::waited_after(&counter.tally, since, w.now()))
}

fn backup_code_standing(w: &mut Work<'_, '_>, account: AccountId) -> Result<Standing, Stop> {
    let now = w.now();
    let own = throttle::store::load(w, account, Bucket::BackupCode)?;
    Ok(limits::backup_code_standing(&own, now))
}

/// `former`: what to compare with instead of what the account holds.
fn judge(
    w: &mut Work<'_, '_>,
    account: &Account,
    attempt: &Attempt,
    former: Option<&Held>,
) -> Result<Verdict, Stop> {
    let device = trusted_device::store::recognize(w, account.id)?;
    let as_backup_code = match attempt.kind {
        Some(kind) => kind == Kind::BackupCode,
        None => attempt.factor.is_none() && twinlock_otp::looks_like_backup_code(&attempt.code),
    };
    let (kind, verdict) = if attempt.kind == Some(Kind::Webauthn) {
        // A key signs; nothing that is typed is of it.
        ("webauthn", slipped(w, account.id, Wrong::Invalid)?)
    } else if as_backup_code {
        (
            "backup_code",
            backup_code(w, account, attempt, device, former)?,
        )
    } else {
        digits(w, account, attempt, device, former)?
    };
    w.count(app::Tally::SecondFactor {
        kind,
        outcome: verdict.word(),
    });
    Ok(verdict)
}

/// The bucket a failure from this caller counts in, and whether it is open.
pub(super) struct Counter {
    bucket: Bucket,
    tally: Tally,
    pub(super) standing: Standing,
}

pub(super) fn counter(
    w: &mut Work<'_, '_>,
    account: AccountId,
    device: Option<DeviceId>,
    cost: u32,
    mailbox_proved: bool,
) -> Result<Counter, Stop> {
    let now = w.now();
    if let Some(device) = device {
        let bucket = Bucket::Device(device);
        let tally = throttle::store::load(w, account, bucket)?;
        if limits::device_standing(&tally, now, cost) == Standing::Open {
            return Ok(Counter {
                bucket,
                tally,
                standing: Standing::Open,
            });
        }
    }
    let bucket = Bucket::SecondFactor;
    let tally = throttle::store::load(w, account, bucket)?;
    let standing =
        limits::second_factor_standing(&tally, now, &w.settings().limits, cost, mailbox_proved);
    Ok(Counter {
        bucket,
        tally,
        standing,
    })
}

/// Writes the failure down before anything is compared; whether codes now have to wait, or are off, if it stays one.
pub(super) fn count(
    w: &mut Work<'_, '_>,
    account: AccountId,
    counter: &mut Counter,
    cost: u32,
) -> Result<bool, Stop> {
    let now = w.now();
    let waits = if counter.bucket == Bucket::SecondFactor {
        limits::count_second_factor(&mut counter.tally, now, cost);
        limits::second_factor_waits(&counter.tally, now)
    } else {
        counter.tally.count(now, cost);
        false
    };
    throttle::store::save(w, account, counter.bucket, &counter.tally)?;
    Ok(waits)
}

/// Hands the failure back and clears the row of failures, here and for unknown devices.
pub(super) fn forgive(
    w: &mut Work<'_, '_>,
    account: AccountId,
    counter: &mut Counter,
    cost: u32,
) -> Result<(), Stop> {
    counter.tally.forgive(cost);
    throttle::store::save(w, account, counter.bucket, &counter.tally)?;
    if counter.bucket != Bucket::SecondFactor {
        let mut shared = throttle::store::load(w, account, Bucket::SecondFactor)?;
        if shared.in_a_row > 0 {
            shared.clear_row();
            throttle::store::save(w, account, Bucket::SecondFactor, &shared)?;
        }
    }
    Ok(())
}

fn backup_code(
    w: &mut Work<'_, '_>,
    account: &Account,
    attempt: &Attempt,
    device: Option<DeviceId>,
    former: Option<&Held>,
) -> Result<Verdict, Stop> {
    let only = match former {
        Some(held) => held.backup_codes.as_ref().map(|sheet| sheet.sheet),
        None => None,
    };
    let nothing = match former {
        Some(_) => only.is_none(),
        None => store::active(w, account.id)?.is_empty(),
    };
    if nothing {
        return Ok(Verdict::NoFactor);
    }
    let code = match twinlock_otp::BackupCode::parse(&attempt.code) {
        Ok(code) => code,
        Err(twinlock_otp::BackupCodeError::Mistyped) => {
            return slipped(w, account.id, Wrong::Mistyped);
        }
        Err(twinlock_otp::BackupCodeError::NotABackupCode) => {
            return slipped(w, account.id, Wrong::Invalid);
        }
    };
    let now = w.now();
    let mut own = throttle::store::load(w, account.id, Bucket::BackupCode)?;
    if let Standing::Until(until) = limits::backup_code_standing(&own, now) {
        note_locked(w, account.id)?;
        return Ok(Verdict::Locked {
            until: Some(until),
            backup_code: false,
        });
    }
    own.count(now, 1);
    throttle::store::save(w, account.id, Bucket::BackupCode, &own)?;
    let mut counter = counter(w, account.id, device, 1, attempt.mailbox_proved)?;
    let waits = count(w, account.id, &mut counter, 1)?;
    match backup_codes::flow::consume(w, account.id, &code, only)? {
        Ok(()) => {
            own.forgive(1);
            throttle::store::save(w, account.id, Bucket::BackupCode, &own)?;
            forgive(w, account.id, &mut counter, 1)?;
            // What was read of a former sheet was read before this code was spent.
            let left = codes_left(w, account.id, former)?.saturating_sub(u32::from(only.is_some()));
            let verdict = accepted(w, account.id, Proof::BackupCode, device, left)?;
            account::notice(
                w,
                account.id,
                Topic::BackupCodeUsed,
                &[
                    ("left", left.to_string()),
                    ("use", attempt.asked_for.word().to_owned()),
                ],
            )?;
            Ok(verdict)
        }
        Err(why) => refused(w, account.id, why, &counter, waits),
    }
}

/// Backup codes left on the sheet that counts.
pub(super) fn codes_left(
    w: &mut Work<'_, '_>,
    account: AccountId,
    former: Option<&Held>,
) -> Result<u32, Stop> {
    Ok(match former {
        Some(held) => held.codes_left(),
        None => backup_codes::store::status(w, account)?.map_or(0, |sheet| sheet.remaining),
    })
}

pub(super) fn accepted(
    w: &mut Work<'_, '_>,
    account: AccountId,
    proof: Proof,
    device: Option<DeviceId>,
    backup_codes_remaining: u32,
) -> Result<Verdict, Stop> {
    audit::append(
        w,
        account,
        &Event::new("second_factor_accepted").with("kind", proof.word()),
    )?;
    Ok(Verdict::Accepted(Accepted {
        proof,
        backup_codes_remaining,
        device,
    }))
}

pub(super) fn refused(
    w: &mut Work<'_, '_>,
    id: AccountId,
    why: Wrong,
    counter: &Counter,
    waits: bool,
) -> Result<Verdict, Stop> {
    audit::append(
        w,
        id,
        &Event::new("second_factor_refused").with("reason", why.reason()),
    )?;
    if waits && matches!(counter.tally.in_a_row, 5 | 10 | 15 | 20 | 100) {
        w.count(app::Tally::SecondFactorWaits);
        let until: Timestamp = counter.tally.locked_until;
        let off = if limits::is_off(&counter.tally) {
            "yes"
        } else {
            "no"
        };
        let values = [
            ("of", codes_held(w, id)?.to_owned()),
            ("until", until.rfc3339()),
            ("off", off.to_owned()),
        ];
        account::notice(w, id, Topic::SecondFactorLocked, &values)?;
    }
    Ok(Verdict::Wrong {
        why,
        counted: true,
        waits,
    })
}

/// Whose codes the account could type.
fn codes_held(w: &mut Work<'_, '_>, account: AccountId) -> Result<&'static str, Stop> {
    let active = store::active(w, account)?;
    let has = |kind| active.iter().any(|factor| factor.kind == kind);
    Ok(codes_of(has(Kind::Totp), has(Kind::Sms)))
}

/// What cost no try: in the record, but not over and over.
pub(super) fn slipped(
    w: &mut Work<'_, '_>,
    account: AccountId,
    why: Wrong,
) -> Result<Verdict, Stop> {
    let event = Event::new("second_factor_refused").with("reason", why.reason());
    audit::append_unless_repeated(w, account, &event, ONCE)?;
    Ok(Verdict::Wrong {
        why,
        counted: false,
        waits: false,
    })
}

fn note_locked(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    audit::append_unless_repeated(w, account, &Event::new("second_factor_locked"), ONCE)
}

pub(super) fn locked(
    w: &mut Work<'_, '_>,
    account: AccountId,
    standing: Standing,
    codes_left: u32,
) -> Result<Verdict, Stop> {
    let until = match standing {
        Standing::Until(until) => Some(until),
        Standing::Open | Standing::Off => None,
    };
    note_locked(w, account)?;
    let backup_code = codes_left > 0 && backup_code_standing(w, account)? == Standing::Open;
    Ok(Verdict::Locked { until, backup_code })
}
