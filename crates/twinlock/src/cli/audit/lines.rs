//! The lines of an export, read from a file that may hold anything.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::audit::rules::item::Item;
use crate::audit::rules::verifier::Verifier;

use super::progress::Progress;

/// Bytes a line may have; ours have a few hundred.
const LONGEST: u64 = 1 << 20;
/// Feeds a file to the verifier; false when it was stopped.
pub(super) fn feed(file: &Path, verifier: &mut Verifier) -> anyhow::Result<bool> {
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    let bytes = opened.metadata()?.len();
    let mut reader = BufReader::new(opened);
    let mut line = Vec::new();
    let (mut number, mut read) = (0, 0);
    let mut progress = Progress::of(bytes, "bytes");
    while let Some(length) = next(&mut reader, &mut line)? {
        number += 1;
        read += length;
        match serde_json::from_slice::<Item>(&line) {
            Ok(item) => verifier.feed(&item),
            Err(_) if number == 1 => {
                bail!("{} is no export of the record and no proof", file.display())
            }
            Err(error) => {
                verifier.unreadable(number, &error.to_string());
                break;
            }
        }
        if progress.is_stopped() {
            progress.end();
            return Ok(false);
        }
        progress.tell(read);
    }
    progress.end();
    Ok(true)
}

/// The next line without its end; its length with it.
fn next(reader: &mut impl BufRead, line: &mut Vec<u8>) -> anyhow::Result<Option<u64>> {
    line.clear();
    let length = reader.take(LONGEST).read_until(b'\n', line)?;
    if length == 0 {
        return Ok(None);
    }
    if line.pop_if(|last| *last == b'\n').is_none() && length as u64 == LONGEST {
        bail!("a line has more than {LONGEST} bytes: this is no export of the record");
    }
    Ok(Some(length as u64))
}
