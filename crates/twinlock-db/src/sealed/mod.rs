//! Secrets in the database: sealed, and bound to the place where they stand.
//!
//! A *master key* from outside the database wraps *data keys* inside it; a data key seals values
//! with XChaCha20-Poly1305. The seal covers table, column, account, row and key id, so that a value
//! moved anywhere else does not open. Whoever holds the database alone, or a backup of it, reads
//! nothing.
//!
//! Data keys are changed while the service runs: a new one seals, the others go on opening, and values
//! are sealed anew page by page. A node meets a new key by its number and reads the table again.
//!
//! The functions here use no randomness of their own: keys and nonce seeds come from the caller's
//! source of randomness.

mod keyring;
mod master;
mod primitives;
mod reseal;
mod stored;

pub use keyring::{Keyring, Place, WrappedKey};
pub use master::MasterKey;
pub use primitives::hash_token;
pub use reseal::{Cursor, Page, RowKey, SealedColumn};
pub use stored::{Added, KeyState, StoredKey};

/// Why a sealed value or a key did not open. It never means that there is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too short, or of a format this release does not know.
    #[error("it is not a sealed value of a known format")]
    Malformed,
    /// The data key it names is not in the key ring.
    #[error("data key {0} is missing")]
    UnknownKey(u32),
    /// Changed, or moved from another table, column, account or row.
    #[error("it was changed, or stands in another place than the one it was sealed for")]
    DoesNotOpen,
    /// The data keys were wrapped with another master key.
    #[error(
        "the master key does not open data key {0}: this is another key than the one this database was made with"
    )]
    WrongMasterKey(u32),
    /// The text or file is no key.
    #[error("a master key is 32 bytes, written as 64 hexadecimal digits or in base64")]
    NotAKey,
    /// The key file could not be read or made.
    #[error("key file {0}")]
    KeyFile(String),
}
