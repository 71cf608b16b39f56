//! A text through a real Kannel, to a carrier that is none, and the way back of its report.

use twinlock_delivery::{
    DeliveryState, KannelProvider, KannelSettings, Refusal, Reported, Text, TextProvider,
    read_kannel_report,
};
use twinlock_testkit::kannel::PrivateKannel;

use super::server::{HttpServer, Request};
use super::{LIMIT, NOW, Short, short, text};

/// `None` (with a printed line) where the gateway's packages are missing.
fn gateway() -> Option<PrivateKannel> {
    if PrivateKannel::is_available() {
        return Some(PrivateKannel::start().unwrap());
    }
    println!("skipped: kannel and kannel-extras are not installed");
    None
}

fn settings(gateway: &PrivateKannel) -> KannelSettings {
    KannelSettings {
        sendsms_url: gateway.sendsms_url(),
        username: PrivateKannel::USERNAME.to_owned(),
        password: PrivateKannel::PASSWORD.to_owned(),
        sender: "Twinlock".to_owned(),
        timeout: LIMIT,
    }
}

/// What a report says, after a look at the rest of the address.
fn state(request: &Request) -> DeliveryState {
    let token = "/report?t=a%2Fb%d0&dlr=";
    assert!(
        request.line.starts_with(&format!("GET {token}")),
        "{}",
        request.line
    );
    let report = read_kannel_report(request.query()).unwrap();
    assert_eq!(report.about, Reported::ByAddress);
    report.state
}

#[tokio::test]
async fn a_text_arrives_in_its_letters_and_its_delivery_is_reported() {
    let Some(gateway) = gateway() else { return };
    let callbacks = HttpServer::always(200, "");
    let kannel = KannelProvider::new(settings(&gateway)).unwrap();
    let plain = Text {
        body: "Code 123 @ €{}äß + & = % \\ é".to_owned(),
        status_url: Some(format!("{}/report?t=a%2Fb%d0", callbacks.url())),
        ..text("1")
    };
    let cyrillic = Text {
        body: "Код 1 😀".to_owned(),
        ..plain.clone()
    };
    for text in [&plain, &cyrillic] {
        let outcome = kannel.send(text, NOW).await;
        assert_eq!(short(outcome), Short::Accepted(None));
    }
    // Passed on, and delivered: of each text, in any order.
    let states: Vec<DeliveryState> = callbacks.wait_for(4).iter().map(state).collect();
    let count = |wanted| states.iter().filter(|state| **state == wanted).count();
    assert_eq!(count(DeliveryState::Sent), 2, "{states:?}");
    assert_eq!(count(DeliveryState::Delivered), 2, "{states:?}");
    let letters = "%04%1A%04%3E%044%00+%001%00+%D8%3D%DE%00";
    let expected = [
        format!("Twinlock +14155552671 text {}", plain.body),
        format!("Twinlock +14155552671 ucs-2 {letters}"),
    ];
    assert_eq!(gateway.wait_for(2).unwrap(), expected);
}

#[tokio::test]
async fn a_number_without_a_carrier_and_a_wrong_password_are_told_apart() {
    let Some(gateway) = gateway() else { return };
    let kannel = KannelProvider::new(settings(&gateway)).unwrap();
    let nowhere = Text {
        to: format!("{}1234567", PrivateKannel::UNROUTABLE),
        ..text("1")
    };
    let outcome = kannel.send(&nowhere, NOW).await;
    assert_eq!(short(outcome), Short::Refused(Refusal::NotAllowed));
    let mut wrong = settings(&gateway);
    wrong.password = "another".to_owned();
    let outcome = KannelProvider::new(wrong)
        .unwrap()
        .send(&text("2"), NOW)
        .await;
    assert_eq!(short(outcome), Short::NotTaken);
    let elsewhere = KannelSettings {
        sendsms_url: format!("{}x", gateway.sendsms_url()),
        ..settings(&gateway)
    };
    let outcome = KannelProvider::new(elsewhere)
        .unwrap()
        .send(&text("3"), NOW)
        .await;
    assert_eq!(short(outcome), Short::NotTaken);
    assert_eq!(gateway.arrived().unwrap(), Vec::<String>::new());
}
