//! The JSON API's URLs for one's own second factors and backup codes.

use axum::routing::{delete, get, patch, post};
use http::Method;
use serde_json::json;

use super::{Route, openapi::examples};
use crate::app::{FrozenBy, Refusal};
use crate::authenticators::api as shapes;
use crate::authenticators::webauthn::api as keys;
use crate::edge::Doc;
use crate::edge::guard::{Throttle, Who};
use crate::settings::api as me;

/// Every call.
pub(super) fn table() -> Vec<Route> {
    let mut routes = own_factor_calls();
    routes.push(begin_call());
    routes.push(activate_call());
    routes.extend(sending_calls());
    routes.extend(one_factor_calls());
    routes.extend(own_code_calls());
    routes
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
                "Removes all second factors and backup codes and ends the other sessions. A code is asked for just this, whatever was proven before: of an app, a text message or a backup code; or a security key (`credential`).",
            )
            .takes::<shapes::FactorProof>()
            .sends(json!({"code": "492039"}))
            .refuses([
                Refusal::KeyNotAccepted,
                Refusal::KindUnavailable,
                Refusal::NoFactor,
                Refusal::StillRequired,
                examples::WRONG_CODE,
                Refusal::Mistyped,
                Refusal::Frozen(FrozenBy::Owner),
            ])
            .locks()
            .blames("code", &["missing", "too_long"])
            .blames("credential", &["invalid"]),
        )
        .throttled(Throttle::SecondFactor)
        .audited(),
    ]
}

fn sending_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::POST,
            "/api/v1/me/two-factor/disable/send",
            Who::Session,
            post(me::ask_to_disable),
            Doc::of(
                "Ask for what turns it off",
                "What one of the account's security keys is asked (`webauthn`, also without a body), or a code as a text message (`sms`), for turning two-factor authentication off and nothing else.",
            )
            .may_take::<me::AskToDisable>()
            .sends(json!({"kind": "webauthn"}))
            .gives::<keys::KeyQuestion>(200)
            .answers(examples::key_question())
            .or_gives::<shapes::TextedCode>(202, examples::texted())
            .refuses([
                Refusal::NoFactor,
                Refusal::StillRequired,
                Refusal::Frozen(FrozenBy::Owner),
            ])
            .texts()
            .locks(),
        )
        .throttled(Throttle::Texts),
        api(
            Method::POST,
            "/api/v1/me/factors/{factor}/send",
            Who::Session,
            post(me::send_code),
            Doc::of(
                "Text a new code to a number",
                "For a number that waits for its code: a new one, in place of the one before. Not within a minute, and only so many an hour and a day. Takes no body.",
            )
            .gives::<shapes::TextedCode>(202)
            .answers(examples::texted())
            .refuses([Refusal::Frozen(FrozenBy::Owner)])
            .texts(),
        )
        .throttled(Throttle::Texts),
    ]
}

fn one_factor_calls() -> Vec<Route> {
    let api = Route::api;
    vec![
        api(
            Method::GET,
            "/api/v1/me/factors/{factor}",
            Who::Session,
            get(me::current_factor),
            Doc::of(
                "See one's own second factor",
                "The factor, active or half done. Of a number that waits for its code, `sms` says what became of the text: whether it arrived, or was refused.",
            )
            .gives::<shapes::FactorNow>(200)
            .answers(examples::waiting_number())
            .refuses([Refusal::NotFound]),
        ),
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
            .blames("code", &["missing", "not_a_backup_code", "too_long"]),
        ),
    ]
}

fn begin_call() -> Route {
    Route::api(
            Method::POST,
            "/api/v1/me/factors",
            Who::Session,
            post(me::begin_factor),
            Doc::of(
                "Set up a second factor of one's own",
                "Begins setting up an authenticator app (`totp`): show `totp.qr_svg`, then activate the factor with the first code; or a security key (`webauthn`): give `webauthn` to the browser, then activate with what the key answered. Keys answer to this instance's own address only. Or a number (`sms`, with `phone`): a code goes there as a text message, and `sms` says where it stands. Nothing changes until then. `replaces` names a factor that this one takes the place of, for a new phone.",
            )
            .takes::<me::BeginOwnFactor>()
            .sends(json!({"kind": "totp", "label": "Phone"}))
            .gives::<shapes::SetUp>(201)
            .answers(examples::enrolment(false))
            .refuses([Refusal::NotFound, Refusal::Frozen(FrozenBy::Owner)])
            .reads_number()
            .blames("label", &["too_long", "too_many_factors", "invalid"]),
        )
        .throttled(Throttle::Texts)
        .stepped_up()
}

fn activate_call() -> Route {
    Route::api(
            Method::POST,
            "/api/v1/me/factors/{factor}/activate",
            Who::Session,
            post(me::activate_factor),
            Doc::of(
                "Activate a second factor of one's own",
                "Proves it by its first code, a number by the one that was texted to it, or a security key by what it answered (`credential`). The first one brings `backup_codes`, to be shown once; the other sessions end.",
            )
            .takes::<shapes::FactorProof>()
            .sends(json!({"code": "492039"}))
            .gives::<shapes::Activated>(200)
            .refuses([
                Refusal::StepUpRequired,
                Refusal::AlreadyExists,
                Refusal::KeyNotAccepted,
                Refusal::KindUnavailable,
                Refusal::Frozen(FrozenBy::Owner),
                examples::WRONG_CODE,
            ])
            .blames("code", &["missing", "too_long"])
            .blames("credential", &["invalid"]),
        )
        .audited()
}
