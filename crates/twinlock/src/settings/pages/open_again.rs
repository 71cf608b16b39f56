//! The page a sign-in leads to that opened a frozen account again.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use twinlock_web::Shell;

use crate::app::Stop;
use crate::edge::{Visit, page, see_other};
use crate::settings::flow;

use super::SECURITY;

/// How long after it the page is still of use.
const OF_USE: Duration = Duration::from_secs(24 * 3600);

#[derive(Template)]
#[template(path = "settings/open_again.html")]
struct OpenAgainPage {
    page: Shell,
    kept: String,
    removed: String,
    set_up_anew: bool,
    codes_ended: bool,
    is_on: bool,
    has_password: bool,
}

/// `GET /settings/open-again`
///
/// # Errors
/// The database's trouble.
pub async fn show(visit: Visit) -> Result<Response, Stop> {
    let acting = visit.acting()?;
    let Some(thawed) = flow::last_thaw(&visit.moment, acting, OF_USE).await? else {
        return Ok(see_other(SECURITY));
    };
    let overview = flow::overview(&visit.moment, acting).await?;
    let said = |name: &str| thawed.get(name).cloned().unwrap_or_default();
    let holds = |thawed: &BTreeMap<String, String>, name: &str| {
        thawed.get(name).is_some_and(|value| value == "yes")
    };
    let template = OpenAgainPage {
        page: visit.shell(visit.moment.messages().text("open-again-title")),
        kept: said("kept"),
        removed: said("removed"),
        set_up_anew: holds(&thawed, "set_up_anew"),
        codes_ended: holds(&thawed, "codes_ended"),
        is_on: overview.held.is_on(),
        has_password: overview.has_password,
    };
    page(StatusCode::OK, &template)
}
