//! What a mail says, before it is put into words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use twinlock_web::i18n::{Arg, Messages};

use crate::app::{Timestamp, is_deceptive};
use crate::config::Branding;

/// What a mail is about; also its message ids, `mail-<topic>-subject` and `mail-<topic>-text`.
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
    /// Somebody past the first factor guessed codes until the account had to wait.
    SecondFactorLocked,
}

impl Topic {
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
            Self::SecondFactorLocked => "second-factor-locked",
        }
    }

    /// Every topic, for the test that each has its texts.
    pub const ALL: [Topic; 19] = [
        Self::SignUpCode,
        Self::AlreadySignedUp,
        Self::SignInCode,
        Self::PasswordResetCode,
        Self::MailboxCode,
        Self::StepUpCode,
        Self::Invitation,
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
        Self::SecondFactorLocked,
    ];
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
    /// The link it carries.
    pub link: Option<String>,
    /// Plain values for its text.
    pub values: BTreeMap<String, String>,
    /// When it happened.
    pub at: Timestamp,
    /// Language of the text.
    pub language: String,
}

/// Values that choose a plural form.
const COUNTS: &[&str] = &["left"];

/// Values that are moments, in RFC 3339.
const TIMES: &[&str] = &["until"];

impl Letter {
    /// Subject and text in the letter's language; `branding` has the names people know.
    #[must_use]
    pub fn words(&self, messages: &Messages, branding: &Branding) -> (String, String) {
        let mut args: Vec<(&str, Arg)> = vec![
            ("product", Arg::from(branding.name.as_str())),
            ("support", Arg::from(branding.support.as_str())),
            ("at", Arg::from(in_words(&self.at.rfc3339(), messages))),
        ];
        if let Some(code) = &self.code {
            args.push(("code", Arg::from(code.as_str())));
        }
        if let Some(link) = &self.link {
            args.push(("link", Arg::from(link.as_str())));
        }
        for (name, value) in &self.values {
            let count = COUNTS.contains(&name.as_str());
            let arg = match value.parse::<i64>() {
                Ok(number) if count => Arg::from(number),
                _ if TIMES.contains(&name.as_str()) => Arg::from(in_words(value, messages)),
                _ => Arg::from(one_line(value)),
            };
            args.push((name.as_str(), arg));
        }
        let word = self.topic.word();
        let subject = messages.plain_with(&format!("mail-{word}-subject"), &args);
        let text = messages.plain_with(&format!("mail-{word}-text"), &args);
        (subject, text)
    }
}

/// "22 Nov 2026, 04:26 UTC" of a moment in RFC 3339, UTC; anything else stays as it is.
fn in_words(written: &str, messages: &Messages) -> String {
    let Some((date, time)) = written.split_once('T') else {
        return one_line(written);
    };
    let mut parts = date
        .splitn(3, '-')
        .map(|part| part.parse::<i64>().unwrap_or(0));
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let day = messages.plain_with(
        "date-day",
        &[
            ("year", Arg::from(year.unwrap_or(0).to_string())),
            ("month", Arg::from(month.unwrap_or(0))),
            ("day", Arg::from(day.unwrap_or(0))),
        ],
    );
    let time: String = time.chars().take(5).collect();
    messages.plain_with(
        "when-exact",
        &[("day", Arg::from(day)), ("time", Arg::from(time))],
    )
}

/// Names and user agents are hostile: no line breaks, no control or direction characters, no links, at most 200 characters.
fn one_line(value: &str) -> String {
    value
        .chars()
        .filter(|c| !is_deceptive(*c))
        .take(200)
        .collect::<String>()
        .replace("://", ": //")
}
