//! Every property over the kept inputs and over seeded mutations of them: what `cargo xtask fuzz` does for minutes, in seconds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use twinlock_fuzz::TARGETS;

/// Mutations tried for each target.
const MUTATIONS: u32 = 3000;

/// Longest input made, in bytes.
const LONGEST: usize = 2048;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name)
}

/// The inputs kept for a target: one text file an input, and `lines.txt` with one a line, in which `\n`, `\r`, `\0` and `\\` are escaped.
fn inputs(name: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(kept(name)).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if path.file_name().unwrap() == "lines.txt" {
            let text = String::from_utf8(bytes).unwrap();
            found.extend(text.lines().map(unescaped));
        } else {
            found.push(bytes);
        }
    }
    found.sort();
    found
}

fn unescaped(line: &str) -> Vec<u8> {
    let plain = line
        .replace("\\n", "\n")
        .replace("\\r", "\r")
        .replace("\\0", "\0");
    plain.replace("\\\\", "\\").into_bytes()
}

/// Bytes that mean something to one reader or another.
const SPICE: &[&[u8]] = &[
    b"@",
    b"\\",
    b"//",
    b"%2f",
    b"%00",
    b"\0",
    b"\r\n",
    b"\n",
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b";",
    b"=",
    b"&",
    b"+",
    b"?",
    b"#",
    b"\xff",
    b"\xc0\x80",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{ff10}".as_bytes(),
    "\u{0661}".as_bytes(),
    "\u{fb01}".as_bytes(),
    b"null",
    b"-1",
    b"1e999",
    b"__Host-",
    b"..",
    b"xn--",
    b"-",
    b" ",
    b"0",
    b"O",
    b"I",
];

fn mutated(inputs: &[Vec<u8>], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut pick = |below: usize| usize::try_from(rng.next_u64() % below.max(1) as u64).unwrap();
    let mut bytes = inputs[pick(inputs.len())].clone();
    for _ in 0..=pick(4) {
        let at = pick(bytes.len() + 1);
        match pick(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << pick(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(pick(256)).unwrap(),
            2 => {
                let spice = SPICE[pick(SPICE.len())];
                bytes.splice(at..at, spice.iter().copied());
            }
            3 if at < bytes.len() => {
                let end = (at + 1 + pick(8)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let other = &inputs[pick(inputs.len())];
                let from = pick(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            5 => {
                let copy = bytes[..at].to_vec();
                bytes.extend(copy);
            }
            _ => bytes.reverse(),
        }
        bytes.truncate(LONGEST);
    }
    bytes
}

#[test]
fn every_property_holds_for_the_kept_inputs_and_for_mutations_of_them() {
    let mut findings = Vec::new();
    for (name, holds) in TARGETS {
        let kept = inputs(name);
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let made = (0..MUTATIONS).map(|_| mutated(&kept, &mut rng));
        for bytes in kept.iter().cloned().chain(made) {
            if catch_unwind(AssertUnwindSafe(|| holds(&bytes))).is_err() {
                findings.push(format!("{name}: {}", bytes.escape_ascii()));
                break;
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn every_target_has_kept_inputs_and_every_folder_a_target() {
    let folders: BTreeSet<String> = std::fs::read_dir(kept(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, targets);
    for name in &targets {
        assert!(!inputs(name).is_empty(), "{name}");
    }
}
