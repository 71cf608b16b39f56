//! Making, using, checking and showing backup codes.

use twinlock_otp::{BackupCode, BackupCodeError};

use crate::app::{AccountId, Cell, Fault, Refusal, Stop, Timestamp, Work};
use crate::authenticators::Wrong;

use super::store;

/// A new sheet, shown once.
#[derive(Clone)]
pub struct Sheet {
    /// Its number.
    pub number: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its codes in order, as printed.
    pub codes: Vec<String>,
}

/// A code as it is shown again.
#[derive(Clone)]
pub struct ShownCode {
    /// As printed.
    pub code: String,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// What checking a code without spending it tells.
#[derive(Clone, Copy, Debug)]
pub struct Checked {
    /// Whether it would be accepted.
    pub valid: bool,
    /// The sheet it is on, where it is known.
    pub sheet: Option<i64>,
    /// Its number on the sheet.
    pub ordinal: Option<i64>,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// Makes a new sheet; the one before ends.
///
/// # Errors
/// The database's trouble.
pub fn make(w: &mut Work<'_, '_>, account: AccountId) -> Result<Sheet, Stop> {
    let number = store::next_sheet(w, account)?;
    let (count, reveal) = (
        w.settings().two_factor.backup_codes.count,
        w.settings().two_factor.backup_codes.reveal,
    );
    let mut codes = Vec::with_capacity(usize::from(count));
    for ordinal in 1..=i64::from(count) {
        let code = BackupCode::from_random(&w.draw.bytes());
        let mac = mac(w, account, &code);
        let sealed = reveal.then(|| w.seal(cell(account, &mac), code.canonical().as_bytes()));
        store::insert(w, account, mac, (number, ordinal), sealed)?;
        codes.push(code.display().to_string());
    }
    Ok(Sheet {
        number,
        created_at: w.now(),
        codes,
    })
}

/// Uses a code of the live sheet, or of the sheet `only`.
///
/// # Errors
/// The database's trouble.
pub fn consume(
    w: &mut Work<'_, '_>,
    account: AccountId,
    code: &BackupCode,
    only: Option<i64>,
) -> Result<Result<(), Wrong>, Stop> {
    let mac = mac(w, account, code);
    let spent = match only {
        Some(sheet) => store::spend_on(w, account, mac, sheet)?,
        None => store::spend(w, account, mac)?,
    };
    if spent {
        return Ok(Ok(()));
    }
    Ok(Err(match store::find(w, account, mac)? {
        Some(found) if only.map_or(found.live, |sheet| sheet == found.sheet) => Wrong::AlreadyUsed,
        Some(_) => Wrong::OldSheet,
        None => Wrong::Invalid,
    }))
}

/// Tells whether a code is good, without spending it.
///
/// # Errors
/// [`Refusal::Mistyped`] for a typing slip, [`Refusal::Field`] for what is not a backup code.
pub fn check(w: &mut Work<'_, '_>, account: AccountId, typed: &str) -> Result<Checked, Stop> {
    let code = match BackupCode::parse(typed) {
        Ok(code) => code,
        Err(BackupCodeError::Mistyped) => return Err(Refusal::Mistyped.into()),
        Err(BackupCodeError::NotABackupCode) => {
            return Err(Refusal::Field {
                field: "code",
                code: "not_a_backup_code",
            }
            .into());
        }
    };
    let mac = mac(w, account, &code);
    let Some(found) = store::find(w, account, mac)? else {
        return Ok(Checked {
            valid: false,
            sheet: None,
            ordinal: None,
            used_at: None,
        });
    };
    let valid = found.live && found.used_at.is_none();
    if valid {
        store::checked(w, account, found.sheet)?;
    }
    Ok(Checked {
        valid,
        sheet: Some(found.sheet),
        ordinal: Some(found.ordinal),
        used_at: found.used_at,
    })
}

/// The live sheet's codes, used ones included.
///
/// # Errors
/// [`Refusal::RevealDisabled`] where no copy is kept; [`Refusal::NotFound`] without a sheet.
pub fn reveal(w: &mut Work<'_, '_>, account: AccountId) -> Result<(i64, Vec<ShownCode>), Stop> {
    if !w.settings().two_factor.backup_codes.reveal {
        return Err(Refusal::RevealDisabled.into());
    }
    let sheet = store::status(w, account)?.ok_or(Refusal::NotFound)?.sheet;
    let mut shown = Vec::new();
    for (mac, sealed, used_at) in store::of_sheet(w, account, sheet)? {
        let sealed = sealed.ok_or(Refusal::RevealDisabled)?;
        shown.push(ShownCode {
            code: open(w, cell(account, &mac), &sealed)?,
            used_at,
        });
    }
    Ok((sheet, shown))
}

fn open(w: &Work<'_, '_>, cell: Cell<'_>, sealed: &[u8]) -> Result<String, Stop> {
    let canonical = w.open_text(cell, sealed)?;
    let code = BackupCode::parse(&canonical).map_err(|_| Fault::Stored("backup code"))?;
    Ok(code.display().to_string())
}

fn cell(account: AccountId, row: &[u8]) -> Cell<'_> {
    Cell {
        column: "backup_code.sealed",
        account,
        row,
    }
}

fn mac(w: &Work<'_, '_>, account: AccountId, code: &BackupCode) -> [u8; 32] {
    w.keyring()
        .mac("backup_code", &[&account.0, code.canonical().as_bytes()])
}
