//! Small answers every page gives.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::app::{Fault, Stop};

/// A rendered page.
///
/// # Errors
/// When the template fails.
pub fn page(status: StatusCode, template: &impl Template) -> Result<Response, Stop> {
    let html = template
        .render()
        .map_err(|error| Fault::Internal(format!("template: {error}")))?;
    Ok((status, Html(html)).into_response())
}

/// 303 to one of our own paths.
#[must_use]
pub fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response
}
