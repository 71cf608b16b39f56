//! One's own name, password and sessions.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::app::{Moment, SessionId, Stop, Timestamp};
use crate::edge::{InPath, Page, Visit};
use crate::session::flow::{self as sessions, Acting};
use crate::settings::flow;
use crate::step_up::api::renew_cookie;

/// The session's own account.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Its id.
    #[schema(example = "019ab1c2-4f81-7b3a-9d52-8e6f0a1b2c3d", format = Uuid)]
    pub id: String,
    /// The name shown; may be empty.
    #[schema(example = "Ann")]
    pub name: String,
    /// The address.
    #[schema(example = "ann@example.org", required)]
    pub email: Option<String>,
    /// Whether the address was proven to be the person's.
    #[schema(example = true)]
    pub email_verified: bool,
    /// Whether it has a password.
    #[schema(example = true)]
    pub has_password: bool,
    /// Whether two-factor authentication is on.
    #[schema(example = true)]
    pub two_factor_enabled: bool,
    /// When it was made.
    #[schema(example = "2026-11-22T14:30:05Z", format = DateTime)]
    pub created_at: String,
    /// When mail to the address was last refused for good; null as soon as one is taken.
    #[schema(example = json!(null), required, format = DateTime)]
    pub mail_refused_at: Option<String>,
}

/// Changes one's own account.
#[derive(Deserialize, ToSchema)]
pub struct ChangeMe {
    /// The name shown.
    #[schema(example = "Ann Lee", max_length = 100)]
    pub name: String,
}

/// Changes the password.
#[derive(Deserialize, ToSchema)]
pub struct ChangePassword {
    /// The password so far, where the session began with it.
    #[schema(example = "otters juggle pebbles", max_length = 1024)]
    pub current_password: Option<String>,
    /// The new one, not the one so far.
    #[schema(example = "walnuts whisper overnight", max_length = 1024)]
    pub password: String,
}

/// A session as it is listed.
#[derive(Serialize, ToSchema)]
pub struct ListedSession {
    /// Its id.
    #[schema(example = "019ab1c4-2b6d-7a10-b8f3-54c1e9d70a26", format = Uuid)]
    pub id: String,
    /// Whether it is the one that asks.
    #[schema(example = true)]
    pub current: bool,
    /// A short name of the device.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
    /// Methods used (RFC 8176).
    #[schema(example = json!(["pwd", "otp", "mfa"]))]
    pub amr: Vec<String>,
    /// When it was made.
    #[schema(example = "2026-11-22T14:30:05Z", format = DateTime)]
    pub created_at: String,
    /// When it was last used, to five minutes.
    #[schema(example = "2026-11-22T14:31:10Z", format = DateTime)]
    pub last_seen_at: String,
    /// When it ends in any case.
    #[schema(example = "2026-12-22T14:31:10Z", format = DateTime)]
    pub expires_at: String,
}

/// One page of sessions, last used first.
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions.
    pub items: Vec<ListedSession>,
    /// For `cursor`, where there are more.
    #[schema(example = json!(null), required)]
    pub next_cursor: Option<String>,
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
pub struct Ended {
    /// So many.
    #[schema(example = 1)]
    pub ended: u64,
}

/// `GET /api/v1/me`
///
/// # Errors
/// [`crate::app::Refusal::SignedOut`].
pub async fn me(visit: Visit) -> Result<Json<Me>, Stop> {
    Ok(Json(load(&visit.moment, visit.acting()?).await?))
}

/// `PATCH /api/v1/me`
///
/// # Errors
/// [`crate::app::Refusal::Field`].
pub async fn change_me(
    visit: Visit,
    StrictJson(body): StrictJson<ChangeMe>,
) -> Result<Json<Me>, Stop> {
    let acting = visit.acting()?;
    flow::rename_account(&visit.moment, acting, &body.name).await?;
    Ok(Json(load(&visit.moment, acting).await?))
}

async fn load(moment: &Moment, acting: &Acting) -> Result<Me, Stop> {
    let overview = flow::overview(moment, acting).await?;
    let account = overview.account;
    Ok(Me {
        id: account.id.to_string(),
        name: account.name,
        email: account.email,
        email_verified: account.email_verified_at.is_some(),
        has_password: overview.has_password,
        two_factor_enabled: overview.held.is_on(),
        created_at: account.created_at.rfc3339(),
        mail_refused_at: account.mail_refused_at.map(Timestamp::rfc3339),
    })
}

/// `PUT /api/v1/me/password`
///
/// # Errors
/// [`crate::app::Refusal::StepUpRequired`], [`crate::app::Refusal::InvalidCredentials`], [`crate::app::Refusal::Field`].
pub async fn change_password(
    visit: Visit,
    StrictJson(body): StrictJson<ChangePassword>,
) -> Result<Response, Stop> {
    let (current, new) = (body.current_password, body.password);
    let renewed = flow::change_password(&visit.moment, visit.acting()?, current, &new).await?;
    let answer = StatusCode::NO_CONTENT.into_response();
    Ok(renew_cookie(&visit, renewed, answer))
}

/// `GET /api/v1/me/sessions`
///
/// # Errors
/// [`crate::app::Refusal::Field`] for a page that cannot be read.
pub async fn list_sessions(visit: Visit, page: Page) -> Result<Json<SessionList>, Stop> {
    let acting = visit.acting()?;
    let all = sessions::list(&visit.moment, acting.account()).await?;
    let (shown, next_cursor) = page.cut(all, |session| session.id.to_string());
    let items = shown.into_iter().map(|session| ListedSession {
        id: session.id.to_string(),
        current: session.id == acting.session.id,
        amr: session.amr().into_iter().map(String::from).collect(),
        created_at: session.created_at.rfc3339(),
        last_seen_at: session.last_seen_at.rfc3339(),
        expires_at: session.expires_at.rfc3339(),
        device: session.device_label,
    });
    Ok(Json(SessionList {
        items: items.collect(),
        next_cursor,
    }))
}

/// `DELETE /api/v1/me/sessions/{session}`
///
/// # Errors
/// [`crate::app::Refusal::NotFound`] for any id that is not one of theirs.
pub async fn end_session(visit: Visit, InPath(id): InPath<SessionId>) -> Result<StatusCode, Stop> {
    sessions::end_one(&visit.moment, visit.acting()?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/me/sessions/end-others`
///
/// # Errors
/// The database's trouble.
pub async fn end_other_sessions(visit: Visit) -> Result<Json<Ended>, Stop> {
    let ended = sessions::end_others(&visit.moment, visit.acting()?).await?;
    Ok(Json(Ended { ended }))
}
