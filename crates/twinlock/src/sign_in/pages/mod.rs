//! The pages of signing in: one step a page, and every page leads to the step the sign-in is really at.

pub mod email_code;
pub mod enroll_text;
pub mod enrolment;
pub mod mailed;
pub mod new_password;
pub mod second_factor;
pub mod security_key;
pub mod start;
pub mod text_message;
pub mod texted;
mod too_many;

use axum::response::Response;
use http::StatusCode;
use twinlock_web::safe_return_path;

use crate::app::{Refusal, Stop, Token};
use crate::authenticators::{Authenticator, Kind};
use crate::config::Method;
use crate::edge::answer::tell;
use crate::edge::{Cookies, Visit, see_other};

use super::flow::{self, Held};
use super::gate::{Completed, Progress, Step};
use super::opened::Opened;
use super::rules::{OPEN_AGAIN, Purpose};

/// Where people go who wanted nothing in particular.
const HOME: &str = "/settings/security";
/// Where a recovery code leads.
const AFTER_RECOVERY_CODE: &str = "/settings/recovery-code-used";

/// `GET /`
///
/// # Errors
/// None.
pub async fn home(visit: Visit) -> Result<Response, Stop> {
    let path = if visit.acting.is_some() {
        HOME
    } else {
        "/sign-in"
    };
    Ok(see_other(path))
}

/// The sign-in in hand.
pub struct Standing {
    /// Its token.
    pub token: String,
    /// What it asks now.
    pub progress: Progress,
    /// Its state, as long as nothing is proven.
    pub opened: Option<Opened>,
}

impl Standing {
    /// Looks it up.
    ///
    /// # Errors
    /// [`Refusal::SignInExpired`].
    pub async fn of(visit: &Visit) -> Result<Self, Stop> {
        let token = visit.sign_in()?.to_owned();
        let opened = match flow::read_token(&visit.moment, &token)? {
            Held::Opened(opened) => Some(opened),
            Held::Stored(_) => None,
        };
        let progress = flow::current(&visit.moment, &token).await?;
        Ok(Self {
            token,
            progress,
            opened,
        })
    }

    /// Its state if nothing is proven yet and it was begun for one of these reasons.
    #[must_use]
    pub fn opened_for(&self, purposes: &[Purpose]) -> Option<&Opened> {
        self.opened
            .as_ref()
            .filter(|opened| purposes.contains(&opened.purpose))
    }

    /// To the page of the step it is at.
    #[must_use]
    pub fn lead_on(self, visit: &Visit) -> Response {
        go_on(visit, self.progress)
    }
}

/// What became of a form.
pub enum Outcome<T> {
    /// It went through.
    Done(T),
    /// To be said in place, on the form itself.
    Slip(Refusal),
    /// Another page answers.
    Elsewhere(Response),
}

/// Sorts the end of a use case into what the form's own page says, what another page says, and what the frame says.
///
/// # Errors
/// What the frame says.
pub async fn weigh<T>(visit: &Visit, ended: Result<T, Stop>) -> Result<Outcome<T>, Stop> {
    let refusal = match ended {
        Ok(done) => return Ok(Outcome::Done(done)),
        Err(Stop::Refused(refusal)) => refusal,
        Err(fault) => return Err(fault),
    };
    match refusal {
        Refusal::WrongStep => {
            let standing = Standing::of(visit).await?;
            Ok(Outcome::Elsewhere(standing.lead_on(visit)))
        }
        Refusal::InvalidCode { .. }
        | Refusal::InvalidTextedCode
        | Refusal::InvalidAppOrTextedCode
        | Refusal::TextedCodeOver
        | Refusal::KeyNotAccepted
            if is_over(visit).await? =>
        {
            Ok(Outcome::Elsewhere(too_many::over(visit).await?))
        }
        Refusal::InvalidCode { .. }
        | Refusal::InvalidMailedCode
        | Refusal::InvalidTextedCode
        | Refusal::InvalidAppOrTextedCode
        | Refusal::TextedCodeOver
        | Refusal::Mistyped
        | Refusal::KeyNotAccepted
        | Refusal::Locked { .. }
        | Refusal::ResendTooSoon(_)
        | Refusal::TooManyRequests { .. }
        | Refusal::TextLimit { .. }
        | Refusal::TextsUnanswered { .. }
        | Refusal::InvalidCredentials
        | Refusal::Field { .. } => Ok(Outcome::Slip(refusal)),
        other => Err(other.into()),
    }
}

async fn is_over(visit: &Visit) -> Result<bool, Stop> {
    match flow::current(&visit.moment, visit.sign_in()?).await {
        Ok(_) => Ok(false),
        Err(Stop::Refused(Refusal::SignInExpired)) => Ok(true),
        Err(stop) => Err(stop),
    }
}

/// The status of a page that says a refusal in place.
#[must_use]
pub fn status_of(visit: &Visit, refusal: Option<&Refusal>) -> StatusCode {
    refusal.map_or(StatusCode::OK, |refusal| {
        tell(refusal, visit.moment.now).status
    })
}

/// A checked path from the query, such as `return_to`.
#[must_use]
pub fn path_in_query(visit: &Visit, name: &str) -> Option<String> {
    safe_return_path(&in_query(visit, name)?)
}

/// The first value of this name in the query.
#[must_use]
pub fn in_query(visit: &Visit, name: &str) -> Option<String> {
    let (_, query) = visit.path.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// To the page of the next step, with the cookies this one gave.
#[must_use]
pub fn go_on(visit: &Visit, progress: Progress) -> Response {
    let (cookies, path) = ticket(visit, &progress);
    cookies.on(see_other(&path))
}

/// The cookies a step gave, and the path of the next one.
#[must_use]
pub fn ticket(visit: &Visit, progress: &Progress) -> (Cookies, String) {
    if let Step::Complete(completed) = &progress.step {
        return signed_in(visit, completed);
    }
    let mut cookies = visit.cookies();
    if let Some(token) = &progress.token {
        cookies = cookies.sign_in(token);
    }
    let token = progress.token.as_deref().or(visit.sign_in.as_deref());
    let opened = token
        .filter(|token| token.starts_with(Token::SIGN_IN_OPENED))
        .and_then(|token| Opened::read(&visit.moment.app, visit.moment.now, token).ok());
    let path = path_of(&progress.step, opened.as_ref());
    let query = (progress.not_texted.as_ref()).map_or("", text_message::why_none);
    (cookies, format!("{path}{query}"))
}

fn path_of(step: &Step, opened: Option<&Opened>) -> &'static str {
    let begun_for = |purpose| opened.is_some_and(|opened| opened.purpose == purpose);
    match step {
        Step::FirstFactor { .. } if begun_for(Purpose::PasswordReset) => "/sign-in/email-code",
        Step::FirstFactor { methods, mailed } => {
            let mail = methods.contains(&Method::EmailCode) && mailed.is_some();
            match methods.first() {
                _ if mail => "/sign-in/email-code",
                Some(Method::EmailCode) => "/sign-in/email-code",
                Some(Method::Password) | None => "/sign-in/password",
            }
        }
        Step::VerifyEmail { .. } if begun_for(Purpose::SignUp) => "/sign-up/verify",
        Step::VerifyEmail { .. } => "/sign-in/verify-email",
        Step::SecondFactor { factors, .. } => page_of(factors),
        Step::Enrol(_) => "/sign-in/enroll",
        Step::NewPassword => "/sign-in/new-password",
        Step::Complete(_) => "/",
    }
}

/// The preferred method is asked first.
fn page_of(factors: &[Authenticator]) -> &'static str {
    match factors.first().map(|first| first.kind) {
        Some(Kind::Webauthn) => "/sign-in/security-key",
        Some(Kind::Sms) => "/sign-in/text-message",
        Some(Kind::Totp | Kind::BackupCode) => "/sign-in/second-factor",
        // Every method of before was lost; the codes of then are not.
        None => "/sign-in/recovery-code",
    }
}

/// The session's cookie, and on to where the person wanted to go; after a recovery code, to what is worth doing now.
#[must_use]
pub fn signed_in(visit: &Visit, completed: &Completed) -> (Cookies, String) {
    let seconds = completed.session.expires_at.seconds_from(visit.moment.now);
    let mut cookies = visit
        .cookies()
        .session(&completed.token, seconds)
        .end_sign_in();
    if let Some(device) = &completed.device_token {
        cookies = cookies.device(device);
    }
    let path = match (completed.backup_codes_left, &completed.return_to) {
        (_, Some(path)) if path == OPEN_AGAIN => OPEN_AGAIN,
        (Some(_), _) => AFTER_RECOVERY_CODE,
        (None, Some(path)) => path.as_str(),
        (None, None) => HOME,
    };
    (cookies, path.to_owned())
}
