//! Who is asked next, and when nobody else may be.

use std::sync::Arc;

use twinlock_delivery::{Behaviour, MemoryTexts, Refusal, Several, TextOutcome, TextProvider};

use super::server::{Answer, HttpServer, nobody};
use super::{NOW, Short, kannel, short, text, twilio, webhook};

/// What becomes of a text when this provider is asked first and a willing one second, and how
/// often the second was asked.
async fn after(first: impl TextProvider + 'static) -> (Short, usize) {
    let second = MemoryTexts::new();
    let both = Several::new(Arc::new(first), vec![Arc::new(second.clone())]);
    let outcome = short(both.send(&text("1"), NOW).await);
    (outcome, second.attempts())
}

fn from_the_second() -> (Short, usize) {
    (Short::Accepted(Some("memory-1".to_owned())), 1)
}

fn twilio_error(status: u16, code: u32) -> HttpServer {
    HttpServer::always(
        status,
        &format!(r#"{{"code": {code}, "status": {status}}}"#),
    )
}

#[tokio::test]
async fn the_next_is_asked_when_the_first_certainly_did_nothing() {
    assert_eq!(after(kannel(&nobody())).await, from_the_second());
    for status in [401, 403, 429, 500, 503] {
        let server = HttpServer::always(status, "");
        assert_eq!(
            after(webhook(&server.url())).await,
            from_the_second(),
            "{status}"
        );
    }
    // The account may not send to that region: the operator's affair, not the number's.
    let server = twilio_error(400, 21408);
    assert_eq!(after(twilio(&server.url())).await, from_the_second());
}

#[tokio::test]
async fn nobody_else_is_asked_when_the_first_may_have_sent_it() {
    let server = HttpServer::start(|_, _| Answer::Raw(String::new()));
    assert_eq!(after(kannel(&server.url())).await, (Short::MaybeSent, 0));
    let lost = MemoryTexts::new();
    lost.behave(Behaviour::AcceptThenFail);
    assert_eq!(after(lost).await, (Short::MaybeSent, 0));
}

#[tokio::test]
async fn a_refusal_of_the_number_stands() {
    let server = twilio_error(400, 21211);
    let expected = (Short::Refused(Refusal::CannotReceive), 0);
    assert_eq!(after(twilio(&server.url())).await, expected);
    let server = twilio_error(400, 21610);
    let expected = (Short::Refused(Refusal::Blocked), 0);
    assert_eq!(after(twilio(&server.url())).await, expected);
}

#[tokio::test]
async fn the_first_that_takes_it_is_the_last_that_is_asked() {
    let willing = MemoryTexts::new();
    let expected = (Short::Accepted(Some("memory-1".to_owned())), 0);
    assert_eq!(after(willing).await, expected);
}

#[tokio::test]
async fn the_acceptance_says_whose_it_is() {
    let server = HttpServer::always(202, "0: Accepted for delivery");
    let first = MemoryTexts::new();
    first.behave(Behaviour::Fail);
    let both = Several::new(Arc::new(first), vec![Arc::new(kannel(&server.url()))]);
    let accepted = TextOutcome::Accepted {
        provider: "kannel",
        provider_id: None,
    };
    assert_eq!(both.send(&text("1"), NOW).await, accepted);
    assert_eq!(format!("{both:?}"), r#"["memory", "kannel"]"#);
    assert_eq!(both.name(), "several");
}

#[tokio::test]
async fn when_nobody_takes_it_a_retry_is_worth_it_unless_all_refused() {
    let down = MemoryTexts::new();
    down.behave(Behaviour::Fail);
    let barred = twilio_error(400, 21408);
    let first = Arc::new(twilio(&barred.url()));
    let mixed = Several::new(first.clone(), vec![Arc::new(down)]);
    let TextOutcome::Later { maybe_sent, why } = mixed.send(&text("1"), NOW).await else {
        panic!("a retry was worth it");
    };
    assert!(!maybe_sent);
    let expected =
        "twilio: Twilio refused with error 21408; memory: the provider is down (simulated)";
    assert_eq!(why, expected);
    let refused = Several::new(first.clone(), vec![first]);
    let outcome = short(refused.send(&text("1"), NOW).await);
    assert_eq!(outcome, Short::Refused(Refusal::NotAllowed));
}
