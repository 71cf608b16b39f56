//! What a session is worth and how long it lives.

use std::time::Duration;

use crate::app::{AccountId, AuthenticatorId, DeviceId, FrozenBy, SessionId, Timestamp};
use crate::config::Settings;
use crate::throttle::rules::step_up_length;

/// How a sign-in started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstFactor {
    /// A password.
    Password,
    /// A code sent by email.
    EmailCode,
}

impl FirstFactor {
    /// The factor's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::EmailCode => "email_code",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "password" => Some(Self::Password),
            "email_code" => Some(Self::EmailCode),
            _ => None,
        }
    }

    /// RFC 8176 value. An emailed code is a one-time password.
    #[must_use]
    pub fn amr(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::EmailCode => "otp",
        }
    }
}

/// What proved the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An authenticator app.
    Totp(AuthenticatorId),
    /// A security key or passkey.
    Webauthn(AuthenticatorId),
    /// A code in a text message.
    Sms(AuthenticatorId),
    /// A backup code.
    BackupCode,
}

impl Proof {
    /// The kind's word, as in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Webauthn(_) => "webauthn",
            Self::Sms(_) => "sms",
            Self::BackupCode => "backup_code",
        }
    }

    /// The authenticator it names, where there is one.
    #[must_use]
    pub fn authenticator(self) -> Option<AuthenticatorId> {
        match self {
            Self::Totp(id) | Self::Webauthn(id) | Self::Sms(id) => Some(id),
            Self::BackupCode => None,
        }
    }

    /// RFC 8176 value: a code is a one-time password, a key proves that it is held, a text that it reached a number.
    #[must_use]
    pub fn amr(self) -> &'static str {
        match self {
            Self::Totp(_) | Self::BackupCode => "otp",
            Self::Webauthn(_) => "hwk",
            Self::Sms(_) => "sms",
        }
    }

    /// Back from its row.
    #[must_use]
    pub fn from_row(word: &str, id: Option<AuthenticatorId>) -> Option<Self> {
        match (word, id) {
            ("totp", Some(id)) => Some(Self::Totp(id)),
            ("webauthn", Some(id)) => Some(Self::Webauthn(id)),
            ("sms", Some(id)) => Some(Self::Sms(id)),
            ("backup_code", _) => Some(Self::BackupCode),
            _ => None,
        }
    }
}

/// Authenticator assurance level as claimed to applications (NIST SP 800-63B section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// One factor, or two that the standard does not accept together.
    Aal1,
    /// Two factors the standard accepts.
    Aal2,
}

impl Assurance {
    /// As in `acr`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
        }
    }
}

/// A completed sign-in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub id: SessionId,
    /// Hash of its secret.
    pub secret_hash: [u8; 32],
    /// Epoch of the database it was made in.
    pub epoch: i64,
    /// How it started.
    pub first_factor: FirstFactor,
    /// What proved the second factor.
    pub second_factor: Option<Proof>,
    /// When the first factor was last proven.
    pub first_factor_at: Timestamp,
    /// When the second factor was last proven.
    pub second_factor_at: Option<Timestamp>,
    /// Wrong codes at step-up since the last good one.
    pub step_up_failures: i64,
    /// The device it was made on.
    pub device: Option<DeviceId>,
    /// A short name of the device.
    pub device_label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to five minutes.
    pub last_seen_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// Set while the account is frozen: then the session opens nothing.
    pub frozen: Option<FrozenBy>,
}

/// Last use is written down at most this often.
pub const SEEN_EVERY: Duration = Duration::from_secs(300);

impl Session {
    /// Whether it is good at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp, epoch: i64, settings: &Settings) -> bool {
        self.epoch == epoch && now < self.ends_at(settings)
    }

    /// When it ends if nothing more happens: idle or total limit, whichever is first.
    #[must_use]
    pub fn ends_at(&self, settings: &Settings) -> Timestamp {
        self.expires_at.min(self.last_seen_at.plus(idle(settings)))
    }

    /// What it may be claimed as. An emailed code is not a factor the standard accepts beside another code.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        match (self.first_factor, self.second_factor) {
            (FirstFactor::Password, Some(_)) => Assurance::Aal2,
            (FirstFactor::Password | FirstFactor::EmailCode, _) => Assurance::Aal1,
        }
    }

    /// Methods used (RFC 8176).
    #[must_use]
    pub fn amr(&self) -> Vec<&'static str> {
        let mut methods = vec![self.first_factor.amr()];
        if let Some(proof) = self.second_factor {
            if !methods.contains(&proof.amr()) {
                methods.push(proof.amr());
            }
            methods.push("mfa");
        }
        methods
    }

    /// Whether a sensitive change may be made now: a second factor within the last minutes, or a first factor where there is none.
    #[must_use]
    pub fn is_stepped_up(
        &self,
        now: Timestamp,
        has_second_factor: bool,
        settings: &Settings,
    ) -> bool {
        let since = now.minus(step_up_length(&settings.limits));
        if has_second_factor {
            self.second_factor_at.is_some_and(|at| at > since)
        } else {
            self.first_factor_at > since
        }
    }
}

/// How long a session may lie unused.
#[must_use]
pub fn idle(settings: &Settings) -> Duration {
    Duration::from_secs(u64::from(settings.sign_in.session_idle_hours) * 3600)
}

/// How long a session lives in all.
#[must_use]
pub fn total(settings: &Settings) -> Duration {
    Duration::from_secs(u64::from(settings.sign_in.session_total_hours) * 3600)
}
