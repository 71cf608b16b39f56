//! Against a server that speaks as Kannel does.

use twinlock_delivery::{KannelProvider, Refusal, Text, TextConfigError, TextProvider};

use super::server::HttpServer;
use super::{BODY, Mistake, NOW, NUMBER, Short, kannel, kannel_settings, short, text};

#[tokio::test]
async fn number_password_and_text_stand_in_no_address() {
    let server = HttpServer::always(202, "0: Accepted for delivery");
    let wanted = Text {
        status_url: Some("https://id.example/texts/report?t=a%2Fb".to_owned()),
        ..text("1")
    };
    let outcome = kannel(&server.url()).send(&wanted, NOW).await;
    assert_eq!(short(outcome), Short::Accepted(None));
    let requests = server.requests();
    let request = &requests[0];
    assert_eq!(request.line, "POST /cgi-bin/sendsms HTTP/1.1");
    assert_eq!(request.body, BODY);
    let expected = [
        ("Content-Type", Some("text/plain; charset=UTF-8")),
        ("X-Kannel-Username", Some("twinlock")),
        ("X-Kannel-Password", Some("ge heim&1%")),
        ("X-Kannel-To", Some(NUMBER)),
        ("X-Kannel-From", Some("Twinlock")),
        ("X-Kannel-Coding", Some("0")),
        ("X-Kannel-DLR-Mask", Some("31")),
        (
            "X-Kannel-DLR-Url",
            Some("https://id.example/texts/report?t=a%%2Fb&dlr=%d"),
        ),
        ("X-Kannel-Validity", Some("10")),
    ];
    for (name, value) in expected {
        assert_eq!(request.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_text_in_other_letters_says_so_and_one_without_end_or_report_names_none() {
    let server = HttpServer::always(202, "0: Accepted for delivery");
    let wanted = Text {
        body: "Код 123456 😀".to_owned(),
        good_until: None,
        ..text("1")
    };
    kannel(&server.url()).send(&wanted, NOW).await;
    let requests = server.requests();
    assert_eq!(requests[0].body, "Код 123456 😀");
    assert_eq!(requests[0].header("X-Kannel-Coding"), Some("2"));
    for name in ["X-Kannel-Validity", "X-Kannel-DLR-Mask", "X-Kannel-DLR-Url"] {
        assert_eq!(requests[0].header(name), None, "{name}");
    }
}

#[tokio::test]
async fn the_validity_is_whole_minutes_and_never_none() {
    for (left, minutes) in [(1, "1"), (59, "1"), (60, "1"), (119, "1"), (3_600, "60")] {
        let server = HttpServer::always(202, "0: Accepted for delivery");
        let wanted = Text {
            good_until: Some(NOW + left),
            ..text("1")
        };
        kannel(&server.url()).send(&wanted, NOW).await;
        let request = &server.requests()[0];
        assert_eq!(request.header("X-Kannel-Validity"), Some(minutes), "{left}");
    }
}

#[tokio::test]
async fn each_of_kannels_answers_has_its_outcome() {
    let cases = [
        (202, "0: Accepted for delivery", Short::Accepted(None)),
        (202, "3: Queued for later delivery", Short::Accepted(None)),
        (
            403,
            "Not routable. Do not try again.",
            Short::Refused(Refusal::NotAllowed),
        ),
        (
            400,
            "Number(s) has/have been denied by white- and/or black-lists.",
            Short::Refused(Refusal::NotAllowed),
        ),
        (403, "Authorization failed for sendsms", Short::NotTaken),
        (503, "Temporal failure, try again later.", Short::NotTaken),
        (404, "Unknown request.", Short::NotTaken),
        (
            400,
            "Sender missing and no global set, rejected",
            Short::Refused(Refusal::Other),
        ),
        (200, "<h1>Welcome to our wireless</h1>", Short::MaybeSent),
    ];
    for (status, body, expected) in cases {
        let server = HttpServer::always(status, body);
        let outcome = kannel(&server.url()).send(&text("1"), NOW).await;
        assert_eq!(short(outcome), expected, "{status} {body}");
    }
}

#[test]
fn settings_that_cannot_work_are_named_and_not_repeated() {
    let cases: [Mistake<super::KannelSettings>; 5] = [
        (
            |s| s.sendsms_url = "127.0.0.1:13013".to_owned(),
            TextConfigError::Url,
        ),
        (|s| s.username = String::new(), TextConfigError::Credentials),
        (
            |s| s.password += "\r\nX-Kannel-To: 1",
            TextConfigError::Credentials,
        ),
        (
            |s| s.sender = "Twinlock\n".to_owned(),
            TextConfigError::Sender,
        ),
        (|s| s.timeout *= 0, TextConfigError::Timeout),
    ];
    for (change, expected) in cases {
        let mut settings = kannel_settings("http://10.0.0.1:13013");
        change(&mut settings);
        assert_eq!(KannelProvider::new(settings).err(), Some(expected));
    }
    let settings = kannel_settings("http://10.0.0.1:13013");
    assert!(!format!("{settings:?}").contains("heim"));
    let provider = KannelProvider::new(settings).unwrap();
    let shown = r#"KannelProvider { host: Some("10.0.0.1"), .. }"#;
    assert_eq!(format!("{provider:?}"), shown);
    assert!(!provider.is_protected());
    assert!(kannel("http://127.0.0.1:13013").is_protected());
    assert_eq!(provider.name(), "kannel");
}
