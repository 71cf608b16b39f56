//! The person's own pages, the proof before a change, and signing out.

use axum::routing::{get, post};
use http::Method;

use super::{Route, Throttle, Who};
use crate::admin::pages as admin;
use crate::settings::pages::{
    activity, check_up, codes, devices, disable, enrol, keys, methods, open_again, profile,
    security, sessions, texts,
};
use crate::step_up::pages::{self as step_up, text as step_up_text};

fn show(path: &'static str, handler: axum::routing::MethodRouter<()>) -> Route {
    Route::page(Method::GET, path, Who::Session, handler)
}

fn change(path: &'static str, handler: axum::routing::MethodRouter<()>) -> Route {
    Route::page(Method::POST, path, Who::Session, handler)
}

/// Every page of a signed-in person.
pub(super) fn pages() -> Vec<Route> {
    let mut routes = two_factor();
    routes.extend(backup_codes());
    routes.extend(account());
    routes.extend(proof_and_sign_out());
    routes.push(show("/admin/texts", get(admin::texts)));
    routes
}

#[rustfmt::skip]
fn two_factor() -> Vec<Route> {
    vec![
        show("/settings", get(security::settings)),
        show("/settings/security", get(security::show)),
        show("/settings/recovery-code-used", get(security::recovery_code_used)),
        show("/settings/open-again", get(open_again::show)),
        change("/settings/security/check-up/{suggestion}/put-off", post(check_up::put_off)),
        show("/settings/security/two-factor", get(enrol::choose)),
        show("/settings/security/two-factor/move", get(enrol::move_phone)),
        show("/settings/security/two-factor/app", get(enrol::install)),
        change("/settings/security/two-factor/app", post(enrol::begin)).stepped_up(),
        show("/settings/security/two-factor/app/{id}", get(enrol::scan)),
        change("/settings/security/two-factor/app/{id}", post(enrol::confirm)).audited(),
        show("/settings/security/two-factor/app/{id}/code", get(enrol::code)),
        show("/settings/security/two-factor/key", get(keys::show)),
        change("/settings/security/two-factor/key/options", post(keys::options)).stepped_up(),
        change("/settings/security/two-factor/key/{id}", post(keys::confirm)).audited(),
        show("/settings/security/two-factor/text", get(texts::show)),
        change("/settings/security/two-factor/text", post(texts::begin)).throttled(Throttle::Text).stepped_up(),
        show("/settings/security/two-factor/text/{id}", get(texts::ask_code)),
        change("/settings/security/two-factor/text/{id}", post(texts::confirm)).audited(),
        change("/settings/security/two-factor/text/{id}/send", post(texts::send)).throttled(Throttle::Text),
        change("/settings/security/two-factor/disable/text/send", post(disable::send_text)).throttled(Throttle::Text),
        change("/settings/security/two-factor/disable/key", post(disable::disable_by_key)).throttled(Throttle::SecondFactor).audited(),
        change("/settings/security/two-factor/disable/key/options", post(disable::ask_to_disable)),
        change("/settings/security/two-factor/saved", post(codes::saved_first)),
        show("/settings/security/two-factor/disable", get(disable::disable_form)),
        change("/settings/security/two-factor/disable", post(disable::disable)).throttled(Throttle::SecondFactor).stepped_up().audited(),
        show("/settings/security/methods/{id}/rename", get(methods::rename_form)),
        change("/settings/security/methods/{id}/rename", post(methods::rename)).audited(),
        change("/settings/security/methods/{id}/prefer", post(methods::prefer)).stepped_up().audited(),
        show("/settings/security/methods/{id}/remove", get(methods::remove_form)),
        change("/settings/security/methods/{id}/remove", post(methods::remove)).stepped_up().audited(),
    ]
}

#[rustfmt::skip]
fn backup_codes() -> Vec<Route> {
    vec![
        show("/settings/security/backup-codes/new", get(codes::new_form)),
        change("/settings/security/backup-codes/new", post(codes::new)).stepped_up().audited(),
        change("/settings/security/backup-codes/saved", post(codes::saved_new)),
        // The sheet of somebody who enrols while signing in too; it gives back what it was sent and nothing else.
        Route::page(Method::POST, "/backup-codes/download", Who::Anyone, post(codes::download)),
        show("/settings/security/backup-codes/reveal", get(codes::reveal_form)),
        change("/settings/security/backup-codes/reveal", post(codes::reveal)).stepped_up().audited(),
        show("/settings/security/backup-codes/check", get(codes::check_form)),
        change("/settings/security/backup-codes/check", post(codes::check)).throttled(Throttle::SecondFactor),
    ]
}

#[rustfmt::skip]
fn account() -> Vec<Route> {
    vec![
        show("/settings/activity", get(activity::show)),
        show("/settings/activity/proof", get(activity::proof)),
        show("/settings/profile", get(profile::show)),
        change("/settings/profile", post(profile::rename)).audited(),
        show("/settings/password", get(profile::password_form)),
        change("/settings/password", post(profile::change_password)).throttled(Throttle::Password).stepped_up().audited(),
        show("/settings/sessions", get(sessions::list)),
        change("/settings/security/devices/{id}/remove", post(devices::remove)).audited(),
        change("/settings/security/devices/remove-all", post(devices::remove_all)).audited(),
        change("/settings/sessions/{id}/end", post(sessions::end_one)).audited(),
        change("/settings/sessions/end-others", post(sessions::end_others)).audited(),
    ]
}

#[rustfmt::skip]
fn proof_and_sign_out() -> Vec<Route> {
    vec![
        show("/step-up", get(step_up::show)),
        change("/step-up", post(step_up::prove)).throttled(Throttle::SecondFactor).audited(),
        change("/step-up/key", post(step_up::prove_by_key)).throttled(Throttle::SecondFactor).audited(),
        change("/step-up/key/options", post(step_up::ask_key)),
        show("/step-up/text", get(step_up_text::show)),
        change("/step-up/text", post(step_up_text::prove)).throttled(Throttle::SecondFactor).audited(),
        change("/step-up/text/send", post(step_up_text::send)).throttled(Throttle::Text),
        change("/step-up/send", post(step_up::send)).throttled(Throttle::MailedCode),
        Route::page(Method::GET, "/sign-out", Who::Anyone, get(sessions::sign_out_form)),
        Route::page(Method::POST, "/sign-out", Who::Anyone, post(sessions::sign_out)).audited(),
        Route::page(Method::GET, "/sign-out/forget", Who::Anyone, get(sessions::forget_form)),
        Route::page(Method::POST, "/sign-out/forget", Who::Anyone, post(sessions::forget)).audited(),
    ]
}
