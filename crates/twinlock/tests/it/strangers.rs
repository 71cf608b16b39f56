//! What strangers try at the door, and with what they stole: guesses of tokens, one guess at each of many accounts, a session in another
//! browser, links used twice, odd passwords, limits without their table (B11, B15, B18, S11, E03, X19).

use data_encoding::BASE64URL_NOPAD;
use http::{Method, StatusCode};
use sha2::{Digest as _, Sha256};
use twinlock::account::Role;
use twinlock::app::{Fault, Refusal, Stop};
use twinlock::config::SignUp;
use twinlock::sign_up;

use crate::support::books::credentials;
use crate::support::browser::Browser;
use crate::support::caller::{PASSWORD, completed};
use crate::support::{Caller, Place, TestApp, refused};

on_both_engines!(
    b11_without_the_table_of_limits_nothing_is_compared,
    b15_one_guess_at_each_of_many_accounts_from_one_network_is_cut_short,
    b18_guessed_tokens_open_nothing_and_look_like_none,
    s11_a_session_in_another_browser_is_seen_recorded_and_proves_anew,
    e03_an_invitation_is_good_once_in_time_and_only_by_pressing,
    x19_a_password_counts_whole_whatever_is_in_it,
);

async fn b11_without_the_table_of_limits_nothing_is_compared(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let last_step = "SELECT last_step FROM totp";
    let (step, sessions) = (
        app.number(last_step, &[]).await,
        app.number("SELECT COUNT(*) FROM session", &[]).await,
    );
    for (away, back) in [
        (
            "ALTER TABLE throttle RENAME TO throttle_gone",
            "ALTER TABLE throttle_gone RENAME TO throttle",
        ),
        (
            "ALTER TABLE budget RENAME TO budget_gone",
            "ALTER TABLE budget_gone RENAME TO budget",
        ),
    ] {
        app.tamper(away, &[]).await;
        let hashes = app.app.hasher.done();
        if away.contains("throttle") {
            let right = caller.verify(&token, &caller.code(&ann)).await;
            assert!(matches!(right, Err(Stop::Fault(Fault::Database(_)))));
        }
        let right = caller.try_password(&ann.email, PASSWORD).await;
        assert!(matches!(right, Err(Stop::Fault(Fault::Database(_)))));
        let asked = caller.ask_for_account("bob@example.org").await;
        if away.contains("budget") {
            assert!(matches!(asked, Err(Stop::Fault(Fault::Database(_)))));
        }
        assert!(
            app.app.hasher.done() <= hashes + 1,
            "no password was compared"
        );
        app.tamper(back, &[]).await;
        assert_eq!(app.number(last_step, &[]).await, step, "no code was burnt");
        let count = "SELECT COUNT(*) FROM session";
        assert_eq!(app.number(count, &[]).await, sessions);
    }
    completed(caller.verify(&token, &caller.code(&ann)).await.unwrap());
}

async fn b15_one_guess_at_each_of_many_accounts_from_one_network_is_cut_short(place: &Place) {
    let app = place
        .app_with(|settings| settings.limits.email_codes_network_hour = 20)
        .await;
    let guess = |network: String, n: u32| {
        let app = app.clone();
        async move {
            let caller = app.caller(&network);
            let email = format!("person-{n}@example.org");
            refused(caller.try_password(&email, "summer of twenty six").await)
        }
    };
    for (network, elsewhere) in [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8:1:2::", "2001:db8:1:3::1"),
    ] {
        // Addresses of one /64 are one network.
        let from = |n: u32| match network.strip_suffix("::") {
            Some(prefix) => format!("{prefix}::{:x}", n + 1),
            None => network.to_owned(),
        };
        let mut compared = 0;
        for n in 0..40 {
            match guess(from(n), n).await {
                Refusal::InvalidCredentials => compared += 1,
                Refusal::TooManyRequests { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(compared, 20, "a minute from {network}");
        let other = guess(elsewhere.to_owned(), 100).await;
        assert_eq!(other, Refusal::InvalidCredentials, "others are not stopped");
        app.forward(3600);
    }
    // Mailed codes: one network's budget over all mailboxes.
    let mut sent = 0;
    for n in 0..25 {
        let caller = app.caller("192.0.2.77");
        let asked = caller.ask_for_account(&format!("q{n}@example.org")).await;
        match asked {
            Ok(_) => sent += 1,
            outcome => assert!(matches!(refused(outcome), Refusal::TooManyRequests { .. })),
        }
    }
    assert_eq!(sent, 20, "mails an hour from one network");
}

/// 86 letters that look like a token of ours: of nobody, or of a person with a secret that was made up.
fn made_up(prefix: &str, owner: Option<[u8; 16]>, n: u32) -> String {
    let hash = |part: u8| Sha256::digest([&n.to_be_bytes()[..], &[part]].concat());
    let mut bytes = [hash(1), hash(2)].concat();
    if let Some(owner) = owner {
        bytes[..16].copy_from_slice(&owner);
    }
    format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes))
}

async fn b18_guessed_tokens_open_nothing_and_look_like_none(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    caller.sign_in(&ann).await;
    let before = credentials(&app).await;
    let mut seen = std::collections::BTreeMap::<String, String>::new();
    let mut must_be_one = |kind: &str, said: String| {
        let first = seen.entry(kind.to_owned()).or_insert_with(|| said.clone());
        assert_eq!(*first, said, "{kind}");
    };
    for n in 0..400 {
        let owner = (n % 2 == 0).then_some(ann.account.0);
        for (prefix, path) in [
            ("tls_", "/api/v1/session"),
            ("tlk_", "/api/v1/accounts/ext:1"),
            (
                "tli_r",
                "/api/v1/sign-in/01890000-0000-7000-8000-000000000000",
            ),
            (
                "tli_s",
                "/api/v1/sign-in/01890000-0000-7000-8000-000000000000",
            ),
        ] {
            let token = made_up(prefix, owner, n);
            let answer = app.api().with(&token).get(path).await;
            assert!(
                matches!(
                    answer.status,
                    StatusCode::UNAUTHORIZED | StatusCode::GONE | StatusCode::NOT_FOUND
                ),
                "{prefix}: {}",
                answer.status
            );
            let mut told = answer.json();
            told["request_id"] = serde_json::Value::Null;
            must_be_one(prefix, told.to_string());
        }
        let mut browser: Browser = app.browser();
        browser
            .cookies
            .plant("__Host-twinlock", &made_up("tls_", owner, n));
        browser
            .cookies
            .plant("__Host-twinlock-device", &made_up("tld_", owner, n));
        let answer = browser.get("/settings/security").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location().starts_with("/sign-in"));
        let invited = format!("/sign-up?invitation={}", made_up("tlv_", None, n));
        let answer = browser.get(&invited).await;
        assert!(!answer.status.is_server_error());
    }
    assert_eq!(credentials(&app).await, before);
}

async fn s11_a_session_in_another_browser_is_seen_recorded_and_proves_anew(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("203.0.113.5");
    let session = caller.sign_in(&ann).await;
    let mut own = app.browser();
    own.cookies.plant("__Host-twinlock", &session.token);
    let moved = "SELECT COUNT(*) FROM audit_event WHERE kind = 'session_moved'";
    let new_codes = "/settings/security/backup-codes/new";
    own.open(new_codes).await;
    assert_eq!(
        app.number(moved, &[]).await,
        0,
        "her own browser is no event"
    );

    let mut thief = app.browser_at("192.0.2.66");
    thief.agent = String::from(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    );
    thief.cookies.plant("__Host-twinlock", &session.token);
    let before = credentials(&app).await;
    let answer = thief.post(new_codes, &[("instead_of", "1")]).await;
    assert!(
        answer.location().starts_with("/step-up"),
        "{}",
        answer.status
    );
    assert_eq!(credentials(&app).await, before);
    thief.get("/settings/sessions").await;
    assert_eq!(app.number(moved, &[]).await, 1, "recorded once");
    let mut elsewhere = app.browser();
    elsewhere.agent.clone_from(&own.agent);
    let other = caller.sign_in(&ann).await;
    elsewhere.cookies.plant("__Host-twinlock", &other.token);
    elsewhere.open("/settings/sessions").await;
    elsewhere.must_see("Chrome on Windows");
    // Back in her own browser she proves it once more, and that is all.
    app.forward(30);
    own.open("/step-up?return_to=%2Fsettings%2Fsecurity").await;
    own.fill("Code", &caller.code(&ann));
    own.press("Verify").await;
    let answer = own.post(new_codes, &[("instead_of", "1")]).await;
    assert!(
        !answer.location().starts_with("/step-up"),
        "{}",
        answer.location()
    );
}

async fn e03_an_invitation_is_good_once_in_time_and_only_by_pressing(place: &Place) {
    let app = place
        .app_with(|settings| settings.sign_in.sign_up = SignUp::Invitation)
        .await;
    let invite = |hours: u64| {
        let life = std::time::Duration::from_secs(hours * 3600);
        app.work(move |w| sign_up::store::invite(w, Role::Person, life))
    };
    let token = invite(24).await.unwrap();
    let path = format!("/sign-up?invitation={token}");
    let used = "SELECT COUNT(*) FROM invitation WHERE used_at IS NOT NULL";
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let answer = app.browser().send(method, &path, &[], None).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(app.number(used, &[]).await, 0, "looking uses nothing up");
    let ask = |email: &'static str, token: String| {
        let app = app.clone();
        async move {
            let form = sign_up::flow::Form {
                email: email.to_owned(),
                name: String::new(),
                password: Some(PASSWORD.to_owned()),
                invitation: Some(token),
                return_to: None,
            };
            let caller = app.caller("192.0.2.1");
            let (progress, _) = sign_up::flow::ask(&caller.moment(), form).await?;
            let code = app.mailed_code(email).await;
            Ok::<_, Stop>((caller, progress.token.unwrap(), code))
        }
    };
    let prove = |asked: (Caller, String, String)| async move {
        let (caller, token, code) = asked;
        sign_up::flow::verify(&caller.moment(), &token, &code).await
    };
    let ann = ask("ann@example.org", token.clone()).await.unwrap();
    completed(prove(ann).await.unwrap());
    let again = ask("bob@example.org", token).await;
    assert_eq!(refused(again), Refusal::SignUpClosed, "used");
    let late = invite(1).await.unwrap();
    app.forward(3600);
    let again = ask("bob@example.org", late).await;
    assert_eq!(refused(again), Refusal::SignUpClosed, "too late");
    // Two at once with one invitation, both asked while it was good.
    let shared = invite(24).await.unwrap();
    let cal = ask("cal@example.org", shared.clone()).await.unwrap();
    let dan = ask("dan@example.org", shared).await.unwrap();
    let (one, two) = tokio::join!(prove(cal), prove(dan));
    assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of cases and what each is answered"
)]
async fn x19_a_password_counts_whole_whatever_is_in_it(place: &Place) {
    let app = place.app().await;
    let stem = "otters juggle pebbles ".repeat(12);
    let cases: [(&str, String, String); 6] = [
        // Where bcrypt stops reading.
        (
            "72 bytes",
            format!("{}a", &stem[..80]),
            format!("{}b", &stem[..80]),
        ),
        (
            "NUL",
            String::from("otters juggle\0pebbles one"),
            String::from("otters juggle\0pebbles two"),
        ),
        (
            "64 characters and more",
            stem[..200].to_owned(),
            stem[..199].to_owned(),
        ),
        (
            "spaces",
            String::from("  otters juggle pebbles  "),
            String::from("otters juggle pebbles"),
        ),
        (
            "case",
            String::from("Otters Juggle Pebbles"),
            String::from("otters juggle pebbles"),
        ),
        (
            "1,024 bytes",
            stem.repeat(4)[..1024].to_owned(),
            stem.repeat(4)[..1023].to_owned(),
        ),
    ];
    for (n, (what, right, almost)) in cases.into_iter().enumerate() {
        let email = format!("p{n}@example.org");
        signed_up(&app, &email, &right).await.unwrap();
        let caller = app.caller(&format!("192.0.2.{}", n + 1));
        let wrong = refused(caller.try_password(&email, &almost).await);
        assert_eq!(wrong, Refusal::InvalidCredentials, "{what}");
        completed(caller.try_password(&email, &right).await.unwrap());
    }
    // One spelling however a keyboard composes it (NFKC), and a full-width phone keyboard.
    signed_up(&app, "zoe@example.org", "Zo\u{eb} juggles ﬁve pebbles")
        .await
        .unwrap();
    let caller = app.caller("192.0.2.99");
    for same in [
        "Zoe\u{308} juggles five pebbles",
        "Ｚo\u{eb} juggles five pebbles",
    ] {
        completed(caller.try_password("zoe@example.org", same).await.unwrap());
    }
    let hashes = app.app.hasher.done();
    let long = "x".repeat(1025);
    let why = refused(signed_up(&app, "max@example.org", &long).await);
    assert_eq!(
        why,
        Refusal::Field {
            field: "password",
            code: "too_long"
        }
    );
    let why = refused(caller.try_password("zoe@example.org", &long).await);
    assert_eq!(why, Refusal::InvalidCredentials);
    assert_eq!(app.app.hasher.done(), hashes, "nothing that long is hashed");
}

async fn signed_up(app: &TestApp, email: &str, password: &str) -> Result<(), Stop> {
    let caller = app.caller("198.51.100.7");
    let form = sign_up::flow::Form {
        email: email.to_owned(),
        name: String::new(),
        password: Some(password.to_owned()),
        invitation: None,
        return_to: None,
    };
    let (progress, _) = sign_up::flow::ask(&caller.moment(), form).await?;
    let code = app.mailed_code(email).await;
    sign_up::flow::verify(&caller.moment(), &progress.token.unwrap(), &code)
        .await
        .map(|_| ())
}
