//! The application and a real Kannel: a number is set up, its text goes to Kannel's own fake carrier, and the report of its delivery comes back
//! over HTTP (E10, M07).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use twinlock::authenticators::sms::flow::Pending;
use twinlock::config::SmsProvider;
use twinlock::session::flow::Acting;
use twinlock::settings::flow as settings;
use twinlock::text_messages::store::State;
use twinlock_testkit::kannel::PrivateKannel;

use crate::support::texts::{number, typed, with_texts};
use crate::support::{Caller, Place};

on_both_engines!(e10_a_text_through_a_real_gateway_is_known_to_be_delivered);

/// Longest wait for a report.
const PATIENCE: Duration = Duration::from_secs(30);

async fn e10_a_text_through_a_real_gateway_is_known_to_be_delivered(place: &Place) {
    if !PrivateKannel::is_available() {
        println!("skipped: kannel and kannel-extras are not installed");
        return;
    }
    let gateway = tokio::task::spawn_blocking(PrivateKannel::start)
        .await
        .unwrap()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = place
        .app_with(|all| {
            with_texts(all);
            all.server.public_url = format!("http://{address}");
            all.sms.provider = Some(SmsProvider::Kannel);
            all.sms.kannel.sendsms_url = gateway.sendsms_url();
            all.sms.kannel.username = String::from(PrivateKannel::USERNAME);
            all.sms.kannel.password = Some(String::from(PrivateKannel::PASSWORD));
            all.sms.kannel.sender = String::from("Twinlock");
        })
        .await;
    let service = app.router.clone();
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let served = tokio::spawn(async move { axum::serve(listener, service).await });
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_text(&caller.moment(), &acting, typed(&number(1)), None).await;
    let pending = begun.unwrap();
    let built = app.app.settings.sms.built(SmsProvider::Kannel).unwrap();
    let handed = twinlock::text_messages::flow::pass(&app.app, &built.provider).await;
    assert_eq!(handed.unwrap(), 1);
    let (arrived, gateway) = tokio::task::spawn_blocking(move || (gateway.wait_for(1), gateway))
        .await
        .unwrap();
    let arrived = arrived.unwrap();
    assert!(arrived[0].contains("+491512"), "{arrived:?}");
    let delivered = tokio::time::timeout(PATIENCE, delivered(&caller, &acting, &pending));
    delivered.await.expect("the report comes");
    // The code in it is the right one.
    let text = arrived[0].clone();
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    let code = runs.find(|run| run.len() == 6).unwrap().to_owned();
    settings::confirm(&caller.moment(), &acting, pending.factor.id, code)
        .await
        .unwrap();
    tokio::task::spawn_blocking(move || drop(gateway))
        .await
        .unwrap();
    served.abort();
}

#[expect(
    clippy::disallowed_methods,
    reason = "another program reports in real time; the wait has a limit"
)]
async fn delivered(caller: &Caller, acting: &Acting, pending: &Pending) {
    loop {
        let now = settings::pending_text(&caller.moment(), acting, pending.factor.id).await;
        let state = now.unwrap().texted.unwrap().state.unwrap();
        match state {
            State::Delivered => return,
            State::Accepted | State::Sent | State::Sending => {}
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
