//! The pages behind the link "this was not me".

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::Shell;
use twinlock_web::i18n::Arg;

use crate::app::Stop;
use crate::authenticators::Since;
use crate::edge::{Visit, When, page, see_other};
use crate::undo::UndoLink;

use super::flow::{self, WayBack};

/// `GET /not-me/frozen`
#[derive(Deserialize)]
pub struct Pressed {
    way: Option<String>,
}

#[derive(Template)]
#[template(path = "freeze/not_me.html")]
struct NotMePage {
    page: Shell,
    event: String,
    device: String,
    at: When,
    action: String,
}

#[derive(Template)]
#[template(path = "freeze/spent.html")]
struct SpentPage {
    page: Shell,
    contact: String,
}

#[derive(Template)]
#[template(path = "freeze/frozen.html")]
struct FrozenPage {
    page: Shell,
    /// What is asked to open the account again, in order; empty where others open it.
    steps: Vec<String>,
    afterwards: String,
    contact: String,
}

/// `GET /not-me/{token}`: says what the link stands for. Looking changes nothing, so that programs that open links do no harm.
///
/// # Errors
/// A template that fails.
pub async fn show(visit: Visit, Path(token): Path<String>) -> Result<Response, Stop> {
    match flow::look(&visit.moment, &token).await? {
        Some(link) => question(&visit, &token, &link),
        None => spent(&visit),
    }
}

fn question(visit: &Visit, token: &str, link: &UndoLink) -> Result<Response, Stop> {
    let (messages, now) = (visit.moment.messages(), visit.moment.now);
    let product = Arg::from(&visit.moment.app.settings.branding.name);
    let template = NotMePage {
        page: visit.shell(messages.text("not-me-title")),
        event: messages.with(
            &format!("not-me-event-{}", link.event),
            &[("product", product)],
        ),
        device: link.device_label.clone(),
        at: When::new(link.happened_at, now, &messages),
        action: crate::undo::path(token),
    };
    page(StatusCode::OK, &template)
}

/// The same for every link that cannot be used, whatever the cause.
fn spent(visit: &Visit) -> Result<Response, Stop> {
    let template = SpentPage {
        page: visit.shell(visit.moment.messages().text("not-me-spent-title")),
        contact: contact(visit),
    };
    page(StatusCode::GONE, &template)
}

/// `POST /not-me/{token}`: freezes the account, once.
///
/// # Errors
/// The database's trouble.
pub async fn press(visit: Visit, Path(token): Path<String>) -> Result<Response, Stop> {
    match flow::press(&visit.moment, &token).await? {
        // The address of the page that follows has no token in it.
        Some(way) => Ok(see_other(&format!("/not-me/frozen?way={}", way.word()))),
        None => spent(&visit),
    }
}

/// `GET /not-me/frozen`: what happened, and the way back. It says nothing of the account but which kind of way that is.
///
/// # Errors
/// A template that fails.
pub async fn frozen(visit: Visit, Query(pressed): Query<Pressed>) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let way = WayBack::ALL
        .into_iter()
        .find(|way| pressed.way.as_deref() == Some(way.word()));
    let steps: &[&str] = match way.unwrap_or(WayBack::SignIn(Since::Before)) {
        WayBack::SignIn(Since::Before) => &["sign-in", "code-before", "mailbox", "password-if"],
        WayBack::SignIn(Since::Now) => &["sign-in", "code-now", "mailbox", "password"],
        WayBack::SignIn(Since::Never) => &["sign-in", "mailbox", "password"],
        WayBack::Others => &[],
    };
    let support = [(
        "support",
        Arg::from(&visit.moment.app.settings.branding.support),
    )];
    let afterwards = match way {
        Some(WayBack::Others) => messages.with("frozen-others", &support),
        _ => messages.text("frozen-afterwards"),
    };
    let template = FrozenPage {
        page: visit.shell(messages.text("frozen-title")),
        steps: steps
            .iter()
            .map(|step| messages.with(&format!("frozen-step-{step}"), &support))
            .collect(),
        afterwards,
        contact: contact(&visit),
    };
    page(StatusCode::OK, &template)
}

fn contact(visit: &Visit) -> String {
    let support = Arg::from(&visit.moment.app.settings.branding.support);
    let messages = visit.moment.messages();
    messages.with("not-me-contact", &[("support", support)])
}
