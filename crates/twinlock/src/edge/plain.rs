//! Answers for browsers' files and for whatever watches over the process.

use std::time::Duration;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use twinlock_web::serve_asset;

use crate::app::{AccountId, Cell, Moment, open_with, seal_with};

use super::Visit;

/// Time the database has to answer before this server counts as not ready.
const PATIENCE: Duration = Duration::from_millis(2500);

/// Stylesheet, script, logo, theme: kept for ever under the name of their content.
pub async fn asset(visit: Visit, Path(name): Path<String>) -> Response {
    let theme = visit.moment.app.theme.serve(&name);
    theme.unwrap_or_else(|| serve_asset(&name))
}

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Database and keys answer too: reading and writing work now, asked anew each time and never for longer than two and a half seconds.
pub async fn ready(visit: Visit) -> Response {
    let app = &visit.moment.app;
    let trouble = match tokio::time::timeout(PATIENCE, app.store.ready()).await {
        Ok(Ok(())) => keys_work(&visit.moment),
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(String::from("the database did not answer in time")),
    };
    match trouble {
        None if app.clock.doubt().is_some() => {
            "ready\nthe machine's clock is in doubt: run `twinlock doctor`\n".into_response()
        }
        None => "ready\n".into_response(),
        Some(trouble) => {
            tracing::warn!(request = &*visit.request_id, trouble, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database cannot be used\n",
            )
                .into_response()
        }
    }
}

/// What was sealed a moment ago must open.
fn keys_work(moment: &Moment) -> Option<String> {
    let cell = Cell {
        column: "readiness.probe",
        account: AccountId([0; 16]),
        row: &[],
    };
    let sealed = seal_with(moment, &mut moment.draw("readiness"), cell, b"ready");
    let opened = open_with(&moment.app, cell, &sealed);
    let works = opened.is_some_and(|plain| plain.as_slice() == b"ready");
    (!works).then(|| String::from("the keys do not open what they seal"))
}
