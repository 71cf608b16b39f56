//! The JSON API's URLs, each with what it demands and what the document at `/api/openapi.json` says of it.

use axum::routing::{delete, get, patch, post};
use http::Method;

use super::{Route, openapi, own_api};
use crate::application::Scope;
use crate::authenticators::api as shapes;
use crate::edge::Doc;
use crate::edge::guard::{Throttle, Who};
use crate::sign_in::api as sign_in;
use crate::sign_up::api as sign_up;
use crate::verify_api::api as accounts;

/// Every call.
pub(super) fn table() -> Vec<Route> {
    let mut routes = vec![Route::api(
        Method::GET,
        "/api/openapi.json",
        Who::Anyone,
        get(openapi::show),
        Doc::of("This document").gives::<openapi::Document>(200),
    )];
    routes.extend(account_calls());
    routes.extend(factor_calls());
    routes.extend(code_calls());
    routes.extend(sign_in_calls());
    routes.extend(mailed_code_calls());
    routes.extend(enrolment_calls());
    routes.extend(own_api::table());
    routes
}

fn account_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/accounts",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::make_account),
            Doc::of("Makes an account of the application. A password or a proven mailbox needs scope admin.")
                .takes::<accounts::NewAccount>()
                .gives::<accounts::AccountState>(201)
                .refuses(&[409]),
        )
        .audited(),
        api(
            Method::GET,
            "/api/v1/accounts/{account}",
            Who::ApiKey(Scope::AccountsRead),
            get(accounts::show_account),
            Doc::of("An account").gives::<accounts::AccountState>(200),
        ),
        api(
            Method::DELETE,
            "/api/v1/accounts/{account}",
            Who::ApiKey(Scope::AccountsWrite),
            delete(accounts::delete_account),
            Doc::of("Deletes an account and everything of it but the stub of its record"),
        )
        .audited(),
        api(
            Method::GET,
            "/api/v1/accounts/{account}/two-factor",
            Who::ApiKey(Scope::AccountsRead),
            get(accounts::two_factor),
            Doc::of("Two-factor authentication of an account").gives::<shapes::TwoFactor>(200),
        ),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/two-factor/reset",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::reset),
            Doc::of("Removes second factors, codes, known devices and sessions; setting one up again comes before anything else")
                .takes::<accounts::ResetReason>()
                .gives::<accounts::WasReset>(200),
        )
        .audited(),
    ]
}

fn factor_calls() -> Vec<Route> {
    let api = Route::api;
    let write = Who::ApiKey(Scope::AccountsWrite);
    vec![
        api(
            Method::POST,
            "/api/v1/accounts/{account}/factors",
            write,
            post(accounts::add_factor),
            Doc::of("Sets up a second factor: a new secret that waits for its first code, or an existing one, active at once")
                .takes::<accounts::NewFactor>()
                .gives::<accounts::BoundFactor>(201)
                .refuses(&[409]),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/factors/{factor}/activate",
            write,
            post(accounts::activate_factor),
            Doc::of("Proves a second factor by its first code; the account's first one brings backup codes")
                .takes::<shapes::TypedCode>()
                .gives::<shapes::Activated>(200),
        )
        .audited(),
        api(
            Method::PATCH,
            "/api/v1/accounts/{account}/factors/{factor}",
            write,
            patch(accounts::change_factor),
            Doc::of("Names a second factor, or makes it the one asked first")
                .takes::<shapes::ChangeFactor>()
                .gives::<shapes::Factor>(200),
        )
        .audited(),
        api(
            Method::DELETE,
            "/api/v1/accounts/{account}/factors/{factor}",
            write,
            delete(accounts::remove_factor),
            Doc::of("Removes a second factor; with the last one the backup codes go"),
        )
        .audited(),
    ]
}

fn code_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/accounts/{account}/verify",
            Who::ApiKey(Scope::Verify),
            post(accounts::verify),
            Doc::of("Checks a code of any kind and spends it. A wrong code is an answer with a reason, not an error.")
                .takes::<accounts::CodeToVerify>()
                .gives::<accounts::Verification>(200),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/unlock",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::unlock),
            Doc::of("Ends the waits of an account; the 30-day budget stays"),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/backup-codes",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::make_codes),
            Doc::of("Makes new backup codes; the old ones no longer work")
                .gives::<shapes::NewCodes>(201)
                .refuses(&[409]),
        )
        .audited(),
        api(
            Method::GET,
            "/api/v1/accounts/{account}/backup-codes",
            Who::ApiKey(Scope::Admin),
            get(accounts::reveal_codes),
            Doc::of("Shows backup codes again, where copies are kept. Recorded, and the person is mailed.")
                .gives::<shapes::RevealedCodes>(200),
        )
        .audited(),
    ]
}

fn sign_in_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/sign-up",
            Who::Anyone,
            post(sign_up::ask),
            Doc::of("Asks for an account: a code goes to the mailbox. The same answer for an address that has one.")
                .takes::<sign_up::SignUp>()
                .gives::<sign_in::SignInState>(202)
                .refuses(&[403, 429]),
        )
        .throttled(Throttle::MailedCode),
        api(
            Method::POST,
            "/api/v1/sign-in",
            Who::Anyone,
            post(sign_in::begin),
            Doc::of("Begins a sign-in. The same answer for an address nobody has.")
                .takes::<sign_in::BeginSignIn>()
                .gives::<sign_in::SignInState>(201),
        ),
        api(
            Method::GET,
            "/api/v1/sign-in/{id}",
            Who::SignIn,
            get(sign_in::current),
            Doc::of("Where a sign-in stands").gives::<sign_in::SignInState>(200),
        ),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/password",
            Who::SignIn,
            post(sign_in::password),
            Doc::of("Proves the password")
                .takes::<sign_in::TypedPassword>()
                .gives::<sign_in::SignInState>(200),
        )
        .throttled(Throttle::Password)
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
                "Sends a code: to sign in, to prove the mailbox, or on the way to a new password",
            )
            .may_take::<sign_up::SendCode>()
            .gives::<sign_up::CodeSent>(202),
        )
        .throttled(Throttle::MailedCode),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/email-code/verify",
            Who::SignIn,
            post(sign_in::verify_email_code),
            Doc::of("Proves a mailed code")
                .takes::<shapes::TypedCode>()
                .gives::<sign_in::SignInState>(200),
        )
        .throttled(Throttle::MailedCode)
        .audited(),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/verify-email",
            Who::SignIn,
            post(sign_up::verify_email),
            Doc::of("Proves the mailbox, of a new account or in the middle of a sign-in")
                .takes::<shapes::TypedCode>()
                .gives::<sign_in::SignInState>(200),
        )
        .throttled(Throttle::MailedCode)
        .audited(),
    ]
}

fn enrolment_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/second-factor",
            Who::SignIn,
            post(sign_in::verify_second_factor),
            Doc::of("Proves the second factor")
                .takes::<sign_in::SecondFactorCode>()
                .gives::<sign_in::SignInState>(200),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/enroll/factors",
            Who::SignIn,
            post(sign_in::begin_enrolment),
            Doc::of("Sets up a second factor where the sign-in demands one")
                .takes::<shapes::BeginFactor>()
                .gives::<shapes::Enrolment>(201),
        ),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/enroll/factors/{factor}/activate",
            Who::SignIn,
            post(sign_in::confirm_enrolment),
            Doc::of("Proves it by its first code and goes on")
                .takes::<shapes::TypedCode>()
                .gives::<sign_in::EnrolledState>(200),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/sign-in/{id}/new-password",
            Who::SignIn,
            post(sign_in::new_password),
            Doc::of("Sets the new password of a reset and goes on; every session ends")
                .takes::<sign_in::TypedPassword>()
                .gives::<sign_in::SignInState>(200),
        )
        .audited(),
    ]
}
