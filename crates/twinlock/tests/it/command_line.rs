//! The program itself, started as an operator starts it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Running, ask, command, json_of, once, text, wait};

fn demo(folder: &Path) -> (Running, Value, String) {
    let data = folder.join("data").display().to_string();
    let running = Running::start(
        folder,
        &["demo", "--listen", "127.0.0.1:0", "--data", &data, "--json"],
    );
    let first: Value = serde_json::from_str(&running.line("")).unwrap();
    let url = first["url"].as_str().unwrap();
    let authority = url.trim_start_matches("http://").to_owned();
    (running, first, authority)
}

#[test]
fn the_demo_says_in_one_line_what_programs_need_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (running, first, authority) = demo(folder.path());
    assert!(first["api_key"].as_str().unwrap().starts_with("tlk_"));
    assert_eq!(first["organization"], "acme");
    let accounts = first["accounts"].as_array().unwrap();
    let roles: Vec<&str> = accounts
        .iter()
        .map(|account| account["role"].as_str().unwrap())
        .collect();
    assert_eq!(
        roles,
        [
            "owner",
            "admin",
            "member",
            "support",
            "support",
            "administrator"
        ]
    );
    assert!(accounts[0]["totp_secret"].is_string());
    assert!(ask(&authority, "GET", "/demo", "").starts_with("HTTP/1.1 200"));
    let before = json_of(&ask(&authority, "GET", "/demo/clock", ""));
    let after = json_of(&ask(
        &authority,
        "POST",
        "/demo/clock",
        "{\"advance_seconds\": 86400}",
    ));
    assert!(after["now"].as_str() > before["now"].as_str());
    assert!(running.terminate().success());

    let (running, again, authority) = demo(folder.path());
    assert_eq!(again["api_key"], first["api_key"]);
    assert_eq!(again["accounts"], first["accounts"]);
    let kept = json_of(&ask(&authority, "GET", "/demo/clock", ""));
    assert!(kept["now"].as_str() >= after["now"].as_str());
    assert!(running.terminate().success());
}

#[test]
fn the_demo_never_listens_beyond_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let refused = once(folder.path(), &["demo", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("loopback only"));
}

#[test]
fn a_reset_on_the_machine_is_told_to_the_person_and_to_the_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, _, authority) = demo(folder.path());
    let data = folder.path().join("data");
    let settings = format!(
        "[database]\nurl = \"sqlite:{0}/twinlock.db\"\n[keys]\nmaster_key_file = \"{0}/twinlock.key\"\n",
        data.display()
    );
    std::fs::write(folder.path().join("twinlock.toml"), settings).unwrap();
    let reset = |email| {
        once(
            folder.path(),
            &[
                "user",
                "reset-two-factor",
                email,
                "--reason",
                "seen in person",
            ],
        )
    };
    let unknown = reset("nobody@acme.example");
    assert_eq!(unknown.status.code(), Some(1));
    let done = reset("olive@acme.example");
    assert!(done.status.success(), "{}", text(&done.stderr));

    let inbox = arrived(&authority, 2);
    let to: Vec<&str> = inbox
        .iter()
        .map(|mail| mail["to"].as_str().unwrap())
        .collect();
    assert!(to.contains(&"olive@acme.example"), "{to:?}");
    assert!(to.contains(&"ines@twinlock.example"), "{to:?}");
    let elsewhere = inbox
        .iter()
        .find(|mail| mail["to"] == "ines@twinlock.example")
        .unwrap();
    assert!(
        elsewhere["text"]
            .as_str()
            .unwrap()
            .contains("seen in person")
    );
}

/// The inbox, once it holds so many mails.
fn arrived(authority: &str, count: usize) -> Vec<Value> {
    for _ in 0..600 {
        let answer = json_of(&ask(authority, "GET", "/demo/inbox.json", ""));
        let mails = answer.as_array().unwrap().clone();
        if mails.len() >= count {
            return mails;
        }
        wait();
    }
    panic!("the mails did not arrive");
}

#[test]
fn the_first_start_makes_key_and_database_and_each_start_prints_a_new_link_and_ends_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[server]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(folder.path().join("twinlock.toml"), settings).unwrap();
    let running = Running::start(folder.path(), &["serve"]);
    let listening = running.line("listening on");
    let (_, port) = listening
        .trim_end_matches([')', '.'])
        .rsplit_once(':')
        .unwrap();
    let first = running.line("/sign-up?invitation=");
    let key = std::fs::metadata(folder.path().join("twinlock.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);

    let second = once(folder.path(), &["serve"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("already serves"));

    // Listens on another port than the public address says, so the host is named apart.
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream
        .write_all(b"GET /demo HTTP/1.1\r\nhost: localhost:8080\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(
        text(&answer).starts_with("HTTP/1.1 404"),
        "no demo in serve"
    );
    assert!(running.terminate().success());

    let running = Running::start(folder.path(), &["serve"]);
    assert_ne!(running.line("/sign-up?invitation="), first);
    assert!(running.terminate().success());
}

#[test]
fn a_client_that_does_not_finish_its_head_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, _, authority) = demo(folder.path());
    let mut stream = TcpStream::connect(authority.replace("localhost", "127.0.0.1")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    write!(stream, "GET /healthz HTTP/1.1\r\nhost: {authority}\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(!text(&answer).contains("200"), "{}", text(&answer));
}

#[test]
fn without_its_key_file_a_database_is_not_opened_and_no_new_key_is_made() {
    let folder = tempfile::tempdir().unwrap();
    assert!(once(folder.path(), &["migrate"]).status.success());
    let key = folder.path().join("twinlock.key");
    std::fs::remove_file(&key).unwrap();
    let refused = once(folder.path(), &["migrate"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("restore it"));
    assert!(!key.exists());
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    assert!(once(folder.path(), &["migrate"]).status.success());
    let made = once(
        folder.path(),
        &["key", "create", "billing", "--scope", "verify", "--json"],
    );
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert!(made["key"].as_str().unwrap().starts_with("tlk_"));
    let list = || -> Value {
        let listed = once(folder.path(), &["key", "list", "--json"]);
        serde_json::from_slice(&listed.stdout).unwrap()
    };
    let id = list()["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(
        once(folder.path(), &["key", "revoke", &id])
            .status
            .success()
    );
    assert!(list()["items"][0]["revoked_at"].is_string());
    assert_eq!(
        once(folder.path(), &["key", "revoke", &id]).status.code(),
        Some(1)
    );
    let wrong = once(folder.path(), &["key", "create", "x", "--scope", "root"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn doctor_finds_a_key_file_that_others_may_read() {
    let folder = tempfile::tempdir().unwrap();
    assert!(once(folder.path(), &["migrate"]).status.success());
    let fine = once(folder.path(), &["doctor", "--json"]);
    assert!(fine.status.success(), "{}", text(&fine.stdout));
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(folder.path().join("twinlock.key"), open).unwrap();
    let found = once(folder.path(), &["doctor", "--json"]);
    assert_eq!(found.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    let key = found["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["check"] == "key file")
        .unwrap();
    assert_eq!(key["state"], "error");
}

#[test]
fn a_backup_is_a_database_of_its_own_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    assert!(once(folder.path(), &["migrate"]).status.success());
    assert!(once(folder.path(), &["backup", "copy.db"]).status.success());
    let again = once(folder.path(), &["backup", "copy.db"]);
    assert_eq!(again.status.code(), Some(1));
    let mut doctor = command(folder.path(), &["doctor"]);
    doctor.env("TWINLOCK_DATABASE__URL", "sqlite:copy.db");
    assert!(doctor.output().unwrap().status.success());
}

#[test]
fn a_setting_nobody_knows_stops_everything_with_the_nearest_known_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("twinlock.toml"),
        "[server]\nlisen = \"x\"\n",
    )
    .unwrap();
    for arguments in [&["serve"][..], &["config", "check"], &["key", "list"]] {
        let refused = once(folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(1));
        let said = text(&refused.stdout) + &text(&refused.stderr);
        assert!(said.contains("did you mean `server.listen`?"), "{said}");
    }
}

#[test]
fn changing_keys_says_what_was_done_and_what_to_keep() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let says = |arguments: &[&str]| {
        let done = once(here, arguments);
        assert!(done.status.success(), "{}", text(&done.stderr));
        text(&done.stdout)
    };
    says(&["migrate"]);
    let said = says(&["keys", "rotate"]);
    assert!(said.starts_with("Data key 2 seals now; "), "{said}");
    assert!(said.contains("The keys before are retired"), "{said}");
    let said = says(&["keys", "list"]);
    assert!(said.contains("data key 1  retired  made "), "{said}");
    assert!(said.contains("data key 2  seals  made "), "{said}");
    assert!(!said.contains("not finished"), "{said}");
    let said = says(&["keys", "rotate", "--master", "--prepare"]);
    assert!(said.starts_with("The next master key is in "), "{said}");
    assert!(said.contains("twinlock keys rotate --master"), "{said}");
    let said = says(&["keys", "rotate", "--master"]);
    assert!(said.contains("wrapped with a new master key"), "{said}");
    let kept = said
        .lines()
        .find_map(|line| line.strip_prefix("The old one is kept in "))
        .and_then(|rest| rest.strip_suffix(": backups made until now need it."))
        .unwrap();
    assert!(here.join(kept).exists(), "{kept}");
    says(&["doctor"]);
}
