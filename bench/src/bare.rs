//! Bare writes: the statements of one accepted code, in the store, without HTTP, keys or codes. The list is written down once and
//! serves the store on both engines and pgbench; [`missing`] says what of it one real verification does not send, or sends besides.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use twinlock::authenticators::{backup_codes::store as backup_codes, totp::store as totp};
use twinlock::{account, audit, authenticators, throttle, trusted_device};
use twinlock_db::{DbError, DbResult, Location, Locks, Store, StoreOptions, Tx, Value};

use crate::client;
use crate::usage::Usage;

/// An account and its one authenticator app.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    /// The account's id.
    pub(crate) account: [u8; 16],
    /// The app's id.
    pub(crate) factor: [u8; 16],
}

/// One statement with its values.
pub(crate) struct Step {
    statements: &'static [&'static str],
    beginning: &'static str,
    /// What is bound, in order.
    pub(crate) values: &'static [Bound],
    /// What it answers.
    pub(crate) answer: Answer,
}

/// What stands in a statement's place.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// The account's id.
    Account,
    /// The app's id.
    Factor,
    /// Sixteen bytes nobody had before.
    Fresh,
    /// A number greater than every one before.
    Rising,
    /// The number of the chain's last event.
    Head,
    /// The next one.
    Next,
    /// A text.
    Word(&'static str),
    /// So many bytes.
    Bytes(usize),
    /// A number.
    Number(i64),
}

/// What a statement answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// No rows.
    Done,
    /// Rows nobody looks at.
    Rows,
    /// The chain's head: its number comes first.
    Head,
}

const NOW: Bound = Bound::Number(1_900_000_000_000);

/// The statements of one accepted code, in their order.
pub(crate) const STEPS: &[Step] = &[
    Step {
        statements: account::store::STATEMENTS,
        beginning: "SELECT application_id",
        values: &[Bound::Account],
        answer: Answer::Rows,
    },
    Step {
        statements: totp::STATEMENTS,
        beginning: "SELECT t.auth",
        values: &[Bound::Account],
        answer: Answer::Rows,
    },
    // Whether a number is among them, to which the code could have been texted.
    Step {
        statements: authenticators::store::STATEMENTS,
        beginning: "SELECT authenticator_id, kind, label, preferred, created_at, activated_at, last_used_at FROM authenticator WHERE account_id = ?1 AND state = 'active'",
        values: &[Bound::Account],
        answer: Answer::Rows,
    },
    Step {
        statements: throttle::store::STATEMENTS,
        beginning: "SELECT in_a_row",
        values: &[Bound::Account, Bound::Word("second_factor")],
        answer: Answer::Rows,
    },
    Step {
        statements: throttle::store::STATEMENTS,
        beginning: "INSERT INTO throttle",
        values: &[
            Bound::Account,
            Bound::Word("second_factor"),
            Bound::Number(1),
            Bound::Number(0),
            Bound::Bytes(8),
            NOW,
        ],
        answer: Answer::Done,
    },
    Step {
        statements: totp::STATEMENTS,
        beginning: "UPDATE totp SET last_step",
        values: &[Bound::Account, Bound::Factor, Bound::Rising],
        answer: Answer::Done,
    },
    Step {
        statements: throttle::store::STATEMENTS,
        beginning: "INSERT INTO throttle",
        values: &[
            Bound::Account,
            Bound::Word("second_factor"),
            Bound::Number(0),
            Bound::Number(0),
            Bound::Bytes(0),
            NOW,
        ],
        answer: Answer::Done,
    },
    Step {
        statements: authenticators::store::STATEMENTS,
        beginning: "UPDATE authenticator SET last_used_at",
        values: &[Bound::Account, Bound::Factor, NOW],
        answer: Answer::Done,
    },
    Step {
        statements: audit::store::STATEMENTS,
        beginning: "SELECT seq, hash",
        values: &[Bound::Account],
        answer: Answer::Head,
    },
    Step {
        statements: audit::store::STATEMENTS,
        beginning: "INSERT INTO audit_event",
        values: &[
            Bound::Account,
            Bound::Next,
            NOW,
            Bound::Word("bench"),
            // Salt and body, sealed.
            Bound::Bytes(105),
            Bound::Bytes(32),
            Bound::Bytes(32),
            Bound::Bytes(32),
        ],
        answer: Answer::Done,
    },
    Step {
        statements: audit::store::STATEMENTS,
        beginning: "INSERT INTO audit_head",
        values: &[
            Bound::Account,
            Bound::Next,
            Bound::Bytes(32),
            Bound::Head,
            Bound::Word("account"),
        ],
        answer: Answer::Done,
    },
    Step {
        statements: backup_codes::STATEMENTS,
        beginning: "SELECT s.sheet",
        values: &[Bound::Account],
        answer: Answer::Rows,
    },
    Step {
        statements: trusted_device::store::STATEMENTS,
        beginning: "INSERT INTO device",
        values: &[
            Bound::Account,
            Bound::Fresh,
            Bound::Word("Unknown device"),
            NOW,
            NOW,
            Bound::Number(1),
        ],
        answer: Answer::Done,
    },
    Step {
        statements: trusted_device::store::STATEMENTS,
        beginning: "DELETE FROM device WHERE account_id = ?1 AND device_id IN",
        values: &[Bound::Account, Bound::Number(1)],
        answer: Answer::Done,
    },
];

impl Step {
    /// The application's own statement that begins like this.
    ///
    /// # Errors
    /// When there is none any more: the list here is then out of date.
    pub(crate) fn sql(&self) -> DbResult<&'static str> {
        let found = self
            .statements
            .iter()
            .find(|text| text.starts_with(self.beginning));
        found
            .copied()
            .ok_or_else(|| DbError::Statement(format!("no statement begins {}", self.beginning)))
    }
}

/// What the bare writes came to.
pub(crate) struct Writes {
    /// Writes a second.
    pub(crate) rate: f64,
    /// CPU seconds per thousand.
    pub(crate) cpu: Usage,
}

/// Writes over `workers` callers, each subject once.
pub(crate) async fn writes(
    location: &Location,
    subjects: Arc<Vec<Subject>>,
    workers: usize,
) -> Result<Writes> {
    let store = Store::open(location, StoreOptions::default()).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let (began, before) = (client::now(), Usage::own()?);
    let mut running = Vec::new();
    for _ in 0..workers {
        let (store, subjects, next) = (store.clone(), Arc::clone(&subjects), Arc::clone(&next));
        running.push(tokio::spawn(async move {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(subject) = subjects.get(place).copied() else {
                    return DbResult::Ok(());
                };
                let locks = Locks::account(subject.account);
                store
                    .write(locks, move |tx| one(tx, subject, place))
                    .await?;
            }
        }));
    }
    for worker in running {
        worker.await??;
    }
    let rate = subjects.len() as f64 / began.elapsed().as_secs_f64();
    let cpu = Usage::own()?.since(before).per_thousand(subjects.len());
    store.close().await;
    Ok(Writes { rate, cpu })
}

fn one(tx: &mut Tx<'_>, subject: Subject, place: usize) -> DbResult<()> {
    let mut head = 0;
    for step in STEPS {
        let values: Vec<Value> = step
            .values
            .iter()
            .map(|bound| bound.value(subject, place, head))
            .collect();
        match step.answer {
            Answer::Done => {
                tx.execute(step.sql()?, &values)?;
            }
            Answer::Rows => {
                tx.query(step.sql()?, &values, |_| Ok(()))?;
            }
            Answer::Head => {
                head = tx
                    .query_opt(step.sql()?, &values, |row| row.int(0))?
                    .unwrap_or(0);
            }
        }
    }
    Ok(())
}

impl Bound {
    fn value(self, subject: Subject, place: usize, head: i64) -> Value {
        let place = i64::try_from(place).unwrap_or(0);
        match self {
            Self::Account => subject.account.into(),
            Self::Factor => subject.factor.into(),
            Self::Fresh => (u128::try_from(place).unwrap_or(0) + 1)
                .to_be_bytes()
                .into(),
            Self::Rising => (63_000_000 + place).into(),
            Self::Head => head.into(),
            Self::Next => (head + 1).into(),
            Self::Word(word) => word.into(),
            Self::Bytes(length) => vec![7_u8; length].into(),
            Self::Number(number) => number.into(),
        }
    }
}

/// Statements that only one of the two has: this list, and what a server's log says one verification sent.
pub(crate) fn missing(log: &str) -> DbResult<Vec<String>> {
    let mut listed = Vec::new();
    for step in STEPS {
        listed.push(numbered(step.sql()?));
    }
    let mut sent: Vec<String> = log
        .lines()
        .filter_map(|line| line.split_once("execute ")?.1.split_once(": "))
        .map(|(_, statement)| statement.trim().to_owned())
        .filter(|statement| !is_frame(statement))
        .collect();
    listed.retain(|statement| {
        let found = sent.iter().position(|other| other == statement);
        found.map(|at| sent.remove(at)).is_none()
    });
    Ok(listed
        .into_iter()
        .map(|statement| format!("not sent: {statement}"))
        .chain(
            sent.into_iter()
                .map(|statement| format!("not listed: {statement}")),
        )
        .collect())
}

/// What the store itself sends around every write, and what the outbox does meanwhile about mails of before.
fn is_frame(statement: &str) -> bool {
    statement.starts_with("BEGIN")
        || statement.starts_with("UPDATE outbox SET claimed_until")
        || statement.starts_with("UPDATE outbox SET due_at")
        || statement.starts_with("COMMIT")
        || statement.ends_with("FOR UPDATE")
        || statement.starts_with("SELECT 1")
}

/// As PostgreSQL has it: `$1` for `?1`.
pub(crate) fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}
