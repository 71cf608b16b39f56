//! The programs one build of the whole workspace left behind.
//!
//! Everything is built in one go and then run file by file: building the browser tests on their own would choose other features for
//! shared dependencies and compile half of them again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::step::{Show, cargo, run};

/// One compiled test program.
pub(crate) struct TestProgram {
    /// The folder of its package, which cargo makes the current folder of a test.
    pub(crate) package_folder: PathBuf,
    /// The program.
    pub(crate) program: PathBuf,
}

/// What the build made.
#[derive(Default)]
pub(crate) struct Built {
    /// All test programs of the workspace.
    pub(crate) tests: Vec<TestProgram>,
    /// The service's own program.
    pub(crate) twinlock: Option<PathBuf>,
}

/// Builds every test of the workspace and the service itself.
///
/// # Errors
/// When something does not compile; the compiler has then said what.
pub(crate) fn build_everything(root: &Path, limit: Duration) -> Result<Built> {
    let mut built = Built::default();
    let tests = [
        "test",
        "--workspace",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ];
    built.add(&messages(root, &tests, limit)?);
    if built.twinlock.is_none() {
        // Cargo builds the program beside the tests only where its package has integration tests.
        let program = [
            "build",
            "--workspace",
            "--bin=twinlock",
            "--message-format=json-render-diagnostics",
        ];
        built.add(&messages(root, &program, limit)?);
    }
    Ok(built)
}

fn messages(root: &Path, arguments: &[&str], limit: Duration) -> Result<Vec<String>> {
    let finished = run(cargo(arguments).current_dir(root), limit, Show::OnlyErrors)?;
    if !finished.success {
        bail!("the build failed");
    }
    Ok(finished.lines)
}

impl Built {
    fn add(&mut self, lines: &[String]) {
        for line in lines {
            let Ok(message) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let Some(program) = text(&message, "/executable").map(PathBuf::from) else {
                continue;
            };
            if message.pointer("/profile/test") == Some(&Value::Bool(true)) {
                if let Some(folder) = text(&message, "/manifest_path")
                    .and_then(|manifest| Path::new(manifest).parent())
                {
                    self.tests.push(TestProgram {
                        package_folder: folder.to_path_buf(),
                        program,
                    });
                }
            } else if text(&message, "/target/name") == Some("twinlock") {
                self.twinlock = Some(program);
            }
        }
    }
}

fn text<'a>(message: &'a Value, pointer: &str) -> Option<&'a str> {
    message.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_programs_and_the_service_are_told_apart() {
        let lines = [
            "   Compiling twinlock v0.1.0",
            r#"{"reason":"compiler-artifact","manifest_path":"/w/e2e/Cargo.toml","target":{"name":"story","kind":["test"]},"profile":{"test":true},"executable":"/w/target/debug/deps/story-1"}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/twinlock/Cargo.toml","target":{"name":"twinlock","kind":["bin"]},"profile":{"test":false},"executable":"/w/target/debug/twinlock"}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/twinlock/Cargo.toml","target":{"name":"twinlock","kind":["lib"]},"profile":{"test":false},"executable":null}"#,
        ]
        .map(str::to_owned);
        let mut built = Built::default();
        built.add(&lines);
        assert_eq!(
            built.twinlock.as_deref(),
            Some(Path::new("/w/target/debug/twinlock"))
        );
        assert_eq!(built.tests.len(), 1);
        assert_eq!(built.tests[0].package_folder, Path::new("/w/e2e"));
    }
}
