//! A refusal in words: its status and stable word, its sentence, and its problem document.

use http::StatusCode;
use serde_json::json;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Problem};

use crate::account;
use crate::app::{FrozenBy, Refusal, Timestamp};
use crate::authenticators::flow::binding::LONGEST_LABEL;
use crate::authenticators::rules::UNTIL_RECOVERY;
use crate::authenticators::{self, password};

/// How a refusal is told: status, stable word, and what fills its message `refusal-<word>`.
pub struct Told {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable word.
    pub code: &'static str,
    /// Seconds until trying again makes sense.
    pub retry_after: Option<u64>,
    /// The time the message names.
    pub until: Option<Timestamp>,
}

/// How a refusal is told.
#[must_use]
pub fn tell(refusal: &Refusal, now: Timestamp) -> Told {
    let plain = |status, code| Told {
        status,
        code,
        retry_after: None,
        until: None,
    };
    match refusal {
        Refusal::InvalidCode { .. }
        | Refusal::InvalidMailedCode
        | Refusal::InvalidTextedCode
        | Refusal::InvalidAppOrTextedCode
        | Refusal::TextedCodeOver => plain(StatusCode::UNPROCESSABLE_ENTITY, "invalid_code"),
        Refusal::Mistyped => plain(StatusCode::UNPROCESSABLE_ENTITY, "mistyped"),
        Refusal::InvalidCredentials => {
            plain(StatusCode::UNPROCESSABLE_ENTITY, "invalid_credentials")
        }
        Refusal::Locked { until, .. } => Told {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "locked",
            retry_after: Some(until.seconds_from(now)),
            until: Some(*until),
        },
        Refusal::SignInExpired => plain(StatusCode::GONE, "sign_in_expired"),
        Refusal::WrongStep => plain(StatusCode::CONFLICT, "wrong_step"),
        Refusal::SignedOut => plain(StatusCode::UNAUTHORIZED, "signed_out"),
        Refusal::StepUpRequired => plain(StatusCode::FORBIDDEN, "step_up_required"),
        Refusal::ProveByAnother => plain(StatusCode::FORBIDDEN, "prove_by_another"),
        Refusal::Frozen(_) => plain(StatusCode::FORBIDDEN, "frozen"),
        Refusal::NotFound => plain(StatusCode::NOT_FOUND, "not_found"),
        Refusal::AlreadyExists => plain(StatusCode::CONFLICT, "already_exists"),
        Refusal::ResendTooSoon(at) => Told {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "resend_too_soon",
            retry_after: Some(at.seconds_from(now)),
            until: Some(*at),
        },
        Refusal::TooManyRequests { retry_after } => Told {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "too_many_requests",
            retry_after: Some(*retry_after),
            until: Some(now.plus(std::time::Duration::from_secs(*retry_after))),
        },
        Refusal::TextLimit { retry_after } | Refusal::TextsUnanswered { retry_after } => Told {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "sms_limit",
            retry_after: Some(*retry_after),
            until: Some(now.plus(std::time::Duration::from_secs(*retry_after))),
        },
        Refusal::Field { code, .. } => plain(StatusCode::UNPROCESSABLE_ENTITY, code),
        Refusal::SignUpClosed => plain(StatusCode::FORBIDDEN, "sign_up_closed"),
        Refusal::TrustDisabled => plain(StatusCode::FORBIDDEN, "trust_disabled"),
        Refusal::RevealDisabled => plain(StatusCode::FORBIDDEN, "reveal_disabled"),
        Refusal::StillRequired => plain(StatusCode::CONFLICT, "still_required"),
        Refusal::LastFactor => plain(StatusCode::CONFLICT, "last_factor"),
        Refusal::ForeignOrigin => plain(StatusCode::FORBIDDEN, "foreign_origin"),
        Refusal::MissingScope(_) => plain(StatusCode::FORBIDDEN, "missing_scope"),
        Refusal::KeyNotAccepted => plain(StatusCode::UNPROCESSABLE_ENTITY, "key_not_accepted"),
        Refusal::KindUnavailable => plain(StatusCode::CONFLICT, "kind_unavailable"),
        Refusal::NoFactor => plain(StatusCode::CONFLICT, "no_factor"),
    }
}

/// A refusal in words for the person, in their language: what happened, why, what to do.
#[must_use]
pub fn words(refusal: &Refusal, messages: &Messages, now: Timestamp) -> String {
    let told = tell(refusal, now);
    let id = format!("refusal-{}", told.code.replace('_', "-"));
    match refusal {
        Refusal::InvalidCode {
            drift_seconds: Some(seconds),
        } => {
            let minutes = i64::from((seconds + 30) / 60).max(1);
            messages.with("refusal-clock-drift", &[("minutes", Arg::from(minutes))])
        }
        Refusal::InvalidMailedCode => messages.text("refusal-invalid-mailed-code"),
        Refusal::InvalidTextedCode => messages.text("refusal-invalid-texted-code"),
        Refusal::InvalidAppOrTextedCode => messages.text("refusal-invalid-app-or-texted-code"),
        Refusal::TextedCodeOver => messages.text("refusal-texted-code-over"),
        Refusal::TextsUnanswered { .. } => messages.text("refusal-texts-unanswered"),
        Refusal::Frozen(FrozenBy::Owner) => messages.text("refusal-frozen-by-owner"),
        Refusal::Locked {
            until,
            still_possible,
        } => {
            let with_code = still_possible.contains(&"backup_code");
            let id = match (*until == UNTIL_RECOVERY, with_code) {
                (true, true) => "refusal-locked-off-use-code",
                (true, false) => "refusal-locked-off",
                (false, true) => "refusal-locked-use-code",
                (false, false) => "refusal-locked",
            };
            let until = Arg::from(clock_time(*until, now));
            messages.with(id, &[("until", until)])
        }
        Refusal::ResendTooSoon(_) | Refusal::TooManyRequests { .. } => {
            let until = Arg::from(clock_time(told.until.unwrap_or(now), now));
            messages.with(
                &id,
                &[
                    ("until", until),
                    (
                        "seconds",
                        Arg::from(i64::try_from(told.retry_after.unwrap_or(0)).unwrap_or(0)),
                    ),
                ],
            )
        }
        Refusal::Field {
            field,
            code: "too_long",
        } => match most_characters(field) {
            Some(most) => messages.with("refusal-too-long-most", &[("most", Arg::from(most))]),
            None => messages.text(&id),
        },
        _ => messages.text(&id),
    }
}

/// How many characters fit into a field people fill in.
fn most_characters(field: &str) -> Option<i64> {
    let most = match field {
        "name" => account::rules::LONGEST_NAME,
        "label" => LONGEST_LABEL,
        "password" => password::rules::MOST_BYTES,
        "code" => authenticators::api::LONGEST_CODE,
        _ => return None,
    };
    i64::try_from(most).ok()
}

/// What stands in the field again after a refusal: a backup code with a typing slip, which was compared with nothing, and no
/// other code.
#[must_use]
pub fn kept(refusal: &Refusal, typed: &str) -> String {
    match refusal {
        Refusal::Mistyped => typed.to_owned(),
        _ => String::new(),
    }
}

/// "14:32 UTC" today, with the date on another day.
#[must_use]
pub fn clock_time(at: Timestamp, now: Timestamp) -> String {
    let whole = at.plus(std::time::Duration::from_secs(59)).rfc3339();
    let (date, time) = whole.split_once('T').unwrap_or((&whole, ""));
    let today = now.rfc3339();
    let hours_and_minutes: String = time.chars().take(5).collect();
    if today.starts_with(date) {
        format!("{hours_and_minutes} UTC")
    } else {
        format!("{date} {hours_and_minutes} UTC")
    }
}

/// A refusal as a problem document (RFC 9457).
#[must_use]
pub fn problem(refusal: &Refusal, messages: &Messages, now: Timestamp) -> Problem {
    let told = tell(refusal, now);
    let detail = words(refusal, messages, now);
    let title = messages.text(&format!("refusal-{}-title", told.code.replace('_', "-")));
    let mut problem = Problem::new(told.status, told.code, title).detail(&detail);
    if let Some(seconds) = told.retry_after {
        problem = problem.retry_after(seconds.max(1));
    }
    match refusal {
        Refusal::InvalidCode {
            drift_seconds: Some(seconds),
        } => problem.with("drift_seconds", json!(seconds)),
        Refusal::Locked {
            until,
            still_possible,
        } => problem
            .with("until", json!(until.rfc3339()))
            .with("still_possible", json!(still_possible)),
        Refusal::Field { field, code } => problem.field(*field, code, &detail),
        Refusal::MissingScope(scope) => problem.with("scope", json!(scope)),
        _ => problem,
    }
}
