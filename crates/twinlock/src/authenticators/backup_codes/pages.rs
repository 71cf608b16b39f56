//! What the page that shows a new sheet of backup codes is filled with; `sheet_parts.html` beside this file draws it.

use twinlock_otp::BackupCode;
use twinlock_web::Messages;
use twinlock_web::i18n::Arg;

use crate::app::Timestamp;
use crate::config::Branding;

use super::Sheet;

/// Codes a page takes back from its own form at most; a sheet has 5 to 20.
const MOST: usize = 20;

/// A sheet as `sheet_parts.html` shows it.
pub struct ShownSheet {
    /// "Sheet 2, made 3 Mar 2026".
    pub heading: String,
    /// The first line of the downloaded file: whose codes these are.
    pub file_heading: String,
    /// The name of the downloaded file.
    pub file_name: String,
    /// Who helps without a phone and without codes.
    pub warning: String,
    /// The codes in order.
    pub codes: Vec<String>,
    /// The sheet as the form sends it back, so that it can be shown again when the tick is missing.
    pub carried: String,
}

impl ShownSheet {
    /// A new sheet. `whose`: the name or address of whom it belongs to, where that is known on the page.
    #[must_use]
    pub fn new(
        sheet: &Sheet,
        messages: &Messages,
        branding: &Branding,
        whose: Option<&str>,
    ) -> Self {
        let (product, support) = (branding.name.as_str(), branding.support.as_str());
        let heading = messages.with(
            "backup-codes-sheet",
            &[
                ("number", Arg::from(sheet.number)),
                ("day", Arg::from(day(sheet.created_at, messages))),
            ],
        );
        let heading_of_file = match whose {
            Some(_) => "backup-codes-file-heading-of",
            None => "backup-codes-file-heading",
        };
        let file_heading = messages.plain_with(
            heading_of_file,
            &[
                ("product", Arg::from(product)),
                ("whose", Arg::from(whose.unwrap_or_default())),
                ("number", Arg::from(sheet.number)),
                ("day", Arg::from(day(sheet.created_at, messages))),
            ],
        );
        let stem: String = product
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        Self {
            heading,
            file_heading,
            file_name: format!("{stem}-backup-codes.txt"),
            warning: messages.with("backup-codes-save", &[("support", Arg::from(support))]),
            codes: sheet.codes.clone(),
            carried: carry(sheet),
        }
    }
}

/// The codes as a text file: whose they are, then one on each line with its number.
#[must_use]
pub fn file_text(sheet: &ShownSheet) -> String {
    let mut text = format!("{}\n\n", sheet.file_heading);
    let lines = sheet.codes.iter().enumerate();
    text.extend(lines.map(|(at, code)| format!("{}. {code}\n", at + 1)));
    text
}

fn carry(sheet: &Sheet) -> String {
    let (number, at) = (sheet.number, sheet.created_at.as_millis());
    format!("{number} {at} {}", sheet.codes.join(" "))
}

/// Reads the sheet back that a form of ours carried; `None` for anything that is not backup codes.
#[must_use]
pub fn carried_back(text: &str) -> Option<Sheet> {
    let mut words = text.split(' ');
    let number = words.next()?.parse().ok()?;
    let created_at = Timestamp::from_millis(words.next()?.parse().ok()?);
    let codes = words
        .take(MOST + 1)
        .map(|word| Some(BackupCode::parse(word).ok()?.display().to_string()))
        .collect::<Option<Vec<_>>>()?;
    (!codes.is_empty() && codes.len() <= MOST).then_some(Sheet {
        number,
        created_at,
        codes,
    })
}

/// "3 Mar 2026", in UTC.
#[must_use]
pub fn day(at: Timestamp, messages: &Messages) -> String {
    let written = at.rfc3339();
    let mut parts = written
        .split('T')
        .next()
        .unwrap_or_default()
        .split('-')
        .map(|part| part.parse::<i64>().unwrap_or(0));
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    messages.plain_with(
        "date-day",
        &[
            ("year", Arg::from(year.unwrap_or(0).to_string())),
            ("month", Arg::from(month.unwrap_or(0))),
            ("day", Arg::from(day.unwrap_or(0))),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_comes_back_from_its_form_as_it_was() {
        let codes = (0u8..10)
            .map(|at| BackupCode::from_random(&[at; 9]).display().to_string())
            .collect();
        let sheet = Sheet {
            number: 3,
            created_at: Timestamp::from_millis(1_772_496_000_000),
            codes,
        };
        let back = carried_back(&carry(&sheet)).unwrap();
        assert_eq!((back.number, back.codes), (3, sheet.codes));
    }

    #[test]
    fn nothing_but_backup_codes_comes_back() {
        for text in [
            "",
            "1",
            "1 2",
            "1 2 <script>",
            "x y z",
            "1 2 AAAA-AAAA-AAAA",
        ] {
            assert!(carried_back(text).is_none(), "{text}");
        }
    }
}
