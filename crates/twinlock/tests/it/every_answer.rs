//! What holds for every answer, also where the handler gives none: it panicked, took too long, or was never asked.

use axum::Router;
use axum::body::Body;
use axum::routing::{MethodRouter, get};
use http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt as _;
use twinlock::edge::guard::Surface;
use twinlock::routes::{Route, mounted};
use twinlock_web::TrustedProxies;

use crate::support::Place;

const SHOP: &str = "https://shop.example";

async fn panicking() -> &'static str {
    panic!("a bug in one handler")
}

async fn hanging() -> &'static str {
    std::future::pending().await
}

async fn greeting() -> &'static str {
    "hello"
}

/// The routes of a test under the frame of all routes.
async fn router() -> Router {
    let place = Place::sqlite();
    let app = place
        .app_with(|settings| settings.server.allowed_origins = vec![SHOP.to_owned()])
        .await;
    let beside =
        |path, handler: MethodRouter<()>| Route::beside(Surface::Plain, Method::GET, path, handler);
    let routes = vec![
        beside("/api/panics", get(panicking)),
        beside("/api/hangs", get(hanging)),
        beside("/api/greets", get(greeting)),
    ];
    mounted(
        &app.app,
        app.public_url.clone(),
        TrustedProxies::default(),
        routes,
    )
}

async fn ask(router: &Router, method: Method, host: &str, path: &str) -> (StatusCode, HeaderMap) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", host)
        .header("origin", SHOP)
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap();
    let (parts, _) = router.clone().oneshot(request).await.unwrap().into_parts();
    assert!(parts.headers.contains_key("content-security-policy"));
    assert_eq!(parts.headers["cache-control"], "no-store", "{path}");
    assert_eq!(parts.headers["x-request-id"].len(), 16, "{path}");
    (parts.status, parts.headers)
}

#[tokio::test]
async fn x02_x03_an_answer_nobody_gave_carries_what_every_answer_carries() {
    let router = router().await;
    // From here on time passes only where everybody waits for it.
    tokio::time::pause();
    let ours = "login.example.org";
    for (path, expected) in [
        ("/api/greets", StatusCode::OK),
        ("/api/panics", StatusCode::INTERNAL_SERVER_ERROR),
        ("/api/hangs", StatusCode::REQUEST_TIMEOUT),
        ("/api/nowhere", StatusCode::NOT_FOUND),
    ] {
        let (status, headers) = ask(&router, Method::GET, ours, path).await;
        assert_eq!(status, expected, "{path}");
        assert_eq!(headers["access-control-allow-origin"], SHOP, "{path}");
        assert_eq!(headers["vary"], "origin", "{path}");
    }
    let (status, _) = ask(&router, Method::POST, ours, "/api/greets").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn m11_another_host_gets_no_answer_and_no_leave_to_read_it() {
    let router = router().await;
    for (method, path) in [
        (Method::GET, "/api/greets"),
        (Method::GET, "/api/panics"),
        (Method::OPTIONS, "/api/greets"),
    ] {
        let (status, headers) = ask(&router, method, "evil.example", path).await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
    let (status, headers) = ask(&router, Method::OPTIONS, "login.example.org", "/api/greets").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(headers["access-control-allow-origin"], SHOP);
}
