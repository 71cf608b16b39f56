//! The JSON API's URLs for a session and its own account.

use axum::routing::{delete, get, patch, post, put};
use http::Method;

use super::Route;
use crate::authenticators::api as shapes;
use crate::edge::Doc;
use crate::edge::guard::{Throttle, Who};
use crate::settings::api as me;
use crate::step_up::api as session;

/// Every call.
pub(super) fn table() -> Vec<Route> {
    let mut routes = session_calls();
    routes.extend(me_calls());
    routes.extend(own_factor_calls());
    routes.extend(one_factor_calls());
    routes.extend(own_code_calls());
    routes
}

fn session_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/session",
            Who::Session,
            get(session::current),
            Doc::of("The session behind the call").gives::<session::SessionState>(200),
        ),
        api(
            Method::DELETE,
            "/api/v1/session",
            Who::Session,
            delete(session::sign_out),
            Doc::of("Signs out"),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/session/step-up",
            Who::Session,
            post(session::prove),
            Doc::of("Proves it again, for ten minutes. Five wrong proofs end the session.")
                .takes::<session::StepUp>()
                .gives::<session::SessionState>(200)
                .refuses(&[403, 409]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        api(
            Method::POST,
            "/api/v1/session/step-up/send",
            Who::Session,
            post(session::send),
            Doc::of("Sends a code to the mailbox of an account without a second factor")
                .takes::<session::SendStepUpCode>()
                .gives::<session::StepUpCodeSent>(202)
                .refuses(&[409]),
        )
        .throttled(Throttle::MailedCode),
    ]
}

fn me_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me",
            Who::Session,
            get(me::me),
            Doc::of("One's own account").gives::<me::Me>(200),
        ),
        api(
            Method::PATCH,
            "/api/v1/me",
            Who::Session,
            patch(me::change_me),
            Doc::of("Changes the name shown")
                .takes::<me::ChangeMe>()
                .gives::<me::Me>(200),
        )
        .audited(),
        api(
            Method::PUT,
            "/api/v1/me/password",
            Who::Session,
            put(me::change_password),
            Doc::of("Changes the password; the other sessions end").takes::<me::ChangePassword>(),
        )
        .throttled(Throttle::Password)
        .stepped_up()
        .audited(),
        api(
            Method::GET,
            "/api/v1/me/sessions",
            Who::Session,
            get(me::list_sessions),
            Doc::of("One's own sessions, last used first")
                .gives::<me::SessionList>(200)
                .paged(),
        ),
        api(
            Method::DELETE,
            "/api/v1/me/sessions/{session}",
            Who::Session,
            delete(me::end_session),
            Doc::of("Ends one of one's own sessions"),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/sessions/end-others",
            Who::Session,
            post(me::end_other_sessions),
            Doc::of("Ends every session but the one that asks").gives::<me::Ended>(200),
        )
        .audited(),
    ]
}

fn own_factor_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me/two-factor",
            Who::Session,
            get(me::two_factor),
            Doc::of("One's own two-factor authentication").gives::<shapes::TwoFactor>(200),
        ),
        api(
            Method::POST,
            "/api/v1/me/two-factor/disable",
            Who::Session,
            post(me::disable),
            Doc::of("Turns two-factor authentication off, by a code typed for just this")
                .takes::<shapes::TypedCode>()
                .refuses(&[403, 409]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/factors",
            Who::Session,
            post(me::begin_factor),
            Doc::of("Sets up a second factor. Nothing changes until its first code is accepted.")
                .takes::<me::BeginOwnFactor>()
                .gives::<shapes::Enrolment>(201)
                .refuses(&[404]),
        )
        .stepped_up(),
    ]
}

fn one_factor_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/me/factors/{factor}/activate",
            Who::Session,
            post(me::activate_factor),
            Doc::of("Proves it by its first code; the first one brings backup codes, the other sessions end")
                .takes::<shapes::TypedCode>()
                .gives::<shapes::Activated>(200)
                .refuses(&[403]),
        )
        .audited(),
        api(
            Method::PATCH,
            "/api/v1/me/factors/{factor}",
            Who::Session,
            patch(me::change_factor),
            Doc::of("Names a second factor, or makes it the one asked first (that needs a recent proof)")
                .takes::<shapes::ChangeFactor>()
                .gives::<shapes::Factor>(200)
                .refuses(&[403]),
        )
        .audited(),
        api(
            Method::DELETE,
            "/api/v1/me/factors/{factor}",
            Who::Session,
            delete(me::remove_factor),
            Doc::of("Removes one of several second factors; the last one goes by turning two-factor authentication off")
                .refuses(&[409]),
        )
        .stepped_up()
        .audited(),
    ]
}

fn own_code_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me/backup-codes",
            Who::Session,
            get(me::reveal_codes),
            Doc::of("Shows one's own backup codes again, where copies are kept")
                .gives::<shapes::RevealedCodes>(200)
                .refuses(&[404]),
        )
        .stepped_up()
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/backup-codes",
            Who::Session,
            post(me::make_codes),
            Doc::of("Makes new backup codes; the old ones no longer work")
                .gives::<shapes::NewCodes>(201)
                .refuses(&[409]),
        )
        .stepped_up()
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/backup-codes/check",
            Who::Session,
            post(me::check_code),
            Doc::of("Tells whether a saved code is good, without spending it")
                .takes::<shapes::TypedCode>()
                .gives::<me::CheckedCode>(200)
                .refuses(&[403, 429]),
        ),
    ]
}
