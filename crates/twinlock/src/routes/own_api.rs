//! The JSON API's URLs for a session and its own account.

use axum::routing::{delete, get, patch, post, put};
use http::Method;
use serde_json::json;

use super::{Route, openapi::examples};
use crate::app::{FrozenBy, Refusal};
use crate::authenticators::api as shapes;
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
    routes.extend(own_session_calls());
    routes.extend(own_device_calls());
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
                "Calls that change how somebody signs in answer 403 `step_up_required` when the last proof is older than ten minutes. This proves it again: with a code of the second factor, or, where there is none, with the password or a mailed code (`\"kind\": \"email_code\"`). Five wrong proofs end the session.",
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
                Refusal::InvalidCredentials,
                Refusal::NoFactor,
            ])
            .locks()
            .budgets()
            .blames("code", &["missing", "too_long"])
            .blames("kind", &["invalid"]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        api(
            Method::POST,
            "/api/v1/session/step-up/send",
            Who::Session,
            post(session::send),
            Doc::of(
                "Send a code to prove it with",
                "Mails a code to the person, where the account has no second factor. With one, 409 `wrong_step`: its code is asked instead.",
            )
            .takes::<session::SendStepUpCode>()
            .gives::<session::StepUpCodeSent>(202)
            .refuses([Refusal::WrongStep, Refusal::Frozen(FrozenBy::Owner)])
            .mails(),
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
            .blames("password", &["too_short", "too_long", "too_easy"]),
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

fn own_factor_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me/two-factor",
            Who::Session,
            get(me::two_factor),
            Doc::of(
                "Get one's own two-factor state",
                "Whether it is on and required, the second factors with the one asked first, and how many backup codes are left.",
            )
            .gives::<shapes::TwoFactor>(200),
        ),
        api(
            Method::POST,
            "/api/v1/me/two-factor/disable",
            Who::Session,
            post(me::disable),
            Doc::of(
                "Turn two-factor authentication off",
                "Removes all second factors and backup codes and ends the other sessions. A code is asked for just this, whatever was proven before: of an app, or a backup code.",
            )
            .takes::<shapes::TypedCode>()
            .refuses([
                Refusal::NoFactor,
                Refusal::StillRequired,
                examples::WRONG_CODE,
                Refusal::Mistyped,
                Refusal::Frozen(FrozenBy::Owner),
            ])
            .locks()
            .blames("code", &["too_long"]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/factors",
            Who::Session,
            post(me::begin_factor),
            Doc::of(
                "Set up a second factor of one's own",
                "Begins setting up an authenticator app: show `totp.qr_svg`, then activate the factor with the first code. Nothing changes until then. `replaces` names a factor that this one takes the place of, for a new phone.",
            )
            .takes::<me::BeginOwnFactor>()
            .sends(json!({"kind": "totp", "label": "Phone"}))
            .gives::<shapes::Enrolment>(201)
            .answers(examples::enrolment(false))
            .refuses([Refusal::NotFound, Refusal::Frozen(FrozenBy::Owner)])
            .blames("label", &["too_long", "too_many_factors"]),
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
            Doc::of(
                "Activate a second factor of one's own",
                "Proves it by its first code. The first one brings `backup_codes`, to be shown once; the other sessions end.",
            )
            .takes::<shapes::TypedCode>()
            .gives::<shapes::Activated>(200)
            .refuses([Refusal::StepUpRequired, Refusal::Frozen(FrozenBy::Owner), examples::WRONG_CODE])
            .blames("code", &["too_long"]),
        )
        .audited(),
        api(
            Method::PATCH,
            "/api/v1/me/factors/{factor}",
            Who::Session,
            patch(me::change_factor),
            Doc::of(
                "Rename or prefer one's own second factor",
                "Changes its name, or makes it the one asked first, or both. To prefer it, a recent proof is needed.",
            )
            .takes::<shapes::ChangeFactor>()
            .gives::<shapes::Factor>(200)
            .answers(examples::renamed_factor())
            .refuses([Refusal::StepUpRequired])
            .blames("label", &["missing", "too_long"])
            .blames("preferred", &["invalid"]),
        )
        .audited(),
        api(
            Method::DELETE,
            "/api/v1/me/factors/{factor}",
            Who::Session,
            delete(me::remove_factor),
            Doc::of(
                "Remove one of several second factors",
                "Removes it and ends the other sessions. The last one goes by turning two-factor authentication off. For 72 hours the link in the mail about it can bring it back.",
            )
            .flag(
                "lost",
                "It was lost or stolen: nothing brings it back. That takes a recent proof by a backup code, or by another method that is older than three days.",
            )
            .refuses([Refusal::LastFactor, Refusal::ProveByAnother])
            .blames("lost", &["invalid"]),
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
            Doc::of(
                "Show one's own backup codes again",
                "The codes of the live sheet, used ones included, where the instance keeps copies. The person is mailed each time. 404 where there is no sheet.",
            )
            .gives::<shapes::RevealedCodes>(200)
            .refuses([Refusal::RevealDisabled, Refusal::NotFound]),
        )
        .stepped_up()
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/backup-codes",
            Who::Session,
            post(me::make_codes),
            Doc::of(
                "Make new backup codes of one's own",
                "Makes a new sheet; codes of the old one no longer work. Shown once. Takes no body.",
            )
            .gives::<shapes::NewCodes>(201)
            .refuses([Refusal::NoFactor]),
        )
        .stepped_up()
        .audited(),
        api(
            Method::POST,
            "/api/v1/me/backup-codes/check",
            Who::Session,
            post(me::check_code),
            Doc::of(
                "Check a backup code",
                "Tells whether a code on a saved sheet is good, and which sheet it is from, without spending it. Thirty checks an hour.",
            )
            .takes::<shapes::TypedCode>()
            .sends(json!({"code": "JT97K-B6CQ6-43D4"}))
            .gives::<me::CheckedCode>(200)
            .refuses([Refusal::Mistyped])
            .budgets()
            .blames("code", &["not_a_backup_code", "too_long"]),
        ),
    ]
}
