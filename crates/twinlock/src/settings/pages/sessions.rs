//! Where the person is signed in, and signing out.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::Shell;
use twinlock_web::i18n::Arg;

use crate::app::{Refusal, Stop};
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, When, page, see_other};
use crate::session::{FirstFactor, Proof, Session, flow};

use super::tell_apart;
use crate::settings::flow::sign_out_and_forget;

const SESSIONS: &str = "/settings/sessions";
const SIGNED_OUT: &str = "/sign-in?done=signed-out";

/// `GET /settings/sessions`
#[derive(Deserialize)]
pub struct Shown {
    done: Option<String>,
}

/// A session in the list.
struct Row {
    id: String,
    device: String,
    end: String,
    how: String,
    since: When,
    seen: When,
    here: bool,
}

#[derive(Template)]
#[template(path = "settings/sessions.html")]
struct SessionsPage {
    page: Shell,
    banner: Option<String>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "settings/sign_out.html")]
struct SignOutPage {
    page: Shell,
    label: String,
    what: String,
    action: &'static str,
}

/// `GET /settings/sessions`
///
/// # Errors
/// The database's trouble.
pub async fn list(visit: Visit, Query(shown): Query<Shown>) -> Result<Response, Stop> {
    let acting = visit.acting()?;
    let messages = visit.moment.messages();
    let sessions = flow::list(&visit.moment, acting.account()).await?;
    let here = acting.session.id;
    let mut rows: Vec<Row> = (sessions.iter())
        .map(|session| row(&visit, session, session.id == here))
        .collect();
    rows.sort_by_key(|row| !row.here);
    let others = rows.iter_mut().filter(|row| !row.here);
    let mut names: Vec<&mut String> = others.map(|row| &mut row.device).collect();
    tell_apart(&visit, &mut names);
    for row in &mut rows {
        let device = ("device", Arg::from(row.device.as_str()));
        row.end = messages.with("settings-end-session-on", &[device]);
    }
    let banner = match shown.done.as_deref() {
        Some("one") => Some(messages.text("settings-done-session-ended")),
        Some("others") => Some(messages.text("settings-done-sessions-ended")),
        _ => None,
    };
    let template = SessionsPage {
        page: visit.settings_shell(
            messages.text("settings-sessions-title"),
            SettingsTab::Sessions,
        )?,
        banner,
        rows,
    };
    page(StatusCode::OK, &template)
}

fn row(visit: &Visit, session: &Session, here: bool) -> Row {
    let (messages, now) = (visit.moment.messages(), visit.moment.now);
    let first = messages.text(match session.first_factor {
        FirstFactor::Password => "settings-by-password",
        FirstFactor::EmailCode => "settings-by-email-code",
    });
    let second = session.second_factor.map(|proof| match proof {
        Proof::Totp(_) => "settings-and-app",
        Proof::Webauthn(_) => "settings-and-key",
        Proof::Sms(_) => "settings-and-text",
        Proof::BackupCode => "settings-and-recovery-code",
    });
    let how = match second {
        Some(id) => messages.with(id, &[("first", Arg::from(first))]),
        None => first,
    };
    // A session in use is noted every few minutes only; the one that asks is used now.
    let seen = if here { now } else { session.last_seen_at };
    Row {
        id: session.id.to_string(),
        end: String::new(),
        device: session.device_label.clone(),
        how,
        since: When::new(session.created_at, now, &messages),
        seen: When::new(seen, now, &messages),
        here,
    }
}

/// `POST /settings/sessions/{id}/end`
///
/// # Errors
/// The database's trouble.
pub async fn end_one(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    match flow::end_one(&visit.moment, visit.acting()?, id).await {
        // One that ended meanwhile is what the person wanted.
        Ok(()) | Err(Stop::Refused(Refusal::NotFound)) => {
            Ok(see_other(&format!("{SESSIONS}?done=one")))
        }
        Err(stop) => Err(stop),
    }
}

/// `POST /settings/sessions/end-others`
///
/// # Errors
/// The database's trouble.
pub async fn end_others(visit: Visit) -> Result<Response, Stop> {
    flow::end_others(&visit.moment, visit.acting()?).await?;
    Ok(see_other(&format!("{SESSIONS}?done=others")))
}

/// `GET /sign-out`
///
/// # Errors
/// A template that fails.
pub async fn sign_out_form(visit: Visit) -> Result<Response, Stop> {
    ask_to_sign_out(&visit, "/sign-out", "sign-out", "settings-sign-out-what")
}

/// `GET /sign-out/forget`
///
/// # Errors
/// A template that fails.
pub async fn forget_form(visit: Visit) -> Result<Response, Stop> {
    let what = "settings-sign-out-forget-what";
    ask_to_sign_out(&visit, "/sign-out/forget", "sign-out-forget", what)
}

fn ask_to_sign_out(
    visit: &Visit,
    action: &'static str,
    label: &str,
    what: &str,
) -> Result<Response, Stop> {
    if visit.acting.is_none() {
        return Ok(see_other("/sign-in"));
    }
    let messages = visit.moment.messages();
    let label = messages.text(label);
    let template = SignOutPage {
        page: visit.shell(label.clone()),
        label,
        what: messages.text(what),
        action,
    };
    page(StatusCode::OK, &template)
}

/// `POST /sign-out`: a second click, or one after the session ended, does no harm.
///
/// # Errors
/// The database's trouble.
pub async fn sign_out(visit: Visit) -> Result<Response, Stop> {
    if let Some(acting) = &visit.acting {
        flow::sign_out(&visit.moment, acting).await?;
    }
    let cookies = visit.cookies().end_session();
    Ok(cookies.on(see_other(SIGNED_OUT)))
}

/// `POST /sign-out/forget`: signs out completely.
///
/// # Errors
/// The database's trouble.
pub async fn forget(visit: Visit) -> Result<Response, Stop> {
    let mut cookies = visit.cookies().end_session();
    if let Some(acting) = &visit.acting {
        sign_out_and_forget(&visit.moment, acting).await?;
        cookies = cookies.forget_device(acting.account());
    }
    Ok(cookies.on(see_other(SIGNED_OUT)))
}
