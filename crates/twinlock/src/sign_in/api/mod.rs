//! Signing in by the JSON API: one call for each step, each answering what is asked next.

mod state;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use twinlock_web::StrictJson;
use utoipa::ToSchema;

use crate::app::{AuthenticatorId, Moment, Refusal, SignInId, Stop, Token};
use crate::authenticators::api::{
    AskedKind, Enrolment, Factor, FactorNow, FactorProof, Given, OwnKind, SetUp, TextedCode,
    TypedCode, Wanted, bearable, given, wanted,
};
use crate::authenticators::webauthn::api::KeyQuestion;
use crate::authenticators::{AskedFor, Attempt, Kind};
use crate::edge::{InPath, Visit};

use super::flow::{self, Held};
use super::{enrolment, second_factor};

pub use state::{EnrolledState, SignInState, told};

/// Begins a sign-in.
#[derive(Deserialize, ToSchema)]
pub struct BeginSignIn {
    /// The address of the account.
    #[schema(example = "ann@example.org", max_length = 254)]
    pub email: String,
    /// The token of an earlier sign-in on this device: the person is not told of a new device, and once a second factor was passed on it, wrong
    /// codes count in its own budget.
    pub device_token: Option<String>,
}

/// The first factor.
#[derive(Deserialize, ToSchema)]
pub struct TypedPassword {
    /// As typed.
    #[schema(example = "otters juggle pebbles", max_length = 1024)]
    pub password: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
pub struct NewPassword {
    /// As typed. Another one than before.
    #[schema(example = "herons borrow umbrellas", max_length = 1024)]
    pub password: String,
}

/// The second factor: a code, or what a security key answered. Exactly one of the two.
#[derive(Deserialize, ToSchema)]
pub struct SecondFactorCode {
    /// As typed; spaces and dashes do not matter.
    #[schema(example = "492039", max_length = 64)]
    pub code: Option<String>,
    /// What the key answered: the credential's `toJSON()`.
    #[schema(value_type = Option<Object>)]
    pub credential: Option<Value>,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this factor.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub factor: Option<AuthenticatorId>,
    /// Where the state says `trust`: whether this device is to be trusted, so that the second factor is not asked on it for as long as
    /// the instance allows. Ignored elsewhere.
    pub trust_device: Option<bool>,
}

/// `POST /api/v1/sign-in`
///
/// # Errors
/// [`Refusal::Field`] for what is not an address.
pub async fn begin(
    visit: Visit,
    StrictJson(body): StrictJson<BeginSignIn>,
) -> Result<Response, Stop> {
    // What is not a token of ours is no device, and is not carried along.
    let device = body.device_token;
    let visit = visit.carrying(device.filter(|token| Token::parse(Token::DEVICE, token).is_some()));
    let progress = flow::begin(&visit.moment, &body.email, None).await?;
    Ok((StatusCode::CREATED, Json(told(&visit, progress).await?)).into_response())
}

/// `GET /api/v1/sign-in/{id}`
///
/// # Errors
/// [`Refusal::SignInExpired`], [`Refusal::NotFound`].
pub async fn current(
    visit: Visit,
    InPath(id): InPath<SignInId>,
) -> Result<Json<SignInState>, Stop> {
    let token = token(&visit, id)?;
    let progress = flow::current(&visit.moment, token).await?;
    Ok(Json(told(&visit, progress).await?))
}

/// `POST /api/v1/sign-in/{id}/password`
///
/// # Errors
/// [`Refusal::InvalidCredentials`], [`Refusal::Locked`], [`Refusal::TooManyRequests`].
pub async fn password(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    StrictJson(body): StrictJson<TypedPassword>,
) -> Result<Json<SignInState>, Stop> {
    let token = token(&visit, id)?;
    let progress = flow::verify_password(&visit.moment, token, &body.password).await?;
    Ok(Json(told(&visit, progress).await?))
}

/// `POST /api/v1/sign-in/{id}/email-code/verify`
///
/// # Errors
/// [`Refusal::InvalidCode`] for every cause.
pub async fn verify_email_code(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    StrictJson(body): StrictJson<TypedCode>,
) -> Result<Json<SignInState>, Stop> {
    let token = token(&visit, id)?;
    let code = bearable(body.code)?;
    let progress = flow::verify_code(&visit.moment, token, &code).await?;
    Ok(Json(told(&visit, progress).await?))
}

/// `POST /api/v1/sign-in/{id}/second-factor`
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::Mistyped`], [`Refusal::Locked`]; [`Refusal::SignInExpired`] when too many were wrong.
pub async fn verify_second_factor(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    StrictJson(body): StrictJson<SecondFactorCode>,
) -> Result<Json<SignInState>, Stop> {
    let token = token(&visit, id)?;
    let progress = match given(body.code, body.credential)? {
        Given::Code(code) => {
            let attempt = Attempt {
                code,
                kind: body.kind,
                factor: body.factor,
                mailbox_proved: false,
                asked_for: AskedFor::SignIn,
                ceremony: None,
            };
            let moment = &visit.moment;
            second_factor::verify_second_factor(moment, token, attempt, body.trust_device).await?
        }
        Given::Key(answer) => {
            second_factor::verify_key(&visit.moment, token, answer, body.trust_device).await?
        }
    };
    Ok(Json(told(&visit, progress).await?))
}

/// Asks for what the second factor can be proven with.
#[derive(Default, Deserialize, ToSchema)]
pub struct AskSecondFactor {
    /// What a security key is asked, or a texted code; `sms` where only `factor` is given.
    pub kind: Option<AskedKind>,
    /// `sms`: to this number, where there are several.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub factor: Option<AuthenticatorId>,
}

/// `POST /api/v1/sign-in/{id}/second-factor/send`
///
/// # Errors
/// [`Refusal::WrongStep`] unless a second factor is asked; [`Refusal::NoFactor`] where there is no such method; [`Refusal::ResendTooSoon`],
/// [`Refusal::TextLimit`], [`Refusal::KindUnavailable`].
pub async fn ask_second_factor(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    body: Option<StrictJson<AskSecondFactor>>,
) -> Result<Response, Stop> {
    let (moment, token) = (&visit.moment, token(&visit, id)?);
    let asked = body.map_or_else(AskSecondFactor::default, |StrictJson(body)| body);
    match (asked.kind, asked.factor) {
        (Some(AskedKind::Webauthn), Some(_)) => Err(Refusal::Field {
            field: "factor",
            code: "invalid",
        }
        .into()),
        (Some(AskedKind::Webauthn) | None, None) => {
            let options = second_factor::ask_key(moment, token).await?;
            Ok(Json(KeyQuestion::asked(moment, options)).into_response())
        }
        (Some(AskedKind::Sms), factor) | (None, factor @ Some(_)) => {
            let texted = second_factor::send_text(moment, token, factor).await?;
            Ok((StatusCode::ACCEPTED, Json(TextedCode::from(texted))).into_response())
        }
    }
}

/// Sets up the second factor a sign-in demands.
#[derive(Deserialize, ToSchema)]
pub struct BeginDemandedFactor {
    /// What is set up.
    pub kind: OwnKind,
    /// The person's name for it; not for `sms`.
    #[schema(example = "Phone", max_length = 60)]
    pub label: Option<String>,
    /// `sms`: the number, in any form, with its country code or with `country`.
    #[schema(example = "+49 1512 3456789", max_length = 40)]
    pub phone: Option<String>,
    /// `sms`: the country a number without country code is dialled in, as two letters (ISO 3166-1).
    #[schema(example = "DE", min_length = 2, max_length = 2)]
    pub country: Option<String>,
}

/// `POST /api/v1/sign-in/{id}/enroll/factors`
///
/// # Errors
/// [`Refusal::WrongStep`] unless the sign-in waits for an enrolment, [`Refusal::KindUnavailable`], [`Refusal::Field`];
/// [`Refusal::ResendTooSoon`] and [`Refusal::TextLimit`] for a number.
pub async fn begin_enrolment(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    StrictJson(body): StrictJson<BeginDemandedFactor>,
) -> Result<Response, Stop> {
    let (moment, token) = (&visit.moment, token(&visit, id)?);
    let set_up = match wanted(body.kind, body.label, body.phone, body.country)? {
        Wanted::Totp(label) => {
            let pending = enrolment::begin(moment, token, label).await?;
            SetUp::from(Enrolment::from(pending))
        }
        Wanted::Webauthn(label) => SetUp::from(enrolment::begin_key(moment, token, label).await?),
        Wanted::Sms(typed) => {
            let country = typed.country.as_deref();
            SetUp::from(enrolment::begin_text(moment, token, &typed.phone, country).await?)
        }
    };
    Ok((StatusCode::CREATED, Json(set_up)).into_response())
}

/// `GET /api/v1/sign-in/{id}/enroll/factors/{factor}`
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::WrongStep`].
pub async fn current_enrolment(
    visit: Visit,
    InPath((id, factor)): InPath<(SignInId, AuthenticatorId)>,
) -> Result<Json<FactorNow>, Stop> {
    let found = enrolment::factor(&visit.moment, token(&visit, id)?, factor).await?;
    Ok(Json(FactorNow::from(found)))
}

/// `POST /api/v1/sign-in/{id}/enroll/factors/{factor}/send`
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::ResendTooSoon`], [`Refusal::TextLimit`], [`Refusal::KindUnavailable`].
pub async fn send_enrolment_code(
    visit: Visit,
    InPath((id, factor)): InPath<(SignInId, AuthenticatorId)>,
) -> Result<Response, Stop> {
    let texted = enrolment::resend_text(&visit.moment, token(&visit, id)?, factor).await?;
    Ok((StatusCode::ACCEPTED, Json(TextedCode::from(texted))).into_response())
}

/// `POST /api/v1/sign-in/{id}/enroll/factors/{factor}/activate`
///
/// # Errors
/// [`Refusal::InvalidCode`], [`Refusal::KeyNotAccepted`], [`Refusal::AlreadyExists`], [`Refusal::NotFound`].
pub async fn confirm_enrolment(
    visit: Visit,
    InPath((id, factor)): InPath<(SignInId, AuthenticatorId)>,
    StrictJson(body): StrictJson<FactorProof>,
) -> Result<Json<EnrolledState>, Stop> {
    let (moment, token) = (&visit.moment, token(&visit, id)?);
    let done = match given(body.code, body.credential)? {
        Given::Code(code) => enrolment::confirm(moment, token, factor, code).await?,
        Given::Key(answer) => enrolment::confirm_key(moment, token, factor, answer).await?,
    };
    let state = told(&visit, done.progress).await?;
    Ok(Json(EnrolledState {
        factor: Factor::from(&done.bound.proven.factor),
        backup_codes: done.bound.sheet.map(|sheet| sheet.codes),
        id: state.id,
        token: state.token,
        state: state.state,
        session: state.session,
        device_token: state.device_token,
    }))
}

/// `POST /api/v1/sign-in/{id}/new-password`
///
/// # Errors
/// [`Refusal::Field`] for a password that will not do, [`Refusal::WrongStep`].
pub async fn new_password(
    visit: Visit,
    InPath(id): InPath<SignInId>,
    StrictJson(body): StrictJson<NewPassword>,
) -> Result<Json<SignInState>, Stop> {
    let token = token(&visit, id)?;
    let progress = flow::set_new_password(&visit.moment, token, &body.password).await?;
    Ok(Json(told(&visit, progress).await?))
}

/// The token a call carries, if it belongs to the sign-in in its path.
///
/// # Errors
/// [`Refusal::NotFound`] for another sign-in's id, [`Refusal::SignInExpired`] for a dead token.
pub fn token(visit: &Visit, id: SignInId) -> Result<&str, Stop> {
    let token = visit.sign_in()?;
    if id_of(&visit.moment, token)? == id {
        Ok(token)
    } else {
        Err(Refusal::NotFound.into())
    }
}

fn id_of(moment: &Moment, token: &str) -> Result<SignInId, Stop> {
    Ok(match flow::read_token(moment, token)? {
        Held::Opened(opened) => opened.id,
        Held::Stored(token) => SignInId(token.thing),
    })
}
