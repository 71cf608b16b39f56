//! A new password from within a session.

use twinlock_db::Locks;

use crate::app::{AccountId, Moment, Refusal, Stop, Work};
use crate::audit::{self, Event};
use crate::authenticators::password;
use crate::outbox::Topic;
use crate::session::FirstFactor;
use crate::session::flow::{Acting, end_others_and_renew};
use crate::sign_in;
use crate::step_up::flow::demand;
use crate::throttle::{self, Bucket};

use super::{owner, tell};

/// Changes the password. The current one is asked unless this session began with a mailed code a moment ago.
///
/// # Errors
/// [`Refusal::StepUpRequired`], [`Refusal::InvalidCredentials`], [`Refusal::Field`].
pub async fn change_password(
    moment: &Moment,
    acting: &Acting,
    current: Option<String>,
    new: &str,
) -> Result<Option<String>, Stop> {
    let looking = acting.clone();
    let (account, asks_current) = moment
        .read(move |w| {
            let session = demand(w, &looking)?;
            let has_password = password::store::load(w, session.account)?.is_some();
            Ok((
                owner(w, &session)?,
                has_password && session.first_factor == FirstFactor::Password,
            ))
        })
        .await?;
    if asks_current && current.is_none() {
        return Err(Refusal::Field {
            field: "current_password",
            code: "missing",
        }
        .into());
    }
    let about = [
        account.name.as_str(),
        account.email.as_deref().unwrap_or_default(),
        &moment.app.settings.branding.name,
    ];
    // Before the current one is tried: a new password that will not do costs no try.
    let new = password::rules::new_password(new, &moment.app.settings, &about)?;
    let change = Change {
        acting: acting.clone(),
        account: account.id,
    };
    let Some(typed) = current.filter(|_| asks_current) else {
        let hash = password::flow::hash_another(moment, account.id, new).await?;
        let locks = Locks::account(account.id.0);
        return moment.write(locks, move |w| change.make(w, &hash)).await;
    };
    if password::rules::normalize(&typed)? == new {
        return Err(password::rules::not_new().into());
    }
    let tried = password::flow::attempt(moment, account.id, &typed).await?;
    let hash = password::flow::hash_new(moment, new).await;
    let hash = password::flow::forgiving(moment, &tried, hash).await?;
    password::flow::settling(moment, tried, move |w, tried| {
        if let Err(stop) = password::flow::settle(w, tried) {
            let event = Event::new("step_up_refused").with("kind", "password");
            audit::append(w, change.account, &event)?;
            return Err(stop);
        }
        change.make(w, &hash)
    })
    .await
}

/// A change that only waits for its transaction.
struct Change {
    acting: Acting,
    account: AccountId,
}

impl Change {
    fn make(&self, w: &mut Work<'_, '_>, hash: &str) -> Result<Option<String>, Stop> {
        let session = demand(w, &self.acting)?;
        password::store::save(w, self.account, hash)?;
        // A sign-in that began with the old password goes no further.
        sign_in::store::end_all(w, self.account)?;
        // Whoever passed a second factor gets a new window: guesses made before do not count against the owner any more.
        if session.second_factor.is_some() {
            let none = throttle::Tally::default();
            throttle::store::save(w, self.account, Bucket::SecondFactor, &none)?;
        }
        tell(
            w,
            &session,
            Topic::PasswordChanged,
            "password_changed",
            Vec::new(),
        )?;
        end_others_and_renew(w, &self.acting)
    }
}
