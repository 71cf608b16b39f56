//! What `twinlock doctor` sees of the files that hold secrets.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::config::Settings;

use super::doctor::{Checks, State};

pub(super) fn look(settings: &Settings, checks: &mut Checks) {
    look_at_key_file(&settings.keys.master_key_file, checks);
    let named = [
        ("database.url_file", settings.database.url_file.clone()),
        ("email.smtp_url_file", settings.email.smtp_url_file.clone()),
    ];
    let of_texts = settings.sms.secret_files();
    let named = named
        .into_iter()
        .chain(of_texts.map(|one| (one.setting, one.file)));
    for (setting, file) in named {
        // One that is not there, or not for whoever runs this, is told where it is read.
        if let Some(file) = file
            && is_open_to_others(&file).unwrap_or(false)
        {
            let shown = file.display();
            let text = format!("others may read {shown}; run: chmod 600 {shown}");
            checks.add(setting, State::Error, text);
        }
    }
}

fn look_at_key_file(file: &Path, checks: &mut Checks) {
    let shown = file.display();
    match is_open_to_others(file) {
        Err(error) => checks.add(
            "key file",
            State::Error,
            format!("{shown}: {error} (keys.master_key_file); the first `twinlock serve` makes it"),
        ),
        Ok(true) => checks.add(
            "key file",
            State::Error,
            format!("others may read {shown}; run: chmod 600 {shown}"),
        ),
        Ok(false) => checks.add(
            "key file",
            State::Ok,
            format!("{shown}, readable by its owner only; keep a copy apart from the database"),
        ),
    }
}

/// Whether anybody but its owner may read or write it.
fn is_open_to_others(file: &Path) -> std::io::Result<bool> {
    Ok(std::fs::metadata(file)?.permissions().mode() & 0o077 != 0)
}
