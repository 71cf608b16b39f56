//! Every URL on one page, with what it demands. The router is built from this table, so a route cannot exist without its guard.

mod api;
mod device_api;
mod openapi;
mod own_api;
mod own_factors_api;
mod settings;
mod sign_in;
mod sign_in_api;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::{Method, StatusCode};
use twinlock_web::{PublicUrl, TrustedProxies};

use crate::app::App;
use crate::delivery_reports::api as reports;
use crate::edge::Doc;
use crate::edge::appearance;
use crate::edge::around::around;
use crate::edge::guard::{Gatekeeper, Guard, Surface, Throttle, Who};
use crate::edge::plain;
use crate::edge::shell::APPEARANCE;
use crate::help::pages as help;

pub use openapi::document as api_document;

/// One URL.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, in axum's form.
    pub path: &'static str,
    /// What it demands.
    pub guard: Guard,
    /// What `/api/openapi.json` says of it: always for the JSON API, never for pages.
    pub doc: Option<Doc>,
    handler: MethodRouter<()>,
}

impl Route {
    fn page(method: Method, path: &'static str, who: Who, handler: MethodRouter<()>) -> Self {
        let guard = Guard {
            surface: Surface::Page,
            who,
            throttle: Throttle::Nothing,
            step_up: false,
            audit: false,
        };
        Self {
            method,
            path,
            guard,
            doc: None,
            handler,
        }
    }

    /// A call of the JSON API cannot stand here without being described.
    fn api(
        method: Method,
        path: &'static str,
        who: Who,
        handler: MethodRouter<()>,
        doc: Doc,
    ) -> Self {
        let mut route = Self::page(method, path, who, handler);
        route.guard.surface = Surface::Api;
        route.doc = Some(doc);
        route
    }

    /// Neither a page nor JSON, open to everybody.
    fn plain(path: &'static str, handler: MethodRouter<()>) -> Self {
        let mut route = Self::page(Method::GET, path, Who::Anyone, handler);
        route.guard.surface = Surface::Plain;
        route
    }

    /// A route beside the table, open to everybody; only the demo has such.
    #[must_use]
    pub fn beside(
        surface: Surface,
        method: Method,
        path: &'static str,
        handler: MethodRouter<()>,
    ) -> Self {
        let mut route = Self::page(method, path, Who::Anyone, handler);
        route.guard.surface = surface;
        route
    }

    fn throttled(mut self, by: Throttle) -> Self {
        self.guard.throttle = by;
        self
    }

    fn stepped_up(mut self) -> Self {
        self.guard.step_up = true;
        self
    }

    fn audited(mut self) -> Self {
        self.guard.audit = true;
        self
    }
}

/// Every route there is.
#[must_use]
pub fn table() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(plain());
    routes.extend(sign_in::pages());
    routes.extend(api::table());
    routes.extend(help_pages());
    routes.extend(settings::pages());
    routes.push(appearance_route());
    routes.extend(report_routes());
    routes
}

fn plain() -> Vec<Route> {
    vec![
        Route::plain("/assets/{name}", get(plain::asset)),
        Route::plain("/healthz", get(plain::alive)),
        Route::plain("/readyz", get(plain::ready)),
    ]
}

/// Open to everybody, as providers carry nothing of ours; a report proves itself. What comes from a page in a browser is refused as any write.
fn report_routes() -> [Route; 4] {
    let posted = |path, handler| {
        let route = Route::page(Method::POST, path, Who::Anyone, handler);
        let guard = Guard {
            surface: Surface::Plain,
            ..route.guard
        };
        Route { guard, ..route }
    };
    let (path, short) = ("/reports/texts/{token}", "/reports/texts");
    [
        Route::plain(path, get(reports::asked)),
        posted(path, post(reports::posted)),
        Route::plain(short, get(reports::asked_by_vonage)),
        posted(short, post(reports::posted_by_vonage)),
    ]
}

fn appearance_route() -> Route {
    let handler = post(appearance::choose);
    Route::page(Method::POST, APPEARANCE, Who::Anyone, handler)
}

fn help_pages() -> Vec<Route> {
    let page = Route::page;
    vec![
        page(Method::GET, "/help", Who::Anyone, get(help::overview)),
        page(
            Method::GET,
            "/help/api",
            Who::Anyone,
            get(openapi::reference),
        ),
        // Where people look first.
        page(
            Method::GET,
            "/api",
            Who::Anyone,
            get(openapi::lead_to_reference),
        ),
        page(Method::GET, "/help/errors", Who::Anyone, get(help::errors)),
        page(Method::GET, "/help/{page}", Who::Anyone, get(help::article)),
    ]
}

/// What is said where there is no such page, or none for this method: as a page, and to programs as a problem document.
async fn nothing_there(gatekeeper: &Gatekeeper, request: Request, status: StatusCode) -> Response {
    let path = request.uri().path();
    let guard = Guard {
        surface: if path.starts_with("/api/") {
            Surface::Api
        } else {
            Surface::Page
        },
        who: Who::Anyone,
        throttle: Throttle::Nothing,
        step_up: false,
        audit: false,
    };
    if guard.surface == Surface::Api && status == StatusCode::METHOD_NOT_ALLOWED {
        return gatekeeper.say_wrong_method(request);
    }
    gatekeeper.say_nothing(guard, request, status).await
}

/// The router: the table under its guards, then what holds for every answer.
pub fn router(app: &App, public_url: PublicUrl, proxies: TrustedProxies) -> Router {
    mounted(app, public_url, proxies, table())
}

/// A router of these routes, each under its guard.
pub fn mounted(
    app: &App,
    public_url: PublicUrl,
    proxies: TrustedProxies,
    routes: Vec<Route>,
) -> Router {
    let gatekeeper = Arc::new(Gatekeeper {
        app: app.clone(),
        public_url,
        proxies,
    });
    let patterns = routes
        .iter()
        .map(|route| (route.method.clone(), route.path));
    app.meters.know_routes(patterns);
    let mut router = Router::new();
    for route in routes {
        let guard = route.guard;
        let gatekeeper = Arc::clone(&gatekeeper);
        let guarded = (route.handler).layer(from_fn(move |request: Request, next: Next| {
            let gatekeeper = Arc::clone(&gatekeeper);
            async move {
                let answer = |request| gatekeeper.admit(guard, request, next);
                around(&gatekeeper, request, answer).await
            }
        }));
        router = router.route(route.path, guarded);
    }
    let nothing = |status: StatusCode| {
        let gatekeeper = Arc::clone(&gatekeeper);
        move |request: Request| {
            let gatekeeper = Arc::clone(&gatekeeper);
            async move {
                let answer = |request| nothing_there(&gatekeeper, request, status);
                around(&gatekeeper, request, answer).await
            }
        }
    };
    router
        .fallback(nothing(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(nothing(StatusCode::METHOD_NOT_ALLOWED))
}
