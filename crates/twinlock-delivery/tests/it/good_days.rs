//! Against Debian's aiosmtpd.

use std::time::Duration;

use twinlock_delivery::{Mail, MailProvider, Outcome, TlsMode};
use twinlock_testkit::smtp::PrivateSmtp;

use crate::{mail, provider};

const LIMIT: Duration = Duration::from_secs(20);

/// `None` (with a printed line) where the server's package is missing.
fn server() -> Option<PrivateSmtp> {
    if PrivateSmtp::is_available() {
        return Some(PrivateSmtp::start().unwrap());
    }
    println!("skipped: python3-aiosmtpd is not installed");
    None
}

fn assert_accepted(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn ann_gets_her_mail_once_with_all_headers() {
    let Some(server) = server() else { return };
    let smtp = provider(&server.url(), LIMIT);
    assert_eq!((smtp.name(), smtp.tls_mode()), ("smtp", TlsMode::Clear));
    let html = Some("<p>Your code is <b>ABCD-EFGH</b>. Grüße</p>".to_owned());
    assert_accepted(
        &smtp
            .send(&Mail {
                html,
                ..mail("018f-1")
            })
            .await,
    );
    let messages = server.messages().unwrap();
    assert_eq!(messages.len(), 1);
    let raw = &messages[0];
    let expected = [
        "X-RcptTo: ann@example.org\n",
        "X-MailFrom: no-reply@example.com\n",
        "To: ann@example.org\n",
        "Subject: Your sign-in code\n",
        "Message-ID: <018f-1@example.com>\n",
        "Auto-Submitted: auto-generated\n",
        "Date: ",
        "multipart/alternative",
        "Your code is ABCD-EFGH.",
        "text/html",
    ];
    for part in expected {
        assert!(raw.contains(part), "{part:?} is missing in\n{raw}");
    }
}

#[tokio::test]
async fn m13_hostile_text_reaches_one_recipient_and_adds_no_header() {
    let Some(server) = server() else { return };
    let smtp = provider(&server.url(), LIMIT);
    let hostile = Mail {
        id: "1>\r\nX-Evil: a".to_owned(),
        subject: "Hi\r\nBcc: eve@example.net\r\nX-Evil: b".to_owned(),
        text: "one\r\n.\r\nMAIL FROM:<eve@example.net>\r\n\n.\n\r.\rX-Evil: c\n".to_owned(),
        ..mail("1")
    };
    assert_accepted(&smtp.send(&hostile).await);
    let two_addresses = Mail {
        to: "ann@example.org>\r\nRCPT TO:<eve@example.net".to_owned(),
        ..mail("2")
    };
    let refused = smtp.send(&two_addresses).await;
    assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");
    let messages = server.messages().unwrap();
    assert_eq!(messages.len(), 1);
    let (head, body) = messages[0].split_once("\n\n").unwrap();
    assert!(head.ends_with("X-RcptTo: ann@example.org"), "{head}");
    assert!(!head.contains("\nX-Evil") && !head.contains("\nBcc"));
    assert!(body.contains("MAIL FROM") && body.contains("X-Evil: c"));
}

#[tokio::test]
async fn an_international_domain_travels_in_its_ascii_form() {
    let Some(server) = server() else { return };
    let smtp = provider(&server.url(), LIMIT);
    let to = "ann@bücher.example".to_owned();
    assert_accepted(&smtp.send(&Mail { to, ..mail("1") }).await);
    let messages = server.messages().unwrap();
    assert!(messages[0].contains("X-RcptTo: ann@xn--bcher-kva.example\n"));
}

#[tokio::test]
async fn an_international_local_part_needs_a_server_that_takes_it() {
    let Some(plain) = server() else { return };
    let to = "änn@example.org".to_owned();
    let letter = Mail { to, ..mail("1") };
    let outcome = provider(&plain.url(), LIMIT).send(&letter).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");

    let able = PrivateSmtp::start_with_smtputf8().unwrap();
    assert_accepted(&provider(&able.url(), LIMIT).send(&letter).await);
    assert_eq!(able.messages().unwrap().len(), 1);
}

#[tokio::test]
async fn twenty_mails_at_once_all_arrive() {
    let Some(server) = server() else { return };
    let smtp = provider(&server.url(), LIMIT);
    let sends: Vec<_> = (0..20).map(|n| mail(&format!("n{n}"))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    let smtp = std::sync::Arc::new(smtp);
    for letter in sends {
        let smtp = std::sync::Arc::clone(&smtp);
        tasks.spawn(async move { smtp.send(&letter).await });
    }
    for outcome in tasks.join_all().await {
        assert_accepted(&outcome);
    }
    assert_eq!(server.messages().unwrap().len(), 20);
}

#[tokio::test]
async fn mail_leaves_again_when_the_server_is_back() {
    let Some(mut server) = server() else { return };
    let smtp = provider(&server.url(), LIMIT);
    assert_accepted(&smtp.send(&mail("1")).await);
    server.stop();
    let down = smtp.send(&mail("2")).await;
    assert!(matches!(down, Outcome::Later { .. }), "{down:?}");
    server.start_again().unwrap();
    assert_accepted(&smtp.send(&mail("2")).await);
    // The connection kept from before a restart is dead, and nobody notices.
    server.start_again().unwrap();
    assert_accepted(&smtp.send(&mail("3")).await);
    assert_eq!(server.messages().unwrap().len(), 3);
}
