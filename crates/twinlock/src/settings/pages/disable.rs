//! Turning two-factor authentication off.

use askama::Template;
use axum::Json;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use twinlock_web::{Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::api::bearable;
use crate::authenticators::{Held, Kind};
use crate::edge::answer::{kept, words};
use crate::edge::shell::SettingsTab;
use crate::edge::{Visit, page, see_other};
use crate::settings::flow;
use crate::sign_in::pages::second_factor::use_text;
use crate::sign_in::pages::texted::{Block, is_about_code};
use crate::step_up::flow::KeyOffer;
use crate::step_up::pages::{beside_field, signed_out};

use super::notice::Done;
use super::{done, renewed};

const DISABLE: &str = "/settings/security/two-factor/disable";

/// `GET /settings/security/two-factor/disable`
#[derive(Deserialize)]
pub struct Asked {
    why: Option<String>,
    with: Option<String>,
}

/// `POST /settings/security/two-factor/disable`
#[derive(Deserialize)]
pub struct DisableForm {
    code: String,
    with: Option<String>,
}

/// `POST /settings/security/two-factor/disable/key`
#[derive(Deserialize)]
pub struct DisableByKeyForm {
    credential: String,
}

#[derive(Template)]
#[template(path = "settings/disable.html")]
struct DisablePage {
    page: Shell,
    required: bool,
    /// A texted code is asked.
    text: Option<Block>,
    /// A code is asked that is there already, of this kind.
    code: Option<Asks>,
    /// The other ways to give a code: where, and what the link says.
    others: Vec<(String, String)>,
    key: bool,
    key_error: String,
    is_last: bool,
    button: String,
    typed: String,
    error: String,
}

/// Which code is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    App,
    Text,
    Recovery,
}

impl Asks {
    fn of(word: &str) -> Option<Self> {
        [Self::App, Self::Text, Self::Recovery]
            .into_iter()
            .find(|one| one.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Text => "text",
            Self::Recovery => "recovery",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::App => Kind::Totp,
            Self::Text => Kind::Sms,
            Self::Recovery => Kind::BackupCode,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::App => "settings-disable-code-hint",
            Self::Text => "settings-disable-text-hint",
            Self::Recovery => "settings-disable-recovery-hint",
        }
    }

    /// The code that is asked of somebody: the one they chose if they hold it, or of app and number the preferred one.
    fn choose(held: &Held, chosen: Option<Self>) -> Option<Self> {
        let factors = held.factors.iter();
        let held_ones = factors.filter_map(|one| match one.kind {
            Kind::Totp => Some(Self::App),
            Kind::Sms => Some(Self::Text),
            Kind::Webauthn | Kind::BackupCode => None,
        });
        let recovery = (held.codes_left() > 0).then_some(Self::Recovery);
        let may: Vec<Self> = held_ones.chain(recovery).collect();
        chosen
            .filter(|asks| may.contains(asks))
            .or(may.first().copied())
    }
}

/// What is said on the page: who came, what they chose, and what went wrong.
#[derive(Default)]
struct Said<'a> {
    is_last: bool,
    chosen: Option<Asks>,
    typed: String,
    slip: Option<&'a Refusal>,
}

/// `GET /settings/security/two-factor/disable`
///
/// # Errors
/// The database's trouble.
pub async fn disable_form(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stop> {
    let said = Said {
        is_last: asked.why.as_deref() == Some("last-method"),
        chosen: asked.with.as_deref().and_then(Asks::of),
        ..Said::default()
    };
    disable_page(&visit, said).await
}

async fn disable_page(visit: &Visit, said: Said<'_>) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let overview = flow::overview(&visit.moment, visit.acting()?).await?;
    let held = &overview.held;
    if !held.is_on() {
        return Ok(done(Done::OffAlready));
    }
    let asks = Asks::choose(held, said.chosen);
    let in_words = |refusal| words(refusal, &messages, visit.moment.now);
    let text = match asks {
        Some(Asks::Text) => block(visit, said.slip).await?,
        _ => None,
    };
    let (error, key_error) = match said.slip {
        Some(refusal @ Refusal::KeyNotAccepted) => (String::new(), in_words(refusal)),
        Some(refusal) => (in_words(refusal), String::new()),
        None => (String::new(), String::new()),
    };
    let button = messages.text("settings-disable-button");
    let status = said
        .slip
        .map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let template = DisablePage {
        page: visit.settings_shell(button.clone(), SettingsTab::Security)?,
        required: overview.required,
        text,
        code: asks.filter(|asks| *asks != Asks::Text),
        others: asks.map_or_else(Vec::new, |asks| others(visit, held, asks)),
        key: KeyOffer::of(&held.factors).is_some(),
        key_error,
        is_last: said.is_last,
        button,
        typed: said.typed,
        error,
    };
    page(status, &template)
}

async fn block(visit: &Visit, slip: Option<&Refusal>) -> Result<Option<Block>, Stop> {
    let asked = flow::text_to_disable_asked(&visit.moment, visit.acting()?).await?;
    let slip = slip.filter(|refusal| **refusal != Refusal::KeyNotAccepted);
    Ok(asked.map(|asked| Block::new(visit, &asked, slip)))
}

/// The ways beside the one that is asked. The field for the app's code takes a recovery code too.
fn others(visit: &Visit, held: &Held, asks: Asks) -> Vec<(String, String)> {
    let messages = visit.moment.messages();
    let has_app = held.factors.iter().any(|one| one.kind == Kind::Totp);
    let app =
        (has_app && asks != Asks::App).then(|| (Asks::App, messages.text("second-factor-use-app")));
    let text = use_text(visit, &held.factors)
        .filter(|_| asks != Asks::Text)
        .map(|words| (Asks::Text, words));
    let recovery = (held.codes_left() > 0 && asks != Asks::Recovery)
        .then(|| (Asks::Recovery, messages.text("second-factor-use-recovery")));
    [app, text, recovery]
        .into_iter()
        .flatten()
        .map(|(way, words)| (format!("{DISABLE}?with={}", way.word()), words))
        .collect()
}

/// `POST /settings/security/two-factor/disable/text/send`: sends a code for just this.
///
/// # Errors
/// The database's trouble.
pub async fn send_text(visit: Visit) -> Result<Response, Stop> {
    match flow::text_to_disable(&visit.moment, visit.acting()?).await {
        Ok(_) => Ok(see_other(&format!("{DISABLE}?with=text"))),
        Err(Stop::Refused(Refusal::NoFactor | Refusal::NotFound | Refusal::StillRequired)) => {
            Ok(see_other(DISABLE))
        }
        Err(Stop::Refused(refusal)) if is_about_code(&refusal) => {
            let said = Said {
                chosen: Some(Asks::Text),
                slip: Some(&refusal),
                ..Said::default()
            };
            disable_page(&visit, said).await
        }
        Err(stop) => Err(stop),
    }
}

/// `POST /settings/security/two-factor/disable`: a code typed for just this, whatever was proven before.
///
/// # Errors
/// The database's trouble.
pub async fn disable(
    visit: Visit,
    StrictForm(form): StrictForm<DisableForm>,
) -> Result<Response, Stop> {
    let typed = form.code.clone();
    let chosen = form.with.as_deref().and_then(Asks::of);
    // A recovery code is taken for one wherever it is typed.
    let kind = chosen
        .filter(|_| !twinlock_otp::looks_like_backup_code(&typed))
        .map(Asks::kind);
    let ended = match bearable(form.code) {
        Ok(code) => flow::disable_by(&visit.moment, visit.acting()?, code, kind).await,
        Err(stop) => Err(stop),
    };
    disabled(&visit, ended, typed, chosen).await
}

/// Off, or the page again with what is wrong.
async fn disabled(
    visit: &Visit,
    ended: Result<Option<String>, Stop>,
    typed: String,
    chosen: Option<Asks>,
) -> Result<Response, Stop> {
    match ended {
        Ok(token) => renewed(visit, token.as_deref(), done(Done::TwoFactorOff)),
        // Turned off meanwhile, or the method of this page was removed: the page says which.
        Err(Stop::Refused(Refusal::NoFactor)) => disable_page(visit, Said::default()).await,
        Err(Stop::Refused(Refusal::StillRequired)) => Ok(see_other(DISABLE)),
        Err(Stop::Refused(Refusal::SignedOut)) => signed_out(visit, DISABLE),
        Err(stop) => {
            let refusal = beside_field(stop)?;
            let said = Said {
                is_last: false,
                chosen,
                typed: kept(&refusal, &typed),
                slip: Some(&refusal),
            };
            disable_page(visit, said).await
        }
    }
}

/// `POST /settings/security/two-factor/disable/key/options`: what the browser asks the key.
///
/// # Errors
/// [`Refusal::StillRequired`], [`Refusal::NoFactor`].
pub async fn ask_to_disable(visit: Visit) -> Result<Response, Stop> {
    let options = flow::ask_to_disable(&visit.moment, visit.acting()?).await?;
    Ok(Json(json!({ "register": false, "options": options })).into_response())
}

/// `POST /settings/security/two-factor/disable/key`: a key touched for just this, whatever was proven before.
///
/// # Errors
/// The database's trouble.
pub async fn disable_by_key(
    visit: Visit,
    StrictForm(form): StrictForm<DisableByKeyForm>,
) -> Result<Response, Stop> {
    let answer = serde_json::from_str(&form.credential).unwrap_or(Value::Null);
    let ended = flow::disable_by_key(&visit.moment, visit.acting()?, answer).await;
    disabled(&visit, ended, String::new(), None).await
}
