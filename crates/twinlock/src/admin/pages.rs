//! Pages of administrators.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use twinlock_web::i18n::Arg;
use twinlock_web::{Shell, Width};

use crate::app::Stop;
use crate::edge::answer::clock_time;
use crate::edge::{Visit, page};
use crate::text_messages::store::prefixes::Prefix;

use super::flow;

/// One beginning of numbers.
struct Row {
    prefix: String,
    sent: i64,
    entered: i64,
    stopped: i64,
    standing: String,
}

#[derive(Template)]
#[template(path = "admin/texts.html")]
struct TextsPage {
    page: Shell,
    is_on: bool,
    cap: String,
    rows: Vec<Row>,
}

/// `GET /admin/texts`: texts of the last day, by how the numbers begin.
///
/// # Errors
/// [`crate::app::Refusal::NotFound`] for anybody but an administrator.
pub async fn texts(visit: Visit) -> Result<Response, Stop> {
    let found = flow::texts(&visit.moment, visit.acting()?).await?;
    let messages = visit.moment.messages();
    let settings = &visit.moment.app.settings;
    let sent: i64 = found.iter().map(|prefix| prefix.sent).sum();
    let fills = [
        ("sent", Arg::from(sent)),
        ("cap", Arg::from(i64::from(settings.sms.daily_cap))),
    ];
    let mut shell = visit.shell(messages.text("admin-texts-title"));
    shell.width = Width::Wide;
    let template = TextsPage {
        page: shell,
        is_on: visit.moment.app.texts.is_some(),
        cap: messages.with("admin-texts-cap", &fills),
        rows: found
            .into_iter()
            .map(|prefix| row(&visit, prefix))
            .collect(),
    };
    page(StatusCode::OK, &template)
}

fn row(visit: &Visit, prefix: Prefix) -> Row {
    let messages = visit.moment.messages();
    let standing = match prefix.stopped_until {
        Some(until) => {
            let until = ("until", Arg::from(clock_time(until, visit.moment.now)));
            messages.with("admin-texts-stopped-until", &[until])
        }
        None => messages.text("admin-texts-open"),
    };
    Row {
        prefix: prefix.prefix,
        sent: prefix.sent,
        entered: prefix.entered,
        stopped: prefix.stopped,
        standing,
    }
}
