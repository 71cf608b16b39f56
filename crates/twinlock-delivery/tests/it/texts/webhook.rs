//! Against a gateway as an operator could write one.

use twinlock_delivery::{
    Refusal, SIGNATURE_HEADER, Text, TextConfigError, TextProvider, WebhookProvider,
};

use super::server::HttpServer;
use super::{Mistake, NOW, Short, short, text, webhook, webhook_settings};

#[tokio::test]
async fn a_text_is_a_signed_document() {
    let server = HttpServer::always(200, r#"{"id": "gw-7"}"#);
    let outcome = webhook(&server.url()).send(&text("t-1"), NOW).await;
    assert_eq!(short(outcome), Short::Accepted(Some("gw-7".to_owned())));
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /texts?from=twinlock HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("idempotency-key"), Some("t-1"));
    assert_eq!(
        request.body,
        r#"{"id":"t-1","to":"+14155552671","text":"Your code is 123456.","good_until":1700000600}"#
    );
    // Python's hmac: HMAC-SHA256 under "0123456789abcdef" of "1700000000." and the body.
    let digest = "65e114e497c8b2a92e521a01d99760cdfa301c0ffe886b0e73b3998fac7e300f";
    let signature = format!("t=1700000000,v1={digest}");
    assert_eq!(request.header(SIGNATURE_HEADER), Some(signature.as_str()));
}

#[tokio::test]
async fn the_document_has_the_address_for_reports_and_no_end_if_there_is_none() {
    let server = HttpServer::always(204, "");
    let wanted = Text {
        body: "\"ß\"\n".to_owned(),
        good_until: None,
        status_url: Some("https://id.example/r?t=1".to_owned()),
        ..text("t-1")
    };
    let outcome = webhook(&server.url()).send(&wanted, NOW).await;
    assert_eq!(short(outcome), Short::Accepted(None));
    assert_eq!(
        server.requests()[0].body,
        r#"{"id":"t-1","to":"+14155552671","text":"\"ß\"\n","status_url":"https://id.example/r?t=1"}"#
    );
}

#[tokio::test]
async fn a_repeat_has_the_same_key_and_a_signature_of_its_time() {
    let server = HttpServer::always(503, "");
    let provider = webhook(&server.url());
    for now in [NOW, NOW + 1] {
        provider.send(&text("t-1"), now).await;
    }
    let requests = server.requests();
    let key = |number: usize| requests[number].header("idempotency-key");
    assert_eq!(key(0), key(1));
    let signature = |number: usize| requests[number].header(SIGNATURE_HEADER);
    assert_ne!(signature(0), signature(1));
}

#[tokio::test]
async fn the_status_decides_and_a_refusal_may_say_why() {
    let refused = Short::Refused;
    let cases = [
        (200, "ok", Short::Accepted(None)),
        (202, r#"{"id": 7}"#, Short::Accepted(None)),
        (201, r#"{"id": ""}"#, Short::Accepted(None)),
        (400, "", refused(Refusal::Other)),
        (
            422,
            r#"{"kind": "cannot_receive"}"#,
            refused(Refusal::CannotReceive),
        ),
        (422, r#"{"kind": "blocked"}"#, refused(Refusal::Blocked)),
        (
            400,
            r#"{"kind": "not_allowed"}"#,
            refused(Refusal::NotAllowed),
        ),
        (400, r#"{"kind": "+14155552671"}"#, refused(Refusal::Other)),
        (401, "", Short::NotTaken),
        (403, "", Short::NotTaken),
        (404, "", Short::NotTaken),
        (409, "", Short::NotTaken),
        (429, "", Short::NotTaken),
        (500, "", Short::NotTaken),
        (502, "", Short::MaybeSent),
        (503, "", Short::NotTaken),
        (504, "", Short::MaybeSent),
    ];
    for (status, body, expected) in cases {
        let server = HttpServer::always(status, body);
        let outcome = webhook(&server.url()).send(&text("1"), NOW).await;
        assert_eq!(short(outcome), expected, "{status} {body}");
    }
}

#[test]
fn settings_that_cannot_work_are_named_and_not_repeated() {
    let cases: [Mistake<super::WebhookSettings>; 3] = [
        (
            |s| s.url = "https://u:geheim@sms.example".to_owned(),
            TextConfigError::Url,
        ),
        (|s| s.secret = "geheim".to_owned(), TextConfigError::Secret),
        (|s| s.timeout *= 2, TextConfigError::Timeout),
    ];
    for (change, expected) in cases {
        let mut settings = webhook_settings("https://sms.example");
        change(&mut settings);
        assert_eq!(WebhookProvider::new(settings).err(), Some(expected));
        assert!(!expected.to_string().contains("geheim"));
    }
    let settings = webhook_settings("https://sms.example");
    assert!(!format!("{settings:?}").contains(super::SECRET));
    let provider = WebhookProvider::new(settings).unwrap();
    let shown = r#"WebhookProvider { host: Some("sms.example"), .. }"#;
    assert_eq!(format!("{provider:?}"), shown);
    assert!(provider.is_protected());
    assert!(!webhook("http://sms.example").is_protected());
    assert_eq!(provider.name(), "webhook");
}
