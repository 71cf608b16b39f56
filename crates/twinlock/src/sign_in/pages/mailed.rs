//! The page on which a mailed code is typed; every place that mails one draws it from here.

use std::sync::atomic::Ordering;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use twinlock_web::Shell;
use twinlock_web::i18n::Arg;

use crate::app::{Refusal, Stop};
use crate::challenge::store::Times;
use crate::edge::answer::words;
use crate::edge::{Visit, page};
use crate::outbox::NOT_CONFIGURED;

use super::status_of;

/// Where a code begins a sign-in.
pub const SIGN_IN: &str = "/sign-in/email-code";

/// A typed code.
#[derive(Deserialize)]
pub struct CodeForm {
    /// As typed.
    pub code: String,
}

/// What differs between the places a mailed code is asked.
pub struct Asked {
    /// The message of the heading.
    pub heading: &'static str,
    /// The message that says why, where that needs saying.
    pub why: Option<String>,
    /// The masked address.
    pub masked: String,
    /// The form's address; a new code is sent by the one below it, `…/send`.
    pub action: &'static str,
    /// The live code.
    pub mailed: Option<Times>,
    /// Other ways: an address and a message.
    pub links: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/mailed_code.html")]
struct MailedCodePage {
    page: Shell,
    why: String,
    intro: String,
    action: &'static str,
    send_action: String,
    sent: bool,
    wait: Option<Wait>,
    error: String,
    problem: String,
    delayed: bool,
    look: String,
    links: Vec<(&'static str, String)>,
}

/// The time until a new code may be asked for.
struct Wait {
    until: i64,
    now: i64,
    words: String,
}

impl Asked {
    /// The page, with what went wrong.
    ///
    /// # Errors
    /// A template that fails.
    pub fn answer(self, visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Stop> {
        let messages = visit.moment.messages();
        let sent = self.mailed.is_some();
        let (mut error, mut problem) = (String::new(), String::new());
        match refusal {
            Some(Refusal::InvalidMailedCode) if sent => {
                error = messages.text("mailed-code-wrong");
            }
            Some(Refusal::InvalidMailedCode) => problem = messages.text("mailed-code-too-old"),
            Some(refusal) => problem = words(refusal, &messages, visit.moment.now),
            None => {}
        }
        let app = &visit.moment.app;
        let set_up = app.mail.name() != NOT_CONFIGURED;
        let intro = match (sent, set_up) {
            (true, true) => "mailed-code-sent",
            (true, false) => "mailed-code-not-set-up",
            (false, _) => "mailed-code-to-send",
        };
        let template = MailedCodePage {
            page: visit.shell(messages.text(self.heading)),
            why: self.why.unwrap_or_default(),
            intro: messages.with(intro, &[("to", Arg::from(&self.masked))]),
            action: self.action,
            send_action: format!("{}/send", self.action),
            sent,
            wait: self.mailed.and_then(|times| wait(visit, times)),
            error,
            problem,
            look: messages.text(match self.action {
                // Only here the address may be one nobody signs in with.
                SIGN_IN => "mailed-code-look",
                _ => "mailed-code-look-own",
            }),
            delayed: sent && set_up && app.mail_in_trouble.load(Ordering::Relaxed),
            links: self
                .links
                .into_iter()
                .map(|(href, message)| (href, messages.text(message)))
                .collect(),
        };
        page(status_of(visit, refusal), &template)
    }
}

fn wait(visit: &Visit, times: Times) -> Option<Wait> {
    let now = visit.moment.now;
    let seconds = times.resend_at.seconds_from(now);
    let left = i64::try_from(seconds).ok().filter(|left| *left > 0)?;
    Some(Wait {
        until: now.as_seconds() + left,
        now: now.as_seconds(),
        words: visit
            .moment
            .messages()
            .with("mailed-code-wait", &[("seconds", Arg::from(left))]),
    })
}
