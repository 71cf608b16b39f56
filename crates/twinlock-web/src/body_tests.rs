use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Verify {
    code: String,
    tries: Option<u32>,
    kind: Option<Kind>,
    client: Option<Client>,
    list: Option<Vec<Client>>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Totp,
    Sms,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Client {
    ip: String,
}

#[derive(Debug, Deserialize, PartialEq)]
struct SignIn {
    email: String,
    remember: Option<String>,
}

fn request(content_type: Option<&str>, body: impl Into<Body>) -> Request {
    let mut builder = Request::builder().method("POST").uri("/");
    if let Some(content_type) = content_type {
        builder = builder.header(header::CONTENT_TYPE, content_type);
    }
    builder.body(body.into()).unwrap()
}

async fn json(body: impl Into<Body>) -> Result<Verify, Problem> {
    <StrictJson<_> as FromRequest<()>>::from_request(request(Some("application/json"), body), &())
        .await
        .map(|StrictJson(value)| value)
}

async fn form(body: impl Into<Body>) -> Result<SignIn, FormRejection> {
    StrictForm::from_request(
        request(Some("application/x-www-form-urlencoded"), body),
        &(),
    )
    .await
    .map(|StrictForm(value)| value)
}

/// `(status, "code field")` of a refused body.
async fn refused(body: &str) -> (u16, String) {
    let problem = json(body.to_owned()).await.unwrap_err();
    let named = match problem.errors.first() {
        Some(error) => format!("{} {}", error.code, error.field),
        None => problem.code.to_owned(),
    };
    (problem.status.as_u16(), named)
}

#[tokio::test]
async fn a_well_formed_body_is_read() {
    let read = json(r#" {"code":"123 456","kind":"totp","client":{"ip":"::1"},"tries":null,"list":[{"ip":"x"}]} "#).await;
    let read = read.unwrap();
    assert_eq!(read.code, "123 456");
    assert_eq!(read.kind, Some(Kind::Totp));
    assert_eq!(read.client, Some(Client { ip: "::1".into() }));
    assert_eq!(read.tries, None);
}

#[tokio::test]
async fn wrong_shapes_are_refused_by_field() {
    for (body, named) in [
        (r#"{}"#, "missing_field code"),
        (r#"{"code":123456}"#, "wrong_type code"),
        (r#"{"code":["1"]}"#, "wrong_type code"),
        (r#"{"code":{"a":1}}"#, "wrong_type code"),
        (r#"{"code":null}"#, "wrong_type code"),
        (r#"{"code":true}"#, "wrong_type code"),
        (r#"{"code":"1","tries":-1}"#, "invalid_value tries"),
        (r#"{"code":"1","tries":1.5}"#, "wrong_type tries"),
        (r#"{"code":"1","tries":"1"}"#, "wrong_type tries"),
        (
            r#"{"code":"1","tries":99999999999999999999999}"#,
            "wrong_type tries",
        ),
        (r#"{"code":"1","kind":"pigeon"}"#, "invalid_value kind"),
        (r#"{"code":"1","kind":7}"#, "invalid_value kind"),
        (
            r#"{"code":"1","client":{"ip":"x","port":1}}"#,
            "unknown_field client.port",
        ),
        (r#"{"code":"1","client":{}}"#, "missing_field client.ip"),
        (r#"{"code":"1","client":[]}"#, "wrong_type client"),
        (
            r#"{"code":"1","list":[{"ip":"x"},{"ip":1}]}"#,
            "wrong_type list[1].ip",
        ),
        (r#"{"code":"1","Code":"2"}"#, "unknown_field Code"),
        (r#"{"code":"1","code":"2"}"#, "duplicate_field code"),
        (r#"{"code":"1","\u0063ode":"2"}"#, "duplicate_field code"),
        (
            r#"{"code":"1","client":{"ip":"x","ip":"y"}}"#,
            "duplicate_field client.ip",
        ),
        (r#"["1"]"#, "wrong_type "),
        (r#""1""#, "wrong_type "),
        ("null", "wrong_type "),
        ("7", "wrong_type "),
    ] {
        assert_eq!(refused(body).await, (422, named.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn x09_what_is_not_one_json_text_is_malformed() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = deep.get(..60_000).unwrap();
    let nested = format!(r#"{{"code":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    for body in [
        "",
        " ",
        "{",
        "{}x",
        r#"{"code":"1"}{"code":"1"}"#,
        r#"{"code":"1",}"#,
        "{'code':'1'}",
        r#"{"code":"\ud800"}"#,
        r#"{"code":1e999}"#,
        "\u{feff}{}",
        "NaN",
        r#"{"code":"a
b"}"#,
        deep,
        &nested,
    ] {
        assert_eq!(
            refused(body).await,
            (400, "malformed_body".into()),
            "{:.40}",
            body
        );
    }
    let broken = json(vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await;
    assert_eq!(broken.unwrap_err().status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_secret_is_never_told_back() {
    for body in [
        r#"{"code":{"a":"hunter2"}}"#,
        r#"{"code":"1","tries":"hunter2"}"#,
        r#"{"code":"1","kind":"hunter2"}"#,
    ] {
        let problem = json(body).await.unwrap_err();
        assert!(!problem.to_json().to_string().contains("hunter2"), "{body}");
    }
}

#[tokio::test]
async fn x09_a_large_body_is_refused_however_it_comes() {
    let large = format!(r#"{{"code":"{}"}}"#, "1".repeat(BODY_LIMIT));
    assert_eq!(refused(&large).await, (413, "body_too_large".into()));
    let largest = format!(r#"{{"code":"{}"}}"#, "1".repeat(BODY_LIMIT - 11));
    assert_eq!(largest.len(), BODY_LIMIT);
    assert!(json(largest).await.is_ok());
    let form = form(format!("email={}", "a".repeat(BODY_LIMIT))).await;
    assert_eq!(form, Err(FormRejection::TooLarge));
}

#[tokio::test]
async fn a_body_that_may_be_left_out_may_be_announced_and_empty() {
    let read_as = async |kind: Option<&str>, body: Body| {
        let read =
            <StrictJson<Verify> as OptionalFromRequest<()>>::from_request(request(kind, body), &());
        let read = read.await.map(|read| read.is_some());
        read.map_err(|problem| problem.status.as_u16())
    };
    let read = async |body: Body| read_as(None, body).await;
    assert_eq!(read(Body::empty()).await, Ok(false));
    // Clients that say for each request that it is JSON, also where there is none.
    let json = Some("application/json");
    assert_eq!(read_as(json, Body::empty()).await, Ok(false));
    assert_eq!(read_as(json, Body::from(r#"{"code":"1"}"#)).await, Ok(true));
    assert_eq!(read_as(json, Body::from(" ")).await, Err(400));
    assert_eq!(read_as(Some("text/plain"), Body::empty()).await, Err(415));
    // Announced in chunks, none of which comes: such a body does not know beforehand that it is empty.
    let chunks = Body::new(Body::empty().with_trailers(std::future::ready(None)));
    assert!(!axum::body::HttpBody::is_end_stream(&chunks));
    assert_eq!(read(chunks).await, Ok(false));
    assert_eq!(read(Body::from(r#"{"code":"1"}"#)).await, Err(415));
    let large = "1".repeat(BODY_LIMIT + 1);
    assert_eq!(read(Body::from(large)).await, Err(413));
}

#[tokio::test]
async fn x15_only_json_is_json() {
    let status = async |content_type: Option<&str>| {
        let read = <StrictJson<Verify> as FromRequest<()>>::from_request(
            request(content_type, r#"{"code":"1"}"#),
            &(),
        )
        .await;
        read.map_or_else(|problem| problem.status.as_u16(), |_| 200)
    };
    for fine in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/json;",
    ] {
        assert_eq!(status(Some(fine)).await, 200, "{fine}");
    }
    for other in [
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/problem+json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/json, text/plain",
        "",
    ] {
        assert_eq!(status(Some(other)).await, 415, "{other}");
    }
    assert_eq!(status(None).await, 415);
    let mut packed = request(Some("application/json"), r#"{"code":"1"}"#);
    packed
        .headers_mut()
        .insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    let read = <StrictJson<Verify> as FromRequest<()>>::from_request(packed, &()).await;
    assert_eq!(read.unwrap_err().status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_form_is_read_as_typed() {
    let read = form("email=ann%2Btag%40example.org+%C3%A9&").await.unwrap();
    assert_eq!(read.email, "ann+tag@example.org é");
    assert_eq!(read.remember, None);
    assert_eq!(
        form("email=&remember=yes").await.unwrap().remember,
        Some("yes".into())
    );
    assert_eq!(form("email").await.unwrap().email, "");
}

#[tokio::test]
async fn a_form_with_other_fields_is_refused_by_name() {
    for (body, named) in [
        ("", "missing_field email"),
        ("email=a&email=b", "duplicate_field email"),
        ("email=a&%65mail=b", "duplicate_field email"),
        ("email=a&admin=1", "unknown_field admin"),
        ("email=a&=x", "unknown_field "),
    ] {
        let Err(FormRejection::Fields(fields)) = form(body).await else {
            panic!("{body} was read");
        };
        assert_eq!(format!("{} {}", fields[0].code, fields[0].field), named);
    }
}

#[tokio::test]
async fn a_form_that_is_not_utf8_is_refused_not_mended() {
    assert_eq!(form("email=%ff").await, Err(FormRejection::Unreadable));
    assert_eq!(form(vec![b'e', 0xfe]).await, Err(FormRejection::Unreadable));
    assert_eq!(form("email=%zz").await.unwrap().email, "%zz");
}

#[tokio::test]
async fn x15_json_is_not_a_form() {
    let read =
        StrictForm::<SignIn>::from_request(request(Some("application/json"), "{}"), &()).await;
    assert_eq!(
        read.unwrap_err().status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

proptest::proptest! {
    #[test]
    fn no_body_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = strict_value::from_json::<Verify>(&bytes);
        let _ = parse_form::<SignIn>(&bytes);
    }

    #[test]
    fn no_json_like_text_panics(text in r#"[{}\[\]":,0-9a-e\\u ]{0,80}"#) {
        let _ = strict_value::from_json::<Verify>(text.as_bytes());
    }
}
