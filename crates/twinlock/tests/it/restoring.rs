//! A copy of the database that is put back: what was used up after it was made stays used up (K04 and security.md's epoch).

use std::process::Output;

use serde_json::Value;
use twinlock::app::Refusal;
use twinlock::server::restore;
use twinlock::settings::flow as settings;
use twinlock_db::{Location, Locks, Store, StoreOptions};

use crate::support::caller::{NOT_THAT_CODE, completed};
use crate::support::program::{Running, command, once, text};
use crate::support::{Place, refused};

on_both_engines!(
    r01_k01_no_code_of_before_a_restore_is_accepted_after_it,
    s04_no_session_sign_in_or_device_outlives_a_restore,
    after_a_restore_people_sign_in_with_their_app_and_make_new_codes,
);

async fn r01_k01_no_code_of_before_a_restore_is_accepted_after_it(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let phone = ann.phone();
    // Any of these may have been used after the copy was made: the copy does not know.
    let seen: Vec<String> = [-1_i64, 0, 1, 2]
        .map(|step| phone.code_at(app.time.seconds() + 30 * step))
        .to_vec();
    let marked = restore::mark(&app.app).await.unwrap();
    assert_eq!((marked.epoch, marked.backup_code_sheets), (1, 1));
    let app = place.restarted(&app).await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    for code in &seen {
        assert_eq!(refused(caller.verify(&token, code).await), NOT_THAT_CODE);
    }
    app.forward(3600);
    let token = caller.half_session(&ann).await;
    let old = refused(caller.verify(&token, &ann.codes[0]).await);
    assert!(matches!(old, Refusal::InvalidCode { .. }), "{old:?}");
}

async fn s04_no_session_sign_in_or_device_outlives_a_restore(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let half = caller.half_session(&ann).await;
    let begun = caller.begin(&ann.email).await;
    let marked = restore::mark(&app.app).await.unwrap();
    assert!(marked.sessions >= 2 && marked.devices >= 1, "{marked:?}");
    let app = place.restarted(&app).await;
    let again = app.caller("192.0.2.1");
    assert!(again.try_acting(&session.token).await.is_none());
    app.forward(120);
    let code = again.code(&ann);
    assert_eq!(
        refused(again.verify(&half, &code).await),
        Refusal::SignInExpired
    );
    let outcome =
        twinlock::sign_in::flow::verify_password(&again.moment(), &begun, "whatever it is").await;
    assert_eq!(refused(outcome), Refusal::SignInExpired);
    for table in ["session", "sign_in", "challenge", "device", "undo_link"] {
        let sql: &'static str = match table {
            "session" => "SELECT COUNT(*) FROM session",
            "sign_in" => "SELECT COUNT(*) FROM sign_in",
            "challenge" => "SELECT COUNT(*) FROM challenge",
            "device" => "SELECT COUNT(*) FROM device",
            _ => "SELECT COUNT(*) FROM undo_link",
        };
        assert_eq!(app.number(sql, &[]).await, 0, "{table}");
    }
}

async fn after_a_restore_people_sign_in_with_their_app_and_make_new_codes(place: &Place) {
    let app = place.app().await;
    let mut ann = app.person_with_app("ann@example.org").await;
    restore::mark(&app.app).await.unwrap();
    let app = place.restarted(&app).await;
    app.forward(120);
    let mut caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let code = caller.code(&ann);
    let session = completed(caller.verify(&token, &code).await.unwrap());
    caller.remember(&session);
    let acting = caller.acting(&session.token).await;
    let sheet = settings::make_codes(&caller.moment(), &acting)
        .await
        .unwrap();
    ann.codes = sheet.codes;
    let token = caller.half_session(&ann).await;
    completed(caller.verify(&token, &ann.codes[0]).await.unwrap());
    let again = restore::mark(&app.app).await.unwrap();
    assert_eq!(again.epoch, 2);
}

fn fails(done: &Output, why: &str) {
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stderr);
    assert!(said.contains(why), "{said}");
}

#[test]
fn a_backup_is_put_back_and_the_database_before_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert!(once(here, &["migrate"]).status.success());
    let scopes = ["--scope", "verify", "--json"];
    let key = |label: &str| {
        let made = once(here, &[&["key", "create", label], &scopes[..]].concat());
        assert!(made.status.success(), "{}", text(&made.stderr));
    };
    key("before");
    assert!(once(here, &["backup", "copy.db"]).status.success());
    key("after");
    let done = once(here, &["restore", "copy.db", "--json"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let done: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(done["marked"]["epoch"], 1);
    let aside = done["moved_to"].as_str().unwrap().to_owned();
    let listed = text(&once(here, &["key", "list"]).stdout);
    assert!(
        listed.contains("before") && !listed.contains("after"),
        "{listed}"
    );
    let mut old = command(here, &["key", "list"]);
    old.env("TWINLOCK_DATABASE__URL", format!("sqlite:{aside}"));
    assert!(text(&old.output().unwrap().stdout).contains("after"));
    assert!(once(here, &["doctor"]).status.success());
    let mut left: Vec<String> = std::fs::read_dir(here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("restoring"))
        .collect();
    left.sort();
    assert_eq!(left, [""; 0]);
    let marked = once(here, &["restore", "--mark", "--json"]);
    let marked: Value = serde_json::from_slice(&marked.stdout).unwrap();
    assert_eq!(marked["marked"]["epoch"], 2);
}

#[tokio::test]
async fn z08_a_clock_behind_the_copy_is_set_right_before_anything_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert!(once(here, &["migrate"]).status.success());
    let location = Location::Sqlite(here.join("twinlock.db"));
    let store = Store::open(&location, StoreOptions::default())
        .await
        .unwrap();
    // The year 2100, by the first acceptance.
    let seen = [1_u64.to_be_bytes(), 4_102_444_800_000_u64.to_be_bytes()].concat();
    let noted = store.write(Locks::none(), move |tx| {
        let sql = "INSERT INTO instance_fact (name, value) VALUES ('clock_seen', ?1)";
        tx.execute(sql, &[seen.clone().into()])
    });
    assert_eq!(noted.await.unwrap(), 1);
    store.close().await;
    fails(&once(here, &["restore", "--mark"]), "set the clock first");
}

#[test]
fn what_is_no_whole_copy_with_its_key_is_not_put_back_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let at = |name: &str| here.join(name);
    assert!(once(here, &["migrate"]).status.success());
    assert!(once(here, &["backup", "copy.db"]).status.success());
    let before = std::fs::read(at("twinlock.db")).unwrap();

    std::fs::write(at("text.db"), "this is no database at all").unwrap();
    fails(
        &once(here, &["restore", "text.db"]),
        "not a SQLite database",
    );
    fails(&once(here, &["restore", "absent.db"]), "cannot be read");
    let mut torn = std::fs::read(at("copy.db")).unwrap();
    let half = torn.len() / 2;
    torn[half..].fill(0xA5);
    std::fs::write(at("torn.db"), torn).unwrap();
    assert!(!once(here, &["restore", "torn.db"]).status.success());
    std::fs::copy(at("copy.db"), at("live.db")).unwrap();
    std::fs::write(at("live.db-wal"), "pages").unwrap();
    fails(&once(here, &["restore", "live.db"]), "twinlock backup");

    std::fs::rename(at("twinlock.key"), at("away.key")).unwrap();
    fails(&once(here, &["restore", "copy.db"]), "key file");
    assert!(!at("twinlock.key").exists());
    std::fs::write(at("twinlock.key"), "00".repeat(32)).unwrap();
    assert!(!once(here, &["restore", "copy.db"]).status.success());
    std::fs::rename(at("away.key"), at("twinlock.key")).unwrap();
    assert_eq!(std::fs::read(at("twinlock.db")).unwrap(), before);

    let mut serve = command(here, &["serve"]);
    serve.env("TWINLOCK_SERVER__LISTEN", "127.0.0.1:0");
    let running = Running::begin(serve);
    running.line("listening on");
    fails(
        &once(here, &["restore", "copy.db"]),
        "stop `twinlock serve` first",
    );
    fails(&once(here, &["restore", "--mark"]), "already serves");
    assert!(running.terminate().success());
}

#[test]
fn the_command_says_what_it_put_back_and_what_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert!(once(here, &["migrate"]).status.success());
    assert!(once(here, &["backup", "copy.db"]).status.success());
    let done = once(here, &["restore", "copy.db"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let said = text(&done.stdout);
    let ended = "Ended: 0 sessions, 0 sheets of backup codes, 0 known devices, and every open sign-in, mailed code and link.";
    for line in ["copy.db is the database now.", ended] {
        assert!(said.lines().any(|own| own == line), "{said}");
    }
    let kept = said
        .lines()
        .find_map(|line| line.strip_prefix("The one before is "))
        .and_then(|rest| rest.strip_suffix("; delete it when you are sure."))
        .unwrap();
    assert!(here.join(kept).exists(), "{kept}");
    assert!(said.contains("twinlock key list"), "{said}");
    assert!(said.contains("(epoch 1)"), "{said}");
    let marked = once(here, &["restore", "--mark"]);
    let said = text(&marked.stdout);
    assert!(
        said.starts_with(ended) && said.contains("(epoch 2)"),
        "{said}"
    );
}
