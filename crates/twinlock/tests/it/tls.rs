//! TLS spoken by the program itself, met by curl and by clients that mean no good.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::support::authority::Authority;
use crate::support::program::{Running, ask, command, once, send, signal, text, wait};

/// A server that speaks TLS, and the folder it lives in.
struct Server {
    folder: tempfile::TempDir,
    authority: Authority,
    running: Running,
    port: String,
    redirect: String,
    figures: String,
}

impl Server {
    fn start(days: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path());
        authority.certify("localhost", days);
        // The port is found by the system, so the public address is one people would see.
        let settings = "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://localhost\"\n\
            [server.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nredirect_listen = \"127.0.0.1:0\"\n";
        std::fs::write(folder.path().join("twinlock.toml"), settings).unwrap();
        let mut serve = command(folder.path(), &["serve"]);
        serve.env("TWINLOCK_TELEMETRY__METRICS_LISTEN", "127.0.0.1:0");
        let running = Running::begin(serve);
        let port = |line: String| line.rsplit_once(':').unwrap().1.to_owned();
        let listening = port(running.line("listening on"));
        let figures = running.line("Figures");
        let redirect = port(running.line("Plain http"));
        Self {
            folder,
            authority,
            running,
            port: listening.trim_end_matches([')', '.']).to_owned(),
            redirect: format!("127.0.0.1:{}", redirect.trim_end_matches('.')),
            figures: figures
                .split_once("http://")
                .unwrap()
                .1
                .trim_end_matches("/metrics")
                .to_owned(),
        }
    }

    fn curl(&self, more: &[&str]) -> Output {
        let to = format!("localhost:443:127.0.0.1:{}", self.port);
        Command::new("curl")
            .args(["--silent", "--show-error", "--include", "--max-time", "20"])
            .args(["--cacert", "ca.pem", "--connect-to", &to])
            .args(more)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// The serial number of the certificate that is shown.
    fn serial(&self) -> String {
        let shown = self.curl(&[
            "--write-out",
            "%{certs}",
            "-o",
            "/dev/null",
            "https://localhost/healthz",
        ]);
        let shown = text(&shown.stdout);
        let line = shown.lines().find(|line| line.starts_with("Serial Number"));
        line.unwrap_or_else(|| panic!("{shown}")).to_owned()
    }
}

#[test]
fn tls_1_2_and_1_3_are_spoken_and_nothing_older_or_plainer() {
    let server = Server::start("20");
    for version in ["--tlsv1.3", "--tls-max=1.2"] {
        let (flag, value) = version.split_once('=').unwrap_or((version, ""));
        let mut more = vec![flag];
        more.extend(Some(value).filter(|value| !value.is_empty()));
        more.push("https://localhost/healthz");
        let answer = server.curl(&more);
        let said = text(&answer.stdout);
        assert!(
            said.starts_with("HTTP/1.1 200"),
            "{said}{}",
            text(&answer.stderr)
        );
        assert!(said.contains("strict-transport-security"), "{said}");
    }
    let old = server.curl(&[
        "--tls-max",
        "1.1",
        "--ciphers",
        "ALL:@SECLEVEL=0",
        "https://localhost/healthz",
    ]);
    assert!(!old.status.success());
    let stranger = Command::new("curl")
        .args([
            "--silent",
            "--connect-to",
            &format!("localhost:443:127.0.0.1:{}", server.port),
        ])
        .args(["--max-time", "20", "https://localhost/healthz"])
        .output();
    assert_eq!(
        stranger.unwrap().status.code(),
        Some(60),
        "an unknown authority"
    );
    let plain = send(
        &format!("127.0.0.1:{}", server.port),
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    assert!(!plain.contains("HTTP/"), "{plain}");
    let page = ask(&server.figures, "GET", "/metrics", "");
    let ends = page
        .lines()
        .find_map(|line| line.strip_prefix("twinlock_tls_certificate_expires_seconds "));
    assert!(ends.unwrap().parse::<f64>().unwrap() > 1.7e9);
    assert!(server.running.terminate().success());
}

#[test]
fn a_client_that_does_not_finish_shaking_hands_is_cut_off() {
    let server = Server::start("20");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{}", server.port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    // The beginning of a TLS record that never comes.
    stream.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty());
}

#[test]
fn plain_http_leads_to_the_public_address_and_takes_nothing() {
    let server = Server::start("20");
    let led = send(
        &server.redirect,
        b"GET //evil.example/sign-in?x=%0d%0aa HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
    );
    assert!(led.starts_with("HTTP/1.1 308"), "{led}");
    assert!(
        led.contains("location: https://localhost//evil.example/sign-in?x=%0d%0aa\r\n"),
        "{led}"
    );
    let absolute = send(
        &server.redirect,
        b"GET http://evil.example/a HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
    );
    assert!(
        absolute.contains("location: https://localhost/a\r\n"),
        "{absolute}"
    );
    let written = ask(&server.redirect, "POST", "/api/v1/sign-in", "{}");
    assert!(written.starts_with("HTTP/1.1 403"), "{written}");
}

#[test]
fn a_new_certificate_is_taken_up_when_its_files_change_and_at_sighup_and_a_broken_one_is_not() {
    let server = Server::start("20");
    let first = server.serial();
    server.authority.certify("localhost", "20");
    let mut second = server.serial();
    for _ in 0..200 {
        if second != first {
            break;
        }
        wait();
        second = server.serial();
    }
    assert_ne!(second, first, "taken up by itself");

    std::fs::write(server.folder.path().join("server.key"), "no key").unwrap();
    signal(server.running.id(), "HUP");
    let said = server.running.logged("the certificate in use stays");
    assert!(!said.contains("no key"), "{said}");
    assert_eq!(server.serial(), second);

    server.authority.certify("localhost", "5");
    signal(server.running.id(), "HUP");
    server.running.logged("a new certificate is in use");
    server.running.logged("the certificate ends soon");
    assert_ne!(server.serial(), second);
    assert!(server.running.terminate().success());
}

#[test]
fn doctor_looks_at_the_certificate() {
    let server = Server::start("5");
    let look = || -> Vec<(String, String)> {
        let found = once(server.folder.path(), &["doctor", "--json"]);
        let found: Value = serde_json::from_slice(&found.stdout).unwrap();
        let checks = found["checks"].as_array().unwrap().iter();
        checks
            .filter(|check| check["check"] == "certificate")
            .map(|check| {
                let part = |name: &str| check[name].as_str().unwrap().to_owned();
                (part("state"), part("text"))
            })
            .collect()
    };
    let found = look();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "warning", "{found:?}");
    let key = server.folder.path().join("server.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(
        look()
            .iter()
            .any(|(state, text)| state == "error" && text.contains("chmod"))
    );
    std::fs::copy(server.folder.path().join("ca.key"), &key).unwrap();
    assert!(
        look()
            .iter()
            .any(|(state, text)| state == "error" && text.contains("is not the key of"))
    );
    let refused = once(server.folder.path(), &["serve"]);
    assert!(!refused.status.success());
}
