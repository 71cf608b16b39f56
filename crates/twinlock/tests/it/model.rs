//! A model of an account in a page of plain code, and the real application beside it: random acts of its owner and of a thief are done
//! to both, and after each the two must agree (security promises 3 and 4; R01, R03, K01, K02, E05, E06, E8, M18, S02, P02).
//!
//! The model knows what counts as a second factor now and before each change, which codes are spent, which sessions live, and whether
//! the account is frozen. It knows nothing of rows. `TWINLOCK_MODEL_CASES` and `TWINLOCK_MODEL_SEED` choose how many stories are told and
//! which; without them the same few are told each time.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use twinlock::app::{AuthenticatorId, Stop};
use twinlock::authenticators::{Removal, held};
use twinlock::freeze::flow::press;
use twinlock::outbox::Topic;
use twinlock::session::flow::{Acting, recognize};
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::gate::{Completed, Progress, Step};
use twinlock::undo;
use twinlock_testkit::phone::Phone;

use crate::support::caller::{PASSWORD, completed};
use crate::support::{Caller, Person, Place, TestApp};
use crate::trusted_devices::NEW_PASSWORD;

/// What somebody does; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Act {
    AddApp,
    SetUpAnew(usize),
    Remove(usize),
    TurnOff,
    NewCodes,
    SignIn(With),
    /// One code, sent twice at the same moment.
    Twice(With),
    /// "This was not me", for one of the events so far.
    Press(usize),
    Hours(u64),
}

/// What is typed where a second factor is asked.
#[derive(Clone, Debug)]
enum With {
    /// The code of an app that counts.
    App(usize),
    /// The code that app was last used with.
    Used(usize),
    /// The code of an app that does not count: removed, or added by whom the owner disavowed.
    Former(usize),
    /// A backup code nobody used.
    Code(usize),
    /// One that was used, or is of another sheet.
    Dead(usize),
    Wrong,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let any = || 0..64_usize;
    let with = || {
        prop_oneof![
            6 => any().prop_map(With::App),
            2 => any().prop_map(With::Used),
            3 => any().prop_map(With::Former),
            3 => any().prop_map(With::Code),
            2 => any().prop_map(With::Dead),
            1 => Just(With::Wrong),
        ]
    };
    let act = prop_oneof![
        4 => Just(Act::AddApp),
        2 => any().prop_map(Act::SetUpAnew),
        3 => any().prop_map(Act::Remove),
        2 => Just(Act::TurnOff),
        2 => Just(Act::NewCodes),
        6 => with().prop_map(Act::SignIn),
        3 => with().prop_map(Act::Twice),
        4 => any().prop_map(Act::Press),
        1 => (1..40_u64).prop_map(Act::Hours),
    ];
    proptest::collection::vec(act, 4..18)
}

/// What counts as a second factor at some moment: apps and a sheet, by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Set {
    apps: BTreeSet<usize>,
    sheet: Option<usize>,
}

struct App {
    phone: Phone,
    id: AuthenticatorId,
    made: i64,
    used: Option<i64>,
}

struct Sheet {
    codes: Vec<(String, bool)>,
    made: i64,
}

struct Event {
    link: String,
    before: Set,
    at: i64,
}

/// The model and the real thing.
struct World {
    app: TestApp,
    /// The same instance, served by another process.
    other: TestApp,
    person: Person,
    now: Set,
    apps: Vec<App>,
    sheets: Vec<Sheet>,
    events: Vec<Event>,
    /// Since which event, and what counted before it.
    frozen: Option<(i64, Set)>,
    sessions: Vec<String>,
    failures: u32,
}

/// Failures a story may have before limits, which are told elsewhere, would decide instead.
const MOST_FAILURES: u32 = 4;

#[test]
fn the_application_and_the_model_of_an_account_agree_on_sqlite() {
    tell_stories(24, || Some(Place::sqlite()));
}

#[test]
fn the_application_and_the_model_of_an_account_agree_on_postgresql() {
    tell_stories(8, Place::postgres);
}

fn tell_stories(usual: u32, place: impl Fn() -> Option<Place>) {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("TWINLOCK_MODEL_SEED").unwrap_or(1).to_be_bytes());
    let config = Config {
        cases: number("TWINLOCK_MODEL_CASES").unwrap_or(usual),
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let told = TestRunner::new_with_rng(config, rng).run(&acts(), |story| {
        runtime.block_on(async {
            let Some(place) = place() else { return Ok(()) };
            let outcome = tell(&place, &story).await;
            place.finish().await;
            outcome
        })
    });
    if let Err(failure) = told {
        panic!("{failure}");
    }
}

async fn tell(place: &Place, story: &[Act]) -> Result<(), TestCaseError> {
    let app = place.app().await;
    let other = place.app().await;
    let person = app.person("ann@example.org").await;
    let mut world = World {
        app,
        other,
        person,
        now: Set::default(),
        apps: Vec::new(),
        sheets: Vec::new(),
        events: Vec::new(),
        frozen: None,
        sessions: Vec::new(),
        failures: 0,
    };
    for act in story {
        // Past every wait, and to a new step of every app.
        world.app.forward(2 * 3600 + 31);
        world.act(act).await?;
        world.compare().await?;
    }
    Ok(())
}

impl World {
    async fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        match act {
            Act::Hours(hours) => self.app.forward(hours * 3600),
            Act::Press(which) => self.press(*which).await?,
            Act::SignIn(with) => {
                self.sign_in(with).await?;
            }
            Act::Twice(with) => self.twice(with).await?,
            Act::AddApp if self.now.apps.len() < 4 => self.set_up(None).await?,
            Act::SetUpAnew(which) if self.is_on() => {
                let old = pick(&self.now.apps, *which);
                self.set_up(old).await?;
            }
            Act::Remove(which) if self.now.apps.len() > 1 => self.remove(*which).await?,
            Act::TurnOff if self.is_on() => self.turn_off().await?,
            Act::NewCodes if self.is_on() => self.new_codes().await?,
            _ => {}
        }
        Ok(())
    }

    fn is_on(&self) -> bool {
        self.frozen.is_none() && !self.now.apps.is_empty()
    }

    fn seconds(&self) -> i64 {
        self.app.time.seconds()
    }

    fn caller(&self) -> Caller {
        self.app.caller("192.0.2.1")
    }

    /// What is asked at a sign-in: while frozen, what counted before the event; where nothing did, what counts now.
    fn accepted(&self) -> Set {
        match &self.frozen {
            Some((_, before)) if self.opens(before) => before.clone(),
            _ => self.now.clone(),
        }
    }

    fn opens(&self, set: &Set) -> bool {
        !set.apps.is_empty() || set.sheet.is_some_and(|sheet| self.left(sheet) > 0)
    }

    fn left(&self, sheet: usize) -> usize {
        self.sheets[sheet]
            .codes
            .iter()
            .filter(|(_, spent)| !spent)
            .count()
    }

    /// A code to type, whether it must be accepted, and what accepting it uses up. `None`: there is nothing like it.
    fn code(&self, with: &With) -> Option<(String, bool, Use)> {
        let set = self.accepted();
        let now = self.seconds();
        Some(match with {
            With::App(which) => {
                let app = pick(&set.apps, *which)?;
                (self.apps[app].phone.code_at(now), true, Use::App(app))
            }
            With::Used(which) => {
                let app = pick(&set.apps, *which)?;
                let used = self.apps[app].used?;
                (self.apps[app].phone.code_at(used), false, Use::Nothing)
            }
            With::Former(which) => {
                let all: BTreeSet<usize> = (0..self.apps.len())
                    .filter(|app| !set.apps.contains(app))
                    .collect();
                let app = pick(&all, *which)?;
                (self.apps[app].phone.code_at(now), false, Use::Nothing)
            }
            With::Code(which) => {
                let sheet = set.sheet?;
                let good: BTreeSet<usize> = (0..10)
                    .filter(|code| !self.sheets[sheet].codes[*code].1)
                    .collect();
                let code = pick(&good, *which)?;
                (
                    self.sheets[sheet].codes[code].0.clone(),
                    true,
                    Use::Code(sheet, code),
                )
            }
            With::Dead(which) => {
                let all = self.sheets.iter().enumerate();
                let dead: Vec<&String> = all
                    .flat_map(|(number, sheet)| sheet.codes.iter().map(move |code| (number, code)))
                    .filter(|(number, (_, spent))| *spent || Some(*number) != set.sheet)
                    .map(|(_, (code, _))| code)
                    .collect();
                (
                    (*dead.get(which % dead.len().max(1))?).clone(),
                    false,
                    Use::Nothing,
                )
            }
            With::Wrong => {
                let app = pick(&set.apps, 0)?;
                (self.apps[app].phone.wrong_code(now, 3), false, Use::Nothing)
            }
        })
    }

    fn used(&mut self, what: &Use) {
        match what {
            Use::App(app) => self.apps[*app].used = Some(self.seconds()),
            Use::Code(sheet, code) => self.sheets[*sheet].codes[*code].1 = true,
            Use::Nothing => {}
        }
    }

    /// Signs in, as far as it goes. The session, if there is one.
    async fn sign_in(&mut self, with: &With) -> Result<Option<Completed>, TestCaseError> {
        let caller = self.caller();
        let progress = caller
            .try_password(&self.person.email, self.person.password)
            .await
            .map_err(fault)?;
        if !self.opens(&self.accepted()) {
            let is_asked = matches!(progress.step, Step::SecondFactor { .. });
            prop_assert!(!is_asked);
            return self.go_on(progress, None).await.map(Some);
        }
        let is_asked = matches!(progress.step, Step::SecondFactor { .. });
        prop_assert!(is_asked, "a second factor was not asked");
        let Some((code, is_good, uses)) = self.code(with) else {
            return Ok(None);
        };
        if !is_good {
            if self.failures == MOST_FAILURES {
                return Ok(None);
            }
            self.failures += 1;
        }
        let outcome = caller.verify(&progress.token.unwrap(), &code).await;
        prop_assert_eq!(
            outcome.is_ok(),
            is_good,
            "{:?} of {:?}: {:?}",
            with,
            self.accepted(),
            outcome.err()
        );
        let Ok(progress) = outcome else {
            return Ok(None);
        };
        self.used(&uses);
        self.go_on(progress, Some(&uses)).await.map(Some)
    }

    /// After the second factor: nothing more, or the rest of what opens a frozen account.
    async fn go_on(
        &mut self,
        progress: Progress,
        proof: Option<&Use>,
    ) -> Result<Completed, TestCaseError> {
        let caller = self.caller();
        let mut progress = progress;
        if let Some((_, before)) = self.frozen.clone() {
            let is_asked = matches!(progress.step, Step::VerifyEmail { .. });
            prop_assert!(is_asked, "the mailbox was not asked");
            let token = progress.token.unwrap();
            sign_in::send_code(&caller.moment(), &token, false)
                .await
                .map_err(fault)?;
            let code = self.app.mailed_code(&self.person.email).await;
            progress = sign_in::verify_code(&caller.moment(), &token, &code)
                .await
                .map_err(fault)?;
            let must_renew = !self.opens(&before);
            prop_assert_eq!(matches!(progress.step, Step::NewPassword), must_renew);
            if must_renew {
                let token = progress.token.unwrap();
                self.person.password = match self.person.password {
                    PASSWORD => NEW_PASSWORD,
                    _ => PASSWORD,
                };
                progress =
                    sign_in::set_new_password(&caller.moment(), &token, self.person.password)
                        .await
                        .map_err(fault)?;
            }
            self.thaw(before, proof);
        }
        if matches!(progress.step, Step::Enrol(_) | Step::VerifyEmail { .. }) {
            return Err(TestCaseError::reject("all that counted was lost"));
        }
        let session = completed(progress);
        self.sessions.push(session.token.clone());
        Ok(session)
    }

    fn thaw(&mut self, before: Set, proof: Option<&Use>) {
        self.now = if self.opens(&before) {
            before
        } else {
            self.as_old_as(proof)
        };
        if self.now.apps.is_empty() {
            self.now.sheet = None;
        }
        self.frozen = None;
        self.events.clear();
        self.sessions.clear();
    }

    /// Where nothing counted before the event, what is as old as the proof is the owner's.
    fn as_old_as(&self, proof: Option<&Use>) -> Set {
        let made = match proof {
            Some(Use::App(app)) => self.apps[*app].made,
            Some(Use::Code(sheet, _)) => self.sheets[*sheet].made,
            Some(Use::Nothing) | None => return self.now.clone(),
        };
        let apps: BTreeSet<usize> = self
            .now
            .apps
            .iter()
            .copied()
            .filter(|app| self.apps[*app].made <= made)
            .collect();
        if apps.is_empty() {
            return self.now.clone();
        }
        Set {
            apps,
            sheet: self
                .now
                .sheet
                .filter(|sheet| self.sheets[*sheet].made <= made),
        }
    }

    async fn twice(&mut self, with: &With) -> Result<(), TestCaseError> {
        if self.frozen.is_some() || !self.is_on() {
            return Ok(());
        }
        let Some((code, is_good, uses)) = self.code(with) else {
            return Ok(());
        };
        // The loser, too, counts as a failure.
        if self.failures + 2 > MOST_FAILURES {
            return Ok(());
        }
        self.failures += if is_good { 1 } else { 2 };
        let here = self.caller();
        let there = self.other.caller("198.51.100.3");
        let (one, two) = (
            here.half_session(&self.person).await,
            there.half_session(&self.person).await,
        );
        let (one, two) = tokio::join!(here.verify(&one, &code), there.verify(&two, &code));
        let through: Vec<Progress> = [one, two].into_iter().filter_map(Result::ok).collect();
        prop_assert_eq!(
            through.len(),
            usize::from(is_good),
            "{:?} sent twice at once",
            with
        );
        for progress in through {
            self.used(&uses);
            self.sessions.push(completed(progress).token);
        }
        Ok(())
    }

    /// Somebody who is signed in, as freshly as every change asks for. `None` while the account is frozen.
    async fn acting(&mut self) -> Result<Option<(Caller, Acting)>, TestCaseError> {
        if self.frozen.is_some() {
            return Ok(None);
        }
        let Some(session) = self.sign_in(&With::App(0)).await? else {
            return Ok(None);
        };
        self.app.forward(31);
        let caller = self.caller();
        let acting = caller.acting(&session.token).await;
        Ok(Some((caller, acting)))
    }

    /// A change of methods happened: others' sessions ended, and its owner may disavow it.
    async fn changed(&mut self, before: Set, acting: Option<&Acting>) {
        if let Some(acting) = acting {
            let live = acting.session.id;
            let mut kept = Vec::new();
            for token in self.sessions.drain(..) {
                if token_is_of(&token, live) {
                    kept.push(token);
                }
            }
            self.sessions = kept;
        }
        let account = self.person.account;
        let link = self
            .app
            .work_on(account, move |w| {
                undo::issue(w, account, Topic::MethodAdded.word())
            })
            .await;
        self.events.push(Event {
            link: link.unwrap(),
            before,
            at: self.seconds(),
        });
    }

    async fn set_up(&mut self, replaces: Option<usize>) -> Result<(), TestCaseError> {
        let Some((caller, acting)) = self.acting().await? else {
            return Ok(());
        };
        let before = self.now.clone();
        let old = replaces.map(|app| self.apps[app].id);
        let pending = settings::begin_app(&caller.moment(), &acting, String::from("Phone"), old)
            .await
            .map_err(fault)?;
        let phone = Phone::scan(&pending.uri).unwrap();
        let now = self.seconds();
        let code = phone.code_at(now);
        let (bound, _) = settings::confirm(&caller.moment(), &acting, pending.id, code)
            .await
            .map_err(fault)?;
        prop_assert_eq!(
            bound.sheet.is_some(),
            before.apps.is_empty(),
            "codes come with the first method only"
        );
        if let Some(sheet) = bound.sheet {
            self.keep_sheet(sheet.codes);
        }
        self.apps.push(App {
            phone,
            id: pending.id,
            made: now,
            used: Some(now),
        });
        if let Some(old) = replaces {
            self.now.apps.remove(&old);
        }
        self.now.apps.insert(self.apps.len() - 1);
        self.changed(before, Some(&acting)).await;
        Ok(())
    }

    fn keep_sheet(&mut self, codes: Vec<String>) {
        self.sheets.push(Sheet {
            codes: codes.into_iter().map(|code| (code, false)).collect(),
            made: self.seconds(),
        });
        self.now.sheet = Some(self.sheets.len() - 1);
    }

    async fn remove(&mut self, which: usize) -> Result<(), TestCaseError> {
        let Some((caller, acting)) = self.acting().await? else {
            return Ok(());
        };
        let before = self.now.clone();
        let Some(app) = pick(&self.now.apps, which) else {
            return Ok(());
        };
        let id = self.apps[app].id;
        settings::remove(&caller.moment(), &acting, id, Removal::Undoable)
            .await
            .map_err(fault)?;
        self.now.apps.remove(&app);
        self.changed(before, Some(&acting)).await;
        Ok(())
    }

    async fn turn_off(&mut self) -> Result<(), TestCaseError> {
        let Some((caller, acting)) = self.acting().await? else {
            return Ok(());
        };
        let before = self.now.clone();
        let Some((code, _, uses)) = self.code(&With::App(0)) else {
            return Ok(());
        };
        settings::disable(&caller.moment(), &acting, code)
            .await
            .map_err(fault)?;
        self.used(&uses);
        self.now = Set::default();
        self.changed(before, Some(&acting)).await;
        Ok(())
    }

    async fn new_codes(&mut self) -> Result<(), TestCaseError> {
        let Some((caller, acting)) = self.acting().await? else {
            return Ok(());
        };
        let before = self.now.clone();
        let sheet = settings::make_codes(&caller.moment(), &acting)
            .await
            .map_err(fault)?;
        self.keep_sheet(sheet.codes);
        self.changed(before, None).await;
        Ok(())
    }

    async fn press(&mut self, which: usize) -> Result<(), TestCaseError> {
        if self.events.is_empty() {
            return Ok(());
        }
        let event = self.events.remove(which % self.events.len());
        let pressed = press(&self.caller().moment(), &event.link)
            .await
            .map_err(fault)?;
        let is_late = self.seconds() - event.at >= 72 * 3600;
        prop_assert_eq!(pressed.is_none(), is_late, "a link lives 72 hours");
        if is_late {
            return Ok(());
        }
        let is_earlier = self.frozen.as_ref().is_none_or(|(at, _)| event.at < *at);
        if is_earlier {
            self.frozen = Some((event.at, event.before));
        }
        Ok(())
    }

    /// Whether both say the same.
    async fn compare(&self) -> Result<(), TestCaseError> {
        let account = self.person.account;
        let real = self.app.work_on(account, move |w| held(w, account)).await;
        let real_apps: BTreeSet<AuthenticatorId> =
            real.factors.iter().map(|factor| factor.id).collect();
        let model_apps: BTreeSet<AuthenticatorId> =
            self.now.apps.iter().map(|app| self.apps[*app].id).collect();
        prop_assert_eq!(real_apps, model_apps, "apps");
        prop_assert!(
            real.factors
                .iter()
                .filter(|factor| factor.preferred)
                .count()
                <= 1
        );
        let left = self.now.sheet.map_or(0, |sheet| self.left(sheet));
        prop_assert_eq!(
            usize::try_from(real.codes_left()).unwrap(),
            left,
            "codes left"
        );
        for token in &self.sessions {
            let live = matches!(recognize(&self.caller().moment(), token).await, Ok(Some(_)));
            prop_assert_eq!(live, self.frozen.is_none(), "a session that should live");
        }
        let count = "SELECT COUNT(*) FROM session WHERE account_id = ?1";
        let rows = self.app.number(count, &[account.into()]).await;
        prop_assert!(
            usize::try_from(rows).unwrap() <= self.sessions.len() + 1,
            "sessions that should have ended"
        );
        Ok(())
    }
}

/// What accepting a code uses up.
enum Use {
    App(usize),
    Code(usize, usize),
    Nothing,
}

fn pick(among: &BTreeSet<usize>, which: usize) -> Option<usize> {
    among.iter().copied().nth(which % among.len().max(1))
}

fn token_is_of(token: &str, session: twinlock::app::SessionId) -> bool {
    let parsed = twinlock::app::Token::parse(twinlock::app::Token::SESSION, token);
    parsed.is_some_and(|parsed| parsed.thing == session.0)
}

fn fault(stop: Stop) -> TestCaseError {
    TestCaseError::fail(format!("the application would not: {stop:?}"))
}
