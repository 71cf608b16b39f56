//! The session's own account by the JSON API: who it is, its second factors, its backup codes.

mod account;
mod activity;
mod codes;
mod devices;

use axum::Json;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::StrictJson;
use twinlock_web::body::parse_form;
use utoipa::ToSchema;

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::Removal;
use crate::authenticators::api::{
    Activated, ChangeFactor, Enrolment, Factor, TwoFactor, meaningful,
};
use crate::authenticators::webauthn::api::{
    FactorProof, Given, KeyQuestion, OwnKind, SetUp, given,
};
use crate::edge::{InPath, Visit};
use crate::step_up::api::renew_cookie;

use super::flow;

pub use account::{
    ChangeMe, ChangePassword, Ended, ListedSession, Me, SessionList, change_me, change_password,
    end_other_sessions, end_session, list_sessions, me,
};
pub use activity::list_events;
pub use codes::{CheckedCode, check_code, make_codes, reveal_codes};
pub use devices::{end_device, list_devices};

/// Sets up a second factor of one's own.
#[derive(Deserialize, ToSchema)]
pub struct BeginOwnFactor {
    /// What is set up.
    pub kind: OwnKind,
    /// The person's name for it.
    #[schema(example = "Phone", max_length = 60)]
    pub label: Option<String>,
    /// The factor it will take the place of, once its first code is accepted.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub replaces: Option<AuthenticatorId>,
}

/// `GET /api/v1/me/two-factor`
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn two_factor(visit: Visit) -> Result<Json<TwoFactor>, Stop> {
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    let trusted = overview.trusted_devices.len();
    Ok(Json(TwoFactor::of(
        &overview.held,
        overview.required,
        trusted,
    )))
}

/// `POST /api/v1/me/factors`
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::Field`], [`Refusal::NotFound`] for an unknown factor to replace.
pub async fn begin_factor(
    visit: Visit,
    StrictJson(body): StrictJson<BeginOwnFactor>,
) -> Result<Response, Stop> {
    let (moment, acting) = (&visit.moment, visit.acting()?);
    let label = body.label.unwrap_or_default();
    let set_up = match body.kind {
        OwnKind::Totp => {
            let pending = flow::begin_app(moment, acting, label, body.replaces).await?;
            SetUp::from(Enrolment::from(pending))
        }
        OwnKind::Webauthn => {
            SetUp::from(flow::begin_key(moment, acting, label, body.replaces).await?)
        }
    };
    Ok((StatusCode::CREATED, Json(set_up)).into_response())
}

/// `POST /api/v1/me/factors/{factor}/activate`
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::NotFound`].
pub async fn activate_factor(
    visit: Visit,
    InPath(id): InPath<AuthenticatorId>,
    StrictJson(body): StrictJson<FactorProof>,
) -> Result<Response, Stop> {
    let (moment, acting) = (&visit.moment, visit.acting()?);
    let (bound, renewed) = match given(body.code, body.credential)? {
        Given::Code(code) => flow::confirm(moment, acting, id, code).await?,
        Given::Key(answer) => flow::confirm_key(moment, acting, id, answer).await?,
    };
    let answer = Json(Activated::from(bound)).into_response();
    Ok(renew_cookie(&visit, renewed, answer))
}

/// `PATCH /api/v1/me/factors/{factor}`
///
/// # Errors
/// [`Refusal::StepUpRequired`] to prefer it; [`Refusal::NotFound`], [`Refusal::Field`].
pub async fn change_factor(
    visit: Visit,
    InPath(id): InPath<AuthenticatorId>,
    StrictJson(change): StrictJson<ChangeFactor>,
) -> Result<Json<Factor>, Stop> {
    meaningful(&change)?;
    let acting = visit.acting()?;
    // The one that demands a proof goes first, so that a refusal leaves nothing half done.
    if change.preferred.is_some() {
        flow::prefer(&visit.moment, acting, id).await?;
    }
    if let Some(label) = change.label {
        flow::rename(&visit.moment, acting, id, label).await?;
    }
    let held = flow::overview(&visit.moment, acting).await?.held;
    let factor = held.factors.iter().find(|factor| factor.id == id);
    Ok(Json(Factor::from(factor.ok_or(Refusal::NotFound)?)))
}

/// `DELETE /api/v1/me/factors/{factor}`
#[derive(Deserialize)]
struct HowRemoved {
    lost: Option<String>,
}

/// `DELETE /api/v1/me/factors/{factor}`
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::ProveByAnother`], [`Refusal::LastFactor`], [`Refusal::NotFound`].
pub async fn remove_factor(
    visit: Visit,
    InPath(id): InPath<AuthenticatorId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Stop> {
    let removal = removal(query.as_deref().unwrap_or_default())?;
    let renewed = flow::remove(&visit.moment, visit.acting()?, id, removal).await?;
    let answer = StatusCode::NO_CONTENT.into_response();
    Ok(renew_cookie(&visit, renewed, answer))
}

fn removal(query: &str) -> Result<Removal, Refusal> {
    let invalid = Refusal::Field {
        field: "lost",
        code: "invalid",
    };
    let asked: HowRemoved = parse_form(query.as_bytes()).map_err(|_| invalid.clone())?;
    match asked.lost.as_deref() {
        None | Some("false") => Ok(Removal::Undoable),
        Some("true") => Ok(Removal::Lost),
        Some(_) => Err(invalid),
    }
}

/// `POST /api/v1/me/two-factor/disable`
///
/// # Errors
/// [`Refusal::InvalidCode`] and its like, [`Refusal::StillRequired`], [`Refusal::NoFactor`].
pub async fn disable(
    visit: Visit,
    StrictJson(body): StrictJson<FactorProof>,
) -> Result<Response, Stop> {
    let (moment, acting) = (&visit.moment, visit.acting()?);
    let renewed = match given(body.code, body.credential)? {
        Given::Code(code) => flow::disable(moment, acting, code).await?,
        Given::Key(answer) => flow::disable_by_key(moment, acting, answer).await?,
    };
    let answer = StatusCode::NO_CONTENT.into_response();
    Ok(renew_cookie(&visit, renewed, answer))
}

/// `POST /api/v1/me/two-factor/disable/send`
///
/// # Errors
/// [`Refusal::NoFactor`] where there is no security key, [`Refusal::StillRequired`].
pub async fn ask_to_disable(visit: Visit) -> Result<Json<KeyQuestion>, Stop> {
    let options = flow::ask_to_disable(&visit.moment, visit.acting()?).await?;
    Ok(Json(KeyQuestion::asked(&visit.moment, options)))
}
