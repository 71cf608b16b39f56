//! Every kind of event there is, with where it belongs on the page "Recent activity". Its words are the message `audit-<kind>`.

/// Events of one subject, for the filter of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Signing in and out.
    SigningIn,
    /// Second factors, backup codes, the password.
    Methods,
    /// The account itself: made, named, frozen, deleted.
    Account,
    /// The instance; no person sees these.
    Instance,
}

impl Group {
    /// Those a person may pick.
    pub const PICKED: [Self; 3] = [Self::SigningIn, Self::Methods, Self::Account];

    /// Its word in a query.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SigningIn => "signing_in",
            Self::Methods => "methods",
            Self::Account => "account",
            Self::Instance => "instance",
        }
    }
}

/// How much an event matters to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// An ordinary event.
    Plain,
    /// Something got safer.
    Good,
    /// Worth a second look.
    Look,
    /// Something was refused, ended or taken away.
    Bad,
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The stable word, as it is stored and hashed.
    pub word: &'static str,
    /// Its subject.
    pub group: Group,
    /// How much it matters.
    pub weight: Weight,
    /// The name of its drawing.
    pub icon: &'static str,
}

/// The kind of this word; `None` for one of a later release.
#[must_use]
pub fn find(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.word == word)
}

/// The word of every kind.
#[must_use]
pub fn words() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.word).collect()
}

/// The message that says a kind in words; that of a later release is told as such.
#[must_use]
pub fn message(word: &str) -> String {
    match find(word) {
        Some(kind) => format!("audit-{}", kind.word.replace('_', "-")),
        None => String::from("audit-of-a-later-release"),
    }
}

const fn kind(word: &'static str, group: Group, weight: Weight, icon: &'static str) -> Kind {
    Kind {
        word,
        group,
        weight,
        icon,
    }
}

/// Every kind in the code.
#[rustfmt::skip]
pub const KINDS: &[Kind] = {
    use Group::{Account, Instance, Methods, SigningIn};
    use Weight::{Bad, Good, Look, Plain};
    &[
        kind("first_factor_accepted", SigningIn, Plain, "key"),
        kind("first_factor_refused", SigningIn, Look, "error"),
        kind("second_factor_accepted", SigningIn, Plain, "phone"),
        kind("second_factor_refused", SigningIn, Look, "error"),
        kind("second_factor_locked", SigningIn, Bad, "lock"),
        kind("mailbox_proven", SigningIn, Plain, "mail"),
        kind("mailbox_refused", SigningIn, Look, "error"),
        kind("signed_in", SigningIn, Plain, "in"),
        kind("signed_out", SigningIn, Plain, "out"),
        kind("stepped_up", SigningIn, Plain, "shield"),
        kind("step_up_refused", SigningIn, Look, "error"),
        kind("session_ended", SigningIn, Look, "out"),
        kind("device_trusted", SigningIn, Look, "device"),
        kind("device_trust_ended", SigningIn, Plain, "device"),
        kind("device_copied", SigningIn, Bad, "device"),
        kind("key_copied", SigningIn, Bad, "key"),
        kind("session_moved", SigningIn, Bad, "device"),
        kind("other_sessions_ended", SigningIn, Look, "out"),
        kind("two_factor_on", Methods, Good, "shield"),
        kind("two_factor_off", Methods, Bad, "shield"),
        kind("two_factor_reset", Methods, Bad, "shield"),
        kind("method_added", Methods, Good, "phone"),
        kind("method_replaced", Methods, Look, "phone"),
        kind("method_removed", Methods, Bad, "remove"),
        kind("method_renamed", Methods, Plain, "pencil"),
        kind("method_preferred", Methods, Plain, "phone"),
        kind("backup_codes_made", Methods, Good, "sheet"),
        kind("backup_codes_revealed", Methods, Look, "sheet"),
        kind("password_changed", Methods, Look, "key"),
        kind("password_reset", Methods, Look, "key"),
        kind("new_password_required", Methods, Look, "key"),
        kind("unlocked", Methods, Look, "lock"),
        kind("account_made", Account, Good, "person"),
        kind("account_frozen", Account, Bad, "lock"),
        kind("account_thawed", Account, Good, "lock"),
        kind("account_unfrozen", Account, Good, "lock"),
        kind("account_deleted", Account, Bad, "remove"),
        kind("name_changed", Account, Plain, "pencil"),
        kind("mail_refused", Account, Bad, "mail"),
        kind("instance_settings_changed", Instance, Look, "pencil"),
        kind("instance_schema_changed", Instance, Plain, "info"),
        kind("instance_data_key_made", Instance, Look, "key"),
        kind("instance_master_key_changed", Instance, Look, "key"),
        kind("instance_audit_key_made", Instance, Look, "key"),
        kind("instance_application_made", Instance, Plain, "info"),
        kind("instance_api_key_made", Instance, Look, "key"),
        kind("instance_api_key_revoked", Instance, Look, "key"),
        kind("instance_invitation_made", Instance, Look, "mail"),
        kind("instance_role_given", Instance, Look, "person"),
        kind("instance_two_factor_reset", Instance, Bad, "shield"),
        kind("instance_account_deleted", Instance, Look, "remove"),
        kind("instance_checkpoint_gap", Instance, Look, "clock"),
        kind("instance_record_renewed", Instance, Look, "info"),
        kind("instance_record_was_broken", Instance, Bad, "error"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_once_and_has_a_drawing() {
        for (place, kind) in KINDS.iter().enumerate() {
            assert!(twinlock_web::is_icon(kind.icon), "{}", kind.word);
            let again = KINDS.iter().skip(place + 1);
            assert!(
                !again.into_iter().any(|other| other.word == kind.word),
                "{}",
                kind.word
            );
            assert_eq!(
                kind.word.starts_with("instance_"),
                kind.group == Group::Instance
            );
        }
    }
}
