//! Setting a number up that gets codes, and changing it.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::api::bearable;
use crate::authenticators::flow::{AskedText, binding};
use crate::authenticators::{Authenticator, Kind};
use crate::config::Methods;
use crate::edge::{Visit, page, see_other};
use crate::settings::flow::{self, Typed};
use crate::sign_in::pages::status_of;
use crate::sign_in::pages::texted::{Block, Number, NumberForm, is_about_code, is_about_number};
use crate::step_up::pages::{ask_first, ask_or_stop};

use super::enrol::{dialog, over, set_up};
use super::{SECURITY, authenticator_id, name_of, renewed, replaced, what_changes};

const TEXT: &str = "/settings/security/two-factor/text";

/// `GET /settings/security/two-factor/text`
#[derive(Deserialize)]
pub struct Asked {
    replaces: Option<String>,
    /// A set-up whose number is to be changed.
    pending: Option<String>,
}

/// `POST /settings/security/two-factor/text/{id}`
#[derive(Deserialize)]
pub struct CodeForm {
    code: String,
}

/// A method the new number may take the place of; without an id, it stands beside the others.
struct Choice {
    id: String,
    words: String,
    /// What is worth knowing before it is chosen.
    hint: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "settings/text_number.html")]
struct NumberPage {
    page: Shell,
    what_changes: String,
    replaces: String,
    choices: Vec<Choice>,
    number: Number,
}

#[derive(Template)]
#[template(path = "settings/text_code.html")]
struct CodePage {
    page: Shell,
    path: String,
    send: String,
    back: String,
    block: Block,
}

/// Where the form lives; an id in another spelling than ours is left out, not repeated.
fn address(replaces: &str) -> String {
    match replaces.parse::<AuthenticatorId>() {
        Ok(id) => format!("{TEXT}?replaces={id}"),
        Err(_) => String::from(TEXT),
    }
}

/// Back to the form, with the number that was typed.
fn back(id: AuthenticatorId, old: Option<AuthenticatorId>) -> String {
    let replaces = old.map_or_else(String::new, |old| format!("replaces={old}&"));
    format!("{TEXT}?{replaces}pending={id}")
}

/// `GET /settings/security/two-factor/text`
///
/// # Errors
/// [`Refusal::NotFound`] for a method that is not theirs.
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stop> {
    let replaces = asked.replaces.unwrap_or_default();
    if let Some(proof) = ask_first(&visit, &address(&replaces)).await? {
        return Ok(proof);
    }
    let before = match asked.pending.as_deref().map(str::parse) {
        Some(Ok(id)) => flow::pending_text(&visit.moment, visit.acting()?, id)
            .await
            .ok(),
        _ => None,
    };
    let typed = before.map(|before| NumberForm::of(&before, &replaces));
    number_page(&visit, &replaces, typed.as_ref(), None).await
}

async fn number_page(
    visit: &Visit,
    replaces: &str,
    typed: Option<&NumberForm>,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    if !binding::offered(&visit.moment.app).contains(&Kind::Sms) {
        return Ok(see_other(SECURITY));
    }
    let factors = flow::overview(&visit.moment, visit.acting()?)
        .await?
        .held
        .factors;
    let old = replaced(visit, &factors, replaces)?;
    let may_keep = visit.moment.app.settings.two_factor.methods == Methods::Several;
    let template = NumberPage {
        page: dialog(visit)?,
        what_changes: what_changes(visit, old.filter(|_| !may_keep)),
        replaces: old.map(|old| old.id.to_string()).unwrap_or_default(),
        choices: if may_keep {
            choices(visit, &factors, old, typed)
        } else {
            Vec::new()
        },
        number: Number::new(visit, typed, refusal),
    };
    page(status_of(visit, refusal), &template)
}

/// What may become of the methods there are: of the one that is to be changed, or of each.
fn choices(
    visit: &Visit,
    factors: &[Authenticator],
    old: Option<&Authenticator>,
    typed: Option<&NumberForm>,
) -> Vec<Choice> {
    if factors.is_empty() {
        return Vec::new();
    }
    let messages = visit.moment.messages();
    let chosen = match typed {
        Some(form) => form.replaces.clone().unwrap_or_default(),
        None => old.map(|old| old.id.to_string()).unwrap_or_default(),
    };
    let asked_for = |factor: &&Authenticator| old.is_none_or(|old| old.id == factor.id);
    let replacing: Vec<Choice> = (factors.iter().filter(asked_for))
        .map(|factor| {
            let name = ("name", Arg::from(name_of(visit, factor)));
            let id = factor.id.to_string();
            Choice {
                is_chosen: id == chosen,
                id,
                words: messages.with("settings-move-replace", &[name]),
                hint: match factor.kind {
                    Kind::Webauthn => messages.text("settings-text-replaces-key"),
                    Kind::Totp | Kind::Sms | Kind::BackupCode => String::new(),
                },
            }
        })
        .collect();
    let keeping = Choice {
        id: String::new(),
        words: messages.text(keeping_all(replacing.len())),
        hint: String::new(),
        is_chosen: chosen.is_empty(),
    };
    replacing.into_iter().chain([keeping]).collect()
}

/// What the choice says that replaces none of so many: with the new one there is one more.
pub(super) fn keeping_all(choices: usize) -> &'static str {
    match choices {
        1 => "settings-move-keep",
        _ => "settings-move-keep-all",
    }
}

/// `POST /settings/security/two-factor/text`: sends a code to a number that counts for nothing until it comes back.
///
/// # Errors
/// [`Refusal::NotFound`] for a method that is not theirs.
pub async fn begin(
    visit: Visit,
    StrictForm(form): StrictForm<NumberForm>,
) -> Result<Response, Stop> {
    let replaces = form.replaces.clone().unwrap_or_default();
    let old = match replaces.as_str() {
        "" => None,
        id => Some(authenticator_id(id)?),
    };
    let typed = Typed {
        phone: form.phone.clone(),
        country: form.country.clone().filter(|country| !country.is_empty()),
    };
    match flow::begin_text(&visit.moment, visit.acting()?, typed, old).await {
        Ok(pending) => Ok(see_other(&format!("{TEXT}/{}", pending.factor.id))),
        Err(Stop::Refused(refusal)) if is_about_number(&refusal) => {
            number_page(&visit, &replaces, Some(&form), Some(&refusal)).await
        }
        Err(stop) => ask_or_stop(stop, &address(&replaces)),
    }
}

/// `GET /settings/security/two-factor/text/{id}`: where the code went.
///
/// # Errors
/// The database's trouble.
pub async fn ask_code(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    code_page(&visit, authenticator_id(&id)?, None).await
}

async fn code_page(
    visit: &Visit,
    id: AuthenticatorId,
    refusal: Option<&Refusal>,
) -> Result<Response, Stop> {
    let pending = match flow::pending_text(&visit.moment, visit.acting()?, id).await {
        Ok(pending) => pending,
        Err(Stop::Refused(Refusal::NotFound)) => return over(visit, id).await,
        Err(stop) => return ask_or_stop(stop, &format!("{TEXT}/{id}")),
    };
    let old = pending.factor.replaces;
    let template = CodePage {
        page: dialog(visit)?,
        path: format!("{TEXT}/{id}"),
        send: format!("{TEXT}/{id}/send"),
        back: back(id, old),
        block: Block::new(visit, &AskedText::of(pending), refusal),
    };
    page(code_status(refusal), &template)
}

pub(super) fn code_status(refusal: Option<&Refusal>) -> StatusCode {
    refusal.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY)
}

/// `POST /settings/security/two-factor/text/{id}/send`
///
/// # Errors
/// The database's trouble.
pub async fn send(visit: Visit, Path(id): Path<String>) -> Result<Response, Stop> {
    let id = authenticator_id(&id)?;
    match flow::resend_text(&visit.moment, visit.acting()?, id).await {
        Ok(_) => Ok(see_other(&format!("{TEXT}/{id}"))),
        Err(Stop::Refused(Refusal::NotFound)) => over(&visit, id).await,
        Err(Stop::Refused(refusal)) if is_about_code(&refusal) => {
            code_page(&visit, id, Some(&refusal)).await
        }
        Err(stop) => ask_or_stop(stop, &format!("{TEXT}/{id}")),
    }
}

/// `POST /settings/security/two-factor/text/{id}`
///
/// # Errors
/// The database's trouble.
pub async fn confirm(
    visit: Visit,
    Path(id): Path<String>,
    StrictForm(form): StrictForm<CodeForm>,
) -> Result<Response, Stop> {
    let id = authenticator_id(&id)?;
    let ended = match bearable(form.code) {
        Ok(code) => flow::confirm(&visit.moment, visit.acting()?, id, code).await,
        Err(stop) => Err(stop),
    };
    match ended {
        Ok((bound, token)) => renewed(&visit, token.as_deref(), set_up(&visit, &bound)?),
        Err(Stop::Refused(Refusal::NotFound)) => over(&visit, id).await,
        Err(Stop::Refused(refusal)) if is_about_code(&refusal) => {
            code_page(&visit, id, Some(&refusal)).await
        }
        Err(stop) => ask_or_stop(stop, &format!("{TEXT}/{id}")),
    }
}
