//! `/demo`: phone, inbox, clock and accounts on one page, and the same for programs.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::Extension;
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{MethodRouter, get, post};
use http::{Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use twinlock_web::i18n::{Arg, Messages};
use twinlock_web::{Shell, StrictForm, StrictJson, Width};

use crate::app::{Clock as _, Fault, Refusal, Stop, Timestamp};
use crate::edge::guard::Surface;
use crate::edge::{InPath, Visit, page, see_other};
use crate::routes::Route;

use super::inbox::TEXTS;
use super::phone::{self, Running};
use super::{Demo, SeededAccount, Shown};

/// Furthest the clock is moved at once: a year.
const FURTHEST: u64 = 366 * 24 * 3600;

/// The demo's own routes.
pub(super) fn routes(demo: &Arc<Demo>) -> Vec<Route> {
    let with = |handler: MethodRouter<()>| handler.layer(Extension(Arc::clone(demo)));
    let route =
        |surface, method, path, handler| Route::beside(surface, method, path, with(handler));
    let (page, api, plain) = (Surface::Page, Surface::Api, Surface::Plain);
    vec![
        route(page, Method::GET, "/demo", get(overview)),
        route(page, Method::POST, "/demo/phone/scan", post(scan)),
        route(page, Method::POST, "/demo/phone/add", post(add)),
        route(page, Method::POST, "/demo/phone/remove", post(remove)),
        route(page, Method::POST, "/demo/clock/forward", post(forward)),
        route(api, Method::GET, "/demo/inbox.json", get(inbox)),
        route(plain, Method::GET, "/demo/inbox/{id}", get(mail)),
        route(api, Method::GET, "/demo/clock", get(clock)),
        route(api, Method::POST, "/demo/clock", post(advance)),
        route(plain, Method::GET, "/demo/live.js", get(script)),
    ]
}

type Shared = Extension<Arc<Demo>>;

#[derive(Template)]
#[template(path = "demo/demo.html")]
struct DemoPage {
    page: Shell,
    m: Messages,
    error: String,
    codes: Vec<Running>,
    texts: Vec<Shown>,
    mails: Vec<Shown>,
    accounts: Vec<SeededAccount>,
    now: String,
    settings_label: String,
}

impl DemoPage {
    fn new(demo: &Demo, visit: &Visit) -> Self {
        let m = visit.moment.messages();
        let mut page = visit.shell(m.text("demo-title"));
        page.width = Width::Settings;
        page.banner = Some(m.text("demo-simulation"));
        let now = demo.clock.now();
        let (texts, mails) =
            (demo.inbox.newest_first().into_iter()).partition(|shown| shown.channel == TEXTS);
        Self {
            page,
            error: String::new(),
            codes: demo.phone.running(now),
            texts,
            mails,
            accounts: demo.seeded.accounts.clone(),
            now: now.rfc3339(),
            settings_label: demo.app.settings.branding.labels.settings.clone(),
            m,
        }
    }

    fn seconds_left(&self, code: &Running) -> String {
        self.m.with(
            "demo-phone-left",
            &[("seconds", Arg::from(code.seconds_left))],
        )
    }
}

async fn overview(visit: Visit, Extension(demo): Shared) -> Result<Response, Stop> {
    page(StatusCode::OK, &DemoPage::new(&demo, &visit))
}

#[derive(Deserialize)]
struct Nothing {}

async fn scan(
    visit: Visit,
    Extension(demo): Shared,
    StrictForm(Nothing {}): StrictForm<Nothing>,
) -> Result<Response, Stop> {
    match phone::shown_last(&demo.app).await? {
        Some(address) => added(&demo, &visit, &address, "demo-phone-unreadable"),
        None => with_error(&demo, &visit, "demo-phone-nothing-to-scan"),
    }
}

#[derive(Deserialize)]
struct KeyForm {
    key: String,
}

async fn add(
    visit: Visit,
    Extension(demo): Shared,
    StrictForm(form): StrictForm<KeyForm>,
) -> Result<Response, Stop> {
    added(&demo, &visit, &form.key, "demo-phone-unreadable")
}

fn added(
    demo: &Demo,
    visit: &Visit,
    address: &str,
    otherwise: &'static str,
) -> Result<Response, Stop> {
    if demo.phone.add(address).map_err(fault)? {
        Ok(see_other("/demo"))
    } else {
        with_error(demo, visit, otherwise)
    }
}

fn with_error(demo: &Demo, visit: &Visit, message: &'static str) -> Result<Response, Stop> {
    let mut template = DemoPage::new(demo, visit);
    template.error = template.m.text(message);
    page(StatusCode::UNPROCESSABLE_ENTITY, &template)
}

#[derive(Deserialize)]
struct RemoveForm {
    id: String,
}

async fn remove(
    Extension(demo): Shared,
    StrictForm(form): StrictForm<RemoveForm>,
) -> Result<Response, Stop> {
    let id = form.id.parse().map_err(|_| Refusal::NotFound)?;
    demo.phone.remove(id).map_err(fault)?;
    Ok(see_other("/demo"))
}

#[derive(Deserialize)]
struct ForwardForm {
    seconds: String,
}

async fn forward(
    Extension(demo): Shared,
    StrictForm(form): StrictForm<ForwardForm>,
) -> Result<Response, Stop> {
    move_clock(&demo, form.seconds.parse().unwrap_or(u64::MAX))?;
    Ok(see_other("/demo"))
}

async fn inbox(Extension(demo): Shared) -> Json<Vec<Shown>> {
    Json(demo.inbox.newest_first())
}

/// What a mail may do in a browser: look as it says, and lead where its link leads. It runs nothing and fetches nothing.
const MAIL_POLICY: &str = "default-src 'none'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation";

/// The HTML of one mail, as a mail program would show it.
async fn mail(Extension(demo): Shared, InPath(id): InPath<String>) -> Result<Response, Stop> {
    let html = demo.inbox.html(&id).ok_or(Refusal::NotFound)?;
    let policy = [(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)];
    Ok((policy, Html(html)).into_response())
}

#[derive(Serialize)]
struct Now {
    now: String,
}

impl From<Timestamp> for Now {
    fn from(at: Timestamp) -> Self {
        Self { now: at.rfc3339() }
    }
}

async fn clock(Extension(demo): Shared) -> Json<Now> {
    Json(demo.clock.now().into())
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: u64,
}

async fn advance(
    Extension(demo): Shared,
    StrictJson(body): StrictJson<Advance>,
) -> Result<Json<Now>, Stop> {
    move_clock(&demo, body.advance_seconds)?;
    Ok(Json(demo.clock.now().into()))
}

/// Moves the clock and wakes what waited for the time.
fn move_clock(demo: &Demo, seconds: u64) -> Result<(), Stop> {
    if seconds > FURTHEST {
        return Err(Refusal::Field {
            field: "advance_seconds",
            code: "too_long",
        }
        .into());
    }
    demo.clock
        .advance(Duration::from_secs(seconds))
        .map_err(fault)?;
    demo.app.outbox_bell.notify_one();
    demo.app.texts_bell.notify_one();
    Ok(())
}

async fn script() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("live.js")).into_response()
}

fn fault(error: anyhow::Error) -> Stop {
    Fault::Internal(format!("{error:#}")).into()
}
