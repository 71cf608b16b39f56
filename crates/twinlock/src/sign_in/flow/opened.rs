//! A sign-in of which nothing is proven: its state sealed in its token, so that a stranger's request leaves no row behind.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::account::Mailbox;
use crate::app::{
    AccountId, App, Cell, Moment, Refusal, SignInId, Stop, Timestamp, Token, open_with, seal_with,
};

use crate::sign_in::rules::{LIFE, Purpose};

/// What the token holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Opened {
    /// The sign-in's id.
    pub id: SignInId,
    /// The account the address leads to, or a phantom.
    pub account: AccountId,
    /// The address.
    pub email: String,
    /// When it was begun.
    pub began_at: Timestamp,
    /// Why it was begun.
    pub purpose: Purpose,
    /// Where to go afterwards; a checked relative path.
    pub return_to: Option<String>,
    /// Database epoch.
    pub epoch: i64,
}

const NOBODY: AccountId = AccountId([0; 16]);
const CELL: Cell<'static> = Cell {
    column: "sign_in_token.state",
    account: NOBODY,
    row: &[],
};

impl Opened {
    /// The token's text.
    #[must_use]
    pub fn token(&self, moment: &Moment) -> String {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        let sealed = seal_with(moment, &mut moment.draw("sign-in token"), CELL, &plain);
        format!(
            "{}{}",
            Token::SIGN_IN_OPENED,
            BASE64URL_NOPAD.encode(&sealed)
        )
    }

    /// Reads a token back.
    ///
    /// # Errors
    /// [`Refusal::SignInExpired`] for anything but a live token of ours.
    pub fn read(app: &App, now: Timestamp, token: &str) -> Result<Self, Stop> {
        let opened = Self::unseal(app, token).ok_or(Refusal::SignInExpired)?;
        let live = opened.epoch == app.epoch && now < opened.expires_at();
        if live {
            Ok(opened)
        } else {
            Err(Refusal::SignInExpired.into())
        }
    }

    fn unseal(app: &App, token: &str) -> Option<Self> {
        let encoded = token.strip_prefix(Token::SIGN_IN_OPENED)?;
        if encoded.len() > 4096 {
            return None;
        }
        let sealed = BASE64URL_NOPAD.decode(encoded.as_bytes()).ok()?;
        serde_json::from_slice(&open_with(app, CELL, &sealed)?).ok()
    }

    /// When it dies.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.began_at.plus(LIFE)
    }

    /// The address in its compared form.
    ///
    /// # Errors
    /// [`Refusal::SignInExpired`] when the token holds none.
    pub fn mailbox(&self) -> Result<Mailbox, Stop> {
        Mailbox::parse(&self.email).ok_or_else(|| Refusal::SignInExpired.into())
    }
}
