//! nginx and Caddy in front, with the very files the documentation shows; and what tries to get past them or us.
//!
//! Only ports and paths of certificates are put in place of those in the files.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use regex::Regex;
use serde_json::{Value, json};
use twinlock_testkit::smtp::PrivateSmtp;

use crate::support::authority::Authority;
use crate::support::program::{PATIENCE, Running, command, send, text, wait};

const NAME: &str = "login.example.org";
const PASSWORD: &str = "otters juggle pebbles";
const CADDYFILE: &str = include_str!("../../../../examples/deploy/Caddyfile");
const NGINX: &str = include_str!("../../../../examples/deploy/nginx.conf");

/// Something that runs until the test ends.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Twinlock with both proxies in front.
struct House {
    folder: tempfile::TempDir,
    mail: PrivateSmtp,
    direct: u16,
    nginx: u16,
    caddy: u16,
    _running: Running,
    _proxies: [Proxy; 2],
}

impl House {
    /// `None`, and a printed line, where one of the programs is not installed.
    fn open() -> Option<Self> {
        for program in ["/usr/sbin/nginx", "/usr/bin/caddy"] {
            if !Path::new(program).exists() {
                println!("skipped: {program} is not installed");
                return None;
            }
        }
        if !PrivateSmtp::is_available() {
            println!("skipped: python3-aiosmtpd is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        Authority::new(folder.path()).certify(NAME, "20");
        let mail = PrivateSmtp::start().unwrap();
        let running = serve(folder.path(), &mail.url());
        let line = running.line("listening on");
        let direct = line
            .trim_end_matches([')', '.'])
            .rsplit_once(':')
            .unwrap()
            .1;
        let direct: u16 = direct.parse().unwrap();
        let (nginx, caddy) = (free_port(), free_port());
        let house = Self {
            _proxies: [
                start_nginx(folder.path(), nginx, direct),
                start_caddy(folder.path(), caddy, direct),
            ],
            folder,
            mail,
            direct,
            nginx,
            caddy,
            _running: running,
        };
        for port in [nginx, caddy] {
            house.wait_for(port);
        }
        Some(house)
    }

    fn wait_for(&self, port: u16) {
        for _ in 0..300 {
            if self.curl(port, "127.0.0.1", &["/healthz"]).0 == 200 {
                return;
            }
            wait();
        }
        panic!("the proxy on port {port} does not answer");
    }

    /// A request by the path at the front of `more`, from one of this machine's addresses; status, head and body.
    fn curl(&self, port: u16, from: &str, more: &[&str]) -> (u16, String) {
        let (path, more) = more.split_first().unwrap();
        let scheme = if port == self.direct { "http" } else { "https" };
        let at = if scheme == "http" { 80 } else { 443 };
        let done = Command::new("curl")
            .args(["--silent", "--include", "--http1.1", "--max-time", "60"])
            .args(["--cacert", "ca.pem", "--interface", from])
            .args(["--connect-to", &format!("{NAME}:{at}:127.0.0.1:{port}")])
            .args(more)
            .arg(format!("{scheme}://{NAME}{path}"))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = text(&done.stdout);
        // An answer may be preceded by "100 Continue".
        let said = said.rsplit("HTTP/1.1 ").next().unwrap().to_owned();
        let status = said.get(..3).and_then(|status| status.parse().ok());
        (status.unwrap_or(0), said)
    }

    fn json(&self, port: u16, from: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let (status, said) = self.curl(
            port,
            from,
            &[
                path,
                "--json",
                &body.to_string(),
                "--header",
                &format!("Authorization: Bearer {token}"),
            ],
        );
        let body = said.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn raw(&self, port: u16, bytes: &str) -> String {
        raw(self.folder.path(), port, port == self.direct, bytes)
    }
}

/// Bytes as they are, over TLS unless it goes directly; everything that comes back until the other side closes.
fn raw(folder: &Path, port: u16, directly: bool, bytes: &str) -> String {
    if directly {
        return send(&format!("127.0.0.1:{port}"), bytes.as_bytes());
    }
    let mut client = Command::new("timeout")
        .args(["40", "openssl", "s_client", "-quiet", "-no_ign_eof"])
        .args(["-servername", NAME, "-CAfile", "ca.pem", "-connect"])
        .arg(format!("127.0.0.1:{port}"))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut to = client.stdin.take().unwrap();
    to.write_all(bytes.as_bytes()).unwrap();
    let mut answer = Vec::new();
    client
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut answer)
        .unwrap();
    drop(to);
    client.wait().unwrap();
    text(&answer)
}

fn serve(folder: &Path, mail: &str) -> Running {
    let settings = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://{NAME}\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [sign_in]\nsign_up = \"open\"\n[limits]\npassword_network_hour = 3\n[email]\nsmtp_url = \"{mail}\"\nfrom = \"login@example.org\"\n"
    );
    std::fs::write(folder.join("twinlock.toml"), settings).unwrap();
    Running::begin(command(folder, &["serve"]))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Puts one text in the place of another that must be there.
fn put(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old:?} is not in the example");
    text.replace(old, new)
}

fn start_nginx(folder: &Path, port: u16, direct: u16) -> Proxy {
    let mut site = put(
        NGINX,
        "listen 443 ssl http2;",
        &format!("listen 127.0.0.1:{port} ssl http2;"),
    );
    site = put(&site, "listen [::]:443 ssl http2;", "");
    site = put(
        &site,
        "listen 80;",
        &format!("listen 127.0.0.1:{};", free_port()),
    );
    site = put(&site, "listen [::]:80;", "");
    let at = |name: &str| folder.join(name).display().to_string();
    site = put(&site, "/etc/twinlock/tls/fullchain.pem", &at("server.pem"));
    site = put(&site, "/etc/twinlock/tls/privkey.pem", &at("server.key"));
    site = put(&site, "127.0.0.1:8080", &format!("127.0.0.1:{direct}"));
    let dot = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|part| format!("{part}_temp_path {dot}/nginx-{part};\n"))
        .concat();
    // Its workers would otherwise be somebody who may not look into the test's folder.
    let user = if is_root() { "user root;\n" } else { "" };
    let whole = format!(
        "{user}pid {dot}/nginx.pid;\nerror_log {dot}/nginx-error.log;\ndaemon off;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{site}\n}}\n"
    );
    std::fs::write(folder.join("nginx.conf"), whole).unwrap();
    let mut nginx = Command::new("/usr/sbin/nginx");
    nginx.args([
        "-e",
        &at("nginx-error.log"),
        "-p",
        &at(""),
        "-c",
        &at("nginx.conf"),
    ]);
    start(&mut nginx)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    text(&id.stdout).trim() == "0"
}

fn start_caddy(folder: &Path, port: u16, direct: u16) -> Proxy {
    let dot = folder.display();
    let mut site = put(
        CADDYFILE,
        "{\n\tservers",
        "{\n\tadmin off\n\tauto_https off\n\tservers",
    );
    site = put(
        &site,
        "login.example.org {\n",
        &format!(
            "https://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {dot}/server.pem {dot}/server.key\n"
        ),
    );
    site = put(&site, "127.0.0.1:8080", &format!("127.0.0.1:{direct}"));
    let file = folder.join("Caddyfile");
    std::fs::write(&file, site).unwrap();
    let mut caddy = Command::new("/usr/bin/caddy");
    caddy
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(file);
    caddy
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder);
    start(&mut caddy)
}

fn start(command: &mut Command) -> Proxy {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Proxy(quiet.spawn().unwrap())
}

#[test]
fn x10_b10_people_sign_in_through_nginx_and_caddy_and_nobody_gets_past_them() {
    let Some(house) = House::open() else { return };
    for (port, email) in [
        (house.nginx, "ann@example.org"),
        (house.caddy, "bo@example.org"),
    ] {
        sign_up(&house, port, email);
        sign_in(&house, port, email);
        another_host_or_origin_is_refused(&house, port);
    }
    for (port, mine, other) in [
        (house.nginx, "127.0.0.12", "127.0.0.13"),
        (house.caddy, "127.0.0.22", "127.0.0.23"),
        (house.direct, "127.0.0.32", "127.0.0.33"),
    ] {
        an_address_is_not_a_matter_of_headers(&house, port, mine, other);
    }
    the_hop_before_our_proxy_counts(&house);
    for port in [house.direct, house.nginx, house.caddy] {
        two_readings_of_one_request_are_refused(&house, port);
        too_much_is_refused(&house, port);
    }
    too_slow_is_cut(&house);
}

fn sign_up(house: &House, port: u16, email: &str) {
    let form = json!({"email": email, "name": "Ann", "password": PASSWORD});
    let (status, begun) = house.json(port, "127.0.0.2", "/api/v1/sign-up", "", &form);
    assert_eq!(status, 202, "{begun}");
    let code = mailed_code(&house.mail, email);
    let path = format!(
        "/api/v1/sign-in/{}/verify-email",
        begun["id"].as_str().unwrap()
    );
    let token = begun["token"].as_str().unwrap();
    let (status, done) = house.json(port, "127.0.0.2", &path, token, &json!({"code": code}));
    assert_eq!(
        (status, &done["state"]),
        (200, &json!("complete")),
        "{done}"
    );
}

fn mailed_code(mail: &PrivateSmtp, email: &str) -> String {
    let code = Regex::new(r"(?m)^\s+([0-9A-Z]{4}-[0-9A-Z]{4})\s*$").unwrap();
    for _ in 0..300 {
        let messages = mail.messages().unwrap();
        let found = messages
            .iter()
            .filter(|message| message.contains(email))
            .find_map(|message| code.captures(message));
        if let Some(found) = found {
            return found[1].to_owned();
        }
        wait();
    }
    panic!("no code for {email}: {:?}", mail.messages());
}

/// By the pages, with a browser's headers and cookies.
fn sign_in(house: &House, port: u16, email: &str) {
    let jar = format!("jar-{port}");
    let page = |path: &str, more: &[&str]| {
        let mut all = vec![path, "--cookie", &jar, "--cookie-jar", &jar];
        all.extend(["--header", "Sec-Fetch-Site: same-origin"]);
        all.extend(more);
        house.curl(port, "127.0.0.2", &all)
    };
    assert_eq!(page("/sign-in", &[]).0, 200);
    let origin = format!("Origin: https://{NAME}");
    let (status, said) = page(
        "/sign-in",
        &[
            "--header",
            &origin,
            "--data-urlencode",
            &format!("email={email}"),
        ],
    );
    assert_eq!(status, 303, "{said}");
    let password = format!("password={PASSWORD}");
    let (status, said) = page(
        "/sign-in/password",
        &["--header", &origin, "--data-urlencode", &password],
    );
    assert_eq!(status, 303, "{said}");
    let cookie = said.lines().find(|line| {
        line.to_lowercase()
            .starts_with("set-cookie: __host-twinlock=")
    });
    let cookie = cookie.unwrap_or_else(|| panic!("{said}"));
    for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let (status, said) = page("/settings/profile", &[]);
    assert!(status == 200 && said.contains(email), "{said}");
    assert!(
        said.to_lowercase().contains("strict-transport-security"),
        "{said}"
    );
    let (status, _) = page(
        "/sign-out",
        &["--header", "Origin: https://evil.example", "--data", ""],
    );
    assert_eq!(status, 403);
}

fn another_host_or_origin_is_refused(house: &House, port: u16) {
    let (_, said) = house.curl(
        port,
        "127.0.0.2",
        &["/sign-in", "--header", "Host: evil.example"],
    );
    assert!(
        !said.contains("evil.example") && !said.contains("<form"),
        "{said}"
    );
    let both = "GET /sign-in HTTP/1.1\r\nHost: login.example.org\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert!(!house.raw(port, both).contains("<form"));
}

/// One wrong password for an address nobody has, from here, with these headers; the status.
fn guess(house: &House, port: u16, from: &str, n: usize, headers: &[String]) -> u16 {
    let email = json!({"email": format!("nobody{n}-{from}@example.org")});
    let (status, begun) = house.json(port, from, "/api/v1/sign-in", "", &email);
    assert_eq!(status, 201, "{begun}");
    let path = format!("/api/v1/sign-in/{}/password", begun["id"].as_str().unwrap());
    let bearer = format!("Authorization: Bearer {}", begun["token"].as_str().unwrap());
    let body = json!({"password": "not the right one"}).to_string();
    let mut more = vec![path.as_str(), "--json", &body, "--header", &bearer];
    for header in headers {
        more.extend(["--header", header]);
    }
    house.curl(port, from, &more).0
}

fn an_address_is_not_a_matter_of_headers(house: &House, port: u16, mine: &str, other: &str) {
    let made_up = |n: usize| {
        vec![
            format!("X-Forwarded-For: 203.0.113.{n}, 198.51.100.{n}"),
            format!("Forwarded: for=192.0.2.{n}"),
            format!("X-Real-IP: 192.0.2.{n}"),
        ]
    };
    let answers: Vec<u16> = (0..5)
        .map(|n| guess(house, port, mine, n, &made_up(n)[..1 + n % 3]))
        .collect();
    assert_eq!(answers, [422, 422, 422, 429, 429], "port {port}");
    let answer = guess(house, port, other, 9, &made_up(1));
    assert_eq!(answer, 422, "somebody else's address pays for itself only");
}

/// From our proxy's address: the last hop that is not ours is the client, whatever stands before it.
fn the_hop_before_our_proxy_counts(house: &House) {
    let answers: Vec<u16> = (0..5)
        .map(|n| {
            let hops = format!("X-Forwarded-For: 203.0.113.{n}, 198.51.100.200, 127.0.0.1");
            guess(house, house.direct, "127.0.0.1", n + 20, &[hops])
        })
        .collect();
    assert_eq!(answers, [422, 422, 422, 429, 429]);
}

fn two_readings_of_one_request_are_refused(house: &House, port: u16) {
    let post = "POST /api/v1/sign-in HTTP/1.1\r\nHost: login.example.org\r\nContent-Type: application/json\r\n";
    let get = "GET /healthz HTTP/1.1\r\nHost: login.example.org\r\n";
    let inner = "GET /smuggled HTTP/1.1\r\nHost: login.example.org\r\nConnection: close\r\n\r\n";
    for probe in [
        format!("{post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}Content-Length: 0\r\nContent-Length: 5\r\n\r\n{inner}"),
        format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}Content-Length : 5\r\n\r\n{inner}"),
        format!("{get}X-A: b\r\n Content-Length: 70\r\nConnection: close\r\n\r\n"),
        format!("{get}X-A: b\nConnection: close\r\n\r\n"),
        String::from("GET /healthz HTTP/1.1\nHost: login.example.org\nConnection: close\n\n"),
    ] {
        let answer = house.raw(port, &probe);
        if port == house.direct {
            assert!(answer.starts_with("HTTP/1.1 400"), "{probe:?}: {answer}");
            assert_eq!(
                answer.matches("HTTP/1.1 ").count(),
                1,
                "{probe:?}: {answer}"
            );
        }
        // Whatever the proxy made of it, the next one to come gets their own answer.
        for _ in 0..3 {
            let (status, said) = house.curl(port, "127.0.0.2", &["/healthz"]);
            assert!(status == 200 && said.ends_with("ok\n"), "{probe:?}: {said}");
        }
    }
}

fn too_much_is_refused(house: &House, port: u16) {
    let file = house.folder.path().join("much");
    std::fs::write(&file, vec![b'x'; 2_000_000]).unwrap();
    let (status, said) = house.curl(
        port,
        "127.0.0.2",
        &[
            "/api/v1/sign-in",
            "--header",
            "Content-Type: application/json",
            "--header",
            "Expect:",
            "--data-binary",
            "@much",
        ],
    );
    // Caddy may end the connection in the middle instead of answering.
    let is_refused = status == 413 || (port == house.caddy && !(200..400).contains(&status));
    assert!(is_refused, "port {port}: {status} {said}");
}

fn too_slow_is_cut(house: &House) {
    let head = "POST /api/v1/sign-in HTTP/1.1\r\nHost: login.example.org\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"email\"";
    let folder = house.folder.path();
    std::thread::scope(|scope| {
        for port in [house.direct, house.nginx, house.caddy] {
            let directly = port == house.direct;
            scope.spawn(move || {
                let answer = raw(folder, port, directly, head);
                assert!(!answer.contains("HTTP/1.1 2"), "{answer}");
            });
        }
        // Meanwhile others are served.
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", house.direct)).unwrap();
        stream
            .set_read_timeout(Some(PATIENCE.min(Duration::from_secs(5))))
            .unwrap();
        stream
            .write_all(
                b"GET /healthz HTTP/1.1\r\nhost: login.example.org\r\nconnection: close\r\n\r\n",
            )
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("ok\n"), "{answer}");
    });
}
