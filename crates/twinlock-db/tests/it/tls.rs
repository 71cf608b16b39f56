//! Speaking to a server that is not on this machine.

use std::path::Path;
use std::process::Command;

use twinlock_db::{DbError, Store, StoreOptions};
use twinlock_testkit::postgres::{PrivatePostgres, SERVER_VARIABLE};

/// Gives the child its address, and what is to come of it; without it the child does nothing.
const CHILD: &str = "TWINLOCK_DB_TEST_TLS";

#[test]
fn tls_is_spoken_when_asked_for_and_only_to_a_server_that_proves_its_name() {
    if std::env::var(SERVER_VARIABLE).is_err() {
        println!("skipped on PostgreSQL: {SERVER_VARIABLE} is not set");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    self_signed(&certificate, &key, "IP:127.0.0.1");
    let other = folder.path().join("other.pem");
    self_signed(&other, &folder.path().join("other-key.pem"), "IP:127.0.0.1");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let server = PrivatePostgres::start_with_tls(&read(&certificate), &read(&key)).unwrap();
    for mode in ["require", "verify-ca", "verify-full"] {
        let address = format!("{}?sslmode={mode}", server.url());
        run_child(&certificate, &format!("encrypted {address}"));
        run_child(&other, &format!("refused {address}"));
        let by_name = address.replace("127.0.0.1", "localhost");
        run_child(&certificate, &format!("refused {by_name}"));
    }
    run_child(
        &certificate,
        &format!("plain {}?sslmode=disable", server.url()),
    );
}

fn self_signed(certificate: &Path, key: &Path, name: &str) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-days",
            "36500",
            "-subj",
            "/CN=test",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args(["-addext", &format!("subjectAltName={name}"), "-out"])
        .arg(certificate)
        .arg("-keyout")
        .arg(key)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

/// In a process of its own, because the trusted certificates come from the environment.
fn run_child(trusted: &Path, order: &str) {
    let answer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::child_that_connects"])
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR")
        .env(CHILD, order)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&answer.stdout);
    assert!(
        answer.status.success() && said.contains("1 passed"),
        "{order}: {said}"
    );
}

#[tokio::test]
async fn child_that_connects() {
    let Ok(order) = std::env::var(CHILD) else {
        return;
    };
    let (wanted, address) = order.split_once(' ').unwrap();
    let opened = Store::open(&address.parse().unwrap(), StoreOptions::default()).await;
    if wanted == "refused" {
        let fault = opened.err().expect("the server did not prove its name");
        assert!(matches!(fault, DbError::Unavailable(_)), "{fault:?}");
        return;
    }
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let store = opened.unwrap();
    let spoken = store
        .read(move |tx| tx.query_one(encrypted, &[], |row| row.flag(0)))
        .await;
    assert_eq!(spoken.unwrap(), wanted == "encrypted");
}
