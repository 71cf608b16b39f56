//! Where a demo keeps its files.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

/// A folder of the person's choice, or one that goes when the demo ends.
pub(super) enum Folder {
    Kept(PathBuf),
    Passing(TempDir),
}

impl Folder {
    pub(super) fn open(data: Option<PathBuf>) -> anyhow::Result<Self> {
        match data {
            Some(path) => {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&path)
                    .with_context(|| format!("the folder {}", path.display()))?;
                Ok(Self::Kept(path))
            }
            None => {
                let folder = tempfile::Builder::new()
                    .prefix("twinlock-demo-")
                    .tempdir()
                    .context("a temporary folder")?;
                Ok(Self::Passing(folder))
            }
        }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        match self {
            Self::Kept(path) => path.join(name),
            Self::Passing(folder) => folder.path().join(name),
        }
    }

    pub(super) fn kept(&self) -> Option<&Path> {
        match self {
            Self::Kept(path) => Some(path),
            Self::Passing(_) => None,
        }
    }
}

/// Replaces a file as a whole: whoever reads it sees the old or the new one.
pub(super) fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let fresh = file.with_extension("new");
    write_private(&fresh, text)
        .and_then(|()| std::fs::rename(&fresh, file))
        .with_context(|| format!("the file {}", file.display()))
}

/// The demo's passwords and secrets are for whoever started it.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// The file's text; `None` where there is no file.
pub(super) fn read(file: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("the file {}", file.display())),
    }
}
