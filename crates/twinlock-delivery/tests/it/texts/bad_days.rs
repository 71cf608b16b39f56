//! Gateways that hang, hang up, talk nonsense or point elsewhere; the same for every provider.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use twinlock_delivery::{
    KannelProvider, TextProvider, TwilioProvider, VonageProvider, WebhookProvider,
};

use super::server::{Answer, HttpServer, nobody};
use super::{LIMIT, NOW, Short, kannel_settings, short, text, twilio_settings};
use super::{vonage_settings, webhook_settings};

const SHORT: Duration = Duration::from_millis(400);

fn all(base_url: &str, timeout: Duration) -> [Arc<dyn TextProvider>; 4] {
    let mut twilio = twilio_settings(base_url);
    let mut kannel = kannel_settings(base_url);
    let mut webhook = webhook_settings(base_url);
    twilio.timeout = timeout;
    kannel.timeout = timeout;
    let mut vonage = vonage_settings(base_url);
    webhook.timeout = timeout;
    vonage.timeout = timeout;
    [
        Arc::new(TwilioProvider::new(twilio).unwrap()),
        Arc::new(KannelProvider::new(kannel).unwrap()),
        Arc::new(WebhookProvider::new(webhook).unwrap()),
        Arc::new(VonageProvider::new(vonage).unwrap()),
    ]
}

/// What the providers make of it, in the order Twilio, Kannel, webhook, Vonage.
async fn outcomes(base_url: &str, timeout: Duration) -> Vec<Short> {
    let mut outcomes = Vec::new();
    for provider in all(base_url, timeout) {
        outcomes.push(short(provider.send(&text("1"), NOW).await));
    }
    outcomes
}

fn server_that(answer: fn() -> Answer) -> HttpServer {
    HttpServer::start(move |_, _| answer())
}

/// An acceptance of Twilio's that is about as long.
fn document(length: usize) -> String {
    let padding = "x".repeat(length);
    format!(r#"{{"sid": "SM1", "status": "queued", "padding": "{padding}"}}"#)
}

const NONE_TAKEN: [Short; 4] = [const { Short::NotTaken }; 4];
const ALL_UNCLEAR: [Short; 4] = [const { Short::MaybeSent }; 4];

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    assert_eq!(outcomes(&nobody(), LIMIT).await, NONE_TAKEN);
}

/// The kernel shakes hands, and nobody ever answers the TLS greeting: no text has left.
#[tokio::test]
async fn a_gateway_that_is_silent_before_the_text_was_sent_nothing() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    assert_eq!(outcomes(&url, SHORT).await, NONE_TAKEN);
}

#[tokio::test]
async fn after_a_silence_nobody_knows() {
    let server = server_that(|| Answer::Hang);
    assert_eq!(outcomes(&server.url(), SHORT).await, ALL_UNCLEAR);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn after_a_hang_up_nobody_knows_and_nothing_is_repeated() {
    let server = server_that(|| Answer::Raw(String::new()));
    assert_eq!(outcomes(&server.url(), LIMIT).await, ALL_UNCLEAR);
    assert_eq!(server.requests().len(), 4);
    let cut = server_that(|| Answer::Raw("HTTP/1.1 20".to_owned()));
    assert_eq!(outcomes(&cut.url(), LIMIT).await, ALL_UNCLEAR);
    assert_eq!(cut.requests().len(), 4);
}

#[tokio::test]
async fn what_is_not_http_settles_nothing() {
    let server = server_that(|| Answer::Raw("220 mail.example ESMTP\r\n".to_owned()));
    assert_eq!(outcomes(&server.url(), LIMIT).await, ALL_UNCLEAR);
}

/// Kannel and the webhook accept by the status, which came whole.
#[tokio::test]
async fn an_acceptance_that_is_cut_off_or_endless_is_not_waited_for() {
    let taken = || {
        [
            Short::MaybeSent,
            Short::Accepted(None),
            Short::Accepted(None),
            Short::MaybeSent,
        ]
    };
    let cut = server_that(|| {
        let start = "HTTP/1.1 202 X\r\nContent-Length: 1000\r\n\r\n{\"sid\":\"SM\",";
        Answer::Raw(start.to_owned())
    });
    assert_eq!(outcomes(&cut.url(), LIMIT).await, taken());
    let stalled =
        server_that(|| Answer::Stall("HTTP/1.1 202 X\r\nContent-Length: 1000\r\n\r\n{".to_owned()));
    assert_eq!(outcomes(&stalled.url(), SHORT).await, taken());
    let huge = HttpServer::start(|_, _| Answer::Http(202, document(20_000_000)));
    assert_eq!(outcomes(&huge.url(), LIMIT).await, taken());
    let long = HttpServer::start(|_, _| Answer::Http(202, document(64_000)));
    let twilios = Short::Accepted(Some("SM1".to_owned()));
    assert_eq!(outcomes(&long.url(), LIMIT).await[0], twilios);
}

#[tokio::test]
async fn a_huge_error_is_an_error() {
    let huge = HttpServer::start(|_, _| Answer::Http(500, "x".repeat(20_000_000)));
    assert_eq!(outcomes(&huge.url(), LIMIT).await, NONE_TAKEN);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = HttpServer::always(202, "0: Accepted for delivery");
    let target = elsewhere.url();
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let server = HttpServer::start(move |_, _| {
            Answer::Raw(format!(
                "HTTP/1.1 {status} X\r\nLocation: {target}/\r\nContent-Length: 0\r\n\r\n"
            ))
        });
        assert_eq!(outcomes(&server.url(), LIMIT).await, NONE_TAKEN);
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn nothing_of_a_text_reaches_the_log() {
    let log = crate::log::Log::listen();
    tracing::info!("the log works");
    let taken = HttpServer::always(202, "0: Accepted for delivery");
    outcomes(&taken.url(), LIMIT).await;
    let refused = HttpServer::always(400, r#"{"code": 21211, "message": "+14155552671"}"#);
    outcomes(&refused.url(), LIMIT).await;
    outcomes(&nobody(), LIMIT).await;
    let written = log.written();
    assert!(written.contains("the log works"));
    for secret in [
        "14155552671",
        "123456",
        "heim",
        "0123456789abcdef",
        "127.0.0.1",
    ] {
        assert!(!written.contains(secret), "{secret} in\n{written}");
    }
}

#[tokio::test]
async fn an_abandoned_text_does_no_harm_to_the_next() {
    let server = HttpServer::start(|number, _| match number {
        0 => Answer::Hang,
        _ => Answer::Http(202, "0: Accepted for delivery".to_owned()),
    });
    let [_, kannel, ..] = all(&server.url(), LIMIT);
    let first = text("1");
    let abandoned = tokio::time::timeout(SHORT, kannel.send(&first, NOW)).await;
    assert!(abandoned.is_err());
    let outcome = kannel.send(&text("2"), NOW).await;
    assert_eq!(short(outcome), Short::Accepted(None));
}

/// A connection that is kept could be dead by the time of the next text, and nobody would know
/// whether that was taken.
#[tokio::test]
async fn every_text_has_its_own_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let counted = thread::spawn(move || {
        let mut kept = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = [0; 8192];
            assert_ne!(stream.read(&mut bytes).unwrap(), 0);
            let answer = "HTTP/1.1 202 X\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n";
            std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
            kept.push(stream);
        }
        kept.len()
    });
    let [_, kannel, ..] = all(&url, LIMIT);
    for id in ["1", "2"] {
        let outcome = kannel.send(&text(id), NOW).await;
        assert_eq!(short(outcome), Short::Accepted(None));
    }
    assert_eq!(counted.join().unwrap(), 2);
}
