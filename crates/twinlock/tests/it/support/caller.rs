//! People and what they carry, one level below the pages: they call the same flows as every page and the API.

use twinlock::account::Mailbox;
use twinlock::app::{AccountId, Client, Fault, Moment, Refusal, Stop, Token};
use twinlock::authenticators::{AskedFor, Attempt, Kind};
use twinlock::session::flow::{Acting, Carrier, recognize};
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::gate::{Completed, Progress, Step};
use twinlock::{account, sign_up};
use twinlock_db::DbError;
use twinlock_testkit::phone::Phone;

use super::TestApp;

/// A password nobody guesses first.
pub(crate) const PASSWORD: &str = "otters juggle pebbles";

/// Somebody with an account, and what they know and hold.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) password: &'static str,
    pub(crate) account: AccountId,
    pub(crate) phone: Option<Phone>,
    pub(crate) codes: Vec<String>,
}

impl Person {
    pub(crate) fn phone(&self) -> &Phone {
        self.phone.as_ref().expect("a person with an app")
    }
}

/// One browser or program on one network.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) app: TestApp,
    pub(crate) client: Client,
}

impl TestApp {
    /// A caller from this network, new to everybody.
    pub(crate) fn caller(&self, network: &str) -> Caller {
        Caller {
            app: self.clone(),
            client: Client {
                network: twinlock_web::network_key(network.parse().unwrap()),
                device_label: String::from("Firefox on Linux"),
                device_tokens: Vec::new(),
                language: String::from("en"),
                application: None,
            },
        }
    }

    /// Somebody who signed up with [`PASSWORD`].
    pub(crate) async fn person(&self, email: &str) -> Person {
        self.caller("198.51.100.77").sign_up(email).await.0
    }

    /// Somebody who signed up and set up an authenticator app, elsewhere and a while ago: nothing of it is left in this hour's limits.
    pub(crate) async fn person_with_app(&self, email: &str) -> Person {
        let mut caller = self.caller("198.51.100.77");
        let (mut person, completed) = caller.sign_up(email).await;
        let acting = caller.acting(&completed.token).await;
        caller.set_up_app(&mut person, &acting).await;
        self.forward(3600);
        person
    }

    /// The account an address leads to.
    pub(crate) async fn account_of(&self, email: &str) -> Option<AccountId> {
        let mailbox = Mailbox::parse(email).unwrap();
        let moment = self.app.moment().unwrap();
        let found = moment.read(move |w| account::store::find_by_mailbox(w, &mailbox));
        found.await.unwrap()
    }
}

impl Caller {
    /// This instant, asked from here.
    pub(crate) fn moment(&self) -> Moment {
        let app = &self.app.app;
        app.moment_of(self.client.clone(), app.entropy.seed().unwrap())
    }

    /// Begins a sign-in.
    pub(crate) async fn begin(&self, email: &str) -> String {
        let progress = sign_in::begin(&self.moment(), email, None).await.unwrap();
        progress.token.unwrap()
    }

    /// Begins a sign-in and proves a password.
    pub(crate) async fn try_password(&self, email: &str, typed: &str) -> Result<Progress, Stop> {
        let token = self.begin(email).await;
        sign_in::verify_password(&self.moment(), &token, typed).await
    }

    /// A half session: the password is proven, the second factor is asked.
    pub(crate) async fn half_session(&self, person: &Person) -> String {
        let progress = self
            .try_password(&person.email, person.password)
            .await
            .unwrap();
        assert!(matches!(progress.step, Step::SecondFactor { .. }));
        progress.token.unwrap()
    }

    /// Types a code into a half session.
    pub(crate) async fn verify(&self, token: &str, code: &str) -> Result<Progress, Stop> {
        self.verify_as(token, code, None).await
    }

    /// Types a code into the field of one kind of factor.
    pub(crate) async fn verify_as(
        &self,
        token: &str,
        code: &str,
        kind: Option<Kind>,
    ) -> Result<Progress, Stop> {
        self.verify_saying(token, code, kind, None).await
    }

    /// The same, saying whether to trust this device.
    pub(crate) async fn verify_saying(
        &self,
        token: &str,
        code: &str,
        kind: Option<Kind>,
        trust: Option<bool>,
    ) -> Result<Progress, Stop> {
        let attempt = attempt(code, kind);
        sign_in::second_factor::verify_second_factor(&self.moment(), token, attempt, trust).await
    }

    /// Signs in with all that is asked, says at the code whether to trust this device, and keeps the token it gets.
    pub(crate) async fn sign_in_saying(&mut self, person: &Person, trust: bool) -> Completed {
        let token = self.half_session(person).await;
        self.app.forward(30);
        let code = self.code(person);
        let done = self.verify_saying(&token, &code, None, Some(trust)).await;
        let completed = completed(done.unwrap());
        self.remember(&completed);
        completed
    }

    /// Signs in by the password alone; `None` where more is asked.
    pub(crate) async fn sign_in_without_code(&mut self, person: &Person) -> Option<Completed> {
        let progress = self
            .try_password(&person.email, person.password)
            .await
            .unwrap();
        let Step::Complete(completed) = progress.step else {
            return None;
        };
        self.remember(&completed);
        Some(*completed)
    }

    /// Signs in with all that is asked; a new code is waited for where the last one was used.
    pub(crate) async fn sign_in(&mut self, person: &Person) -> Completed {
        let progress = self
            .try_password(&person.email, person.password)
            .await
            .unwrap();
        let progress = match progress.step {
            Step::SecondFactor { .. } => {
                self.app.forward(30);
                let code = self.code(person);
                let token = progress.token.unwrap();
                self.verify(&token, &code).await.unwrap()
            }
            _ => progress,
        };
        let completed = completed(progress);
        self.remember(&completed);
        completed
    }

    /// Signs in with the code a phone shows at this time, whatever this server's clock says.
    pub(crate) async fn sign_in_at(&mut self, person: &Person, seconds: i64) -> Completed {
        let token = self.half_session(person).await;
        let code = person.phone().code_at(seconds);
        completed(self.verify(&token, &code).await.unwrap())
    }

    /// The code the person's phone shows now.
    pub(crate) fn code(&self, person: &Person) -> String {
        person.phone().code_at(self.app.time.seconds())
    }

    /// A wrong code, another for each `n`.
    pub(crate) fn wrong(&self, person: &Person, n: u32) -> String {
        person.phone().wrong_code(self.app.time.seconds(), n)
    }

    /// Keeps the token that makes this device known, in place of the one of before.
    pub(crate) fn remember(&mut self, completed: &Completed) {
        let Some(token) = &completed.device_token else {
            return;
        };
        let owner = |text: &str| Token::parse(Token::DEVICE, text).map(|token| token.owner);
        let tokens = &mut self.client.device_tokens;
        tokens.retain(|other| owner(other) != owner(token));
        tokens.push(token.clone());
    }

    /// The session behind a token, carried as a bearer token.
    pub(crate) async fn acting(&self, token: &str) -> Acting {
        self.try_acting(token).await.expect("a live session")
    }

    /// The same, if it is live.
    pub(crate) async fn try_acting(&self, token: &str) -> Option<Acting> {
        let session = recognize(&self.moment(), token).await.unwrap()?;
        Some(Acting {
            session,
            carrier: Carrier::Bearer,
        })
    }

    /// Signs up with [`PASSWORD`].
    pub(crate) async fn sign_up(&mut self, email: &str) -> (Person, Completed) {
        let token = self.ask_for_account(email).await.unwrap();
        let code = self.app.mailed_code(email).await;
        let progress = sign_up::flow::verify(&self.moment(), &token, &code)
            .await
            .unwrap();
        let completed = completed(progress);
        let person = Person {
            password: PASSWORD,
            email: email.to_owned(),
            account: completed.session.account,
            phone: None,
            codes: Vec::new(),
        };
        (person, completed)
    }

    /// Asks for an account; the sign-up's token.
    pub(crate) async fn ask_for_account(&self, email: &str) -> Result<String, Stop> {
        let form = sign_up::flow::Form {
            email: email.to_owned(),
            name: String::from("Ann"),
            password: Some(PASSWORD.to_owned()),
            invitation: None,
            return_to: None,
        };
        let (progress, _) = sign_up::flow::ask(&self.moment(), form).await?;
        Ok(progress.token.unwrap())
    }

    /// Sets up an authenticator app in the settings.
    pub(crate) async fn set_up_app(&self, person: &mut Person, acting: &Acting) {
        let pending = settings::begin_app(&self.moment(), acting, String::from("Phone"), None)
            .await
            .unwrap();
        let phone = Phone::scan(&pending.uri).unwrap();
        let code = phone.code_at(self.app.time.seconds());
        let (bound, _) = settings::confirm(&self.moment(), acting, pending.id, code)
            .await
            .unwrap();
        person.phone = Some(phone);
        if let Some(sheet) = bound.sheet {
            person.codes = sheet.codes;
        }
    }
}

/// A typed code.
pub(crate) fn attempt(code: &str, kind: Option<Kind>) -> Attempt {
    Attempt {
        code: code.to_owned(),
        kind,
        factor: None,
        mailbox_proved: false,
        asked_for: AskedFor::SignIn,
        ceremony: None,
    }
}

/// A sign-in that is through.
pub(crate) fn completed(progress: Progress) -> Completed {
    match progress.step {
        Step::Complete(completed) => *completed,
        _ => panic!("the sign-in asks for more"),
    }
}

/// Why it was refused. A success and a fault both fail the test.
pub(crate) fn refused<T>(outcome: Result<T, Stop>) -> Refusal {
    match outcome {
        Err(Stop::Refused(refusal)) => refusal,
        Err(Stop::Fault(fault)) => panic!("a fault: {fault}"),
        Ok(_) => panic!("it was accepted"),
    }
}

/// The answer to every code that does not fit.
pub(crate) const NOT_THAT_CODE: Refusal = Refusal::InvalidCode {
    drift_seconds: None,
};

/// The answer to every mailed code that does not fit.
pub(crate) const NOT_THAT_MAILED_CODE: Refusal = Refusal::InvalidMailedCode;

/// Whether somebody was turned away because too many were waiting: nothing was compared.
pub(crate) fn was_turned_away<T>(outcome: &Result<T, Stop>) -> bool {
    matches!(outcome, Err(Stop::Fault(Fault::Database(DbError::Busy))))
}
