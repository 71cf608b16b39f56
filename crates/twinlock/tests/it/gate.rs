//! What is asked when (E1): every way to begin a sign-in × what is held × the device × the policies, played on the real flows and
//! published as a table in the docs.

use std::fmt::Write as _;

use twinlock::authenticators::{AskedFor, Attempt, Kind};
use twinlock::config::{Ask, Settings};
use twinlock::sign_in::flow::{self as sign_in, second_factor};
use twinlock::sign_in::gate::{Progress, Step};

use crate::support::caller::PASSWORD;
use crate::support::caller::completed;
use crate::support::key::{SoftKey, Twist};
use crate::support::texts::{number, person_with_text, with_texts};
use crate::support::{Caller, Person, Place, TestApp};

on_both_engines!(
    e1_the_published_table_of_what_is_asked_is_what_happens,
    e1_the_gate_takes_every_proof_that_is_asked_and_no_other_step,
);

const ASKS: [Ask; 4] = [
    Ask::EverySignIn,
    Ask::TrustedDevice,
    Ask::UntilSignedOut,
    Ask::NewDevice,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    Password,
    EmailedCode,
    ForgottenPassword,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Here {
    NothingSetUp,
    NewDevice,
    TrustedDevice,
    KeyOnNewDevice,
    KeyOnTrustedDevice,
    TextOnNewDevice,
    TextOnTrustedDevice,
}

const BEGUN: [(Begun, &str); 3] = [
    (Begun::Password, "password"),
    (Begun::EmailedCode, "emailed code"),
    (Begun::ForgottenPassword, "“Forgot your password?”"),
];

const HERE: [(Here, &str); 7] = [
    (Here::NothingSetUp, "nothing set up"),
    (Here::NewDevice, "an app, on a new device"),
    (
        Here::TrustedDevice,
        "an app, on a device where trust was wanted before",
    ),
    (Here::KeyOnNewDevice, "a security key, on a new device"),
    (
        Here::KeyOnTrustedDevice,
        "a security key, on a device where trust was wanted before",
    ),
    (Here::TextOnNewDevice, "a phone number, on a new device"),
    (
        Here::TextOnTrustedDevice,
        "a phone number, on a device where trust was wanted before",
    ),
];

async fn begin(app: &TestApp, caller: &Caller, person: &Person, begun: Begun) -> Progress {
    if begun == Begun::Password {
        return caller.try_password(&person.email, PASSWORD).await.unwrap();
    }
    let token = caller.begin(&person.email).await;
    let reset = begun == Begun::ForgottenPassword;
    let (_, renewed) = sign_in::send_code(&caller.moment(), &token, reset)
        .await
        .unwrap();
    let code = app.mailed_code(&person.email).await;
    sign_in::verify_code(&caller.moment(), &renewed.unwrap(), &code)
        .await
        .unwrap()
}

/// Everything that is asked until there is a session, or something has to be chosen.
async fn asked(
    app: &TestApp,
    caller: &Caller,
    person: &Person,
    key: &mut SoftKey,
    begun: Begun,
) -> String {
    let mut progress = begin(app, caller, person, begun).await;
    let mut told = Vec::new();
    loop {
        let token = progress.token.clone().unwrap_or_default();
        match progress.step {
            Step::SecondFactor { factors, .. } if factors[0].kind == Kind::Webauthn => {
                told.push("a security key");
                progress = touch(caller, &token, key, None).await;
            }
            Step::SecondFactor { factors, .. } if factors[0].kind == Kind::Sms => {
                told.push("a code by text");
                progress = type_texted(app, caller, &token, None).await;
            }
            Step::SecondFactor { .. } => {
                told.push("a code of the app");
                app.forward(30);
                let code = caller.code(person);
                progress = caller.verify(&token, &code).await.unwrap();
            }
            Step::VerifyEmail { .. } => {
                told.push("a code from the mailbox");
                app.forward(60);
                sign_in::send_code(&caller.moment(), &token, false)
                    .await
                    .unwrap();
                let code = app.mailed_code(&person.email).await;
                progress = sign_in::verify_code(&caller.moment(), &token, &code)
                    .await
                    .unwrap();
            }
            Step::Enrol(_) => {
                told.push("setting up a method");
                break;
            }
            Step::NewPassword => {
                told.push("a new password");
                break;
            }
            Step::Complete(_) => break,
            Step::FirstFactor { .. } => unreachable!("a first factor was just proven"),
        }
    }
    match told.is_empty() {
        true => String::from("nothing"),
        false => told.join(", then "),
    }
}

async fn touch(caller: &Caller, token: &str, key: &mut SoftKey, trust: Option<bool>) -> Progress {
    let moment = caller.moment();
    let options = second_factor::ask_key(&moment, token).await.unwrap();
    let answer = key.get(&options, &Twist::none("https://login.example.org"));
    let done = second_factor::verify_key(&moment, token, answer, trust).await;
    done.unwrap()
}

/// The code is on its way since the first factor was proven.
async fn type_texted(app: &TestApp, caller: &Caller, token: &str, trust: Option<bool>) -> Progress {
    let attempt = Attempt {
        code: app.texted_code().await,
        kind: Some(Kind::Sms),
        factor: None,
        mailbox_proved: false,
        asked_for: AskedFor::SignIn,
        ceremony: None,
    };
    second_factor::verify_second_factor(&caller.moment(), token, attempt, trust)
        .await
        .unwrap()
}

/// One cell: an account of its own, set up before the policy was in force.
async fn cell(before: &TestApp, app: &TestApp, row: usize, begun: Begun, here: Here) -> String {
    let email = format!("person{row}@example.org");
    let mut caller = app.caller("192.0.2.1");
    let mut key = SoftKey::new(u8::try_from(row).unwrap());
    let person = match here {
        Here::NothingSetUp => before.person(&email).await,
        Here::NewDevice | Here::TrustedDevice => before.person_with_app(&email).await,
        Here::KeyOnNewDevice | Here::KeyOnTrustedDevice => {
            let person = before.person(&email).await;
            let mut caller = before.caller("192.0.2.1");
            let session = caller.sign_in(&person).await;
            let acting = caller.acting(&session.token).await;
            caller.set_up_key(&acting, &mut key, "").await;
            person
        }
        Here::TextOnNewDevice | Here::TextOnTrustedDevice => {
            let number = number(u32::try_from(row).unwrap());
            person_with_text(before, &email, &number).await
        }
    };
    if here == Here::TextOnTrustedDevice {
        app.forward(3600);
        let half = caller.half_session(&person).await;
        let done = type_texted(app, &caller, &half, Some(true)).await;
        caller.remember(&completed(done));
    }
    if here == Here::TrustedDevice {
        caller.sign_in_saying(&person, true).await;
    }
    if here == Here::KeyOnTrustedDevice {
        let half = caller.half_session(&person).await;
        let done = touch(&caller, &half, &mut key, Some(true)).await;
        caller.remember(&completed(done));
    }
    app.forward(3600);
    asked(app, &caller, &person, &mut key, begun).await
}

async fn e1_the_published_table_of_what_is_asked_is_what_happens(place: &Place) {
    let before = place.app_with(with_texts).await;
    let mut table = String::from(
        "# What is asked when\n\n\
        Every way to begin a sign-in, what the account holds, and the policies: what is asked *after* the first step, until there is a session.\n\
        This page is written by a test that signs in each of these ways; it fails where the page and the program differ.\n\n\
        | required | begun with | holds | `every_sign_in` | `trusted_device` | `until_signed_out` | `new_device` |\n\
        | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut apps = Vec::new();
    for required in [false, true] {
        for ask in ASKS {
            let policy = move |settings: &mut Settings| {
                settings.two_factor.ask = ask;
                settings.two_factor.required = required;
                with_texts(settings);
            };
            apps.push(((required, ask), place.app_with(policy).await));
        }
    }
    let mut number = 0;
    for required in [false, true] {
        for (begun, begun_with) in BEGUN {
            for (here, holds) in HERE {
                let who = if required { "yes" } else { "no" };
                write!(table, "| {who} | {begun_with} | {holds} |").unwrap();
                for ask in ASKS {
                    let app = apps.iter().find(|(policy, _)| *policy == (required, ask));
                    number += 1;
                    let cell = cell(&before, &app.unwrap().1, number, begun, here).await;
                    write!(table, " {cell} |").unwrap();
                }
                table.push('\n');
            }
        }
    }
    table.push_str(
        "\nA backup code is good wherever a code of the app, a code by text or a security key is asked. A session that began on a trusted device has one factor: what demands a\n\
        recent second factor asks for it. While an account is frozen no device is trusted; see [the threat model](threat-model.md).\n",
    );
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/src/operators/gate.md"
    );
    if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        published == table,
        "docs/src/operators/gate.md is not what happens: run this test with UPDATE_SNAPSHOT=1 and look at the difference\n{table}"
    );
}

async fn e1_the_gate_takes_every_proof_that_is_asked_and_no_other_step(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    caller.sign_in_saying(&ann, true).await;
    // Trusted, and still nothing but the password lets anybody in.
    let begun = caller.begin(&ann.email).await;
    let moment = caller.moment();
    let code = caller.code(&ann);
    assert!(caller.verify(&begun, &code).await.is_err());
    assert!(
        sign_in::verify_password(&moment, &begun, "not the password")
            .await
            .is_err()
    );
    let looked = sign_in::current(&moment, &begun).await.unwrap();
    assert!(matches!(looked.step, Step::FirstFactor { .. }));
}
