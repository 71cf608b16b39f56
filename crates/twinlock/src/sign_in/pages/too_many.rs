//! The page of a sign-in that ended by wrong tries: what has to wait now, what gets in before, and what to do if it was somebody else.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Shell};

use crate::app::Stop;
use crate::authenticators::Standings;
use crate::authenticators::rules::codes_of;
use crate::edge::answer::clock_time;
use crate::edge::{Visit, page};
use crate::sign_in::flow::second_factor::code_standings;
use crate::throttle::Standing;

#[derive(Template)]
#[template(path = "sign_in/pages/too_many.html")]
struct TooManyPage {
    page: Shell,
    /// What has to wait, and what gets in before.
    waits: Vec<String>,
    has_app: bool,
    not_you: String,
}

/// The page; the sign-in is gone from the browser with it.
///
/// # Errors
/// The database's trouble, or a template that fails.
pub(super) async fn over(visit: &Visit) -> Result<Response, Stop> {
    let messages = visit.moment.messages();
    let standings = code_standings(&visit.moment, visit.sign_in()?).await?;
    let template = TooManyPage {
        page: visit.shell(messages.text("sign-in-too-many-title")),
        waits: waits(visit, &messages, standings),
        has_app: standings.app.is_some(),
        not_you: messages.with(
            "sign-in-too-many-not-you",
            &[(
                "settings",
                Arg::from(visit.moment.app.settings.branding.labels.settings.as_str()),
            )],
        ),
    };
    let answer = page(StatusCode::GONE, &template)?;
    Ok(visit.cookies().end_sign_in().on(answer))
}

/// What has to wait in another sign-in too; nothing where every code is looked at.
fn waits(visit: &Visit, messages: &Messages, standings: Standings) -> Vec<String> {
    let until = |at| ("until", Arg::from(clock_time(at, visit.moment.now)));
    let of = codes_of(standings.app.is_some(), standings.text.is_some());
    let of = ("of", Arg::from(of));
    let with_code = matches!(standings.backup_code, Some(Standing::Open));
    let typed = match standings.app.or(standings.text) {
        Some(Standing::Until(at)) if with_code => {
            Some(messages.with("sign-in-too-many-wait-use-code", &[of, until(at)]))
        }
        Some(Standing::Until(at)) => Some(messages.with("sign-in-too-many-wait", &[of, until(at)])),
        Some(Standing::Off) if with_code => {
            Some(messages.with("sign-in-too-many-off-use-code", &[of]))
        }
        Some(Standing::Off) => {
            let support = Arg::from(&visit.moment.app.settings.branding.support);
            Some(messages.with("sign-in-too-many-off", &[of, ("support", support)]))
        }
        Some(Standing::Open) | None => None,
    };
    let backup_code = match standings.backup_code {
        Some(Standing::Until(at)) => {
            Some(messages.with("sign-in-too-many-codes-wait", &[until(at)]))
        }
        Some(Standing::Open | Standing::Off) | None => None,
    };
    typed.into_iter().chain(backup_code).collect()
}
