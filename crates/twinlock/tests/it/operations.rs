//! What operators watch: the log, the figures, the answers about health.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::{Value, json};
use twinlock::application::Scope;
use twinlock::server::metrics;
use twinlock_db::Location;
use twinlock_testkit::postgres::{PrivatePostgres, SERVER_VARIABLE};

use crate::support::caller::PASSWORD;
use crate::support::program::{Running, ask, command, send, signal, text, wait};
use crate::support::texts::{number, person_with_text, with_texts};
use crate::support::{Place, TestApp};

on_both_engines!(
    x22_figures_have_labels_from_the_program_only,
    figures_count_what_was_committed,
    a_server_is_ready_while_its_database_answers,
    alerts_ask_for_figures_there_are,
    texts_are_shown_by_where_they_went,
    doctor_counts_whom_no_text_reaches,
);

/// A server with the usual settings and figures on a port of their own.
struct Server {
    running: Running,
    address: String,
    figures: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(level: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = "[server]\nlisten = \"127.0.0.1:0\"\n[sign_in]\nsign_up = \"open\"\n";
        std::fs::write(folder.path().join("twinlock.toml"), settings).unwrap();
        let mut serve = command(folder.path(), &["serve"]);
        serve.env("TWINLOCK_TELEMETRY__METRICS_LISTEN", "127.0.0.1:0");
        serve.env("TWINLOCK_TELEMETRY__LEVEL", level);
        let running = Running::begin(serve);
        let address = after(&running.line("listening on"), "listening on ");
        let figures = after(&running.line("Figures"), "http://");
        Self {
            running,
            address: address.trim_end_matches([')', '.']).to_owned(),
            figures: figures.trim_end_matches("/metrics").to_owned(),
            _folder: folder,
        }
    }

    /// A request for the public address, with whatever headers.
    fn send(&self, head: &str, body: &str) -> String {
        let request = format!(
            "{head}\r\nhost: localhost:8080\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        send(&self.address, request.as_bytes())
    }
}

fn after(line: &str, mark: &str) -> String {
    line.split_once(mark).unwrap().1.to_owned()
}

#[test]
fn x22_figures_are_on_a_listener_of_their_own() {
    let server = Server::start("info");
    assert!(
        server
            .send("GET /metrics HTTP/1.1", "")
            .starts_with("HTTP/1.1 404")
    );
    let page = ask(&server.figures, "GET", "/metrics", "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for name in [
        "twinlock_build_info{",
        "twinlock_http_requests_total{method=\"\",route=\"none\",status=\"4xx\"} 1",
        "twinlock_database_up 1",
        "twinlock_outbox_waiting 0",
        "process_cpu_seconds_total ",
        "process_resident_memory_bytes ",
        "process_open_fds ",
    ] {
        assert!(page.contains(name), "{name} is not in {page}");
    }
    for path in ["/", "/sign-in", "/healthz", "/api/v1/session"] {
        assert!(ask(&server.figures, "GET", path, "").starts_with("HTTP/1.1 404"));
    }
    let memory = page
        .lines()
        .find(|line| line.starts_with("process_resident"));
    let bytes: f64 = after(memory.unwrap(), " ").parse().unwrap();
    assert!((1e6..1e9).contains(&bytes), "{bytes}");
    assert!(server.running.terminate().success());
}

#[test]
fn figures_can_be_turned_off_and_never_stand_in_the_way_of_the_service() {
    let first = Server::start("info");
    let folder = tempfile::tempdir().unwrap();
    let mut serve = command(folder.path(), &["serve"]);
    serve.env("TWINLOCK_SERVER__LISTEN", "127.0.0.1:0");
    serve.env("TWINLOCK_TELEMETRY__METRICS_LISTEN", &first.figures);
    let second = Running::begin(serve);
    second.line("listening on");
    assert!(second.logged("there will be no /metrics").contains("ERROR"));
    assert!(second.terminate().success());
}

#[test]
fn sighup_never_ends_a_server() {
    let server = Server::start("info");
    signal(server.running.id(), "HUP");
    assert!(
        server
            .send("GET /healthz HTTP/1.1", "")
            .starts_with("HTTP/1.1 200")
    );
    assert!(server.running.terminate().success());
}

/// The fields a line about a request may have.
const OF_A_REQUEST: &[&str] = &[
    "timestamp",
    "level",
    "message",
    "request",
    "method",
    "route",
    "status",
    "ms",
    "target",
];

#[test]
fn e10_x05_x18_a_line_of_the_log_says_what_happened_and_never_who_or_with_what() {
    let server = Server::start("debug");
    let hostile = "GET /sign-in/evil%0d%0a%1b%7b%22level%22:%22ERROR%22%7d?token=tls_canarytoken HTTP/1.1\r\nuser-agent: x\u{9b}2Jcanaryagent\u{202e}\"\r\nx-request-id: canaryid\r\nx-forwarded-for: 192.0.2.99\r\nreferer: https://canary.example/\r\ncookie: twinlock=tls_canarycookie\r\nauthorization: Bearer tls_canarybearer";
    let answer = server.send(hostile, "");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let split = "GET /canary\u{1b}[2J HTTP/1.1\r\nuser-agent: canary\u{1b}[2J\u{0}";
    assert!(server.send(split, "").starts_with("HTTP/1.1 400"));
    let form = "POST /api/v1/sign-up HTTP/1.1\r\ncontent-type: application/json";
    let body = json!({"email": "canary@example.org", "name": "Canary", "password": "canary canary canary"});
    let answer = server.send(form, &body.to_string());
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let answer = server.send("PROPFIND /help/canarypath HTTP/1.1", "");
    let id = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "));
    let id = id.unwrap().to_owned();
    server.send("GET /healthz HTTP/1.1", "");
    let (status, log) = server.running.ended();
    assert!(status.success());
    let mut requests = 0;
    for line in &log {
        let lower = line.to_lowercase();
        assert!(
            !lower.contains("canary") && !line.contains("192.0.2.99"),
            "{line}"
        );
        assert!(
            line.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{line}"
        );
        let one: Value = serde_json::from_str(line).unwrap();
        if one["target"] == "twinlock::request" {
            let fields: Vec<&str> = one
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(fields, OF_A_REQUEST);
            requests += 1;
        }
    }
    assert_eq!(requests, 4, "{log:#?}");
    let odd = log.iter().find(|line| line.contains(&id)).unwrap();
    let odd: Value = serde_json::from_str(odd).unwrap();
    assert_eq!(odd["method"], "other");
    assert_eq!(odd["status"], 405);
    let up: Vec<&String> = log
        .iter()
        .filter(|line| line.contains("/api/v1/sign-up"))
        .collect();
    assert_eq!(up.len(), 1);
}

#[test]
fn what_is_asked_for_all_the_time_is_not_noted_while_it_works() {
    let server = Server::start("info");
    server.send("GET /healthz HTTP/1.1", "");
    server.send("GET /help HTTP/1.1", "");
    server.send("GET /api/v1/session HTTP/1.1", "");
    let (_, log) = server.running.ended();
    let routes: Vec<Value> = log
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["target"] == "twinlock::request")
        .map(|line| line["route"].clone())
        .collect();
    assert_eq!(
        routes,
        ["/help", "/api/v1/session"],
        "a refused check is noted"
    );
}

/// One of everything: an account, an app, codes right and wrong, a locked account, calls of the API, paths that are not there.
async fn live_a_little(app: &TestApp) {
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    for n in 0..5 {
        assert!(caller.verify(&token, &caller.wrong(&ann, n)).await.is_err());
    }
    let token = caller.half_session(&ann).await;
    assert!(caller.verify(&token, &caller.code(&ann)).await.is_err());
    assert!(
        caller
            .try_password("ann@example.org", "wrong wrong wrong")
            .await
            .is_err()
    );
    let key = app.api_key("shop", &[Scope::Verify]).await;
    let mut api = app.api().with(&key);
    let path = format!("/api/v1/accounts/{}/verify", ann.account);
    api.post(&path, &json!({"code": "123456"})).await;
    api.get("/api/v1/nothing/ann@example.org").await;
    let mut browser = app.browser();
    browser.open("/sign-in?return_to=/ann@example.org").await;
    browser.open("/help/ann@example.org").await;
    app.deliver().await;
}

async fn x22_figures_have_labels_from_the_program_only(place: &Place) {
    let app = place.app().await;
    live_a_little(&app).await;
    let page = metrics::text(&app.app).await;
    let patterns: BTreeSet<&str> = twinlock::routes::table()
        .iter()
        .map(|route| route.path)
        .collect();
    let word = Regex::new("^[a-z_0-9-]+$").unwrap();
    let label = Regex::new(r#"([a-z_]+)="((?:\{[^}"]*\}|[^"])*)""#).unwrap();
    let mut seen = BTreeSet::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        for found in label.captures_iter(line) {
            let (name, value) = (&found[1], &found[2]);
            seen.insert(name.to_owned());
            let known = match name {
                "route" => value == "none" || patterns.contains(value),
                "method" => ["", "GET", "POST", "PUT", "PATCH", "DELETE"].contains(&value),
                "status" => ["1xx", "2xx", "3xx", "4xx", "5xx"].contains(&value),
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                "version" => value == env!("CARGO_PKG_VERSION"),
                "kind" => ["password", "totp", "backup_code"].contains(&value),
                "state" => [
                    "queued", "sent", "refused", "later", "expired", "running", "waiting",
                ]
                .contains(&value),
                "outcome" | "event" | "purpose" | "engine" => word.is_match(value),
                _ => false,
            };
            assert!(known, "{line}");
        }
    }
    assert!(seen.len() >= 9, "{seen:?}");
    assert!(!page.contains("example.org") && !page.contains(PASSWORD));
}

async fn figures_count_what_was_committed(place: &Place) {
    let app = place.app().await;
    live_a_little(&app).await;
    let page = metrics::text(&app.app).await;
    for line in [
        "twinlock_second_factor_tries_total{kind=\"totp\",outcome=\"invalid_code\"} 5",
        "twinlock_second_factor_tries_total{kind=\"totp\",outcome=\"locked\"} 1",
        "twinlock_second_factor_waits_total 1",
        "twinlock_first_factor_tries_total{kind=\"password\",outcome=\"accepted\"} 2",
        "twinlock_first_factor_tries_total{kind=\"password\",outcome=\"wrong\"} 1",
        "twinlock_mailed_code_tries_total{purpose=\"sign_up\",outcome=\"accepted\"} 1",
        "twinlock_events_total{event=\"two_factor_on\"} 1",
        "twinlock_sessions_made_total 1",
        "twinlock_outbox_waiting 0",
        "twinlock_http_requests_total{method=\"GET\",route=\"/help/{page}\",status=\"4xx\"} 1",
        "twinlock_http_request_duration_seconds_count{method=\"GET\",route=\"/sign-in\"} 1",
    ] {
        assert!(
            page.contains(&format!("{line}\n")),
            "{line} is not in:\n{page}"
        );
    }
    let sent = page
        .lines()
        .find(|line| line.starts_with("twinlock_mails_total{state=\"sent\"}"));
    assert!(sent.is_some(), "{page}");
}

async fn alerts_ask_for_figures_there_are(place: &Place) {
    let app = place.app().await;
    let page = metrics::text(&app.app).await;
    let rules = include_str!("../../../../examples/deploy/prometheus-rules.yml");
    let figure = Regex::new("twinlock_[a-z_]+").unwrap();
    let mut asked = 0;
    for figure in figure.find_iter(rules) {
        let name = figure.as_str().trim_end_matches("_bucket");
        // This one is there where the server speaks TLS itself.
        if name != "twinlock_tls_certificate_expires_seconds" {
            assert!(page.contains(&format!("# TYPE {name} ")), "{name}");
            asked += 1;
        }
    }
    assert!(asked > 10, "{asked}");
    let words = |label: &str| -> BTreeSet<String> {
        let label = Regex::new(&format!(
            "twinlock_texts[a-z_]*\\{{{label}=~?\"([a-z_|]+)\""
        ))
        .unwrap();
        let found = label.captures_iter(rules);
        let words =
            found.flat_map(|found| found[1].split('|').map(str::to_owned).collect::<Vec<_>>());
        words.collect()
    };
    let limits = ["text_instance_day", "text_prefix"].map(str::to_owned);
    assert_eq!(words("limit"), BTreeSet::from(limits));
    let of_texts = &page[page.find("# HELP twinlock_texts_total").unwrap()..];
    let of_texts = of_texts.lines().next().unwrap();
    let states = words("state");
    assert!(states.len() > 3, "{states:?}");
    for state in states {
        assert!(of_texts.contains(&state), "{state} is not in {of_texts}");
    }
}

/// The program on the database of a test, with these settings.
fn on(place: &Place, settings: &str, arguments: &[&str]) -> std::process::Output {
    std::fs::write(place.folder.path().join("twinlock.toml"), settings).unwrap();
    let mut command = command(place.folder.path(), arguments);
    let database = match &place.location {
        Location::Sqlite(path) => format!("sqlite:{}", path.display()),
        Location::Postgres(url) => url.clone(),
    };
    command.env("TWINLOCK_DATABASE__URL", database);
    command.output().unwrap()
}

async fn texts_are_shown_by_where_they_went(place: &Place) {
    let app = place.app().await;
    let none = text(&on(place, "", &["texts"]).stdout);
    assert_eq!(
        none,
        "No codes were sent as text messages in the last 24 hours.\n"
    );
    // The program goes by the machine's clock: these are far ahead of any.
    let rows = "INSERT INTO text_prefix (prefix, hour, sent, entered, set_ups, proven, stopped) \
        VALUES ('+491512', 4102444800000, 48, 45, 3, 3, 0), ('+491512', 4102448400000, 2, 1, 0, 0, 0), ('+447400', 4102444800000, 20, 0, 20, 0, 631)";
    app.tamper(rows, &[]).await;
    let stop = "INSERT INTO text_stop (prefix, until) VALUES ('+447400', 4102488000000)";
    app.tamper(stop, &[]).await;
    let shown = on(place, "", &["texts"]);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let expected = "numbers         sent entered stopped  no texts until\n\
        +491512…          50      46       0\n\
        +447400…          20       0     631  2100-01-01T12:00:00Z\n";
    assert_eq!(text(&shown.stdout), expected);
    let shown = on(place, "", &["texts", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let expected = json!({"prefixes": [
        {"prefix": "+491512", "sent": 50, "entered": 46, "stopped": 0, "stopped_until": null},
        {"prefix": "+447400", "sent": 20, "entered": 0, "stopped": 631, "stopped_until": "2100-01-01T12:00:00Z"},
    ], "texts": {"taken": 0, "refused": 0, "late": 0, "unknown": 0}});
    assert_eq!(shown, expected);
}

/// What doctor says under one heading, with the state before it.
fn diagnosis(place: &Place, settings: &str, heading: &str) -> String {
    let found = on(place, settings, &["doctor", "--json"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    let checks = found["checks"].as_array().unwrap().iter();
    let lines = checks
        .filter(|check| check["check"] == heading)
        .map(|check| format!("{} {}\n", check["state"], check["text"]));
    lines.collect()
}

async fn doctor_counts_whom_no_text_reaches(place: &Place) {
    let app = place.app_with(with_texts).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    person_with_text(&app, "bob@example.org", "+1 415 555 2671").await;
    app.person_with_app("cid@example.org").await;
    let stop = "INSERT INTO text_stop (prefix, until) VALUES ('+447400', 4102488000000)";
    app.tamper(stop, &[]).await;
    let row = "INSERT INTO text_prefix (prefix, hour, sent, entered, set_ups, proven, stopped) VALUES ('+447400', 4102444800000, 20, 0, 20, 0, 631)";
    app.tamper(row, &[]).await;
    let off = diagnosis(place, "", "texts");
    assert!(off.contains("\"error\" \"accounts whose only second step is a text message, while nobody delivers any (sms.provider): 2."), "{off}");
    assert!(off.contains("\"ok\" \"nobody delivers any"), "{off}");
    let secret = place.folder.path().join("password");
    std::fs::write(&secret, "secret").unwrap();
    let mode = |mode| std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode));
    mode(0o600).unwrap();
    let to = |countries: &str| {
        format!(
            "[two_factor]\nallowed_kinds = [\"totp\", \"sms\"]\n[sms]\nprovider = \"kannel\"\nallowed_countries = [{countries}]\n\
            [sms.kannel]\nusername = \"twinlock\"\npassword_file = \"password\"\nsender = \"Twinlock\"\n"
        )
    };
    let one = diagnosis(place, &to("\"DE\""), "texts");
    assert!(one.contains("\"error\" \"accounts whose only second step is a text message, while none go to the country of their number (sms.allowed_countries): 1."), "{one}");
    let all = diagnosis(place, &to("\"DE\", \"US\""), "texts");
    assert!(!all.contains("only second step"), "{all}");
    assert!(
        all.contains("they go to numbers of DE (+49), US (+1)"),
        "{all}"
    );
    assert!(all.contains("codes ordered in 24 hours"), "{all}");
    assert!(!all.contains("taken by a provider"), "{all}");
    // As with a wrong secret: nobody took them.
    app.tamper("UPDATE text_message SET state = 'expired'", &[])
        .await;
    let lost = "of 2 texts of the last 24 hours 0 were taken by a provider, 0 refused, and 2 not taken in time";
    let found = diagnosis(place, &to("\"DE\", \"US\""), "texts");
    assert!(found.contains(&format!("\"error\" \"{lost}")), "{found}");
    let shown = text(&on(place, "", &["texts"]).stdout);
    assert!(shown.contains(&format!("Attention: {lost}")), "{shown}");
    assert!(
        all.contains(
            "\"warning\" \"numbers that begin with +447400 get none until 2100-01-01T12:00:00Z"
        ),
        "{all}"
    );
    let file = "sms.kannel.password_file";
    assert_eq!(diagnosis(place, &to("\"DE\""), file), "");
    for open in [0o640, 0o604] {
        mode(open).unwrap();
        let said = diagnosis(place, &to("\"DE\""), file);
        assert!(
            said.contains("\"error\" \"others may read password; run: chmod 600 password"),
            "{said}"
        );
    }
}

async fn a_server_is_ready_while_its_database_answers(place: &Place) {
    let app = place.app().await;
    let mut browser = app.browser();
    assert_eq!(browser.get("/readyz").await.status, 200);
    app.app.store.close().await;
    let answer = browser.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(browser.get("/healthz").await.status, 200);
    let page = metrics::text(&app.app).await;
    assert!(page.contains("twinlock_database_up 0\n"), "{page}");
    let again = place.restarted(&app).await;
    assert_eq!(again.browser().get("/readyz").await.status, 200);
}

/// Not ready within three seconds of the database's end, and ready again with it; nothing that was true once is remembered.
#[expect(
    clippy::disallowed_methods,
    reason = "how fast the answer comes is what is tested"
)]
#[test]
fn z05_readiness_follows_a_postgresql_that_stops_hangs_and_comes_back() {
    if std::env::var(SERVER_VARIABLE).is_err() {
        println!("skipped on PostgreSQL: {SERVER_VARIABLE} is not set");
        return;
    }
    let server = PrivatePostgres::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut serve = command(folder.path(), &["serve"]);
    serve.env("TWINLOCK_SERVER__LISTEN", "127.0.0.1:0");
    serve.env("TWINLOCK_DATABASE__URL", server.url());
    let running = Running::begin(serve);
    let line = after(&running.line("listening on"), "listening on ");
    let address = line.trim_end_matches([')', '.']);
    let ready = || {
        let asked = Instant::now();
        let request = b"GET /readyz HTTP/1.1\r\nhost: localhost:8080\r\nconnection: close\r\n\r\n";
        let answer = send(address, request);
        assert!(asked.elapsed() < Duration::from_secs(3), "{answer}");
        answer.starts_with("HTTP/1.1 200")
    };
    let soon = |wanted: bool| {
        (0..100).any(|_| {
            ready() == wanted || {
                wait();
                false
            }
        })
    };
    assert!(ready());
    server.stop("immediate").unwrap();
    assert!(!ready());
    server.resume().unwrap();
    assert!(soon(true));
    server.freeze("STOP").unwrap();
    assert!(!ready());
    server.freeze("CONT").unwrap();
    assert!(soon(true));
    assert!(running.terminate().success());
}
