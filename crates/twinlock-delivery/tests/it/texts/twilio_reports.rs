//! Reports with the signatures of Twilio's documents and libraries, and forged ones.

use twinlock_delivery::{
    DeliveryState, Refusal, ReportRefusal, Reported, StatusReport, TwilioReports,
};

const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

fn reports() -> TwilioReports {
    TwilioReports::new("12345".to_owned())
}

fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn documented() -> Vec<(String, String)> {
    form(&[
        ("To", "+18005551212"),
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
    ])
}

/// Signs as Twilio does, with another implementation of HMAC.
fn signed(url: &str, form: &[(String, String)]) -> String {
    let mut fields = form.to_vec();
    fields.sort();
    let fields = fields.iter().map(|(key, value)| format!("{key}{value}"));
    let message = url.to_owned() + &fields.collect::<String>();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
    data_encoding::BASE64.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()).as_ref())
}

#[test]
fn the_example_of_the_documents_is_believed() {
    assert!(reports().is_signed(URL, &documented(), SIGNATURE));
    // A right signature on what is no report.
    let found = reports().read(URL, &documented(), SIGNATURE);
    assert_eq!(found, Err(ReportRefusal::Form));
}

#[test]
fn the_examples_of_the_vendors_libraries_are_believed() {
    let plain = URL.replace("https", "http");
    let cases = [
        (URL.to_owned(), SIGNATURE),
        (URL.replace(".com", ".com:1234"), SIGNATURE),
        (URL.to_owned(), "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (
            plain.replace(".com", ".com:1234"),
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
        ),
        (plain, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ];
    for (url, signature) in cases {
        assert!(reports().is_signed(&url, &documented(), signature), "{url}");
    }
    let repeated = form(&[
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ]);
    assert!(reports().is_signed(URL, &repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU="));
}

#[test]
fn whatever_was_changed_on_the_way_is_not_believed() {
    let is_signed = |url: &str, form: &[(String, String)], signature: &str| {
        reports().is_signed(url, form, signature)
    };
    assert!(!is_signed(
        &URL.replace("bar=2", "bar=3"),
        &documented(),
        SIGNATURE
    ));
    assert!(!is_signed(
        &URL.replace("mycompany", "yours"),
        &documented(),
        SIGNATURE
    ));
    let mut changed = documented();
    changed[3].1 = "1235".to_owned();
    assert!(!is_signed(URL, &changed, SIGNATURE));
    let mut more = documented();
    more.push(("MessageStatus".to_owned(), "delivered".to_owned()));
    assert!(!is_signed(URL, &more, SIGNATURE));
    assert!(!is_signed(URL, &documented()[1..], SIGNATURE));
    let bad = [
        "",
        "=",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8",
        "RSOYDt4T1cUTdK1PDd93/VVr8B9=",
        "ä",
    ];
    for signature in bad {
        assert!(!is_signed(URL, &documented(), signature), "{signature}");
    }
    let other = TwilioReports::new("12346".to_owned());
    assert!(!other.is_signed(URL, &documented(), SIGNATURE));
    let unsigned = form(&[("MessageSid", "SM1"), ("MessageStatus", "delivered")]);
    let found = reports().read(URL, &unsigned, SIGNATURE);
    assert_eq!(found, Err(ReportRefusal::Signature));
}

#[test]
fn each_state_of_twilios_has_its_own() {
    let refused = DeliveryState::Refused;
    let cases = [
        ("queued", "", DeliveryState::Accepted),
        ("sending", "", DeliveryState::Accepted),
        ("sent", "", DeliveryState::Sent),
        ("delivered", "", DeliveryState::Delivered),
        ("undelivered", "30003", refused(Refusal::CannotReceive)),
        ("undelivered", "30005", refused(Refusal::CannotReceive)),
        ("undelivered", "30006", refused(Refusal::CannotReceive)),
        ("undelivered", "30004", refused(Refusal::Blocked)),
        ("undelivered", "30007", refused(Refusal::Blocked)),
        ("failed", "30034", refused(Refusal::NotAllowed)),
        ("failed", "30002", refused(Refusal::NotAllowed)),
        ("failed", "30008", refused(Refusal::Other)),
        ("failed", "", refused(Refusal::Other)),
        ("receiving", "", DeliveryState::Unknown),
        ("", "", DeliveryState::Unknown),
    ];
    let url = "https://id.example/texts/report";
    for (status, code, state) in cases {
        let mut form = form(&[
            ("AccountSid", "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ("ApiVersion", "2010-04-01"),
            ("From", "+14155552345"),
            ("MessageSid", "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ("MessageStatus", status),
            ("SmsSid", "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ("SmsStatus", status),
            ("To", "+14155552671"),
        ]);
        if !code.is_empty() {
            form.push(("ErrorCode".to_owned(), code.to_owned()));
        }
        let id = "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned();
        let expected = StatusReport {
            about: Reported::ByProviderId(id),
            state,
        };
        let found = reports().read(url, &form, &signed(url, &form));
        assert_eq!(found, Ok(expected), "{status} {code}");
    }
}

#[test]
fn the_token_is_not_shown() {
    assert_eq!(format!("{:?}", reports()), "TwilioReports { .. }");
}
