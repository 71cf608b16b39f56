//! Where reports come in.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use twinlock_delivery::{SIGNATURE_HEADER, vonage_fields};

use crate::app::{Refusal, Stop};
use crate::edge::Visit;

use super::flow::{self, Came};

/// A report is a few hundred bytes.
const LARGEST: usize = 16 * 1024;
const TWILIO_SIGNATURE: &str = "X-Twilio-Signature";
/// By this field a report of Vonage's is known from one of Kannel's.
const VONAGE_ID: &str = "messageId";
/// In this field comes the token where the address would have been too long for Vonage.
const VONAGE_REFERENCE: &str = "client-ref";

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
    let query = query.ok_or(Refusal::NotFound)?;
    let fields = form(query.as_bytes());
    let came = if fields.iter().any(|(name, _)| name == VONAGE_ID) {
        Came::Vonage { fields }
    } else {
        Came::Kannel { query }
    };
    flow::receive(&visit.moment, &token, came).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /reports/texts`
///
/// # Errors
/// [`Refusal::NotFound`], whatever is wrong.
pub async fn asked_by_vonage(
    visit: Visit,
    method: Method,
    RawQuery(query): RawQuery,
) -> Result<Response, Stop> {
    let query = query.filter(|_| method == Method::GET);
    by_reference(&visit, form(query.ok_or(Refusal::NotFound)?.as_bytes())).await
}

/// `POST /reports/texts`
///
/// # Errors
/// [`Refusal::NotFound`], whatever is wrong.
pub async fn posted_by_vonage(visit: Visit, body: Body) -> Result<Response, Stop> {
    let Some(body) = whole(body).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    by_reference(&visit, fields(&body)).await
}

async fn by_reference(visit: &Visit, fields: Vec<(String, String)>) -> Result<Response, Stop> {
    let reference = fields.iter().find(|(name, _)| name == VONAGE_REFERENCE);
    let (_, reference) = reference.ok_or(Refusal::NotFound)?;
    let reference = reference.clone();
    flow::receive(&visit.moment, &reference, Came::Vonage { fields }).await?;
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
    let Some(body) = whole(body).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let came = match (
        one(&headers, TWILIO_SIGNATURE),
        one(&headers, SIGNATURE_HEADER),
    ) {
        (Some(signature), None) => Came::Twilio {
            signature,
            form: form(&body),
        },
        (None, Some(signature)) => Came::Webhook { signature, body },
        (None, None) => Came::Vonage {
            fields: fields(&body),
        },
        (Some(_), Some(_)) => return Err(Refusal::NotFound.into()),
    };
    flow::receive(&visit.moment, &token, came).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `None` if there is too much of it.
async fn whole(body: Body) -> Option<Vec<u8>> {
    let body = Limited::new(body, LARGEST).collect().await.ok()?;
    Some(Vec::from(body.to_bytes()))
}

/// The fields of a body that is an object of JSON, or a form.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    vonage_fields(body).unwrap_or_else(|| form(body))
}

fn form(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The header's value, where it is there once.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?.to_owned();
    values.next().is_none().then_some(value)
}
