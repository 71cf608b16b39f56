//! The JSON API's URLs for a session and its own account.

use axum::routing::{delete, get, patch, post, put};
use http::Method;
use serde_json::json;

use super::{Route, openapi::examples, own_factors_api};
use crate::app::{FrozenBy, Refusal};
use crate::edge::Doc;
use crate::edge::guard::{Throttle, Who};
use crate::settings::api as me;
use crate::step_up::api as session;
use crate::trusted_device::api::TrustedDeviceList;

/// Every call.
pub(super) fn table() -> Vec<Route> {
    let mut routes = session_calls();
    routes.extend(step_up_calls());
    routes.extend(me_calls());
    routes.extend(own_factors_api::table());
    routes.extend(own_session_calls());
    routes.extend(own_device_calls());
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
            Doc::of(
                "Get the session",
                "Whose session it is, how strongly it was proven (`aal`, `amr`), and when it ends. 401 where there is none: the quick check whether somebody is signed in.",
            )
            .gives::<session::SessionState>(200),
        ),
        api(
            Method::DELETE,
            "/api/v1/session",
            Who::Session,
            delete(session::sign_out),
            Doc::of("Sign out", "Ends the session behind the call, at once and everywhere."),
        )
        .audited(),
    ]
}

fn step_up_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/session/step-up",
            Who::Session,
            post(session::prove),
            Doc::of(
                "Prove it again",
                "Calls that change how somebody signs in answer 403 `step_up_required` when the last proof is older than ten minutes. This proves it again: with a code of the second factor or with a security key (`credential`), or, where there is none, with the password or a mailed code (`\"kind\": \"email_code\"`). Five wrong proofs end the session.",
            )
            .takes::<session::StepUp>()
            .sends(json!({"code": "492039"}))
            .gives::<session::SessionState>(200)
            .refuses([
                Refusal::StepUpRequired,
                Refusal::Frozen(FrozenBy::Owner),
                examples::WRONG_CODE,
                Refusal::InvalidMailedCode,
                Refusal::Mistyped,
                Refusal::KeyNotAccepted,
                Refusal::InvalidCredentials,
                Refusal::NoFactor,
            ])
            .locks()
            .budgets()
            .blames("code", &["missing", "too_long"])
            .blames("credential", &["invalid"])
            .blames("kind", &["invalid"]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        step_up_send_call(),
    ]
}

fn step_up_send_call() -> Route {
    Route::api(
        Method::POST,
        "/api/v1/session/step-up/send",
        Who::Session,
        post(session::send),
        Doc::of(
            "Send a code to prove it with",
            "`email_code`: mails a code to the person, where the account has no second factor. With one, 409 `wrong_step`: its code is asked instead. `webauthn`: what one of the account's security keys is asked; 409 `no_factor` where there is none. `sms`: a code as a text message to one of the account's numbers.",
        )
        .takes::<session::SendStepUpCode>()
        .gives::<session::StepUpCodeSent>(202)
        .sends(json!({"kind": "email_code"}))
        .answers(json!({
            "expires_at": "2026-11-22T14:42:00Z",
            "resend_at": "2026-11-22T14:33:00Z",
            "delayed": false,
        }))
        .refuses([
            Refusal::WrongStep,
            Refusal::NoFactor,
            Refusal::Frozen(FrozenBy::Owner),
        ])
        .mails()
        .texts()
        .locks()
        .blames("kind", &["missing"])
        .blames("factor", &["invalid"]),
    )
    .throttled(Throttle::MailedCode)
}

fn me_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me",
            Who::Session,
            get(me::me),
            Doc::of("Get one's own account", "The account behind the session.")
                .gives::<me::Me>(200),
        ),
        api(
            Method::PATCH,
            "/api/v1/me",
            Who::Session,
            patch(me::change_me),
            Doc::of("Change the name shown", "Changes the name other people and mails see. Empty is allowed.")
                .takes::<me::ChangeMe>()
                .gives::<me::Me>(200)
                .blames("name", &["too_long"]),
        )
        .audited(),
        api(
            Method::PUT,
            "/api/v1/me/password",
            Who::Session,
            put(me::change_password),
            Doc::of(
                "Change the password",
                "Sets a new password. The current one is asked where the session began with it. Every other session ends, and the person is mailed. A password needs 15 characters, 8 where a second factor is required of everybody, and must not be among those guessed first.",
            )
            .takes::<me::ChangePassword>()
            .refuses([Refusal::InvalidCredentials, Refusal::Frozen(FrozenBy::Owner)])
            .locks()
            .budgets()
            .blames("current_password", &["missing"])
            .blames("password", &["too_short", "too_long", "too_easy", "not_new"]),
        )
        .throttled(Throttle::Password)
        .stepped_up()
        .audited(),
    ]
}

fn own_device_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me/devices",
            Who::Session,
            get(me::list_devices),
            Doc::of(
                "List one's own trusted devices",
                "The devices where the second factor is not asked when signing in, the one used last first.",
            )
            .gives::<TrustedDeviceList>(200)
            .paged(),
        ),
        api(
            Method::DELETE,
            "/api/v1/me/devices/{device}",
            Who::Session,
            delete(me::end_device),
            Doc::of(
                "Trust a device no more",
                "The next sign-in on it asks for the second factor again. Its sessions go on; end them by themselves.",
            ),
        )
        .audited(),
    ]
}

fn own_session_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me/sessions",
            Who::Session,
            get(me::list_sessions),
            Doc::of(
                "List one's own sessions",
                "Every live session of the account, the one used last first. `current` marks the one that asks.",
            )
            .gives::<me::SessionList>(200)
            .paged(),
        ),
        api(
            Method::GET,
            "/api/v1/me/audit-events",
            Who::Session,
            get(me::list_events),
            Doc::of(
                "List what happened to one's own account",
                "The account's record, the newest event first: what happened, when, from which device, and the hashes that bind each event to the one before.",
            )
            .gives::<crate::audit::api::AuditEventList>(200)
            .answers(examples::events())
            .paged(),
        ),
        api(
            Method::DELETE,
            "/api/v1/me/sessions/{session}",
            Who::Session,
            delete(me::end_session),
            Doc::of("End a session", "Ends one of one's own sessions, for a device that is lost or lent."),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/sessions/end-others",
            Who::Session,
            post(me::end_other_sessions),
            Doc::of(
                "End all other sessions",
                "Ends every session of the account but the one that asks. Takes no body.",
            )
            .gives::<me::Ended>(200),
        )
        .audited(),
    ]
}
