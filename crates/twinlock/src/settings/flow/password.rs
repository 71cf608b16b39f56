//! A new password from within a session.

use twinlock_db::Locks;

use crate::app::{Moment, Refusal, Stop};
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
    let tried = match (asks_current, current) {
        (true, None) => {
            return Err(Refusal::Field {
                field: "current_password",
                code: "missing",
            }
            .into());
        }
        (true, Some(typed)) => Some(password::flow::attempt(moment, account.id, &typed).await?),
        (false, _) => None,
    };
    let about = [
        account.name.as_str(),
        account.email.as_deref().unwrap_or_default(),
        &moment.app.settings.branding.name,
    ];
    let new = password::rules::new_password(new, &moment.app.settings, &about)?;
    let hash = password::flow::hash_new(moment, new).await?;
    let acting = acting.clone();
    let token = moment
        .write(Locks::account(account.id.0), move |w| {
            let session = demand(w, &acting)?;
            if let Some(tried) = &tried {
                if let Err(stop) = password::flow::settle(w, tried) {
                    let event = Event::new("step_up_refused").with("kind", "password");
                    audit::append(w, session.account, &event)?;
                    return Err(stop);
                }
            }
            password::store::save(w, session.account, &hash)?;
            // A sign-in that began with the old password goes no further.
            sign_in::store::end_all(w, session.account)?;
            // Whoever passed a second factor gets a new window: guesses made before do not count against the owner any more.
            if session.second_factor.is_some() {
                throttle::store::save(
                    w,
                    session.account,
                    Bucket::SecondFactor,
                    &throttle::Tally::default(),
                )?;
            }
            tell(w, &session, Topic::PasswordChanged, "password_changed", "")?;
            end_others_and_renew(w, &acting)
        })
        .await?;
    Ok(token)
}
