//! Who may say that a method was lost or stolen; what the security check-up suggests.

use std::time::Duration;

use crate::app::{AuthenticatorId, Timestamp};
use crate::authenticators::{Authenticator, Held, Kind};
use crate::config::Methods;
use crate::session::{Proof, Session};
use crate::trusted_device::Device;
use crate::undo;

/// Backup codes left at which the person is warned (product line K12).
pub const FEW_CODES: u32 = 3;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a suggestion stays away once it was put off.
const PUT_OFF: Duration = Duration::from_secs(90 * DAY.as_secs());
/// Age at which a sheet of backup codes is worth replacing.
const OLD_CODES: Duration = Duration::from_secs(365 * DAY.as_secs());
/// How long ago a number was proven that is worth proving again.
const OLD_NUMBER: Duration = Duration::from_secs(365 * DAY.as_secs());
/// How long a trusted device may be away before it is asked about.
const UNSEEN: Duration = Duration::from_secs(90 * DAY.as_secs());

/// Something the security check-up suggests (product line K14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// An app or a key, because texts are all there is and whoever takes over the number gets the codes.
    OnlyTexts,
    /// A second method, so that losing one shuts nobody out.
    SecondMethod,
    /// New backup codes, because few are left.
    FewCodes,
    /// New backup codes, because the sheet is over a year old and who knows where it is.
    OldCodes,
    /// A number was not proven for over a year, and who knows whose it is.
    OldNumber,
    /// A trusted device was not seen for long.
    UnseenDevice,
}

impl Suggestion {
    /// All of them, the weightiest first.
    pub const ALL: [Self; 6] = [
        Self::FewCodes,
        Self::OnlyTexts,
        Self::SecondMethod,
        Self::OldNumber,
        Self::OldCodes,
        Self::UnseenDevice,
    ];

    /// Its name in addresses and in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OnlyTexts => "only-texts",
            Self::SecondMethod => "second-method",
            Self::FewCodes => "few-codes",
            Self::OldCodes => "old-codes",
            Self::OldNumber => "old-number",
            Self::UnseenDevice => "unseen-device",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What the check-up looks at.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Second factors and codes.
    pub held: &'a Held,
    /// Devices that are trusted.
    pub devices: &'a [Device],
    /// When each number was last proven.
    pub confirmed: &'a [(AuthenticatorId, Timestamp)],
    /// How many methods somebody may have.
    pub methods: Methods,
    /// Whether anything but texts may be set up.
    pub offers_better: bool,
}

/// What is worth doing for somebody whose two-factor authentication is on. What they put off stays away for ninety days.
#[must_use]
pub fn suggestions(
    seen: &Seen<'_>,
    dismissed: &[(Suggestion, Timestamp)],
    now: Timestamp,
) -> Vec<Suggestion> {
    let held = seen.held;
    if !held.is_on() {
        return Vec::new();
    }
    let few = held.codes_left() <= FEW_CODES;
    let is_old = |made: Timestamp| made.plus(OLD_CODES) <= now;
    let sheet = held.backup_codes.as_ref();
    let only_texts = seen.offers_better && held.factors.iter().all(|one| one.kind == Kind::Sms);
    let holds = |suggestion| match suggestion {
        Suggestion::OnlyTexts => only_texts,
        // An app or a key beside the number is a second method too.
        Suggestion::SecondMethod => {
            !only_texts && seen.methods == Methods::Several && held.factors.len() == 1
        }
        Suggestion::OldNumber => {
            let mut confirmed = seen.confirmed.iter();
            confirmed.any(|(_, at)| at.plus(OLD_NUMBER) <= now)
        }
        Suggestion::FewCodes => few,
        // New ones for the one reason are new ones for the other.
        Suggestion::OldCodes => !few && sheet.is_some_and(|sheet| is_old(sheet.created_at)),
        Suggestion::UnseenDevice => {
            let mut trusted = seen.devices.iter();
            trusted.any(|device| device.last_used_at.plus(UNSEEN) <= now)
        }
    };
    let is_put_off = |suggestion| {
        let mut put_off = dismissed.iter();
        put_off.any(|(which, at)| *which == suggestion && at.plus(PUT_OFF) > now)
    };
    Suggestion::ALL
        .into_iter()
        .filter(|one| holds(*one) && !is_put_off(*one))
        .collect()
}

/// Whether a session may call the method `lost` lost, so that nothing brings it back: not by a proof of that very method, and not by one
/// that came so lately that its coming can still be undone. Otherwise whoever took the method could add one and take the owner's away
/// for good.
#[must_use]
pub fn may_call_lost(
    session: &Session,
    lost: AuthenticatorId,
    active: &[Authenticator],
    now: Timestamp,
) -> bool {
    match session.second_factor {
        Some(Proof::BackupCode) => true,
        Some(Proof::Totp(other) | Proof::Webauthn(other) | Proof::Sms(other)) if other != lost => {
            active
                .iter()
                .find(|factor| factor.id == other)
                .and_then(|factor| factor.activated_at)
                .is_some_and(|at| at.plus(undo::LIFE) <= now)
        }
        Some(Proof::Totp(_) | Proof::Webauthn(_) | Proof::Sms(_)) | None => false,
    }
}
