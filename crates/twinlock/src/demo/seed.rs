//! Who and what is in a demo from the start.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use serde::{Deserialize, Serialize};
use twinlock_db::Locks;
use twinlock_otp::{Parameters, Secret};
use zeroize::Zeroizing;

use crate::account::{self, Account, Mailbox, Role};
use crate::app::{AccountId, App, Moment, OrganizationId, Stop, Work};
use crate::application::{self, Scope};
use crate::authenticators::{self, password, totp};

use super::{Phone, folder};

const MAKE_ORGANIZATION: &str =
    "INSERT INTO organization (organization_id, slug, name, created_at) VALUES (?1, ?2, ?3, ?4)";
const JOIN: &str =
    "INSERT INTO membership (account_id, organization_id, role, joined_at) VALUES (?1, ?2, ?3, ?4)";

/// Every statement here, for the test that prepares them all.
pub(super) const STATEMENTS: &[&str] = &[MAKE_ORGANIZATION, JOIN];

/// What a demo has from the start, as `--json` prints it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Seeded {
    /// A key of the JSON API with all scopes.
    pub api_key: String,
    /// The organization's short name.
    pub organization: String,
    /// The people.
    pub accounts: Vec<SeededAccount>,
}

/// One of the people.
#[derive(Clone, Serialize, Deserialize)]
pub struct SeededAccount {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// `owner`, `admin`, `member`, `support` or `administrator`.
    pub role: String,
    /// The key of their authenticator app in base32, where they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_secret: Option<String>,
}

struct Person {
    name: &'static str,
    email: &'static str,
    password: &'static str,
    role: &'static str,
    has_app: bool,
}

const fn person(
    name: &'static str,
    email: &'static str,
    password: &'static str,
    role: &'static str,
) -> Person {
    Person {
        name,
        email,
        password,
        role,
        has_app: false,
    }
}

const PEOPLE: &[Person] = &[
    Person {
        has_app: true,
        ..person(
            "Olive Owner",
            "olive@acme.example",
            "olive trees grow slowly",
            "owner",
        )
    },
    person(
        "Adam Admin",
        "adam@acme.example",
        "adam waters the garden",
        "admin",
    ),
    person(
        "Mia Member",
        "mia@acme.example",
        "mia rides to the sea",
        "member",
    ),
    person(
        "Sam Support",
        "sam@support.example",
        "sam answers every call",
        "support",
    ),
    person(
        "Sue Support",
        "sue@support.example",
        "sue checks it twice",
        "support",
    ),
    person(
        "Ines Instance",
        "ines@twinlock.example",
        "ines keeps the lights on",
        "administrator",
    ),
];

/// What `file` says was made before; made now if it says nothing.
///
/// # Errors
/// When the folder holds something else than a demo, or the database is in trouble.
pub(super) async fn take_up(app: &App, phone: &Phone, file: &Path) -> anyhow::Result<Seeded> {
    if let Some(text) = folder::read(file)? {
        return serde_json::from_str(&text)
            .with_context(|| format!("the file {} is not a demo's", file.display()));
    }
    let seeded = make(app, phone).await?;
    folder::replace(file, &serde_json::to_string_pretty(&seeded)?)?;
    Ok(seeded)
}

async fn make(app: &App, phone: &Phone) -> anyhow::Result<Seeded> {
    let organization = app
        .moment()
        .map_err(trouble)?
        .write(Locks::none(), make_organization)
        .await
        .map_err(trouble)?;
    let mut accounts = Vec::new();
    for person in PEOPLE {
        accounts.push(make_person(app, phone, person, organization).await?);
    }
    let api_key = app
        .moment()
        .map_err(trouble)?
        .write(Locks::none(), |w| {
            let application = application::store::application(w, "Acme's own app")?;
            application::store::make_key(w, application, "demo", &Scope::ALL)
        })
        .await
        .map_err(trouble)?;
    Ok(Seeded {
        api_key,
        organization: String::from("acme"),
        accounts,
    })
}

async fn make_person(
    app: &App,
    phone: &Phone,
    person: &'static Person,
    organization: OrganizationId,
) -> anyhow::Result<SeededAccount> {
    let moment = app.moment().map_err(trouble)?;
    let typed = Zeroizing::new(person.password.to_owned());
    let hash = password::flow::hash_new(&moment, typed)
        .await
        .map_err(trouble)?;
    let account = AccountId::draw(moment.now, &mut moment.draw("demo account"));
    let made = moment
        .write(Locks::none(), move |w| {
            insert(w, account, person, &hash, organization)
        })
        .await
        .map_err(trouble)?;
    if !made {
        bail!("the folder holds a database that is not a demo's; choose another with --data");
    }
    let totp_secret = if person.has_app {
        Some(set_up_app(&moment, phone, account, person).await?)
    } else {
        None
    };
    Ok(SeededAccount {
        email: person.email.to_owned(),
        password: person.password.to_owned(),
        role: person.role.to_owned(),
        totp_secret,
    })
}

fn make_organization(w: &mut Work<'_, '_>) -> Result<OrganizationId, Stop> {
    let now = w.now();
    let id = OrganizationId::draw(now, &mut w.draw);
    let values = [id.into(), "acme".into(), "Acme".into(), now.into()];
    w.tx.execute(MAKE_ORGANIZATION, &values)?;
    Ok(id)
}

/// False when the address has an account already.
fn insert(
    w: &mut Work<'_, '_>,
    id: AccountId,
    person: &Person,
    hash: &str,
    organization: OrganizationId,
) -> Result<bool, Stop> {
    let now = w.now();
    let Some(mailbox) = Mailbox::parse(person.email) else {
        return Ok(false);
    };
    if !account::store::claim_mailbox(w, id, &mailbox)? {
        return Ok(false);
    }
    let account = Account {
        id,
        application: None,
        external_id: None,
        role: Role::from_word(person.role),
        name: person.name.to_owned(),
        email: Some(mailbox.as_str().to_owned()),
        email_verified_at: Some(now),
        enrolment_required: false,
        new_password_required: false,
        frozen: None,
        created_at: now,
        mail_refused_at: None,
    };
    account::store::insert(w, &account)?;
    password::store::save(w, id, hash)?;
    if matches!(person.role, "owner" | "admin" | "member") {
        let values = [
            id.into(),
            organization.into(),
            person.role.into(),
            now.into(),
        ];
        w.tx.execute(JOIN, &values)?;
    }
    Ok(true)
}

/// Gives a person an authenticator app, on the demo's phone too; its key in base32.
async fn set_up_app(
    moment: &Moment,
    phone: &Phone,
    id: AccountId,
    person: &Person,
) -> anyhow::Result<String> {
    let bytes: [u8; 20] = moment.draw("demo app").bytes();
    let secret = Secret::new(bytes.to_vec())?;
    let parameters = Parameters::default();
    let issuer = &moment.app.settings.branding.name;
    let address = totp::rules::otpauth_uri(&secret, &parameters, issuer, person.email);
    let key = secret.to_base32().to_string();
    moment
        .write(Locks::account(id.0), move |w| {
            let Some(owner) = account::store::load(w, id)? else {
                return Ok(());
            };
            authenticators::flow::import(w, &owner, "Olive’s phone", &secret, parameters)
                .map(|_| ())
        })
        .await
        .map_err(trouble)?;
    phone.add(&address)?;
    Ok(key)
}

fn trouble(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Fault(fault) => anyhow!(fault).context("the demo's accounts"),
        Stop::Refused(refusal) => anyhow!("the demo's accounts: {refusal:?}"),
    }
}
