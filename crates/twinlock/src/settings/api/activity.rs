//! One's own record by the JSON API.

use axum::Json;

use crate::app::Stop;
use crate::audit::api::{AuditEvent, AuditEventList};
use crate::edge::{Page, Visit};
use crate::settings::flow;

/// `GET /api/v1/me/audit-events`
///
/// # Errors
/// [`crate::app::Refusal::SignedOut`].
pub async fn list_events(visit: Visit, page: Page) -> Result<Json<AuditEventList>, Stop> {
    // A cursor that is no number begins anew, as everywhere.
    let before = page.cursor().and_then(|cursor| cursor.parse().ok());
    let most = i64::try_from(page.limit()).unwrap_or(i64::MAX);
    let (events, more) = flow::events(&visit.moment, visit.acting()?, before, most).await?;
    let next_cursor = events
        .last()
        .filter(|_| more)
        .map(|event| event.seq.to_string());
    Ok(Json(AuditEventList {
        items: events.into_iter().map(AuditEvent::from).collect(),
        next_cursor,
    }))
}
