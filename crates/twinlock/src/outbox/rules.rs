//! What a mail is about, what it carries, and how often one person gets one of a kind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app::Timestamp;

/// What a mail is about; also its message ids: `mail-<topic>-subject`, `-title`, `-text` and `-then`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A code that proves the mailbox of a new account.
    SignUpCode,
    /// Somebody tried to sign up with an address that has an account.
    AlreadySignedUp,
    /// A code that starts a sign-in.
    SignInCode,
    /// A code on the way to a new password.
    PasswordResetCode,
    /// A code that proves the mailbox in the middle of a sign-in.
    MailboxCode,
    /// A code before a sensitive change.
    StepUpCode,
    /// An invitation to sign up.
    Invitation,
    /// Somebody signed in from a browser or program that was not used with the account before.
    NewDevice,
    /// A token of a device came that had been replaced: somebody has a copy.
    DeviceCopied,
    /// The counter of a security key went back: somebody may have a copy.
    KeyCopied,
    /// A mailed code was accepted in the middle of a sign-in.
    MailboxProven,
    /// Somebody past the first factor guessed codes until the account had to wait.
    SecondFactorLocked,
    /// An application or administrator ended that wait.
    CodesUnlocked,
    /// A session ended because too many proofs before a change were wrong.
    SessionEndedByTries,
    /// Two-factor authentication was turned on.
    TwoFactorOn,
    /// A method was added.
    MethodAdded,
    /// A method was removed.
    MethodRemoved,
    /// An authenticator app was set up anew.
    MethodReplaced,
    /// Two-factor authentication was turned off.
    TwoFactorOff,
    /// Two-factor authentication was reset by an administrator.
    TwoFactorReset,
    /// Other administrators are told of a reset made on the machine itself.
    TwoFactorResetElsewhere,
    /// New backup codes were made.
    BackupCodesMade,
    /// A backup code was used.
    BackupCodeUsed,
    /// The backup codes were looked at.
    BackupCodesRevealed,
    /// The password was changed.
    PasswordChanged,
    /// A new password is asked for at the next sign-in.
    NewPasswordRequired,
    /// The account was frozen.
    AccountFrozen,
    /// A frozen account is open again.
    AccountOpen,
    /// The account was deleted.
    AccountDeleted,
}

/// What kind of mail a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// It brings a code somebody asked for.
    Code,
    /// It brings a link to an account that is not there yet.
    Invitation,
    /// It tells of something that happened.
    Notice {
        /// Whether the owner may answer it with "this was not me", where they have a way back.
        can_be_disavowed: bool,
        /// Mails of this topic one account gets in an hour before the rest of them share one; `None`: each is told by itself.
        most_an_hour: Option<u32>,
    },
}

const fn notice(can_be_disavowed: bool, most_an_hour: Option<u32>) -> Sort {
    Sort::Notice {
        can_be_disavowed,
        most_an_hour,
    }
}

impl Topic {
    /// Every topic, for the tests that each has its texts and its place.
    pub const ALL: [Topic; 29] = [
        Self::SignUpCode,
        Self::AlreadySignedUp,
        Self::SignInCode,
        Self::PasswordResetCode,
        Self::MailboxCode,
        Self::StepUpCode,
        Self::Invitation,
        Self::NewDevice,
        Self::DeviceCopied,
        Self::KeyCopied,
        Self::MailboxProven,
        Self::SecondFactorLocked,
        Self::CodesUnlocked,
        Self::SessionEndedByTries,
        Self::TwoFactorOn,
        Self::MethodAdded,
        Self::MethodRemoved,
        Self::MethodReplaced,
        Self::TwoFactorOff,
        Self::TwoFactorReset,
        Self::TwoFactorResetElsewhere,
        Self::BackupCodesMade,
        Self::BackupCodeUsed,
        Self::BackupCodesRevealed,
        Self::PasswordChanged,
        Self::NewPasswordRequired,
        Self::AccountFrozen,
        Self::AccountOpen,
        Self::AccountDeleted,
    ];

    /// The topic's word, as in its message ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SignUpCode => "sign-up-code",
            Self::AlreadySignedUp => "already-signed-up",
            Self::SignInCode => "sign-in-code",
            Self::PasswordResetCode => "password-reset-code",
            Self::MailboxCode => "mailbox-code",
            Self::StepUpCode => "step-up-code",
            Self::Invitation => "invitation",
            Self::NewDevice => "new-device",
            Self::DeviceCopied => "device-copied",
            Self::KeyCopied => "key-copied",
            Self::MailboxProven => "mailbox-proven",
            Self::SecondFactorLocked => "second-factor-locked",
            Self::CodesUnlocked => "codes-unlocked",
            Self::SessionEndedByTries => "session-ended-by-tries",
            Self::TwoFactorOn => "two-factor-on",
            Self::MethodAdded => "method-added",
            Self::MethodRemoved => "method-removed",
            Self::MethodReplaced => "method-replaced",
            Self::TwoFactorOff => "two-factor-off",
            Self::TwoFactorReset => "two-factor-reset",
            Self::TwoFactorResetElsewhere => "two-factor-reset-elsewhere",
            Self::BackupCodesMade => "backup-codes-made",
            Self::BackupCodeUsed => "backup-code-used",
            Self::BackupCodesRevealed => "backup-codes-revealed",
            Self::PasswordChanged => "password-changed",
            Self::NewPasswordRequired => "new-password-required",
            Self::AccountFrozen => "account-frozen",
            Self::AccountOpen => "account-open",
            Self::AccountDeleted => "account-deleted",
        }
    }

    /// What kind of mail it is. The one place that says which notices carry a link and how many of them somebody gets.
    ///
    /// A change of how somebody signs in is told each time, however many there are. What can be repeated without end is told one by one up
    /// to a number an hour, and the rest of the hour in one more mail: nothing goes untold, and since every topic counts for itself, no flood
    /// of one hides another.
    #[must_use]
    pub fn sort(self) -> Sort {
        match self {
            Self::SignUpCode
            | Self::SignInCode
            | Self::PasswordResetCode
            | Self::MailboxCode
            | Self::StepUpCode => Sort::Code,
            Self::Invitation => Sort::Invitation,
            // Sent within the budget of mailed codes, to a mailbox that asked for nothing.
            Self::AlreadySignedUp => notice(false, None),
            // The one is the answer to a link; of the other nothing can be taken back.
            Self::AccountFrozen | Self::AccountOpen => notice(false, None),
            // It takes rights away and gives none; a thief could only slow the owner down by disavowing it.
            Self::NewPasswordRequired => notice(false, None),
            // Somebody else's account, or one that is gone.
            Self::TwoFactorResetElsewhere | Self::AccountDeleted => notice(false, None),
            Self::TwoFactorOn
            | Self::MethodAdded
            | Self::MethodRemoved
            | Self::MethodReplaced
            | Self::TwoFactorOff
            | Self::TwoFactorReset
            | Self::PasswordChanged => notice(true, None),
            Self::NewDevice
            | Self::DeviceCopied
            | Self::KeyCopied
            | Self::MailboxProven
            | Self::SecondFactorLocked
            | Self::CodesUnlocked
            | Self::SessionEndedByTries
            | Self::BackupCodesMade
            | Self::BackupCodesRevealed => notice(true, Some(5)),
            // A sheet has ten.
            Self::BackupCodeUsed => notice(true, Some(10)),
        }
    }

    /// Whether it tells of something that happened.
    #[must_use]
    pub fn is_notice(self) -> bool {
        matches!(self.sort(), Sort::Notice { .. })
    }

    /// Whether its mail may carry the link "this was not me".
    #[must_use]
    pub fn can_be_disavowed(self) -> bool {
        matches!(
            self.sort(),
            Sort::Notice {
                can_be_disavowed: true,
                ..
            }
        )
    }
}

/// A mail before it is put into words.
#[derive(Clone, Serialize, Deserialize)]
pub struct Letter {
    /// Where it goes.
    pub to: String,
    /// What it is about.
    pub topic: Topic,
    /// The code it carries.
    pub code: Option<String>,
    /// The link it carries: "this was not me", or where an invitation leads.
    pub link: Option<String>,
    /// Plain values for its text.
    pub values: BTreeMap<String, String>,
    /// When it happened.
    pub at: Timestamp,
    /// Language of the text.
    pub language: String,
    /// Set where it stands for all of its topic until then, because there were too many to tell one by one.
    #[serde(default)]
    pub together_until: Option<Timestamp>,
}

/// What came of a letter in the end.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Where it went.
    pub to: String,
    /// What it was about.
    pub topic: Topic,
    /// Whether it was taken; otherwise it was refused for good.
    pub taken: bool,
}
