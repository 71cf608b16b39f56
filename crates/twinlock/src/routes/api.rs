//! The JSON API's URLs for applications and their users, each with what it demands and what its reference says of it.

use axum::routing::{delete, get, patch, post};
use http::Method;
use serde_json::json;

use super::{Route, device_api, openapi, own_api, sign_in_api};
use crate::app::{FrozenBy, Refusal};
use crate::application::Scope;
use crate::audit::rules::kinds;
use crate::authenticators::api as shapes;
use crate::edge::Doc;
use crate::edge::guard::{Throttle, Who};
use crate::verify_api::api as accounts;

/// Every call.
pub(super) fn table() -> Vec<Route> {
    let mut routes = vec![Route::api(
        Method::GET,
        "/api/openapi.json",
        Who::Anyone,
        get(openapi::show),
        Doc::of(
            "Get this document",
            "The OpenAPI 3.1 description of every call, made from the server's own table of routes. Feed it to a generator of clients or to a viewer.",
        )
        .gives::<openapi::Document>(200)
        .answers(openapi::examples::description()),
    )];
    routes.extend(account_calls());
    routes.extend(reset_calls());
    routes.extend(freeze_calls());
    routes.extend(factor_calls());
    routes.extend(one_factor_calls());
    routes.extend(code_calls());
    routes.extend(sheet_calls());
    routes.extend(device_api::table());
    routes.push(record_call());
    routes.extend(sign_in_api::table());
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
            Doc::of(
                "Make an account",
                "Makes an account for one of your own users. Give your own id for them as `external_id`; every other call then takes `ext:` and that id. `email` is where mail about the account goes. It is a way to sign in here only with scope `admin`, and then belongs to one account only; `password` and `email_verified` need that scope too.",
            )
            .takes::<accounts::NewAccount>()
            .sends(json!({"external_id": "user-42", "email": "ann@example.org", "name": "Ann"}))
            .gives::<accounts::AccountState>(201)
            .refuses([Refusal::AlreadyExists])
            .blames("external_id", &["missing", "too_long"])
            .blames("email", &["invalid_email", "missing"])
            .blames("password", &["too_short", "too_long", "too_easy"]),
        )
        .audited(),
        api(
            Method::GET,
            "/api/v1/accounts/{account}",
            Who::ApiKey(Scope::AccountsRead),
            get(accounts::show_account),
            Doc::of(
                "Get an account",
                "The account as it stands. A key sees the accounts its own application made; those of people only with scope `admin`. Every other account answers 404, as one that does not exist.",
            )
            .gives::<accounts::AccountState>(200),
        ),
        api(
            Method::DELETE,
            "/api/v1/accounts/{account}",
            Who::ApiKey(Scope::AccountsWrite),
            delete(accounts::delete_account),
            Doc::of(
                "Delete an account",
                "Deletes an account and everything of it at once: second factors, backup codes, sessions, known devices, mails not yet sent. Of its record only the chain of hashes stays, without what the events said. There is no way back; its `external_id` is free again.",
            ),
        )
        .audited(),
    ]
}

fn reset_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/accounts/{account}/two-factor",
            Who::ApiKey(Scope::AccountsRead),
            get(accounts::two_factor),
            Doc::of(
                "Get the two-factor state",
                "Whether two-factor authentication is on, the active second factors with the one asked first, and how many backup codes are left. Ask it to decide whether to ask for a code at all.",
            )
            .gives::<shapes::TwoFactor>(200),
        ),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/two-factor/reset",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::reset),
            Doc::of(
                "Reset two-factor authentication",
                "For somebody who lost everything, after your support made sure who asks. Removes all second factors, backup codes, known devices and sessions. The account's `enrolment_required` is then true until a second factor is set up again. The reason stands in the record, and the person is mailed.",
            )
            .takes::<accounts::ResetReason>()
            .gives::<accounts::WasReset>(200)
            .blames("reason", &["missing", "too_long"]),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/require-new-password",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::require_new_password),
            Doc::of(
                "Require a new password",
                "For an account whose password may be known to somebody. Its sessions end and no device of it is trusted any more; the next sign-in asks, after a code from the mailbox, for a new password. The person is mailed. `new_password_required` is false for an account without a password.",
            )
            .gives::<accounts::MustSetPassword>(200),
        )
        .audited(),
    ]
}

fn freeze_calls() -> Vec<Route> {
    let api = Route::api;
    let write = Who::ApiKey(Scope::AccountsWrite);
    vec![
        api(
            Method::POST,
            "/api/v1/accounts/{account}/freeze",
            write,
            post(accounts::freeze),
            Doc::of(
                "Freeze an account",
                "Its sessions end, and nothing of it works until it is opened again: `verify` answers 403 `frozen`. Freezing a frozen account changes nothing. People, whose accounts need scope `admin`, are told by mail.",
            ),
        )
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/unfreeze",
            write,
            post(accounts::unfreeze),
            Doc::of(
                "Open a frozen account again",
                "Whoever froze it. Nothing is brought back or removed; everybody signs in anew, and links \"this was not me\" of before are dead. Opening an open account changes nothing. People, whose accounts need scope `admin`, are told by mail.",
            ),
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
            Doc::of(
                "Set up a second factor",
                "Begins setting up an authenticator app: show `totp.qr_svg` to the person (or `totp.secret` to type by hand), and activate the factor with the first code their app shows. Until then nothing changes, and after ten minutes it is gone. If you bring users from elsewhere, send their existing `secret` with `\"activate\": true`: it counts at once, `totp` is left out, and the first factor of an account comes with `backup_codes`. With `\"kind\": \"sms\"` and `phone` a code goes to the number as a text message, and `sms` says where it stands.",
            )
            .takes::<accounts::NewFactor>()
            .sends(json!({"kind": "totp", "label": "Phone"}))
            .gives::<accounts::BoundFactor>(201)
            .answers(openapi::examples::enrolment(true))
            .refuses([Refusal::AlreadyExists, Refusal::Frozen(FrozenBy::Application)])
            .reads_number()
            .blames("label", &["too_long", "too_many_factors", "invalid"])
            .blames("secret", &["invalid"])
            .blames("activate", &["missing"]),
        )
        .throttled(Throttle::Texts)
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/factors/{factor}/send",
            Who::ApiKey(Scope::Verify),
            post(accounts::send_code),
            Doc::of(
                "Text a code to a number",
                "To a number that waits for its first code: a new one, in place of the one before, to activate the factor with. To an active one: a code for \"Verify a code\", good for five minutes. Not within a minute, and only so many an hour and a day. Send the person's address as `client.ip`, so that one network cannot have texts sent without end.",
            )
            .may_take::<accounts::SendCode>()
            .sends(json!({"client": {"ip": "203.0.113.9"}}))
            .gives::<shapes::TextedCode>(202)
            .answers(openapi::examples::texted())
            .refuses([Refusal::Frozen(FrozenBy::Application)])
            .texts()
            .blames("client.ip", &["invalid"])
            .blames("client.user_agent", &["too_long"]),
        )
        .throttled(Throttle::Texts),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/factors/{factor}/activate",
            write,
            post(accounts::activate_factor),
            Doc::of(
                "Activate a second factor",
                "Proves a pending factor by the first code the person's app shows, or by the one that was texted to the number. The code is spent by it. The account's first factor brings `backup_codes`: show them once and have the person save them. Sessions of the account end, and the person is mailed.",
            )
            .takes::<shapes::TypedCode>()
            .gives::<shapes::Activated>(200)
            .refuses([Refusal::Frozen(FrozenBy::Application), openapi::examples::WRONG_CODE])
            .blames("code", &["missing", "too_long"]),
        )
        .audited(),
    ]
}

fn one_factor_calls() -> Vec<Route> {
    let api = Route::api;
    let write = Who::ApiKey(Scope::AccountsWrite);
    vec![
        api(
            Method::GET,
            "/api/v1/accounts/{account}/factors/{factor}",
            Who::ApiKey(Scope::AccountsRead),
            get(accounts::current_factor),
            Doc::of(
                "Look at a second factor",
                "The factor, active or half done. Of a number, `sms` says what became of the text with the code that was sent last to set it up, or for \"Verify a code\": whether it arrived, or was refused. Ask it while the person waits.",
            )
            .gives::<shapes::FactorNow>(200)
            .answers(openapi::examples::waiting_number()),
        ),
        api(
            Method::PATCH,
            "/api/v1/accounts/{account}/factors/{factor}",
            write,
            patch(accounts::change_factor),
            Doc::of(
                "Rename or prefer a second factor",
                "Changes the name of an active second factor, or makes it the one asked first, or both.",
            )
            .takes::<shapes::ChangeFactor>()
            .gives::<shapes::Factor>(200)
            .answers(openapi::examples::renamed_factor())
            .refuses([Refusal::Frozen(FrozenBy::Application)])
            .blames("label", &["missing", "too_long"])
            .blames("preferred", &["invalid"]),
        )
        .audited(),
        api(
            Method::DELETE,
            "/api/v1/accounts/{account}/factors/{factor}",
            write,
            delete(accounts::remove_factor),
            Doc::of(
                "Remove a second factor",
                "Removes a second factor. With the last one the backup codes go: two-factor authentication is off. Sessions of the account end, and the person is mailed.",
            )
            .refuses([Refusal::Frozen(FrozenBy::Application)]),
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
            Doc::of(
                "Verify a code",
                "The call of every sign-in: checks a code the person typed, of an authenticator app, of a text message you had sent, or a backup code, and spends it, so that it works once. Look at `verified`, not at the status: a wrong code is an answer (200) with a `reason`. Wrong codes are counted before anything is compared; too many bring waits (429 `locked`). Keep `device_token` in a cookie of that browser and send it with its next sign-in: wrong codes from elsewhere then no longer make this browser wait.",
            )
            .takes::<accounts::CodeToVerify>()
            .sends(json!({"code": "492039"}))
            .gives::<accounts::Verification>(200)
            .answers(openapi::examples::verified())
            .refuses([Refusal::Frozen(FrozenBy::Application)])
            .locks()
            .blames("code", &["missing", "too_long"])
            .blames("client.ip", &["invalid"]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
        api(
            Method::POST,
            "/api/v1/accounts/{account}/unlock",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::unlock),
            Doc::of(
                "End the waits of an account",
                "For support: somebody mistyped too often, you made sure who they are, and they should not have to wait. The waits end now; the budget of wrong codes in 30 days stays as it is.",
            ),
        )
        .audited(),
    ]
}

fn sheet_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/accounts/{account}/backup-codes",
            Who::ApiKey(Scope::AccountsWrite),
            post(accounts::make_codes),
            Doc::of(
                "Make new backup codes",
                "Makes a new sheet of backup codes; codes of the old sheet no longer work. Show them once. The person is mailed. Takes no body.",
            )
            .gives::<shapes::NewCodes>(201)
            .refuses([Refusal::NoFactor, Refusal::Frozen(FrozenBy::Application)]),
        )
        .audited(),
        api(
            Method::GET,
            "/api/v1/accounts/{account}/backup-codes",
            Who::ApiKey(Scope::Admin),
            get(accounts::reveal_codes),
            Doc::of(
                "Show backup codes again",
                "The codes of the live sheet, used ones included, where the instance keeps copies (`two_factor.backup_codes.reveal`). Each look is recorded, and the person is mailed. 404 where the account has no sheet.",
            )
            .gives::<shapes::RevealedCodes>(200)
            .refuses([Refusal::RevealDisabled, Refusal::Frozen(FrozenBy::Application)]),
        )
        .audited(),
    ]
}

fn record_call() -> Route {
    Route::api(
        Method::GET,
        "/api/v1/audit-events",
        Who::ApiKey(Scope::AccountsRead),
        get(accounts::list_events),
        Doc::of(
            "List what happened",
            "The record of your application's accounts, the newest event first: sign-ins, changes of second factors, wrong codes, and who did it. With scope `admin` also that of people, of deleted accounts, and of the instance itself. A page looks through a limited part of the record, so it may hold fewer events than asked for, or none, and still name a `next_cursor`: go on until that is null. Collect new events with `since`.",
        )
        .gives::<crate::audit::api::AuditEventList>(200)
        .answers(openapi::examples::events())
        .paged()
        .query(
            "account",
            "Only this account: its id, or `ext:` and your own id for it. 404 where the key may not see it.",
            json!({"type": "string", "minLength": 1}),
        )
        .query(
            "kind",
            "Only events of this kind.",
            json!({"type": "string", "enum": kinds::words()}),
        )
        .query(
            "since",
            "Nothing that happened before.",
            json!({"type": "string", "format": "date-time"}),
        )
        .refuses([Refusal::NotFound])
        .blames("kind", &["invalid"])
        .blames("since", &["invalid"]),
    )
}
