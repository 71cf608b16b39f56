//! The pages of making an account.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, StrictForm, safe_return_path};

use crate::account::rules::mask;
use crate::app::{Refusal, Stop};
use crate::config::{Method, SignUp};
use crate::edge::answer::words;
use crate::edge::{Visit, page, see_other};
use crate::sign_in::pages::mailed::{Asked, CodeForm};
use crate::sign_in::pages::new_password::password_hint;
use crate::sign_in::pages::{Outcome, Standing, go_on, in_query, path_in_query, status_of, weigh};
use crate::sign_in::{Purpose, Step};

use super::flow;

const VERIFY: &str = "/sign-up/verify";

/// `POST /sign-up`
#[derive(Clone, Deserialize, Default)]
pub struct AskForm {
    email: String,
    name: Option<String>,
    password: Option<String>,
    invitation: Option<String>,
    return_to: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_up/ask.html")]
struct AskPage {
    page: Shell,
    form: Kept,
    domains: String,
    password_hint: Option<String>,
    problem: String,
    errors: Errors,
}

/// What was typed and is shown again; never the password.
#[derive(Default)]
struct Kept {
    email: String,
    name: String,
    invitation: String,
    return_to: String,
}

/// What is wrong with which field.
#[derive(Default)]
struct Errors {
    email: String,
    name: String,
    password: String,
}

#[derive(Template)]
#[template(path = "sign_up/closed.html")]
struct ClosedPage {
    page: Shell,
}

/// `GET /sign-up`
///
/// # Errors
/// A template that fails.
pub async fn ask(visit: Visit) -> Result<Response, Stop> {
    let return_to = path_in_query(&visit, "return_to").unwrap_or_default();
    if visit.acting.is_some() {
        return Ok(see_other(if return_to.is_empty() {
            "/"
        } else {
            &return_to
        }));
    }
    let kept = Kept {
        invitation: in_query(&visit, "invitation").unwrap_or_default(),
        return_to,
        ..Kept::default()
    };
    ask_page(&visit, kept, None)
}

fn ask_page(visit: &Visit, form: Kept, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let settings = &visit.moment.app.settings.sign_in;
    let closed = settings.sign_up == SignUp::Invitation && form.invitation.is_empty();
    if closed || matches!(refusal, Some(Refusal::SignUpClosed) if !form.invitation.is_empty()) {
        let title = messages.text("sign-up-closed-title");
        let template = ClosedPage {
            page: visit.shell(title),
        };
        return page(StatusCode::FORBIDDEN, &template);
    }
    let (mut errors, mut problem) = (Errors::default(), String::new());
    if let Some(refusal) = refusal {
        let text = words(refusal, &messages, visit.moment.now);
        match refusal {
            Refusal::Field { field: "name", .. } => errors.name = text,
            Refusal::Field {
                field: "password", ..
            } => errors.password = text,
            Refusal::Field { .. } => errors.email = text,
            Refusal::SignUpClosed => errors.email = messages.text("sign-up-other-domain"),
            _ => problem = text,
        }
    }
    let domains = match settings.sign_up {
        SignUp::Domains if form.invitation.is_empty() => {
            let domains = settings.sign_up_domains.join(", ");
            messages.with("sign-up-domains", &[("domains", Arg::from(domains))])
        }
        _ => String::new(),
    };
    let template = AskPage {
        page: visit.shell(messages.text("sign-up-title")),
        form,
        domains,
        password_hint: settings
            .methods
            .contains(&Method::Password)
            .then(|| password_hint(visit)),
        problem,
        errors,
    };
    page(status_of(visit, refusal), &template)
}

/// `POST /sign-up`
///
/// # Errors
/// The database's trouble.
pub async fn begin(visit: Visit, StrictForm(form): StrictForm<AskForm>) -> Result<Response, Stop> {
    let return_to = form.return_to.as_deref().and_then(safe_return_path);
    let kept = Kept {
        email: form.email.clone(),
        name: form.name.clone().unwrap_or_default(),
        invitation: form.invitation.clone().unwrap_or_default(),
        return_to: return_to.clone().unwrap_or_default(),
    };
    let methods = &visit.moment.app.settings.sign_in.methods;
    let password = if methods.contains(&Method::Password) {
        let typed = form.password.unwrap_or_default();
        if typed.is_empty() {
            return ask_page(&visit, kept, Some(&NO_PASSWORD));
        }
        Some(typed)
    } else {
        None
    };
    let wanted = flow::Form {
        email: form.email,
        name: form.name.unwrap_or_default(),
        password,
        invitation: form.invitation,
        return_to,
    };
    match flow::ask(&visit.moment, wanted).await {
        Ok((progress, _)) => Ok(go_on(&visit, progress)),
        Err(Stop::Refused(
            refusal @ (Refusal::Field { .. }
            | Refusal::SignUpClosed
            | Refusal::TooManyRequests { .. }),
        )) => ask_page(&visit, kept, Some(&refusal)),
        Err(stop) => Err(stop),
    }
}

const NO_PASSWORD: Refusal = Refusal::Field {
    field: "password",
    code: "too_short",
};

/// `GET /sign-up/verify`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask_code(visit: Visit) -> Result<Response, Stop> {
    code_page(&visit, None).await
}

async fn code_page(visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let opened = standing.opened_for(&[Purpose::SignUp]);
    let (Some(opened), Step::VerifyEmail { mailed, .. }) = (opened, &standing.progress.step) else {
        return Ok(standing.lead_on(visit));
    };
    let asked = Asked {
        heading: "mailed-code-title",
        why: None,
        masked: mask(&opened.email),
        action: VERIFY,
        mailed: *mailed,
        links: vec![("/sign-up", "sign-up-again")],
    };
    asked.answer(visit, refusal)
}

/// `POST /sign-up/verify/send`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn send_again(visit: Visit) -> Result<Response, Stop> {
    let sent = flow::send_again(&visit.moment, visit.sign_in()?).await;
    match weigh(&visit, sent).await? {
        Outcome::Done(_) => Ok(see_other(VERIFY)),
        Outcome::Slip(refusal) => code_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

/// `POST /sign-up/verify`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify(
    visit: Visit,
    StrictForm(form): StrictForm<CodeForm>,
) -> Result<Response, Stop> {
    let made = flow::verify(&visit.moment, visit.sign_in()?, &form.code).await;
    match weigh(&visit, made).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => code_page(&visit, Some(&refusal)).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}
