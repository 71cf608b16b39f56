//! What the Security page says after a change: a closed list of words in its address, never text from it.

use twinlock_web::i18n::Arg;

use crate::account::{Account, rules::mask};
use crate::authenticators::backup_codes::pages::day;
use crate::edge::Visit;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Two-factor authentication was turned on.
    TwoFactorOn,
    /// Two-factor authentication was turned off.
    TwoFactorOff,
    /// It is off already, or was never on.
    OffAlready,
    /// An app was added.
    MethodAdded,
    /// An app took another's place.
    MethodReplaced,
    /// An app got a name.
    MethodRenamed,
    /// An app is asked first now.
    MethodPreferred,
    /// An app was removed.
    MethodRemoved,
    /// A set-up that is finished or dead was asked for.
    SetUpOver,
    /// The page that showed the first backup codes was asked for again.
    CodesShownOnce,
    /// New backup codes were made and saved.
    CodesSaved,
    /// A form that makes codes was sent twice.
    CodesMadeAlready,
    /// A device is trusted no more.
    DeviceRemoved,
    /// A suggestion stays away for a while.
    PutOff,
    /// No device is trusted any more.
    DevicesRemoved,
    /// The password was changed.
    PasswordChanged,
    /// A number was proven again.
    NumberConfirmed,
    /// It was proven who is there; the change itself is still to be asked for.
    Proven,
}

const ALL: [(Done, &str, &str); 18] = [
    (Done::TwoFactorOn, "two-factor-on", "ok"),
    (Done::TwoFactorOff, "two-factor-off", "ok"),
    (Done::OffAlready, "off-already", "info"),
    (Done::MethodAdded, "method-added", "ok"),
    (Done::MethodReplaced, "method-replaced", "ok"),
    (Done::MethodRenamed, "method-renamed", "ok"),
    (Done::MethodPreferred, "method-preferred", "ok"),
    (Done::MethodRemoved, "method-removed", "ok"),
    (Done::SetUpOver, "set-up-over", "info"),
    (Done::CodesShownOnce, "codes-shown-once", "warning"),
    (Done::CodesSaved, "codes-saved", "ok"),
    (Done::CodesMadeAlready, "codes-made-already", "warning"),
    (Done::DeviceRemoved, "device-removed", "ok"),
    (Done::PutOff, "put-off", "ok"),
    (Done::DevicesRemoved, "devices-removed", "ok"),
    (Done::PasswordChanged, "password-changed", "ok"),
    (Done::NumberConfirmed, "number-confirmed", "ok"),
    (Done::Proven, "proven", "info"),
];

impl Done {
    /// Its word in the address.
    #[must_use]
    pub fn word(self) -> &'static str {
        ALL.iter()
            .find(|(done, _, _)| *done == self)
            .map_or("", |(_, word, _)| word)
    }
}

/// The banner for a word of the address; `None` for any word we did not write.
#[must_use]
pub fn banner(visit: &Visit, word: Option<&str>) -> Option<(&'static str, String)> {
    let (_, word, kind) = ALL.iter().find(|(_, known, _)| Some(*known) == word)?;
    let label = visit
        .moment
        .app
        .settings
        .branding
        .labels
        .two_factor
        .as_str();
    let text = visit.moment.messages().with(
        &format!("settings-done-{word}"),
        &[("label", Arg::from(label))],
    );
    Some((kind, text))
}

/// What a page says while the person's mail is refused.
#[must_use]
pub fn mail_refused(visit: &Visit, account: &Account) -> Option<String> {
    let at = account.mail_refused_at?;
    let messages = visit.moment.messages();
    let address = mask(account.email.as_deref()?);
    let support = visit.moment.app.settings.branding.support.as_str();
    Some(messages.with(
        "settings-mail-refused",
        &[
            ("address", Arg::from(address)),
            ("day", Arg::from(day(at, &messages))),
            ("support", Arg::from(support)),
        ],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_sentence() {
        let catalog = crate::edge::texts::catalog().unwrap();
        let ids = catalog.ids("en");
        for (done, word, _) in ALL {
            assert_eq!(done.word(), word);
            let id = format!("settings-done-{word}");
            assert!(ids.contains(&id.as_str()), "{id}");
        }
    }
}
