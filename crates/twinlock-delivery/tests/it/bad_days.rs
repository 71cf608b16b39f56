//! Against a server that refuses, hangs, hangs up or talks nonsense.
#![expect(
    clippy::disallowed_methods,
    reason = "time limits and late answers on real sockets are measured in real time"
)]

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use twinlock_delivery::{Mail, MailProvider, Outcome};

use crate::log::Log;
use crate::scripted::Reply::{Close, Hang, Say};
use crate::scripted::{Reply, ScriptedServer};
use crate::{mail, provider};

const LIMIT: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(400);

/// Answers one command (by its beginning) on every connection in its own way.
fn server_that(command: &'static str, reply: Reply) -> ScriptedServer {
    ScriptedServer::start(move |_, line| line.starts_with(command).then_some(reply))
}

fn why(outcome: Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Accepted { .. } => ("accepted", String::new()),
        Outcome::Refused { why } => ("refused", why),
        Outcome::Later { why } => ("later", why),
    }
}

#[tokio::test]
async fn the_queue_id_is_kept_and_connections_are_reused() {
    let server = ScriptedServer::start(|_, _| None);
    let smtp = provider(&server.url(), LIMIT);
    for id in ["1", "2", "3"] {
        let provider_id = Some("4BF1A2".to_owned());
        assert_eq!(
            smtp.send(&mail(id)).await,
            Outcome::Accepted { provider_id }
        );
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.count("RCPT TO:<ann@example.org>"), 3);
    assert_eq!(server.count("RCPT"), 3);
}

#[tokio::test]
async fn answers_about_the_message_are_final_and_all_others_are_not() {
    let cases = [
        ("RCPT", "550 5.1.1 <ann@example.org> unknown", "refused"),
        ("RCPT", "553 ann@example.org: bad name", "refused"),
        ("RCPT", "451 4.7.1 ann@example.org greylisted", "later"),
        ("RCPT", "452 too many", "later"),
        ("RCPT", "530 5.7.0 sign in first", "later"),
        ("RCPT", "250-ok\r\n250 ok", "accepted"),
        ("DATA", "554 5.5.1 no", "refused"),
        ("DATA", "250 what?", "later"),
        (".", "554 5.7.1 ABCD-EFGH looks like spam", "refused"),
        (".", "451 4.3.0 try later", "later"),
        ("MAIL", "550 5.7.1 no-reply@example.com not yours", "later"),
        ("CONNECT", "554 no service for you", "later"),
        ("CONNECT", "421 too busy", "later"),
        ("EHLO", "502 what?", "later"),
        ("CONNECT", "HTTP/1.1 400 Bad Request\r\n", "later"),
    ];
    for (command, reply, expected) in cases {
        let server = server_that(command, Say(reply));
        let (kind, why) = why(provider(&server.url(), LIMIT).send(&mail("1")).await);
        assert_eq!(kind, expected, "{command} {reply}: {why}");
        let quoted = ["ann@", "example", "ABCD", "spam"];
        assert!(!quoted.iter().any(|part| why.contains(part)), "{why}");
    }
}

#[tokio::test]
async fn the_reason_names_the_code_and_the_place() {
    let server = server_that("RCPT", Say("550 5.1.1 <ann@example.org> unknown"));
    let (_, why) = why(provider(&server.url(), LIMIT).send(&mail("1")).await);
    assert_eq!(why, "the mail server answered 550 (5.1.1) to the recipient");
}

#[tokio::test]
async fn m07_a_server_that_is_down_means_later_at_once() {
    let port = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let began = Instant::now();
    let smtp = provider(&format!("smtp://127.0.0.1:{port}"), LIMIT);
    assert_eq!(why(smtp.send(&mail("1")).await).0, "later");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn m07_a_server_that_hangs_anywhere_costs_the_time_limit_and_no_more() {
    for command in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let server = server_that(command, Hang);
        let smtp = provider(&server.url(), SHORT);
        let began = Instant::now();
        let (kind, why) = why(smtp.send(&mail("1")).await);
        assert_eq!(kind, "later", "{command}: {why}");
        assert!(began.elapsed() < Duration::from_secs(3), "{command}");
    }
}

#[tokio::test]
async fn m07_a_server_that_hangs_up_anywhere_means_later() {
    for command in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let server = server_that(command, Close);
        let smtp = provider(&server.url(), LIMIT);
        let (kind, why) = why(smtp.send(&mail("1")).await);
        assert_eq!(kind, "later", "{command}: {why}");
        assert_eq!(
            server.connections(),
            1,
            "{command}: a fresh one is not retried"
        );
    }
}

#[tokio::test]
async fn m07_an_idle_connection_gone_bad_is_replaced_once() {
    let bad: [(&str, Reply); 5] = [
        ("NOOP", Close),
        ("NOOP", Hang),
        ("NOOP", Say("421 idle too long")),
        ("RCPT", Close),
        ("MAIL", Say("421 going down")),
    ];
    for (command, reply) in bad {
        // The first connection is good for one mail, then bad.
        let used = AtomicBool::new(false);
        let server = ScriptedServer::start(move |number, line| {
            if line == "." {
                used.store(true, Ordering::SeqCst);
            }
            let bad = number == 0 && used.load(Ordering::SeqCst) && line.starts_with(command);
            bad.then_some(reply)
        });
        let smtp = provider(&server.url(), Duration::from_secs(4));
        assert_eq!(why(smtp.send(&mail("1")).await).0, "accepted");
        assert_eq!(why(smtp.send(&mail("2")).await).0, "accepted", "{command}");
        assert_eq!(server.connections(), 2);
        assert_eq!(server.count("Message-ID: <2@"), 1);
    }
}

#[tokio::test]
async fn m07_a_message_that_may_have_been_kept_is_not_sent_twice_in_one_attempt() {
    let messages = Mutex::new(0);
    let server = ScriptedServer::start(move |_, line| {
        if line != "." {
            return None;
        }
        let mut messages = messages.lock().unwrap();
        *messages += 1;
        (*messages == 2).then_some(Close)
    });
    let smtp = provider(&server.url(), LIMIT);
    assert_eq!(why(smtp.send(&mail("1")).await).0, "accepted");
    assert_eq!(why(smtp.send(&mail("2")).await).0, "later");
    assert_eq!(server.count("Message-ID: <2@"), 1);
    assert_eq!(why(smtp.send(&mail("2")).await).0, "accepted");
    assert_eq!(server.count("Message-ID: <2@example.com>"), 2);
}

/// With lettre's pool the second mail would have been "accepted" by the late answers to the first.
#[tokio::test]
async fn a_connection_left_in_mid_conversation_is_never_used_again() {
    let server = ScriptedServer::start(|number, line| {
        if number == 0 && line == "." {
            std::thread::sleep(SHORT * 2);
        }
        (number > 0 && line.starts_with("RCPT")).then_some(Say("550 5.1.1 no"))
    });
    let smtp = provider(&server.url(), SHORT);
    assert_eq!(why(smtp.send(&mail("1")).await).0, "later");
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(why(smtp.send(&mail("2")).await).0, "refused");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_caller_who_gives_up_harms_no_later_mail() {
    let server = ScriptedServer::start(|number, line| (number == 0 && line == ".").then_some(Hang));
    let smtp = provider(&server.url(), LIMIT);
    let gave_up = tokio::time::timeout(SHORT, smtp.send(&mail("1"))).await;
    assert!(gave_up.is_err());
    assert_eq!(why(smtp.send(&mail("2")).await).0, "accepted");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_mail_when_tls_is_required() {
    let server = ScriptedServer::start(|_, _| None);
    let url = format!(
        "smtp://user:geheim@127.0.0.1:{}?tls=required",
        server.port()
    );
    let (kind, why) = why(provider(&url, LIMIT).send(&mail("1")).await);
    assert_eq!(kind, "later");
    assert!(why.contains("STARTTLS"), "{why}");
    assert_eq!(server.count("AUTH") + server.count("MAIL"), 0);
}

#[tokio::test]
async fn a_failed_handshake_is_named_as_such() {
    let server = ScriptedServer::start(|_, _| None);
    let url = format!("smtps://127.0.0.1:{}", server.port());
    let (kind, why) = why(provider(&url, LIMIT).send(&mail("1")).await);
    assert_eq!(kind, "later");
    assert!(why.contains("TLS"), "{why}");
}

#[tokio::test]
async fn a_wrong_password_is_our_fault_and_not_the_recipients() {
    let server = ScriptedServer::start(|_, line| match line {
        _ if line.starts_with("EHLO") => Some(Say("250-scripted\r\n250 AUTH PLAIN")),
        _ if line.starts_with("AUTH") => Some(Say("535 5.7.8 user geheim is wrong")),
        _ => None,
    });
    let url = format!("smtp://user:geheim@127.0.0.1:{}", server.port());
    let (kind, why) = why(provider(&url, LIMIT).send(&mail("1")).await);
    assert_eq!(kind, "later");
    assert!(why.contains("535") && !why.contains("geheim"), "{why}");
}

#[tokio::test]
async fn a_server_that_talks_nonsense_does_not_end_the_worker() {
    let nonsense = [
        "250-scripted\r\n250  ",
        "250",
        "250 \u{1F980}",
        "\0\0\0",
        "999 x",
    ];
    for reply in nonsense {
        let server = server_that("EHLO", Say(reply));
        let smtp = provider(&server.url(), SHORT);
        let (kind, _) = why(smtp.send(&mail("1")).await);
        assert_ne!(kind, "refused", "{reply:?}");
        // Still there.
        let _ = smtp.send(&mail("2")).await;
    }
}

#[tokio::test]
async fn nothing_of_a_mail_reaches_the_log() {
    let log = Log::listen();
    tracing::info!("the log works");
    let server = ScriptedServer::start(|_, line| {
        line.starts_with("EHLO")
            .then_some(Say("250-scripted\r\n250 AUTH PLAIN"))
    });
    let url = format!("smtp://user:geheim@127.0.0.1:{}", server.port());
    let smtp = provider(&url, LIMIT);
    for id in ["1", "2"] {
        assert_eq!(why(smtp.send(&mail(id)).await).0, "accepted");
    }
    drop(smtp);
    let written = log.written();
    assert!(written.contains("the log works"));
    for secret in ["ann@", "ABCD", "geheim", "AUTH", "AHVzZXIAZ2VoZWlt"] {
        assert!(!written.contains(secret), "{secret} in\n{written}");
    }
}

#[tokio::test]
async fn a_bad_address_never_reaches_the_server() {
    let server = ScriptedServer::start(|_, _| None);
    let smtp = provider(&server.url(), LIMIT);
    for to in ["", "ann", "a@x.example,b@y.example", "a@x.example\r\nDATA"] {
        let to = to.to_owned();
        assert_eq!(why(smtp.send(&Mail { to, ..mail("1") }).await).0, "refused");
    }
    assert_eq!(server.connections(), 0);
}
