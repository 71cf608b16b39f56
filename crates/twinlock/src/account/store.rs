//! Rows of accounts and of the identifiers that lead to them.

use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::app::{AccountId, ApplicationId, Cell, FrozenBy, Stop, Timestamp, Work};

use super::{Frozen, Mailbox, Role};

const FIND: &str = "SELECT account_id FROM identifier WHERE kind = ?1 AND value = ?2";
const CLAIM: &str = "INSERT INTO identifier (kind, value, account_id) VALUES (?1, ?2, ?3) ON CONFLICT (kind, value) DO NOTHING RETURNING account_id";
const RELEASE: &str = "DELETE FROM identifier WHERE kind = ?1 AND value = ?2 AND account_id = ?3";
const LOAD: &str = "SELECT application_id, external_id, role, name, email, email_verified_at, enrolment_required, frozen_at, created_at, mail_refused_at, frozen_by, frozen_before, new_password_required \
    FROM account WHERE account_id = ?1";
const INSERT: &str = "INSERT INTO account (account_id, application_id, external_id, role, name, email, email_verified_at, enrolment_required, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)";
const REQUIRE_ENROLMENT: &str = "UPDATE account SET enrolment_required = ?2 WHERE account_id = ?1";
const REQUIRE_NEW_PASSWORD: &str =
    "UPDATE account SET new_password_required = ?2 WHERE account_id = ?1";
const RENAME: &str = "UPDATE account SET name = ?2 WHERE account_id = ?1";
const MAIL_REFUSED: &str = "UPDATE account SET mail_refused_at = ?2 WHERE account_id = ?1";
const MAIL_TAKEN: &str = "UPDATE account SET mail_refused_at = NULL WHERE account_id = ?1 AND mail_refused_at IS NOT NULL";
// The owner's freeze never takes the place of another's, and a later event never hides an earlier one.
const DISAVOW: &str = "UPDATE account SET frozen_at = COALESCE(frozen_at, ?2), frozen_by = 'owner', \
    frozen_before = CASE WHEN frozen_before IS NULL OR frozen_before > ?3 THEN ?3 ELSE frozen_before END \
    WHERE account_id = ?1 AND (frozen_at IS NULL OR frozen_by = 'owner')";
const FREEZE: &str = "UPDATE account SET frozen_at = COALESCE(frozen_at, ?2), frozen_by = ?3, frozen_before = NULL WHERE account_id = ?1";
const OPEN: &str = "UPDATE account SET frozen_at = NULL, frozen_by = NULL, frozen_before = NULL WHERE account_id = ?1";
const DELETE: &str = "DELETE FROM account WHERE account_id = ?1";
const LEAVE: &str = "DELETE FROM membership WHERE account_id = ?1";
// Cross-account: whoever is told of a reset made on the machine itself, and whether the instance has anybody yet.
const ADMINISTRATORS: &str =
    "SELECT account_id FROM account WHERE role = 'administrator' ORDER BY account_id LIMIT 100";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[
    sealed_column!("account", "name"),
    sealed_column!("account", "email"),
    sealed_column!("account", "external_id"),
];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    FIND,
    CLAIM,
    RELEASE,
    LOAD,
    INSERT,
    REQUIRE_ENROLMENT,
    REQUIRE_NEW_PASSWORD,
    RENAME,
    MAIL_REFUSED,
    MAIL_TAKEN,
    DISAVOW,
    FREEZE,
    OPEN,
    DELETE,
    LEAVE,
    ADMINISTRATORS,
];

/// A person, or a user of an application.
#[derive(Clone)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The application it belongs to; `None` for a person who signs in here.
    pub application: Option<ApplicationId>,
    /// The application's own id for it.
    pub external_id: Option<String>,
    /// What it may do on the instance.
    pub role: Role,
    /// The name shown; may be empty.
    pub name: String,
    /// Where mail about it goes.
    pub email: Option<String>,
    /// When the mailbox was last proven to be the person's.
    pub email_verified_at: Option<Timestamp>,
    /// Whether a second factor must be set up before anything else.
    pub enrolment_required: bool,
    /// Whether a new password must be set at the next sign-in.
    pub new_password_required: bool,
    /// Set while it is frozen.
    pub frozen: Option<Frozen>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When mail to its address was last refused for good; empty again as soon as one is taken.
    pub mail_refused_at: Option<Timestamp>,
}

/// An account by its mailbox.
///
/// # Errors
/// The database's trouble.
pub fn find_by_mailbox(w: &mut Work<'_, '_>, mailbox: &Mailbox) -> Result<Option<AccountId>, Stop> {
    let value = mailbox.look_up(&w.moment.app);
    find(w, "email", &value)
}

/// An application's account by the application's own id for it.
///
/// # Errors
/// The database's trouble.
pub fn find_by_external_id(
    w: &mut Work<'_, '_>,
    application: ApplicationId,
    external_id: &str,
) -> Result<Option<AccountId>, Stop> {
    let value = external_key(w, application, external_id);
    find(w, "ext", &value)
}

fn find(w: &mut Work<'_, '_>, kind: &'static str, value: &[u8]) -> Result<Option<AccountId>, Stop> {
    Ok(w.tx
        .query_opt(FIND, &[kind.into(), value.into()], |row| row.bytes16(0))?
        .map(AccountId))
}

fn external_key(w: &Work<'_, '_>, application: ApplicationId, external_id: &str) -> [u8; 32] {
    let mut value = application.0.to_vec();
    value.extend_from_slice(external_id.as_bytes());
    w.keyring().lookup("ext", &value)
}

/// Makes the mailbox lead to this account; false when it leads to one already.
///
/// # Errors
/// The database's trouble.
pub fn claim_mailbox(
    w: &mut Work<'_, '_>,
    account: AccountId,
    mailbox: &Mailbox,
) -> Result<bool, Stop> {
    let value = mailbox.look_up(&w.moment.app);
    claim(w, "email", &value, account)
}

/// Makes an application's id lead to this account; false when it leads to one already.
///
/// # Errors
/// The database's trouble.
pub fn claim_external_id(
    w: &mut Work<'_, '_>,
    account: AccountId,
    application: ApplicationId,
    external_id: &str,
) -> Result<bool, Stop> {
    let value = external_key(w, application, external_id);
    claim(w, "ext", &value, account)
}

fn claim(
    w: &mut Work<'_, '_>,
    kind: &'static str,
    value: &[u8],
    account: AccountId,
) -> Result<bool, Stop> {
    Ok(w.tx
        .query_opt(CLAIM, &[kind.into(), value.into(), account.into()], |row| {
            row.bytes16(0)
        })?
        .is_some())
}

/// The account, if there is one.
///
/// # Errors
/// The database's trouble, or a value that does not open.
pub fn load(w: &mut Work<'_, '_>, id: AccountId) -> Result<Option<Account>, Stop> {
    let found = w.tx.query_opt(LOAD, &[id.into()], |row| {
        Ok((
            (
                row.opt_bytes16(0)?,
                row.opt_bytes(1)?,
                row.text(2)?,
                row.bytes(3)?,
                row.opt_bytes(4)?,
            ),
            (row.opt_int(5)?, row.flag(6)?, row.int(8)?, row.flag(12)?),
            (row.opt_int(7)?, row.opt_text(10)?, row.opt_int(11)?),
            row.opt_int(9)?,
        ))
    })?;
    let Some((
        (application, external_id, role, name, email),
        (verified, enrolment_required, created, new_password_required),
        (frozen_at, frozen_by, frozen_before),
        mail_refused,
    )) = found
    else {
        return Ok(None);
    };
    let open = |column: &'static str, sealed: &[u8]| {
        w.open_text(
            Cell {
                column,
                account: id,
                row: &[],
            },
            sealed,
        )
    };
    Ok(Some(Account {
        id,
        application: application.map(ApplicationId),
        external_id: external_id
            .map(|sealed| open("account.external_id", &sealed))
            .transpose()?,
        role: Role::from_word(&role),
        name: open("account.name", &name)?,
        email: email
            .map(|sealed| open("account.email", &sealed))
            .transpose()?,
        email_verified_at: verified.map(Timestamp::from_millis),
        enrolment_required,
        new_password_required,
        frozen: frozen_at.map(|at| Frozen {
            at: Timestamp::from_millis(at),
            by: FrozenBy::from_word(frozen_by.as_deref()),
            before: frozen_before.map(Timestamp::from_millis),
        }),
        created_at: Timestamp::from_millis(created),
        mail_refused_at: mail_refused.map(Timestamp::from_millis),
    }))
}

/// Stores a new account; its identifiers are claimed apart.
///
/// # Errors
/// The database's trouble.
pub fn insert(w: &mut Work<'_, '_>, account: &Account) -> Result<(), Stop> {
    let id = account.id;
    let name = w.seal(
        Cell {
            column: "account.name",
            account: id,
            row: &[],
        },
        account.name.as_bytes(),
    );
    let email = account.email.as_ref().map(|email| {
        w.seal(
            Cell {
                column: "account.email",
                account: id,
                row: &[],
            },
            email.as_bytes(),
        )
    });
    let external = account.external_id.as_ref().map(|external| {
        w.seal(
            Cell {
                column: "account.external_id",
                account: id,
                row: &[],
            },
            external.as_bytes(),
        )
    });
    let values = [
        id.into(),
        account
            .application
            .map(|application| application.0.to_vec())
            .into(),
        external.into(),
        account.role.word().into(),
        name.into(),
        email.into(),
        account.email_verified_at.map(Timestamp::as_millis).into(),
        account.created_at.into(),
    ];
    w.tx.execute(INSERT, &values)?;
    Ok(())
}

/// Sets or lifts "set up a second factor before anything else".
///
/// # Errors
/// The database's trouble.
pub fn require_enrolment(w: &mut Work<'_, '_>, id: AccountId, required: bool) -> Result<(), Stop> {
    w.tx.execute(REQUIRE_ENROLMENT, &[id.into(), required.into()])?;
    Ok(())
}

/// Sets or lifts "set a new password at the next sign-in".
///
/// # Errors
/// The database's trouble.
pub fn require_new_password(
    w: &mut Work<'_, '_>,
    id: AccountId,
    required: bool,
) -> Result<(), Stop> {
    w.tx.execute(REQUIRE_NEW_PASSWORD, &[id.into(), required.into()])?;
    Ok(())
}

/// Changes the name shown.
///
/// # Errors
/// The database's trouble.
pub fn rename(w: &mut Work<'_, '_>, id: AccountId, name: &str) -> Result<(), Stop> {
    let sealed = w.seal(
        Cell {
            column: "account.name",
            account: id,
            row: &[],
        },
        name.as_bytes(),
    );
    w.tx.execute(RENAME, &[id.into(), sealed.into()])?;
    Ok(())
}

/// Mail to its address was refused for good.
///
/// # Errors
/// The database's trouble.
pub fn mail_refused(w: &mut Work<'_, '_>, id: AccountId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(MAIL_REFUSED, &[id.into(), now.into()])?;
    Ok(())
}

/// Mail to its address was taken.
///
/// # Errors
/// The database's trouble.
pub fn mail_taken(w: &mut Work<'_, '_>, id: AccountId) -> Result<(), Stop> {
    w.tx.execute(MAIL_TAKEN, &[id.into()])?;
    Ok(())
}

/// The owner disavows what happened from `event` on: freezes the account, or moves its freeze back in time. False where somebody else froze it.
///
/// # Errors
/// The database's trouble.
pub fn disavow(w: &mut Work<'_, '_>, id: AccountId, event: Timestamp) -> Result<bool, Stop> {
    let now = w.now();
    Ok(w.tx
        .execute(DISAVOW, &[id.into(), now.into(), event.into()])?
        == 1)
}

/// Freezes the account for an application or an administrator, whoever froze it before.
///
/// # Errors
/// The database's trouble.
pub fn freeze(w: &mut Work<'_, '_>, id: AccountId, by: FrozenBy) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(FREEZE, &[id.into(), now.into(), by.word().into()])?;
    Ok(())
}

/// Ends a freeze.
///
/// # Errors
/// The database's trouble.
pub fn open(w: &mut Work<'_, '_>, id: AccountId) -> Result<(), Stop> {
    w.tx.execute(OPEN, &[id.into()])?;
    Ok(())
}

/// Removes the row and its identifiers; everything else of the account must be gone already.
///
/// # Errors
/// The database's trouble.
pub fn delete(w: &mut Work<'_, '_>, account: &Account) -> Result<(), Stop> {
    if let (Some(application), Some(external)) = (account.application, &account.external_id) {
        let value = external_key(w, application, external);
        w.tx.execute(RELEASE, &["ext".into(), value.into(), account.id.into()])?;
    }
    if let Some(mailbox) = account.email.as_deref().and_then(Mailbox::parse) {
        let value = mailbox.look_up(&w.moment.app);
        w.tx.execute(RELEASE, &["email".into(), value.into(), account.id.into()])?;
    }
    w.tx.execute(LEAVE, &[account.id.into()])?;
    w.tx.execute(DELETE, &[account.id.into()])?;
    Ok(())
}

/// The instance's administrators.
///
/// # Errors
/// The database's trouble.
pub fn administrators(w: &mut Work<'_, '_>) -> Result<Vec<AccountId>, Stop> {
    Ok(w.tx
        .query(ADMINISTRATORS, &[], |row| row.bytes16(0))?
        .into_iter()
        .map(AccountId)
        .collect())
}
