//! The person's name and address, and their password.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::password::rules::least_characters;
use crate::config::Method;
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, page, see_other};
use crate::session::FirstFactor;
use crate::settings::flow;
use crate::step_up::pages::{ask_first, ask_or_stop};

use super::notice::{self, Done};
use super::{done, field_error, renewed};

const PASSWORD: &str = "/settings/password";

/// `GET /settings/profile`
#[derive(Deserialize)]
pub struct Shown {
    done: Option<String>,
}

/// `POST /settings/profile`
#[derive(Deserialize)]
pub struct NameForm {
    name: String,
}

/// `POST /settings/password`
#[derive(Deserialize)]
pub struct PasswordForm {
    current_password: Option<String>,
    password: String,
    /// For password managers; not read.
    #[serde(rename = "username")]
    _username: Option<String>,
}

#[derive(Template)]
#[template(path = "settings/profile.html")]
struct ProfilePage {
    page: Shell,
    banner: Option<String>,
    mail_refused: Option<String>,
    name: String,
    email: String,
    error: String,
    password: Option<String>,
}

#[derive(Template)]
#[template(path = "settings/password.html")]
struct PasswordPage {
    page: Shell,
    email: String,
    asks_current: bool,
    current_error: String,
    new_error: String,
    hint: String,
}

/// `GET /settings/profile`
///
/// # Errors
/// The database's trouble.
pub async fn show(visit: Visit, Query(shown): Query<Shown>) -> Result<Response, Stop> {
    let banner = (shown.done.as_deref() == Some("name"))
        .then(|| visit.moment.messages().text("settings-done-name"));
    profile_page(&visit, banner, None, String::new()).await
}

async fn profile_page(
    visit: &Visit,
    banner: Option<String>,
    typed: Option<String>,
    error: String,
) -> Result<Response, Stop> {
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    let messages = visit.moment.messages();
    let offered = &visit.moment.app.settings.sign_in.methods;
    let password = offered.contains(&Method::Password).then(|| {
        messages.text(if overview.has_password {
            "settings-change-password"
        } else {
            "settings-set-password"
        })
    });
    let status = if error.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let template = ProfilePage {
        page: visit.settings_shell(
            messages.text("settings-profile-title"),
            SettingsTab::Profile,
        )?,
        banner,
        mail_refused: notice::mail_refused(visit, &overview.account),
        name: typed.unwrap_or(overview.account.name),
        email: overview.account.email.unwrap_or_default(),
        error,
        password,
    };
    page(status, &template)
}

/// `POST /settings/profile`
///
/// # Errors
/// The database's trouble.
pub async fn rename(
    visit: Visit,
    StrictForm(form): StrictForm<NameForm>,
) -> Result<Response, Stop> {
    match flow::rename_account(&visit.moment, visit.acting()?, &form.name).await {
        Ok(()) => Ok(see_other("/settings/profile?done=name")),
        Err(stop) => {
            let error = field_error(&visit, stop)?;
            profile_page(&visit, None, Some(form.name), error).await
        }
    }
}

/// `GET /settings/password`
///
/// # Errors
/// The database's trouble.
pub async fn password_form(visit: Visit) -> Result<Response, Stop> {
    in_use(&visit)?;
    if let Some(proof) = ask_first(&visit, PASSWORD).await? {
        return Ok(proof);
    }
    password_page(&visit, String::new(), String::new()).await
}

/// Where nobody signs in with a password there is none to set.
fn in_use(visit: &Visit) -> Result<(), Stop> {
    let offered = &visit.moment.app.settings.sign_in.methods;
    if offered.contains(&Method::Password) {
        Ok(())
    } else {
        Err(Refusal::NotFound.into())
    }
}

async fn password_page(
    visit: &Visit,
    current_error: String,
    new_error: String,
) -> Result<Response, Stop> {
    let acting = visit.acting()?;
    let overview = flow::overview(&visit.moment, acting).await?;
    let messages = visit.moment.messages();
    let title = messages.text(if overview.has_password {
        "settings-change-password"
    } else {
        "settings-set-password"
    });
    let least = least_characters(&visit.moment.app.settings);
    let status = if current_error.is_empty() && new_error.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let template = PasswordPage {
        page: visit.settings_shell(title, SettingsTab::Profile)?,
        email: overview.account.email.unwrap_or_default(),
        asks_current: overview.has_password && acting.session.first_factor == FirstFactor::Password,
        current_error,
        new_error,
        hint: messages.with("settings-password-hint", &[("least", Arg::from(least))]),
    };
    page(status, &template)
}

/// `POST /settings/password`
///
/// # Errors
/// The database's trouble.
pub async fn change_password(
    visit: Visit,
    StrictForm(form): StrictForm<PasswordForm>,
) -> Result<Response, Stop> {
    in_use(&visit)?;
    let acting = visit.acting()?;
    let current = form.current_password.filter(|typed| !typed.is_empty());
    let stop = match flow::change_password(&visit.moment, acting, current, &form.password).await {
        Ok(token) => return renewed(&visit, token.as_deref(), done(Done::PasswordChanged)),
        Err(stop) => stop,
    };
    let about_new = matches!(
        stop,
        Stop::Refused(Refusal::Field {
            field: "password",
            ..
        })
    );
    match stop {
        Stop::Refused(Refusal::StepUpRequired) => ask_or_stop(stop, PASSWORD),
        Stop::Refused(Refusal::InvalidCredentials) => {
            let error = visit.moment.messages().text("step-up-wrong-password");
            password_page(&visit, error, String::new()).await
        }
        stop => {
            let error = field_error(&visit, stop)?;
            if about_new {
                password_page(&visit, String::new(), error).await
            } else {
                password_page(&visit, error, String::new()).await
            }
        }
    }
}
