//! Certificates for tests, made by openssl.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::text;

/// An authority of our own, and what it certifies.
pub(crate) struct Authority {
    folder: PathBuf,
}

impl Authority {
    pub(crate) fn new(folder: &Path) -> Self {
        let authority = Self {
            folder: folder.to_owned(),
        };
        authority.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=authority",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        ]);
        authority
    }

    /// A certificate for this name that is good for so many days, with its key, put where the settings say.
    pub(crate) fn certify(&self, name: &str, days: &str) {
        self.openssl(&[
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=test",
            "-addext",
            &format!("subjectAltName=DNS:{name}"),
            "-keyout",
            "new.key",
            "-out",
            "new.csr",
        ]);
        self.openssl(&[
            "x509",
            "-req",
            "-in",
            "new.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            days,
            "-copy_extensions",
            "copy",
            "-out",
            "new.pem",
        ]);
        std::fs::rename(self.folder.join("new.key"), self.folder.join("server.key")).unwrap();
        std::fs::rename(self.folder.join("new.pem"), self.folder.join("server.pem")).unwrap();
    }

    fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
}
