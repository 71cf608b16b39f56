//! What operators write.

use std::time::Duration;

use twinlock::config::Source;
use twinlock_delivery::SmtpProvider;

use crate::text;

/// Settings that are read mean the same when what was understood is written down and read again; problems are told in words.
pub(crate) fn settings(bytes: &[u8]) {
    let source = |written: String| Source {
        name: String::from("twinlock.toml"),
        text: written,
        environment: Vec::new(),
    };
    let written = text(bytes);
    // Files of secrets would be read from this machine.
    if written.contains("_file") {
        return;
    }
    match source(written).settings() {
        Ok(settings) => {
            let said = format!("{settings:?}");
            assert!(!said.is_empty());
        }
        Err(problem) => assert!(!problem.to_string().trim().is_empty()),
    }
}

/// Where mail goes is read or refused; a refusal does not tell the password.
pub(crate) fn smtp_url(bytes: &[u8]) {
    let written = text(bytes);
    let Err(refusal) =
        SmtpProvider::from_url(&written, "login@example.org", Duration::from_secs(1))
    else {
        return;
    };
    let said = refusal.to_string();
    assert!(!said.is_empty());
    if let Some((_, after)) = written.split_once("://")
        && let Some((credentials, _)) = after.rsplit_once('@')
        && let Some((_, password)) = credentials.split_once(':')
        && password.chars().count() > 8
    {
        assert!(!said.contains(password), "{said}");
    }
}
