//! Reports of an operator's gateway, and forged ones.

use twinlock_delivery::{
    DeliveryState, Refusal, ReportRefusal, Reported, StatusReport, WebhookReports,
};

use super::{NOW, SECRET};

const DELIVERED: &str = r#"{"id":"t-1","state":"delivered"}"#;

fn reports() -> WebhookReports {
    WebhookReports::new(SECRET.to_owned())
}

/// Signs as a gateway would, with another implementation of HMAC.
fn digest(secret: &str, seconds: i64, body: &str) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let message = format!("{seconds}.{body}");
    data_encoding::HEXLOWER.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()).as_ref())
}

fn header(seconds: i64, body: &str) -> String {
    format!("t={seconds},v1={}", digest(SECRET, seconds, body))
}

fn read(body: &str, header: &str, now: i64) -> Result<DeliveryState, ReportRefusal> {
    let report = reports().read(body.as_bytes(), header, now);
    report.map(|report| report.state)
}

#[test]
fn each_state_has_its_name() {
    let refused = DeliveryState::Refused;
    let cases = [
        (r#""accepted""#, DeliveryState::Accepted),
        (r#""sent""#, DeliveryState::Sent),
        (r#""delivered""#, DeliveryState::Delivered),
        (r#""refused""#, refused(Refusal::Other)),
        (
            r#""refused","kind":"cannot_receive""#,
            refused(Refusal::CannotReceive),
        ),
        (r#""refused","kind":"blocked""#, refused(Refusal::Blocked)),
        (
            r#""refused","kind":"not_allowed""#,
            refused(Refusal::NotAllowed),
        ),
        (r#""refused","kind":"bad weather""#, refused(Refusal::Other)),
        (r#""lost at sea""#, DeliveryState::Unknown),
    ];
    for (state, expected) in cases {
        let body = format!(r#"{{"id":"t-1","state":{state}}}"#);
        let found = reports().read(body.as_bytes(), &header(NOW, &body), NOW);
        let about = Reported::ByTextId("t-1".to_owned());
        let state = expected;
        assert_eq!(found, Ok(StatusReport { about, state }), "{body}");
    }
}

#[test]
fn a_signature_is_good_for_five_minutes() {
    let header = header(NOW, DELIVERED);
    for now in [NOW - 300, NOW, NOW + 300] {
        assert_eq!(read(DELIVERED, &header, now), Ok(DeliveryState::Delivered));
    }
    for now in [i64::MIN, NOW - 301, NOW + 301, i64::MAX] {
        assert_eq!(read(DELIVERED, &header, now), Err(ReportRefusal::Time));
    }
}

#[test]
fn whatever_was_changed_on_the_way_is_not_believed() {
    let right = digest(SECRET, NOW, DELIVERED);
    let changed = DELIVERED.replace("t-1", "t-2");
    let found = read(&changed, &header(NOW, DELIVERED), NOW);
    assert_eq!(found, Err(ReportRefusal::Signature));
    let bad = [
        String::new(),
        "t=1700000000".to_owned(),
        format!("v1={right}"),
        format!("t=1700000001,v1={right}"),
        format!("t=+1700000000,v1={right}"),
        format!("t=01700000000,v1={right}"),
        format!("t=1700000000,t=1700000000,v1={right}"),
        format!("t=99999999999999999999,v1={right}"),
        format!("t=1700000000,v0={right}"),
        format!("t=1700000000,v1={}", &right[2..]),
        format!("t=1700000000,v1={right}00"),
        "t=1700000000,v1=".to_owned(),
        "t=1700000000,v1=x".to_owned(),
        format!("t=1700000000{},v1={right}", ",v1=00".repeat(4)),
        format!(
            "t=1700000000,v1={}",
            digest("another secret", NOW, DELIVERED)
        ),
        "ä".to_owned(),
    ];
    for header in bad {
        let found = read(DELIVERED, &header, NOW);
        assert_eq!(found, Err(ReportRefusal::Signature), "{header}");
    }
}

#[test]
fn while_a_secret_is_changed_a_report_may_have_two_signatures() {
    let other = digest("the secret that comes next", NOW, DELIVERED);
    let right = digest(SECRET, NOW, DELIVERED);
    for digests in [
        format!("v1={other},v1={right}"),
        format!("v1={right}, v2=x, v1={other}"),
    ] {
        let header = format!("t={NOW},{digests}");
        assert_eq!(read(DELIVERED, &header, NOW), Ok(DeliveryState::Delivered));
    }
}

#[test]
fn signed_nonsense_is_no_report() {
    for body in ["", "{}", r#"{"id":"t-1"}"#, r#"{"id":7,"state":"sent"}"#] {
        let found = read(body, &header(NOW, body), NOW);
        assert_eq!(found, Err(ReportRefusal::Form), "{body}");
    }
}

#[test]
fn the_secret_is_not_shown() {
    assert_eq!(format!("{:?}", reports()), "WebhookReports { .. }");
}
