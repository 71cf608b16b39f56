//! How a use case ends when it does not succeed.
//!
//! A *refusal* (wrong code, locked, policy) is an answer: what was counted on the way commits with it. A *fault* is trouble on our
//! side: the transaction rolls back, the person sees a request id and nothing else.

use twinlock_db::DbError;

use super::Timestamp;

/// Why a use case ended without success.
#[derive(Debug)]
pub enum Stop {
    /// An answer to the person; the transaction commits.
    Refused(Refusal),
    /// Trouble on our side; the transaction rolls back.
    Fault(Fault),
}

/// Trouble on our side, logged once at the edge.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database failed or is overloaded.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Too much work is waiting; the person should come back in a few seconds.
    #[error("overloaded: {0}")]
    Overloaded(&'static str),
    /// A stored value is not what this program wrote.
    #[error("unexpected stored value: {0}")]
    Stored(&'static str),
    /// The machine or a library failed.
    #[error("internal: {0}")]
    Internal(String),
}

/// Who froze an account, and so who opens it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrozenBy {
    /// Its owner, by the link of a notice: signing in, with what counted before the event, opens it again.
    Owner,
    /// The application it belongs to.
    Application,
    /// An administrator.
    Administrator,
}

impl FrozenBy {
    /// The word in the account's row.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Application => "application",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the word; anything else is what only an administrator undoes.
    #[must_use]
    pub fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("owner") => Self::Owner,
            Some("application") => Self::Application,
            _ => Self::Administrator,
        }
    }
}

/// What was refused and why; one place turns it into a page or a problem document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The code does not fit (or is one that was used before); `drift_seconds`: it would have fitted that long ago.
    InvalidCode {
        /// How far the phone's clock is behind, where that can be told.
        drift_seconds: Option<u32>,
    },
    /// The mailed code does not fit: wrong, used, too old, or its tries are spent.
    InvalidMailedCode,
    /// The texted code is not the one that was sent last.
    InvalidTextedCode,
    /// The code fits neither an app nor the text that was sent last.
    InvalidAppOrTextedCode,
    /// The texted code that was sent last is good no more: its time or its tries are over, or it was used.
    TextedCodeOver,
    /// A backup code with a typing slip, told by its check character; cost no try.
    Mistyped,
    /// Email and password (or code) do not belong together.
    InvalidCredentials,
    /// Too many tries. `still_possible`: what still works meanwhile.
    Locked {
        /// When codes are looked at again.
        until: Timestamp,
        /// Names of methods that still work, such as `backup_code`.
        still_possible: Vec<&'static str>,
    },
    /// The sign-in is over: too old, finished, too many wrong codes, or not ours. Start again.
    SignInExpired,
    /// This step is not what the sign-in is waiting for.
    WrongStep,
    /// The session is gone.
    SignedOut,
    /// A recent proof of a factor is needed first.
    StepUpRequired,
    /// A recent proof by another method, or by a backup code, is needed first.
    ProveByAnother,
    /// The account is frozen, and by whom.
    Frozen(FrozenBy),
    /// No such thing, or not yours.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// Codes may be sent again from this time.
    ResendTooSoon(Timestamp),
    /// A budget is spent; come back after so many seconds.
    TooManyRequests {
        /// Seconds.
        retry_after: u64,
    },
    /// No text is sent now: a limit on texts is reached.
    TextLimit {
        /// Seconds until one may be sent again.
        retry_after: u64,
    },
    /// No text is sent now: nobody entered the codes in the last ones to this number.
    TextsUnanswered {
        /// Seconds until one may be sent again.
        retry_after: u64,
    },
    /// A field is not acceptable.
    Field {
        /// The field's name on the wire.
        field: &'static str,
        /// Stable word and message id.
        code: &'static str,
    },
    /// Sign-up is not open to this address.
    SignUpClosed,
    /// Codes cannot be shown on this instance.
    RevealDisabled,
    /// Devices are not trusted on this instance.
    TrustDisabled,
    /// The instance or an organization requires two-factor authentication, so the last method stays.
    StillRequired,
    /// It is the last method: turning two-factor authentication off is asked for by its own name.
    LastFactor,
    /// A write from a page that is not ours.
    ForeignOrigin,
    /// The API key lacks this scope.
    MissingScope(&'static str),
    /// The account has no second factor.
    NoFactor,
    /// What a security key answered does not fit what it was asked, or was used before.
    KeyNotAccepted,
    /// This kind of method is not allowed on this instance, or cannot be used at its address.
    KindUnavailable,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Stop::Fault(Fault::Database(error))
    }
}

impl From<super::NoEntropy> for Stop {
    fn from(_: super::NoEntropy) -> Self {
        Stop::Fault(Fault::Internal(String::from("no randomness")))
    }
}
