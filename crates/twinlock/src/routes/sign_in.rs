//! The pages of signing in and signing up.

use axum::routing::{MethodRouter, get, post};
use http::Method;

use super::{Route, Throttle, Who};
use crate::freeze::pages as freeze;
use crate::sign_in::pages::{
    email_code, enroll_text, enrolment, home, new_password, second_factor, security_key, start,
    text_message,
};
use crate::sign_up::pages as sign_up;

/// Every page of signing in and signing up.
pub(super) fn pages() -> Vec<Route> {
    let mut routes = vec![
        show("/", Who::Anyone, get(home)),
        show("/sign-in", Who::Anyone, get(start::start)),
        send("/sign-in", Who::Anyone, post(start::begin)),
    ];
    routes.extend(first_factor_pages());
    routes.extend(second_factor_pages());
    routes.extend(enrolment_pages());
    routes.extend(sign_up_pages());
    routes.extend(freeze_pages());
    routes
}

fn first_factor_pages() -> Vec<Route> {
    let who = Who::SignIn;
    let mailed = |path, handler| {
        send(path, who, handler)
            .throttled(Throttle::MailedCode)
            .audited()
    };
    vec![
        show("/sign-in/password", who, get(start::password)),
        send("/sign-in/password", who, post(start::verify_password))
            .throttled(Throttle::Password)
            .audited(),
        show("/sign-in/forgot-password", who, get(start::forgot)),
        send(
            "/sign-in/forgot-password",
            who,
            post(start::send_reset_code),
        )
        .throttled(Throttle::MailedCode),
        show("/sign-in/email-code", who, get(email_code::first)),
        mailed("/sign-in/email-code", post(email_code::verify_first)),
        send(
            "/sign-in/email-code/send",
            who,
            post(email_code::send_first),
        )
        .throttled(Throttle::MailedCode),
        show("/sign-in/verify-email", who, get(email_code::mailbox)),
        mailed("/sign-in/verify-email", post(email_code::verify_mailbox)),
        send(
            "/sign-in/verify-email/send",
            who,
            post(email_code::send_mailbox),
        )
        .throttled(Throttle::MailedCode),
        show("/sign-in/new-password", who, get(new_password::ask)),
        send("/sign-in/new-password", who, post(new_password::set)).audited(),
    ]
}

fn second_factor_pages() -> Vec<Route> {
    let who = Who::SignIn;
    let code = |path, handler| {
        send(path, who, handler)
            .throttled(Throttle::SecondFactor)
            .audited()
    };
    vec![
        show("/sign-in/second-factor", who, get(second_factor::ask)),
        code("/sign-in/second-factor", post(second_factor::verify)),
        show(
            "/sign-in/recovery-code",
            who,
            get(second_factor::ask_recovery_code),
        ),
        code(
            "/sign-in/recovery-code",
            post(second_factor::verify_recovery_code),
        ),
        show("/sign-in/security-key", who, get(security_key::ask)),
        send(
            "/sign-in/security-key/options",
            who,
            post(security_key::options),
        ),
        code("/sign-in/security-key", post(security_key::verify)),
        show("/sign-in/text-message", who, get(text_message::ask)),
        send("/sign-in/text-message/send", who, post(text_message::send)).throttled(Throttle::Text),
        code("/sign-in/text-message", post(text_message::verify)),
        show("/sign-in/lost-phone", who, get(second_factor::lost_phone)),
    ]
}

fn enrolment_pages() -> Vec<Route> {
    let who = Who::SignIn;
    let mut routes = app_and_key_pages();
    routes.extend(vec![
        show("/sign-in/enroll/text", who, get(enroll_text::show)),
        send("/sign-in/enroll/text", who, post(enroll_text::begin)).throttled(Throttle::Text),
        show("/sign-in/enroll/text/{id}", who, get(enroll_text::ask_code)),
        // As with a key.
        send(
            "/sign-in/enroll/text/{id}",
            Who::Anyone,
            post(enroll_text::confirm),
        )
        .audited(),
        send(
            "/sign-in/enroll/text/{id}/send",
            who,
            post(enroll_text::send),
        )
        .throttled(Throttle::Text),
    ]);
    routes
}

fn app_and_key_pages() -> Vec<Route> {
    let who = Who::SignIn;
    vec![
        show("/sign-in/enroll", who, get(enrolment::explain)),
        send("/sign-in/enroll", who, post(enrolment::begin)),
        // Whoever ticks the box is signed in by then, or at the next step; the form itself changes nothing.
        send("/sign-in/enroll/saved", Who::Anyone, post(enrolment::saved)),
        show("/sign-in/enroll/key", who, get(enrolment::show_key)),
        send(
            "/sign-in/enroll/key/options",
            who,
            post(enrolment::key_options),
        ),
        // Sent again by whoever is through and signed in, it leads to where missed codes are made; else the use case asks for the sign-in.
        send(
            "/sign-in/enroll/key/{id}",
            Who::Anyone,
            post(enrolment::confirm_key),
        )
        .audited(),
        show("/sign-in/enroll/{id}", who, get(enrolment::scan)),
        // As above.
        send(
            "/sign-in/enroll/{id}",
            Who::Anyone,
            post(enrolment::confirm),
        )
        .audited(),
        show("/sign-in/enroll/{id}/code", who, get(enrolment::ask_code)),
    ]
}

fn sign_up_pages() -> Vec<Route> {
    let who = Who::SignIn;
    vec![
        show("/sign-up", Who::Anyone, get(sign_up::ask)),
        send("/sign-up", Who::Anyone, post(sign_up::begin)).throttled(Throttle::MailedCode),
        show("/sign-up/verify", who, get(sign_up::ask_code)),
        send("/sign-up/verify", who, post(sign_up::verify))
            .throttled(Throttle::MailedCode)
            .audited(),
        send("/sign-up/verify/send", who, post(sign_up::send_again))
            .throttled(Throttle::MailedCode),
    ]
}

/// Open to whoever holds the link: the owner may sit at any browser, signed in or not.
fn freeze_pages() -> Vec<Route> {
    vec![
        show("/not-me/frozen", Who::Anyone, get(freeze::frozen)),
        show("/not-me/{token}", Who::Anyone, get(freeze::show)),
        send("/not-me/{token}", Who::Anyone, post(freeze::press))
            .throttled(Throttle::Network)
            .audited(),
    ]
}

fn show(path: &'static str, who: Who, handler: MethodRouter<()>) -> Route {
    Route::page(Method::GET, path, who, handler)
}

fn send(path: &'static str, who: Who, handler: MethodRouter<()>) -> Route {
    Route::page(Method::POST, path, who, handler)
}
