//! Every way in ends at the second factor (attack rows P).

use twinlock::app::{Fault, Refusal, Stop};
use twinlock::sign_in::flow as sign_in;
use twinlock::sign_in::gate::Step;
use twinlock::sign_up;

use crate::support::books::credentials;
use crate::support::caller::{NOT_THAT_CODE, NOT_THAT_MAILED_CODE, PASSWORD, completed};
use crate::support::{Person, Place, TestApp, refused};

on_both_engines!(
    p01_every_door_asks_for_the_second_factor,
    p01_signing_up_with_an_address_that_has_an_account_opens_nothing,
    p03_b5_a_forgotten_password_does_not_get_past_the_second_factor,
    p03_a_new_password_cannot_be_set_before_the_second_factor,
    p08_a_sign_in_belongs_to_whom_it_was_begun_for,
    p11_no_spelling_of_an_address_misses_the_second_factor,
    p14_a_secret_that_does_not_open_is_an_error_and_no_way_in,
    p14_an_authenticator_of_an_unknown_kind_is_an_error,
    p14_an_authenticator_without_its_secret_lets_nobody_in,
    a_person_without_a_second_factor_is_in_after_the_first,
);

async fn sessions(app: &TestApp) -> i64 {
    app.number("SELECT COUNT(*) FROM session", &[]).await
}

/// A way to a proven first factor.
#[derive(Clone, Copy, Debug)]
enum Door {
    Password,
    EmailCode,
    ForgottenPassword,
}

/// Goes through a door; what is asked next and the token to answer with.
async fn enter(app: &TestApp, person: &Person, door: Door) -> (Step, String) {
    let caller = app.caller("192.0.2.1");
    let progress = match door {
        Door::Password => caller.try_password(&person.email, PASSWORD).await,
        Door::EmailCode | Door::ForgottenPassword => {
            let token = caller.begin(&person.email).await;
            let reset = matches!(door, Door::ForgottenPassword);
            let (_, renewed) = sign_in::send_code(&caller.moment(), &token, reset)
                .await
                .unwrap();
            let code = app.mailed_code(&person.email).await;
            sign_in::verify_code(&caller.moment(), &renewed.unwrap(), &code).await
        }
    };
    let progress = progress.unwrap();
    (progress.step, progress.token.unwrap_or_default())
}

async fn p01_every_door_asks_for_the_second_factor(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    for door in [Door::Password, Door::EmailCode, Door::ForgottenPassword] {
        app.forward(3600);
        let before = sessions(&app).await;
        let (step, token) = enter(&app, &ann, door).await;
        assert!(matches!(step, Step::SecondFactor { .. }), "{door:?}");
        assert_eq!(sessions(&app).await, before, "{door:?}");
        assert!(caller.try_acting(&token).await.is_none(), "{door:?}");
        let progress = caller.verify(&token, &caller.code(&ann)).await.unwrap();
        match door {
            Door::ForgottenPassword => assert!(matches!(progress.step, Step::NewPassword)),
            Door::Password | Door::EmailCode => drop(completed(progress)),
        }
    }
}

async fn p01_signing_up_with_an_address_that_has_an_account_opens_nothing(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let before = credentials(&app).await;
    let caller = app.caller("192.0.2.1");
    let token = caller.ask_for_account(&ann.email).await.unwrap();
    let mail = app.last_mail_to(&ann.email).await;
    assert!(
        mail.subject.contains("you have an account already"),
        "{}",
        mail.subject
    );
    for typed in ["AAAA-AAAA", "0000-0000"] {
        let why = refused(sign_up::flow::verify(&caller.moment(), &token, typed).await);
        assert_eq!(why, NOT_THAT_MAILED_CODE);
    }
    assert_eq!(credentials(&app).await, before);
}

async fn p03_b5_a_forgotten_password_does_not_get_past_the_second_factor(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let factors = credentials(&app).await["authenticator"].clone();
    let (step, token) = enter(&app, &ann, Door::ForgottenPassword).await;
    assert!(matches!(step, Step::SecondFactor { .. }));
    let caller = app.caller("192.0.2.1");
    let progress = caller.verify(&token, &caller.code(&ann)).await.unwrap();
    let token = progress.token.unwrap();
    let new = "a brand new passphrase";
    let done = sign_in::set_new_password(&caller.moment(), &token, new)
        .await
        .unwrap();
    completed(done);
    assert_eq!(credentials(&app).await["authenticator"], factors);
    let why = refused(caller.try_password(&ann.email, PASSWORD).await);
    assert_eq!(why, Refusal::InvalidCredentials);
    let again = caller.try_password(&ann.email, new).await.unwrap();
    assert!(matches!(again.step, Step::SecondFactor { .. }));
    assert_eq!(
        app.mails_about(&ann.email, "your password was changed")
            .await,
        1
    );
}

async fn p03_a_new_password_cannot_be_set_before_the_second_factor(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let (_, token) = enter(&app, &ann, Door::ForgottenPassword).await;
    let before = credentials(&app).await;
    let caller = app.caller("192.0.2.1");
    let outcome =
        sign_in::set_new_password(&caller.moment(), &token, "a brand new passphrase").await;
    assert_eq!(refused(outcome), Refusal::WrongStep);
    assert_eq!(credentials(&app).await, before);
}

async fn p08_a_sign_in_belongs_to_whom_it_was_begun_for(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let eve = app.person_with_app("eve@example.org").await;
    let caller = app.caller("192.0.2.1");
    let (hers, own) = (
        caller.half_session(&ann).await,
        caller.half_session(&eve).await,
    );
    // Eve's code in Ann's sign-in, and Eve's token with Ann's account written over her own.
    assert_eq!(
        refused(caller.verify(&hers, &caller.code(&eve)).await),
        NOT_THAT_CODE
    );
    let swapped = with_owner_of(&own, &hers);
    let why = refused(caller.verify(&swapped, &caller.code(&eve)).await);
    assert_eq!(why, Refusal::SignInExpired);
    let session = completed(caller.verify(&own, &caller.code(&eve)).await.unwrap());
    assert_eq!(session.session.account, eve.account);
}

/// The first token with the owner of the second.
fn with_owner_of(token: &str, other: &str) -> String {
    use data_encoding::BASE64URL_NOPAD as BASE64;
    let prefix = twinlock::app::Token::SIGN_IN;
    let bytes = |text: &str| {
        BASE64
            .decode(text.strip_prefix(prefix).unwrap().as_bytes())
            .unwrap()
    };
    let mut mixed = bytes(token);
    mixed[..16].copy_from_slice(&bytes(other)[..16]);
    format!("{prefix}{}", BASE64.encode(&mixed))
}

async fn p11_no_spelling_of_an_address_misses_the_second_factor(place: &Place) {
    let app = place.app().await;
    app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    for spelling in [
        "ANN@EXAMPLE.ORG",
        " ann@example.org ",
        "ａｎｎ@example.org",
        "ann@ｅxample.org",
    ] {
        let progress = caller.try_password(spelling, PASSWORD).await.unwrap();
        assert!(
            matches!(progress.step, Step::SecondFactor { .. }),
            "{spelling}"
        );
    }
    for other in [
        "ann+x@example.org",
        "a.nn@example.org",
        "ann@example.org.",
        "ann@example.com",
    ] {
        let begun = sign_in::begin(&caller.moment(), other, None).await;
        let Ok(progress) = begun else { continue };
        let token = progress.token.unwrap();
        let outcome = sign_in::verify_password(&caller.moment(), &token, PASSWORD).await;
        assert_eq!(refused(outcome), Refusal::InvalidCredentials, "{other}");
        app.forward(60);
    }
}

async fn p14_a_secret_that_does_not_open_is_an_error_and_no_way_in(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let spoil = "UPDATE totp SET secret = ?1 WHERE account_id = ?2";
    app.tamper(spoil, &[vec![1_u8; 60].into(), ann.account.into()])
        .await;
    let before = sessions(&app).await;
    let outcome = caller.verify(&token, &caller.code(&ann)).await;
    assert!(matches!(outcome, Err(Stop::Fault(Fault::Database(_)))));
    let progress = caller.try_password(&ann.email, PASSWORD).await.unwrap();
    assert!(matches!(progress.step, Step::SecondFactor { .. }));
    assert_eq!(sessions(&app).await, before);
}

async fn p14_an_authenticator_of_an_unknown_kind_is_an_error(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let sql = "UPDATE authenticator SET kind = 'hologram' WHERE account_id = ?1";
    app.tamper(sql, &[ann.account.into()]).await;
    let before = sessions(&app).await;
    let outcome = caller.try_password(&ann.email, PASSWORD).await;
    assert!(matches!(outcome, Err(Stop::Fault(_))));
    assert_eq!(sessions(&app).await, before);
}

async fn p14_an_authenticator_without_its_secret_lets_nobody_in(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    app.tamper(
        "DELETE FROM totp WHERE account_id = ?1",
        &[ann.account.into()],
    )
    .await;
    let before = sessions(&app).await;
    let token = caller.half_session(&ann).await;
    assert!(caller.verify(&token, &caller.code(&ann)).await.is_err());
    assert_eq!(sessions(&app).await, before);
    // Puts the row back, so that the books are right at the end.
    let all = "DELETE FROM authenticator WHERE account_id = ?1";
    app.tamper(all, &[ann.account.into()]).await;
    app.tamper("UPDATE backup_code_sheet SET ended_at = 1", &[])
        .await;
}

async fn a_person_without_a_second_factor_is_in_after_the_first(place: &Place) {
    let app = place.app().await;
    let bob = app.person("bob@example.org").await;
    app.forward(3600);
    for door in [Door::Password, Door::EmailCode] {
        let (step, _) = enter(&app, &bob, door).await;
        assert!(matches!(step, Step::Complete(_)), "{door:?}");
    }
}
