//! The key outside the database.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use super::SealError;
use super::primitives::Key;

/// The key that wraps the data keys. It is wiped when dropped and cannot be printed.
pub struct MasterKey(Key);

impl MasterKey {
    /// Reads a key file: 64 hexadecimal digits or base64, and white space around.
    ///
    /// # Errors
    /// [`SealError::KeyFile`] if it cannot be read, [`SealError::NotAKey`] if it holds no key.
    pub fn from_file(path: &Path) -> Result<Self, SealError> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        Self::from_text(&text.map_err(|fault| unusable(path, &fault))?)
    }

    /// Makes a key from 32 random bytes and keeps it in a new file that only its owner may read.
    /// An existing file is never overwritten: whatever it sealed would be lost.
    ///
    /// # Errors
    /// [`SealError::KeyFile`] if the file exists or cannot be written.
    pub fn generate_file(path: &Path, entropy: [u8; 32]) -> Result<Self, SealError> {
        let key = Self::from_bytes(entropy);
        let text = Zeroizing::new(HEXLOWER.encode(&*key.0) + "\n");
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()?;
                // The name too must outlive a power cut, or the database would outlive its key.
                let parent = path
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
            });
        written
            .map(|()| key)
            .map_err(|fault| unusable(path, &fault))
    }

    /// Reads a key written as 64 hexadecimal digits or in base64: an environment variable, the
    /// answer of a key server.
    ///
    /// # Errors
    /// [`SealError::NotAKey`].
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        Self::from_hex(text).or_else(|_| Self::from_base64(text))
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`SealError::NotAKey`].
    pub fn from_hex(text: &str) -> Result<Self, SealError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes());
        Self::from_vec(bytes.map_err(|_| SealError::NotAKey)?)
    }

    /// Reads base64 with padding.
    ///
    /// # Errors
    /// [`SealError::NotAKey`].
    pub fn from_base64(text: &str) -> Result<Self, SealError> {
        let bytes = BASE64.decode(text.trim().as_bytes());
        Self::from_vec(bytes.map_err(|_| SealError::NotAKey)?)
    }

    /// Takes the bytes as they are.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn from_vec(bytes: Vec<u8>) -> Result<Self, SealError> {
        let bytes = Zeroizing::new(bytes);
        <[u8; 32]>::try_from(bytes.as_slice())
            .map(Self::from_bytes)
            .map_err(|_| SealError::NotAKey)
    }
}

fn unusable(path: &Path, fault: &std::io::Error) -> SealError {
    SealError::KeyFile(format!("{}: {fault}", path.display()))
}
