//! Markup in everything somebody may call something: it is shown as it was typed, and does nothing (X04, X05, X06).

use http::Method;
use serde_json::json;
use twinlock::application::Scope;
use twinlock::edge::guard::{Surface, Who};
use twinlock::routes::table;
use twinlock::settings::flow as settings;

use crate::support::browser::Browser;
use crate::support::{Place, TestApp};

on_both_engines!(
    x04_markup_in_names_is_text_on_every_page_and_in_every_answer,
    x04_x05_markup_and_formulas_in_names_do_nothing_in_mails,
    x06_what_looks_like_sql_is_kept_as_typed_or_refused,
);

/// Opens every quote and tag there is, runs as a formula in a sheet, turns lines round.
const PAYLOAD: &str =
    r#"=1+1'"><img src=x onerror=alert(1)></title><script>alert(2)</script>{{7*7}}"#;

/// Ann, who calls herself, her phone and her browser so.
async fn ann(app: &TestApp) -> (Browser, String) {
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("203.0.113.5");
    caller.client.device_label = PAYLOAD[..60].to_owned();
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    settings::rename_account(&caller.moment(), &acting, PAYLOAD)
        .await
        .unwrap();
    let held = settings::overview(&caller.moment(), &acting).await.unwrap();
    let factor = held.held.factors[0].id;
    settings::rename(&caller.moment(), &acting, factor, PAYLOAD[..60].to_owned())
        .await
        .unwrap();
    let mut browser = app.browser();
    browser.agent = format!("Mozilla/5.0 {PAYLOAD}");
    browser.cookies.plant("__Host-twinlock", &session.token);
    (browser, factor.to_string())
}

/// What would have effect, in the spellings a browser reads as markup.
fn must_be_inert(where_it_is: &str, body: &str) {
    let lower = body.to_lowercase();
    for live in [
        "<img src=x",
        "<script>alert",
        "onerror=alert(1)>",
        "</title><script",
        "{{7*7}}</script",
    ] {
        assert!(!lower.contains(live), "{live} on {where_it_is}: {body}");
    }
    assert!(!body.contains(">49<"), "evaluated on {where_it_is}");
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
async fn x04_markup_in_names_is_text_on_every_page_and_in_every_answer(place: &Place) {
    let app = place
        .app_with(|all| all.two_factor.backup_codes.reveal = true)
        .await;
    let (mut browser, factor) = ann(&app).await;
    let mut shown = 0;
    for route in table() {
        if route.method != Method::GET || matches!(route.guard.who, Who::ApiKey(_)) {
            continue;
        }
        let path: Vec<&str> = route
            .path
            .split('/')
            .map(|part| {
                if part.starts_with('{') {
                    factor.as_str()
                } else {
                    part
                }
            })
            .collect();
        let mut path = path.join("/");
        // And once more in what the address says.
        for query in [
            "",
            "?return_to=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&done=%22%3E%3Cimg%20src%3Dx",
        ] {
            path.push_str(query);
            let answer = browser.get(&path).await;
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
            match route.guard.surface {
                // A file is kept, never shown: no browser takes it for a page.
                Surface::Page if answer.headers.contains_key("content-disposition") => {
                    assert!(
                        answer
                            .header("content-disposition")
                            .starts_with("attachment")
                    );
                    assert!(!answer.header("content-type").contains("html"), "{path}");
                    assert_eq!(answer.header("x-content-type-options"), "nosniff");
                }
                Surface::Page => must_be_inert(&path, &answer.body),
                Surface::Api => {
                    assert!(
                        answer.body.is_empty() || answer.header("content-type").contains("json"),
                        "{path}"
                    );
                    assert_eq!(answer.header("x-content-type-options"), "nosniff");
                }
                Surface::Plain => {}
            }
            let escaped = ["&lt;img", "&#60;img", "&#x3c;img"];
            shown += usize::from(escaped.iter().any(|text| answer.body.contains(text)));
        }
    }
    assert!(
        shown >= 8,
        "the name stands on {shown} pages only: is this test looking?"
    );
    // Mistaken forms come back with what was typed.
    for (path, field) in [
        ("/settings/profile", "name"),
        ("/sign-in", "email"),
        ("/sign-up", "email"),
        ("/settings/security/two-factor/app", "label"),
    ] {
        let long = PAYLOAD.repeat(4);
        let answer = browser
            .post(path, &[(field, &long), ("password", "x"), ("name", &long)])
            .await;
        must_be_inert(path, &answer.body);
    }
    // A program's names, and problem documents that repeat what was sent.
    let key = app.api_key("Acme", &Scope::ALL).await;
    let mut api = app.api().with(&key);
    let account = json!({"external_id": PAYLOAD, "name": PAYLOAD, "email": "uma@example.org"});
    let made = api.post("/api/v1/accounts", &account).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["external_id"], PAYLOAD, "kept as it was sent");
    for body in [json!({ PAYLOAD: 1 }), json!({"external_id": [PAYLOAD]})] {
        let refused = api.post("/api/v1/accounts", &body).await;
        assert!(refused.status.is_client_error());
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
}

async fn x04_x05_markup_and_formulas_in_names_do_nothing_in_mails(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.9");
    caller.client.device_label =
        String::from("Fire\r\nBcc: eve@example.org\r\n\r\n<img src=x onerror=alert(1)>");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    settings::rename_account(&caller.moment(), &acting, PAYLOAD)
        .await
        .unwrap();
    settings::make_codes(&caller.moment(), &acting)
        .await
        .unwrap();
    let mut read = 0;
    for mail in app.mails_to("ann@example.org").await {
        assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
        let html = mail.html.as_deref().unwrap_or_default();
        must_be_inert(&mail.subject, html);
        assert!(!html.to_lowercase().contains("<script"), "{html}");
        read += usize::from(html.contains("&lt;img") || html.contains("&#60;img"));
        assert!(!mail.text.contains("\r\nBcc:"), "{}", mail.text);
    }
    assert!(
        read >= 1,
        "no mail shows a hostile name: is this test looking?"
    );
}

async fn x06_what_looks_like_sql_is_kept_as_typed_or_refused(place: &Place) {
    let app = place.app().await;
    let key = app.api_key("Acme", &Scope::ALL).await;
    let mut api = app.api().with(&key);
    let accounts = "SELECT COUNT(*) FROM account";
    let hostile = [
        "'; DROP TABLE account; --",
        "\" OR 1=1 --",
        "a/**/UNION/**/SELECT",
        "%_[]^-",
        "\\",
        "𝒜𐍈😀",
        "a\u{0}b",
        "?1 $1 :name @x",
    ];
    for (n, text) in hostile.into_iter().enumerate() {
        let before = app.number(accounts, &[]).await;
        let body = json!({"external_id": format!("{n}{text}"), "name": text});
        let made = api.post("/api/v1/accounts", &body).await;
        assert!(
            matches!(made.status.as_u16(), 201 | 400 | 422),
            "{text}: {}",
            made.body
        );
        if made.status == 201 {
            let id = made.json()["id"].as_str().unwrap().to_owned();
            let found = api.get(&format!("/api/v1/accounts/{id}")).await.json();
            assert_eq!(found["external_id"], format!("{n}{text}"));
            if !text.contains('\u{0}') {
                assert_eq!(found["name"], text);
            }
        }
        let expected = before + i64::from(made.status == 201);
        assert_eq!(app.number(accounts, &[]).await, expected);
        let mut browser = app.browser();
        let tried = browser.post("/sign-in", &[("email", text)]).await;
        assert!(!tried.status.is_server_error(), "{text}");
        let escaped = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for path in [
            "/help?q=",
            "/api/v1/accounts/ext:",
            "/sign-up?invitation=",
            "/api/v1/me/sessions?cursor=",
        ] {
            let tried = api.get(&format!("{path}{escaped}")).await;
            assert!(
                !tried.status.is_server_error(),
                "{path}{text}: {}",
                tried.body
            );
        }
    }
    // A lone half of a surrogate pair is no text at all.
    let lone = r#"{"external_id": "a\ud800b"}"#;
    let refused = api
        .call(Method::POST, "/api/v1/accounts", Some(lone.to_owned()))
        .await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
}
