//! Codes by text message (product lines K3, K7, K9, K13, H2; attack rows R06, B01, M02, M04, M07, N04).

use std::collections::BTreeMap;
use std::time::Duration;

use twinlock::app::{AccountId, AuthenticatorId, Refusal, Stop};
use twinlock::authenticators::{Kind, Removal};
use twinlock::session::Assurance;
use twinlock::session::flow::Acting;
use twinlock::settings::flow as settings;
use twinlock::sign_in::flow::second_factor;
use twinlock::sign_in::gate::{Progress, Step};
use twinlock::step_up::flow as step_up;
use twinlock::text_messages::Number;
use twinlock::text_messages::flow::spend;
use twinlock_delivery::{Behaviour, segments};

use crate::support::caller::completed;
use crate::support::texts::{half, known, number, person_with_text, texting, typed, with_texts};
use crate::support::{Caller, Place, TestApp, refused};

on_both_engines!(
    k3_a_number_is_proven_by_the_code_that_was_texted_to_it,
    k3_a_code_by_text_signs_in_and_is_good_once,
    k3_a_code_is_good_for_five_minutes_and_a_new_one_replaces_it,
    m04_a_code_counts_only_where_and_for_what_it_was_sent,
    r06_a_code_of_one_method_is_none_of_another,
    m02_one_number_gets_one_text_a_minute_five_an_hour_and_ten_a_day,
    m02_whoever_knows_the_password_leaves_the_owners_device_its_texts,
    n04_no_limit_tells_whether_others_have_texts_sent_to_a_number,
    n04_a_full_block_tells_nothing_of_the_numbers_in_it,
    b01_five_wrong_codes_end_the_sign_in_and_a_code_is_tried_five_times,
    k13_a_number_is_changed_only_when_the_new_one_is_proven_and_the_old_one_is_told,
    k7_text_and_app_replace_each_other_or_stand_side_by_side,
    n04_one_number_may_be_of_several_accounts_and_says_nothing_of_them,
    m07_a_provider_that_is_down_holds_up_nobody_and_nothing_is_sent_late_or_twice,
    e1_a_texted_code_steps_up_and_turns_it_off,
    e8_a_removed_number_comes_back_with_the_account,
    m01_what_sends_no_text_uses_no_limit_up,
    m01_neighbours_and_pumped_beginnings_take_no_texts_from_a_proven_number,
    e8_a_number_is_set_up_once_however_often_it_was_begun,
    b09_no_text_is_sent_while_codes_wait,
    texts_are_off_unless_somebody_delivers_them,
);

async fn verify(caller: &Caller, token: &str, code: &str) -> Result<Progress, Stop> {
    caller.verify_as(token, code, Some(Kind::Sms)).await
}

fn wrong() -> Refusal {
    Refusal::InvalidTextedCode
}

async fn k3_a_number_is_proven_by_the_code_that_was_texted_to_it(place: &Place) {
    let app = texting(place).await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let moment = caller.moment();
    for (phone, code) in [
        ("", "missing"),
        ("my number", "invalid_number"),
        ("030 901820", "not_mobile"),
        ("0900 1234567", "not_mobile"),
        ("+7 912 345-67-89", "country_not_allowed"),
    ] {
        let begun = settings::begin_text(&moment, &acting, typed(phone), None).await;
        let refusal = Refusal::Field {
            field: "phone",
            code,
        };
        assert_eq!(refused(begun), refusal, "{phone}");
    }
    assert!(app.texts().await.is_empty());
    let pending = settings::begin_text(&moment, &acting, typed("(01512) 345-67 89"), None)
        .await
        .unwrap();
    assert_eq!(pending.factor.label, "•••• 89");
    let texts = app.texts().await;
    assert_eq!(texts.len(), 1);
    assert_eq!(texts[0].to, "+4915123456789");
    assert_eq!(segments(&texts[0].body).count, 1, "{}", texts[0].body);
    let code = app.texted_code().await;
    let last = texts[0].body.lines().last().unwrap();
    assert_eq!(last, format!("@login.example.org #{code}"));
    // Half done, it changes nothing.
    assert!(caller.sign_in_without_code(&ann).await.is_some());
    let tried = settings::confirm(&moment, &acting, pending.factor.id, String::from("000000"));
    assert_eq!(refused(tried.await), wrong());
    let (bound, _) = settings::confirm(&moment, &acting, pending.factor.id, code)
        .await
        .unwrap();
    assert_eq!(bound.sheet.unwrap().codes.len(), 10);
    assert_eq!(bound.proven.factor.kind, Kind::Sms);
    assert_eq!(bound.proven.factor.label, "•••• 89");
    assert!(caller.sign_in_without_code(&ann).await.is_none());
    // Nothing of the number is readable where it is kept.
    let kept = "SELECT COUNT(*) FROM sms WHERE account_id = ?1";
    assert_eq!(app.number(kept, &[ann.account.into()]).await, 1);
}

async fn k3_a_code_by_text_signs_in_and_is_good_once(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("192.0.2.1");
    let before = app.texts().await.len();
    let token = half(&caller, &ann).await;
    // The preferred method's code is on its way at once.
    assert_eq!(app.texts().await.len(), before + 1);
    let code = app.texted_code().await;
    assert_eq!(refused(verify(&caller, &token, "12345").await), wrong());
    let done = completed(verify(&caller, &token, &code).await.unwrap());
    assert_eq!(done.session.amr(), ["pwd", "sms", "mfa"]);
    assert_eq!(done.session.assurance(), Assurance::Aal2);
    app.forward(61);
    let token = half(&caller, &ann).await;
    assert_eq!(refused(verify(&caller, &token, &code).await), wrong());
    // Twenty at once: one gets in.
    let code = app.texted_code().await;
    let tries = (0..20).map(|_| {
        let (caller, token, code) = (caller.clone(), token.clone(), code.clone());
        tokio::spawn(async move { verify(&caller, &token, &code).await.is_ok() })
    });
    let mut through = 0;
    for one in tries.collect::<Vec<_>>() {
        through += usize::from(one.await.unwrap());
    }
    assert_eq!(through, 1);
}

async fn k3_a_code_is_good_for_five_minutes_and_a_new_one_replaces_it(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("192.0.2.1");
    let token = half(&caller, &ann).await;
    let first = app.texted_code().await;
    let early = second_factor::send_text(&caller.moment(), &token, None).await;
    assert!(matches!(refused(early), Refusal::ResendTooSoon(_)));
    app.forward(60);
    let sent = second_factor::send_text(&caller.moment(), &token, None).await;
    let sent = sent.unwrap();
    assert_eq!(sent.hint, format!("•••• {}", &number(1)[11..]));
    let second = app.texted_code().await;
    assert_ne!(first, second);
    assert_eq!(refused(verify(&caller, &token, &first).await), wrong());
    app.forward(299);
    completed(verify(&caller, &token, &second).await.unwrap());
    app.forward(61);
    let token = half(&caller, &ann).await;
    let late = app.texted_code().await;
    app.forward(300);
    let tried = verify(&caller, &token, &late).await;
    assert_eq!(refused(tried), Refusal::TextedCodeOver);
}

async fn m04_a_code_counts_only_where_and_for_what_it_was_sent(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let mut caller = app.caller("192.0.2.1");
    let first = half(&caller, &ann).await;
    let code = app.texted_code().await;
    app.forward(61);
    // Another sign-in of the same person.
    let second = half(&caller, &ann).await;
    let newest = app.texted_code().await;
    assert_eq!(refused(verify(&caller, &second, &code).await), wrong());
    assert_eq!(refused(verify(&caller, &first, &newest).await), wrong());
    let done = completed(verify(&caller, &second, &newest).await.unwrap());
    caller.remember(&done);
    let acting = caller.acting(&done.token).await;
    // A code before a change is none for turning it off, and the other way round.
    app.forward(61);
    let moment = caller.moment();
    step_up::send_text(&moment, &acting, None).await.unwrap();
    let for_change = app.texted_code().await;
    let off = settings::disable(&moment, &acting, for_change.clone()).await;
    assert_eq!(refused(off), wrong());
    app.forward(61);
    let moment = caller.moment();
    settings::text_to_disable(&moment, &acting).await.unwrap();
    let to_disable = app.texted_code().await;
    let proof = step_up::Proof::Code {
        code: to_disable.clone(),
        kind: None,
    };
    assert_eq!(
        refused(step_up::prove(&moment, &acting, proof).await),
        wrong()
    );
    settings::disable(&moment, &acting, to_disable)
        .await
        .unwrap();
}

async fn r06_a_code_of_one_method_is_none_of_another(place: &Place) {
    let app = texting(place).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    caller.set_up_text(&acting, &number(1)).await;
    app.forward(3600);
    let token = caller.half_session(&ann).await;
    second_factor::send_text(&caller.moment(), &token, None)
        .await
        .unwrap();
    let texted = app.texted_code().await;
    let of_app = caller.code(&ann);
    let tried = caller.verify_as(&token, &texted, Some(Kind::Totp)).await;
    let drift_seconds = None;
    assert_eq!(refused(tried), Refusal::InvalidCode { drift_seconds });
    assert_eq!(refused(verify(&caller, &token, &of_app).await), wrong());
    let tried = verify(&caller, &token, &ann.codes[0]).await;
    assert_eq!(refused(tried), wrong());
    // Where nobody says which, either counts.
    completed(caller.verify(&token, &texted).await.unwrap());
}

async fn m02_one_number_gets_one_text_a_minute_five_an_hour_and_ten_a_day(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = known(&app, &ann).await;
    app.forward(24 * 3600);
    let before = app.texts().await.len();
    // A hundred sign-ins within one minute ask for a text each.
    for _ in 0..100 {
        half(&caller, &ann).await;
    }
    assert_eq!(app.texts().await.len(), before + 1);
    let mut of_hour = BTreeMap::from([(app.time.seconds() / 3600, 1)]);
    let mut sent_before = 1;
    for _ in 0..24 * 60 {
        app.forward(60);
        let token = half(&caller, &ann).await;
        let sent = app.texts().await.len();
        let again = second_factor::send_text(&caller.moment(), &token, None).await;
        assert!(again.is_err());
        *of_hour.entry(app.time.seconds() / 3600).or_insert(0) += sent - before - sent_before;
        sent_before = sent - before;
        if sent_before >= 10 {
            break;
        }
    }
    // Counted by hours of the clock.
    assert_eq!(of_hour.values().max(), Some(&5), "{of_hour:?}");
    assert_eq!(app.texts().await.len() - before, 10);
    app.forward(60);
    let token = half(&caller, &ann).await;
    let over = second_factor::send_text(&caller.moment(), &token, None).await;
    assert!(matches!(refused(over), Refusal::TextLimit { .. }));
}

async fn m02_whoever_knows_the_password_leaves_the_owners_device_its_texts(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let owner = known(&app, &ann).await;
    app.forward_to_next_day();
    let before = app.texts().await.len();
    let stranger = app.caller("192.0.2.66");
    for _ in 0..30 {
        half(&stranger, &ann).await;
        app.hand_over().await;
        app.forward(600);
    }
    assert_eq!(app.texts().await.len() - before, 6);
    let token = half(&stranger, &ann).await;
    let over = second_factor::send_text(&stranger.moment(), &token, None).await;
    assert!(matches!(refused(over), Refusal::TextLimit { .. }));
    let token = half(&owner, &ann).await;
    let code = app.texted_code().await;
    completed(verify(&owner, &token, &code).await.unwrap());
    // Together they stay under the number's ceiling.
    for _ in 0..30 {
        app.forward(600);
        half(&owner, &ann).await;
        half(&stranger, &ann).await;
        app.hand_over().await;
    }
    assert_eq!(app.texts().await.len() - before, 10);
}

async fn n04_no_limit_tells_whether_others_have_texts_sent_to_a_number(place: &Place) {
    let app = texting(place).await;
    let (ann, of_ann) = newcomer(&app, "ann@example.org", "192.0.2.1").await;
    let (bob, of_bob) = newcomer(&app, "bob@example.org", "192.0.2.9").await;
    let limit = Refusal::TextLimit { retry_after: 3600 };
    let begin_with = async |caller: &Caller, acting: &Acting, n: u32| {
        settings::begin_text(&caller.moment(), acting, typed(&number(n)), None).await
    };
    let begin = async |caller: &Caller, acting: &Acting| begin_with(caller, acting, 1).await;
    begin(&ann, &of_ann).await.unwrap();
    app.forward(20);
    // Whose text it was is told how long to wait, to the second.
    let again = refused(begin(&ann, &of_ann).await);
    let until = app.now().plus(Duration::from_secs(40));
    assert_eq!(again, Refusal::ResendTooSoon(until));
    assert_eq!(refused(begin(&bob, &of_bob).await), limit);
    app.forward(1);
    assert_eq!(refused(begin(&bob, &of_bob).await), limit);
    // The same with the hour's texts used up by others.
    for _ in 0..3 {
        app.forward(61);
        begin(&ann, &of_ann).await.ok();
    }
    app.forward(61);
    assert_eq!(refused(begin(&bob, &of_bob).await), limit);
    // Resending its own set-up, it is told of its own text alone.
    let pending = begin_with(&bob, &of_bob, 2).await.unwrap();
    let again = settings::resend_text(&bob.moment(), &of_bob, pending.factor.id).await;
    assert!(matches!(refused(again), Refusal::ResendTooSoon(_)));
    app.forward(60);
    begin_with(&ann, &of_ann, 2).await.unwrap();
    let again = settings::resend_text(&bob.moment(), &of_bob, pending.factor.id).await;
    assert_eq!(refused(again), limit);
}

async fn n04_a_full_block_tells_nothing_of_the_numbers_in_it(place: &Place) {
    let app = texting(place).await;
    let (ann, of_ann) = newcomer(&app, "ann@example.org", "192.0.2.1").await;
    let (eve, of_eve) = newcomer(&app, "eve@example.org", "192.0.2.66").await;
    let begin = async |caller: &Caller, acting: &Acting, last: u32| {
        let phone = typed(&format!("01512 34567{last:02}"));
        settings::begin_text(&caller.moment(), acting, phone, None).await
    };
    begin(&ann, &of_ann, 89).await.unwrap();
    for last in 0..3 {
        begin(&eve, &of_eve, last).await.unwrap();
    }
    app.forward(61);
    let limit = Refusal::TextLimit { retry_after: 3600 };
    assert_eq!(refused(begin(&eve, &of_eve, 89).await), limit);
    assert_eq!(refused(begin(&eve, &of_eve, 99).await), limit);
    // What an account set up today, it may ask a new code for.
    begin(&ann, &of_ann, 89).await.unwrap();
}

async fn b01_five_wrong_codes_end_the_sign_in_and_a_code_is_tried_five_times(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = app.caller("192.0.2.1");
    let token = half(&caller, &ann).await;
    let code = app.texted_code().await;
    for n in 0..5 {
        let guess = format!("{:06}", (code.parse::<u32>().unwrap() + 1 + n) % 1_000_000);
        refused(verify(&caller, &token, &guess).await);
    }
    assert_eq!(
        refused(verify(&caller, &token, &code).await),
        Refusal::SignInExpired
    );
    // In a set-up five tries use the code up, so that nobody proves a number by guessing.
    let bob = app.person("bob@example.org").await;
    let mut caller = app.caller("192.0.2.9");
    let session = caller.sign_in(&bob).await;
    let acting = caller.acting(&session.token).await;
    let moment = caller.moment();
    let pending = settings::begin_text(&moment, &acting, typed(&number(2)), None)
        .await
        .unwrap();
    let code = app.texted_code().await;
    for n in 0..5 {
        let guess = format!("{:06}", (code.parse::<u32>().unwrap() + 1 + n) % 1_000_000);
        let tried = settings::confirm(&moment, &acting, pending.factor.id, guess).await;
        assert_eq!(refused(tried), wrong());
    }
    let tried = settings::confirm(&moment, &acting, pending.factor.id, code).await;
    assert_eq!(refused(tried), Refusal::TextedCodeOver);
}

async fn k13_a_number_is_changed_only_when_the_new_one_is_proven_and_the_old_one_is_told(
    place: &Place,
) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let mut caller = app.caller("192.0.2.1");
    let token = half(&caller, &ann).await;
    let code = app.texted_code().await;
    let done = completed(verify(&caller, &token, &code).await.unwrap());
    caller.remember(&done);
    let acting = caller.acting(&done.token).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let old = held.factors[0].id;
    let moment = caller.moment();
    let same = settings::begin_text(&moment, &acting, typed(&number(1)), Some(old)).await;
    assert!(matches!(
        refused(same),
        Refusal::AlreadyExists | Refusal::ResendTooSoon(_)
    ));
    let pending = settings::begin_text(&moment, &acting, typed(&number(2)), Some(old))
        .await
        .unwrap();
    let code = app.texted_code().await;
    // The old number still works.
    let held = settings::overview(&moment, &acting).await.unwrap().held;
    assert_eq!(held.factors[0].id, old);
    settings::confirm(&moment, &acting, pending.factor.id, code)
        .await
        .unwrap();
    let held = settings::overview(&moment, &acting).await.unwrap().held;
    assert_eq!(held.ids(), [pending.factor.id]);
    let texts = app.texts().await;
    let told = texts.last().unwrap();
    assert!(told.to.ends_with(&number(1)[6..]), "{}", told.to);
    assert!(told.body.contains("no longer come to this number"));
    assert_eq!(segments(&told.body).count, 1, "{}", told.body);
    assert_eq!(app.mails_about(&ann.email, "set up anew").await, 1);
    // Without a fresh proof nothing is sent.
    app.forward(24 * 3600);
    let before = app.texts().await.len();
    let late = settings::begin_text(&caller.moment(), &acting, typed(&number(3)), None).await;
    assert_eq!(refused(late), Refusal::StepUpRequired);
    assert_eq!(app.texts().await.len(), before);
}

async fn k7_text_and_app_replace_each_other_or_stand_side_by_side(place: &Place) {
    let app = texting(place).await;
    let mut ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    // Both at once, the app asked first.
    caller.set_up_text(&acting, &number(1)).await;
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let kinds: Vec<_> = held.factors.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Totp, Kind::Sms]);
    let before = app.texts().await.len();
    app.forward(3600);
    caller.half_session(&ann).await;
    assert_eq!(app.texts().await.len(), before, "nobody asked for a text");
    // H4: the number preferred, its code comes at once.
    let phone = held.factors[1].id;
    let acting = {
        let token = caller.half_session(&ann).await;
        app.forward(30);
        let done = completed(caller.verify(&token, &caller.code(&ann)).await.unwrap());
        caller.acting(&done.token).await
    };
    settings::prefer(&caller.moment(), &acting, phone)
        .await
        .unwrap();
    caller.half_session(&ann).await;
    assert_eq!(app.texts().await.len(), before + 1);
    // A new app in place of the number.
    let begun = settings::begin_app(&caller.moment(), &acting, String::new(), Some(phone))
        .await
        .unwrap();
    let new = twinlock_testkit::phone::Phone::scan(&begun.uri).unwrap();
    let code = new.code_at(app.time.seconds());
    settings::confirm(&caller.moment(), &acting, begun.id, code)
        .await
        .unwrap();
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    assert!(held.factors.iter().all(|one| one.kind == Kind::Totp));
    let told = app.texts().await;
    assert!(
        told.last()
            .unwrap()
            .body
            .contains("no longer come to this number")
    );
    ann.phone = Some(new);
}

async fn n04_one_number_may_be_of_several_accounts_and_says_nothing_of_them(place: &Place) {
    let app = texting(place).await;
    person_with_text(&app, "ann@example.org", &number(1)).await;
    let bob = person_with_text(&app, "bob@example.org", &number(1)).await;
    let caller = app.caller("192.0.2.1");
    let token = half(&caller, &bob).await;
    let code = app.texted_code().await;
    completed(verify(&caller, &token, &code).await.unwrap());
}

async fn m07_a_provider_that_is_down_holds_up_nobody_and_nothing_is_sent_late_or_twice(
    place: &Place,
) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let caller = known(&app, &ann).await;
    app.forward(60);
    let before = app.texts.sent().len();
    app.texts.behave(Behaviour::Fail);
    let token = half(&caller, &ann).await;
    app.hand_over().await;
    let told = second_factor::texted(&caller.moment(), &token)
        .await
        .unwrap();
    assert_eq!(told.unwrap().state.unwrap().word(), "queued");
    // It is back within the life of the code: the text leaves, once.
    app.texts.behave(Behaviour::Accept);
    app.forward(10);
    app.hand_over().await;
    app.forward(10);
    app.hand_over().await;
    assert_eq!(app.texts.sent().len(), before + 1);
    let told = second_factor::texted(&caller.moment(), &token)
        .await
        .unwrap();
    assert_eq!(told.unwrap().state.unwrap().word(), "accepted");
    let code = app.texted_code().await;
    completed(verify(&caller, &token, &code).await.unwrap());
    // Down for longer than the code lives: nothing is sent after it died.
    app.texts.behave(Behaviour::Fail);
    app.forward(60);
    let token = half(&caller, &ann).await;
    app.hand_over().await;
    app.texts.behave(Behaviour::Accept);
    app.forward(301);
    app.hand_over().await;
    assert_eq!(app.texts.sent().len(), before + 1);
    let told = second_factor::texted(&caller.moment(), &token)
        .await
        .unwrap();
    assert_eq!(told.unwrap().state.unwrap().word(), "expired");
    // Taken, and the answer lost: it counts as sent, and is not sent again.
    app.texts.behave(Behaviour::AcceptThenFail);
    let token = half(&caller, &ann).await;
    app.hand_over().await;
    app.forward(30);
    app.hand_over().await;
    assert_eq!(app.texts.sent().len(), before + 2);
    let told = second_factor::texted(&caller.moment(), &token)
        .await
        .unwrap();
    assert_eq!(told.unwrap().state.unwrap().word(), "unknown");
    app.texts.behave(Behaviour::Refuse);
    app.forward(60);
    let token = half(&caller, &ann).await;
    app.hand_over().await;
    let told = second_factor::texted(&caller.moment(), &token)
        .await
        .unwrap();
    assert_eq!(told.unwrap().state.unwrap().word(), "refused");
}

async fn e1_a_texted_code_steps_up_and_turns_it_off(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let mut caller = app.caller("192.0.2.1");
    let token = half(&caller, &ann).await;
    let code = app.texted_code().await;
    let done = completed(verify(&caller, &token, &code).await.unwrap());
    caller.remember(&done);
    let acting = caller.acting(&done.token).await;
    app.forward(3600);
    let moment = caller.moment();
    let codes = settings::make_codes(&moment, &acting).await;
    assert_eq!(refused(codes), Refusal::StepUpRequired);
    let sent = step_up::send_text(&moment, &acting, None).await.unwrap();
    assert!(sent.sent.is_live);
    let proof = step_up::Proof::Code {
        code: app.texted_code().await,
        kind: None,
    };
    step_up::prove(&moment, &acting, proof).await.unwrap();
    settings::make_codes(&moment, &acting).await.unwrap();
    app.forward(61);
    let moment = caller.moment();
    settings::text_to_disable(&moment, &acting).await.unwrap();
    let code = app.texted_code().await;
    settings::disable(&moment, &acting, code).await.unwrap();
    assert!(caller.sign_in_without_code(&ann).await.is_some());
}

async fn e8_a_removed_number_comes_back_with_the_account(place: &Place) {
    let app = texting(place).await;
    let ann = app.person_with_app("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    caller.set_up_text(&acting, &number(1)).await;
    app.forward(60);
    let held = settings::overview(&caller.moment(), &acting)
        .await
        .unwrap()
        .held;
    let phone = held.factors[1].id;
    settings::remove(&caller.moment(), &acting, phone, Removal::Undoable)
        .await
        .unwrap();
    let mail = app.last_mail_to(&ann.email).await;
    let at = mail.text.find("/not-me/").unwrap() + "/not-me/".len();
    let link = mail.text[at..].split_whitespace().next().unwrap();
    twinlock::freeze::flow::press(&caller.moment(), link)
        .await
        .unwrap()
        .unwrap();
    let told = app.texts().await;
    assert!(
        told.last()
            .unwrap()
            .body
            .contains("no longer come to this number")
    );
    // Opened again by the number that was taken away.
    app.forward(60);
    let token = caller.half_session(&ann).await;
    second_factor::send_text(&caller.moment(), &token, None)
        .await
        .unwrap();
    let code = app.texted_code().await;
    let step = verify(&caller, &token, &code).await.unwrap();
    assert!(matches!(step.step, Step::VerifyEmail { .. }));
}

async fn texts_are_off_unless_somebody_delivers_them(place: &Place) {
    let app = place
        .app_with(|settings| {
            with_texts(settings);
            settings.sms.provider = None;
        })
        .await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let acting = caller.acting(&session.token).await;
    let begun = settings::begin_text(&caller.moment(), &acting, typed(&number(1)), None).await;
    assert_eq!(refused(begun), Refusal::KindUnavailable);
    let default = place.app().await;
    assert!(default.app.texts.is_none());
}

/// Somebody new in a fresh session.
async fn newcomer(app: &TestApp, email: &str, network: &str) -> (Caller, Acting) {
    let person = app.person(email).await;
    let mut caller = app.caller(network);
    let session = caller.sign_in(&person).await;
    let acting = caller.acting(&session.token).await;
    (caller, acting)
}

async fn m01_what_sends_no_text_uses_no_limit_up(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let (eve, acting) = newcomer(&app, "eve@example.org", "192.0.2.66").await;
    let nothing = Some(AuthenticatorId([9; 16]));
    for _ in 0..30 {
        app.forward(1);
        let moment = eve.moment();
        let begun = settings::begin_text(&moment, &acting, typed(&number(1)), nothing).await;
        assert_eq!(refused(begun), Refusal::NotFound);
    }
    let before = app.texts().await.len();
    half(&app.caller("192.0.2.1"), &ann).await;
    assert_eq!(app.texts().await.len(), before + 1);
}

async fn m01_neighbours_and_pumped_beginnings_take_no_texts_from_a_proven_number(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", "01512 3456789").await;
    app.forward(24 * 3600);
    let (eve, acting) = newcomer(&app, "eve@example.org", "192.0.2.66").await;
    for last in 80..84 {
        app.forward(61);
        let neighbour = typed(&format!("01512 34567{last}"));
        let begun = settings::begin_text(&eve.moment(), &acting, neighbour, None).await;
        assert!(begun.is_ok());
    }
    let allowed = app.app.settings.sms.allowed_countries.clone();
    let mut stopped = false;
    for n in 0..40_u8 {
        let phone = Number::parse(&number(u32::from(n) + 50), Some("DE"), &allowed).unwrap();
        let from = app.caller(&format!("198.51.100.{n}"));
        let spent = spend(&from.moment(), AccountId([n + 1; 16]), &phone, false).await;
        stopped |= spent.is_err();
    }
    assert!(
        stopped,
        "the beginning is stopped for numbers nobody proved"
    );
    let before = app.texts().await.len();
    half(&app.caller("192.0.2.1"), &ann).await;
    assert_eq!(app.texts().await.len(), before + 1);
}

async fn e8_a_number_is_set_up_once_however_often_it_was_begun(place: &Place) {
    let app = texting(place).await;
    let (caller, acting) = newcomer(&app, "ann@example.org", "192.0.2.1").await;
    let mut begun = Vec::new();
    for _ in 0..2 {
        let moment = caller.moment();
        let pending = settings::begin_text(&moment, &acting, typed(&number(1)), None).await;
        let id = pending.unwrap().factor.id;
        begun.push((id, app.texted_code().await));
        app.forward(61);
    }
    let (second, code) = begun.pop().unwrap();
    settings::confirm(&caller.moment(), &acting, second, code)
        .await
        .unwrap();
    let (first, code) = begun.pop().unwrap();
    let twin = settings::confirm(&caller.moment(), &acting, first, code).await;
    assert_eq!(refused(twin), Refusal::AlreadyExists);
}

async fn b09_no_text_is_sent_while_codes_wait(place: &Place) {
    let app = texting(place).await;
    let ann = person_with_text(&app, "ann@example.org", &number(1)).await;
    let stranger = app.caller("192.0.2.66");
    let token = half(&stranger, &ann).await;
    let code = app.texted_code().await;
    for n in 0..5 {
        let guess = format!("{:06}", (code.parse::<u32>().unwrap() + 1 + n) % 1_000_000);
        refused(verify(&stranger, &token, &guess).await);
    }
    let before = app.texts().await.len();
    let token = half(&stranger, &ann).await;
    assert_eq!(app.texts().await.len(), before);
    let asked = second_factor::send_text(&stranger.moment(), &token, None).await;
    assert!(matches!(refused(asked), Refusal::Locked { .. }));
}

#[test]
fn a_text_is_one_segment_whatever_the_name_in_it() {
    let messages = twinlock::edge::texts::catalog().unwrap().messages("en");
    let host = Some("login.example.org");
    for (name, host, says) in [
        (
            "Acme",
            host,
            "123456 is your Acme code. It is good for 5 minutes.",
        ),
        ("Магазин", None, "123456 is your Магазин code."),
        (
            &"Storage and Removals ".repeat(5),
            host,
            "123456 is your Storage and Removals",
        ),
        (
            &"Ж".repeat(60),
            None,
            "123456 is your ЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖ code.",
        ),
        (&"Ж".repeat(60), host, "123456"),
    ] {
        let text = twinlock::authenticators::sms::rules::body(&messages, name, "123456", host);
        assert_eq!(segments(&text).count, 1, "{text}");
        assert!(text.starts_with(says), "{text}");
    }
}
