//! The books: what is stored, compared before and after, and what must hold of it at the end of every test.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_encoding::HEXLOWER;
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
        "bbi",
        "SELECT account_id, device_id, second_factor FROM device ORDER BY account_id, device_id",
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

/// Whether no method counts: what was removed may still be kept, so that it can be undone.
pub(crate) fn nothing_is_active(books: &BTreeMap<&'static str, Vec<String>>) -> bool {
    books["authenticator"]
        .iter()
        .all(|row| row.contains(" removed "))
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
        "SELECT COUNT(*) FROM (SELECT account_id FROM authenticator WHERE preferred = 1 AND state = 'active' GROUP BY account_id HAVING COUNT(*) > 1) AS doubled",
    ),
    (
        "two live sheets",
        "SELECT COUNT(*) FROM (SELECT account_id FROM backup_code_sheet WHERE ended_at IS NULL GROUP BY account_id HAVING COUNT(*) > 1) AS doubled",
    ),
];

/// Checks every chain of events from its first link, and every checkpoint.
async fn check_record(app: &TestApp) {
    let report = super::record::verify(app).await;
    assert_eq!(report.findings, [], "the record does not check");
}
