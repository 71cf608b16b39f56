//! The route table against callers who hold too little, the wrong thing, or come from elsewhere. A new route is tested here without a
//! line of its own.

use http::{Method, StatusCode};
use twinlock::application::Scope;
use twinlock::edge::guard::{Surface, Who};
use twinlock::routes::{Route, table};

use crate::support::books::credentials;
use crate::support::browser::{Answer, Browser, form_body};
use crate::support::{Person, Place, TestApp};

on_both_engines!(
    p05_p07_s05_a_route_for_people_signed_in_refuses_everything_else,
    a_step_of_a_sign_in_refuses_whoever_has_begun_none,
    p12_a_route_for_programs_refuses_every_key_without_its_scope,
    x01_e07_a_write_from_another_site_is_refused,
    x01_reading_changes_nothing,
    x06_x20_hostile_ids_are_not_found_and_break_nothing,
    x15_a_method_or_kind_of_body_that_is_not_in_the_table_is_refused,
    x17_no_made_up_path_or_header_makes_a_page_that_could_be_cached,
    x09_x11_hostile_bodies_are_refused_and_break_nothing,
);

/// Writes that need no body and read none.
const UNREAD: &[&str] = &[
    "/api/v1/accounts/{account}/freeze",
    "/api/v1/accounts/{account}/unfreeze",
    "/api/v1/me/backup-codes",
    "/api/v1/me/sessions/end-others",
    "/api/v1/session/step-up/send",
];

/// An id nobody has.
const NOBODYS: &str = "01890000-0000-7000-8000-000000000000";
const SESSION_COOKIE: &str = "__Host-twinlock";
const SIGN_IN_COOKIE: &str = "__Host-twinlock-signin";

/// A route's path with ids filled in.
fn path(route: &Route, id: &str) -> String {
    let filled = |part: &str| {
        if part.starts_with('{') {
            id.to_owned()
        } else {
            part.to_owned()
        }
    };
    let parts: Vec<String> = route.path.split('/').map(filled).collect();
    parts.join("/")
}

/// What a well-meaning caller would send, so that the guard is what refuses.
fn body(route: &Route) -> Option<String> {
    let writes = matches!(route.method, Method::POST | Method::PUT | Method::PATCH);
    match route.guard.surface {
        _ if !writes => None,
        Surface::Api => Some(String::from("{}")),
        Surface::Page | Surface::Plain => form_body(&[]),
    }
}

async fn ask(browser: &mut Browser, route: &Route, extra: &[(&str, &str)]) -> Answer {
    ask_at(browser, route, &path(route, NOBODYS), body(route), extra).await
}

async fn ask_at(
    browser: &mut Browser,
    route: &Route,
    path: &str,
    body: Option<String>,
    extra: &[(&str, &str)],
) -> Answer {
    let mut headers = extra.to_vec();
    if !extra.iter().any(|(name, _)| *name == "sec-fetch-site") {
        headers.extend([("sec-fetch-site", "same-origin"), ("origin", "null")]);
    }
    if route.guard.surface == Surface::Api
        && body.is_some()
        && !extra.iter().any(|(name, _)| *name == "content-type")
    {
        headers.push(("content-type", "application/json"));
    }
    let answer = browser
        .send(route.method.clone(), path, &headers, body)
        .await;
    looks_after_itself(route, &answer);
    answer
}

/// X03: what holds of every answer, errors included.
fn looks_after_itself(route: &Route, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
        "{}",
        route.path
    );
    assert_eq!(
        answer.header("x-content-type-options"),
        "nosniff",
        "{}",
        route.path
    );
    assert_eq!(
        answer.header("referrer-policy"),
        "no-referrer",
        "{}",
        route.path
    );
    assert!(
        answer
            .header("strict-transport-security")
            .starts_with("max-age="),
        "{}",
        route.path
    );
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        assert_eq!(answer.header(name), "same-origin", "{}: {name}", route.path);
    }
    if route.guard.surface != Surface::Plain {
        assert_eq!(answer.header("cache-control"), "no-store", "{}", route.path);
    }
    // X15: no script of another site reads an answer.
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        "",
        "{}",
        route.path
    );
    assert_ne!(
        answer.status,
        StatusCode::INTERNAL_SERVER_ERROR,
        "{} {}",
        route.method,
        route.path
    );
}

/// Refused for want of a session: pages lead to the sign-in page, programs get 401.
#[track_caller]
fn must_be_signed_out(route: &Route, answer: &Answer, how: &str) {
    let (status, to) = (answer.status, answer.location());
    let said = match route.guard.surface {
        Surface::Api => status == StatusCode::UNAUTHORIZED,
        Surface::Page | Surface::Plain => {
            status == StatusCode::SEE_OTHER && to.starts_with("/sign-in")
        }
    };
    assert!(
        said,
        "{} {} with {how}: {status} {to} {}",
        route.method, route.path, answer.body
    );
}

/// Ann, who has an app, and the tokens of her live session and of one she signed out of.
async fn ann(app: &TestApp) -> (Person, String, String) {
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let dead = caller.sign_in(&ann).await.token;
    let acting = caller.acting(&dead).await;
    twinlock::session::flow::sign_out(&caller.moment(), &acting)
        .await
        .unwrap();
    let live = caller.sign_in(&ann).await.token;
    (ann, live, dead)
}

fn with_cookie(app: &TestApp, name: &str, value: &str) -> Browser {
    let mut browser = app.browser();
    browser.cookies.plant(name, value);
    browser
}

async fn p05_p07_s05_a_route_for_people_signed_in_refuses_everything_else(place: &Place) {
    let app = place.app().await;
    let (ann, live, dead) = ann(&app).await;
    let half = app.caller("192.0.2.1").half_session(&ann).await;
    let key = app.api_key("Acme", &Scope::ALL).await;
    let before = credentials(&app).await;
    for route in table()
        .iter()
        .filter(|route| route.guard.who == Who::Session)
    {
        for (how, token) in [
            ("a half session", &half),
            ("a dead session", &dead),
            ("a key", &key),
        ] {
            let mut browser = with_cookie(&app, SESSION_COOKIE, token);
            must_be_signed_out(route, &ask(&mut browser, route, &[]).await, how);
            let bearer = format!("Bearer {token}");
            let answer = ask(&mut app.browser(), route, &[("authorization", &bearer)]).await;
            must_be_signed_out(route, &answer, how);
        }
        must_be_signed_out(route, &ask(&mut app.browser(), route, &[]).await, "nothing");
        let mut browser = with_cookie(&app, SIGN_IN_COOKIE, &half);
        must_be_signed_out(
            route,
            &ask(&mut browser, route, &[]).await,
            "a sign-in's cookie",
        );
        let basic = [(
            "authorization",
            "Basic YW5uQGV4YW1wbGUub3JnOm90dGVycyBqdWdnbGUgcGViYmxlcw==",
        )];
        must_be_signed_out(
            route,
            &ask(&mut app.browser(), route, &basic).await,
            "a password",
        );
        let in_query = format!("{}?token={live}", path(route, NOBODYS));
        let answer = ask_at(&mut app.browser(), route, &in_query, body(route), &[]).await;
        must_be_signed_out(route, &answer, "a token in the address");
    }
    assert_eq!(credentials(&app).await, before);
}

async fn a_step_of_a_sign_in_refuses_whoever_has_begun_none(place: &Place) {
    let app = place.app().await;
    let (_, live, _) = ann(&app).await;
    for route in table()
        .iter()
        .filter(|route| route.guard.who == Who::SignIn)
    {
        for cookie in [None, Some(&live)] {
            let mut browser = match cookie {
                Some(live) => with_cookie(&app, SESSION_COOKIE, live),
                None => app.browser(),
            };
            let answer = ask(&mut browser, route, &[]).await;
            let to_start = answer.status == StatusCode::SEE_OTHER;
            assert!(
                to_start || answer.status.is_client_error(),
                "{} {}: {}",
                route.method,
                route.path,
                answer.status
            );
            assert!(
                browser
                    .cookies
                    .received
                    .iter()
                    .all(|set| !set.starts_with(SESSION_COOKIE))
            );
        }
    }
}

async fn p12_a_route_for_programs_refuses_every_key_without_its_scope(place: &Place) {
    let app = place.app().await;
    let (ann, live, _) = ann(&app).await;
    let half = app.caller("192.0.2.1").half_session(&ann).await;
    for route in &table() {
        let Who::ApiKey(scope) = route.guard.who else {
            continue;
        };
        let others: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|other| *other != scope)
            .collect();
        let lesser = format!("Bearer {}", app.api_key("Acme", &others).await);
        let answer = ask(&mut app.browser(), route, &[("authorization", &lesser)]).await;
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{} {}",
            route.method,
            route.path
        );
        assert_eq!(answer.json()["code"], "missing_scope");
        for token in [&live, &half, &String::from("tlk_made-up")] {
            let bearer = format!("Bearer {token}");
            let answer = ask(&mut app.browser(), route, &[("authorization", &bearer)]).await;
            must_be_signed_out(route, &answer, "another token");
        }
        must_be_signed_out(route, &ask(&mut app.browser(), route, &[]).await, "nothing");
    }
}

async fn x01_e07_a_write_from_another_site_is_refused(place: &Place) {
    let app = place.app().await;
    let (_, live, _) = ann(&app).await;
    let before = credentials(&app).await;
    let elsewhere: [&[(&str, &str)]; 5] = [
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://sub.login.example.org"),
        ],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://evil.example"),
        ],
    ];
    for route in table().iter().filter(|route| route.method != Method::GET) {
        for headers in elsewhere {
            let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
            let answer = ask(&mut browser, route, headers).await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{} {headers:?}",
                route.path
            );
        }
        // No browser of the last years leaves out both headers on a write; with our cookies that is refused.
        let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
        let bare = browser
            .send(
                route.method.clone(),
                &path(route, NOBODYS),
                &[],
                body(route),
            )
            .await;
        assert_eq!(
            bare.status,
            StatusCode::FORBIDDEN,
            "{} without headers",
            route.path
        );
    }
    assert_eq!(credentials(&app).await, before);
}

async fn x01_reading_changes_nothing(place: &Place) {
    let app = place
        .app_with(|all| all.two_factor.backup_codes.reveal = true)
        .await;
    let (_, live, _) = ann(&app).await;
    let before = credentials(&app).await;
    for route in table().iter().filter(|route| route.method == Method::GET) {
        let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
        ask(&mut browser, route, &[]).await;
        let bearer = format!("Bearer {live}");
        ask(&mut app.browser(), route, &[("authorization", &bearer)]).await;
        assert_eq!(credentials(&app).await, before, "{}", route.path);
    }
}

async fn x06_x20_hostile_ids_are_not_found_and_break_nothing(place: &Place) {
    let app = place.app().await;
    let (_, live, _) = ann(&app).await;
    let key = format!("Bearer {}", app.api_key("Acme", &Scope::ALL).await);
    let before = credentials(&app).await;
    let hostile = [
        "%27%20OR%201=1--",
        "%00",
        "-1",
        "9223372036854775808",
        "01890000-0000-7000-8000-00000000000A",
        "%F0%9F%94%91",
        "%FF",
        "..%2F..%2Fadmin",
    ];
    for route in table().iter().filter(|route| route.path.contains('{')) {
        for id in hostile {
            let path = path(route, id);
            let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
            let answer = ask_at(&mut browser, route, &path, body(route), &[]).await;
            assert!(
                !answer.status.is_success(),
                "{} {path}: {}",
                route.method,
                answer.status
            );
            let programs = [("authorization", key.as_str())];
            ask_at(&mut app.browser(), route, &path, body(route), &programs).await;
        }
    }
    assert_eq!(credentials(&app).await, before);
}

async fn x09_x11_hostile_bodies_are_refused_and_break_nothing(place: &Place) {
    let app = place.app().await;
    let (_, live, _) = ann(&app).await;
    let key = format!("Bearer {}", app.api_key("Acme", &Scope::ALL).await);
    let big = format!("a={}", "x".repeat(70_000));
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let hostile: [(&str, String); 7] = [
        ("application/x-www-form-urlencoded", big.clone()),
        ("application/json", big),
        ("application/json", deep),
        ("application/json", String::from("{\"a\":1,\"a\":2}")),
        ("application/xml", String::from("<a/>")),
        ("text/plain", String::from("{}")),
        (
            "application/x-www-form-urlencoded",
            String::from("code=%FF%00&code=2"),
        ),
    ];
    let before = credentials(&app).await;
    let reads = |route: &&Route| matches!(route.method, Method::POST | Method::PUT | Method::PATCH);
    for route in table().iter().filter(reads) {
        for (kind, body) in &hostile {
            let path = path(route, NOBODYS);
            let body = Some(body.clone());
            let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
            let own = [("content-type", *kind)];
            let answer = ask_at(&mut browser, route, &path, body.clone(), &own).await;
            if UNREAD.contains(&route.path) {
                continue;
            }
            assert!(
                !answer.status.is_success(),
                "{} {kind}: {}",
                route.path,
                answer.status
            );
            let programs = [("content-type", *kind), ("authorization", key.as_str())];
            ask_at(&mut app.browser(), route, &path, body, &programs).await;
        }
    }
    let after = credentials(&app).await;
    assert_eq!(after["authenticator"], before["authenticator"]);
    assert_eq!(after["password"], before["password"]);
}

async fn x15_a_method_or_kind_of_body_that_is_not_in_the_table_is_refused(place: &Place) {
    let app = place.app().await;
    let (_, live, _) = ann(&app).await;
    let routes = table();
    let before = credentials(&app).await;
    for route in &routes {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::TRACE,
            Method::from_bytes(b"PROPFIND").unwrap(),
        ] {
            let listed = routes
                .iter()
                .any(|other| other.method == method && other.path == route.path);
            if listed {
                continue;
            }
            let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
            // The method's name in a header or field makes no other of it.
            let disguise = [
                ("sec-fetch-site", "same-origin"),
                ("origin", "null"),
                ("x-http-method-override", route.method.as_str()),
                ("x-method-override", route.method.as_str()),
            ];
            let path = path(route, NOBODYS);
            let answer = browser.send(method.clone(), &path, &disguise, None).await;
            assert!(
                matches!(
                    answer.status,
                    StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND
                ),
                "{method} {path}: {}",
                answer.status
            );
            assert!(
                !answer.body.contains("x-method-override"),
                "echoed: {method} {path}"
            );
        }
    }
    assert_eq!(credentials(&app).await, before);
}

async fn x17_no_made_up_path_or_header_makes_a_page_that_could_be_cached(place: &Place) {
    let app = place.app().await;
    let (_, live, _) = ann(&app).await;
    for path in [
        "/settings/security/x.css",
        "/settings/security.css",
        "/settings/security/%2e%2e/x.js",
        "/settings/security%2Fx.css",
        "/settings/security;x.css",
        "/settings/security/..%2f..%2fassets/x.css",
        "/settings/profile/.css",
        "/api/v1/me/x.png",
        "/api/v1/me.json",
    ] {
        let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.body.contains("ann@example.org"), "{path}");
    }
    let plain = with_cookie(&app, SESSION_COOKIE, &live)
        .get("/settings/profile")
        .await;
    assert_eq!(plain.status, StatusCode::OK);
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-original-url", "/api/v1/me"),
        ("x-rewrite-url", "/api/v1/me"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example"),
        ("x-host", "evil.example"),
    ] {
        let mut browser = with_cookie(&app, SESSION_COOKIE, &live);
        browser.extra.push((name, value.to_owned()));
        let poisoned = browser.get("/settings/profile").await;
        assert_eq!(poisoned.status, StatusCode::OK, "{name}");
        assert_eq!(poisoned.body, plain.body, "{name} changes the page");
    }
}
