//! Codes sent by mail: made, bound to one account, one purpose and one sign-in (or session), good for ten minutes and five tries, once.
//!
//! A new code replaces the one before. Only a keyed hash of the code is kept. Unknown addresses get the same rows under a phantom account.

pub mod store;

use std::time::Duration;

/// How long a mailed code is good for.
pub const LIFE: Duration = Duration::from_secs(600);
/// How long to wait before a new code may be asked for.
pub const RESEND: Duration = Duration::from_secs(60);
/// Tries at one code.
pub const TRIES: i64 = 5;

/// What a mailed code is good for; a code for one purpose never serves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proving the mailbox of a new account.
    SignUp,
    /// First factor.
    SignIn,
    /// First factor on the way to a new password.
    PasswordReset,
    /// Proving the mailbox in the middle of a sign-in.
    Mailbox,
    /// Step-up of an account without a second factor.
    StepUp,
}

impl Purpose {
    /// The purpose's name in its row.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::SignIn => "sign_in",
            Self::PasswordReset => "password_reset",
            Self::Mailbox => "mailbox",
            Self::StepUp => "step_up",
        }
    }
}
