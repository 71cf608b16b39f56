//! Backup codes: each works once, and nobody reads them who should not (attack rows K).

use twinlock::app::Refusal;
use twinlock::settings::flow as settings;
use twinlock::sign_in::gate::Step;

use crate::support::caller::{NOT_THAT_CODE, completed, was_turned_away};
use crate::support::{Place, refused};

on_both_engines!(
    k01_a_backup_code_works_once,
    k02_fifty_at_once_in_two_sign_ins_one_wins,
    k05_codes_are_shown_again_only_where_the_instance_allows_it,
    k06_no_code_can_be_read_from_the_database,
    k07_a_code_may_be_typed_as_people_type,
    k08_codes_are_made_when_the_app_is_proven_and_not_before,
    k09_k12_the_person_is_told_of_each_use_and_how_many_are_left,
    k12_a_new_sheet_ends_the_old_one,
    e5_checking_a_saved_code_does_not_spend_it,
    e6_a_typing_slip_is_told_and_costs_no_try,
);

async fn k01_a_backup_code_works_once(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let done = completed(caller.verify(&token, &ann.codes[3]).await.unwrap());
    assert_eq!(done.backup_codes_left, Some(9));
    for _ in 0..2 {
        let token = caller.half_session(&ann).await;
        assert_eq!(
            refused(caller.verify(&token, &ann.codes[3]).await),
            NOT_THAT_CODE
        );
    }
}

async fn k02_fifty_at_once_in_two_sign_ins_one_wins(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    for round in 0..10 {
        app.forward(31 * 24 * 3600);
        let (one, two) = (app.caller("192.0.2.1"), app.caller("192.0.2.2"));
        let tokens = [one.half_session(&ann).await, two.half_session(&ann).await];
        let mut tries = Vec::new();
        for n in 0..50 {
            let (caller, token) = (one.clone(), tokens[n % 2].clone());
            let code = ann.codes[round].clone();
            tries.push(tokio::spawn(
                async move { caller.verify(&token, &code).await },
            ));
        }
        let mut signed_in = 0;
        for outcome in tries {
            let outcome = outcome.await.unwrap();
            match outcome {
                Ok(progress) => {
                    assert!(matches!(progress.step, Step::Complete(_)));
                    signed_in += 1;
                }
                outcome => {
                    assert!(was_turned_away(&outcome) || refused(outcome) != Refusal::Mistyped)
                }
            }
        }
        assert_eq!(signed_in, 1, "round {round}");
        let left = "SELECT COUNT(*) FROM backup_code WHERE used_at IS NULL";
        assert_eq!(
            app.number(left, &[]).await,
            9 - i64::try_from(round).unwrap()
        );
    }
}

async fn k05_codes_are_shown_again_only_where_the_instance_allows_it(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let outcome = settings::reveal(&caller.moment(), &acting).await;
    assert_eq!(refused(outcome), Refusal::RevealDisabled);

    let app = place
        .app_with(|all| all.two_factor.backup_codes.reveal = true)
        .await;
    let eve = app.person_with_app("eve@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&eve).await;
    let acting = caller.acting(&session.token).await;
    let (_, shown) = settings::reveal(&caller.moment(), &acting).await.unwrap();
    let codes: Vec<String> = shown.into_iter().map(|shown| shown.code).collect();
    assert_eq!(codes, eve.codes);
    assert_eq!(app.mails_about(&eve.email, "were looked at").await, 1);
}

async fn k06_no_code_can_be_read_from_the_database(place: &Place) {
    for reveal in [false, true] {
        let app = place
            .app_with(|all| all.two_factor.backup_codes.reveal = reveal)
            .await;
        let ann = app
            .person_with_app(&format!("ann{reveal}@example.org"))
            .await;
        let account = ann.account;
        let rows = app.app.store.read(move |tx| {
            let sql = "SELECT code_mac, sealed FROM backup_code WHERE account_id = ?1";
            tx.query(sql, &[account.into()], |row| {
                Ok((row.bytes(0)?, row.opt_bytes(1)?))
            })
        });
        let rows = rows.await.unwrap();
        assert_eq!(rows.len(), 10);
        for (mac, sealed) in rows {
            assert_eq!(mac.len(), 32);
            assert_eq!(sealed.is_some(), reveal);
            for code in &ann.codes {
                let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
                let stored = sealed.clone().unwrap_or_default();
                let found = stored
                    .windows(plain.len())
                    .any(|part| part == plain.as_bytes());
                assert!(!found && mac != plain.as_bytes());
            }
        }
    }
}

async fn k07_a_code_may_be_typed_as_people_type(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let full_width = |code: &str| {
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c);
        code.chars()
            .map(|c| if c.is_ascii_graphic() { wide(c) } else { c })
            .collect::<String>()
    };
    let typed = [
        ann.codes[0].to_lowercase(),
        ann.codes[1].replace('-', " "),
        ann.codes[2].replace('-', ""),
        format!("  {}\n", ann.codes[3]),
        ann.codes[4].replace('0', "O").replace('1', "l"),
        full_width(&ann.codes[5]),
        ann.codes[6].replace('-', "\u{a0}"),
    ];
    for typed in typed {
        let token = caller.half_session(&ann).await;
        let outcome = caller.verify(&token, &typed).await;
        assert!(outcome.is_ok(), "{typed:?}");
    }
}

async fn k08_codes_are_made_when_the_app_is_proven_and_not_before(place: &Place) {
    let app = place.app().await;
    let mut bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let made = "SELECT COUNT(*) FROM backup_code";
    let outcome = settings::make_codes(&caller.moment(), &acting).await;
    assert_eq!(refused(outcome), Refusal::NoFactor);
    settings::begin_app(&caller.moment(), &acting, String::new(), None)
        .await
        .unwrap();
    assert_eq!(app.number(made, &[]).await, 0);
    caller.set_up_app(&mut bob, &acting).await;
    assert_eq!((app.number(made, &[]).await, bob.codes.len()), (10, 10));
    // A second app brings no second sheet.
    let first = bob.codes.clone();
    caller.set_up_app(&mut bob, &acting).await;
    assert_eq!((app.number(made, &[]).await, &bob.codes), (10, &first));
}

async fn k09_k12_the_person_is_told_of_each_use_and_how_many_are_left(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    for (n, code) in ann.codes.iter().enumerate() {
        let token = caller.half_session(&ann).await;
        completed(caller.verify(&token, code).await.unwrap());
        let mail = app
            .last_mail_about(&ann.email, "a backup code was used")
            .await;
        let left = match 9 - n {
            0 => String::from("None is left"),
            1 => String::from("One is left"),
            left => format!("{left} are left"),
        };
        assert!(mail.text.contains(&left), "{left}: {}", mail.text);
        assert!(!mail.text.contains(code.as_str()));
    }
}

async fn k12_a_new_sheet_ends_the_old_one(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let sheet = settings::make_codes(&caller.moment(), &acting)
        .await
        .unwrap();
    assert_eq!(sheet.number, 2);
    let token = caller.half_session(&ann).await;
    assert_eq!(
        refused(caller.verify(&token, &ann.codes[0]).await),
        NOT_THAT_CODE
    );
    completed(caller.verify(&token, &sheet.codes[0]).await.unwrap());
    assert_eq!(app.mails_about(&ann.email, "new backup codes").await, 1);
}

async fn e5_checking_a_saved_code_does_not_spend_it(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    for _ in 0..2 {
        let checked = settings::check_code(&caller.moment(), &acting, ann.codes[4].clone()).await;
        let checked = checked.unwrap();
        assert_eq!(
            (checked.valid, checked.sheet, checked.ordinal),
            (true, Some(1), Some(5))
        );
    }
    let token = caller.half_session(&ann).await;
    completed(caller.verify(&token, &ann.codes[4]).await.unwrap());
    let checked = settings::check_code(&caller.moment(), &acting, ann.codes[4].clone()).await;
    assert!(!checked.unwrap().valid);
}

async fn e6_a_typing_slip_is_told_and_costs_no_try(place: &Place) {
    let app = place.app().await;
    let ann = app.person_with_app("ann@example.org").await;
    let caller = app.caller("192.0.2.1");
    let token = caller.half_session(&ann).await;
    let mut slipped = ann.codes[0].clone().into_bytes();
    slipped[1] = if slipped[1] == b'7' { b'8' } else { b'7' };
    let slipped = String::from_utf8(slipped).unwrap();
    for _ in 0..20 {
        assert_eq!(
            refused(caller.verify(&token, &slipped).await),
            Refusal::Mistyped
        );
    }
    completed(caller.verify(&token, &ann.codes[0]).await.unwrap());
}
