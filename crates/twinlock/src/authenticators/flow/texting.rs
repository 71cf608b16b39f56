//! Where a code by text stands in one sign-in, session or set-up, for whoever asks for it.

use std::time::Duration;

use twinlock_web::i18n::Arg;

use crate::app::{AccountId, AuthenticatorId, Refusal, Stop, Timestamp, Work};
use crate::authenticators::rules::{Ceremony, Held, Kind, locked};
use crate::authenticators::sms::flow::{Pending, Texted, among, registering, texted};
use crate::authenticators::sms::{rules::cut, store};
use crate::authenticators::store::{self as authenticators, Authenticator};
use crate::text_messages::flow::{spend_notice, waits_until};
use crate::text_messages::store::{Outgoing, post};
use crate::throttle::Standing;

use super::binding;
use super::judging::standings;

/// Where a code by text stands.
#[derive(Clone, Debug)]
pub struct AskedText {
    /// The number it went to, or would go to, as it is shown.
    pub to: String,
    /// The code that was texted last for just this.
    pub texted: Option<Texted>,
    /// The number got a text for something else so lately that none can be sent before this.
    pub waits_until: Option<Timestamp>,
    /// Codes are not looked at now, and none is sent.
    pub locked: Option<Refusal>,
}

impl AskedText {
    /// Of a number that is being set up: its owner typed it a moment ago and is shown the whole of it, to see a wrong digit.
    #[must_use]
    pub fn of(pending: Pending) -> Self {
        Self {
            to: pending.number.international(),
            texted: pending.texted,
            waits_until: None,
            locked: None,
        }
    }
}

/// Where the code to one of the numbers in `held` stands within a ceremony; nothing where there is no number.
///
/// # Errors
/// The database's trouble.
pub fn asked_text(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    held: &Held,
) -> Result<Option<AskedText>, Stop> {
    let last = texted(w, account, ceremony)?;
    let to = last.as_ref().map(|last| last.sent.factor);
    let numbers = held.factors.iter();
    let asked = numbers
        .clone()
        .find(|one| Some(one.id) == to)
        .map_or_else(|| among(&held.factors, None).ok(), |one| Some(one.id));
    let Some(asked) = asked else {
        return Ok(None);
    };
    let texted = last.filter(|last| last.sent.factor == asked);
    let waits_until = match store::load(w, account, asked)? {
        Some((number, _)) if texted.is_none() => waits_until(w, account, &number)?,
        _ => None,
    };
    let mut shown = numbers.filter(|one| one.id == asked);
    Ok(Some(AskedText {
        to: shown
            .next()
            .map(|one| one.label.clone())
            .unwrap_or_default(),
        texted,
        waits_until,
        locked: refused_texts(w, account, held)?,
    }))
}

/// A second factor, and the code that was texted last to it: to set it up, or within `asked`.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, or it died half done.
pub fn where_it_stands(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    asked: Option<Ceremony>,
) -> Result<(Authenticator, Option<Texted>), Stop> {
    let factor = authenticators::load(w, account, id)?.ok_or(Refusal::NotFound)?;
    let ceremony = if factor.pending {
        binding::pending(w, account, id)?;
        Some(registering(id))
    } else {
        asked
    };
    let last = match ceremony {
        Some(ceremony) if factor.kind == Kind::Sms => texted(w, account, ceremony)?,
        _ => None,
    };
    Ok((factor, last.filter(|last| last.sent.factor == id)))
}

/// Refuses to send a code while none is looked at: it would be worth nothing.
///
/// # Errors
/// [`Refusal::Locked`].
pub fn may_be_texted(w: &mut Work<'_, '_>, account: AccountId, held: &Held) -> Result<(), Stop> {
    match refused_texts(w, account, held)? {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

fn refused_texts(
    w: &mut Work<'_, '_>,
    account: AccountId,
    held: &Held,
) -> Result<Option<Refusal>, Stop> {
    let standings = standings(w, account, held)?;
    let with_code = matches!(standings.backup_code, Some(Standing::Open));
    Ok(match standings.text {
        Some(Standing::Until(until)) => Some(locked(Some(until), with_code)),
        Some(Standing::Off) => Some(locked(None, with_code)),
        Some(Standing::Open) | None => None,
    })
}

/// Tells a number by text that codes come to it no longer: another method took its place, or it was removed. Nothing where nobody delivers,
/// where texts do not go there any more, or where the day's are used up: the mail tells it as well.
///
/// # Errors
/// The database's trouble.
pub(super) fn tell_ended(
    w: &mut Work<'_, '_>,
    account: AccountId,
    old: AuthenticatorId,
) -> Result<(), Stop> {
    let Some((number, Some(_))) = store::load(w, account, old)? else {
        return Ok(());
    };
    let allowed = &w.settings().sms.allowed_countries;
    if w.moment.app.texts.is_none() || !number.is_allowed(allowed) || !spend_notice(w, &number)? {
        return Ok(());
    }
    let messages = w.moment.messages();
    let (product, words) = match store::application(w, account)? {
        Some(application) => (application, "sms-number-ended-application"),
        None => (w.settings().branding.name.clone(), "sms-number-ended"),
    };
    let product = Arg::from(cut(&product));
    let outgoing = Outgoing {
        to: number,
        body: messages.plain_with(words, &[("product", product)]),
    };
    let until = w.now().plus(NOTICE_LIFE);
    post(w, account, &outgoing, until).map(|_| ())
}

/// How long a notice is tried.
const NOTICE_LIFE: Duration = Duration::from_secs(3600);
