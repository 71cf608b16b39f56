//! The process is killed at any instant, under load, and started again (Z01, R03, K01; product.md F): nothing acknowledged is lost, no
//! code is accepted twice, no method is half there, and the record still checks.
//!
//! Every account, sheet and code is a register: what was asked, what was answered, and "unknown" where the answer did not come. Five
//! kills here; `cargo xtask campaign` sets `TWINLOCK_KILLS`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use twinlock_db::Location;
use twinlock_testkit::phone::Phone;

use crate::support::Place;
use crate::support::program::{Running, command, once, text};

/// The name the server goes by; it listens on another port than it says, so the host is named apart.
const HOST: &str = "localhost:8080";

/// Callers at once.
const CALLERS: usize = 4;

#[test]
fn z01_killed_at_any_instant_on_sqlite() {
    campaign(&Place::sqlite());
}

#[test]
fn z01_killed_at_any_instant_on_postgresql() {
    if let Some(place) = Place::postgres() {
        campaign(&place);
    }
}

fn campaign(place: &Place) {
    let folder = place.folder.path();
    write_settings(place);
    let migrated = once(folder, &["migrate"]);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    let made = once(
        folder,
        &[
            "key",
            "create",
            "shop",
            "--scope",
            "accounts:read",
            "--scope",
            "accounts:write",
            "--scope",
            "verify",
            "--json",
        ],
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let key = made["key"].as_str().unwrap().to_owned();
    let mut sum = Tally::default();
    for round in 0..kills() {
        let callers = one_life(folder, &key, round);
        let again = Server::start(folder);
        for caller in callers {
            sum.add(&caller.judge(&again));
        }
        again.running.terminate();
    }
    let record = once(folder, &["audit", "verify"]);
    assert!(
        record.status.success(),
        "{}{}",
        text(&record.stdout),
        text(&record.stderr)
    );
    println!("{} kills: {sum:?}", kills());
    assert!(sum.acknowledged > 0 && sum.accepted > 0, "{sum:?}");
}

fn kills() -> u64 {
    std::env::var("TWINLOCK_KILLS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(5)
}

fn write_settings(place: &Place) {
    let url = match &place.location {
        Location::Sqlite(path) => format!("sqlite:{}", path.display()),
        Location::Postgres(url) => url.clone(),
    };
    let settings = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[database]\nurl = \"{url}\"\n[keys]\nmaster_key_file = \"{}\"\n",
        place.key_file.display()
    );
    std::fs::write(place.folder.path().join("twinlock.toml"), settings).unwrap();
}

/// Serves, is called by several at once, and is killed after a while that differs each time.
fn one_life(folder: &Path, key: &str, round: u64) -> Vec<Caller> {
    let server = Server::start(folder);
    let address = server.address.clone();
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let mut caller = Caller::new(key, &format!("{round}-{number}"));
            let address = address.clone();
            std::thread::spawn(move || {
                caller.work(&address);
                caller
            })
        })
        .collect();
    pause(Duration::from_millis(150 + (round * 7919) % 650));
    drop(server);
    callers
        .into_iter()
        .map(|caller| caller.join().unwrap())
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process works meanwhile; nothing rests on how long"
)]
fn pause(length: Duration) {
    std::thread::sleep(length);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the process under test goes by the machine's clock"
)]
fn seconds_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

struct Server {
    running: Running,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let running = Running::begin(command(folder, &["serve"]));
        let line = running.line("listening on");
        let (_, port) = line.trim_end_matches([')', '.']).rsplit_once(':').unwrap();
        let address = format!("127.0.0.1:{port}");
        Self { running, address }
    }
}

/// What is known of one thing that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Never sent.
    Unsent,
    /// Answered: done.
    Done,
    /// The answer did not come: done or not.
    Unknown,
}

/// One account and what its caller knows of it.
struct Subject {
    name: String,
    made: Standing,
    method: Standing,
    gone: Standing,
    phone: Phone,
    /// The code of the app that was used, with the moment it was of.
    app_code: Option<(String, Standing)>,
    /// The sheet that was acknowledged last.
    codes: Vec<(String, Standing)>,
    /// A further sheet was asked for and its answer did not come.
    sheet_unknown: bool,
}

struct Caller {
    key: String,
    name: String,
    subjects: Vec<Subject>,
}

/// What a campaign saw.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: usize,
    unknown: usize,
    accepted: usize,
    /// Unknown ones that turned out to be done.
    done_after_all: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.accepted += other.accepted;
        self.done_after_all += other.done_after_all;
    }
}

/// No answer came: the server is dead.
struct Dead;

impl Caller {
    fn new(key: &str, name: &str) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            subjects: Vec::new(),
        }
    }

    /// Makes accounts and uses them until the server is dead.
    fn work(&mut self, address: &str) {
        let mut number = 0;
        while self.one_account(address, number).is_ok() {
            number += 1;
        }
    }

    fn one_account(&mut self, address: &str, number: usize) -> Result<(), Dead> {
        let name = format!("{}-{number}", self.name);
        let bytes = [name.as_bytes(), &[b'x'; 20]].concat();
        let phone = Phone::type_in(&BASE32_NOPAD.encode(&bytes[..20])).unwrap();
        let key = self.key.clone();
        self.subjects.push(Subject {
            name: name.clone(),
            made: Standing::Unknown,
            method: Standing::Unsent,
            gone: Standing::Unsent,
            phone,
            app_code: None,
            codes: Vec::new(),
            sheet_unknown: false,
        });
        let subject = self.subjects.last_mut().unwrap();
        let accounts = "/api/v1/accounts";
        let own = format!("{accounts}/ext:{name}");
        let ask = |method, path: &str, body: Value| call(address, &key, method, path, &body);
        expect(ask("POST", accounts, json!({"external_id": name}))?, 201);
        subject.made = Standing::Done;
        subject.method = Standing::Unknown;
        let factor = json!({"kind": "totp", "secret": subject.phone.key(), "activate": true});
        expect(ask("POST", &format!("{own}/factors"), factor)?, 201);
        subject.method = Standing::Done;
        for _ in 0..2 {
            subject.sheet_unknown = true;
            let sheet = expect(ask("POST", &format!("{own}/backup-codes"), json!({}))?, 201);
            subject.sheet_unknown = false;
            let codes = sheet["codes"].as_array().unwrap().iter();
            subject.codes = codes
                .map(|code| (code.as_str().unwrap().to_owned(), Standing::Unsent))
                .collect();
            for (code, standing) in subject.codes.iter_mut().take(3) {
                *standing = Standing::Unknown;
                accepted(
                    ask("POST", &format!("{own}/verify"), json!({"code": code}))?,
                    true,
                );
                *standing = Standing::Done;
            }
        }
        let code = subject.phone.code_at(seconds_now());
        subject.app_code = Some((code.clone(), Standing::Unknown));
        accepted(
            ask("POST", &format!("{own}/verify"), json!({"code": code}))?,
            true,
        );
        subject.app_code = Some((code, Standing::Done));
        if number % 3 == 2 {
            subject.gone = Standing::Unknown;
            expect(ask("DELETE", &own, Value::Null)?, 204);
            subject.gone = Standing::Done;
        }
        Ok(())
    }

    /// Holds what the caller knows against what the next process says.
    fn judge(&self, server: &Server) -> Tally {
        let mut tally = Tally::default();
        for subject in &self.subjects {
            self.judge_one(server, subject, &mut tally);
        }
        tally
    }

    #[expect(
        clippy::too_many_lines,
        reason = "every promise a kill may break, one after the other"
    )]
    fn judge_one(&self, server: &Server, subject: &Subject, tally: &mut Tally) {
        let own = format!("/api/v1/accounts/ext:{}", subject.name);
        let ask = |method, path: &str, body: Value| {
            let answer = call(&server.address, &self.key, method, path, &body);
            answer.unwrap_or_else(|Dead| panic!("no answer after the restart"))
        };
        let (status, now) = ask("GET", &format!("{own}/two-factor"), Value::Null);
        if subject.made == Standing::Unknown || subject.gone != Standing::Unsent {
            tally.unknown += 1;
            let is_gone = status == 404;
            assert!(
                is_gone || subject.gone != Standing::Done,
                "{} came back",
                subject.name
            );
            assert!(is_gone || status == 200, "{status}");
            tally.acknowledged += usize::from(subject.gone == Standing::Done);
            return;
        }
        tally.acknowledged += 1;
        assert_eq!(status, 200, "{} is lost", subject.name);
        let is_on = now["enabled"].as_bool().unwrap();
        assert_eq!(
            is_on,
            !now["factors"].as_array().unwrap().is_empty(),
            "{now}"
        );
        assert!(
            is_on || subject.method != Standing::Done,
            "{} lost its app",
            subject.name
        );
        if subject.sheet_unknown || subject.codes.is_empty() {
            tally.unknown += 1;
            return;
        }
        let count = |wanted| {
            subject
                .codes
                .iter()
                .filter(|(_, standing)| *standing == wanted)
                .count() as u64
        };
        let (done, unknown) = (count(Standing::Done), count(Standing::Unknown));
        let remaining = now["backup_codes"]["remaining"].as_u64().unwrap();
        assert!(
            remaining <= 10 - done && remaining >= 10 - done - unknown,
            "{}: {remaining} left, {done} accepted, {unknown} unknown",
            subject.name
        );
        tally.accepted += usize::try_from(done).unwrap();
        tally.done_after_all += usize::try_from(10 - done - remaining).unwrap();
        let again = |code: &str| ask("POST", &format!("{own}/verify"), json!({"code": code}));
        if let Some((code, _)) = subject
            .codes
            .iter()
            .find(|(_, standing)| *standing == Standing::Done)
        {
            accepted(again(code), false);
        }
        if let Some((code, Standing::Done)) = &subject.app_code {
            accepted(again(code), false);
        }
        if let Some((code, _)) = subject
            .codes
            .iter()
            .find(|(_, standing)| *standing == Standing::Unknown)
        {
            tally.unknown += 1;
            let first = again(code).1["verified"] == true;
            assert_eq!(
                first,
                remaining == 10 - done,
                "{}: spent or not",
                subject.name
            );
            accepted(again(code), false);
        }
    }
}

fn expect(answer: (u16, Value), status: u16) -> Value {
    assert_eq!(answer.0, status, "{}", answer.1);
    answer.1
}

fn accepted(answer: (u16, Value), wanted: bool) {
    assert_eq!(answer.0, 200, "{}", answer.1);
    assert_eq!(answer.1["verified"], wanted, "{}", answer.1);
}

/// One request and its whole answer: status and body. A server that does not accept, or stops in the middle, is dead; one that is busy
/// is asked again.
fn call(
    address: &str,
    key: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> Result<(u16, Value), Dead> {
    loop {
        let answer = send(address, key, method, path, body).ok_or(Dead)?;
        if answer.0 != 503 {
            return Ok(answer);
        }
    }
}

fn send(address: &str, key: &str, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let kind = if body.is_empty() {
        ""
    } else {
        "content-type: application/json\r\n"
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\nauthorization: Bearer {key}\r\n{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length: usize = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")
                .map(str::to_owned)
        })
        .map_or(Some(0), |length| length.parse().ok())?;
    if body.len() < length {
        return None;
    }
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}
