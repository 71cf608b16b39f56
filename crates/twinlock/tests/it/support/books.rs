//! The books: what is stored, compared before and after, and what must hold of it at the end of every test.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use twinlock_db::Row;

use super::TestApp;

/// Rows that say who may sign in and with what; `b` bytes, `t` text, `i` integer.
const CREDENTIALS: &[(&str, &str, &str)] = &[
    (
        "account",
        "btibbb",
        "SELECT account_id, role, enrolment_required, name, email, external_id FROM account ORDER BY account_id",
    ),
    (
        "identifier",
        "btb",
        "SELECT value, kind, account_id FROM identifier ORDER BY value",
    ),
    (
        "password",
        "bb",
        "SELECT account_id, hash FROM password ORDER BY account_id",
    ),
    (
        "authenticator",
        "bbttti",
        "SELECT account_id, authenticator_id, kind, label, state, preferred FROM authenticator ORDER BY account_id, authenticator_id",
    ),
    (
        "totp",
        "bbbi",
        "SELECT account_id, authenticator_id, secret, last_step FROM totp ORDER BY account_id, authenticator_id",
    ),
    (
        "backup_code",
        "bbiiib",
        "SELECT account_id, code_mac, sheet, ordinal, used_at, sealed FROM backup_code ORDER BY account_id, sheet, ordinal",
    ),
    (
        "backup_code_sheet",
        "bii",
        "SELECT account_id, sheet, ended_at FROM backup_code_sheet ORDER BY account_id, sheet",
    ),
    (
        "device",
        "bb",
        "SELECT account_id, device_id FROM device ORDER BY account_id, device_id",
    ),
    (
        "session",
        "bbb",
        "SELECT account_id, session_id, secret_hash FROM session ORDER BY account_id, session_id",
    ),
];

/// Every row that says who may sign in and with what, sessions included.
pub(crate) async fn credentials(app: &TestApp) -> BTreeMap<&'static str, Vec<String>> {
    let read = app.app.store.read(|tx| {
        let mut tables = BTreeMap::new();
        for (table, kinds, sql) in CREDENTIALS {
            let rows = tx.query(sql, &[], |row| Ok(line(row, kinds)))?;
            tables.insert(*table, rows);
        }
        Ok(tables)
    });
    read.await.unwrap()
}

fn line(row: &Row<'_>, kinds: &str) -> String {
    let mut text = String::new();
    for (column, kind) in kinds.chars().enumerate() {
        let value = match kind {
            'b' => row.opt_bytes(column).unwrap().map(|b| HEXLOWER.encode(&b)),
            't' => row.opt_text(column).unwrap(),
            _ => row.opt_int(column).unwrap().map(|n| n.to_string()),
        };
        let _ = write!(text, "{} ", value.as_deref().unwrap_or("-"));
    }
    text
}

/// What must hold whatever happened: no mail is stuck, no row hangs in the air, every account's record checks.
pub(crate) async fn close(app: &TestApp) {
    for (what, sql) in NEVER {
        assert_eq!(
            app.number(sql, &[]).await,
            0,
            "at the end of the test: {what}"
        );
    }
    check_record(app).await;
}

const NEVER: &[(&str, &str)] = &[
    (
        "a mail was left over",
        "SELECT COUNT(*) FROM outbox WHERE state = 'queued'",
    ),
    (
        "a mail that left is still readable",
        "SELECT COUNT(*) FROM outbox WHERE state <> 'queued' AND sealed IS NOT NULL",
    ),
    (
        "an authenticator without its secret",
        "SELECT COUNT(*) FROM authenticator a WHERE kind = 'totp' AND NOT EXISTS \
         (SELECT 1 FROM totp t WHERE t.account_id = a.account_id AND t.authenticator_id = a.authenticator_id)",
    ),
    (
        "backup codes on a live sheet without a second factor",
        "SELECT COUNT(*) FROM backup_code_sheet s WHERE ended_at IS NULL AND NOT EXISTS \
         (SELECT 1 FROM authenticator a WHERE a.account_id = s.account_id AND a.state = 'active')",
    ),
    (
        "a session without an account",
        "SELECT COUNT(*) FROM session s WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = s.account_id)",
    ),
    (
        "two preferred authenticators",
        "SELECT COUNT(*) FROM (SELECT account_id FROM authenticator WHERE preferred = 1 GROUP BY account_id HAVING COUNT(*) > 1) AS doubled",
    ),
    (
        "two live sheets",
        "SELECT COUNT(*) FROM (SELECT account_id FROM backup_code_sheet WHERE ended_at IS NULL GROUP BY account_id HAVING COUNT(*) > 1) AS doubled",
    ),
];

struct Link {
    account: Vec<u8>,
    seq: i64,
    at: i64,
    kind: String,
    salt: Option<Vec<u8>>,
    body: Option<String>,
    commitment: Vec<u8>,
    previous: Vec<u8>,
    hash: Vec<u8>,
}

/// Checks every account's chain of events from its first link, as an auditor with the published rule would.
async fn check_record(app: &TestApp) {
    let read = app.app.store.read(|tx| {
        tx.query(
            "SELECT account_id, seq, at, kind, salt, body, commitment, previous, hash FROM audit_event ORDER BY account_id, seq",
            &[],
            |row| {
                Ok(Link {
                    account: row.bytes(0)?,
                    seq: row.int(1)?,
                    at: row.int(2)?,
                    kind: row.text(3)?,
                    salt: row.opt_bytes(4)?,
                    body: row.opt_text(5)?,
                    commitment: row.bytes(6)?,
                    previous: row.bytes(7)?,
                    hash: row.bytes(8)?,
                })
            },
        )
    });
    let mut before: Option<Link> = None;
    for link in read.await.unwrap() {
        let follows = before
            .as_ref()
            .filter(|before| before.account == link.account);
        let (seq, previous) = follows.map_or((1, vec![0; 32]), |before| {
            (before.seq + 1, before.hash.clone())
        });
        assert_eq!(
            (link.seq, &link.previous),
            (seq, &previous),
            "{}",
            link.kind
        );
        if let (Some(salt), Some(body)) = (&link.salt, &link.body) {
            let commitment = Sha256::new()
                .chain_update(salt)
                .chain_update(body.as_bytes());
            assert_eq!(commitment.finalize().as_slice(), link.commitment);
        }
        let hash = Sha256::new()
            .chain_update(&link.previous)
            .chain_update(link.seq.to_be_bytes())
            .chain_update(link.at.to_be_bytes())
            .chain_update(u32::try_from(link.kind.len()).unwrap().to_be_bytes())
            .chain_update(link.kind.as_bytes())
            .chain_update(&link.commitment);
        assert_eq!(hash.finalize().as_slice(), link.hash, "{}", link.kind);
        before = Some(link);
    }
}
