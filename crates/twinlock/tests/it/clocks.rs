//! A machine whose clock jumps, stands still or is set by somebody who is wrong (attack rows Z08, Z09, Z10).

use std::time::Duration;

use http::StatusCode;
use twinlock::server::clock_mark;
use twinlock::session;
use twinlock_testkit::phone::Phone;

use crate::support::caller::{Caller, NOT_THAT_CODE, Person, completed};
use crate::support::place::START;
use crate::support::{Place, TestApp, refused};

on_both_engines!(
    z09_a_clock_years_ahead_for_an_hour_locks_nobody_out_and_ends_nothing,
    z09_what_is_doubted_is_said_and_ends_by_an_operators_word,
    z09_a_start_years_ahead_is_doubted_and_one_after_weeks_is_not,
    z08_a_clock_set_back_a_day_revives_neither_code_nor_session_nor_ends_a_wait,
    z08_z09_a_second_server_whose_clock_is_wrong_believes_the_first,
    z10_codes_are_right_at_every_time_a_clock_can_show,
);

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 3600;
const YEAR: u64 = 365 * DAY;

/// Time that passes for the machine and for everybody.
fn pass(place: &Place, seconds: u64) {
    place.time.forward(Duration::from_secs(seconds));
    place.steady.forward(Duration::from_secs(seconds));
}

/// Ann, whose phone shows the right time whatever the server's machine shows.
async fn ann(place: &Place, app: &TestApp) -> (Caller, Person) {
    let mut caller = app.caller("192.0.2.1");
    let (mut ann, signed_up) = caller.sign_up("ann@example.org").await;
    let acting = caller.acting(&signed_up.token).await;
    caller.set_up_app(&mut ann, &acting).await;
    caller.client.device_tokens.clear();
    pass(place, 10 * MINUTE);
    (caller, ann)
}

async fn z09_a_clock_years_ahead_for_an_hour_locks_nobody_out_and_ends_nothing(place: &Place) {
    let app = place.app_on_a_machine().await;
    let (mut caller, ann) = ann(place, &app).await;
    let before = caller.sign_in_at(&ann, place.time.seconds()).await;
    clock_mark::keep(&app.app).await.unwrap();
    let rows = app.number("SELECT COUNT(*) FROM session", &[]).await;

    place.time.forward(Duration::from_secs(10 * YEAR));
    pass(place, 30 * MINUTE);
    assert!(caller.try_acting(&before.token).await.is_some());
    app.work(session::store::purge).await.unwrap();
    assert_eq!(
        app.number("SELECT COUNT(*) FROM session", &[]).await,
        rows,
        "nothing is cleared away on the word of a clock that is in doubt"
    );
    // A code of the phone, and not one of the machine's time.
    let right = place.time.seconds() - i64::try_from(10 * YEAR).unwrap();
    let token = caller.half_session(&ann).await;
    let ahead = ann.phone().code_at(place.time.seconds());
    assert_eq!(refused(caller.verify(&token, &ahead).await), NOT_THAT_CODE);
    let token = caller.half_session(&ann).await;
    completed(
        caller
            .verify(&token, &ann.phone().code_at(right))
            .await
            .unwrap(),
    );
    clock_mark::keep(&app.app).await.unwrap();

    place.time.back(Duration::from_secs(10 * YEAR));
    pass(place, 30 * MINUTE);
    assert_eq!(app.app.clock.doubt(), None);
    let now = place.time.seconds();
    caller.sign_in_at(&ann, now).await;
    // And a server that starts afterwards has heard of no year to come.
    let later = place.restarted_on_a_machine(&app).await;
    pass(place, MINUTE);
    let mut caller = later.caller("192.0.2.1");
    caller.sign_in_at(&ann, place.time.seconds()).await;
}

async fn z09_what_is_doubted_is_said_and_ends_by_an_operators_word(place: &Place) {
    let app = place.app_on_a_machine().await;
    let (mut caller, ann) = ann(place, &app).await;
    clock_mark::keep(&app.app).await.unwrap();
    place.time.forward(Duration::from_secs(3 * DAY));
    pass(place, 30);
    let ready = app.browser().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert!(ready.body.contains("in doubt"), "{}", ready.body);
    clock_mark::keep(&app.app).await.unwrap();
    let doubt = clock_mark::doubt(&app.app.store).await.unwrap().unwrap();
    assert_eq!(doubt.machine.as_millis(), place.time.millis());

    let now = app.app.clock.doubt().unwrap().machine;
    clock_mark::accept(&app.app.store, now).await.unwrap();
    pass(place, MINUTE);
    clock_mark::keep(&app.app).await.unwrap();
    assert_eq!(app.app.clock.doubt(), None);
    assert_eq!(clock_mark::doubt(&app.app.store).await.unwrap(), None);
    caller.sign_in_at(&ann, place.time.seconds()).await;
    let ready = app.browser().get("/readyz").await;
    assert_eq!(ready.body, "ready\n");
}

async fn z09_a_start_years_ahead_is_doubted_and_one_after_weeks_is_not(place: &Place) {
    let app = place.app_on_a_machine().await;
    clock_mark::keep(&app.app).await.unwrap();
    place.time.forward(Duration::from_secs(3 * 7 * DAY));
    let app = place.restarted_on_a_machine(&app).await;
    assert_eq!(app.app.clock.doubt(), None);
    clock_mark::keep(&app.app).await.unwrap();
    let right = place.time.millis();
    for wrong in [0, -1, right + i64::try_from(10 * YEAR * 1000).unwrap()] {
        place.time.set_millis(wrong);
        let app = place.restarted_on_a_machine(&app).await;
        assert_eq!(app.now().as_millis(), right);
        clock_mark::keep(&app.app).await.unwrap();
        let mark = clock_mark::seen(&app.app.store).await.unwrap().unwrap();
        assert_eq!(mark.seen.as_millis(), right);
    }
    place.time.set_millis(right);
}

async fn z08_a_clock_set_back_a_day_revives_neither_code_nor_session_nor_ends_a_wait(
    place: &Place,
) {
    let app = place.app_on_a_machine().await;
    let (mut caller, ann) = ann(place, &app).await;
    let used = ann.phone().code_at(place.time.seconds());
    let signed_in = caller.sign_in_at(&ann, place.time.seconds()).await;
    pass(place, 6 * DAY);
    assert!(caller.try_acting(&signed_in.token).await.is_some());
    pass(place, 7 * DAY);
    place.time.back(Duration::from_secs(DAY));
    assert!(
        caller.try_acting(&signed_in.token).await.is_none(),
        "it was unused for seven days, whatever the clock says now"
    );
    let token = caller.half_session(&ann).await;
    assert_eq!(refused(caller.verify(&token, &used).await), NOT_THAT_CODE);
    for n in 1..5 {
        let wrong = ann.phone().wrong_code(place.time.seconds(), n);
        let token = caller.half_session(&ann).await;
        assert_eq!(refused(caller.verify(&token, &wrong).await), NOT_THAT_CODE);
    }
    place.time.back(Duration::from_secs(DAY));
    pass(place, 29);
    let token = caller.half_session(&ann).await;
    let right = |seconds_ago: i64| place.time.seconds() + 2 * 24 * 3600 + seconds_ago;
    let early = caller.verify(&token, &ann.phone().code_at(right(0))).await;
    assert!(
        matches!(refused(early), twinlock::app::Refusal::Locked { .. }),
        "thirty seconds are not over"
    );
    pass(place, 2);
    let token = caller.half_session(&ann).await;
    let late = caller.verify(&token, &ann.phone().code_at(right(0))).await;
    completed(late.unwrap());
    place.time.forward(Duration::from_secs(2 * DAY));
}

async fn z08_z09_a_second_server_whose_clock_is_wrong_believes_the_first(place: &Place) {
    let one = place.app_on_a_machine().await;
    clock_mark::keep(&one.app).await.unwrap();
    let right = place.time.millis();
    place.time.back(Duration::from_secs(9 * DAY));
    let two = place.app_on_a_machine().await;
    assert_eq!(two.now().as_millis(), right);
    assert!(two.app.clock.doubt().is_some());
    place.time.set_millis(right);
    assert_eq!(two.app.clock.doubt(), None);
}

/// RFC 6238, appendix B, and the edges of 32 bits: through the whole application, its clock at that very second.
async fn z10_codes_are_right_at_every_time_a_clock_can_show(place: &Place) {
    let app = place.app().await;
    // The letters 12345678901234567890 in base32.
    let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let link = format!("otpauth://totp/x?secret={seed}&digits=8");
    let phone = Phone::scan(&link).unwrap();
    let vectors = [
        (59, Some("94287082")),
        (1_111_111_109, Some("07081804")),
        (1_111_111_111, Some("14050471")),
        (1_234_567_890, Some("89005924")),
        (2_000_000_000, Some("69279037")),
        (20_000_000_000, Some("65353130")),
        (-1, None),
        (0, None),
        // 2016-12-31T23:59:60 was a second that Unix time counts twice.
        (1_483_228_799, None),
        (1_483_228_800, None),
        ((1 << 31) - 1, None),
        (1 << 31, None),
        ((1 << 31) + 1, None),
        ((1 << 32) - 1, None),
        (1 << 32, None),
        (4_291_747_199, None),
        (253_402_300_799, None),
    ];
    let key = app
        .api_key("Acme", &twinlock::application::Scope::ALL)
        .await;
    for (at, wanted) in vectors {
        place.time.set_millis(at * 1000);
        let mut api = app.api().with(&key);
        let made = api.post("/api/v1/accounts", &serde_json::json!({})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{at}: {}", made.body);
        let account = made.json()["id"].as_str().unwrap().to_owned();
        let factor = serde_json::json!({
            "kind": "totp", "secret": seed, "digits": 8, "activate": true
        });
        let path = format!("/api/v1/accounts/{account}");
        let bound = api.post(&format!("{path}/factors"), &factor).await;
        assert_eq!(bound.status, StatusCode::CREATED, "{at}: {}", bound.body);
        let code = phone.code_at(at);
        assert_eq!(code, wanted.unwrap_or(&code), "{at}");
        for verified in [true, false] {
            let body = serde_json::json!({ "code": code });
            let answer = api.post(&format!("{path}/verify"), &body).await;
            if at < 0 {
                // Before 1970 nothing is compared at all; it is a refusal like any other.
                assert_eq!(answer.json()["code"], "locked", "{}", answer.body);
                continue;
            }
            assert_eq!(answer.status, StatusCode::OK, "{at}: {}", answer.body);
            assert_eq!(answer.json()["verified"], verified, "{at}: {}", answer.body);
        }
    }
    place.time.set_millis(START);
}
