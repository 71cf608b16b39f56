//! The second factor by a texted code.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm};

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::api::bearable;
use crate::authenticators::{AskedFor, Attempt, Authenticator, Kind};
use crate::edge::{Visit, page, see_other};
use crate::sign_in::Step;
use crate::sign_in::flow::second_factor;

use super::second_factor::{Tick, more_tries, prove, said, why};
use super::security_key::has;
use super::texted::Block;
use super::{Outcome, Standing, go_on, in_query, status_of, weigh};

const PATH: &str = "/sign-in/text-message";

/// `POST /sign-in/text-message`
#[derive(Deserialize)]
pub struct TextForm {
    code: String,
    trust_device: Option<String>,
    shared: Option<String>,
}

/// `POST /sign-in/text-message/send`
#[derive(Deserialize)]
pub struct SendForm {
    factor: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/text_message.html")]
struct TextPage {
    page: Shell,
    why: String,
    block: Block,
    /// The number the next code goes to.
    factor: String,
    /// The other numbers, and what sends a code there.
    others: Vec<(String, String)>,
    tick: Option<Tick>,
    more_tries: bool,
    has_app: bool,
    key: bool,
    recovery: bool,
}

/// What the page's address says of a code that was not texted by itself.
const NONE_SENT: &str = "none_sent";

/// The query of the page where no code could be texted by itself; what waits or is locked the page sees without it.
pub(super) fn why_none(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TextLimit { .. } => "?none_sent=limit",
        Refusal::KindUnavailable => "?none_sent=number",
        _ => "",
    }
}

fn none_sent(visit: &Visit) -> Option<Refusal> {
    match in_query(visit, NONE_SENT)?.as_str() {
        "limit" => Some(Refusal::TextLimit { retry_after: 0 }),
        "number" => Some(Refusal::KindUnavailable),
        _ => None,
    }
}

/// `GET /sign-in/text-message`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask(visit: Visit) -> Result<Response, Stop> {
    text_page(&visit, None, None).await
}

/// `POST /sign-in/text-message/send`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn send(visit: Visit, StrictForm(form): StrictForm<SendForm>) -> Result<Response, Stop> {
    let factor: Option<AuthenticatorId> = form.factor.and_then(|id| id.parse().ok());
    let sent = second_factor::send_text(&visit.moment, visit.sign_in()?, factor).await;
    match sent {
        // The number was removed meanwhile.
        Err(Stop::Refused(Refusal::NoFactor | Refusal::NotFound)) => Ok(see_other(PATH)),
        Err(Stop::Refused(refusal @ Refusal::KindUnavailable)) => {
            text_page(&visit, Some(&refusal), None).await
        }
        sent => match weigh(&visit, sent).await? {
            Outcome::Done(_) => Ok(see_other(PATH)),
            Outcome::Slip(refusal) => text_page(&visit, Some(&refusal), None).await,
            Outcome::Elsewhere(answer) => Ok(answer),
        },
    }
}

/// `POST /sign-in/text-message`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify(
    visit: Visit,
    StrictForm(form): StrictForm<TextForm>,
) -> Result<Response, Stop> {
    let said = said(&visit, form.trust_device.as_deref(), form.shared.as_deref());
    let code = match bearable(form.code) {
        Ok(code) => code,
        Err(Stop::Refused(refusal)) => return text_page(&visit, Some(&refusal), said).await,
        Err(fault) => return Err(fault),
    };
    // A recovery code typed here is taken for one.
    let recovery = twinlock_otp::looks_like_backup_code(&code);
    let attempt = Attempt {
        code,
        kind: (!recovery).then_some(Kind::Sms),
        factor: None,
        mailbox_proved: false,
        asked_for: AskedFor::SignIn,
        ceremony: None,
    };
    match prove(&visit, attempt, said).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => text_page(&visit, Some(&refusal), said).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

async fn text_page(
    visit: &Visit,
    refusal: Option<&Refusal>,
    said: Option<bool>,
) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let Step::SecondFactor {
        factors,
        backup_codes,
    } = &standing.progress.step
    else {
        return Ok(standing.lead_on(visit));
    };
    let numbers: Vec<&Authenticator> = (factors.iter())
        .filter(|factor| factor.kind == Kind::Sms)
        .collect();
    let Some(text) = second_factor::text_asked(&visit.moment, &standing.token).await? else {
        return Ok(standing.lead_on(visit));
    };
    let to = text.texted.as_ref().map(|texted| texted.sent.factor);
    let found = numbers
        .iter()
        .find(|one| Some(one.id) == to)
        .or(numbers.first());
    let Some(asked) = found else {
        return Ok(standing.lead_on(visit));
    };
    let locked = refusal.or(text.locked.as_ref());
    let none_sent = none_sent(visit).filter(|_| text.texted.is_none() && text.locked.is_none());
    let messages = visit.moment.messages();
    let others = numbers.iter().filter(|one| one.id != asked.id).map(|one| {
        let number = ("number", Arg::from(one.label.as_str()));
        let label = messages.with("second-factor-text-other", &[number]);
        (one.id.to_string(), label)
    });
    let template = TextPage {
        page: visit.shell(messages.text("second-factor-title")),
        why: why(visit, standing.progress.thaw),
        block: Block::new(visit, &text, refusal.or(none_sent.as_ref())),
        factor: asked.id.to_string(),
        others: others.collect(),
        tick: Tick::of(visit, standing.progress.thaw, said),
        more_tries: more_tries(visit, &standing, locked).await?,
        has_app: has(factors, Kind::Totp),
        key: has(factors, Kind::Webauthn) && visit.moment.app.webauthn.is_some(),
        recovery: *backup_codes,
    };
    page(status_of(visit, refusal), &template)
}
