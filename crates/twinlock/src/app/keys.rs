//! Data keys made since this server started: met by their number, or looked for every minute.

use data_encoding::BASE64URL_NOPAD;
use twinlock_db::sealed::{Keyring, MasterKey, SealError};
use twinlock_db::{DbError, DbResult};

use super::{App, Token};

/// Letters of a sealed text that hold its key's number.
const HEAD: usize = 8;

impl App {
    /// Reads the table of data keys again. The key file is read only when there are new ones.
    ///
    /// # Errors
    /// The database's trouble, or a key file that does not open a new key.
    pub async fn read_keys_again(&self) -> DbResult<()> {
        let file = &self.settings.keys.master_key_file;
        self.keyring
            .adopt_stored(&self.store, || MasterKey::with_successor(file))
            .await
    }

    /// Reads the keys again if the state sealed in a sign-in's token names one that is not known: another server sealed it.
    ///
    /// # Errors
    /// As [`App::read_keys_again`].
    pub async fn meet_key_of(&self, sign_in_token: &str) -> DbResult<()> {
        let sealed = sign_in_token
            .strip_prefix(Token::SIGN_IN_OPENED)
            .and_then(|encoded| encoded.get(..HEAD))
            .and_then(|head| BASE64URL_NOPAD.decode(head.as_bytes()).ok());
        match sealed.as_deref().and_then(Keyring::key_id_of) {
            Some(key) if !self.keyring.knows(key) => self.read_keys_again().await,
            _ => Ok(()),
        }
    }

    /// Whether work failed for a key that is known now, so that it is worth doing once more.
    pub(super) async fn learned_a_key<T>(&self, outcome: &DbResult<T>) -> bool {
        let Err(DbError::Sealed(SealError::UnknownKey(key))) = outcome else {
            return false;
        };
        if let Err(error) = self.read_keys_again().await {
            tracing::error!(key, %error, "a data key could not be read");
        }
        self.keyring.knows(*key)
    }
}
