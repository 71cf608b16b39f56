//! What a code looks like, and the text that brings it.

use std::time::Duration;

use twinlock_delivery::segments;
use twinlock_web::Messages;
use twinlock_web::i18n::Arg;
use zeroize::Zeroizing;

use crate::app::Draw;

/// How long a code is good for.
pub const LIFE: Duration = Duration::from_secs(300);
/// How long to wait before a new code may be asked for.
pub const RESEND: Duration = Duration::from_secs(60);
/// Tries at one code.
pub const TRIES: i64 = 5;
/// Characters that are left of a name that is too long for one segment.
const CUT: usize = 20;
/// Digits of a code.
const CODES: u32 = 1_000_000;

/// A fresh code: six digits, each as likely as any other.
#[must_use]
pub fn code(draw: &mut Draw) -> Zeroizing<String> {
    // The largest multiple of a million: what lies above would make some codes likelier.
    const BELOW: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let drawn = u32::from_be_bytes(draw.bytes());
        if drawn < BELOW {
            return Zeroizing::new(format!("{:06}", drawn % CODES));
        }
    }
}

/// The text that brings a code, in one segment. `host`: where the code is to be typed, for browsers that fill it in there and nowhere else
/// (the last line is `@host #code`); nothing where an application asks for it.
#[must_use]
pub fn body(messages: &Messages, product: &str, code: &str, host: Option<&str>) -> String {
    let words = |id, product: &str| {
        let args = [("code", Arg::from(code)), ("product", Arg::from(product))];
        messages.plain_with(id, &args)
    };
    let bound = host.map_or_else(String::new, |host| format!("\n\n@{host} #{code}"));
    let in_one = [
        words("sms-code-text", product),
        words("sms-code-text-short", product),
        words("sms-code-text-short", &cut(product)),
    ]
    .into_iter()
    .map(|words| format!("{words}{bound}"))
    .find(|text| segments(text).count == 1);
    // A long host leaves room for little: then the code stands alone.
    in_one.unwrap_or_else(|| format!("{code}{bound}"))
}

/// A name as far as it fits into one segment with everything else.
#[must_use]
pub fn cut(name: &str) -> String {
    let cut: String = name.chars().take(CUT).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Seed;

    #[test]
    fn m06_every_code_is_six_digits_and_none_is_likelier() {
        let mut draw = Seed([7; 32]).draw("test");
        let mut first = [0_u32; 10];
        let mut last = [0_u32; 10];
        for _ in 0..100_000 {
            let code = code(&mut draw);
            assert_eq!(code.len(), 6);
            let digits: Vec<usize> = code.bytes().map(|b| usize::from(b - b'0')).collect();
            first[digits[0]] += 1;
            last[digits[5]] += 1;
        }
        // Chi squared with nine degrees of freedom: 33.7 is passed once in ten thousand runs; the seed is fixed.
        for counts in [first, last] {
            let chi: f64 = counts
                .iter()
                .map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0)
                .sum();
            assert!(chi < 33.7, "{counts:?}");
        }
    }
}
