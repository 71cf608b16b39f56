//! The person's own pages. Each part has its forms, its handlers and what its templates are filled with.

pub mod activity;
pub mod check_up;
pub mod codes;
pub mod devices;
pub mod disable;
pub mod enrol;
pub mod keys;
pub mod methods;
pub mod notice;
pub mod open_again;
pub mod profile;
pub mod security;
pub mod sessions;
pub mod texts;

use axum::response::Response;
use twinlock_web::i18n::Arg;

use crate::app::{AuthenticatorId, Refusal, Stop};
use crate::authenticators::{Authenticator, Kind};
use crate::config::Methods;
use crate::edge::answer::words;
use crate::edge::{Visit, see_other};
use crate::step_up::pages::beside_field;

/// The Security page.
const SECURITY: &str = "/settings/security";

/// Back to the Security page, which says what was done.
fn done(word: notice::Done) -> Response {
    see_other(&format!("{SECURITY}?done={}", word.word()))
}

/// The cookie of the session, where it got a new id.
fn renewed(visit: &Visit, token: Option<&str>, response: Response) -> Result<Response, Stop> {
    let Some(token) = token else {
        return Ok(response);
    };
    let ends = visit.acting()?.session.expires_at;
    let seconds = ends.seconds_from(visit.moment.now);
    Ok(visit.cookies().session(token, seconds).on(response))
}

/// A refusal in words, where it belongs beside a field.
fn field_error(visit: &Visit, stop: Stop) -> Result<String, Stop> {
    let refusal = beside_field(stop)?;
    Ok(words(&refusal, &visit.moment.messages(), visit.moment.now))
}

/// Numbers what has the same name, so that two buttons in a list never say the same.
fn tell_apart(visit: &Visit, names: &mut [&mut String]) {
    let messages = visit.moment.messages();
    let mut seen: Vec<(String, i64)> = Vec::new();
    for name in names {
        match seen.iter_mut().find(|(known, _)| known == *name) {
            Some((_, count)) => {
                *count += 1;
                let fills = [
                    ("name", Arg::from(name.as_str())),
                    ("number", Arg::from(*count)),
                ];
                **name = messages.with("settings-numbered", &fills);
            }
            None => seen.push((name.clone(), 1)),
        }
    }
}

fn authenticator_id(text: &str) -> Result<AuthenticatorId, Stop> {
    text.parse().map_err(|_| Refusal::NotFound.into())
}

/// What a method is called: the person's own name for it, or what it is; a number by what is shown of it.
fn name_of(visit: &Visit, factor: &Authenticator) -> String {
    let messages = visit.moment.messages();
    if factor.kind == Kind::Sms && !factor.label.is_empty() {
        let number = ("number", Arg::from(factor.label.as_str()));
        messages.with("settings-text-to", &[number])
    } else if factor.label.is_empty() {
        messages.text(match factor.kind {
            Kind::Webauthn => "settings-key",
            Kind::Sms => "settings-text",
            Kind::Totp | Kind::BackupCode => "settings-app",
        })
    } else {
        factor.label.clone()
    }
}

/// The method that a new one takes the place of: the one asked for, or, where one method is all there may be, the one there is.
fn replaced<'a>(
    visit: &Visit,
    factors: &'a [Authenticator],
    asked_for: &str,
) -> Result<Option<&'a Authenticator>, Stop> {
    if asked_for.is_empty() {
        let only = visit.moment.app.settings.two_factor.methods == Methods::One;
        return Ok(factors.first().filter(|_| only));
    }
    let id = authenticator_id(asked_for)?;
    let old = factors.iter().find(|factor| factor.id == id);
    Ok(Some(old.ok_or(Refusal::NotFound)?))
}

/// The sentence that says which method goes; empty where none does.
fn what_changes(visit: &Visit, old: Option<&Authenticator>) -> String {
    old.map_or_else(String::new, |old| {
        let name = ("name", Arg::from(name_of(visit, old)));
        visit.moment.messages().with("settings-replaces", &[name])
    })
}
