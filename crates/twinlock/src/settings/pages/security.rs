//! The Security page, and the page after a recovery code was used.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::Shell;
use twinlock_web::i18n::Arg;

use crate::app::{Stop, Timestamp};
use crate::authenticators::backup_codes::SheetStatus;
use crate::authenticators::backup_codes::pages::day;
use crate::authenticators::flow::binding;
use crate::authenticators::{Authenticator, Kind};
use crate::config::{self, Enrolment, Labels, Methods};
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, When, page, see_other};
use crate::settings::flow;
use crate::settings::rules::FEW_CODES;

use super::check_up::{self, CheckUp};
use super::devices::{self, Devices};
use super::enrol::page_of;
use super::{SECURITY, name_of, notice, tell_apart};

/// `GET /settings/security`
#[derive(Deserialize)]
pub struct Shown {
    done: Option<String>,
}

/// A second factor in the list.
struct Method {
    id: String,
    name: String,
    is_key: bool,
    /// When a number was last proven.
    confirmed: Option<When>,
    is_app: bool,
    has_label: bool,
    more: String,
    added: When,
    used: Option<When>,
    preferred: bool,
}

/// The backup codes in one line.
struct Codes {
    line: String,
    few: Option<String>,
    checked: Option<When>,
    /// None was checked, and none was used, which would tell as much.
    never_tried: bool,
    reveal: bool,
}

#[derive(Template)]
#[template(path = "settings/security.html")]
struct SecurityPage {
    page: Shell,
    labels: Labels,
    change: String,
    off_why: String,
    banner: Option<(&'static str, String)>,
    mail_refused: Option<String>,
    methods: Vec<Method>,
    /// Where a first method is set up, and whether that begins with a form.
    start: &'static str,
    start_posts: bool,
    add: &'static str,
    can_add: bool,
    can_move: bool,
    codes: Option<Codes>,
    devices: Option<Devices>,
    check_up: Option<CheckUp>,
}

#[derive(Template)]
#[template(path = "settings/recovery_code_used.html")]
struct RecoveryCodeUsedPage {
    page: Shell,
    banner: Option<(&'static str, String)>,
    left: String,
    /// Where the method is set up again that was asked first.
    set_up: &'static str,
    again: String,
    replaces: String,
}

/// `GET /settings`
///
/// # Errors
/// None.
pub async fn settings() -> Result<Response, Stop> {
    Ok(see_other(SECURITY))
}

/// `GET /settings/security`
///
/// # Errors
/// The database's trouble.
pub async fn show(visit: Visit, Query(shown): Query<Shown>) -> Result<Response, Stop> {
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    let messages = visit.moment.messages();
    let settings = &visit.moment.app.settings;
    let held = &overview.held;
    let kinds = binding::offered(&visit.moment.app);
    let start = match kinds.as_slice() {
        [only] => page_of(*only),
        _ => "/settings/security/two-factor",
    };
    let only_app = kinds == [Kind::Totp];
    let mut names: Vec<String> = (held.factors.iter())
        .map(|one| name_of(&visit, one))
        .collect();
    tell_apart(&visit, &mut names.iter_mut().collect::<Vec<_>>());
    let template = SecurityPage {
        page: visit.settings_shell(
            messages.text("settings-security-title"),
            SettingsTab::Security,
        )?,
        labels: settings.branding.labels.clone(),
        change: messages.text("settings-change-two-factor"),
        off_why: messages.with("settings-off-why", &[("ways", Arg::from(ways(&visit)))]),
        banner: notice::banner(&visit, shown.done.as_deref()),
        mail_refused: notice::mail_refused(&visit, &overview.account),
        methods: (held.factors.iter().zip(names))
            .map(|(one, name)| method(&visit, one, name, overview.confirmed_at(one)))
            .collect(),
        start,
        start_posts: settings.two_factor.enrolment == Enrolment::OnePage && only_app,
        add: start,
        can_add: settings.two_factor.methods == Methods::Several,
        can_move: held.factors.iter().any(|one| one.kind == Kind::Totp),
        codes: held.backup_codes.as_ref().map(|sheet| codes(&visit, sheet)),
        devices: held
            .is_on()
            .then(|| devices::list(&visit, &overview.trusted_devices))
            .flatten(),
        check_up: check_up::card(&visit, &overview.suggestions, start),
    };
    page(StatusCode::OK, &template)
}

/// How a sign-in may start here, for the sentence that says why that alone is not enough.
fn ways(visit: &Visit) -> &'static str {
    match visit.moment.app.settings.sign_in.methods.as_slice() {
        [config::Method::Password] => "password",
        [config::Method::EmailCode] => "email_code",
        _ => "both",
    }
}

fn method(
    visit: &Visit,
    factor: &Authenticator,
    name: String,
    confirmed_at: Option<Timestamp>,
) -> Method {
    let (messages, now) = (visit.moment.messages(), visit.moment.now);
    Method {
        id: factor.id.to_string(),
        more: messages.with("settings-more-for", &[("name", Arg::from(name.as_str()))]),
        name,
        is_key: factor.kind == Kind::Webauthn,
        is_app: factor.kind == Kind::Totp,
        confirmed: confirmed_at.map(|at| When::day(at, &messages)),
        has_label: !factor.label.is_empty(),
        added: When::day(factor.activated_at.unwrap_or(factor.created_at), &messages),
        used: factor.last_used_at.map(|at| When::new(at, now, &messages)),
        preferred: factor.preferred,
    }
}

fn codes(visit: &Visit, sheet: &SheetStatus) -> Codes {
    let (messages, now) = (visit.moment.messages(), visit.moment.now);
    let left = ("left", Arg::from(sheet.remaining));
    Codes {
        line: messages.with(
            "settings-codes-line",
            &[
                left.clone(),
                ("total", Arg::from(sheet.total)),
                ("day", Arg::from(day(sheet.created_at, &messages))),
                ("number", Arg::from(sheet.sheet)),
            ],
        ),
        few: (sheet.remaining <= FEW_CODES).then(|| messages.with("settings-codes-few", &[left])),
        checked: sheet.checked_at.map(|at| When::new(at, now, &messages)),
        never_tried: sheet.checked_at.is_none() && sheet.remaining == sheet.total,
        reveal: visit.moment.app.settings.two_factor.backup_codes.reveal,
    }
}

/// `GET /settings/recovery-code-used`
///
/// # Errors
/// The database's trouble.
pub async fn recovery_code_used(
    visit: Visit,
    Query(shown): Query<Shown>,
) -> Result<Response, Stop> {
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    let Some(preferred) = overview.held.factors.first() else {
        return Ok(see_other(SECURITY));
    };
    let messages = visit.moment.messages();
    let template = RecoveryCodeUsedPage {
        page: visit.shell(messages.text("settings-recovery-used-title")),
        banner: notice::banner(&visit, shown.done.as_deref()),
        left: messages.with(
            "settings-recovery-used",
            &[("left", Arg::from(overview.held.codes_left()))],
        ),
        set_up: if binding::offered(&visit.moment.app).contains(&preferred.kind) {
            page_of(preferred.kind)
        } else {
            "/settings/security/two-factor"
        },
        again: messages.text("settings-recovery-used-again"),
        replaces: preferred.id.to_string(),
    };
    page(StatusCode::OK, &template)
}
