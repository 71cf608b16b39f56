//! What a sign-in asks next: one pure function.

use std::time::Duration;

use crate::authenticators::Since;

/// How long a sign-in lives.
pub const LIFE: Duration = Duration::from_secs(600);

/// Where a sign-in that opened a frozen account leads: the page that says what came back and what is gone.
pub const OPEN_AGAIN: &str = "/settings/open-again";

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
    /// The new password of a reset, or of a thaw, is set.
    pub password_set: bool,
    /// The owner froze the account, and this sign-in may open it again. `has_second_factor` and `second_factor_proven` then speak of
    /// what counted before the event alone.
    pub thaw: Option<Thaw>,
}

/// What opening a frozen account again asks beside the factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thaw {
    /// Which methods are asked.
    pub since: Since,
    /// A new password: the old one may be known to whoever did what was disavowed.
    pub new_password: bool,
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
    /// Nothing more to open the account again; then it is asked what is asked of every account.
    Thaw,
    /// Nothing more: a session.
    Session,
}

/// Decides. A held second factor is always asked, whatever the first factor was; only then come enrolment and the new password.
#[must_use]
pub fn next(facts: &Facts) -> Next {
    if facts.has_second_factor && !facts.second_factor_proven {
        return Next::SecondFactor;
    }
    if let Some(thaw) = facts.thaw {
        return next_to_thaw(facts, thaw);
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

/// A frozen account opens only to whoever holds all of it: the second factor of before, the mailbox, and where need be a new password.
fn next_to_thaw(facts: &Facts, thaw: Thaw) -> Next {
    let new_password = thaw.new_password || facts.purpose == Purpose::PasswordReset;
    if !facts.mailbox_proven {
        Next::Mailbox
    } else if new_password && !facts.password_set {
        Next::NewPassword
    } else {
        Next::Thaw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination, of accounts that are not frozen and of those that are.
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
                                facts.extend(thaws().map(|thaw| Facts {
                                    has_second_factor,
                                    second_factor_proven,
                                    mailbox_proven,
                                    required_by,
                                    purpose,
                                    password_set,
                                    thaw,
                                }));
                            }
                        }
                    }
                }
            }
        }
        facts.into_iter()
    }

    fn thaws() -> impl Iterator<Item = Option<Thaw>> {
        let kinds = [Since::Before, Since::Now, Since::Never];
        let frozen = kinds.into_iter().flat_map(|since| {
            [false, true].map(|new_password| {
                Some(Thaw {
                    since,
                    new_password,
                })
            })
        });
        std::iter::once(None).chain(frozen)
    }

    #[test]
    fn a_frozen_account_gives_no_session_and_opens_only_to_whoever_proved_everything() {
        for facts in all() {
            let asked = next(&facts);
            let Some(thaw) = facts.thaw else {
                assert_ne!(asked, Next::Thaw, "{facts:?}");
                continue;
            };
            assert!(
                !matches!(asked, Next::Session | Next::Enrol(_)),
                "{facts:?}"
            );
            let second = !facts.has_second_factor || facts.second_factor_proven;
            let password = facts.password_set
                || !(thaw.new_password || facts.purpose == Purpose::PasswordReset);
            let everything = second && facts.mailbox_proven && password;
            assert_eq!(asked == Next::Thaw, everything, "{facts:?}");
        }
    }

    #[test]
    fn a_frozen_account_asks_the_second_factor_then_the_mailbox_then_the_new_password() {
        for facts in all().filter(|facts| facts.thaw.is_some()) {
            let asked = next(&facts);
            if facts.has_second_factor && !facts.second_factor_proven {
                assert_eq!(asked, Next::SecondFactor, "{facts:?}");
            } else if !facts.mailbox_proven {
                assert_eq!(asked, Next::Mailbox, "{facts:?}");
            } else {
                assert!(matches!(asked, Next::NewPassword | Next::Thaw), "{facts:?}");
            }
        }
    }

    #[test]
    fn nobody_with_a_second_factor_gets_anything_without_it() {
        for facts in all().filter(|facts| facts.has_second_factor && !facts.second_factor_proven) {
            assert_eq!(next(&facts), Next::SecondFactor, "{facts:?}");
        }
    }

    #[test]
    fn whoever_must_have_one_and_has_none_gets_no_session() {
        let required = |facts: &Facts| facts.required_by.is_some() && facts.thaw.is_none();
        for facts in all().filter(|facts| !facts.has_second_factor && required(facts)) {
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
