//! Against a server that speaks as Vonage's documents and libraries say, and its reports.

use twinlock_delivery::{
    DeliveryState, Refusal, ReportRefusal, Reported, StatusReport, Text, TextConfigError,
    TextProvider, VonageProvider, VonageReports, vonage_fields,
};

use super::server::HttpServer;
use super::{BODY, Mistake, NOW, Short, short, text, vonage, vonage_settings};

/// The document of the vendor's library tests.
const TAKEN: &str = r#"{"message-count": "1", "messages": [{
    "to": "14155552671", "message-id": "3295d748-4e14-4681-af78-166dca3c5aab", "status": "0",
    "remaining-balance": "38.07243628", "message-price": "0.04120000", "network": "23420"
}]}"#;

fn failure(status: &str) -> HttpServer {
    let body = format!(
        r#"{{"message-count": "1", "messages": [{{"status": "{status}", "error-text": "14155552671 :: 123456"}}]}}"#
    );
    HttpServer::always(200, &body)
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[tokio::test]
async fn a_text_is_posted_as_vonage_wants_it() {
    let server = HttpServer::always(200, TAKEN);
    let wanted = Text {
        status_url: Some("https://id.example/texts/report/a-token".to_owned()),
        ..text("1")
    };
    let id = "3295d748-4e14-4681-af78-166dca3c5aab".to_owned();
    let outcome = vonage(&server.url()).send(&wanted, NOW).await;
    assert_eq!(short(outcome), Short::Accepted(Some(id)));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].line, "POST /sms/json HTTP/1.1");
    let expected = fields(&[
        ("api_key", "abcd1234"),
        ("api_secret", "geheim"),
        ("callback", "https://id.example/texts/report/a-token"),
        ("client-ref", "a-token"),
        ("from", "14155552345"),
        ("status-report-req", "true"),
        ("text", BODY),
        ("to", "14155552671"),
        ("ttl", "600000"),
    ]);
    assert_eq!(requests[0].form(), expected);
}

#[tokio::test]
async fn other_letters_are_announced_and_a_life_is_one_that_vonage_takes() {
    let server = HttpServer::always(200, TAKEN);
    let provider = vonage(&format!("{}/eu/", server.url()));
    for (good_until, ttl) in [
        (Some(NOW + 3), Some("20000")),
        (Some(NOW + 10_000_000), Some("604800000")),
        (None, None),
    ] {
        let wanted = Text {
            body: "ß + & = % 😀\n".to_owned(),
            good_until,
            ..text("1")
        };
        provider.send(&wanted, NOW).await;
        let request = server.requests().pop().unwrap();
        assert_eq!(request.line, "POST /eu/sms/json HTTP/1.1");
        let form = request.form();
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(field("type"), Some("unicode"));
        assert_eq!(field("text"), Some("ß + & = % 😀\n"));
        assert_eq!(field("ttl"), ttl);
        assert_eq!(field("callback"), None);
    }
}

/// Vonage takes addresses of at most 100 characters, and signs what travels beside them alone.
#[tokio::test]
async fn the_end_of_an_address_for_reports_travels_beside_it() {
    let server = HttpServer::always(200, TAKEN);
    for (length, cut) in [(100, false), (101, true)] {
        let base = "https://login.id.example/reports/texts";
        let end = "t".repeat(length - base.len() - 1);
        let wanted = Text {
            status_url: Some(format!("{base}/{end}")),
            ..text("1")
        };
        vonage(&server.url()).send(&wanted, NOW).await;
        let form = server.requests().pop().unwrap().form();
        let whole = format!("{base}/{end}");
        let callback = if cut { base } else { whole.as_str() };
        let reported =
            |name: &str, value: &str| form.contains(&(name.to_owned(), value.to_owned()));
        assert!(reported("callback", callback), "{length}");
        assert!(reported("client-ref", &end), "{length}");
    }
}

#[tokio::test]
async fn each_status_of_vonages_is_the_texts_or_the_set_ups_or_the_hours() {
    let refused = Short::Refused;
    let cases = [
        ("1", Short::NotTaken),
        ("2", refused(Refusal::Other)),
        ("3", refused(Refusal::Other)),
        ("4", Short::NotTaken),
        ("5", Short::NotTaken),
        ("6", refused(Refusal::CannotReceive)),
        ("7", refused(Refusal::Blocked)),
        ("8", Short::NotTaken),
        ("9", Short::NotTaken),
        ("10", Short::NotTaken),
        ("11", Short::NotTaken),
        ("12", refused(Refusal::Other)),
        ("14", Short::NotTaken),
        ("15", Short::NotTaken),
        ("22", refused(Refusal::Other)),
        ("23", Short::NotTaken),
        ("29", refused(Refusal::NotAllowed)),
        ("32", Short::NotTaken),
        ("33", refused(Refusal::CannotReceive)),
        ("999", refused(Refusal::Other)),
        ("zero", Short::MaybeSent),
    ];
    for (status, expected) in cases {
        let server = failure(status);
        let outcome = vonage(&server.url()).send(&text("1"), NOW).await;
        assert_eq!(short(outcome), expected, "{status}");
    }
}

/// The second is the vendor's library's own example.
#[tokio::test]
async fn answers_that_are_not_whole_settle_nothing() {
    let partly = TAKEN.replace("}]}", r#"}, {"status": "1", "error-text": "Throttled"}]}"#);
    let cases = [
        (200, "<h1>Welcome to our wireless</h1>", Short::MaybeSent),
        (200, partly.as_str(), Short::MaybeSent),
        (
            200,
            r#"{"message-count": "0", "messages": []}"#,
            Short::MaybeSent,
        ),
        (200, "", Short::MaybeSent),
        (400, "Bad Request", Short::Refused(Refusal::Other)),
        (401, "", Short::NotTaken),
        (429, "", Short::NotTaken),
        (503, "", Short::NotTaken),
    ];
    for (status, body, expected) in cases {
        let server = HttpServer::always(status, body);
        let outcome = vonage(&server.url()).send(&text("1"), NOW).await;
        assert_eq!(short(outcome), expected, "{status} with {body}");
    }
}

#[test]
fn settings_that_cannot_work_are_named_and_not_repeated() {
    let cases: [Mistake<super::VonageSettings>; 7] = [
        (
            |s| s.base_url = "rest.nexmo.com".to_owned(),
            TextConfigError::Url,
        ),
        (|s| s.base_url += "/?x=y", TextConfigError::Url),
        (
            |s| s.base_url = "http://rest.nexmo.com".to_owned(),
            TextConfigError::Unencrypted,
        ),
        (|s| s.api_key = String::new(), TextConfigError::Credentials),
        (
            |s| s.api_secret = "geheim\n".to_owned(),
            TextConfigError::Credentials,
        ),
        (|s| s.sender = String::new(), TextConfigError::Sender),
        (|s| s.timeout *= 2, TextConfigError::Timeout),
    ];
    for (change, expected) in cases {
        let mut settings = vonage_settings("https://rest.nexmo.com");
        change(&mut settings);
        let found = VonageProvider::new(settings).err();
        assert_eq!(found, Some(expected));
        assert!(!expected.to_string().contains("geheim"));
    }
    let settings = vonage_settings("https://rest.nexmo.com");
    assert!(!format!("{settings:?}").contains("geheim"));
    let provider = VonageProvider::new(settings).unwrap();
    let shown = r#"VonageProvider { host: Some("rest.nexmo.com"), .. }"#;
    assert_eq!(format!("{provider:?}"), shown);
    assert_eq!(provider.name(), "vonage");
}

/// The example of the vendor's documents, in the state and with the error of one's choice.
fn report(status: &str, error: &str) -> Vec<(String, String)> {
    fields(&[
        ("msisdn", "447700900000"),
        ("to", "AcmeInc"),
        ("network-code", "12345"),
        ("messageId", "0A0000001234567B"),
        ("price", "0.03330000"),
        ("status", status),
        ("scts", "2001011400"),
        ("err-code", error),
        ("api-key", "abcd1234"),
        ("message-timestamp", "2020-01-01 12:00:00"),
        ("timestamp", "1582650446"),
        ("nonce", "ec11dd3e-1e7f-4db5-9467-82b02cd223b9"),
    ])
}

fn named(mut form: Vec<(String, String)>, reference: &str) -> Vec<(String, String)> {
    form.push(("client-ref".to_owned(), reference.to_owned()));
    form
}

/// Signs as Vonage does, with another implementation of HMAC.
fn signed(mut form: Vec<(String, String)>, secret: &str) -> Vec<(String, String)> {
    let mut sorted = form.clone();
    sorted.sort();
    let parts = sorted.iter().map(|(key, value)| format!("&{key}={value}"));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let digest = aws_lc_rs::hmac::sign(&key, parts.collect::<String>().as_bytes());
    let digest = data_encoding::HEXUPPER.encode(digest.as_ref());
    form.push(("sig".to_owned(), digest));
    form
}

#[test]
fn each_state_of_vonages_has_its_own() {
    let refused = DeliveryState::Refused;
    let cases = [
        ("accepted", "0", DeliveryState::Accepted),
        ("buffered", "0", DeliveryState::Sent),
        ("delivered", "0", DeliveryState::Delivered),
        ("expired", "1", refused(Refusal::CannotReceive)),
        ("failed", "3", refused(Refusal::CannotReceive)),
        ("failed", "4", refused(Refusal::Blocked)),
        ("rejected", "6", refused(Refusal::Blocked)),
        ("rejected", "11", refused(Refusal::NotAllowed)),
        ("failed", "99", refused(Refusal::Other)),
        ("failed", "", refused(Refusal::Other)),
        ("unknown", "1", DeliveryState::Unknown),
        ("", "0", DeliveryState::Unknown),
    ];
    let open = VonageReports::new(None);
    let closed = VonageReports::new(Some("secret".to_owned()));
    for (status, error, state) in cases {
        let expected = Ok(StatusReport {
            about: Reported::ByProviderId("0A0000001234567B".to_owned()),
            state,
        });
        let form = report(status, error);
        assert_eq!(open.read(&form), expected, "{status} {error}");
        // What is signed must say which text it is about.
        let unnamed = closed.read(&signed(form.clone(), "secret"));
        assert_eq!(unnamed, Err(ReportRefusal::Form), "{status} {error}");
        let form = named(form, "reference");
        let expected = Ok(StatusReport {
            about: Reported::ByReference("reference".to_owned()),
            state,
        });
        assert_eq!(open.read(&form), expected, "{status} {error}, named");
        let form = signed(form, "secret");
        assert_eq!(closed.read(&form), expected, "{status} {error}, signed");
    }
    assert_eq!(format!("{closed:?}"), "VonageReports { .. }");
}

#[test]
fn whatever_was_changed_on_the_way_is_not_believed() {
    let reports = VonageReports::new(Some("secret".to_owned()));
    let good = signed(named(report("delivered", "0"), "reference"), "secret");
    assert!(reports.read(&good).is_ok());
    let mut bad = vec![
        report("delivered", "0"),
        signed(report("delivered", "0"), "other"),
    ];
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at].1.push('0');
        bad.push(changed);
        let mut missing = good.clone();
        missing.remove(at);
        bad.push(missing);
        let mut twice = good.clone();
        twice.push(good[at].clone());
        bad.push(twice);
    }
    for form in bad {
        assert_eq!(
            reports.read(&form),
            Err(ReportRefusal::Signature),
            "{form:?}"
        );
    }
    let no_report = signed(fields(&[("messageId", "1"), ("text", "STOP")]), "secret");
    assert_eq!(reports.read(&no_report), Err(ReportRefusal::Form));
    let of_two = named(named(report("delivered", "0"), "one"), "two");
    for reports in [reports, VonageReports::new(None)] {
        let form = signed(of_two.clone(), "secret");
        assert_eq!(reports.read(&form), Err(ReportRefusal::Form));
    }
}

#[test]
fn a_report_may_come_as_json() {
    let json = br#"{"messageId": "0A1", "status": "delivered", "err-code": 0}"#;
    let expected = [
        ("err-code", "0"),
        ("messageId", "0A1"),
        ("status", "delivered"),
    ];
    let mut found = vonage_fields(json).unwrap();
    found.sort();
    assert_eq!(found, fields(&expected));
    for other in ["", "[]", "1", r#"{"a": {}}"#, r#"{"a": [1]}"#, "a=b"] {
        assert_eq!(vonage_fields(other.as_bytes()), None, "{other}");
    }
}
