//! What tests of text messages need.

use twinlock::authenticators::Kind;
use twinlock::config::{AllowedKind, Settings, SmsProvider};
use twinlock::session::flow::Acting;
use twinlock::settings::flow::{self as settings, Typed};
use twinlock_delivery::Text;

use super::caller::completed;
use super::{Caller, Person, Place, TestApp};

/// Texts are sent, to these countries.
pub(crate) fn with_texts(settings: &mut Settings) {
    settings.sms.provider = Some(SmsProvider::Webhook);
    settings.sms.allowed_countries = ["DE", "US", "GB"].map(str::to_owned).to_vec();
    settings.two_factor.allowed_kinds.push(AllowedKind::Sms);
}

/// Where texts are sent.
pub(crate) async fn texting(place: &Place) -> TestApp {
    place.app_with(with_texts).await
}

/// A number as somebody in Germany types it. No two of these are of one block.
pub(crate) fn number(n: u32) -> String {
    format!("01512 {:07}", 1_000_000 + n * 317)
}

pub(crate) fn typed(phone: &str) -> Typed {
    Typed {
        phone: phone.to_owned(),
        country: Some(String::from("DE")),
    }
}

impl TestApp {
    /// Midnight: what is counted by days and hours begins anew.
    pub(crate) fn forward_to_next_day(&self) {
        let day = 24 * 3600;
        let left = day - self.time.seconds().rem_euclid(day);
        self.forward(left.unsigned_abs());
    }

    /// Hands over what is on its way.
    pub(crate) async fn hand_over(&self) {
        let provider = self.app.texts.clone().expect("texts are sent");
        while twinlock::text_messages::flow::pass(&self.app, &provider)
            .await
            .unwrap()
            > 0
        {}
    }

    /// The texts that were handed over, oldest first.
    pub(crate) async fn texts(&self) -> Vec<Text> {
        self.hand_over().await;
        self.texts.sent()
    }

    /// The code in the newest text that has one.
    pub(crate) async fn texted_code(&self) -> String {
        let texts = self.texts().await;
        let code = |body: &str| {
            let mut runs = body.split(|c: char| !c.is_ascii_digit());
            runs.find(|run| run.len() == 6).map(str::to_owned)
        };
        let found = texts.iter().rev().find_map(|text| code(&text.body));
        found.expect("a text with a code")
    }
}

impl Caller {
    /// Sets a number up in a session that may.
    pub(crate) async fn set_up_text(&self, acting: &Acting, phone: &str) {
        let moment = self.moment();
        let pending = settings::begin_text(&moment, acting, typed(phone), None)
            .await
            .unwrap();
        let code = self.app.texted_code().await;
        settings::confirm(&moment, acting, pending.factor.id, code)
            .await
            .unwrap();
    }
}

/// Somebody whose only second factor is a number, and a while later.
pub(crate) async fn person_with_text(app: &TestApp, email: &str, phone: &str) -> Person {
    let person = app.person(email).await;
    let mut caller = app.caller("198.51.100.77");
    let session = caller.sign_in(&person).await;
    let acting = caller.acting(&session.token).await;
    caller.set_up_text(&acting, phone).await;
    app.forward(3600);
    person
}

/// Somebody with an app, which is preferred, and a number, and their own device a while later.
pub(crate) async fn with_both(app: &TestApp) -> (Person, Caller) {
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    caller.set_up_text(&acting, &number(1)).await;
    app.forward(3600);
    (ann, caller)
}

/// A half session whose code is on its way, where one may be sent.
pub(crate) async fn half(caller: &Caller, person: &Person) -> String {
    caller.half_session(person).await
}

/// The person's own device: a code was typed there.
pub(crate) async fn known(app: &TestApp, person: &Person) -> Caller {
    let mut caller = app.caller("192.0.2.1");
    let token = half(&caller, person).await;
    let code = app.texted_code().await;
    let verified = caller.verify_as(&token, &code, Some(Kind::Sms)).await;
    caller.remember(&completed(verified.unwrap()));
    caller
}
