//! Data keys and master keys that change while people go on (attack rows Z15, Z18).

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::json;
use twinlock::account;
use twinlock::app::{Fault, Stop};
use twinlock::application::Scope;
use twinlock::server::rotation::{self, sealed_columns};
use twinlock::settings::flow as settings;
use twinlock_db::sealed::{Added, KeyState, Keyring, MasterKey, SealError};
use twinlock_db::{DbError, Engine, Location, Locks, Store, StoreOptions};

use crate::support::browser::Browser;
use crate::support::caller::{PASSWORD, completed};
use crate::support::key::SoftKey;
use crate::support::texts::{number, typed, with_texts};
use crate::support::{Place, TestApp};

on_both_engines!(
    z15_after_a_change_of_key_everything_opens_and_nothing_is_left_of_the_old_one,
    z15_another_server_meets_a_new_key_in_a_row_and_in_a_token,
    z15_a_change_that_was_cut_off_goes_on_where_it_was,
    z15_what_people_change_meanwhile_is_not_lost,
    z15_a_missing_key_is_a_fault_and_never_no_second_factor,
    z15_a_value_that_does_not_open_is_left_and_named,
    z15_the_master_key_changes_and_a_server_that_is_cut_off_between_starts_all_the_same,
    z15_two_changes_at_once_make_one_key_and_a_new_master_loses_none,
    z15_the_command_is_killed_and_run_again,
    z15_z18_every_column_of_sealed_values_is_known_to_the_change,
);

/// A new data key made by an operator's command on another process.
async fn new_key(place: &Place, app: &TestApp) -> u32 {
    let masters = MasterKey::with_successor(&place.key_file).unwrap();
    let entropy = app.app.entropy.seed().unwrap().draw("test").bytes();
    let now = app.time.millis();
    match Keyring::add_stored(&app.app.store, masters, entropy, now).await {
        Ok(Added::New(key)) => key,
        other => panic!("{other:?}"),
    }
}

/// Everything of the product that seals something: people, an app, codes, an application's user, a mail that waits, somebody signing up.
async fn busy(app: &TestApp) -> crate::support::Person {
    let ann = app.person_with_app("ann@example.org").await;
    let key = app.api_key("Acme", &Scope::ALL).await;
    let body = json!({"external_id": "u-1", "name": "Uma", "email": "uma@example.org"});
    let made = app.api().with(&key).post("/api/v1/accounts", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    // The key that signs checkpoints is sealed too.
    twinlock::audit::flow::checkpoint::pass(&app.app)
        .await
        .unwrap();
    app.mail.behave(twinlock_delivery::Behaviour::Fail);
    app.caller("192.0.2.9")
        .ask_for_account("bob@example.org")
        .await
        .unwrap();
    ann
}

fn revealing(all: &mut twinlock::config::Settings) {
    all.two_factor.backup_codes.reveal = true;
}

async fn signs_in(app: &TestApp, ann: &crate::support::Person) {
    app.forward(30);
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(ann).await;
    completed(caller.verify(&token, &caller.code(ann)).await.unwrap());
}

async fn z15_after_a_change_of_key_everything_opens_and_nothing_is_left_of_the_old_one(
    place: &Place,
) {
    let app = place.app_with(revealing).await;
    let ann = busy(&app).await;
    let before = rotation::count(&app.app).await.unwrap();
    assert_eq!(before.not_of(1), 0);
    let key = new_key(place, &app).await;
    app.app.read_keys_again().await.unwrap();
    let walked = rotation::reseal(&app.app, |_| {}).await.unwrap();
    assert_eq!(walked.resealed, before.values);
    assert!(walked.unreadable.is_empty(), "{walked:?}");
    let after = rotation::count(&app.app).await.unwrap();
    assert_eq!((after.values, after.not_of(key)), (before.values, 0));
    Keyring::retire_stored(&app.app.store).await.unwrap();

    let app = place.restarted(&app).await;
    signs_in(&app, &ann).await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let (_, shown) = settings::reveal(&caller.moment(), &acting).await.unwrap();
    let shown: Vec<String> = shown.into_iter().map(|shown| shown.code).collect();
    assert_eq!(shown, ann.codes);
    let token = caller.half_session(&ann).await;
    completed(caller.verify(&token, &ann.codes[0]).await.unwrap());
    app.mail.behave(twinlock_delivery::Behaviour::Accept);
    app.forward(5);
    assert_eq!(app.mails_to("bob@example.org").await.len(), 1);
    let found = app.account_of("ANN@example.org").await;
    assert_eq!(found, Some(ann.account), "identifiers are found as before");
}

async fn z15_another_server_meets_a_new_key_in_a_row_and_in_a_token(place: &Place) {
    let (one, two) = (place.app().await, place.app().await);
    let ann = one.person_with_app("ann@example.org").await;
    let key = new_key(place, &one).await;
    one.app.read_keys_again().await.unwrap();
    assert_eq!(one.app.keyring.active_id(), key);
    assert_eq!(two.app.keyring.active_id(), 1);
    // What one server sealed in a token, the other one reads.
    let mut browser = one.browser();
    browser.open("/sign-in").await;
    browser.fill("Email", &ann.email);
    browser.press("Continue").await;
    let mut elsewhere: Browser = two.browser();
    elsewhere.cookies = browser.cookies.clone();
    elsewhere.open("/sign-in/password").await;
    elsewhere.must_see(&ann.email);
    assert_eq!(two.app.keyring.active_id(), key);

    let three = place.app().await;
    let newer = {
        Keyring::retire_stored(&one.app.store).await.unwrap();
        new_key(place, &one).await
    };
    one.app.read_keys_again().await.unwrap();
    rotation::reseal(&one.app, |_| {}).await.unwrap();
    assert!(!three.app.keyring.knows(newer));
    signs_in(&three, &ann).await;
    assert_eq!(three.app.keyring.active_id(), newer);
    // An older server and a newer one read what the other wrote.
    signs_in(&two, &ann).await;
    signs_in(&one, &ann).await;
}

async fn z15_a_change_that_was_cut_off_goes_on_where_it_was(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    for n in 0..4 {
        app.person(&format!("p{n}@example.org")).await;
        app.forward(3600);
    }
    let before = rotation::count(&app.app).await.unwrap();
    let key = new_key(place, &app).await;
    app.app.read_keys_again().await.unwrap();
    // The process ends after the first page of the third column.
    let application = app.app.clone();
    let cut = tokio::spawn(async move {
        let mut pages = 0;
        let walked = rotation::reseal(&application, |_| {
            pages += 1;
            assert!(pages < 3, "the power is cut");
        });
        walked.await.map(|walked| walked.values)
    });
    assert!(cut.await.is_err());
    let half = rotation::count(&app.app).await.unwrap();
    assert!(half.not_of(key) > 0 && half.not_of(key) < before.values);
    let app = place.restarted(&app).await;
    signs_in(&app, &ann).await;

    let masters = MasterKey::with_successor(&place.key_file).unwrap();
    let again = Keyring::add_stored(&app.app.store, masters, [9; 56], app.time.millis());
    assert_eq!(again.await.unwrap(), Added::Unfinished(key));
    let left = rotation::count(&app.app).await.unwrap().not_of(key);
    let walked = rotation::reseal(&app.app, |_| {}).await.unwrap();
    assert_eq!(walked.resealed, left, "what was done is not done again");
    assert_eq!(rotation::count(&app.app).await.unwrap().not_of(key), 0);
    signs_in(&app, &ann).await;
}

async fn z15_what_people_change_meanwhile_is_not_lost(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let account = ann.account;
    let renaming = {
        let app = app.clone();
        tokio::spawn(async move {
            for n in 0..200 {
                let name = format!("Ann {n}");
                app.work_on(account, move |w| account::store::rename(w, account, &name))
                    .await;
            }
        })
    };
    for _ in 0..5 {
        new_key(place, &app).await;
        app.app.read_keys_again().await.unwrap();
        rotation::reseal(&app.app, |_| {}).await.unwrap();
        Keyring::retire_stored(&app.app.store).await.unwrap();
    }
    renaming.await.unwrap();
    let found = app
        .work_on(account, move |w| account::store::load(w, account))
        .await;
    assert_eq!(found.unwrap().name, "Ann 199");
}

async fn z15_a_missing_key_is_a_fault_and_never_no_second_factor(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let old = "SELECT secret FROM totp";
    let secret = |app: TestApp| async move {
        let read = app
            .app
            .store
            .read(move |tx| tx.query_one(old, &[], |row| row.bytes(0)));
        read.await.unwrap()
    };
    for _ in 2..=3 {
        new_key(place, &app).await;
        app.app.read_keys_again().await.unwrap();
        if app.app.keyring.active_id() == 3 {
            break;
        }
        rotation::reseal(&app.app, |_| {}).await.unwrap();
        Keyring::retire_stored(&app.app.store).await.unwrap();
    }
    let by_two = secret(app.clone()).await;
    rotation::reseal(&app.app, |_| {}).await.unwrap();
    app.tamper("UPDATE totp SET secret = ?1", &[by_two.into()])
        .await;
    app.tamper("DELETE FROM data_key WHERE key_id = 2", &[])
        .await;
    let app = place.restarted(&app).await;
    let caller = app.caller("192.0.2.1");
    let sessions = app.number("SELECT COUNT(*) FROM session", &[]).await;
    let token = caller.half_session(&ann).await;
    let outcome = caller.verify(&token, &caller.code(&ann)).await;
    let Err(Stop::Fault(Fault::Database(DbError::Sealed(SealError::UnknownKey(2))))) = outcome
    else {
        panic!("a missing key must be a fault");
    };
    let mut browser = app.browser();
    browser.open("/sign-in").await;
    browser.fill("Email", &ann.email);
    browser.press("Continue").await;
    browser.fill("Password", PASSWORD);
    browser.press("Sign in").await;
    browser.fill("Code", &caller.code(&ann));
    browser.press("Verify").await;
    assert_eq!(browser.last.status, 500);
    assert_eq!(
        app.number("SELECT COUNT(*) FROM session", &[]).await,
        sessions
    );
    // Without the one that seals, nothing starts at all.
    app.tamper("DELETE FROM data_key WHERE key_id = 3", &[])
        .await;
    let masters = MasterKey::with_successor(&place.key_file).unwrap();
    let refused = Keyring::open_stored(&app.app.store, &masters, [1; 56], 0).await;
    assert!(matches!(
        refused.err(),
        Some(DbError::Sealed(SealError::UnknownKey(0)))
    ));
}

async fn z15_a_value_that_does_not_open_is_left_and_named(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let swap = "UPDATE totp SET secret = (SELECT secret FROM totp WHERE account_id = ?1) WHERE account_id = ?2";
    app.tamper(swap, &[eve.account.into(), ann.account.into()])
        .await;
    new_key(place, &app).await;
    app.app.read_keys_again().await.unwrap();
    let walked = rotation::reseal(&app.app, |_| {}).await.unwrap();
    assert_eq!(
        walked.unreadable,
        [(String::from("totp.secret"), ann.account.0)]
    );
    let left = rotation::count(&app.app).await.unwrap();
    assert_eq!(left.by_key[&1], 1);
    signs_in(&app, &eve).await;
}

async fn z15_the_master_key_changes_and_a_server_that_is_cut_off_between_starts_all_the_same(
    place: &Place,
) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let running = place.app().await;
    let old_key = place.folder.path().join("old-copy.key");
    std::fs::copy(&place.key_file, &old_key).unwrap();
    let backup = place.folder.path().join("backup.db");
    if app.app.store.engine() == Engine::Sqlite {
        app.app.store.backup_to(&backup, |_, _| {}).await.unwrap();
    }
    let successor = MasterKey::successor_of(&place.key_file);
    MasterKey::generate_file(&successor, [8; 32]).unwrap();
    // Laid beside, not yet used: a server starts.
    let app = place.restarted(&app).await;
    signs_in(&app, &ann).await;
    let rewrap = || {
        let old = MasterKey::with_successor(&place.key_file).unwrap();
        let new = MasterKey::from_file(&successor).unwrap();
        Keyring::rewrap_stored(&app.app.store, old, new, |_| [4; 24])
    };
    rewrap().await.unwrap();
    // Cut off here: the files are as they were, the data keys are not. A server starts, one that runs takes up a new data key.
    let second = place.app().await;
    signs_in(&second, &ann).await;
    let key = new_key(place, &second).await;
    let _ = running;
    app.app.read_keys_again().await.unwrap();
    assert_eq!(app.app.keyring.active_id(), key);
    rewrap().await.unwrap();
    let kept = MasterKey::succeed(&place.key_file, "then").unwrap();
    assert!(!successor.exists());
    assert_eq!(
        std::fs::read(&kept).unwrap(),
        std::fs::read(&old_key).unwrap()
    );
    let app = place.restarted(&app).await;
    signs_in(&app, &ann).await;
    let with = |file: &std::path::Path| [MasterKey::from_file(file).unwrap()];
    let refused = Keyring::open_stored(&app.app.store, &with(&old_key), [1; 56], 0).await;
    assert!(matches!(
        refused.err(),
        Some(DbError::Sealed(SealError::WrongMasterKey(1)))
    ));
    if app.app.store.engine() == Engine::Sqlite {
        let old = Store::open(&Location::Sqlite(backup), StoreOptions::default())
            .await
            .unwrap();
        let ring = Keyring::open_stored(&old, &with(&kept), [1; 56], 0).await;
        assert!(ring.is_ok(), "the backup opens with the key of its day");
        let refused = Keyring::open_stored(&old, &with(&place.key_file), [1; 56], 0).await;
        assert!(refused.is_err());
        old.close().await;
    }
}

async fn z15_two_changes_at_once_make_one_key_and_a_new_master_loses_none(place: &Place) {
    let (one, two) = (place.app().await, place.app().await);
    let ann = one.person_with_app("ann@example.org").await;
    let successor = MasterKey::successor_of(&place.key_file);
    MasterKey::generate_file(&successor, [8; 32]).unwrap();
    let masters = || MasterKey::with_successor(&place.key_file).unwrap();
    let add = |app: &TestApp, n: u8| {
        let store = app.app.store.clone();
        let masters = masters();
        async move { Keyring::add_stored(&store, masters, [n; 56], 1).await }
    };
    let new = MasterKey::from_file(&successor).unwrap();
    let (a, b, rewrapped) = tokio::join!(
        add(&one, 1),
        add(&two, 2),
        Keyring::rewrap_stored(&two.app.store, masters(), new, |_| [4; 24]),
    );
    rewrapped.unwrap();
    let mut added = [a.unwrap(), b.unwrap()];
    added.sort_by_key(|added| matches!(added, Added::Unfinished(_)));
    assert_eq!(added, [Added::New(2), Added::Unfinished(2)]);
    let new = MasterKey::from_file(&successor).unwrap();
    assert!(
        Keyring::is_wrapped_with(&one.app.store, &new)
            .await
            .unwrap(),
        "whichever came first, all keys are wrapped with the new master"
    );
    let states: Vec<KeyState> = Keyring::stored(&one.app.store)
        .await
        .unwrap()
        .iter()
        .map(|key| key.state)
        .collect();
    assert_eq!(states, [KeyState::Opens, KeyState::Active]);
    for app in [&one, &two] {
        app.app.read_keys_again().await.unwrap();
        signs_in(app, &ann).await;
    }
    MasterKey::succeed(&place.key_file, "then").unwrap();
}

/// The program as an operator runs it, on this place's database and key file.
fn program(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twinlock"));
    let url = match &place.location {
        Location::Sqlite(path) => format!("sqlite:{}", path.display()),
        Location::Postgres(url) => url.clone(),
    };
    command
        .args(arguments)
        .current_dir(place.folder.path())
        .env("TWINLOCK_DATABASE__URL", url)
        .env("TWINLOCK_KEYS__MASTER_KEY_FILE", &place.key_file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

async fn z15_the_command_is_killed_and_run_again(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    people(&app, 6_000).await;
    let mut killed = program(place, &["keys", "rotate"]).spawn().unwrap();
    let half = loop {
        let walked = rotation::count(&app.app).await.unwrap();
        // The first value of the new key is the event that tells of it; Ann's follow with the first page.
        if walked.not_of(1) > 200 {
            killed.kill().unwrap();
            killed.wait().unwrap();
            break rotation::count(&app.app).await.unwrap();
        }
        assert!(killed.try_wait().unwrap().is_none(), "it ended by itself");
    };
    assert!(
        half.not_of(2) > 0,
        "killed in the middle: {:?}",
        half.by_key
    );
    signs_in(&app, &ann).await;
    let list = |app: TestApp| async move {
        let listed = program(place, &["keys", "list", "--json"])
            .output()
            .unwrap();
        assert!(listed.status.success(), "{listed:?}");
        drop(app);
        serde_json::from_slice::<serde_json::Value>(&listed.stdout).unwrap()
    };
    let listed = list(app.clone()).await;
    assert_eq!(listed["items"][0]["state"], "opens");
    assert_eq!(listed["items"][1]["state"], "seals");
    if app.app.store.engine() == Engine::Sqlite {
        // Nobody serves this file, so nothing is waited for.
        let done = program(place, &["keys", "rotate", "--json"]).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{done:?}");
        let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(told["key"], 2);
        let left = half.by_key[&1];
        assert!(
            told["resealed"].as_u64().unwrap().abs_diff(left) < 50,
            "{told} {left}"
        );
        let listed = list(app.clone()).await;
        assert_eq!(listed["items"][0]["state"], "retired");
        assert_eq!(listed["items"][0]["values"], 0);
        let master = program(place, &["keys", "rotate", "--master"]).output();
        assert!(master.unwrap().status.success());
        let app = place.restarted(&app).await;
        signs_in(&app, &ann).await;
    } else {
        rotation::reseal(&app.app, |_| {}).await.unwrap();
        assert_eq!(rotation::count(&app.app).await.unwrap().not_of(2), 0);
        signs_in(&app, &ann).await;
    }
}

/// Rows of many people, as an import makes them.
async fn people(app: &TestApp, count: u32) {
    for from in (0..count).step_by(500) {
        let rows = app.work(move |w| {
            for n in from..from + 500 {
                let account = account::Account {
                    id: twinlock::app::AccountId::draw(w.now(), &mut w.draw),
                    application: None,
                    external_id: None,
                    role: account::Role::Person,
                    name: format!("Person {n}"),
                    email: Some(format!("person-{n}@example.org")),
                    email_verified_at: None,
                    enrolment_required: false,
                    new_password_required: false,
                    frozen: None,
                    created_at: w.now(),
                    mail_refused_at: None,
                };
                account::store::insert(w, &account)?;
            }
            Ok(())
        });
        rows.await.unwrap();
    }
}

/// A column that seals and is not walked would keep its old key for ever, and be lost to whoever thinks that the key is retired.
async fn z15_z18_every_column_of_sealed_values_is_known_to_the_change(place: &Place) {
    let app = place
        .app_with(|settings| {
            revealing(settings);
            with_texts(settings);
        })
        .await;
    let ann = busy(&app).await;
    let mut caller = app.caller("192.0.2.2");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    caller.set_up_key(&acting, &mut SoftKey::new(1), "").await;
    // A number that is proven, and a text that has not left.
    caller.set_up_text(&acting, &number(1)).await;
    settings::begin_text(&caller.moment(), &acting, typed(&number(2)), None)
        .await
        .unwrap();
    let token = caller.half_session(&ann).await;
    let asked = twinlock::sign_in::second_factor::ask_key(&caller.moment(), &token).await;
    assert!(asked.is_ok());
    let known: BTreeSet<String> = sealed_columns()
        .iter()
        .map(|column| format!("{}.{}", column.table, column.column))
        .collect();
    let mut seen = BTreeSet::new();
    for (table, column) in blobs(&app).await {
        let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        let values = app
            .app
            .store
            .read(move |tx| tx.query(sql, &[], |row| row.bytes(0)));
        for value in values.await.unwrap() {
            // Format 1, key 1, nonce, tag: nothing else of ours begins with these five bytes and is as long.
            if value.len() >= 45 && value.starts_with(&[1, 0, 0, 0, 1]) {
                seen.insert(format!("{table}.{column}"));
            }
        }
    }
    assert_eq!(seen, known, "left: found in the database; right: walked");
    let nothing = app
        .app
        .store
        .write(Locks::none(), |tx| tx.execute("DELETE FROM outbox", &[]));
    nothing.await.unwrap();
}

/// Every column of bytes there is.
async fn blobs(app: &TestApp) -> Vec<(String, String)> {
    let sql = match app.app.store.engine() {
        Engine::Sqlite => {
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'BLOB'"
        }
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns WHERE data_type = 'bytea' AND table_schema = current_schema()"
        }
    };
    let read = app
        .app
        .store
        .read(move |tx| tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?))));
    read.await.unwrap()
}
