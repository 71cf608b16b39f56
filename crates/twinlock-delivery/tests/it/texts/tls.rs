//! Certificates: whom the machine trusts is trusted, and nobody else.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use twinlock_delivery::TextProvider;

use super::server::HttpServer;
use super::{NOW, Short, short, text, webhook};

/// Tells the process of its own what to try: an address.
const CHILD: &str = "TWINLOCK_TEST_TEXT_GATEWAY";

#[test]
fn only_a_gateway_with_a_trusted_certificate_of_its_name_gets_the_text() {
    let folder = TempDir::new().unwrap();
    let (certificate, key) = self_signed(folder.path(), "gateway", "IP:127.0.0.1");
    let (stranger, _) = self_signed(folder.path(), "stranger", "IP:127.0.0.1");
    let server = HttpServer::start_with_tls(&certificate, &key, |_, _| {
        super::server::Answer::Http(200, String::new())
    });
    assert_eq!(child(&certificate, &server.url()), "Accepted(None)");
    let by_name = server.url().replace("127.0.0.1", "localhost");
    assert_eq!(child(&certificate, &by_name), "NotTaken");
    assert_eq!(child(&stranger, &server.url()), "NotTaken");
    assert_eq!(server.requests().len(), 1);
}

/// Does something only as the child of the test above.
#[tokio::test]
async fn child_that_sends() {
    if let Ok(url) = std::env::var(CHILD) {
        let outcome: Short = short(webhook(&url).send(&text("1"), NOW).await);
        println!("outcome: {outcome:?}");
    }
}

/// In a process of its own, because the trusted certificates come from the environment.
fn child(trusted: &Path, url: &str) -> String {
    let answer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "texts::tls::child_that_sends"])
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR")
        .env(CHILD, url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    let outcome = said
        .split_once("outcome: ")
        .and_then(|(_, rest)| rest.lines().next());
    outcome
        .unwrap_or_else(|| panic!("no outcome: {said}"))
        .to_owned()
}

fn self_signed(folder: &Path, name: &str, subject: &str) -> (PathBuf, PathBuf) {
    let certificate = folder.join(format!("{name}.pem"));
    let key = folder.join(format!("{name}.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "36500"])
        .args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=test"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", &format!("subjectAltName={subject}"), "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    (certificate, key)
}
