//! The JSON API's URLs for signing up and signing in.

use axum::routing::{get, post};
use http::Method;
use serde_json::json;

use super::{Route, openapi::examples};
use crate::app::{FrozenBy, Refusal};
use crate::authenticators::api as shapes;
use crate::authenticators::webauthn::api as keys;
use crate::edge::Doc;
use crate::edge::guard::{Throttle, Who};
use crate::sign_in::api as sign_in;
use crate::sign_up::api as sign_up;

/// Every call.
pub(super) fn table() -> Vec<Route> {
    let mut routes = first_calls();
    routes.extend(first_factor_calls());
    routes.extend(mailed_code_calls());
    routes.extend(second_factor_calls());
    routes.extend(half_done_calls());
    routes.extend(enrolment_calls());
    routes
}

fn first_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/sign-up",
            Who::Anyone,
            post(sign_up::ask),
            Doc::of(
                "Sign up",
                "Asks for an account of one's own, where the instance lets people sign up: a code goes to the mailbox, and proving it makes the account and goes on as a sign-in. The answer is the same for an address that has an account already; its owner is told by mail.",
            )
            .takes::<sign_up::SignUp>()
            .sends(json!({"email": "ann@example.org", "name": "Ann", "password": "otters juggle pebbles"}))
            .gives::<sign_in::SignInState>(202)
            .answers(examples::verify_email())
            .refuses([Refusal::SignUpClosed])
            .budgets()
            .blames("email", &["invalid_email"])
            .blames("name", &["too_long"])
            .blames("password", &["too_short", "too_long", "too_easy"]),
        )
        .throttled(Throttle::MailedCode),
        api(
            Method::POST,
            "/api/v1/sign-in",
            Who::Anyone,
            post(sign_in::begin),
            Doc::of(
                "Begin a sign-in",
                "Begins a sign-in and says how it may go on (`methods`). The answer is the same for addresses nobody has. Carry `token` as bearer token in the calls that follow; a step that gives a new one makes the old one worthless. A sign-in lives ten minutes.",
            )
            .takes::<sign_in::BeginSignIn>()
            .sends(json!({"email": "ann@example.org"}))
            .gives::<sign_in::SignInState>(201)
            .answers(examples::first_factor())
            .blames("email", &["invalid_email"]),
        ),
    ]
}

fn first_factor_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/sign-in/{id}",
            Who::SignIn,
            get(sign_in::current),
            Doc::of(
                "Get where a sign-in stands",
                "What the sign-in waits for now, for a front end that was reloaded. Changes nothing.",
            )
            .gives::<sign_in::SignInState>(200)
            .answers(examples::waiting_for_first_factor()),
        ),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/password",
            Who::SignIn,
            post(sign_in::password),
            Doc::of(
                "Prove the password",
                "The first factor, by password. Answers what is asked next: `second_factor`, `enroll`, or `complete` with the session. Wrong passwords are counted before they are compared; too many bring waits, for addresses nobody has just the same.",
            )
            .takes::<sign_in::TypedPassword>()
            .gives::<sign_in::SignInState>(200)
            .answers(examples::second_factor())
            .refuses([Refusal::InvalidCredentials, Refusal::Frozen(FrozenBy::Administrator)])
            .locks()
            .budgets(),
        )
        .throttled(Throttle::Password)
        .audited(),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/new-password",
            Who::SignIn,
            post(sign_in::new_password),
            Doc::of(
                "Set the new password of a reset",
                "The last step after a forgotten password (state `new_password`). Sets the password, ends every session of the account, and completes the sign-in.",
            )
            .takes::<sign_in::NewPassword>()
            .gives::<sign_in::SignInState>(200)
            .answers(examples::complete_after_reset())
            .refuses([Refusal::Frozen(FrozenBy::Administrator)])
            .blames("password", &["too_short", "too_long", "too_easy", "not_new"]),
        )
        .audited(),
    ]
}

fn mailed_code_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/email-code",
            Who::SignIn,
            post(sign_up::send_code),
            Doc::of(
                "Send a code by email",
                "Mails a code: to sign in with, to prove the mailbox (states `verify_email`), or, with `\"purpose\": \"password_reset\"`, on the way to a new password. The code before it is worthless then. The answer is the same for addresses nobody has. The body may be left out.",
            )
            .may_take::<sign_up::SendCode>()
            .gives::<sign_up::CodeSent>(202)
            .answers(examples::code_sent())
            .refuses([Refusal::Frozen(FrozenBy::Administrator)])
            .mails(),
        )
        .throttled(Throttle::MailedCode),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/email-code/verify",
            Who::SignIn,
            post(sign_in::verify_email_code),
            Doc::of(
                "Prove a mailed code",
                "The first factor, by the code that was mailed. Answers what is asked next. A code is good for ten minutes and five tries, in this sign-in only.",
            )
            .takes::<shapes::TypedCode>()
            .sends(json!({"code": "7QX2-9RTM"}))
            .gives::<sign_in::SignInState>(200)
            .answers(examples::second_factor())
            .refuses([Refusal::InvalidMailedCode, Refusal::Frozen(FrozenBy::Administrator)])
            .blames("code", &["missing", "too_long"]),
        )
        .throttled(Throttle::MailedCode)
        .audited(),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/verify-email",
            Who::SignIn,
            post(sign_up::verify_email),
            Doc::of(
                "Prove the mailbox",
                "Proves that the mailbox is the person's (state `verify_email`): of a new account, which exists from here on, or in the middle of a sign-in after a reset.",
            )
            .takes::<shapes::TypedCode>()
            .sends(json!({"code": "7QX2-9RTM"}))
            .gives::<sign_in::SignInState>(200)
            .answers(examples::complete())
            .refuses([Refusal::InvalidMailedCode, Refusal::Frozen(FrozenBy::Administrator), Refusal::SignUpClosed])
            .blames("code", &["missing", "too_long"]),
        )
        .throttled(Throttle::MailedCode)
        .audited(),
    ]
}

fn second_factor_calls() -> Vec<Route> {
    vec![
        Route::api(
            Method::POST,
            "/api/v1/sign-in/{id}/second-factor",
            Who::SignIn,
            post(sign_in::verify_second_factor),
            Doc::of(
                "Prove the second factor",
                "A code of an authenticator app, of a text message, or a backup code (state `second_factor`). All go into the same field; `kind` or `factor` narrow it. A security key answers in `credential` instead. Why an app's code was wrong is not told here, except that the phone's clock is slow (`drift_seconds`). Five wrong codes end the sign-in.",
            )
            .takes::<sign_in::SecondFactorCode>()
            .sends(json!({"code": "492039"}))
            .gives::<sign_in::SignInState>(200)
            .answers(examples::complete_with_code())
            .refuses([
                examples::WRONG_CODE,
                Refusal::Mistyped,
                Refusal::KeyNotAccepted,
                Refusal::KindUnavailable,
                Refusal::Frozen(FrozenBy::Administrator),
            ])
            .locks()
            .blames("code", &["missing", "too_long"])
            .blames("credential", &["invalid"]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        Route::api(
            Method::POST,
            "/api/v1/sign-in/{id}/second-factor/send",
            Who::SignIn,
            post(sign_in::ask_second_factor),
            Doc::of(
                "Ask for what proves the second factor",
                "What one of the account's security keys is asked (`webauthn`, also without a body): give it to the browser, and what the key answers to \"Prove the second factor\"; one answer is taken, within five minutes. Or a code as a text message (`sms`), good for five minutes and in this sign-in only; `factor` says to which of several numbers (state `second_factor`).",
            )
            .may_take::<sign_in::AskSecondFactor>()
            .sends(json!({"kind": "webauthn"}))
            .gives::<keys::KeyQuestion>(200)
            .answers(examples::key_question())
            .or_gives::<shapes::TextedCode>(202, examples::texted())
            .refuses([
                Refusal::NoFactor,
                Refusal::Frozen(FrozenBy::Administrator),
            ])
            .texts()
            .locks()
            .blames("factor", &["invalid"]),
        )
        .throttled(Throttle::Texts),
    ]
}

fn half_done_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/enroll/factors/{factor}/send",
            Who::SignIn,
            post(sign_in::send_enrolment_code),
            Doc::of(
                "Text a new code to the number",
                "For a number that waits for its code in the state `enroll`: a new one, in place of the one before. Takes no body.",
            )
            .gives::<shapes::TextedCode>(202)
            .answers(examples::texted())
            .refuses([Refusal::Frozen(FrozenBy::Administrator)])
            .texts(),
        )
        .throttled(Throttle::Texts),
        api(
            Method::GET,
            "/api/v1/sign-in/{id}/enroll/factors/{factor}",
            Who::SignIn,
            get(sign_in::current_enrolment),
            Doc::of(
                "See where its set-up stands",
                "The factor that waits for its first proof, and of a number what became of the text with its code: whether it arrived, or was refused.",
            )
            .gives::<shapes::FactorNow>(200)
            .answers(examples::waiting_number())
            .refuses([Refusal::WrongStep, Refusal::NotFound, Refusal::Frozen(FrozenBy::Administrator)]),
        ),
    ]
}

fn enrolment_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/enroll/factors",
            Who::SignIn,
            post(sign_in::begin_enrolment),
            Doc::of(
                "Set up the second factor a sign-in demands",
                "In the state `enroll` nothing goes on without a second factor: an authenticator app (`totp`), whose `totp.qr_svg` is shown, then the factor activated with the first code; or a security key (`webauthn`): give `webauthn` to the browser, then activate with what the key answered; or a number (`sms`, with `phone`), to which a code goes as a text message.",
            )
            .takes::<sign_in::BeginDemandedFactor>()
            .sends(json!({"kind": "totp", "label": "Phone"}))
            .gives::<shapes::SetUp>(201)
            .answers(examples::enrolment(false))
            .refuses([Refusal::Frozen(FrozenBy::Administrator)])
            .reads_number()
            .blames("label", &["too_long", "too_many_factors", "invalid"]),
        )
        .throttled(Throttle::Texts),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/enroll/factors/{factor}/activate",
            Who::SignIn,
            post(sign_in::confirm_enrolment),
            Doc::of(
                "Activate it and go on",
                "Proves the factor by its first code, or a security key by what it answered (`credential`). The sign-in is complete then, and `backup_codes` are to be shown once.",
            )
            .takes::<shapes::FactorProof>()
            .sends(json!({"code": "492039"}))
            .gives::<sign_in::EnrolledState>(200)
            .answers(examples::enrolled())
            .refuses([
                examples::WRONG_CODE,
                Refusal::KeyNotAccepted,
                Refusal::AlreadyExists,
                Refusal::KindUnavailable,
                Refusal::Frozen(FrozenBy::Administrator),
            ])
            .blames("code", &["missing", "too_long"])
            .blames("credential", &["invalid"]),
        )
        .audited(),
    ]
}
