//! The page that asks for a proof: which one, and what is said beside it.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use twinlock_web::Shell;
use twinlock_web::i18n::Arg;

use crate::app::{Refusal, Stop};
use crate::edge::answer::{kept, words};
use crate::edge::{Visit, page};
use crate::outbox::NOT_CONFIGURED;
use crate::step_up::flow::{self, KeyOffer, Offer};

use super::text;

/// What the page asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Code,
    Password,
    EmailCode,
}

/// When a new mailed code may be asked for, as the countdown shows it.
struct Resend {
    until: i64,
    now: i64,
    text: String,
}

#[derive(Template)]
#[template(path = "step_up/step_up.html")]
struct StepUpPage {
    page: Shell,
    lead: String,
    asks: Asks,
    sent: bool,
    resend: Resend,
    delayed: bool,
    email_instead: bool,
    code: bool,
    text: Option<(String, String)>,
    key: Option<KeyOffer>,
    key_error: String,
    typed: String,
    error: String,
    return_to: String,
}

pub(super) async fn draw(
    visit: &Visit,
    offer: &Offer,
    asks: Asks,
    return_to: String,
    slip: Option<(Refusal, String)>,
) -> Result<Response, Stop> {
    let (refusal, typed) = slip.unzip();
    let (moment, messages) = (&visit.moment, visit.moment.messages());
    let times = match asks {
        Asks::EmailCode => flow::mailed(moment, visit.acting()?).await?,
        Asks::Code | Asks::Password => None,
    };
    let seconds = times.map_or(0, |times| times.resend_at.seconds_from(moment.now));
    let seconds = i64::try_from(seconds).unwrap_or(0);
    let product = moment.app.settings.branding.name.as_str();
    let address = offer.email_code.clone().unwrap_or_default();
    let set_up = moment.app.mail.name() != NOT_CONFIGURED;
    let lead = lead(asks, offer, times.is_some(), set_up);
    let (error, key_error) = errors(visit, asks, refusal.as_ref());
    let template = StepUpPage {
        page: visit.shell(messages.text("step-up-title")),
        lead: messages.with(
            lead,
            &[
                ("product", Arg::from(product)),
                ("address", Arg::from(address)),
            ],
        ),
        asks,
        sent: times.is_some(),
        resend: Resend {
            until: moment.now.as_seconds() + seconds,
            now: moment.now.as_seconds(),
            text: messages.with("step-up-in-seconds", &[("seconds", Arg::from(seconds))]),
        },
        delayed: asks == Asks::EmailCode
            && set_up
            && moment
                .app
                .mail_in_trouble
                .load(std::sync::atomic::Ordering::Relaxed),
        email_instead: asks == Asks::Password && offer.email_code.is_some(),
        code: asks != Asks::Code || offer.app || offer.backup_codes,
        text: (offer.text.as_ref().filter(|_| asks == Asks::Code))
            .map(|offered| text::link(visit, offered, &return_to)),
        key: offer.key.filter(|_| asks == Asks::Code),
        key_error,
        typed: (refusal.as_ref().zip(typed))
            .map_or_else(String::new, |(refusal, typed)| kept(refusal, &typed)),
        error,
        return_to,
    };
    let status = match refusal {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    page(status, &template)
}

/// The message above the form. `sent`: a mailed code is on its way; `set_up`: mail can leave.
fn lead(asks: Asks, offer: &Offer, sent: bool, set_up: bool) -> &'static str {
    match asks {
        Asks::Code if offer.key.is_some() && (offer.app || offer.backup_codes) => {
            "step-up-lead-key-or-code"
        }
        Asks::Code if offer.key.is_some() => "step-up-lead-key",
        Asks::Code if offer.backup_codes => "step-up-lead-code",
        Asks::Code => "step-up-lead-app-code",
        Asks::Password => "step-up-lead-password",
        Asks::EmailCode if sent && !set_up => "mailed-code-not-set-up",
        Asks::EmailCode if sent => "step-up-lead-sent",
        Asks::EmailCode => "step-up-lead-send",
    }
}

/// What is wrong, beside the field and beside the key.
fn errors(visit: &Visit, asks: Asks, refusal: Option<&Refusal>) -> (String, String) {
    match refusal {
        Some(refusal @ Refusal::KeyNotAccepted) => {
            let said = words(refusal, &visit.moment.messages(), visit.moment.now);
            (String::new(), said)
        }
        Some(refusal) => (say(visit, asks, refusal), String::new()),
        None => (String::new(), String::new()),
    }
}

/// Who is signed in has no email to mistype, and mailed codes do not change every 30 seconds.
fn say(visit: &Visit, asks: Asks, refusal: &Refusal) -> String {
    let messages = visit.moment.messages();
    match (asks, refusal) {
        (Asks::Password, Refusal::InvalidCredentials) => messages.text("step-up-wrong-password"),
        (Asks::EmailCode, Refusal::InvalidMailedCode) => messages.text("step-up-wrong-email-code"),
        _ => words(refusal, &messages, visit.moment.now),
    }
}
