//! Against a server that speaks as Twilio's documents and libraries say.

use twinlock_delivery::{
    Refusal, Text, TextConfigError, TextProvider, TwilioProvider, TwilioSender,
};

use super::server::HttpServer;
use super::{ACCOUNT, BODY, Mistake, NOW, NUMBER, Short, short, text, twilio, twilio_settings};

/// The document of the vendor's library tests, with the state that a new message has.
const CREATED: &str = r#"{
    "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "api_version": "2010-04-01",
    "body": "O Slash: \u00d8, PoP: \ud83d\udca9", "date_created": "Thu, 30 Jul 2015 20:12:31 +0000",
    "date_sent": null, "date_updated": "Thu, 30 Jul 2015 20:12:33 +0000",
    "direction": "outbound-api", "error_code": null, "error_message": null,
    "from": "+14155552345", "messaging_service_sid": null, "num_media": "0", "num_segments": "1",
    "price": null, "price_unit": "USD", "sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "status": "queued", "to": "+14155552671", "subresource_uris": {"media": "/2010-04-01/x.json"},
    "uri": "/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Messages/SMaa.json"
}"#;

fn failure(status: u16, code: u32) -> HttpServer {
    let body = format!(
        r#"{{"code": {code}, "message": "The 'To' number {NUMBER} is no good: 123456", "more_info": "https://www.twilio.com/docs/errors/{code}", "status": {status}}}"#
    );
    HttpServer::always(status, &body)
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[tokio::test]
async fn a_text_is_posted_as_twilio_wants_it() {
    let server = HttpServer::always(201, CREATED);
    let wanted = Text {
        status_url: Some("https://id.example/texts/report?t=a%2Fb".to_owned()),
        ..text("1")
    };
    let id = "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned();
    let outcome = twilio(&server.url()).send(&wanted, NOW).await;
    assert_eq!(short(outcome), Short::Accepted(Some(id)));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    assert_eq!(requests[0].line, format!("POST {path} HTTP/1.1"));
    let credentials = data_encoding::BASE64.encode(format!("{ACCOUNT}:geheim").as_bytes());
    let basic = format!("Basic {credentials}");
    assert_eq!(requests[0].header("authorization"), Some(basic.as_str()));
    let expected = fields(&[
        ("Body", BODY),
        ("From", "+14155552345"),
        ("StatusCallback", "https://id.example/texts/report?t=a%2Fb"),
        ("To", NUMBER),
        ("ValidityPeriod", "600"),
    ]);
    assert_eq!(requests[0].form(), expected);
}

#[tokio::test]
async fn a_messaging_service_picks_the_sender_and_a_long_validity_is_cut() {
    let server = HttpServer::always(201, CREATED);
    let mut settings = twilio_settings(&format!("{}/", server.url()));
    let service = "MGaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    settings.sender = TwilioSender::MessagingService(service.to_owned());
    let provider = TwilioProvider::new(settings).unwrap();
    let wanted = Text {
        body: "ß + & = % 😀\n".to_owned(),
        good_until: Some(NOW + 1_000_000),
        ..text("1")
    };
    provider.send(&wanted, NOW).await;
    let timeless = Text {
        good_until: None,
        ..wanted
    };
    provider.send(&timeless, NOW).await;
    let requests = server.requests();
    let expected = [
        ("Body", "ß + & = % 😀\n"),
        ("MessagingServiceSid", service),
        ("To", NUMBER),
        ("ValidityPeriod", "14400"),
    ];
    assert_eq!(requests[0].form(), fields(&expected));
    assert_eq!(requests[1].form(), fields(&expected[..3]));
}

#[tokio::test]
async fn each_error_of_twilios_is_the_texts_or_the_set_ups_or_the_hours() {
    let refused = Short::Refused;
    let cases = [
        (400, 21211, refused(Refusal::CannotReceive)),
        (400, 21614, refused(Refusal::CannotReceive)),
        (400, 21635, refused(Refusal::CannotReceive)),
        (400, 21610, refused(Refusal::Blocked)),
        (400, 21408, refused(Refusal::NotAllowed)),
        (403, 21408, refused(Refusal::NotAllowed)),
        (400, 21612, refused(Refusal::NotAllowed)),
        (400, 21617, refused(Refusal::Other)),
        (400, 21606, Short::NotTaken),
        (400, 21609, Short::NotTaken),
        (401, 20003, Short::NotTaken),
        (403, 20003, Short::NotTaken),
        (404, 20404, Short::NotTaken),
        (429, 20429, Short::NotTaken),
        (429, 63038, Short::NotTaken),
        (400, 21611, Short::NotTaken),
        (500, 20500, Short::NotTaken),
        (503, 20503, Short::NotTaken),
        (504, 20504, Short::MaybeSent),
    ];
    for (status, code, expected) in cases {
        let server = failure(status, code);
        let outcome = twilio(&server.url()).send(&text("1"), NOW).await;
        assert_eq!(short(outcome), expected, "{status} with {code}");
    }
}

#[tokio::test]
async fn answers_that_are_not_twilios_settle_nothing() {
    let cases = [
        (200, "<h1>Welcome to our wireless</h1>", Short::MaybeSent),
        (201, "", Short::MaybeSent),
        (400, "Bad Request", Short::NotTaken),
        (400, "{}", Short::NotTaken),
        (401, "", Short::NotTaken),
    ];
    for (status, body, expected) in cases {
        let server = HttpServer::always(status, body);
        let outcome = twilio(&server.url()).send(&text("1"), NOW).await;
        assert_eq!(short(outcome), expected, "{status} with {body}");
    }
}

#[tokio::test]
async fn a_message_that_failed_while_it_was_made_is_refused() {
    let failed = CREATED
        .replace(r#""status": "queued""#, r#""status": "failed""#)
        .replace(r#""error_code": null"#, r#""error_code": 30006"#);
    let server = HttpServer::always(201, &failed);
    let outcome = twilio(&server.url()).send(&text("1"), NOW).await;
    assert_eq!(short(outcome), Short::Refused(Refusal::CannotReceive));
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_even_tried() {
    let server = HttpServer::always(201, CREATED);
    let provider = twilio(&server.url());
    let wrong = Text {
        to: "0415 5552671".to_owned(),
        ..text("1")
    };
    let outcome = short(provider.send(&wrong, NOW).await);
    assert_eq!(outcome, Short::Refused(Refusal::CannotReceive));
    let late = provider.send(&text("1"), NOW + 600).await;
    assert_eq!(short(late), Short::Refused(Refusal::Other));
    let unreportable = Text {
        status_url: Some("/texts/report".to_owned()),
        ..text("1")
    };
    let outcome = provider.send(&unreportable, NOW).await;
    assert_eq!(short(outcome), Short::NotTaken);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn settings_that_cannot_work_are_named_and_not_repeated() {
    let cases: [Mistake<super::TwilioSettings>; 7] = [
        (
            |s| s.base_url = "api.twilio.com".to_owned(),
            TextConfigError::Url,
        ),
        (|s| s.base_url += "/?x=y", TextConfigError::Url),
        (
            |s| s.base_url = "http://api.twilio.com".to_owned(),
            TextConfigError::Unencrypted,
        ),
        (
            |s| s.account_sid = "AC/../../geheim".to_owned(),
            TextConfigError::Credentials,
        ),
        (
            |s| s.auth_token = String::new(),
            TextConfigError::Credentials,
        ),
        (
            |s| s.sender = TwilioSender::MessagingService("geheim".to_owned()),
            TextConfigError::Sender,
        ),
        (|s| s.timeout *= 2, TextConfigError::Timeout),
    ];
    for (change, expected) in cases {
        let mut settings = twilio_settings("https://api.twilio.com");
        change(&mut settings);
        let found = TwilioProvider::new(settings).err();
        assert_eq!(found, Some(expected));
        assert!(!expected.to_string().contains("geheim"));
    }
    let settings = twilio_settings("https://api.twilio.com");
    assert!(!format!("{settings:?}").contains("geheim"));
    let provider = TwilioProvider::new(settings).unwrap();
    let shown = r#"TwilioProvider { host: Some("api.twilio.com"), .. }"#;
    assert_eq!(format!("{provider:?}"), shown);
    assert_eq!(provider.name(), "twilio");
}
