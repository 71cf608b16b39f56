//! What somebody may step up with.

use crate::account;
use crate::app::{Moment, Stop};
use crate::authenticators::{Authenticator, Kind, held, password};
use crate::session::flow::{Acting, reload};

use super::owner;

/// What a person may step up with.
#[derive(Clone, Debug)]
pub struct Offer {
    /// A code of the second factor; then nothing else counts.
    pub second_factor: bool,
    /// An authenticator app is among what is held.
    pub app: bool,
    /// A number that gets texts is among what is held.
    pub text: Option<TextOffer>,
    /// A security key is among what is held, and it is asked first.
    pub key: Option<KeyOffer>,
    /// Backup codes are left.
    pub backup_codes: bool,
    /// The password.
    pub password: bool,
    /// A mailed code: the address, masked.
    pub email_code: Option<String>,
    /// Nothing is asked: a proof is recent enough.
    pub done: bool,
}

/// How a code by text is offered.
#[derive(Clone, Debug)]
pub struct TextOffer {
    /// It is the preferred method.
    pub is_first: bool,
    /// The number, as it is shown.
    pub hint: String,
}

impl TextOffer {
    fn of(factors: &[Authenticator]) -> Option<Self> {
        let phone = factors.iter().find(|one| one.kind == Kind::Sms)?;
        Some(Self {
            is_first: factors.first().is_some_and(|one| one.id == phone.id),
            hint: phone.label.clone(),
        })
    }
}

/// How a security key is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOffer {
    /// It is the preferred method.
    First,
    /// Beside another.
    Too,
}

impl KeyOffer {
    /// Of these methods, the preferred one first.
    #[must_use]
    pub fn of(factors: &[Authenticator]) -> Option<Self> {
        let is_key = |factor: &Authenticator| factor.kind == Kind::Webauthn;
        match factors.first() {
            Some(first) if is_key(first) => Some(Self::First),
            _ => factors.iter().any(is_key).then_some(Self::Too),
        }
    }
}

/// What may be used now.
///
/// # Errors
/// [`crate::app::Refusal::SignedOut`].
pub async fn offer(moment: &Moment, acting: &Acting) -> Result<Offer, Stop> {
    let acting = acting.clone();
    moment
        .read(move |w| {
            let session = reload(w, &acting)?;
            let owner = owner(w, &session)?;
            let held = held(w, session.account)?;
            let on = held.is_on();
            let password = password::store::load(w, session.account)?.is_some();
            Ok(Offer {
                second_factor: on,
                text: TextOffer::of(&held.factors).filter(|_| w.moment.app.texts.is_some()),
                app: held.factors.iter().any(|one| one.kind == Kind::Totp),
                key: KeyOffer::of(&held.factors).filter(|_| w.moment.app.webauthn.is_some()),
                backup_codes: on && held.codes_left() > 0,
                password: !on && password,
                email_code: owner
                    .email
                    .as_deref()
                    .filter(|_| !on)
                    .map(account::rules::mask),
                done: session.is_stepped_up(w.now(), on, w.settings()),
            })
        })
        .await
}
