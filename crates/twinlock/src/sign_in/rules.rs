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
    /// The device is trusted, and so skips it.
    pub trusted_device: bool,
    /// The mailbox was proven in this sign-in.
    pub mailbox_proven: bool,
    /// Who requires a second factor.
    pub required_by: Option<Requirement>,
    /// Why the sign-in was begun.
    pub purpose: Purpose,
    /// The password of before is known to somebody, or somebody thinks so.
    pub new_password_required: bool,
    /// The new password of a reset, of a thaw, or that was required, is set.
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
    /// A code from the mailbox, before an enrolment or a new password that anybody with the old password could begin.
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

impl Facts {
    /// A trusted device skips the second factor of an ordinary sign-in, and nothing else: not that of a reset, not that of a thaw.
    fn may_skip_second_factor(&self) -> bool {
        self.trusted_device && self.purpose == Purpose::SignIn && self.thaw.is_none()
    }
}

/// Decides. A held second factor is asked, whatever the first factor was, but on a trusted device; only then come enrolment and the
/// new password.
#[must_use]
pub fn next(facts: &Facts) -> Next {
    if facts.has_second_factor && !facts.second_factor_proven && !facts.may_skip_second_factor() {
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
    if facts.new_password_required && !facts.password_set {
        // Whoever knows the old password must not be the one to choose the new one.
        return if facts.mailbox_proven {
            Next::NewPassword
        } else {
            Next::Mailbox
        };
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
        let required = [None, Some(Requirement::Instance), Some(Requirement::Reset)];
        let purposes = [Purpose::SignIn, Purpose::SignUp, Purpose::PasswordReset];
        (0..64_u32).flat_map(move |bits| {
            let is_set = move |bit: u32| bits & (1 << bit) != 0;
            required.into_iter().flat_map(move |required_by| {
                purposes.into_iter().flat_map(move |purpose| {
                    thaws().map(move |thaw| Facts {
                        has_second_factor: is_set(0),
                        second_factor_proven: is_set(1),
                        trusted_device: is_set(2),
                        mailbox_proven: is_set(3),
                        new_password_required: is_set(4),
                        password_set: is_set(5),
                        required_by,
                        purpose,
                        thaw,
                    })
                })
            })
        })
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
    fn nobody_with_a_second_factor_gets_anything_without_it_but_on_a_trusted_device() {
        for facts in all().filter(|facts| facts.has_second_factor && !facts.second_factor_proven) {
            let skips =
                facts.trusted_device && facts.purpose == Purpose::SignIn && facts.thaw.is_none();
            assert_eq!(next(&facts) != Next::SecondFactor, skips, "{facts:?}");
        }
    }

    #[test]
    fn a_trusted_device_changes_nothing_but_the_question_for_the_second_factor() {
        for facts in all().filter(|facts| facts.trusted_device) {
            let untrusted = Facts {
                trusted_device: false,
                ..facts
            };
            let without = next(&untrusted);
            if without == Next::SecondFactor {
                let proven = Facts {
                    second_factor_proven: true,
                    ..untrusted
                };
                let asked = next(&facts);
                assert!(asked == without || asked == next(&proven), "{facts:?}");
            } else {
                assert_eq!(next(&facts), without, "{facts:?}");
            }
        }
    }

    #[test]
    fn a_required_new_password_is_chosen_by_whoever_reads_the_mailbox() {
        for facts in all().filter(|facts| facts.new_password_required && facts.thaw.is_none()) {
            let asked = next(&facts);
            assert!(asked != Next::Session || facts.password_set, "{facts:?}");
            let resets = facts.purpose == Purpose::PasswordReset;
            if asked == Next::NewPassword && !resets {
                assert!(facts.mailbox_proven, "{facts:?}");
            }
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
