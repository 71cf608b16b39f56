//! What a sign-in asks next: one pure function.

use std::time::Duration;

/// How long a sign-in lives.
pub const LIFE: Duration = Duration::from_secs(600);

/// Why a sign-in was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To make an account.
    SignUp,
    /// To set a new password.
    PasswordReset,
}

impl Purpose {
    /// The purpose's word in its row.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
            Self::PasswordReset => "password_reset",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "sign_in" => Some(Self::SignIn),
            "sign_up" => Some(Self::SignUp),
            "password_reset" => Some(Self::PasswordReset),
            _ => None,
        }
    }
}

/// Who requires a second factor of somebody who has none. The strictest wins; the person's own wish is to have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// The instance's settings.
    Instance,
    /// It was reset: setting it up again comes before anything else.
    Reset,
}

/// What is known when the gate decides.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The account holds an active second factor.
    pub has_second_factor: bool,
    /// It was proven in this sign-in.
    pub second_factor_proven: bool,
    /// The mailbox was proven in this sign-in.
    pub mailbox_proven: bool,
    /// Who requires a second factor.
    pub required_by: Option<Requirement>,
    /// Why the sign-in was begun.
    pub purpose: Purpose,
    /// The new password of a reset is set.
    pub password_set: bool,
}

/// What is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A code of a second factor.
    SecondFactor,
    /// A code from the mailbox, before an enrolment that anybody with the password could begin.
    Mailbox,
    /// Setting up a second factor.
    Enrol(Requirement),
    /// A new password.
    NewPassword,
    /// Nothing more: a session.
    Session,
}

/// Decides. A held second factor is always asked, whatever the first factor was; only then come enrolment and the new password.
#[must_use]
pub fn next(facts: &Facts) -> Next {
    if facts.has_second_factor && !facts.second_factor_proven {
        return Next::SecondFactor;
    }
    if let Some(required_by) = facts.required_by
        && !facts.has_second_factor
    {
        return if facts.mailbox_proven {
            Next::Enrol(required_by)
        } else {
            Next::Mailbox
        };
    }
    if facts.purpose == Purpose::PasswordReset && !facts.password_set {
        return Next::NewPassword;
    }
    Next::Session
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Facts> {
        let bools = [false, true];
        let mut facts = Vec::new();
        for has_second_factor in bools {
            for second_factor_proven in bools {
                for mailbox_proven in bools {
                    for required_by in [None, Some(Requirement::Instance), Some(Requirement::Reset)]
                    {
                        for purpose in [Purpose::SignIn, Purpose::SignUp, Purpose::PasswordReset] {
                            for password_set in bools {
                                facts.push(Facts {
                                    has_second_factor,
                                    second_factor_proven,
                                    mailbox_proven,
                                    required_by,
                                    purpose,
                                    password_set,
                                });
                            }
                        }
                    }
                }
            }
        }
        facts.into_iter()
    }

    #[test]
    fn nobody_with_a_second_factor_gets_anything_without_it() {
        for facts in all().filter(|facts| facts.has_second_factor && !facts.second_factor_proven) {
            assert_eq!(next(&facts), Next::SecondFactor, "{facts:?}");
        }
    }

    #[test]
    fn whoever_must_have_one_and_has_none_gets_no_session() {
        for facts in all().filter(|facts| !facts.has_second_factor && facts.required_by.is_some()) {
            let asked = next(&facts);
            assert!(matches!(asked, Next::Mailbox | Next::Enrol(_)), "{facts:?}");
            assert_eq!(asked == Next::Mailbox, !facts.mailbox_proven);
        }
    }

    #[test]
    fn a_reset_ends_with_a_new_password() {
        for facts in
            all().filter(|facts| facts.purpose == Purpose::PasswordReset && !facts.password_set)
        {
            assert_ne!(next(&facts), Next::Session, "{facts:?}");
        }
    }
}
