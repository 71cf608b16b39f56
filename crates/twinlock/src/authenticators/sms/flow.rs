//! Proving a number, sending codes to it, and comparing them.

use twinlock_db::Locks;

use crate::account::Account;
use crate::app::{AccountId, AuthenticatorId, Moment, Refusal, Stop, Timestamp, Work};
use crate::authenticators::Kind;
use crate::authenticators::flow::binding::{self, Proven};
use crate::authenticators::rules::{Ceremony, Purpose};
use crate::authenticators::store::{self as authenticators, Authenticator};
use crate::text_messages::rules::{SHOWN, is_hint};
use crate::text_messages::store::{Outgoing, State, post};
use crate::text_messages::{self, Number, flow as texts};

use super::rules::{body, code};
use super::store::{self, Sent};

/// A number that waits for its code.
pub struct Pending {
    /// The half-done authenticator.
    pub factor: Authenticator,
    /// The number.
    pub number: Number,
    /// The code that was sent last.
    pub texted: Option<Texted>,
}

/// Reads a typed number; only where texts are sent at all.
///
/// # Errors
/// [`Refusal::KindUnavailable`]; [`Refusal::Field`] for a number that will not do.
pub fn read_number(moment: &Moment, typed: &str, country: Option<&str>) -> Result<Number, Stop> {
    let app = &moment.app;
    if !binding::offered(app).contains(&Kind::Sms) {
        return Err(Refusal::KindUnavailable.into());
    }
    let allowed = &app.settings.sms.allowed_countries;
    Number::parse(typed, country, allowed).map_err(|problem| {
        Refusal::Field {
            field: "phone",
            code: problem.code(),
        }
        .into()
    })
}

/// Begins setting a number up and sends the first code to it. Call after [`text_messages::flow::spend`]. It changes nothing until the code comes back.
///
/// # Errors
/// [`Refusal::KindUnavailable`]; [`Refusal::Field`] for a full account; [`Refusal::NotFound`] for an unknown method to replace;
/// [`Refusal::AlreadyExists`] for a number the account has already.
pub fn begin(
    w: &mut Work<'_, '_>,
    account: &Account,
    number: &Number,
    replaces: Option<AuthenticatorId>,
) -> Result<Pending, Stop> {
    may_begin(w, account.id, number, replaces)?;
    let factor = binding::begin(w, account.id, Kind::Sms, &number.hint(SHOWN), replaces)?;
    store::insert(w, account.id, factor.id, number)?;
    let sent = send_to(w, account.id, registering(factor.id), factor.id, number)?;
    let texted = told(w, account.id, sent)?;
    Ok(Pending {
        factor,
        number: number.clone(),
        texted: Some(texted),
    })
}

/// Refuses what [`begin`] would refuse. Also before anything is spent: limits on texts are used up by texts alone.
///
/// # Errors
/// As [`begin`].
pub fn may_begin(
    w: &mut Work<'_, '_>,
    account: AccountId,
    number: &Number,
    replaces: Option<AuthenticatorId>,
) -> Result<(), Stop> {
    if store::has_number(w, account, number)? {
        return Err(Refusal::AlreadyExists.into());
    }
    binding::may_begin(w, account, replaces)
}

/// What the code of a set-up is sent within.
#[must_use]
pub fn registering(id: AuthenticatorId) -> Ceremony {
    Ceremony {
        within: id.0,
        purpose: Purpose::Register,
    }
}

/// A half-done number, until it is proven or has died.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none.
pub fn pending(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
) -> Result<Pending, Stop> {
    let factor = binding::pending(w, account, id)?;
    let (number, _) = store::load(w, account, id)?.ok_or(Refusal::NotFound)?;
    Ok(Pending {
        factor,
        number,
        texted: texted(w, account, registering(id))?,
    })
}

/// Proves a half-done number by the code that was sent to it. The method it replaces goes in the same transaction.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such half-done one, [`Refusal::InvalidCode`] when the code does not fit.
pub fn confirm(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    typed: &str,
) -> Result<Proven, Stop> {
    let pending = pending(w, account, id)?;
    // Begun twice, it would count twice, and a lost one would go on by its twin.
    if store::has_number(w, account, &pending.number)? {
        return Err(Refusal::AlreadyExists.into());
    }
    let texted = pending.texted.as_ref();
    if !texted.is_some_and(|texted| texted.sent.is_live) {
        return Err(Refusal::TextedCodeOver.into());
    }
    if !fits(w, account, registering(id), typed, &[id])? {
        return Err(Refusal::InvalidTextedCode.into());
    }
    let label = tell_apart(w, account, &pending.number)?;
    let mut proven = binding::finish(w, account, id, pending.factor.replaces)?;
    if authenticators::rename(w, account, id, &label)? {
        proven.factor.label = label;
    }
    Ok(proven)
}

/// How a number is shown beside the account's others. Those that would look alike get a digit or two more, as it does.
fn tell_apart(w: &mut Work<'_, '_>, account: AccountId, new: &Number) -> Result<String, Stop> {
    let mut digits = SHOWN;
    let mut alike = Vec::new();
    for other in authenticators::active(w, account)? {
        let Some((number, _)) = store::load(w, account, other.id)? else {
            continue;
        };
        if number.hint(SHOWN) == new.hint(SHOWN) {
            digits = digits.max(new.digits_apart(&number));
            alike.push((other, number));
        }
    }
    for (other, number) in alike {
        let longer = number.hint(digits);
        // A name somebody gave it stays, and so does what shows more.
        if is_hint(&other.label) && longer.len() > other.label.len() {
            authenticators::rename(w, account, other.id, &longer)?;
        }
    }
    Ok(new.hint(digits))
}

/// A number as it is shown: by the label it was given beside others, or its last two digits.
fn shown(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    number: &Number,
) -> Result<String, Stop> {
    let labelled = authenticators::load(w, account, id)?.map(|factor| factor.label);
    Ok(labelled
        .filter(|label| is_hint(label))
        .unwrap_or_else(|| number.hint(SHOWN)))
}

/// The number a code may be sent to now.
///
/// # Errors
/// [`Refusal::KindUnavailable`] where nobody delivers; [`Refusal::NotFound`] where the method has no number; [`Refusal::ResendTooSoon`];
/// [`Refusal::TextLimit`] where its country is not allowed any more.
pub fn may_send(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    factor: AuthenticatorId,
) -> Result<Number, Stop> {
    if w.moment.app.texts.is_none() {
        return Err(Refusal::KindUnavailable.into());
    }
    let now = w.now();
    let number = store::load(w, account, factor)?.ok_or(Refusal::NotFound)?.0;
    let allowed = &w.settings().sms.allowed_countries;
    if !number.is_allowed(allowed) {
        return Err(Refusal::KindUnavailable.into());
    }
    match store::sent(w, account, ceremony)? {
        Some(sent) if sent.resend_at > now => Err(Refusal::ResendTooSoon(sent.resend_at).into()),
        _ => Ok(number),
    }
}

/// Sends a code to a number, in place of the one before. Call after [`text_messages::flow::spend`].
///
/// # Errors
/// As [`may_send`].
pub fn send(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    factor: AuthenticatorId,
) -> Result<Sent, Stop> {
    let number = may_send(w, account, ceremony, factor)?;
    send_to(w, account, ceremony, factor, &number)
}

fn send_to(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    factor: AuthenticatorId,
    number: &Number,
) -> Result<Sent, Stop> {
    let code = code(&mut w.draw);
    let app = w.moment.app.clone();
    let application = store::application(w, account)?;
    // An application's own page is somewhere else; nothing may be filled in there on our word.
    let elsewhere = match ceremony.purpose {
        Purpose::Application => true,
        Purpose::Register => application.is_some(),
        Purpose::SignIn | Purpose::StepUp | Purpose::Disable => false,
    };
    let public_url = &app.settings.server.public_url;
    let host = host_of(public_url).filter(|_| !elsewhere);
    // Its users know the application, not what it uses for codes.
    let product = application.unwrap_or_else(|| app.settings.branding.name.clone());
    let body = body(&w.moment.messages(), &product, &code, host.as_deref());
    let outgoing = Outgoing {
        to: number.clone(),
        body,
    };
    let expires_at = w.now().plus(super::rules::LIFE);
    let message = post(w, account, &outgoing, expires_at)?;
    store::put(w, account, ceremony, factor, message, &code)
}

/// The host people see, without a port: what a browser compares with its own.
fn host_of(public_url: &str) -> Option<String> {
    let url = twinlock_web::PublicUrl::parse(public_url).ok()?;
    let host = url.host();
    let without_port = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    Some(without_port.to_owned())
}

/// Whether a typed code is the one that was sent within this ceremony to one of `factors`; if so it is spent.
///
/// # Errors
/// The database's trouble.
pub fn compare(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    typed: &str,
    factors: &[AuthenticatorId],
) -> Result<Option<AuthenticatorId>, Stop> {
    let Some((factor, sent_at)) = store::consume(w, account, ceremony, typed, factors)? else {
        return Ok(None);
    };
    came_back(w, account, factor, sent_at)?;
    Ok(Some(factor))
}

fn fits(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    typed: &str,
    factors: &[AuthenticatorId],
) -> Result<bool, Stop> {
    let Ok(typed) = twinlock_otp::Digits::parse(typed) else {
        return Ok(false);
    };
    Ok(compare(w, account, ceremony, typed.as_str(), factors)?.is_some())
}

fn came_back(
    w: &mut Work<'_, '_>,
    account: AccountId,
    factor: AuthenticatorId,
    sent_at: Timestamp,
) -> Result<(), Stop> {
    if let Some((number, confirmed_at)) = store::load(w, account, factor)? {
        texts::entered(w, account, &number, sent_at, confirmed_at.is_some())?;
    }
    store::confirm(w, account, factor)
}

/// A code that was texted, as its person is told of it.
#[derive(Clone, Debug)]
pub struct Texted {
    /// To whose number, and when.
    pub sent: Sent,
    /// The number, as it is shown.
    pub hint: String,
    /// What became of the text.
    pub state: Option<State>,
}

/// The code that was texted last within a ceremony, if there is one.
///
/// # Errors
/// The database's trouble.
pub fn texted(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
) -> Result<Option<Texted>, Stop> {
    match store::sent(w, account, ceremony)? {
        Some(sent) => told(w, account, sent).map(Some),
        None => Ok(None),
    }
}

fn told(w: &mut Work<'_, '_>, account: AccountId, sent: Sent) -> Result<Texted, Stop> {
    let hint = match store::load(w, account, sent.factor)? {
        Some((number, _)) => shown(w, account, sent.factor, &number)?,
        None => String::new(),
    };
    let state = text_messages::store::state(w, account, sent.message)?;
    Ok(Texted {
        sent,
        hint,
        state: state.map(|(state, _)| state),
    })
}

/// Sends a code within a ceremony: looks, passes the limits, looks again and sends. `which` says whose number, and refuses where none may be
/// asked; it runs in each of the two transactions.
///
/// # Errors
/// What `which` refuses, and as [`may_send`].
pub async fn order<F>(
    moment: &Moment,
    account: AccountId,
    ceremony: Ceremony,
    which: F,
) -> Result<Texted, Stop>
where
    F: Fn(&mut Work<'_, '_>) -> Result<AuthenticatorId, Stop> + Clone + Send + Sync + 'static,
{
    let looking = which.clone();
    let (number, is_proven) = moment
        .read(move |w| {
            let factor = looking(w)?;
            let number = may_send(w, account, ceremony, factor)?;
            let confirmed = store::load(w, account, factor)?.and_then(|(_, at)| at);
            Ok((number, confirmed.is_some()))
        })
        .await?;
    texts::spend(moment, account, &number, is_proven).await?;
    moment
        .write(Locks::account(account.0), move |w| {
            let factor = which(w)?;
            let sent = send(w, account, ceremony, factor)?;
            told(w, account, sent)
        })
        .await
}

/// One of some second factors that is a number: the one asked for, or the first.
///
/// # Errors
/// [`Refusal::NoFactor`] where there is none.
pub fn among(
    factors: &[Authenticator],
    asked_for: Option<AuthenticatorId>,
) -> Result<AuthenticatorId, Stop> {
    let mut phones = factors.iter().filter(|one| one.kind == Kind::Sms);
    let found = phones.find(|one| asked_for.is_none_or(|id| id == one.id));
    found
        .map(|one| one.id)
        .ok_or_else(|| Refusal::NoFactor.into())
}
