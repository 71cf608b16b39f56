//! What providers report about texts (attack rows M07, X01, X06, X09; product line E10).

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, StatusCode};
use sha1::Sha1;
use sha2::Sha256;
use twinlock::config::{Settings, SmsProvider};
use twinlock::text_messages::store;

use crate::support::browser::Answer;
use crate::support::texts::{number, person_with_text, with_texts};
use crate::support::{Place, TestApp};

on_both_engines!(
    m07_a_signed_report_tells_what_became_of_a_text,
    m07_a_forged_report_is_not_believed,
    m07_a_report_for_another_text_changes_nothing_there,
    m07_what_is_final_stays_whatever_comes_late_or_twice,
    m07_only_a_provider_in_use_that_took_the_text_is_believed,
    m07_a_report_may_come_before_its_providers_answer,
    m07_vonage_reports_in_each_of_its_ways_and_signs_where_it_is_told_to,
    m07_a_report_of_vonages_is_about_the_text_it_names_wherever_it_comes,
    x09_a_huge_report_or_another_method_is_refused,
    x01_a_report_from_a_page_in_a_browser_is_refused,
);

const SECRET: &str = "of our own gateway";
const TOKEN: &str = "of Twilio's account";

async fn reporting(place: &Place) -> TestApp {
    place.app_with(reported_by_all).await
}

fn reported_by_all(settings: &mut Settings) {
    with_texts(settings);
    settings.sms.fallback = vec![
        SmsProvider::Twilio,
        SmsProvider::Kannel,
        SmsProvider::Vonage,
    ];
    settings.sms.webhook.secret = Some(String::from(SECRET));
    settings.sms.twilio.auth_token = Some(String::from(TOKEN));
}

/// One text that was taken by this provider: its id, the address its reports come to, and the path of it.
struct Taken {
    id: String,
    url: String,
    path: String,
}

/// The newest text, as if this provider had taken it.
async fn taken(app: &TestApp, provider: &'static str) -> Taken {
    let texts = app.texts().await;
    let text = texts.last().expect("a text");
    let url = text.status_url.clone().unwrap();
    let sql = "UPDATE text_message SET provider = ?1 WHERE provider = 'memory'";
    app.tamper(sql, &[provider.into()]).await;
    Taken {
        id: text.id.clone(),
        path: url
            .strip_prefix("https://login.example.org")
            .unwrap()
            .to_owned(),
        url,
    }
}

async fn state(app: &TestApp, text: &Taken) -> String {
    let token = text.path.rsplit('/').next().unwrap();
    let (account, message) = twinlock::text_messages::flow::reported(&app.app, token).unwrap();
    let state = app.work(move |w| store::state(w, account, message)).await;
    state
        .unwrap()
        .map_or("gone", |(state, _)| state.word())
        .to_owned()
}

fn signed(app: &TestApp, secret: &str, body: &str) -> String {
    let seconds = app.time.seconds();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{seconds}.{body}").as_bytes());
    let digest = HEXLOWER.encode(&mac.finalize().into_bytes());
    format!("t={seconds},v1={digest}")
}

fn said(id: &str, state: &str) -> String {
    format!("{{\"id\": \"{id}\", \"state\": \"{state}\"}}")
}

/// A report of a gateway of our own.
async fn webhook(app: &TestApp, path: &str, body: String, signature: &str) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("twinlock-signature", signature),
    ];
    post(app, path, &headers, body).await
}

async fn well_signed(app: &TestApp, text: &Taken, state: &str) -> Answer {
    let body = said(&text.id, state);
    let signature = signed(app, SECRET, &body);
    webhook(app, &text.path, body, &signature).await
}

async fn post(app: &TestApp, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let mut provider = app.browser_at("198.51.100.200");
    provider.send(Method::POST, path, headers, Some(body)).await
}

async fn get(app: &TestApp, path: &str) -> Answer {
    let mut provider = app.browser_at("198.51.100.200");
    provider.send(Method::GET, path, &[], None).await
}

/// A report of Twilio's about the text of an address.
async fn twilio(app: &TestApp, text: &Taken, token: &str, status: &str) -> Answer {
    let fields = [("MessageSid", "SM1"), ("MessageStatus", status)];
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(text.url.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let signature = BASE64.encode(&mac.finalize().into_bytes());
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-twilio-signature", signature.as_str()),
    ];
    post(app, &text.path, &headers, body).await
}

async fn m07_a_signed_report_tells_what_became_of_a_text(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "webhook").await;
    assert_eq!(state(&app, &text).await, "accepted");
    for (report, becomes) in [("sent", "sent"), ("delivered", "delivered")] {
        let answer = well_signed(&app, &text, report).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
        assert_eq!(state(&app, &text).await, becomes);
    }
    person_with_text(&app, "bob@example.org", &number(2)).await;
    let text = taken(&app, "twilio").await;
    let answer = twilio(&app, &text, TOKEN, "undelivered").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert_eq!(state(&app, &text).await, "refused");
    person_with_text(&app, "cid@example.org", &number(3)).await;
    let text = taken(&app, "kannel").await;
    let answer = get(&app, &format!("{}?dlr=8", text.path)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert_eq!(state(&app, &text).await, "sent");
    // What has no meaning here changes nothing, and is not sent again and again.
    let answer = get(&app, &format!("{}?dlr=32", text.path)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(state(&app, &text).await, "sent");
}

async fn m07_a_forged_report_is_not_believed(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "webhook").await;
    let body = said(&text.id, "delivered");
    let good = signed(&app, SECRET, &body);
    let not_found = get(&app, "/reports/texts/unknown?dlr=1").await;
    assert_eq!(not_found.status, StatusCode::NOT_FOUND);
    let mut answers = vec![
        webhook(&app, &text.path, body.clone(), &signed(&app, "", &body)).await,
        webhook(&app, &text.path, body.clone(), "t=1,v1=00").await,
        webhook(&app, &text.path, body.clone(), "").await,
        webhook(&app, &text.path, said(&text.id, "refused"), &good).await,
        webhook(&app, "/reports/texts/unknown", body.clone(), &good).await,
        twilio(&app, &text, "", "delivered").await,
        twilio(&app, &text, SECRET, "delivered").await,
        post(&app, &text.path, &[], body.clone()).await,
        get(&app, &text.path).await,
        get(&app, &format!("{}?dlr=x", text.path)).await,
    ];
    // One character of the address, each a different part of it.
    for at in [3, 25, 50] {
        let mut token: Vec<u8> = text.path.rsplit('/').next().unwrap().into();
        token[at] = if token[at] == b'A' { b'B' } else { b'A' };
        let path = format!("/reports/texts/{}", String::from_utf8(token).unwrap());
        answers.push(webhook(&app, &path, body.clone(), &good).await);
        answers.push(get(&app, &format!("{path}?dlr=1")).await);
    }
    app.forward(301);
    answers.push(webhook(&app, &text.path, body, &good).await);
    for answer in answers {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body, not_found.body, "it tells what was wrong");
    }
    assert_eq!(state(&app, &text).await, "accepted");
}

async fn m07_a_report_for_another_text_changes_nothing_there(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let anns = taken(&app, "webhook").await;
    person_with_text(&app, "bob@example.org", &number(2)).await;
    let bobs = taken(&app, "webhook").await;
    // Well signed, about Bob's text, at the address of Ann's; and the other way round with the halves of addresses.
    let body = said(&bobs.id, "refused");
    let answer = webhook(&app, &anns.path, body.clone(), &signed(&app, SECRET, &body)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let token = |text: &Taken| {
        let token = text.path.rsplit('/').next().unwrap();
        data_encoding::BASE64URL_NOPAD
            .decode(token.as_bytes())
            .unwrap()
    };
    let (of_ann, of_bob) = (token(&anns), token(&bobs));
    for parts in [
        [&of_ann[..16], &of_bob[16..]].concat(),
        [&of_ann[..32], &of_bob[32..]].concat(),
        [&of_bob[..16], &of_ann[16..32], &of_bob[32..]].concat(),
    ] {
        let path = format!(
            "/reports/texts/{}",
            data_encoding::BASE64URL_NOPAD.encode(&parts)
        );
        assert_eq!(
            get(&app, &format!("{path}?dlr=2")).await.status,
            StatusCode::NOT_FOUND
        );
        let answer = webhook(&app, &path, body.clone(), &signed(&app, SECRET, &body)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(state(&app, &anns).await, "accepted");
    assert_eq!(state(&app, &bobs).await, "accepted");
}

async fn m07_what_is_final_stays_whatever_comes_late_or_twice(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "webhook").await;
    for report in [
        "delivered",
        "delivered",
        "accepted",
        "sent",
        "refused",
        "unheard-of",
    ] {
        let answer = well_signed(&app, &text, report).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{report}");
        assert_eq!(state(&app, &text).await, "delivered", "{report}");
    }
    person_with_text(&app, "bob@example.org", &number(2)).await;
    let text = taken(&app, "webhook").await;
    for (report, becomes) in [
        ("sent", "sent"),
        ("accepted", "sent"),
        ("refused", "refused"),
        ("delivered", "refused"),
    ] {
        well_signed(&app, &text, report).await;
        assert_eq!(state(&app, &text).await, becomes, "{report}");
    }
    // A text that is gone with its account.
    app.tamper("DELETE FROM text_message", &[]).await;
    let answer = well_signed(&app, &text, "delivered").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

async fn m07_only_a_provider_in_use_that_took_the_text_is_believed(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "twilio").await;
    assert_eq!(
        well_signed(&app, &text, "delivered").await.status,
        StatusCode::NOT_FOUND
    );
    let kannel = format!("{}?dlr=1", text.path);
    assert_eq!(get(&app, &kannel).await.status, StatusCode::NOT_FOUND);
    assert_eq!(state(&app, &text).await, "accepted");
    // The same addresses on an instance that uses only one of them.
    let one = place
        .app_with(|settings| {
            reported_by_all(settings);
            settings.sms.fallback.clear();
        })
        .await;
    assert_eq!(
        twilio(&one, &text, TOKEN, "delivered").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(get(&one, &kannel).await.status, StatusCode::NOT_FOUND);
    let off = place.app().await;
    assert_eq!(
        well_signed(&off, &text, "delivered").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        twilio(&app, &text, TOKEN, "delivered").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(state(&app, &text).await, "delivered");
}

async fn m07_a_report_may_come_before_its_providers_answer(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "webhook").await;
    let in_hand = "UPDATE text_message SET state = 'sending', provider = NULL, sealed = number FROM sms \
        WHERE sms.account_id = text_message.account_id";
    assert!(app.tamper(in_hand, &[]).await > 0);
    assert_eq!(
        well_signed(&app, &text, "sent").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(state(&app, &text).await, "sent");
    let wiped = "SELECT COUNT(*) FROM text_message WHERE state = 'sent' AND sealed IS NULL AND provider = 'webhook'";
    assert_eq!(app.number(wiped, &[]).await, 1);
}

/// Where the whole address would be too long for Vonage the token comes as its reference.
async fn m07_vonage_reports_in_each_of_its_ways_and_signs_where_it_is_told_to(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "vonage").await;
    let token = text.path.rsplit('/').next().unwrap().to_owned();
    let form = "application/x-www-form-urlencoded";
    let posted = async |path: &str, kind: &str, body: &str| {
        post(&app, path, &[("content-type", kind)], body.to_owned())
            .await
            .status
    };
    for body in ["", "messageId=1", "status=delivered", "{}"] {
        let status = posted(&text.path, form, body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
    }
    let short = "/reports/texts";
    for reference in ["", "unknown", &token[1..]] {
        let body = format!("messageId=1&status=delivered&client-ref={reference}");
        let status = posted(short, form, &body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
        let answer = get(&app, &format!("{short}?{body}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{body}");
    }
    let huge = "x".repeat(17_000);
    let status = posted(short, form, &huge).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(state(&app, &text).await, "accepted");
    let answer = get(&app, &format!("{}?messageId=1&status=buffered", text.path)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(state(&app, &text).await, "sent");
    let json = format!(
        "{{\"messageId\": \"1\", \"status\": \"failed\", \"err-code\": \"6\", \"client-ref\": \"{token}\"}}"
    );
    assert_eq!(
        posted(short, "application/json", &json).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(state(&app, &text).await, "refused");
    signed_by_vonage(place).await;
}

async fn signed_by_vonage(place: &Place) {
    let app = place
        .app_with(|settings| {
            reported_by_all(settings);
            settings.sms.vonage.signature_secret = Some(String::from(SECRET));
        })
        .await;
    person_with_text(&app, "bob@example.org", &number(2)).await;
    let text = taken(&app, "vonage").await;
    let token = text.path.rsplit('/').next().unwrap();
    let report = format!("client-ref={token}&messageId=1&status=delivered&timestamp=1582650446");
    let sign = |secret: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("&{report}").as_bytes());
        HEXLOWER.encode(&mac.finalize().into_bytes()).to_uppercase()
    };
    for bad in [
        report.clone(),
        format!("{report}&sig="),
        format!("{report}&sig={}", sign("another")),
        format!("{report}&err-code=0&sig={}", sign(SECRET)),
    ] {
        let answer = get(&app, &format!("{}?{bad}", text.path)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{bad}");
    }
    assert_eq!(state(&app, &text).await, "accepted");
    let unsettled = place
        .app_with(|settings| {
            reported_by_all(settings);
            settings.sms.vonage.signature_secret = Some(String::new());
        })
        .await;
    let empty = format!("{}?{report}&sig={}", text.path, sign(""));
    let answer = get(&unsettled, &empty).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let good = format!("{report}&sig={}", sign(SECRET));
    let answer = get(&app, &format!("{}?{good}", text.path)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(state(&app, &text).await, "delivered");
}

/// With the signature Vonage makes; the fields are in the order of their names.
fn signed_query(report: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("&{report}").as_bytes());
    let digest = HEXLOWER.encode(&mac.finalize().into_bytes());
    format!("{report}&sig={digest}")
}

async fn m07_a_report_of_vonages_is_about_the_text_it_names_wherever_it_comes(place: &Place) {
    let signing = place
        .app_with(|settings| {
            reported_by_all(settings);
            settings.sms.vonage.signature_secret = Some(String::from(SECRET));
        })
        .await;
    person_with_text(&signing, "ann@example.org", &number(1)).await;
    let anns = taken(&signing, "vonage").await;
    person_with_text(&signing, "bob@example.org", &number(2)).await;
    let bobs = taken(&signing, "vonage").await;
    let token = |text: &Taken| text.path.rsplit('/').next().unwrap().to_owned();
    let end = "messageId=1&status=failed&timestamp=1582650446";
    let of_ann = signed_query(&format!("client-ref={}&{end}", token(&anns)));
    let of_nobody = signed_query(end);
    let unsigned = format!("{of_nobody}&client-ref={}", token(&bobs));
    // Signed for Ann's text, at the address of Bob's; for none; and for none, with a name that was put in on the way.
    for report in [&of_ann, &of_nobody, &unsigned] {
        let answer = get(&signing, &format!("{}?{report}", bobs.path)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{report}");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = post(&signing, &bobs.path, &form, report.clone()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{report}");
    }
    assert_eq!(state(&signing, &bobs).await, "accepted");
    // Where nothing is signed a name that is there has to fit all the same.
    let open = place.app_with(reported_by_all).await;
    let named = |text: &Taken| format!("{}?{end}&client-ref={}", bobs.path, token(text));
    let answer = get(&open, &named(&anns)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(state(&open, &bobs).await, "accepted");
    let answer = get(&open, &named(&bobs)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(state(&open, &bobs).await, "refused");
    let answer = get(&signing, &format!("{}?{of_ann}", anns.path)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(state(&signing, &anns).await, "refused");
}

async fn x09_a_huge_report_or_another_method_is_refused(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "webhook").await;
    let huge = format!(
        "{{\"id\": \"{}\", \"state\": \"delivered\", \"x\": \"{}\"}}",
        text.id,
        "x".repeat(17_000)
    );
    let answer = webhook(&app, &text.path, huge.clone(), &signed(&app, SECRET, &huge)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let mut provider = app.browser_at("198.51.100.200");
        let path = format!("{}?dlr=1", text.path);
        let answer = provider.send(method.clone(), &path, &[], None).await;
        assert!(
            answer.status.is_client_error(),
            "{method}: {}",
            answer.status
        );
    }
    let kannels = taken(&app, "kannel").await;
    let mut provider = app.browser_at("198.51.100.200");
    let path = format!("{}?dlr=1", kannels.path);
    let answer = provider.send(Method::HEAD, &path, &[], None).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(state(&app, &text).await, "accepted");
}

async fn x01_a_report_from_a_page_in_a_browser_is_refused(place: &Place) {
    let app = reporting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let text = taken(&app, "webhook").await;
    let body = said(&text.id, "delivered");
    let signature = signed(&app, SECRET, &body);
    let headers = [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("twinlock-signature", signature.as_str()),
    ];
    let answer = post(&app, &text.path, &headers, body).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(state(&app, &text).await, "accepted");
}
