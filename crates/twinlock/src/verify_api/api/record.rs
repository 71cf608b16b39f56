//! The record, as an application's key may read it.

use axum::Json;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use twinlock_web::Problem;
use twinlock_web::body::parse_form;

use crate::app::{Refusal, Stop, Timestamp};
use crate::audit::api::{AuditEvent, AuditEventList};
use crate::audit::rules::kinds;
use crate::edge::{Page, Visit};
use crate::verify_api::flow::record::{self, Asked, Place};
use crate::verify_api::rules::AccountName;

#[derive(Deserialize)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    account: Option<String>,
    kind: Option<String>,
    since: Option<String>,
}

/// `GET /api/v1/audit-events`
///
/// # Errors
/// [`Refusal::NotFound`] for an account the key may not see, [`Refusal::Field`].
pub async fn list_events(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let (page, asked) = match read(&query.unwrap_or_default()) {
        Ok((page, query)) => {
            let asked = asked(&visit, &page, query)?;
            (page, asked)
        }
        Err(problem) => return Ok(problem.into_response()),
    };
    let caller = visit.api()?;
    let listed = record::list(&visit.moment, caller.clone(), asked, page.limit()).await?;
    let list = AuditEventList {
        items: listed.events.into_iter().map(AuditEvent::from).collect(),
        next_cursor: listed.next.map(|place| place.sealed(&visit.moment, caller)),
    };
    Ok(Json(list).into_response())
}

fn read(query: &str) -> Result<(Page, Query), Problem> {
    let mut query: Query = parse_form(query.as_bytes())?;
    let page = Page::of(query.limit.as_deref(), query.cursor.take())?;
    Ok((page, query))
}

fn asked(visit: &Visit, page: &Page, query: Query) -> Result<Asked, Stop> {
    let caller = visit.api()?;
    let refuse = |field| Refusal::Field {
        field,
        code: "invalid",
    };
    let kind = query
        .kind
        .map(|word| kinds::find(&word).ok_or(refuse("kind")));
    let since = query
        .since
        .map(|text| Timestamp::from_rfc3339(&text).ok_or(refuse("since")));
    let account = query.account.map(|text| AccountName::read(&text));
    Ok(Asked {
        // What is no account's name names nobody.
        account: account
            .map(|name| name.ok_or(Refusal::NotFound))
            .transpose()?,
        kind: kind.transpose()?.map(|kind| kind.word),
        since: since.transpose()?.unwrap_or_default(),
        // A cursor that is none begins anew, as everywhere.
        after: page
            .cursor()
            .and_then(|text| Place::unsealed(&visit.moment.app, caller, text)),
    })
}
