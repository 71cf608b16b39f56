//! Answers for browsers' files and for whatever watches over the process.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use twinlock_web::serve_asset;

use super::Visit;

/// Stylesheet, script, logo, theme: kept for ever under the name of their content.
pub async fn asset(visit: Visit, Path(name): Path<String>) -> Response {
    let theme = visit.moment.app.theme.serve(&name);
    theme.unwrap_or_else(|| serve_asset(&name))
}

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Database and keys answer too: reading and writing work now.
pub async fn ready(visit: Visit) -> Response {
    match visit.moment.app.store.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database cannot be used\n",
            )
                .into_response()
        }
    }
}
