//! Whether an address has an account shows neither in an answer nor in the work behind it (N01, N02).

use http::{HeaderMap, Method};
use regex::Regex;
use serde_json::json;

use crate::support::browser::{Answer, Browser};
use crate::support::caller::PASSWORD;
use crate::support::{Place, TestApp};

on_both_engines!(
    n01_every_page_says_the_same_to_every_address_byte_for_byte,
    n01_every_call_says_the_same_to_every_address_byte_for_byte,
    n02_the_same_work_is_done_for_every_address,
);

/// Of one length: without a second factor, with one, behind a wait, without a password, and nobody's.
const ADDRESSES: [&str; 5] = [
    "bob@example.org",
    "ann@example.org",
    "eve@example.org",
    "dan@example.org",
    "zoe@example.org",
];
const WRONG: &str = "wrong but long enough";

async fn inhabit(app: &TestApp) {
    app.person("bob@example.org").await;
    app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let stranger = app.caller("198.51.100.9");
    for n in 0..5 {
        let token = stranger.half_session(&eve).await;
        let _ = stranger.verify(&token, &stranger.wrong(&eve, n)).await;
    }
    let dan = app.person("dan@example.org").await;
    app.tamper(
        "DELETE FROM password WHERE account_id = ?1",
        &[dan.account.into()],
    )
    .await;
    app.forward(3600);
}

/// An answer with everything random or the caller's own taken out: what is left must be equal to the byte.
fn plain(answer: &Answer, email: &str) -> String {
    let random = [
        // Tokens keep their length, for that may tell something.
        (r"tl[a-z]_[A-Za-z0-9_-]+(\.[A-Za-z0-9_.-]+)?", "token"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "id",
        ),
        (r"nonce-[A-Za-z0-9+/=_-]+", "nonce"),
        (r#"nonce="[^"]*""#, "nonce"),
        (r"x-request-id: \S+", "request"),
        (r"Request [0-9a-f]{16}", "request"),
        // Of a masked address the first letter is shown.
        (r".•+@", "masked"),
    ];
    let mut text = format!(
        "{}\n{}\n{}",
        answer.status,
        lines(&answer.headers),
        answer.body
    );
    for (pattern, name) in random {
        let pattern = Regex::new(pattern).unwrap();
        text = pattern
            .replace_all(&text, |found: &regex::Captures<'_>| {
                format!("<{name} {}>", found[0].len())
            })
            .into_owned();
    }
    let encoded = email.replace('@', "%40");
    text.replace(email, "<address>")
        .replace(&encoded, "<address>")
}

/// Every header, in order.
fn lines(headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    lines.join("\n")
}

/// Every address hears the same at the same moment.
fn must_agree(step: &str, said: &[String]) {
    for (one, email) in said.iter().zip(ADDRESSES) {
        assert_eq!(one, &said[0], "{step}: {email} hears something else");
    }
}

/// What is done in every browser, one after another, while the clock stands.
enum Step {
    Get(&'static str),
    Post(&'static str, &'static [(&'static str, &'static str)]),
    Wait(u64),
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
async fn n01_every_page_says_the_same_to_every_address_byte_for_byte(place: &Place) {
    use Step::{Get, Post, Wait};
    let app = place.app().await;
    inhabit(&app).await;
    let code: &[(&str, &str)] = &[("code", "0000-0000")];
    let steps = [
        Post("/sign-in", &[("email", "{email}")]),
        Get("/sign-in/password"),
        Post("/sign-in/password", &[("password", WRONG)]),
        Post("/sign-in/email-code/send", &[]),
        Get("/sign-in/email-code"),
        Post("/sign-in/email-code", code),
        // Too soon, and then not.
        Post("/sign-in/email-code/send", &[]),
        Wait(61),
        Post("/sign-in/email-code/send", &[]),
        Get("/sign-in/email-code"),
        Post("/sign-in/email-code", code),
        Wait(61),
        Get("/sign-in/forgot-password"),
        Post("/sign-in/forgot-password", &[]),
        Get("/sign-in/email-code"),
        Post("/sign-in/email-code", code),
        Post("/sign-in/email-code", &[("code", "no code at all")]),
        Get("/sign-in/second-factor"),
        Get("/sign-in/new-password"),
        Post("/sign-in/new-password", &[("password", PASSWORD)]),
        Wait(601),
        Post("/sign-in/password", &[("password", WRONG)]),
        Wait(3600),
        Post(
            "/sign-up",
            &[("email", "{email}"), ("name", "N"), ("password", PASSWORD)],
        ),
        Get("/sign-up/verify"),
        Post("/sign-up/verify", code),
        Post("/sign-up/verify/send", &[]),
        Wait(61),
        Post("/sign-up/verify/send", &[]),
        Post("/sign-up/verify", code),
    ];
    let mut browsers: Vec<Browser> = (0..ADDRESSES.len())
        .map(|n| app.browser_at(&format!("192.0.2.{}", n + 1)))
        .collect();
    for (n, step) in steps.into_iter().enumerate() {
        let mut said = Vec::new();
        let mut name = String::new();
        for (browser, email) in browsers.iter_mut().zip(ADDRESSES) {
            let answer = match &step {
                Get(path) => {
                    name = format!("{n} GET {path}");
                    browser.get(path).await
                }
                Post(path, values) => {
                    name = format!("{n} POST {path}");
                    let own = |value: &'static str| if value == "{email}" { email } else { value };
                    let values: Vec<_> = values.iter().map(|(k, v)| (*k, own(v))).collect();
                    browser.post(path, &values).await
                }
                Wait(seconds) => {
                    app.deliver().await;
                    app.forward(*seconds);
                    break;
                }
            };
            assert!(!answer.status.is_server_error(), "{name}");
            said.push(plain(&answer, email));
        }
        must_agree(&name, &said);
    }
}

async fn n01_every_call_says_the_same_to_every_address_byte_for_byte(place: &Place) {
    let app = place.app().await;
    inhabit(&app).await;
    let form = json!({"email": "{email}", "name": "Nobody", "password": PASSWORD});
    let code = json!({"code": "0000-0000"});
    let steps = [
        ("sign-in", json!({ "email": "{email}" })),
        ("sign-in/{id}/password", json!({ "password": WRONG })),
        ("sign-in/{id}/email-code", json!({})),
        ("sign-in/{id}/email-code/verify", code.clone()),
        ("sign-in/{id}/email-code", json!({})),
        ("sign-in/{id}/new-password", json!({ "password": PASSWORD })),
        ("sign-in/{id}/second-factor", json!({"code": "123456"})),
        ("sign-up", form),
        ("sign-in/{id}/verify-email", code),
    ];
    let mut held: Vec<(String, String)> = vec![Default::default(); ADDRESSES.len()];
    for (path, body) in steps {
        let mut said = Vec::new();
        for (n, email) in ADDRESSES.into_iter().enumerate() {
            let (token, id) = held[n].clone();
            let url = format!("/api/v1/{}", path.replace("{id}", &id));
            let bearer = format!("Bearer {token}");
            let mut headers = vec![("content-type", "application/json")];
            if path.contains("{id}") {
                headers.push(("authorization", bearer.as_str()));
            }
            let body = body.to_string().replace("{email}", email);
            let mut browser = app.browser_at(&format!("192.0.2.{}", n + 1));
            let answer = browser.send(Method::POST, &url, &headers, Some(body)).await;
            let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
            if let (Some(id), Some(token)) = (told["id"].as_str(), told["token"].as_str()) {
                held[n] = (token.to_owned(), id.to_owned());
            }
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
            said.push(plain(&answer, email));
        }
        must_agree(path, &said);
        app.forward(1);
    }
}

/// Work, not time on the wall: passwords hashed and transactions written, for each address and each of the same steps.
async fn n02_the_same_work_is_done_for_every_address(place: &Place) {
    let app = place.app().await;
    inhabit(&app).await;
    let mut work = Vec::new();
    for (n, email) in ADDRESSES.into_iter().enumerate() {
        let mut browser = app.browser_at(&format!("192.0.2.{}", n + 1));
        let mut steps = Vec::new();
        let sent: [(&str, &[(&str, &str)]); 6] = [
            ("/sign-in", &[("email", email)]),
            ("/sign-in/password", &[("password", WRONG)]),
            ("/sign-in/password", &[("password", WRONG)]),
            ("/sign-in/email-code/send", &[]),
            ("/sign-in/email-code", &[("code", "0000-0000")]),
            ("/sign-in/email-code", &[("code", "not a code")]),
        ];
        for (path, values) in sent {
            let (hashes, writes) = (app.app.hasher.done(), app.app.store.pulse().writes.count);
            browser.post(path, values).await;
            steps.push((
                path,
                app.app.hasher.done() - hashes,
                app.app.store.pulse().writes.count - writes,
            ));
        }
        let form = [("email", email), ("name", "N"), ("password", PASSWORD)];
        let (hashes, writes) = (app.app.hasher.done(), app.app.store.pulse().writes.count);
        browser.post("/sign-up", &form).await;
        steps.push((
            "/sign-up",
            app.app.hasher.done() - hashes,
            app.app.store.pulse().writes.count - writes,
        ));
        app.deliver().await;
        app.forward(3600);
        work.push(steps);
    }
    assert_eq!(work[0][1].1, 1, "a wrong password is hashed once");
    for (steps, email) in work.iter().zip(ADDRESSES) {
        assert_eq!(steps, &work[0], "{email}");
    }
}
