//! What a mailbox, a name and a role may be.

use unicode_normalization::UnicodeNormalization as _;

use crate::app::{AccountId, App, FrozenBy, Timestamp, is_deceptive};

/// What an account may do on the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Look after their own account.
    Person,
    /// Work on recovery cases.
    Support,
    /// Everything.
    Administrator,
}

impl Role {
    /// The role's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Support => "support",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the word; anything else is the least role.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "administrator" => Self::Administrator,
            "support" => Self::Support,
            _ => Self::Person,
        }
    }
}

/// A freeze: nothing of the account works until it is open again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Since when.
    pub at: Timestamp,
    /// Who did it.
    pub by: FrozenBy,
    /// The earliest event the owner disavowed: methods count as they stood before it. Kept only where the owner did it.
    pub before: Option<Timestamp>,
}

impl Frozen {
    /// From when on the owner disavows what happened, if signing in opens the account again.
    #[must_use]
    pub fn disavowed_from(&self) -> Option<Timestamp> {
        match self.by {
            FrozenBy::Owner => Some(self.before.unwrap_or(self.at)),
            FrozenBy::Application | FrozenBy::Administrator => None,
        }
    }
}

/// An email address in the one form in which addresses are compared: trimmed, NFKC, lower case, domain in ASCII (IDNA).
/// Dots and plus tags are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox(String);

impl Mailbox {
    /// Reads an address; `None` when it is not one (RFC 5321 lengths, no quoted local parts).
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 1024 {
            return None;
        }
        let folded: String = typed.trim().nfkc().collect::<String>().to_lowercase();
        let folded: String = folded.nfkc().collect();
        let (local, domain) = folded.rsplit_once('@')?;
        if local.is_empty()
            || local.len() > 64
            || !local.chars().all(in_local)
            || dots_astray(local)
        {
            return None;
        }
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        if domain.is_empty() || dots_astray(&domain) || domain.parse::<std::net::IpAddr>().is_ok() {
            return None;
        }
        let whole = format!("{local}@{domain}");
        (whole.len() <= 254).then_some(Self(whole))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The first letter and the domain: `a•••@example.org`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0)
    }

    /// What it is looked up by.
    #[must_use]
    pub fn look_up(&self, app: &App) -> [u8; 32] {
        app.keyring.lookup("email", self.0.as_bytes())
    }

    /// The account of an address nobody has: the same one each time, and never a real one.
    #[must_use]
    pub fn phantom(&self, app: &App) -> AccountId {
        let hash = app.keyring.lookup("phantom", self.0.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(hash.first_chunk::<16>().unwrap_or(&[0; 16]));
        AccountId(id)
    }
}

/// The first letter and the domain of an address.
#[must_use]
pub fn mask(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}•••@{domain}", local.chars().next().unwrap_or('•')),
        None => String::from("•••"),
    }
}

fn in_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

fn dots_astray(part: &str) -> bool {
    part.starts_with('.') || part.ends_with('.') || part.contains("..")
}

/// Characters a name may have.
pub const LONGEST_NAME: usize = 100;

/// A name as it is kept: trimmed, without control and direction characters, at most [`LONGEST_NAME`] characters. `None` when it is too long.
#[must_use]
pub fn clean_name(typed: &str) -> Option<String> {
    let clean = clean(typed);
    (clean.chars().count() <= LONGEST_NAME).then_some(clean)
}

/// A line somebody typed as it is kept: trimmed, without control and direction characters.
#[must_use]
pub fn clean(typed: &str) -> String {
    // First out with what is not kept: it may stand between two characters that compose.
    let kept = typed.chars().filter(|c| !is_deceptive(*c));
    kept.nfc().collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &str) -> Option<String> {
        Mailbox::parse(typed).map(|mailbox| mailbox.as_str().to_owned())
    }

    #[test]
    fn spellings_of_one_mailbox_are_one() {
        for typed in [
            "ann@example.org",
            "  ANN@Example.ORG ",
            "ａｎｎ@example.org",
            "Ann@EXAMPLE.org\n",
        ] {
            assert_eq!(
                parsed(typed).as_deref(),
                Some("ann@example.org"),
                "{typed:?}"
            );
        }
        assert_eq!(
            parsed("o@bücher.example").as_deref(),
            Some("o@xn--bcher-kva.example")
        );
    }

    #[test]
    fn dots_and_plus_tags_are_kept() {
        assert_ne!(parsed("a.b@example.org"), parsed("ab@example.org"));
        assert_ne!(parsed("a+x@example.org"), parsed("a@example.org"));
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for typed in [
            "",
            "a",
            "@example.org",
            "a@",
            "a@b@c",
            "a b@example.org",
            "a@exa mple.org",
            ".a@example.org",
            "a..b@example.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example..org",
            "a\r\nbcc:x@example.org",
            "<a@example.org>",
            &long,
            "a@example.org\0",
        ] {
            assert_eq!(parsed(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_masked_address_shows_one_letter() {
        assert_eq!(
            Mailbox::parse("ann@example.org").unwrap().masked(),
            "a•••@example.org"
        );
    }

    #[test]
    fn names_lose_what_could_turn_a_line_around() {
        assert_eq!(
            clean_name(" Ann\u{202e} Lee\r\n ").as_deref(),
            Some("Ann Lee")
        );
        assert_eq!(clean_name(&"x".repeat(101)), None);
        assert_eq!(
            clean_name("A\u{202e}\u{301}").as_deref(),
            Some("\u{c1}"),
            "what stood between the two is gone"
        );
    }
}
