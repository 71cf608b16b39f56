//! Where reports come in.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use twinlock_delivery::SIGNATURE_HEADER;

use crate::app::{Refusal, Stop};
use crate::edge::Visit;

use super::flow::{self, Came};

/// A report is a few hundred bytes.
const LARGEST: usize = 16 * 1024;
const TWILIO_SIGNATURE: &str = "X-Twilio-Signature";

/// `GET /reports/texts/{token}`
///
/// # Errors
/// [`Refusal::NotFound`], whatever is wrong.
pub async fn asked(
    visit: Visit,
    method: Method,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Stop> {
    // Looking whether there is something here is no report.
    let query = query.filter(|_| method == Method::GET);
    let came = Came::Kannel {
        query: query.ok_or(Refusal::NotFound)?,
    };
    flow::receive(&visit.moment, &token, came).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /reports/texts/{token}`
///
/// # Errors
/// [`Refusal::NotFound`], whatever is wrong.
pub async fn posted(
    visit: Visit,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Stop> {
    let Ok(body) = Limited::new(body, LARGEST).collect().await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let body = Vec::from(body.to_bytes());
    let came = match (
        one(&headers, TWILIO_SIGNATURE),
        one(&headers, SIGNATURE_HEADER),
    ) {
        (Some(signature), None) => {
            let pairs = form_urlencoded::parse(&body);
            let form = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
            Came::Twilio {
                signature,
                form: form.collect(),
            }
        }
        (None, Some(signature)) => Came::Webhook { signature, body },
        (Some(_), Some(_)) | (None, None) => return Err(Refusal::NotFound.into()),
    };
    flow::receive(&visit.moment, &token, came).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The header's value, where it is there once.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?.to_owned();
    values.next().is_none().then_some(value)
}
