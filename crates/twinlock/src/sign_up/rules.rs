//! Who may make an account.

use crate::account::Mailbox;
use crate::config::{SignIn, SignUp};

/// Whether an address may sign up without an invitation.
#[must_use]
pub fn is_open_to(settings: &SignIn, mailbox: &Mailbox) -> bool {
    match settings.sign_up {
        SignUp::Open => true,
        SignUp::Invitation => false,
        SignUp::Domains => settings
            .sign_up_domains
            .iter()
            .any(|domain| domain.eq_ignore_ascii_case(mailbox.domain())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_lets_in_exactly_itself() {
        let settings = SignIn {
            sign_up: SignUp::Domains,
            sign_up_domains: vec![String::from("Example.org")],
            ..SignIn::default()
        };
        let may = |address: &str| is_open_to(&settings, &Mailbox::parse(address).unwrap());
        assert!(may("ann@example.org"));
        assert!(!may("ann@sub.example.org"));
        assert!(!may("ann@badexample.org"));
    }

    #[test]
    fn by_default_nobody_is_let_in_without_an_invitation() {
        assert!(!is_open_to(
            &SignIn::default(),
            &Mailbox::parse("ann@example.org").unwrap()
        ));
    }
}
