//! What calls refuse with: by the guard they stand behind, by reading their body and path, and by themselves.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::StatusCode;
use serde_json::{Value, json};
use twinlock_web::body::json_problems;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Problem};

use super::super::Route;
use super::operation::path_variables;
use super::reference_to;
use crate::app::{FrozenBy, Refusal, Timestamp};
use crate::edge::Doc;
use crate::edge::answer;
use crate::edge::guard::Who;
use crate::edge::texts;

/// The instant of every example: 22 November 2026, 14:32 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_357_920_000);

/// The document speaks English; a test sees to it that the texts parse.
static MESSAGES: LazyLock<Option<Messages>> =
    LazyLock::new(|| texts::catalog().ok().map(|catalog| catalog.messages("en")));

/// Every problem a call may answer with, each code once, in the order of their statuses.
pub(super) fn of_call(route: &Route, doc: &Doc) -> Vec<Problem> {
    let Some(messages) = &*MESSAGES else {
        return Vec::new();
    };
    let mut problems: Vec<Problem> = refusals(route, doc)
        .iter()
        .map(|refusal| answer::problem(&at_now(refusal), messages, NOW))
        .collect();
    if doc.body.is_some() {
        problems.extend(json_problems());
    } else if doc.paged {
        problems.extend(
            json_problems()
                .into_iter()
                .filter(|problem| matches!(problem.code, "malformed_body" | "invalid_request")),
        );
    }
    problems.extend(faults(messages));
    problems.sort_by_key(|problem| (problem.status, problem.code));
    problems.dedup_by_key(|problem| (problem.status, problem.code));
    problems
}

fn refusals(route: &Route, doc: &Doc) -> Vec<Refusal> {
    // Any call that carries our cookie from a page of another site.
    let mut refusals = vec![Refusal::ForeignOrigin];
    match route.guard.who {
        Who::Anyone => {}
        Who::SignIn => refusals.extend([
            Refusal::SignedOut,
            Refusal::WrongStep,
            Refusal::SignInExpired,
            Refusal::Frozen(FrozenBy::Administrator),
        ]),
        Who::Session => refusals.extend([Refusal::SignedOut, Refusal::Frozen(FrozenBy::Owner)]),
        Who::ApiKey(scope) => {
            refusals.extend([Refusal::SignedOut, Refusal::MissingScope(scope.word())]);
        }
    }
    if route.guard.step_up {
        refusals.push(Refusal::StepUpRequired);
    }
    if path_variables(route.path).next().is_some() {
        refusals.push(Refusal::NotFound);
    }
    refusals.extend(doc.refusals.iter().cloned());
    refusals
}

/// A refusal that names a time, told as of the examples' instant.
fn at_now(refusal: &Refusal) -> Refusal {
    let later = |seconds| NOW.plus(std::time::Duration::from_secs(seconds));
    match refusal {
        Refusal::Locked { still_possible, .. } => Refusal::Locked {
            until: later(300),
            still_possible: still_possible.clone(),
        },
        Refusal::ResendTooSoon(_) => Refusal::ResendTooSoon(later(42)),
        other => other.clone(),
    }
}

fn faults(messages: &Messages) -> Vec<Problem> {
    let fault = |status, code: &'static str, after: Option<u64>| {
        let title = messages.text(&format!("fault-{code}-title"));
        let id = "9f2c61d0a4b7e853";
        let detail = messages.with(&format!("fault-{code}"), &[("request", Arg::from(id))]);
        let problem = Problem::new(status, code, title)
            .detail(detail)
            .with("request_id", json!(id));
        match after {
            Some(seconds) => problem.retry_after(seconds),
            None => problem,
        }
    };
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    vec![
        fault(StatusCode::INTERNAL_SERVER_ERROR, "internal", None),
        fault(unavailable, "overloaded", Some(2)),
        fault(unavailable, "unavailable", Some(5)),
    ]
}

/// The answers of one call that are problems, by status.
pub(super) fn responses(problems: &[Problem]) -> BTreeMap<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<&Problem>> = BTreeMap::new();
    for problem in problems {
        by_status
            .entry(problem.status.as_u16())
            .or_default()
            .push(problem);
    }
    by_status
        .into_iter()
        .map(|(status, problems)| (status.to_string(), response(status, &problems)))
        .collect()
}

fn response(status: u16, problems: &[&Problem]) -> Value {
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("`{}`: {}", problem.code, problem.title))
        .collect();
    let shown: serde_json::Map<String, Value> = codes
        .iter()
        .map(|code| {
            let place = format!("#/components/examples/{code}");
            ((*code).to_owned(), json!({"$ref": place}))
        })
        .collect();
    let this_one = json!({"properties": {"status": {"const": status}, "code": {"enum": codes}}});
    json!({
        "description": lines.join(". "),
        "headers": headers_of(status),
        "content": {"application/problem+json": {
            "schema": {"allOf": [reference_to("Problem"), this_one]},
            "examples": shown,
        }},
    })
}

fn headers_of(status: u16) -> Value {
    let header = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    match status {
        401 => {
            json!({"WWW-Authenticate": header("WWW-Authenticate"), "X-Request-Id": header("X-Request-Id")})
        }
        429 | 503 => {
            json!({"Retry-After": header("Retry-After"), "X-Request-Id": header("X-Request-Id")})
        }
        _ => json!({"X-Request-Id": header("X-Request-Id")}),
    }
}

/// The headers answers carry.
pub(super) fn headers() -> Value {
    json!({
        "Retry-After": {"description": "Seconds until trying again makes sense.", "required": true, "schema": {"type": "integer", "minimum": 1}},
        "WWW-Authenticate": {"description": "How to authenticate.", "required": true, "schema": {"type": "string"}, "example": "Bearer"},
        "X-Request-Id": {"description": "Names the request in the log.", "required": true, "schema": {"type": "string"}, "example": "9f2c61d0a4b7e853"},
    })
}

/// One example of each problem, by its code.
pub(super) fn examples(routes: &[Route]) -> BTreeMap<&'static str, Value> {
    let all = routes
        .iter()
        .filter_map(|route| Some((route, route.doc.as_ref()?)))
        .flat_map(|(route, doc)| of_call(route, doc));
    all.map(|problem| {
        let example = json!({"summary": problem.title, "value": problem.to_json()});
        (problem.code, example)
    })
    .collect()
}
