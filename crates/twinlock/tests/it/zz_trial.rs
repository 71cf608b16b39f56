//! A trial server for looking at pages by hand; never committed.
use crate::support::*;
use twinlock::config::*;
use std::net::SocketAddr;
#[tokio::test(flavor = "multi_thread")]
async fn zz_trial() {
    let Ok(port) = std::env::var("TRIAL_PORT") else { return };
    let place = Place::sqlite();
    let p2 = port.clone();
    let app = TestApp::start(&place, move |s| {
        s.server.public_url = format!("http://localhost:{p2}");
        s.branding.name = "Acme".into();
        s.branding.support_url = std::env::var("TRIAL_SUPPORT").ok();
        s.two_factor.required = std::env::var("TRIAL_REQUIRED").is_ok();
        s.limits.email_codes_hour = 500; s.limits.email_codes_day = 500;
        if std::env::var("TRIAL_ONE").is_ok() { s.two_factor.enrolment = Enrolment::OnePage; }
        if std::env::var("TRIAL_MAIL").is_ok() { s.sign_in.methods = vec![Method::EmailCode]; }
        if std::env::var("TRIAL_CLOSED").is_ok() { s.sign_in.sign_up = SignUp::Invitation; }
    }).await;
    let a2 = app.clone();
    let t2 = app.clone();
    let theme = app.app.theme.clone();
    let router = app.router.clone().layer(axum::middleware::from_fn(move |req: axum::extract::Request, next: axum::middleware::Next| {
        let (a, t, theme) = (a2.clone(), t2.clone(), theme.clone());
        async move {
            use axum::response::IntoResponse;
            let path = req.uri().path().to_owned();
            if path == "/trial/mail" {
                a.deliver().await;
                let all: Vec<String> = a.mail.sent().iter().map(|m| format!("{}|{}|{}", m.to, m.subject, m.text)).collect();
                return all.join("\n=====\n").into_response();
            }
            if let Some(s) = path.strip_prefix("/trial/forward/") { t.forward(s.parse().unwrap()); return "ok".into_response(); }
            if path == "/trial/now" { return t.now().as_seconds().to_string().into_response(); }
            if let Some(name) = path.strip_prefix("/assets/") {
                return twinlock_web::serve_asset(name);
            }
            next.run(req).await
        }
    }));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
}
