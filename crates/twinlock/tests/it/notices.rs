//! What a person is told by mail (C7): every event that lets somebody in or changes how, once, with a link where there is a way back;
//! new devices, floods, and mail that cannot be delivered.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::json;
use twinlock::app::{AccountId, Timestamp, Token};
use twinlock::application::Scope;
use twinlock::audit;
use twinlock::audit::rules::kinds::{Group, KINDS};
use twinlock::authenticators::{Kind, Removal};
use twinlock::config::Settings;
use twinlock::outbox::Topic;
use twinlock::session::flow::Acting;
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow::{self as sign_in, second_factor};
use twinlock::sign_in::gate::Step;
use twinlock::sign_in::reset::{By, reset_two_factor};
use twinlock::step_up::flow as step_up;
use twinlock::trusted_device::store as devices;
use twinlock::undo;
use twinlock_delivery::{Behaviour, Mail};

use crate::support::caller::{PASSWORD, completed};
use crate::support::key::{SoftKey, Twist};
use crate::support::{Caller, Person, Place, TestApp, refused};
use crate::trusted_devices::NEW_PASSWORD;

on_both_engines!(
    c7_every_security_event_is_told_with_a_link_where_there_is_a_way_back,
    c7_an_applications_users_are_told_who_did_it_and_get_no_link,
    m11_a_link_leads_to_the_configured_host_whatever_a_request_says,
    c7_only_a_new_browser_is_told_of,
    c7_a_browser_that_knows_only_a_password_has_no_budget_of_its_own,
    c7_a_program_that_keeps_its_device_token_is_not_new,
    turning_two_factor_off_makes_no_browser_new_but_a_reset_does,
    fifty_looks_at_the_codes_are_told_one_by_one_and_then_together,
    a_flood_of_one_notice_hides_no_other,
    an_address_nobody_proved_gets_a_few_of_each_a_day,
    a_refused_mail_is_said_until_one_is_taken,
    a_refused_mail_to_nobody_leaves_no_trace,
);

/// Every kind of event of an account's record that is told by mail, and the mail's topic.
const TOLD: &[(&str, &[Topic])] = &[
    ("two_factor_on", &[Topic::TwoFactorOn]),
    ("two_factor_off", &[Topic::TwoFactorOff]),
    ("two_factor_reset", &[Topic::TwoFactorReset]),
    ("method_added", &[Topic::MethodAdded]),
    ("method_removed", &[Topic::MethodRemoved]),
    ("method_replaced", &[Topic::MethodReplaced]),
    ("backup_codes_made", &[Topic::BackupCodesMade]),
    ("backup_codes_revealed", &[Topic::BackupCodesRevealed]),
    ("password_changed", &[Topic::PasswordChanged]),
    ("password_reset", &[Topic::PasswordChanged]),
    ("key_copied", &[Topic::KeyCopied]),
    ("device_copied", &[Topic::DeviceCopied]),
    ("new_password_required", &[Topic::NewPasswordRequired]),
    ("mailbox_proven", &[Topic::MailboxProven]),
    ("unlocked", &[Topic::CodesUnlocked]),
    ("account_unfrozen", &[Topic::AccountOpen]),
    ("account_deleted", &[Topic::AccountDeleted]),
];

/// Kinds that are told in some cases only, which have their own tests below.
const TOLD_SOMETIMES: &[(&str, Topic, &str)] = &[
    (
        "signed_in",
        Topic::NewDevice,
        "on a browser or program that was not used before; otherwise it would be a mail a day",
    ),
    (
        "second_factor_accepted",
        Topic::BackupCodeUsed,
        "by a backup code; a code of the app is what its owner types each day",
    ),
    (
        "second_factor_refused",
        Topic::SecondFactorLocked,
        "when the 5th, 10th, 15th, 20th and 100th in a row brings a wait",
    ),
    (
        "account_frozen",
        Topic::AccountFrozen,
        "when it froze; another link pressed while it is frozen changes nothing more",
    ),
    (
        "account_thawed",
        Topic::AccountOpen,
        "each time; the way there is long, and told in the stories of freezing",
    ),
    (
        "session_ended",
        Topic::SessionEndedByTries,
        "by five wrong proofs; a person who ends one in the list sees it there",
    ),
];

/// Kinds nobody is mailed about, and why.
const NOT_TOLD: &[(&str, &str)] = &[
    (
        "account_made",
        "by a code from this very mailbox, or by the application that tells its users itself",
    ),
    (
        "first_factor_accepted",
        "alone it opens nothing; what it leads to is told",
    ),
    (
        "first_factor_refused",
        "any stranger can cause it, as often as they like",
    ),
    (
        "second_factor_locked",
        "the wrong codes that brought the wait were told",
    ),
    (
        "mailbox_refused",
        "a wrong code from a mail leads nowhere, and five end it",
    ),
    (
        "step_up_refused",
        "the fifth ends the session, and that is told",
    ),
    ("stepped_up", "alone it changes nothing; the change is told"),
    (
        "signed_out",
        "it takes rights away, and whoever did it was signed in",
    ),
    (
        "other_sessions_ended",
        "it takes rights away, and whoever is signed out sees it",
    ),
    (
        "session_moved",
        "a browser that was updated looks like another one; the list of sessions shows it, and changes need a new proof",
    ),
    (
        "device_trusted",
        "whoever did it gave a second factor on it just before, and a device that is new is told as such",
    ),
    (
        "device_trust_ended",
        "it takes rights away, and signing in there asks for a code again",
    ),
    ("method_renamed", "nobody gets in or is kept out by it"),
    ("method_preferred", "nobody gets in or is kept out by it"),
    ("name_changed", "nobody gets in or is kept out by it"),
    (
        "mail_refused",
        "a mail about a mail that is refused would be refused too; the pages say it",
    ),
];

#[test]
fn every_kind_of_event_is_told_or_has_its_reason() {
    let mut listed = BTreeSet::new();
    let told = TOLD.iter().map(|(kind, _)| *kind);
    let sometimes = TOLD_SOMETIMES.iter().map(|(kind, _, _)| *kind);
    let not = NOT_TOLD.iter().map(|(kind, _)| *kind);
    for kind in told.chain(sometimes).chain(not) {
        assert!(listed.insert(kind.to_owned()), "{kind} is listed twice");
    }
    let of_accounts = KINDS.iter().filter(|kind| kind.group != Group::Instance);
    let written: BTreeSet<String> = of_accounts.map(|kind| kind.word.to_owned()).collect();
    assert_eq!(
        written, listed,
        "an event is neither told by mail nor in the list of those that are not (or is listed and gone)"
    );
}

#[test]
fn every_notice_belongs_to_an_event() {
    let told = TOLD.iter().flat_map(|(_, topics)| topics.iter().copied());
    let sometimes = TOLD_SOMETIMES.iter().map(|(_, topic, _)| *topic);
    let mut used: Vec<Topic> = told.chain(sometimes).collect();
    // Told to somebody the event's record is not about.
    used.extend([Topic::AlreadySignedUp, Topic::TwoFactorResetElsewhere]);
    for topic in Topic::ALL.into_iter().filter(|topic| topic.is_notice()) {
        assert!(used.contains(&topic), "{topic:?} is never sent");
    }
}

/// An event of the record, or a letter of the outbox: whose, when, and its word.
type Noted = (AccountId, i64, String);

async fn noted(app: &TestApp, sql: &'static str) -> Vec<Noted> {
    let read = app.app.store.read(move |tx| {
        tx.query(sql, &[], |row| {
            Ok((AccountId(row.bytes16(0)?), row.int(1)?, row.text(2)?))
        })
    });
    read.await.unwrap()
}

/// Every event that must be told has its letter, written in the same instant for the same account.
async fn all_are_told(app: &TestApp) -> BTreeSet<String> {
    let letters: BTreeSet<Noted> =
        noted(app, "SELECT account_id, created_at, template FROM outbox")
            .await
            .into_iter()
            .collect();
    let mut seen = BTreeSet::new();
    for (account, at, kind) in noted(app, "SELECT account_id, at, kind FROM audit_event").await {
        if let Some((_, topics)) = TOLD.iter().find(|(told, _)| *told == kind) {
            let told = topics
                .iter()
                .any(|topic| letters.contains(&(account, at, topic.word().to_owned())));
            assert!(told, "{kind} of {account} is told by no letter");
        }
        seen.insert(kind);
    }
    for (_, _, word) in letters {
        seen.insert(word);
    }
    seen
}

/// The links in the text of a mail.
fn links(mail: &Mail) -> Vec<String> {
    mail.text
        .split_whitespace()
        .filter(|word| word.contains("://"))
        .map(str::to_owned)
        .collect()
}

const NOT_ME: &str = "https://login.example.org/not-me/";

/// What the link of a mail stands for.
async fn event_of(app: &TestApp, mail: &Mail) -> undo::UndoLink {
    let links = links(mail);
    assert_eq!(links.len(), 1, "{}", mail.text);
    let text = links[0].strip_prefix(NOT_ME).expect("the configured host");
    let token = Token::parse(Token::UNDO, text).unwrap();
    let found = app.work(move |w| undo::look_at(w, &token)).await.unwrap();
    found.unwrap_or_else(|| panic!("the link is dead: {}", mail.subject))
}

async fn c7_every_security_event_is_told_with_a_link_where_there_is_a_way_back(place: &Place) {
    let app = with_reveal(place).await;
    let (ann, record) = everything_that_happens_to_a_person(&app).await;
    let seen = all_are_told(&app).await;
    for (kind, _) in TOLD {
        assert!(seen.contains(*kind), "the story has no {kind}");
    }
    for (_, topic, _) in TOLD_SOMETIMES {
        assert!(seen.contains(topic.word()), "the story has no {topic:?}");
    }
    let mut tokens = BTreeSet::new();
    for mail in app.mail.sent() {
        let topic = topic_of(&mail);
        assert_eq!(
            links(&mail).len(),
            usize::from(topic.can_be_disavowed()),
            "{topic:?}: {}",
            mail.text
        );
        for link in links(&mail) {
            assert!(link.starts_with(NOT_ME), "{link}");
            assert!(tokens.insert(link), "one link for two events");
        }
        let html = mail.html.as_deref().unwrap();
        assert_eq!(html.matches("<a ").count(), links(&mail).len(), "{html}");
    }
    // Nothing of what was typed, shown or mailed is in the record.
    assert!(record.contains("Firefox on Linux"), "{record}");
    let mut secrets = ann.codes.clone();
    secrets.extend(
        [
            PASSWORD,
            "ann@example.org",
            "bob@example.org",
            "tlu_",
            "tls_",
            "tld_",
        ]
        .map(String::from),
    );
    for secret in secrets {
        assert!(!record.contains(&secret), "{secret} is in the record");
    }
}

/// The topic of a mail, by the end of its subject.
fn topic_of(mail: &Mail) -> Topic {
    let catalog = twinlock::edge::texts::catalog().unwrap();
    let messages = catalog.messages("en");
    let code = crate::support::app::code_in_text(&mail.text).unwrap_or_default();
    let found = Topic::ALL.into_iter().find(|topic| {
        let args = [
            ("product", "Twinlock".into()),
            ("code", code.as_str().into()),
        ];
        let id = format!("mail-{}-subject", topic.word());
        messages.plain_with(&id, &args) == mail.subject
    });
    // Two codes share their subject; neither has a link.
    found.unwrap_or_else(|| panic!("whose subject is {:?}?", mail.subject))
}

/// One life, in which everything that is told happens at least once; the person, and what their record said before they were deleted.
#[expect(
    clippy::too_many_lines,
    reason = "everything that happens to a person, in the order it happens"
)]
async fn everything_that_happens_to_a_person(app: &TestApp) -> (Person, String) {
    let mut home = app.caller("192.0.2.1");
    let (mut ann, signed_up) = home.sign_up("ann@example.org").await;
    home.remember(&signed_up);
    let acting = home.acting(&signed_up.token).await;
    home.set_up_app(&mut ann, &acting).await;
    let (first, codes) = (ann.clone(), ann.codes.clone());
    // Ids are in the order of time, so each method is the newest in turn.
    app.forward(1);
    home.set_up_app(&mut ann, &acting).await;
    ann.codes = codes;
    let overview = settings::overview(&home.moment(), &acting).await.unwrap();
    let newest = overview.held.factors.last().unwrap().id;
    app.forward(1);
    replace(&home, &acting, newest).await;
    let overview = settings::overview(&home.moment(), &acting).await.unwrap();
    let ids: Vec<_> = overview.held.factors.iter().map(|one| one.id).collect();
    let newest = *ids.iter().max_by_key(|id| id.0).unwrap();
    settings::rename(&home.moment(), &acting, newest, String::from("Old"))
        .await
        .unwrap();
    settings::prefer(&home.moment(), &acting, newest)
        .await
        .unwrap();
    settings::remove(&home.moment(), &acting, newest, Removal::Undoable)
        .await
        .unwrap();
    settings::reveal(&home.moment(), &acting).await.unwrap();
    for password in [NEW_PASSWORD, PASSWORD] {
        settings::change_password(&home.moment(), &acting, None, password)
            .await
            .unwrap();
    }
    settings::rename_account(&home.moment(), &acting, "Ann Lee")
        .await
        .unwrap();
    ann.phone = first.phone;
    app.forward(3600);
    // Elsewhere: by code, by backup code, with too many wrong ones, by the mailbox.
    let mut away = app.caller("192.0.2.2");
    away.sign_in(&ann).await;
    let half = away.half_session(&ann).await;
    completed(
        away.verify_as(&half, &ann.codes[0], Some(Kind::BackupCode))
            .await
            .unwrap(),
    );
    let stranger = app.caller("192.0.2.3");
    let half = stranger.half_session(&ann).await;
    sign_in::send_code(&stranger.moment(), &half, false)
        .await
        .unwrap();
    let mailed = app.mailed_code(&ann.email).await;
    let progress = sign_in::verify_code(&stranger.moment(), &half, &mailed)
        .await
        .unwrap();
    let half = progress.token.unwrap();
    for n in 0..5 {
        refused(stranger.verify(&half, &stranger.wrong(&ann, n)).await);
    }
    let mut api = admin(app).await;
    let path = format!("/api/v1/accounts/{}", ann.account);
    assert_eq!(
        api.post(&format!("{path}/unlock"), &json!({})).await.status,
        204
    );
    for what in ["freeze", "unfreeze"] {
        let answer = api.post(&format!("{path}/{what}"), &json!({})).await;
        assert!(answer.status.is_success(), "{what}: {}", answer.body);
    }
    trusted_device_is_copied(app, &mut away, &ann).await;
    key_is_copied(app, &mut away, &ann).await;
    let required = format!("{path}/require-new-password");
    assert_eq!(api.call(Method::POST, &required, None).await.status, 200);
    // A forgotten password, and a change from a session.
    let done = forgotten_password(app, &away, &ann).await;
    let acting = away.acting(&done).await;
    settings::change_password(&away.moment(), &acting, None, PASSWORD)
        .await
        .unwrap();
    settings::make_codes(&away.moment(), &acting).await.unwrap();
    app.forward(30);
    let code = away.code(&ann);
    settings::disable(&away.moment(), &acting, code)
        .await
        .unwrap();
    let account = ann.account;
    app.work_on(account, move |w| {
        reset_two_factor(w, account, "phone lost", &By::machine(), Removal::Undoable)
    })
    .await;
    wrong_proofs(app).await;
    app.deliver().await;
    let record = app.work(move |w| audit::store::recent(w, account, i64::MAX, 1000));
    let record = record.await.unwrap().into_iter();
    let record: String = record.map(|event| format!("{:?}", event.detail)).collect();
    assert_eq!(api.call(Method::DELETE, &path, None).await.status, 204);
    app.deliver().await;
    (ann, record)
}

/// Somebody comes with the token of a trusted device that was replaced.
async fn trusted_device_is_copied(app: &TestApp, owner: &mut Caller, person: &Person) {
    owner.sign_in_saying(person, true).await;
    let mut copy = owner.clone();
    for _ in 0..2 {
        let trusted = owner.sign_in_without_code(person).await;
        assert!(trusted.is_some());
    }
    assert!(copy.sign_in_without_code(person).await.is_none());
    app.forward(30);
}

/// A security key whose counter goes back.
async fn key_is_copied(app: &TestApp, caller: &mut Caller, person: &Person) {
    let session = caller.sign_in(person).await;
    let acting = caller.acting(&session.token).await;
    let mut key = SoftKey::new(1);
    caller.set_up_key(&acting, &mut key, "Blue key").await;
    key.counter = 0;
    let token = caller.half_session(person).await;
    let moment = caller.moment();
    let options = second_factor::ask_key(&moment, &token).await.unwrap();
    let origin = app.public_url.origin();
    let answer = key.get(&options, &Twist::none(origin));
    refused(second_factor::verify_key(&moment, &token, answer, None).await);
    app.forward(30);
}

async fn replace(caller: &Caller, acting: &Acting, old: twinlock::app::AuthenticatorId) {
    let pending = settings::begin_app(&caller.moment(), acting, String::from("New"), Some(old))
        .await
        .unwrap();
    let phone = twinlock_testkit::phone::Phone::scan(&pending.uri).unwrap();
    let code = phone.code_at(caller.app.time.seconds());
    settings::confirm(&caller.moment(), acting, pending.id, code)
        .await
        .unwrap();
}

/// Sets a new password by mail and the app's code; the session's token.
async fn forgotten_password(app: &TestApp, caller: &Caller, person: &Person) -> String {
    app.forward(60);
    let token = caller.begin(&person.email).await;
    let (_, token) = sign_in::send_code(&caller.moment(), &token, true)
        .await
        .unwrap();
    let mailed = app.mailed_code(&person.email).await;
    let progress = sign_in::verify_code(&caller.moment(), &token.unwrap(), &mailed)
        .await
        .unwrap();
    let code = caller.code(person);
    let progress = caller
        .verify(&progress.token.unwrap(), &code)
        .await
        .unwrap();
    let token = progress.token.unwrap();
    completed(
        sign_in::set_new_password(&caller.moment(), &token, "pebbles juggle otters")
            .await
            .unwrap(),
    )
    .token
}

/// Where people may look at their codes again.
async fn with_reveal(place: &Place) -> TestApp {
    let change = |all: &mut Settings| all.two_factor.backup_codes.reveal = true;
    place.app_with(change).await
}

/// Somebody at Bob's signed-in browser guesses his password before a change.
async fn wrong_proofs(app: &TestApp) {
    let mut caller = app.caller("192.0.2.9");
    let (bob, session) = caller.sign_up("bob@example.org").await;
    let acting = caller.acting(&session.token).await;
    for n in 0..5 {
        app.forward(120);
        let proof = step_up::Proof::EmailCode(format!("AAAA-AAA{n}"));
        let _ = step_up::send_code(&caller.moment(), &acting).await;
        refused(step_up::prove(&caller.moment(), &acting, proof).await);
    }
    assert!(caller.try_acting(&session.token).await.is_none());
    let mail = app
        .last_mail_about(&bob.email, "signed out after wrong tries")
        .await;
    assert_eq!(event_of(app, &mail).await.event, "session-ended-by-tries");
}

async fn signed_in(caller: &mut Caller, person: &Person) -> Acting {
    let session = caller.sign_in(person).await;
    caller.acting(&session.token).await
}

/// A program of the operator's, with every scope.
async fn admin(app: &TestApp) -> crate::support::api::Api {
    let scopes = [
        Scope::AccountsRead,
        Scope::AccountsWrite,
        Scope::Verify,
        Scope::Admin,
    ];
    let key = app.api_key("Back office", &scopes).await;
    app.api().with(&key)
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
async fn c7_an_applications_users_are_told_who_did_it_and_get_no_link(place: &Place) {
    let app = with_reveal(place).await;
    let mut api = admin(&app).await;
    let made = api
        .post(
            "/api/v1/accounts",
            &json!({"external_id": "7", "email": "eva@example.org", "email_verified": true}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let base = "/api/v1/accounts/ext:7";
    let begun = api
        .post(
            &format!("{base}/factors"),
            &json!({"kind": "totp", "label": "Phone"}),
        )
        .await
        .json();
    let phone =
        twinlock_testkit::phone::Phone::scan(begun["totp"]["otpauth_uri"].as_str().unwrap())
            .unwrap();
    let code = phone.code_at(app.time.seconds());
    let id = begun["factor"]["id"].as_str().unwrap().to_owned();
    let done = api
        .post(
            &format!("{base}/factors/{id}/activate"),
            &json!({"code": code}),
        )
        .await;
    assert_eq!(done.status, 200, "{}", done.body);
    let one = done.json()["backup_codes"][0].as_str().unwrap().to_owned();
    api.post(&format!("{base}/verify"), &json!({"code": one}))
        .await;
    api.get(&format!("{base}/backup-codes")).await;
    api.post(&format!("{base}/backup-codes"), &json!({})).await;
    api.post(&format!("{base}/unlock"), &json!({})).await;
    api.post(
        &format!("{base}/two-factor/reset"),
        &json!({"reason": "their wish, see note 17"}),
    )
    .await;
    app.deliver().await;
    api.call(Method::DELETE, base, None).await;
    let mails = app.mails_to("eva@example.org").await;
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    let expected = [
        "two-factor authentication is on",
        "a backup code was used",
        "your backup codes were looked at",
        "new backup codes",
        "the wait after wrong codes was ended",
        "two-factor authentication was reset",
        "your account was deleted",
    ];
    assert_eq!(
        subjects,
        expected.map(|subject| format!("Twinlock: {subject}"))
    );
    for mail in &mails {
        assert!(links(mail).is_empty(), "{}", mail.text);
        // The reason is for the operators' record.
        assert!(!mail.text.contains("note 17"), "{}", mail.text);
        let by_the_application = mail
            .text
            .contains("the application “Back office”, with its API key");
        assert_eq!(
            by_the_application,
            !mail.subject.contains("was used"),
            "{}",
            mail.text
        );
    }
    let used = &mails[1].text;
    assert!(used.contains("was used in an application"), "{used}");
}

async fn m11_a_link_leads_to_the_configured_host_whatever_a_request_says(place: &Place) {
    let app = place.app().await;
    app.person("bob@example.org").await;
    let mut browser = app.browser();
    browser.extra = vec![
        ("x-forwarded-host", String::from("evil.example")),
        ("forwarded", String::from("host=evil.example;proto=http")),
        ("x-original-url", String::from("https://evil.example/")),
    ];
    browser
        .post("/sign-in", &[("email", "bob@example.org")])
        .await;
    let password = [("password", PASSWORD)];
    browser.post("/sign-in/password", &password).await;
    let mail = app.last_mail_about("bob@example.org", "new device").await;
    let html = mail.html.as_deref().unwrap();
    assert!(
        !mail.text.contains("evil") && !html.contains("evil"),
        "{}",
        mail.text
    );
    assert_eq!(event_of(&app, &mail).await.event, "new-device");
    assert!(html.contains(&format!("href=\"{NOT_ME}")), "{html}");
}

async fn c7_only_a_new_browser_is_told_of(place: &Place) {
    let app = place.app().await;
    let mut home = app.caller("192.0.2.1");
    let (mut ann, session) = home.sign_up("ann@example.org").await;
    home.remember(&session);
    assert_eq!(app.mails_about(&ann.email, "new device").await, 0);
    // The browser the account was made in is known from then on.
    home.sign_in(&ann).await;
    assert_eq!(app.mails_about(&ann.email, "new device").await, 0);
    let mut work = app.caller("192.0.2.2");
    work.client.device_label = String::from("Safari on Mac OSX");
    work.sign_in(&ann).await;
    let mail = app.last_mail_about(&ann.email, "new device").await;
    for told in [
        "Signed in with: a password\n",
        "Device: Safari on Mac OSX\n",
        "Time: 15 Jan 2027, 08:00 UTC\n",
    ] {
        assert!(mail.text.contains(told), "{told}: {}", mail.text);
    }
    let link = event_of(&app, &mail).await;
    assert_eq!(
        (
            link.event.as_str(),
            link.device_label.as_str(),
            link.happened_at
        ),
        ("new-device", "Safari on Mac OSX", app.now())
    );
    work.sign_in(&ann).await;
    assert_eq!(app.mails_about(&ann.email, "new device").await, 1);
    // With a second factor it is the same, and the mail says which.
    let acting = signed_in(&mut home, &ann).await;
    home.set_up_app(&mut ann, &acting).await;
    work.sign_in(&ann).await;
    assert_eq!(app.mails_about(&ann.email, "new device").await, 1);
    app.caller("192.0.2.3").sign_in(&ann).await;
    let mail = app.last_mail_about(&ann.email, "new device").await;
    let how = "Signed in with: a password and a code of an authenticator app\n";
    assert!(mail.text.contains(how), "{}", mail.text);
    let recovering = app.caller("192.0.2.4");
    let half = recovering.half_session(&ann).await;
    completed(recovering.verify(&half, &ann.codes[0]).await.unwrap());
    let mail = app.last_mail_about(&ann.email, "new device").await;
    let how = "Signed in with: a password and a backup code\n";
    assert!(mail.text.contains(how), "{}", mail.text);
    let used = app
        .last_mail_about(&ann.email, "backup code was used")
        .await;
    assert!(used.text.contains("was used to sign in"), "{}", used.text);
}

async fn c7_a_browser_that_knows_only_a_password_has_no_budget_of_its_own(place: &Place) {
    let app = place.app().await;
    let mut caller = app.caller("192.0.2.1");
    let (mut ann, session) = caller.sign_up("ann@example.org").await;
    caller.remember(&session);
    let weak = caller.client.device_tokens.clone();
    assert_eq!(weak.len(), 1);
    let account = ann.account;
    let known = |caller: &Caller| {
        let moment = caller.moment();
        async move {
            moment
                .read(move |w| devices::recognize(w, account))
                .await
                .unwrap()
        }
    };
    assert!(known(&caller).await.is_none());
    let acting = caller.acting(&session.token).await;
    caller.set_up_app(&mut ann, &acting).await;
    assert!(
        known(&caller).await.is_none(),
        "setting it up is not signing in with it"
    );
    // Wrong codes from here are a stranger's.
    app.forward(3600);
    let half = caller.half_session(&ann).await;
    for n in 0..4 {
        refused(caller.verify(&half, &caller.wrong(&ann, n)).await);
    }
    let stranger = app.caller("192.0.2.9");
    let half = stranger.half_session(&ann).await;
    refused(stranger.verify(&half, &stranger.wrong(&ann, 5)).await);
    let half = caller.half_session(&ann).await;
    let waits = refused(caller.verify(&half, &caller.code(&ann)).await);
    assert!(
        matches!(waits, twinlock::app::Refusal::Locked { .. }),
        "{waits:?}"
    );
    // The second factor makes it known, with a new token; the one of before is worth nothing.
    app.forward(60);
    let done = caller.sign_in(&ann).await;
    let strong = done.device_token.expect("a new token");
    caller.client.device_tokens = vec![strong.clone()];
    let device = known(&caller).await;
    assert!(device.is_some());
    let mut thief = app.caller("192.0.2.66");
    thief.client.device_tokens = weak;
    assert!(known(&thief).await.is_none());
    assert_eq!(
        app.number("SELECT COUNT(*) FROM device", &[]).await,
        1,
        "one browser is one device"
    );
    // And it stays the same from then on.
    let again = caller.sign_in(&ann).await;
    assert!(again.device_token.is_none());
    assert_eq!(known(&caller).await, device);
    assert_eq!(app.mails_about(&ann.email, "new device").await, 0);
}

async fn c7_a_program_that_keeps_its_device_token_is_not_new(place: &Place) {
    let app = place.app().await;
    app.person("bob@example.org").await;
    let mut token = None;
    for (n, told) in [(0, 1), (1, 1), (2, 1)] {
        app.forward(60);
        let mut api = app.api();
        let begun = api
            .post(
                "/api/v1/sign-in",
                &json!({"email": "bob@example.org", "device_token": token}),
            )
            .await
            .json();
        let id = begun["id"].as_str().unwrap();
        let mut api = app.api().with(begun["token"].as_str().unwrap());
        let done = api
            .post(
                &format!("/api/v1/sign-in/{id}/password"),
                &json!({"password": PASSWORD}),
            )
            .await
            .json();
        assert_eq!(done["state"], "complete", "{done}");
        let given = done["device_token"].as_str().map(str::to_owned);
        assert_eq!(given.is_some(), n == 0, "{done}");
        token = token.or(given);
        assert_eq!(
            app.mails_about("bob@example.org", "new device").await,
            told,
            "sign-in {n}"
        );
    }
}

async fn turning_two_factor_off_makes_no_browser_new_but_a_reset_does(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    assert_eq!(app.mails_about(&ann.email, "new device").await, 1);
    app.forward(30);
    let acting = caller.acting(&session.token).await;
    settings::disable(&caller.moment(), &acting, caller.code(&ann))
        .await
        .unwrap();
    let plain = Person {
        phone: None,
        ..ann.clone()
    };
    caller.sign_in(&plain).await;
    assert_eq!(app.mails_about(&ann.email, "new device").await, 1);
    let account = ann.account;
    app.work_on(account, move |w| {
        reset_two_factor(
            w,
            account,
            "phone stolen",
            &By::machine(),
            Removal::Undoable,
        )
    })
    .await;
    let progress = caller.try_password(&ann.email, PASSWORD).await.unwrap();
    assert!(matches!(progress.step, Step::VerifyEmail { .. }));
    assert_eq!(app.number("SELECT COUNT(*) FROM device", &[]).await, 0);
}

async fn fifty_looks_at_the_codes_are_told_one_by_one_and_then_together(place: &Place) {
    let app = with_reveal(place).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let acting = signed_in(&mut caller, &ann).await;
    for _ in 0..50 {
        settings::reveal(&caller.moment(), &acting).await.unwrap();
    }
    assert_eq!(app.mails_about(&ann.email, "were looked at").await, 5);
    let waiting =
        "SELECT COUNT(*) FROM outbox WHERE template = 'backup-codes-revealed' AND state = 'queued'";
    assert_eq!(app.number(waiting, &[]).await, 1);
    let first_untold = app.now();
    app.forward(3600);
    assert_eq!(app.mails_about(&ann.email, "were looked at").await, 6);
    let mail = app.last_mail_about(&ann.email, "were looked at").await;
    assert!(mail.subject.ends_with("(again)"), "{}", mail.subject);
    assert!(
        mail.text
            .contains("stands for all times from the one below"),
        "{}",
        mail.text
    );
    // Its link disavows all of them.
    assert_eq!(event_of(&app, &mail).await.happened_at, first_untold);
    // Another hour, another first one, told at once.
    let acting = signed_in(&mut caller, &ann).await;
    settings::reveal(&caller.moment(), &acting).await.unwrap();
    assert_eq!(app.mails_about(&ann.email, "were looked at").await, 7);
}

async fn a_flood_of_one_notice_hides_no_other(place: &Place) {
    let app = with_reveal(place).await;
    let mut ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let acting = signed_in(&mut caller, &ann).await;
    for _ in 0..12 {
        settings::reveal(&caller.moment(), &acting).await.unwrap();
        settings::make_codes(&caller.moment(), &acting)
            .await
            .unwrap();
    }
    // Changes of methods are told each by itself, however many there are, and everybody else's notices are their own.
    for n in 1..=8 {
        caller.set_up_app(&mut ann, &acting).await;
        assert_eq!(app.mails_about(&ann.email, "method was added").await, n);
    }
    let overview = settings::overview(&caller.moment(), &acting).await.unwrap();
    for (n, factor) in overview.held.factors.iter().skip(1).take(7).enumerate() {
        settings::remove(&caller.moment(), &acting, factor.id, Removal::Undoable)
            .await
            .unwrap();
        assert_eq!(
            app.mails_about(&ann.email, "method was removed").await,
            n + 1
        );
    }
    let bob = app.person_with_app("bob@example.org").await;
    let mut other = app.caller("192.0.2.2");
    let acting = signed_in(&mut other, &bob).await;
    settings::reveal(&other.moment(), &acting).await.unwrap();
    assert_eq!(app.mails_about(&bob.email, "were looked at").await, 1);
}

async fn an_address_nobody_proved_gets_a_few_of_each_a_day(place: &Place) {
    let app = place.app().await;
    // One stranger's address, written down for twenty users of an application that may not claim it.
    let scopes = [Scope::AccountsRead, Scope::AccountsWrite];
    let mut api = app.api().with(&app.api_key("shop", &scopes).await);
    let mut subjects = BTreeMap::new();
    for n in 0..20 {
        let body = json!({"external_id": n.to_string(), "email": "stranger@example.org"});
        assert_eq!(api.post("/api/v1/accounts", &body).await.status, 201);
        let base = format!("/api/v1/accounts/ext:{n}");
        let secret =
            json!({"kind": "totp", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "activate": true});
        let bound = api.post(&format!("{base}/factors"), &secret).await;
        assert_eq!(bound.status, 201, "{}", bound.body);
        let reset = api
            .post(&format!("{base}/two-factor/reset"), &json!({"reason": "x"}))
            .await;
        assert_eq!(reset.status, 200, "{}", reset.body);
    }
    for mail in app.mails_to("stranger@example.org").await {
        *subjects.entry(mail.subject).or_insert(0) += 1;
    }
    let five_each = BTreeMap::from([
        (String::from("Twinlock: two-factor authentication is on"), 5),
        (
            String::from("Twinlock: two-factor authentication was reset"),
            5,
        ),
    ]);
    assert_eq!(subjects, five_each);
}

async fn a_refused_mail_is_said_until_one_is_taken(place: &Place) {
    let app = with_reveal(place).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut browser = app.browser();
    browser
        .post("/sign-in", &[("email", "ann@example.org")])
        .await;
    let password = [("password", PASSWORD)];
    browser.post("/sign-in/password", &password).await;
    let code = ann.phone().code_at(app.time.seconds());
    browser
        .post("/sign-in/second-factor", &[("code", &code)])
        .await;
    app.deliver().await;
    let sentence = "We could not deliver mail to a•••@example.org on 15 Jan 2027";
    browser.open("/settings/security").await;
    assert!(!browser.sees("could not deliver"));
    app.mail.behave(Behaviour::Refuse);
    browser
        .post("/settings/profile", &[("name", "Ann Lee")])
        .await;
    browser.open("/settings/security/backup-codes/reveal").await;
    browser.press("Reveal codes").await;
    app.deliver().await;
    for page in ["/settings/security", "/settings/profile"] {
        browser.open(page).await;
        browser.must_see(sentence);
        browser.must_see("contact your administrator");
    }
    let account = ann.account;
    let refused_at = "SELECT mail_refused_at FROM account WHERE mail_refused_at IS NOT NULL";
    assert_eq!(app.number(refused_at, &[]).await, app.now().as_millis());
    // It is recorded, and not mailed: nothing is on its way, and no mail was asked for since.
    let events = "SELECT COUNT(*) FROM audit_event WHERE kind = 'mail_refused'";
    assert_eq!(app.number(events, &[]).await, 1);
    let asked = app.mail.attempts();
    app.forward(7200);
    app.deliver().await;
    assert_eq!(app.mail.attempts(), asked);
    let mut api = admin(&app).await;
    let path = format!("/api/v1/accounts/{account}");
    let shown = api.get(&path).await.json();
    let at = Timestamp::from_millis(app.now().as_millis() - 7_200_000).rfc3339();
    assert_eq!(shown["mail_refused_at"], at, "{shown}");
    let own = browser.get("/api/v1/me").await.json();
    assert_eq!(own["mail_refused_at"], at, "{own}");
    // One mail that is taken, and it is over.
    app.mail.behave(Behaviour::Accept);
    assert_eq!(
        api.post(&format!("{path}/unlock"), &json!({})).await.status,
        204
    );
    app.deliver().await;
    browser.open("/settings/security").await;
    assert!(!browser.sees("could not deliver"));
    assert!(api.get(&path).await.json()["mail_refused_at"].is_null());
}

async fn a_refused_mail_to_nobody_leaves_no_trace(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    app.deliver().await;
    app.forward(3600);
    app.mail.behave(Behaviour::Refuse);
    let caller = app.caller("192.0.2.1");
    // To an address that has an account, to one that has none, and to one that signs up.
    caller.ask_for_account(&ann.email).await.unwrap();
    caller.ask_for_account("new@example.org").await.unwrap();
    for email in [&ann.email, "nobody@example.org"] {
        let token = caller.begin(email).await;
        sign_in::send_code(&caller.moment(), &token, true)
            .await
            .unwrap();
    }
    app.deliver().await;
    let events = "SELECT COUNT(*) FROM audit_event WHERE kind = 'mail_refused'";
    assert_eq!(
        app.number(events, &[]).await,
        1,
        "only the mail to Ann's account"
    );
    let chains = "SELECT COUNT(DISTINCT account_id) FROM audit_event";
    assert_eq!(app.number(chains, &[]).await, 1);
}
