//! What happened to the account, newest first, and the proof that nothing is missing.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Shell, TimelineDay, TimelineEvent, Tone};

use crate::app::{Fault, Stop, Timestamp};
use crate::audit::rules::kinds::{self, Group, Weight};
use crate::audit::store::Shown;
use crate::authenticators::backup_codes::pages::day;
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, When, page};
use crate::settings::flow;

const ACTIVITY: &str = "/settings/activity";
/// Events looked through for one page.
const MOST: i64 = 50;
const DAY: i64 = 24 * 3_600_000;

/// Which events are asked for.
#[derive(Deserialize)]
pub struct Asked {
    show: Option<String>,
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "settings/activity.html")]
struct ActivityPage {
    page: Shell,
    choices: Vec<(String, String)>,
    chosen: String,
    days: Vec<TimelineDay>,
    empty: String,
    older: Option<String>,
    newest: bool,
}

/// `GET /settings/activity`
///
/// # Errors
/// The database's trouble.
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let (events, more) = flow::events(&visit.moment, visit.acting()?, asked.before, MOST).await?;
    let chosen = group(asked.show.as_deref());
    let word = chosen.map_or("", Group::word);
    let older = events
        .last()
        .filter(|_| more)
        .map(|last| format!("{ACTIVITY}?show={word}&before={}", last.seq));
    let wanted = events
        .iter()
        .filter(|event| chosen.is_none_or(|group| belongs(event, group)));
    let days = by_day(wanted, visit.moment.now, &messages);
    let empty = if events.is_empty() {
        messages.text("audit-empty")
    } else {
        messages.text("audit-empty-filtered")
    };
    let template = ActivityPage {
        page: visit.settings_shell(messages.text("audit-title"), SettingsTab::Activity)?,
        choices: choices(&messages),
        chosen: word.to_owned(),
        days,
        empty,
        older,
        newest: asked.before.is_some(),
    };
    page(StatusCode::OK, &template)
}

/// `GET /settings/activity/proof`: a file, one line an item.
///
/// # Errors
/// The database's trouble.
pub async fn proof(visit: Visit) -> Result<Response, Stop> {
    let items = flow::proof_of_events(&visit.moment, visit.acting()?).await?;
    let mut lines = String::new();
    for item in &items {
        let line = serde_json::to_string(item)
            .map_err(|error| Fault::Internal(format!("a line of a proof: {error}")))?;
        lines.push_str(&line);
        lines.push('\n');
    }
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"activity-proof.jsonl\"",
        ),
    ];
    Ok((headers, lines).into_response())
}

fn group(word: Option<&str>) -> Option<Group> {
    let word = word?;
    Group::PICKED.into_iter().find(|group| group.word() == word)
}

fn choices(messages: &Messages) -> Vec<(String, String)> {
    let all = (String::new(), messages.text("audit-group-all"));
    let picked = Group::PICKED.map(|group| {
        let words = format!("audit-group-{}", group.word().replace('_', "-"));
        (group.word().to_owned(), messages.text(&words))
    });
    std::iter::once(all).chain(picked).collect()
}

fn belongs(event: &Shown, group: Group) -> bool {
    kinds::find(&event.kind).is_some_and(|kind| kind.group == group)
}

/// Days are counted in UTC, as everywhere.
fn by_day<'a>(
    events: impl Iterator<Item = &'a Shown>,
    now: Timestamp,
    messages: &Messages,
) -> Vec<TimelineDay> {
    let mut days: Vec<TimelineDay> = Vec::new();
    let mut last = None;
    for event in events {
        let number = event.at.as_millis().div_euclid(DAY);
        if last != Some(number) {
            let title = match now.as_millis().div_euclid(DAY) - number {
                0 => messages.text("audit-today"),
                1 => messages.text("audit-yesterday"),
                _ => day(event.at, messages),
            };
            days.push(TimelineDay {
                title,
                events: Vec::new(),
            });
            last = Some(number);
        }
        if let Some(today) = days.last_mut() {
            today.events.push(told(event, now, messages));
        }
    }
    days
}

fn told(event: &Shown, now: Timestamp, messages: &Messages) -> TimelineEvent {
    let kind = kinds::find(&event.kind);
    let nothing = BTreeMap::new();
    let detail = event.detail.as_ref().unwrap_or(&nothing);
    let when = When::new(event.at, now, messages);
    TimelineEvent {
        icon: kind.map_or("info", |kind| kind.icon),
        tone: match kind.map(|kind| kind.weight) {
            None | Some(Weight::Plain) => Tone::Neutral,
            Some(Weight::Good) => Tone::Ok,
            Some(Weight::Look) => Tone::Warning,
            Some(Weight::Bad) => Tone::Danger,
        },
        title: messages.text(&kinds::message(&event.kind)),
        device: detail.get("device").cloned().unwrap_or_default(),
        detail: more(&event.kind, detail, messages),
        stamp: when.stamp,
        exact: when.exact,
        words: when.words,
    }
}

/// What else is known of an event, in words; empty where there is nothing.
fn more(kind: &str, detail: &BTreeMap<String, String>, messages: &Messages) -> String {
    let of = |name: &str| detail.get(name).map_or("", String::as_str);
    let mut parts = Vec::new();
    if !of("first").is_empty() {
        let ways = ["first", "second"].map(|name| (name, Arg::from(of(name))));
        parts.push(messages.with("audit-signed-in-by", &ways));
    }
    let mut say = |id: &str| parts.push(messages.text(id));
    match of("kind") {
        "totp" => say("audit-kind-totp"),
        "webauthn" => say("audit-kind-webauthn"),
        "sms" => say("audit-kind-sms"),
        "backup_code" => say("audit-kind-backup-code"),
        "password" => say("audit-kind-password"),
        "email_code" => say("audit-kind-email-code"),
        _ => {}
    }
    match of("reason") {
        "" => {}
        "invalid_code" => say("audit-reason-invalid-code"),
        "already_used" => say("audit-reason-already-used"),
        "clock_drift" => say("audit-reason-clock-drift"),
        "mistyped" => say("audit-reason-mistyped"),
        "expired" => say("audit-reason-expired"),
        "wrong_codes" => say("audit-reason-wrong-codes"),
        typed => parts.push(messages.with("audit-because", &[("reason", Arg::from(typed))])),
    }
    if kind == "other_sessions_ended"
        && let Ok(count) = of("count").parse::<i64>()
    {
        parts.push(messages.with("audit-sessions-ended", &[("count", Arg::from(count))]));
    }
    match of("by") {
        "" => {}
        "command line" => parts.push(messages.text("audit-by-machine")),
        _ => parts.push(messages.text("audit-by-application")),
    }
    if !of("label").is_empty() {
        parts.push(format!("“{}”", of("label")));
    }
    if !of("former").is_empty() {
        let former = ("former", Arg::from(of("former")));
        parts.push(messages.with("audit-in-place-of", &[former]));
    }
    parts.join(" · ")
}
