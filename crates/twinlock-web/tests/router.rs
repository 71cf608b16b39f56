//! The parts together in a router, as the application uses them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde::Deserialize;
use tower::ServiceExt;
use twinlock_web::{
    CookieJar, StrictForm, StrictJson, apply_security_headers, asset_url, serve_asset,
};

#[derive(Deserialize)]
struct Code {
    code: String,
}

fn app() -> Router {
    Router::new()
        .route(
            "/who",
            get(|jar: CookieJar| async move {
                jar.get("__Host-twinlock").unwrap_or("nobody").to_owned()
            }),
        )
        .route(
            "/json",
            post(|StrictJson(body): StrictJson<Code>| async move { body.code }),
        )
        .route(
            "/form",
            post(|StrictForm(body): StrictForm<Code>| async move { body.code }),
        )
        .route(
            "/assets/{name}",
            get(|Path(name): Path<String>| async move { serve_asset(&name) }),
        )
        .layer(map_response(|mut response: Response| async move {
            apply_security_headers(response.headers_mut(), true);
            response
        }))
}

async fn send(request: Request<Body>) -> (StatusCode, Response, String) {
    let response = app().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    (
        parts.status,
        Response::from_parts(parts, Body::empty()),
        text,
    )
}

fn get_request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn x03_even_an_unknown_page_carries_the_headers() {
    for path in ["/who", "/nowhere", "/assets/app.css"] {
        let (_, response, _) = send(get_request(path)).await;
        assert!(
            response
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY),
            "{path}"
        );
        assert_eq!(
            response.headers()[header::CACHE_CONTROL],
            "no-store",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_asset_may_be_kept() {
    let (status, response, css) = send(get_request(asset_url("app.css"))).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        response.headers()[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "text/css; charset=utf-8"
    );
    assert!(css.contains(".primary{"));
}

#[tokio::test]
async fn s10_a_planted_second_cookie_signs_nobody_in() {
    let mut request = get_request("/who");
    let cookie = "__Host-twinlock=a; __Host-twinlock=b".parse().unwrap();
    request.headers_mut().insert(header::COOKIE, cookie);
    assert_eq!(send(request).await.2, "nobody");
}

#[tokio::test]
async fn a_refused_body_is_a_problem() {
    for (path, kind, body, status, code) in [
        (
            "/json",
            "application/json",
            "{\"code\":\"1\",\"x\":2}",
            422,
            "invalid_request",
        ),
        ("/json", "application/json", "{", 400, "malformed_body"),
        ("/json", "text/plain", "{}", 415, "unsupported_media_type"),
        (
            "/form",
            "application/x-www-form-urlencoded",
            "code=1&code=2",
            422,
            "invalid_request",
        ),
    ] {
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        let (got, response, text) = send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(got.as_u16(), status, "{body}");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        assert!(text.contains(&format!("\"code\":\"{code}\"")), "{text}");
    }
}
