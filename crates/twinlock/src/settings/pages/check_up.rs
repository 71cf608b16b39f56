//! The security check-up on the Security page.

use axum::extract::Path;
use axum::response::Response;
use twinlock_web::i18n::Arg;

use crate::app::{Refusal, Stop};
use crate::edge::Visit;
use crate::settings::flow;
use crate::settings::rules::Suggestion;

use super::done;
use super::notice::Done;

/// Where a number is proven again, and from there back to the Security page.
const VERIFY_NUMBER: &str =
    "/step-up/text?with=another&return_to=%2Fsettings%2Fsecurity%3Fdone%3Dnumber-confirmed";

/// What is worth doing.
pub(super) struct CheckUp {
    pub(super) count: String,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    pub(super) word: &'static str,
    pub(super) what: String,
    pub(super) why: String,
    /// Where it is done.
    pub(super) at: &'static str,
    pub(super) do_it: String,
    pub(super) not_now: String,
}

/// The card, where there is anything to suggest. `add` is where a method is added.
pub(super) fn card(
    visit: &Visit,
    suggestions: &[Suggestion],
    add: &'static str,
) -> Option<CheckUp> {
    let count = i64::try_from(suggestions.len()).unwrap_or(i64::MAX);
    let rows: Vec<Row> = suggestions
        .iter()
        .map(|one| row(visit, *one, add))
        .collect();
    let messages = visit.moment.messages();
    (!rows.is_empty()).then(|| CheckUp {
        count: messages.with("settings-check-up-count", &[("count", Arg::from(count))]),
        rows,
    })
}

fn row(visit: &Visit, suggestion: Suggestion, add: &'static str) -> Row {
    let messages = visit.moment.messages();
    let (at, what, why) = match suggestion {
        Suggestion::SecondMethod => (
            add,
            "settings-suggest-second-method",
            "settings-suggest-second-method-why",
        ),
        Suggestion::OnlyTexts => (
            add,
            "settings-suggest-only-texts",
            "settings-suggest-only-texts-why",
        ),
        Suggestion::OldNumber => (
            VERIFY_NUMBER,
            "settings-suggest-old-number",
            "settings-suggest-old-number-why",
        ),
        Suggestion::FewCodes => (
            "/settings/security/backup-codes/new",
            "settings-suggest-few-codes",
            "settings-suggest-few-codes-why",
        ),
        Suggestion::OldCodes => (
            "/settings/security/backup-codes/new",
            "settings-suggest-old-codes",
            "settings-suggest-old-codes-why",
        ),
        Suggestion::UnseenDevice => (
            "#trusted-devices",
            "settings-suggest-unseen-device",
            "settings-suggest-unseen-device-why",
        ),
    };
    let what = messages.text(what);
    // Two buttons of one name are told apart by what they are about.
    let about = |id| messages.with(id, &[("what", Arg::from(what.as_str()))]);
    Row {
        word: suggestion.word(),
        why: messages.text(why),
        at,
        do_it: about("settings-check-up-do-about"),
        not_now: about("settings-check-up-not-now-about"),
        what,
    }
}

/// `POST /settings/security/check-up/{suggestion}/put-off`
///
/// # Errors
/// [`Refusal::NotFound`] for a suggestion there is not.
pub async fn put_off(visit: Visit, Path(word): Path<String>) -> Result<Response, Stop> {
    let suggestion = Suggestion::of(&word).ok_or(Refusal::NotFound)?;
    flow::put_off(&visit.moment, visit.acting()?, suggestion).await?;
    Ok(done(Done::PutOff))
}
