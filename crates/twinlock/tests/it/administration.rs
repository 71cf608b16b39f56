//! Pages of administrators: theirs alone (E9).

use twinlock::account::Role;
use twinlock::text_messages::Number;
use twinlock::text_messages::flow::{entered, spend};

use crate::support::texts::with_texts;
use crate::support::{Place, TestApp};

on_both_engines!(e9_an_administrator_sees_where_texts_go_and_nobody_else_does,);

async fn made_administrator(app: &TestApp, person: &crate::support::Person) {
    let account = person.account;
    app.work_on(account, move |w| {
        let promote = "UPDATE account SET role = ?2 WHERE account_id = ?1";
        w.tx.execute(
            promote,
            &[account.into(), Role::Administrator.word().into()],
        )?;
        Ok(())
    })
    .await;
}

async fn e9_an_administrator_sees_where_texts_go_and_nobody_else_does(place: &Place) {
    let app = place.app_with(with_texts).await;
    let ann = app.person("ann@example.org").await;
    let mut caller = app.caller("192.0.2.1");
    let session = caller.sign_in(&ann).await;
    let mut browser = app.browser();
    browser.cookies.plant("__Host-twinlock", &session.token);
    assert_eq!(browser.get("/admin/texts").await.status, 404);
    assert_eq!(app.browser().get("/admin/texts").await.status, 303);
    browser.open("/settings/security").await;
    assert!(!browser.sees("Administration"));
    made_administrator(&app, &ann).await;
    browser.open("/settings/security").await;
    browser.must_see("Administration: text messages");
    browser.open("/admin/texts").await;
    browser.must_see("No text was sent in the last 24 hours");
    let allowed = &app.app.settings.sms.allowed_countries;
    let number = Number::parse("+49 1512 3456789", None, allowed).unwrap();
    spend(&caller.moment(), ann.account, &number, false)
        .await
        .unwrap();
    assert!(
        spend(&caller.moment(), ann.account, &number, false)
            .await
            .is_err()
    );
    let at = caller.moment().now;
    let account = ann.account;
    app.work_on(account, move |w| entered(w, account, &number, at, false))
        .await;
    browser.open("/admin/texts").await;
    browser.must_see("+491512…");
    browser.must_see("1 sent in all. At most 500 leave in a day.");
}
