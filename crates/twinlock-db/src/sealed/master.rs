//! The key outside the database.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

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

    /// The key of a file and, while the master key is being changed, the one in the file beside it
    /// that ends in `.new`. Which of them wrapped the data keys, the data keys tell.
    ///
    /// # Errors
    /// As [`MasterKey::from_file`], when neither is there or one is no key.
    pub fn with_successor(path: &Path) -> Result<Vec<Self>, SealError> {
        let successor = Self::successor_of(path);
        match (path.exists(), successor.exists()) {
            (true, true) => Ok(vec![Self::from_file(path)?, Self::from_file(&successor)?]),
            (false, true) => Ok(vec![Self::from_file(&successor)?]),
            (_, false) => Ok(vec![Self::from_file(path)?]),
        }
    }

    /// Where the next master key lies while it is being changed.
    #[must_use]
    pub fn successor_of(path: &Path) -> PathBuf {
        ending(path, ".new")
    }

    /// Puts the successor in the place of the key, which is kept beside under a name ending in
    /// `.before-` and `when`: backups made with it need it. There is always a key of that name, so
    /// that the program starts at whatever moment this was cut off.
    ///
    /// # Errors
    /// [`SealError::KeyFile`].
    pub fn succeed(path: &Path, when: &str) -> Result<PathBuf, SealError> {
        let kept = ending(path, &format!(".before-{when}"));
        let keep = if path.exists() {
            copy_whole(path, &kept)
        } else {
            Ok(())
        };
        let done = keep
            .and_then(|()| std::fs::rename(Self::successor_of(path), path))
            .and_then(|()| sync_folder(path));
        done.map(|()| kept).map_err(|fault| unusable(path, &fault))
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
                sync_folder(path)
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

fn ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A copy for the owner only, whole or not there.
fn copy_whole(from: &Path, to: &Path) -> std::io::Result<()> {
    let text = Zeroizing::new(std::fs::read(from)?);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    file.write_all(&text)?;
    file.sync_all()?;
    sync_folder(to)
}

/// The name too must outlive a power cut, or the database would outlive its key.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let parent = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn unusable(path: &Path, fault: &std::io::Error) -> SealError {
    SealError::KeyFile(format!("{}: {fault}", path.display()))
}
