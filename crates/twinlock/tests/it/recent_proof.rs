//! Every change that wants a recent proof, asked for with everything right but the proof's age (S03, E11, B9).

use http::{Method, StatusCode};
use serde_json::json;
use twinlock::edge::guard::Surface;
use twinlock::routes::{Route, table};
use twinlock::settings::flow as settings;

use crate::support::books::credentials;
use crate::support::browser::{Answer, Browser, form_body};
use crate::support::caller::{Caller, PASSWORD, Person};
use crate::support::texts::with_texts;
use crate::support::{Place, TestApp};

on_both_engines!(
    s03_e11_b9_a_valid_change_on_an_old_proof_gets_exactly_step_up_required_and_changes_nothing,
);

const COOKIE: &str = "__Host-twinlock";
const NEW_PASSWORD: &str = "walruses knit umbrellas";

/// What a person with two apps sends to a route so that nothing is wrong with it. A new route that wants a recent proof gets its
/// line here, or the test fails.
fn valid(route: (&Method, &str), person: &Person, ids: &[String; 2], code: &str) -> Sent {
    let (method, path) = route;
    let page = |values: &[(&str, &str)]| form_body(values);
    let [first, second] = ids;
    let at = |id: &str| path.replace("{id}", id).replace("{factor}", id);
    let body = match (method.as_str(), path) {
        ("POST", "/settings/security/two-factor/app") => page(&[("label", "Tablet")]),
        ("POST", "/settings/security/two-factor/text") => page(&[
            ("phone", "01512 3456789"),
            ("country", "DE"),
            ("replaces", first),
        ]),
        ("POST", "/settings/security/two-factor/key/options") => page(&[("label", "Key")]),
        ("POST", "/settings/security/methods/{id}/prefer") => page(&[]),
        ("POST", "/settings/security/methods/{id}/remove") => page(&[]),
        ("POST", "/settings/security/backup-codes/new") => page(&[("instead_of", "1")]),
        ("POST", "/settings/security/backup-codes/reveal") => page(&[]),
        ("POST", "/settings/password") => page(&[
            ("current_password", PASSWORD),
            ("password", NEW_PASSWORD),
            ("username", &person.email),
        ]),
        ("PUT", "/api/v1/me/password") => {
            Some(json!({"current_password": PASSWORD, "password": NEW_PASSWORD}).to_string())
        }
        ("POST", "/api/v1/me/factors") => {
            Some(json!({"kind": "totp", "label": "Tablet", "replaces": first}).to_string())
        }
        ("PATCH", "/api/v1/me/factors/{factor}") => Some(json!({"preferred": true}).to_string()),
        ("DELETE", "/api/v1/me/factors/{factor}") | ("GET" | "POST", "/api/v1/me/backup-codes") => {
            None
        }
        // Its own proof: a code typed for just this.
        ("POST", "/settings/security/two-factor/disable") => page(&[("code", code)]),
        ("POST", "/api/v1/me/two-factor/disable") => Some(json!({ "code": code }).to_string()),
        _ => panic!("what is a valid request to {method} {path}?"),
    };
    Sent {
        path: at(second),
        body,
    }
}

struct Sent {
    path: String,
    body: Option<String>,
}

/// Routes that want a recent proof for a part of what they do, or a proof of their own.
fn wants_a_proof(route: &&Route) -> bool {
    let others = [
        (Method::PATCH, "/api/v1/me/factors/{factor}"),
        (Method::POST, "/api/v1/me/two-factor/disable"),
    ];
    route.guard.step_up
        || others
            .iter()
            .any(|(method, path)| route.method == *method && route.path == *path)
}

/// Somebody with two apps and a session that proved a second factor just now; the ids of the apps, preferred first.
async fn two_apps(app: &TestApp, n: usize) -> (Person, [String; 2], Caller) {
    let person = app.person_with_app(&format!("p{n}@example.org")).await;
    let mut caller = app.caller(&format!("192.0.2.{n}"));
    let session = caller.sign_in(&person).await;
    let acting = caller.acting(&session.token).await;
    let mut other = person.clone();
    caller.set_up_app(&mut other, &acting).await;
    let held = settings::overview(&caller.moment(), &acting).await;
    let ids: Vec<String> = held
        .unwrap()
        .held
        .factors
        .iter()
        .map(|factor| factor.id.to_string())
        .collect();
    app.forward(60);
    (person, ids.try_into().unwrap(), caller)
}

async fn send(app: &TestApp, route: &Route, session: &str, sent: &Sent) -> Answer {
    let mut browser: Browser = app.browser();
    let bearer = format!("Bearer {session}");
    let headers = match route.guard.surface {
        Surface::Api => vec![
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ],
        Surface::Page | Surface::Plain => {
            browser.cookies.plant(COOKIE, session);
            vec![("sec-fetch-site", "same-origin"), ("origin", "null")]
        }
    };
    browser
        .send(
            route.method.clone(),
            &sent.path,
            &headers,
            sent.body.clone(),
        )
        .await
}

fn must_ask_for_a_proof(route: &Route, answer: &Answer) {
    let name = format!("{} {}", route.method, route.path);
    if route.path.ends_with("/two-factor/disable") {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(
            answer.body.contains("invalid_code")
                || answer.body.contains("aria-invalid=\"true\"")
                || answer
                    .body
                    .contains("That did not work. Try again with your security key"),
            "{name}: {}",
            answer.body
        );
        return;
    }
    match route.guard.surface {
        Surface::Api => {
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{name}: {}",
                answer.body
            );
            assert_eq!(answer.json()["code"], "step_up_required", "{name}");
        }
        Surface::Page | Surface::Plain => {
            assert_eq!(
                answer.status,
                StatusCode::SEE_OTHER,
                "{name}: {}",
                answer.body
            );
            assert!(
                answer
                    .location()
                    .starts_with("/step-up?return_to=%2Fsettings"),
                "{name}: {}",
                answer.location()
            );
        }
    }
}

fn must_be_done(route: &Route, answer: &Answer) {
    let name = format!("{} {}", route.method, route.path);
    let to = answer.location();
    assert!(
        answer.status.is_success()
            || (answer.status == StatusCode::SEE_OTHER
                && !to.starts_with("/step-up")
                && !to.starts_with("/sign-in")),
        "{name} is refused with a recent proof too: {} {to} {}",
        answer.status,
        answer.body
    );
}

async fn s03_e11_b9_a_valid_change_on_an_old_proof_gets_exactly_step_up_required_and_changes_nothing(
    place: &Place,
) {
    let app = place
        .app_with(|all| {
            all.two_factor.backup_codes.reveal = true;
            with_texts(all);
        })
        .await;
    let routes = table();
    let wanted: Vec<&Route> = routes.iter().filter(wants_a_proof).collect();
    assert!(wanted.len() >= 12, "{}", wanted.len());
    for (n, route) in wanted.into_iter().enumerate() {
        let (person, ids, mut caller) = two_apps(&app, n + 1).await;
        let session = caller.sign_in(&person).await;
        app.forward(10 * 60 + 1);
        let before = credentials(&app).await;
        let of = |code: &str| valid((&route.method, route.path), &person, &ids, code);
        let old = of(&caller.wrong(&person, 1));
        let answer = send(&app, route, &session.token, &old).await;
        must_ask_for_a_proof(route, &answer);
        let after = credentials(&app).await;
        assert_eq!(after, before, "{} {}", route.method, route.path);
        // The very same request is fine once the proof is recent, so it was the proof that was missing.
        app.forward(60);
        let session = caller.sign_in(&person).await;
        app.forward(30);
        let fresh = of(&caller.code(&person));
        let answer = send(&app, route, &session.token, &fresh).await;
        must_be_done(route, &answer);
    }
}
