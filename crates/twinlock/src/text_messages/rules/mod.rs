//! Numbers, and when a beginning of numbers gets no more texts.

mod country;
mod number;

use std::time::Duration;

pub use country::{calling_code, countries};
pub use number::{Number, NumberProblem, SHOWN, is_hint};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long a beginning of numbers gets no texts once it was stopped, and a number whose codes nobody enters.
pub const STOPPED: Duration = DAY;
/// Texts to one beginning of numbers within an hour before anything is concluded.
const ENOUGH: i64 = 20;
/// Codes that come back, in a hundred texts, where people are at the other end.
const FEWEST: i64 = 30;

/// Whether a beginning of numbers is to be stopped, by what was sent there and typed from there within an hour: somebody who is paid for texts
/// has them sent and types none of the codes.
#[must_use]
pub fn is_pumped(sent: i64, entered: i64) -> bool {
    sent >= ENOUGH && entered * 100 < sent * FEWEST
}

/// Unpacks what is known of numbers; the first look at one would wait for it.
pub fn load() {
    let _ = calling_code("US");
    let _ = Number::parse("+12015550123", None, &[]);
}

/// One ceiling on texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Its name, in rows and figures.
    pub name: &'static str,
    /// How long a window is.
    pub length: Duration,
    /// Texts in a window.
    pub most: u32,
}

const fn ceiling(name: &'static str, length: Duration, most: u32) -> Ceiling {
    Ceiling { name, length, most }
}

/// Texts to one number, over all accounts.
pub const NUMBER: [Ceiling; 2] = [
    ceiling("text_number_hour", HOUR, 5),
    ceiling("text_number_day", DAY, 10),
];
/// Of these, those one application orders, or everybody here together except the owner on a known device.
pub const NUMBER_SHARE: [Ceiling; 2] = [
    ceiling("text_number_share_hour", HOUR, 4),
    ceiling("text_number_share_day", DAY, 8),
];
/// Of those, the ones not ordered from a known device for a proven number: whoever knows the password only leaves the owner the rest.
pub const NUMBER_UNKNOWN: [Ceiling; 2] = [
    ceiling("text_number_unknown_hour", HOUR, 3),
    ceiling("text_number_unknown_day", DAY, 6),
];

/// Where the last places of a ceiling are kept, for the number's owner and for an application that has had none of its share in the same window: the
/// share, whose size is also what all others get together. So no application, even beside strangers, takes the last text from the owner or from another
/// application.
#[must_use]
pub fn kept_of(ceiling: Ceiling) -> Option<Ceiling> {
    let at = NUMBER.iter().position(|one| *one == ceiling)?;
    NUMBER_SHARE.get(at).copied()
}

/// Codes texted to one proven number on one line (one application; or here the known devices of one account, or another network) of which none came back.
pub const UNANSWERED: Ceiling = ceiling("text_unanswered", MONTH, u32::MAX);
/// So many in a row, and the number gets one text in [`STOPPED`] until a code comes back: more than its whole day's.
const MANY_UNANSWERED: i64 = 12;

/// Whether so many texts in a row, none of which was answered, are enough.
#[must_use]
pub fn is_unanswered(texts: i64) -> bool {
    texts >= MANY_UNANSWERED
}

/// Texts for one account, to whichever numbers.
pub const ACCOUNT: [Ceiling; 2] = [
    ceiling("text_account_hour", HOUR, 8),
    ceiling("text_account_day", DAY, 20),
];
/// Of these, those not ordered from a known device for a proven number.
pub const ACCOUNT_UNKNOWN: [Ceiling; 2] = [
    ceiling("text_account_unknown_hour", HOUR, 5),
    ceiling("text_account_unknown_day", DAY, 12),
];
/// Texts ordered from one network; by an application, from what it says is one.
pub const NETWORK: [Ceiling; 2] = [
    ceiling("text_network_hour", HOUR, 20),
    ceiling("text_network_day", DAY, 60),
];
/// Time between two texts to one number, over all accounts.
pub const PAUSE: Duration = Duration::from_secs(60);
/// Texts of one account to one number: no more than the number gets; the first in a day makes it a new neighbour.
pub const PAIR: Ceiling = ceiling("text_pair_day", DAY, NUMBER[1].most);
/// Numbers of one block of a hundred that are set up, each once for an account: the fifth is refused.
pub const BLOCK: Ceiling = ceiling("text_block_day", DAY, 4);

/// What is said of every limit where the number is not proven. How long it really lasts would tell what others have sent there.
pub const LATER: Duration = HOUR;

/// Texts one application orders in a day.
#[must_use]
pub const fn application(cap: u32) -> Ceiling {
    ceiling("text_application", DAY, cap)
}

/// Texts of the whole instance in a day.
#[must_use]
pub const fn instance(daily_cap: u32) -> Ceiling {
    ceiling("text_instance_day", DAY, daily_cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_stopped_where_few_of_twenty_codes_come_back() {
        assert!(!is_pumped(19, 0));
        assert!(is_pumped(20, 0));
        assert!(is_pumped(20, 5));
        assert!(!is_pumped(20, 6));
        assert!(!is_pumped(100, 30));
        assert!(is_pumped(100, 29));
    }
}
