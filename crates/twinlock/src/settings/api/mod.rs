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
    Activated, AskedKind, ChangeFactor, Enrolment, Factor, FactorNow, FactorProof, Given, OwnKind,
    SetUp, TextedCode, TwoFactor, Wanted, given, meaningful, wanted,
};
use crate::authenticators::webauthn::api::KeyQuestion;
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
    /// `sms`: the number, in any form, with its country code or with `country`.
    #[schema(example = "+49 1512 3456789", max_length = 40)]
    pub phone: Option<String>,
    /// `sms`: the country a number without country code is dialled in, as two letters (ISO 3166-1).
    #[schema(example = "DE", min_length = 2, max_length = 2)]
    pub country: Option<String>,
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
/// [`Refusal::StepUpRequired`], [`Refusal::Field`], [`Refusal::NotFound`] for an unknown factor to replace; [`Refusal::AlreadyExists`],
/// [`Refusal::ResendTooSoon`] and [`Refusal::TextLimit`] for a number.
pub async fn begin_factor(
    visit: Visit,
    StrictJson(body): StrictJson<BeginOwnFactor>,
) -> Result<Response, Stop> {
    let (moment, acting) = (&visit.moment, visit.acting()?);
    let replaces = body.replaces;
    let set_up = match wanted(body.kind, body.label, body.phone, body.country)? {
        Wanted::Totp(label) => {
            let pending = flow::begin_app(moment, acting, label, replaces).await?;
            SetUp::from(Enrolment::from(pending))
        }
        Wanted::Webauthn(label) => {
            SetUp::from(flow::begin_key(moment, acting, label, replaces).await?)
        }
        Wanted::Sms(typed) => {
            let typed = flow::Typed {
                phone: typed.phone,
                country: typed.country,
            };
            SetUp::from(flow::begin_text(moment, acting, typed, replaces).await?)
        }
    };
    Ok((StatusCode::CREATED, Json(set_up)).into_response())
}

/// `GET /api/v1/me/factors/{factor}`
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn current_factor(
    visit: Visit,
    InPath(id): InPath<AuthenticatorId>,
) -> Result<Json<FactorNow>, Stop> {
    let found = flow::factor(&visit.moment, visit.acting()?, id).await?;
    Ok(Json(FactorNow::from(found)))
}

/// `POST /api/v1/me/factors/{factor}/send`
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`], [`Refusal::KindUnavailable`].
pub async fn send_code(
    visit: Visit,
    InPath(id): InPath<AuthenticatorId>,
) -> Result<Response, Stop> {
    let texted = flow::resend_text(&visit.moment, visit.acting()?, id).await?;
    Ok((StatusCode::ACCEPTED, Json(TextedCode::from(texted))).into_response())
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

/// Asks for what two-factor authentication can be turned off with.
#[derive(Deserialize, ToSchema)]
pub struct AskToDisable {
    /// What a security key is asked, or a texted code.
    pub kind: AskedKind,
}

/// `POST /api/v1/me/two-factor/disable/send`
///
/// # Errors
/// [`Refusal::NoFactor`] where there is no such method, [`Refusal::StillRequired`]; [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`].
pub async fn ask_to_disable(
    visit: Visit,
    body: Option<StrictJson<AskToDisable>>,
) -> Result<Response, Stop> {
    let (moment, acting) = (&visit.moment, visit.acting()?);
    match body.map_or(AskedKind::Webauthn, |StrictJson(body)| body.kind) {
        AskedKind::Webauthn => {
            let options = flow::ask_to_disable(moment, acting).await?;
            Ok(Json(KeyQuestion::asked(moment, options)).into_response())
        }
        AskedKind::Sms => {
            let texted = flow::text_to_disable(moment, acting).await?;
            Ok((StatusCode::ACCEPTED, Json(TextedCode::from(texted))).into_response())
        }
    }
}
