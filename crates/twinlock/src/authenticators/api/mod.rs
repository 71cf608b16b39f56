//! Second factors and backup codes as the JSON API shows them: the same shapes for a person's own account, for an application's
//! users, and in the middle of a sign-in.

mod set_up;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{Refusal, Stop, Timestamp};

pub use set_up::{
    AskedKind, FactorNow, FactorProof, Given, OwnKind, SetUp, TextState, TextedCode, TypedPhone,
    Wanted, given, has_number, no_phone, typed_phone, wanted,
};

use super::backup_codes::Sheet;
use super::backup_codes::flow::ShownCode;
use super::flow::Bound;
use super::store::PENDING_LIFE;
use super::totp::{self, flow::Pending};
use super::{Authenticator, Held, Kind};

/// Characters a typed code may have at most, spaces included.
pub const LONGEST_CODE: usize = 64;

/// A sheet of backup codes as examples show it; fit for nothing.
pub const EXAMPLE_CODES: [&str; 10] = [
    "M9S34-6Q3D2-5VT2",
    "4F5V3-7E3S3-E28M",
    "JT97K-B6CQ6-43D4",
    "ZVMXX-QKFBF-5KZQ",
    "NWJ47-TAN9Z-T24F",
    "MNPZX-45HY4-3KW9",
    "JRP1X-PA7Z3-DJ8B",
    "FSSZ5-AWSH8-VHT9",
    "PRE95-B9EE0-ZBGT",
    "J09TQ-M83XS-SSS6",
];

/// A typed code.
#[derive(Deserialize, ToSchema)]
pub struct TypedCode {
    /// As typed; spaces and dashes do not matter.
    #[schema(example = "492039", max_length = 64)]
    pub code: String,
}

/// Changes a second factor.
#[derive(Deserialize, ToSchema)]
pub struct ChangeFactor {
    /// The person's name for it.
    #[schema(example = "Work phone", max_length = 60)]
    pub label: Option<String>,
    /// `true`: asked first from now on. There is always one that is.
    #[schema(example = true)]
    pub preferred: Option<bool>,
}

/// Whether a second factor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "active")]
pub enum FactorState {
    /// It waits for its first code.
    Pending,
    /// It counts.
    Active,
}

/// A second factor.
#[derive(Serialize, ToSchema)]
pub struct Factor {
    /// Its id.
    #[schema(example = "019ab1c2-5d3e-7f40-8a51-b62c73d84e95", format = Uuid)]
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The person's name for it; may be empty.
    #[schema(example = "Phone")]
    pub label: String,
    /// Whether it counts.
    #[schema(example = "active")]
    pub state: FactorState,
    /// Asked first at sign-in.
    #[schema(example = true)]
    pub preferred: bool,
    /// When it was begun.
    #[schema(example = "2026-11-22T14:30:05Z", format = DateTime)]
    pub created_at: String,
    /// When its first code was accepted.
    #[schema(example = "2026-11-22T14:31:10Z", required, format = DateTime)]
    pub activated_at: Option<String>,
    /// When it was last accepted.
    #[schema(example = "2026-11-22T14:31:10Z", required, format = DateTime)]
    pub last_used_at: Option<String>,
    /// When a pending one dies.
    #[schema(example = json!(null), required, format = DateTime)]
    pub expires_at: Option<String>,
}

impl From<&Authenticator> for Factor {
    fn from(factor: &Authenticator) -> Self {
        Self {
            id: factor.id.to_string(),
            kind: factor.kind,
            label: factor.label.clone(),
            state: if factor.pending {
                FactorState::Pending
            } else {
                FactorState::Active
            },
            preferred: factor.preferred,
            created_at: factor.created_at.rfc3339(),
            activated_at: factor.activated_at.map(Timestamp::rfc3339),
            last_used_at: factor.last_used_at.map(Timestamp::rfc3339),
            expires_at: factor.expires_at.map(Timestamp::rfc3339),
        }
    }
}

/// What an authenticator app scans. Shown until the first code is accepted, never after.
#[derive(Serialize, ToSchema)]
pub struct TotpSetup {
    /// The key in base32.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    pub secret: String,
    /// The link behind the QR code.
    #[schema(
        example = "otpauth://totp/Twinlock:Ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Twinlock"
    )]
    pub otpauth_uri: String,
    /// The QR code as an SVG document.
    #[schema(example = "<svg xmlns=\"http://www.w3.org/2000/svg\" …>…</svg>")]
    pub qr_svg: String,
}

/// A second factor that waits for its first code.
#[derive(Serialize, ToSchema)]
pub struct Enrolment {
    /// It, pending.
    pub factor: Factor,
    /// What the app scans.
    pub totp: TotpSetup,
}

impl From<Pending> for Enrolment {
    fn from(pending: Pending) -> Self {
        let qr_svg = totp::rules::qr_svg(&pending.uri).unwrap_or_default();
        Self {
            factor: Factor {
                id: pending.id.to_string(),
                kind: Kind::Totp,
                label: pending.label,
                state: FactorState::Pending,
                preferred: false,
                created_at: pending.expires_at.minus(PENDING_LIFE).rfc3339(),
                activated_at: None,
                last_used_at: None,
                expires_at: Some(pending.expires_at.rfc3339()),
            },
            totp: TotpSetup {
                secret: pending.secret.to_string(),
                otpauth_uri: pending.uri.to_string(),
                qr_svg,
            },
        }
    }
}

/// A second factor whose first code was accepted.
#[derive(Serialize, ToSchema)]
pub struct Activated {
    /// It, active.
    pub factor: Factor,
    /// The account's backup codes, with its first second factor only; shown once.
    #[schema(example = json!(EXAMPLE_CODES), required)]
    pub backup_codes: Option<Vec<String>>,
}

impl From<Bound> for Activated {
    fn from(bound: Bound) -> Self {
        Self {
            factor: Factor::from(&bound.proven.factor),
            backup_codes: bound.sheet.map(|sheet| sheet.codes),
        }
    }
}

/// Where backup codes stand.
#[derive(Serialize, ToSchema)]
pub struct BackupCodesLeft {
    /// Codes not used yet.
    #[schema(example = 10)]
    pub remaining: u32,
    /// Codes on the sheet; 0 without one.
    #[schema(example = 10)]
    pub total: u32,
    /// When the sheet was made.
    #[schema(example = "2026-11-22T14:31:10Z", required, format = DateTime)]
    pub generated_at: Option<String>,
}

/// Two-factor authentication of an account.
#[derive(Serialize, ToSchema)]
pub struct TwoFactor {
    /// Whether it is on.
    #[schema(example = true)]
    pub enabled: bool,
    /// Whether it is required of the account.
    #[schema(example = false)]
    pub required: bool,
    /// The factor asked first.
    #[schema(example = "019ab1c2-5d3e-7f40-8a51-b62c73d84e95", required, format = Uuid)]
    pub preferred: Option<String>,
    /// Active second factors, the preferred one first.
    pub factors: Vec<Factor>,
    /// Where backup codes stand.
    pub backup_codes: BackupCodesLeft,
    /// Devices that skip the second factor.
    #[schema(example = 0)]
    pub trusted_devices: u32,
}

impl TwoFactor {
    /// What an account holds.
    #[must_use]
    pub fn of(held: &Held, required: bool, trusted_devices: usize) -> Self {
        let sheet = held.backup_codes.as_ref();
        let preferred = held.factors.first().filter(|factor| factor.preferred);
        Self {
            enabled: held.is_on(),
            required,
            preferred: preferred.map(|factor| factor.id.to_string()),
            factors: held.factors.iter().map(Factor::from).collect(),
            backup_codes: BackupCodesLeft {
                remaining: held.codes_left(),
                total: sheet.map_or(0, |sheet| sheet.total),
                generated_at: sheet.map(|sheet| sheet.created_at.rfc3339()),
            },
            trusted_devices: u32::try_from(trusted_devices).unwrap_or(u32::MAX),
        }
    }
}

/// A new sheet of backup codes, shown once.
#[derive(Serialize, ToSchema)]
pub struct NewCodes {
    /// The codes in order.
    #[schema(example = json!(EXAMPLE_CODES))]
    pub codes: Vec<String>,
    /// The sheet's number.
    #[schema(example = 2)]
    pub sheet: i64,
    /// When it was made.
    #[schema(example = "2026-11-22T14:31:10Z", format = DateTime)]
    pub generated_at: String,
}

impl From<Sheet> for NewCodes {
    fn from(sheet: Sheet) -> Self {
        Self {
            codes: sheet.codes,
            sheet: sheet.number,
            generated_at: sheet.created_at.rfc3339(),
        }
    }
}

/// One backup code, shown again.
#[derive(Serialize, ToSchema)]
pub struct RevealedCode {
    /// As printed.
    #[schema(example = "M9S34-6Q3D2-5VT2")]
    pub code: String,
    /// When it was used.
    #[schema(example = json!(null), required, format = DateTime)]
    pub used_at: Option<String>,
}

/// The live sheet, shown again.
#[derive(Serialize, ToSchema)]
pub struct RevealedCodes {
    /// The codes in order, used ones included.
    pub codes: Vec<RevealedCode>,
    /// The sheet's number.
    #[schema(example = 2)]
    pub sheet: i64,
}

impl From<(i64, Vec<ShownCode>)> for RevealedCodes {
    fn from((sheet, shown): (i64, Vec<ShownCode>)) -> Self {
        let codes = shown.into_iter().map(|shown| RevealedCode {
            code: shown.code,
            used_at: shown.used_at.map(Timestamp::rfc3339),
        });
        Self {
            codes: codes.collect(),
            sheet,
        }
    }
}

/// A typed code of bearable length.
///
/// # Errors
/// [`Refusal::Field`] for a longer one and for none, before anything is counted or compared.
pub fn bearable(code: String) -> Result<String, Stop> {
    let refuse = |why| {
        let field = "code";
        Err(Refusal::Field { field, code: why }.into())
    };
    if code.chars().count() > LONGEST_CODE {
        return refuse("too_long");
    }
    match twinlock_otp::Digits::parse(&code) {
        Err(twinlock_otp::TypedError::Empty) => refuse("missing"),
        _ => Ok(code),
    }
}

/// A change of a second factor that changes something.
///
/// # Errors
/// [`Refusal::Field`] for one that is empty, or takes the preference away instead of giving it to another.
pub fn meaningful(change: &ChangeFactor) -> Result<(), Refusal> {
    let refuse = |field, code| Err(Refusal::Field { field, code });
    match (&change.label, change.preferred) {
        (None, None) => refuse("label", "missing"),
        (_, Some(false)) => refuse("preferred", "invalid"),
        _ => Ok(()),
    }
}
