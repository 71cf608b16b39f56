//! A new password is another one than before (product line D2), however it came to be asked.

use http::Method;
use serde_json::json;
use twinlock::app::Refusal;
use twinlock::application::Scope;
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::gate::Step;
use twinlock::sign_in::reset::{By, demand_new_password};

use crate::support::caller::{PASSWORD, completed};
use crate::support::{Place, refused};
use crate::trusted_devices::{NEW_PASSWORD, forgot_password, trusted};

on_both_engines!(
    d2_a_new_password_that_is_required_is_asked_after_the_mailbox,
    d2_only_who_has_a_password_is_asked_for_a_new_one,
    d2_the_password_of_before_is_no_new_one,
    b18_typing_the_old_password_again_and_again_is_no_way_to_burn_work,
);

fn not_new() -> Refusal {
    Refusal::Field {
        field: "password",
        code: "not_new",
    }
}

async fn d2_a_new_password_that_is_required_is_asked_after_the_mailbox(place: &Place) {
    let app = place.app().await;
    let (ann, mut caller, session) = trusted(&app, "ann@example.org").await;
    let account = ann.account;
    let asked = app
        .work_on(account, move |w| {
            demand_new_password(w, account, &By::machine())
        })
        .await;
    assert!(asked);
    assert!(caller.try_acting(&session.token).await.is_none());
    let told = app.mails_about(&ann.email, "set a new password").await;
    assert_eq!(told, 1);
    // The code first, then the mailbox: who knows only the old password chooses nothing.
    let half = caller.half_session(&ann).await;
    let early = sign_in::set_new_password(&caller.moment(), &half, NEW_PASSWORD).await;
    assert_eq!(refused(early), Refusal::WrongStep);
    app.forward(30);
    let step = caller.verify(&half, &caller.code(&ann)).await.unwrap();
    assert!(matches!(step.step, Step::VerifyEmail { .. }));
    let token = step.token.unwrap();
    let early = sign_in::set_new_password(&caller.moment(), &token, NEW_PASSWORD).await;
    assert_eq!(refused(early), Refusal::WrongStep);
    sign_in::send_code(&caller.moment(), &token, false)
        .await
        .unwrap();
    let code = app.mailed_code(&ann.email).await;
    let step = sign_in::verify_code(&caller.moment(), &token, &code)
        .await
        .unwrap();
    assert!(matches!(step.step, Step::NewPassword));
    let token = step.token.unwrap();
    let kept = sign_in::set_new_password(&caller.moment(), &token, PASSWORD).await;
    assert_eq!(refused(kept), not_new());
    let done = sign_in::set_new_password(&caller.moment(), &token, NEW_PASSWORD).await;
    caller.remember(&completed(done.unwrap()));
    // Once: the next sign-in is like any other.
    let again = caller.try_password(&ann.email, NEW_PASSWORD).await.unwrap();
    assert!(matches!(again.step, Step::SecondFactor { .. }));
}

async fn d2_only_who_has_a_password_is_asked_for_a_new_one(place: &Place) {
    let app = place.app().await;
    let account = app.person("ann@example.org").await.account;
    let made = app.api_key("shop", &Scope::ALL).await;
    let mut api = app.api().with(&made);
    let one = api
        .post("/api/v1/accounts", &json!({"external_id": "one"}))
        .await;
    assert_eq!(one.status, 201);
    let path = "/api/v1/accounts/ext:one/require-new-password";
    let answer = api.call(Method::POST, path, None).await;
    assert_eq!(
        answer.json()["new_password_required"],
        false,
        "{}",
        answer.body
    );
    let path = format!("/api/v1/accounts/{account}/require-new-password");
    let answer = api.call(Method::POST, &path, None).await;
    assert_eq!(
        answer.json()["new_password_required"],
        true,
        "{}",
        answer.body
    );
}

async fn d2_the_password_of_before_is_no_new_one(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    // Forgotten, and typed again all the same.
    let (token, code) = forgot_password(&app, &caller, &ann).await;
    let step = sign_in::verify_code(&caller.moment(), &token, &code).await;
    let half = step.unwrap().token.unwrap();
    let step = caller.verify(&half, &caller.code(&ann)).await.unwrap();
    let token = step.token.unwrap();
    let kept = sign_in::set_new_password(&caller.moment(), &token, PASSWORD).await;
    assert_eq!(refused(kept), not_new());
    let done = sign_in::set_new_password(&caller.moment(), &token, NEW_PASSWORD).await;
    let session = completed(done.unwrap());
    // From within a session that began with a mailed code: the current one is not asked, and still no new one.
    let acting = caller.acting(&session.token).await;
    let kept = settings::change_password(&caller.moment(), &acting, None, NEW_PASSWORD).await;
    assert_eq!(refused(kept), not_new());
    app.forward(60);
    caller.try_password(&ann.email, NEW_PASSWORD).await.unwrap();
    // And from one that began with the password.
    let bob = app.person("bob@example.org").await;
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let current = Some(PASSWORD.to_owned());
    let kept = settings::change_password(&caller.moment(), &acting, current, PASSWORD).await;
    assert_eq!(refused(kept), not_new());
}

async fn b18_typing_the_old_password_again_and_again_is_no_way_to_burn_work(place: &Place) {
    let app = place.app().await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    // In a reset five of them end it.
    let (token, code) = forgot_password(&app, &caller, &ann).await;
    let step = sign_in::verify_code(&caller.moment(), &token, &code).await;
    let token = step.unwrap().token.unwrap();
    for _ in 0..5 {
        let kept = sign_in::set_new_password(&caller.moment(), &token, PASSWORD).await;
        assert_eq!(refused(kept), not_new());
    }
    let over = sign_in::set_new_password(&caller.moment(), &token, PASSWORD).await;
    assert_eq!(refused(over), Refusal::SignInExpired);
    // In a session they count for the network like other passwords.
    app.forward(3600);
    let begun = caller.begin(&ann.email).await;
    let (_, token) = sign_in::send_code(&caller.moment(), &begun, false)
        .await
        .unwrap();
    let code = app.mailed_code(&ann.email).await;
    let token = token.unwrap_or(begun);
    let step = sign_in::verify_code(&caller.moment(), &token, &code).await;
    let session = completed(step.unwrap());
    let acting = caller.acting(&session.token).await;
    caller.remember(&session);
    let mut hashed = 0;
    for _ in 0..40 {
        match settings::change_password(&caller.moment(), &acting, None, PASSWORD).await {
            kept if matches!(
                &kept,
                Err(twinlock::app::Stop::Refused(Refusal::Field { .. }))
            ) =>
            {
                hashed += 1;
            }
            limited => assert!(matches!(refused(limited), Refusal::TooManyRequests { .. })),
        }
    }
    assert!(hashed <= 20, "{hashed}");
}
