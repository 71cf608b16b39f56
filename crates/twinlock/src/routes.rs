//! Every URL on one page, with what it demands. The router is built from this table, so a route cannot exist without its guard.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::{Method, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use twinlock_web::{PublicUrl, TrustedProxies, security_headers};

use crate::app::App;
use crate::edge::guard::{Gatekeeper, Guard, Surface, Throttle, Who, own_host};
use crate::edge::plain;
use crate::help::pages as help;
use crate::sign_in::pages::{
    self as sign_in, email_code, enrolment, new_password, second_factor, start,
};
use crate::sign_up::pages as sign_up;

/// One URL.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, in axum's form.
    pub path: &'static str,
    /// What it demands.
    pub guard: Guard,
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
            handler,
        }
    }

    fn api(method: Method, path: &'static str, who: Who, handler: MethodRouter<()>) -> Self {
        let mut route = Self::page(method, path, who, handler);
        route.guard.surface = Surface::Api;
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
    routes.extend(sign_in_pages());
    routes.extend(help_pages());
    routes.extend(settings::pages());
    routes.extend(sign_up_pages());
    routes
}

fn plain() -> Vec<Route> {
    vec![
        Route::plain("/assets/{name}", get(plain::asset)),
        Route::plain("/healthz", get(plain::alive)),
        Route::plain("/readyz", get(plain::ready)),
    ]
}

fn sign_in_pages() -> Vec<Route> {
    let mut routes = vec![
        show("/", Who::Anyone, get(sign_in::home)),
        show("/sign-in", Who::Anyone, get(start::start)),
        send("/sign-in", Who::Anyone, post(start::begin)),
    ];
    routes.extend(first_factor_pages());
    routes.extend(second_factor_pages());
    routes.extend(enrolment_pages());
    routes
}

fn first_factor_pages() -> Vec<Route> {
    let who = Who::SignIn;
    let mailed = |path, handler| {
        send(path, who, handler)
            .throttled(Throttle::MailedCode)
            .audited()
    };
    vec![
        show("/sign-in/password", who, get(start::password)),
        send("/sign-in/password", who, post(start::verify_password))
            .throttled(Throttle::Password)
            .audited(),
        show("/sign-in/forgot-password", who, get(start::forgot)),
        send(
            "/sign-in/forgot-password",
            who,
            post(start::send_reset_code),
        )
        .throttled(Throttle::MailedCode),
        show("/sign-in/email-code", who, get(email_code::first)),
        mailed("/sign-in/email-code", post(email_code::verify_first)),
        send(
            "/sign-in/email-code/send",
            who,
            post(email_code::send_first),
        )
        .throttled(Throttle::MailedCode),
        show("/sign-in/verify-email", who, get(email_code::mailbox)),
        mailed("/sign-in/verify-email", post(email_code::verify_mailbox)),
        send(
            "/sign-in/verify-email/send",
            who,
            post(email_code::send_mailbox),
        )
        .throttled(Throttle::MailedCode),
        show("/sign-in/new-password", who, get(new_password::ask)),
        send("/sign-in/new-password", who, post(new_password::set)).audited(),
    ]
}

fn help_pages() -> Vec<Route> {
    let page = Route::page;
    vec![
        page(Method::GET, "/help", Who::Anyone, get(help::overview)),
        page(Method::GET, "/help/errors", Who::Anyone, get(help::errors)),
        page(Method::GET, "/help/{page}", Who::Anyone, get(help::article)),
    ]
}

fn second_factor_pages() -> Vec<Route> {
    let who = Who::SignIn;
    let code = |path, handler| {
        send(path, who, handler)
            .throttled(Throttle::SecondFactor)
            .audited()
    };
    vec![
        show("/sign-in/second-factor", who, get(second_factor::ask)),
        code("/sign-in/second-factor", post(second_factor::verify)),
        show(
            "/sign-in/recovery-code",
            who,
            get(second_factor::ask_recovery_code),
        ),
        code(
            "/sign-in/recovery-code",
            post(second_factor::verify_recovery_code),
        ),
        show("/sign-in/lost-phone", who, get(second_factor::lost_phone)),
    ]
}

fn enrolment_pages() -> Vec<Route> {
    let who = Who::SignIn;
    vec![
        show("/sign-in/enroll", who, get(enrolment::explain)),
        send("/sign-in/enroll", who, post(enrolment::begin)),
        // Whoever ticks the box is signed in by then, or at the next step; the form itself changes nothing.
        send("/sign-in/enroll/saved", Who::Anyone, post(enrolment::saved)),
        show("/sign-in/enroll/{id}", who, get(enrolment::scan)),
        send("/sign-in/enroll/{id}", who, post(enrolment::confirm)).audited(),
        show("/sign-in/enroll/{id}/code", who, get(enrolment::ask_code)),
    ]
}

fn sign_up_pages() -> Vec<Route> {
    let who = Who::SignIn;
    vec![
        show("/sign-up", Who::Anyone, get(sign_up::ask)),
        send("/sign-up", Who::Anyone, post(sign_up::begin)).throttled(Throttle::MailedCode),
        show("/sign-up/verify", who, get(sign_up::ask_code)),
        send("/sign-up/verify", who, post(sign_up::verify))
            .throttled(Throttle::MailedCode)
            .audited(),
        send("/sign-up/verify/send", who, post(sign_up::send_again))
            .throttled(Throttle::MailedCode),
    ]
}

fn show(path: &'static str, who: Who, handler: MethodRouter<()>) -> Route {
    Route::page(Method::GET, path, who, handler)
}

fn send(path: &'static str, who: Who, handler: MethodRouter<()>) -> Route {
    Route::page(Method::POST, path, who, handler)
}

/// What is said where there is no such page, or none for this method: as a page, and to programs as a problem document.
async fn nothing_there(gatekeeper: Gatekeeper, request: Request, status: StatusCode) -> Response {
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
        return status.into_response();
    }
    let mut response = gatekeeper.say_not_found(guard, request).await;
    if response.status() == StatusCode::NOT_FOUND {
        *response.status_mut() = status;
    }
    response
}

/// The router: the table under its guards, then what holds for every answer.
#[must_use]
pub fn router(app: &App, public_url: PublicUrl, proxies: TrustedProxies) -> Router {
    mounted(app, public_url, proxies, table())
}

/// A router of these routes, each under its guard.
#[must_use]
pub fn mounted(
    app: &App,
    public_url: PublicUrl,
    proxies: TrustedProxies,
    routes: Vec<Route>,
) -> Router {
    let secure = public_url.is_secure();
    let gatekeeper = Gatekeeper {
        app: app.clone(),
        public_url: Arc::new(public_url),
        proxies: Arc::new(proxies),
    };
    let mut router = Router::new();
    for route in routes {
        let guard = route.guard;
        let gatekeeper = gatekeeper.clone();
        let guarded = route
            .handler
            .layer(from_fn(move |request: Request, next: Next| {
                let gatekeeper = gatekeeper.clone();
                async move { gatekeeper.admit(guard, request, next).await }
            }));
        router = router.route(route.path, guarded);
    }
    let public_url = Arc::clone(&gatekeeper.public_url);
    let unknown = gatekeeper.clone();
    router
        .fallback(move |request: Request| nothing_there(unknown, request, StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(move |request: Request| {
            nothing_there(gatekeeper, request, StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(from_fn(move |request: Request, next: Next| {
            own_host(Arc::clone(&public_url), request, next)
        }))
        .layer(CatchPanicLayer::custom(sorry))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            WHOLE,
        ))
        .layer(RequestBodyTimeoutLayer::new(BODY))
        .layer(security_headers(secure))
}

/// Time for one request from its head to its answer: a client that sends its body drop by drop is cut.
const WHOLE: Duration = Duration::from_secs(30);
/// Time a client may keep silent in the middle of a body.
const BODY: Duration = Duration::from_secs(15);

/// A handler that panicked ends nothing but its own request; the panic itself is in the log.
fn sorry(_: Box<dyn std::any::Any + Send>) -> http::Response<axum::body::Body> {
    let mut response = http::Response::new(axum::body::Body::from(
        "Something went wrong on our side.\n",
    ));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
