//! The link an app scans: ordinary names come through whole, hostile ones cannot add anything.

use proptest::prelude::*;
use twinlock_otp::{Algorithm, Otpauth, Parameters};
use url::Url;

use crate::rfc_secret;

fn link(issuer: &str, account: &str) -> String {
    let secret = rfc_secret(20);
    let link = Otpauth {
        secret: &secret,
        parameters: Parameters::default(),
        issuer,
        account,
    };
    link.to_uri().to_string()
}

#[test]
fn an_ordinary_link_reads_as_apps_expect() {
    assert_eq!(
        link("Example Inc.", "ada@example.com"),
        "otpauth://totp/Example%20Inc.:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Example%20Inc.&algorithm=SHA1&digits=6&period=30"
    );
}

#[test]
fn totp_rs_reads_back_what_was_written() {
    let secret = rfc_secret(64);
    for (issuer, account) in [
        ("Twinlock", "ada@example.com"),
        ("Käse & Söhne + Co", "zoë+test@пример.example"),
        ("例え", "100% me/you #1?"),
        ("a.b-c_d~e", "O'Brien \"x\" <y> \\ `z`"),
    ] {
        for (algorithm, digits, period) in [
            (Algorithm::Sha1, 6, 30),
            (Algorithm::Sha256, 7, 15),
            (Algorithm::Sha512, 8, 120),
        ] {
            let parameters = Parameters::new(algorithm, digits, period).unwrap();
            let uri = Otpauth {
                secret: &secret,
                parameters,
                issuer,
                account,
            }
            .to_uri();
            let read = totp_rs::Totp::from_url(&*uri).unwrap();
            assert_eq!(read.issuer(), Some(issuer));
            assert_eq!(read.account_name(), account);
            assert_eq!(read.digits(), digits);
            assert_eq!(read.step(), u64::from(period));
            let code = parameters.code_at_step(&secret, parameters.step_at(1_700_000_000));
            assert_eq!(*code, read.generate(1_700_000_000).to_string());
        }
    }
}

/// attacks E17
#[test]
fn a_hostile_name_adds_no_parameter_and_no_second_colon() {
    for (hostile, shown) in [
        ("x:y?secret=AAAA&issuer=Evil", "x y?secret=AAAA&issuer=Evil"),
        ("://evil.example/../../x", "//evil.example/../../x"),
        ("a%3Ab%26secret=AAAA", "a%3Ab%26secret=AAAA"),
        ("me#fragment", "me#fragment"),
        ("a\r\nb\0c\u{7f}d\te", "a bcd e"),
        ("\u{202e}moc.knab\u{202c}", "moc.knab"),
        ("Ba\u{200b}nk\u{2066}\u{feff}", "Bank"),
        ("  much   white\u{a0}\u{2003}space  ", "much white space"),
        ("🔐 vault 🦀", "🔐 vault 🦀"),
        ("one+one", "one+one"),
    ] {
        for (issuer, account) in [(hostile, "ada"), ("Example", hostile), (hostile, hostile)] {
            let uri = link(issuer, account);
            assert_shape(&uri, 1);
            let read = totp_rs::Totp::from_url(&uri).unwrap();
            let expected = |name: &str| {
                if name == hostile {
                    shown.to_owned()
                } else {
                    name.to_owned()
                }
            };
            assert_eq!(read.issuer().unwrap(), expected(issuer));
            assert_eq!(read.account_name(), expected(account));
        }
    }
}

#[test]
fn spaces_are_never_written_as_plus() {
    assert!(!link("one two", "three four+five").contains('+'));
}

#[test]
fn long_names_are_cut_so_that_the_link_fits_a_qr_code() {
    for filler in ["x", "é", "例", "🦀", "x ", ": "] {
        let long = filler.repeat(10_000);
        let uri = link(&long, &long);
        let colons = if filler == ": " { 0 } else { 1 };
        assert_shape(&uri, colons);
        if colons == 1 {
            let read = totp_rs::Totp::from_url(&uri).unwrap();
            assert!((48..=64).contains(&read.account_name().chars().count()));
        }
    }
    assert!(link(&"x".repeat(65), "a").contains(&format!("/{}:", "x".repeat(64))));
}

#[test]
fn empty_names_still_give_a_link_that_apps_take() {
    assert!(link("", "ada").starts_with("otpauth://totp/ada?secret="));
    assert!(!link("", "ada").contains("issuer"));
    assert!(link("Example", "").starts_with("otpauth://totp/Example:-?secret="));
    assert!(link(" : ", "\u{200b}").starts_with("otpauth://totp/-?secret="));
}

/// The link is ASCII that fits a QR code of level M, and holds each parameter once in the order promised.
fn assert_shape(uri: &str, colons: usize) {
    assert!(uri.is_ascii() && uri.len() <= 2_010, "{}", uri.len());
    let url = Url::parse(uri).unwrap();
    assert_eq!(
        (url.scheme(), url.host_str(), url.fragment()),
        ("otpauth", Some("totp"), None)
    );
    assert_eq!(url.path().matches(':').count(), colons);
    assert_eq!(url.path().matches('/').count(), 1);
    let names: Vec<_> = url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    let expected = ["secret", "issuer", "algorithm", "digits", "period"];
    let expected: Vec<_> = expected
        .into_iter()
        .filter(|name| colons == 1 || *name != "issuer")
        .collect();
    assert_eq!(names, expected);
    assert_eq!(
        url.query_pairs().next().unwrap().1,
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_name_breaks_the_link(issuer in any::<String>(), account in any::<String>()) {
        let uri = link(&format!("i{issuer}"), &account);
        assert_shape(&uri, 1);
    }
}
