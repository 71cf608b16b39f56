//! What is hard to come by on purpose: every component on one page, and every error as its page. Beside them the list of all pages, so
//! that whoever looks at every page can tell when one was forgotten.

use axum::extract::Path;
use axum::response::{Html, IntoResponse as _, Json, Response};
use axum::routing::get;
use http::Method;
use serde::Serialize;
use twinlock_web::gallery::{Specimens, gallery};
use twinlock_web::{MenuLink, ShellUser, Width};

use crate::app::{Fault, FrozenBy, Refusal, Stop};
use crate::edge::guard::Surface;
use crate::edge::{Visit, Who};
use crate::routes::{Route, table};

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    let page = |path, handler| Route::beside(Surface::Page, Method::GET, path, handler);
    vec![
        page("/demo/gallery", get(components)),
        page("/demo/errors/{code}", get(error)),
        Route::beside(
            Surface::Api,
            Method::GET,
            "/demo/pages.json",
            get(every_page),
        ),
    ]
}

async fn components(visit: Visit) -> Result<Response, Stop> {
    let names = Specimens::default();
    let mut page = visit.shell(visit.moment.messages().text("demo-gallery-title"));
    page.width = Width::Settings;
    page.help = None;
    page.signed_in = Some(ShellUser {
        name: names.long.clone(),
        initials: String::from("DG"),
        menu_label: visit.moment.messages().text("your-account"),
        links: vec![MenuLink {
            label: names.turned.clone(),
            href: String::from("/settings/profile"),
        }],
        actions: Vec::new(),
    });
    let html = gallery(page, names).map_err(|fault| Fault::Internal(fault.to_string()))?;
    Ok(Html(html).into_response())
}

async fn error(visit: Visit, Path(code): Path<String>) -> Result<Response, Stop> {
    let soon = visit.moment.now.plus(std::time::Duration::from_secs(600));
    let stop = match code.as_str() {
        "frozen" => Refusal::Frozen(FrozenBy::Owner).into(),
        "foreign-origin" => Refusal::ForeignOrigin.into(),
        "sign-in-expired" => Refusal::SignInExpired.into(),
        "locked" => Refusal::Locked {
            until: soon,
            still_possible: vec!["backup_code"],
        }
        .into(),
        "too-many-requests" => Refusal::TooManyRequests { retry_after: 600 }.into(),
        "overloaded" => Fault::Overloaded("shown on purpose").into(),
        "internal" => Fault::Internal(String::from("shown on purpose")).into(),
        _ => Refusal::NotFound.into(),
    };
    Err(stop)
}

/// A page of the product.
#[derive(Serialize)]
struct Listed {
    path: &'static str,
    who: &'static str,
}

async fn every_page() -> Json<Vec<Listed>> {
    let pages = table().into_iter().filter_map(|route| {
        let shown = route.guard.surface == Surface::Page && route.method == Method::GET;
        let who = match route.guard.who {
            Who::Anyone => "anyone",
            Who::SignIn => "sign_in",
            Who::Session => "session",
            Who::ApiKey(_) => "api_key",
        };
        let path = route.path;
        shown.then_some(Listed { path, who })
    });
    Json(pages.collect())
}
