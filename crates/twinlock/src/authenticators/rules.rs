//! The closed list of second factors and what is asked of each.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::app::{AuthenticatorId, DeviceId, Refusal, Timestamp};
use crate::session::Proof;
use crate::throttle::Standing;

use super::Authenticator;
use super::backup_codes::SheetStatus;

/// So long a sheet of backup codes may be on nobody's paper yet.
const JUST_MADE: Duration = Duration::from_secs(3600);

/// A kind of second factor, or the codes that stand in for one.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An authenticator app (RFC 6238).
    Totp,
    /// A security key or passkey (WebAuthn).
    Webauthn,
    /// A code in a text message.
    Sms,
    /// A backup code.
    BackupCode,
}

impl Kind {
    /// The kind's word, in rows and in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Webauthn => "webauthn",
            Self::Sms => "sms",
            Self::BackupCode => "backup_code",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "totp" => Some(Self::Totp),
            "webauthn" => Some(Self::Webauthn),
            "sms" => Some(Self::Sms),
            "backup_code" => Some(Self::BackupCode),
            _ => None,
        }
    }
}

/// What an account holds.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Its active second factors, the preferred one first.
    pub factors: Vec<Authenticator>,
    /// Its live sheet of backup codes.
    pub backup_codes: Option<SheetStatus>,
}

impl Held {
    /// Whether two-factor authentication is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.factors.is_empty()
    }

    /// The ids of its second factors.
    #[must_use]
    pub fn ids(&self) -> Vec<AuthenticatorId> {
        self.factors.iter().map(|factor| factor.id).collect()
    }

    /// Backup codes left; 0 without a sheet.
    #[must_use]
    pub fn codes_left(&self) -> u32 {
        self.backup_codes
            .as_ref()
            .map_or(0, |sheet| sheet.remaining)
    }

    /// Whether the account's only factor, `id`, brought backup codes so lately that they may not be saved yet.
    #[must_use]
    pub fn has_new_codes_of(&self, id: AuthenticatorId, now: Timestamp) -> bool {
        let only = matches!(self.factors.as_slice(), [only] if only.id == id);
        only && self.backup_codes.as_ref().is_some_and(|sheet| {
            sheet.remaining == sheet.total
                && sheet.checked_at.is_none()
                && now < sheet.created_at.plus(JUST_MADE)
        })
    }
}

/// What a code was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedFor {
    /// To sign in.
    SignIn,
    /// Before a change of the account.
    Change,
    /// By an application, of one of its own users.
    Application,
}

impl AskedFor {
    /// The word the mail about a used backup code knows it by.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Change => "change",
            Self::Application => "application",
        }
    }
}

/// What a security key or a texted code was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To set the method up; within the half-done authenticator.
    Register,
    /// To sign in; within the sign-in.
    SignIn,
    /// Before a change; within the session.
    StepUp,
    /// To turn two-factor authentication off; within the session.
    Disable,
    /// For an application, of one of its own users; within the account.
    Application,
}

impl Purpose {
    fn word(self) -> &'static [u8] {
        match self {
            Self::Register => b"register",
            Self::SignIn => b"sign-in",
            Self::StepUp => b"step-up",
            Self::Disable => b"disable",
            Self::Application => b"application",
        }
    }
}

/// What a question belongs to: an answer to another one does not find it.
#[derive(Clone, Copy, Debug)]
pub struct Ceremony {
    /// The sign-in, session, half-done authenticator or account.
    pub within: [u8; 16],
    /// What for.
    pub purpose: Purpose,
}

impl Ceremony {
    /// Its id in the row.
    #[must_use]
    pub fn id(self) -> [u8; 16] {
        let hash = Sha256::new()
            .chain_update(self.within)
            .chain_update(self.purpose.word())
            .finalize();
        let (id, _) = hash.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        *id
    }
}

/// Which of an account's methods open it again after its owner froze it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// Those that counted before the event.
    Before,
    /// None did; those that count now.
    Now,
    /// There were none, and there are none.
    Never,
}

/// What opens a frozen account again.
#[derive(Clone, Debug)]
pub struct Former {
    /// Which methods these are.
    pub since: Since,
    /// The methods and the sheet of backup codes.
    pub held: Held,
}

/// What stays when a frozen account is opened by `proof`. Where nothing counted before the event, only what is at least as old as the
/// proof is known to be the owner's.
#[must_use]
pub fn kept_with(former: Former, proof: Option<Proof>) -> Held {
    let Former { since, held } = former;
    let made_at = match proof {
        Some(Proof::Totp(id) | Proof::Webauthn(id) | Proof::Sms(id)) => held
            .factors
            .iter()
            .find(|factor| factor.id == id)
            .and_then(|factor| factor.activated_at),
        Some(Proof::BackupCode) => held.backup_codes.as_ref().map(|sheet| sheet.created_at),
        None => None,
    };
    let (Since::Now, Some(made_at)) = (since, made_at) else {
        return held;
    };
    let as_old = |factor: &&Authenticator| factor.activated_at.is_some_and(|at| at <= made_at);
    if !held.factors.iter().any(|factor| as_old(&factor)) {
        return held;
    }
    Held {
        factors: held.factors.iter().filter(as_old).cloned().collect(),
        backup_codes: held
            .backup_codes
            .filter(|sheet| sheet.created_at <= made_at),
    }
}

/// Whether the end of a method can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// By the link of the mail that tells of it.
    Undoable,
    /// It was lost or stolen: never accepted again.
    Lost,
}

/// A typed code and what narrows it.
#[derive(Clone)]
pub struct Attempt {
    /// As typed.
    pub code: String,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this authenticator.
    pub factor: Option<AuthenticatorId>,
    /// Whether the mailbox was proven beside another first factor: five more tries a month.
    pub mailbox_proved: bool,
    /// What it was asked for.
    pub asked_for: AskedFor,
    /// What a texted code must have been sent within; nothing where none can have been.
    pub ceremony: Option<Ceremony>,
}

/// A code that was accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What proved it.
    pub proof: Proof,
    /// Backup codes left.
    pub backup_codes_remaining: u32,
    /// The known device it came from.
    pub device: Option<DeviceId>,
}

/// Why a code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It fits nothing.
    Invalid,
    /// It was accepted before.
    AlreadyUsed,
    /// It would have fitted so many seconds ago: the phone's clock is behind.
    Drift(u32),
    /// A backup code with a typing slip; cost nothing.
    Mistyped,
    /// A backup code of a sheet that was replaced.
    OldSheet,
    /// Not the code that was texted last; it could be nothing else.
    Texted,
    /// Not the code that was texted last, nor one of an app.
    AppOrTexted,
    /// The code that was texted last is good no more, so nothing was compared.
    TextedOver,
}

impl Wrong {
    /// The API's reason.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Invalid | Self::Texted | Self::AppOrTexted => "invalid_code",
            Self::AlreadyUsed => "already_used",
            Self::Drift(_) => "clock_drift",
            Self::Mistyped => "mistyped",
            Self::OldSheet | Self::TextedOver => "expired",
        }
    }

    /// What somebody past only the first factor is told: no more than helps the person.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Mistyped => Refusal::Mistyped,
            Self::Texted => Refusal::InvalidTextedCode,
            Self::AppOrTexted => Refusal::InvalidAppOrTextedCode,
            Self::TextedOver => Refusal::TextedCodeOver,
            Self::Drift(seconds) => Refusal::InvalidCode {
                drift_seconds: Some(seconds),
            },
            Self::Invalid | Self::AlreadyUsed | Self::OldSheet => Refusal::InvalidCode {
                drift_seconds: None,
            },
        }
    }
}

/// What became of a typed code.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It was accepted and is spent.
    Accepted(Accepted),
    /// It was not. `counted`: whether it cost a try; `waits`: whether codes now have to wait.
    Wrong {
        /// Why.
        why: Wrong,
        /// Whether it cost a try.
        counted: bool,
        /// Whether codes now have to wait.
        waits: bool,
    },
    /// Nothing was compared.
    Locked {
        /// When codes are looked at again; `None`: only after recovery.
        until: Option<Timestamp>,
        /// Whether a backup code would still be looked at.
        backup_code: bool,
    },
    /// There is nothing to compare with.
    NoFactor,
}

impl Verdict {
    /// The outcome in one word, for the figures.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Wrong { why, .. } => why.reason(),
            Self::Locked { .. } => "locked",
            Self::NoFactor => "no_factor",
        }
    }
}

/// Whether typed codes would be looked at now; `None` where there is nothing to compare them with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standings {
    /// Codes from an app.
    pub app: Option<Standing>,
    /// Codes by text; they count with those of apps.
    pub text: Option<Standing>,
    /// Backup codes.
    pub backup_code: Option<Standing>,
}

/// Whose codes wait together, as messages choose their words by it.
#[must_use]
pub fn codes_of(has_app: bool, has_text: bool) -> &'static str {
    match (has_app, has_text) {
        (true, true) => "both",
        (false, true) => "text",
        (_, false) => "app",
    }
}

/// The far future, said where codes are off until recovery.
pub const UNTIL_RECOVERY: Timestamp = Timestamp::from_millis(253_402_300_799_000);

impl Verdict {
    /// As a refusal, where it is not an acceptance.
    ///
    /// # Errors
    /// What the person is told.
    pub fn accepted(self) -> Result<Accepted, Refusal> {
        match self {
            Self::Accepted(accepted) => Ok(accepted),
            Self::Wrong { why, .. } => Err(why.refusal()),
            Self::Locked { until, backup_code } => Err(locked(until, backup_code)),
            Self::NoFactor => Err(Refusal::NoFactor),
        }
    }
}

/// What is told where nothing was compared. `until`: `None` is only after recovery; `backup_code`: one would still be looked at.
#[must_use]
pub fn locked(until: Option<Timestamp>, backup_code: bool) -> Refusal {
    Refusal::Locked {
        until: until.unwrap_or(UNTIL_RECOVERY),
        still_possible: if backup_code {
            vec!["backup_code"]
        } else {
            Vec::new()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_within_each_thing_is_another_ceremony() {
        let purposes = [
            Purpose::Register,
            Purpose::SignIn,
            Purpose::StepUp,
            Purpose::Disable,
            Purpose::Application,
        ];
        let mut seen = std::collections::BTreeSet::new();
        for within in [[1; 16], [2; 16]] {
            for purpose in purposes {
                assert!(seen.insert(Ceremony { within, purpose }.id()));
            }
        }
    }
}
