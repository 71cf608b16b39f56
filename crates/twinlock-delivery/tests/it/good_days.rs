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

/// Both parts as a mail program reads them: long lines, letters outside ASCII and lines that look like the protocol come out as they went in.
#[tokio::test]
async fn both_parts_arrive_as_they_were_written() {
    let Some(server) = server() else { return };
    let smtp = provider(&server.url(), LIMIT);
    let long = "Grüße, 世界 ".repeat(200);
    let text = format!("{long}\n\n.\nFrom here on\n= not an escape =3D\n");
    let html = format!("<p style=\"margin: 0\">{long}</p>\n.\n<p>= not an escape =3D</p>\n");
    let sent = Mail {
        text: text.clone(),
        html: Some(html.clone()),
        ..mail("1")
    };
    assert_accepted(&smtp.send(&sent).await);
    let messages = server.messages().unwrap();
    assert_eq!(part(&messages[0], "plain"), text);
    assert_eq!(part(&messages[0], "html"), html);
}

/// One part of a message, decoded by another implementation of MIME than the one that wrote it.
fn part(raw: &str, kind: &str) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let read = "import sys, email, email.policy\n\
        mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)\n\
        sys.stdout.buffer.write(mail.get_body((sys.argv[1],)).get_content().encode())";
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", read, kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    input.write_all(raw.as_bytes()).unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    // Lines of text end in CRLF on the wire, encoded or not (RFC 2046 §4.1.1).
    let decoded = String::from_utf8(output.stdout).unwrap();
    decoded.replace("\r\n", "\n")
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
