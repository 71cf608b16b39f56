//! Counts of passed and failed tests, read from what the runners print.

use std::sync::LazyLock;

use regex::Regex;

/// How many tests passed and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that ran and passed.
    pub(crate) passed: u64,
    /// Tests that failed, timed out or could not be started.
    pub(crate) failed: u64,
}

/// Which program's summary is read. Each may show the other's lines, as the output of a test that failed.
#[derive(Clone, Copy)]
pub(crate) enum Runner {
    /// The test programs themselves: each ends with `test result: …`, and the counts add up.
    Libtest,
    /// `cargo nextest`: the last line `Summary [ … ] …` has all counts.
    Nextest,
}

impl Tally {
    /// The counts a runner printed.
    pub(crate) fn read(runner: Runner, lines: &[String]) -> Self {
        let mut lines = lines.iter().map(|line| without_colours(line));
        match runner {
            Runner::Libtest => lines
                .filter(|line| line.starts_with("test result: "))
                .map(|line| Self {
                    passed: count_before("passed", &line),
                    failed: count_before("failed", &line),
                })
                .fold(Self::default(), Self::plus),
            Runner::Nextest => lines
                .rfind(|line| line.trim_start().starts_with("Summary ["))
                .map(|line| Self {
                    passed: count_before("passed", &line),
                    failed: count_before("failed", &line)
                        + count_before("timed out", &line)
                        + count_before("exec failed", &line),
                })
                .unwrap_or_default(),
        }
    }

    /// The counts when `count` of the failed tests were run again.
    pub(crate) fn with_repeated(self, count: usize, repeated: Self) -> Self {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            failed: self.failed.saturating_sub(count),
            ..self
        }
        .plus(repeated)
    }

    /// The counts of both.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

/// The tests of a test program that failed because the browser's driver gave no answer at all: that tells nothing about
/// the page, as Chromium now and then never finishes a picture.
pub(crate) fn without_an_answer(lines: &[String]) -> Vec<String> {
    let mut test = None;
    let mut found: Vec<String> = Vec::new();
    for line in lines {
        let header = line.strip_prefix("---- ");
        if let Some(name) = header.and_then(|line| line.strip_suffix(" stdout ----")) {
            test = Some(name.to_owned());
        } else if line.contains(NO_ANSWER) {
            found.extend(test.take());
        }
    }
    found
}

/// What the client of the driver says when its time limit for one request has passed.
const NO_ANSWER: &str = "The WebDriver request returned an error: error sending request for url";

/// The number directly before `word`, 0 when the line does not have it.
fn count_before(word: &str, line: &str) -> u64 {
    let Some((before, _)) = line.split_once(&format!(" {word}")) else {
        return 0;
    };
    before
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

fn without_colours(line: &str) -> String {
    static COLOUR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\u{1b}\\[[0-9;]*m").ok());
    COLOUR.as_ref().map_or_else(
        || line.to_owned(),
        |colour| colour.replace_all(line, "").into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(runner: Runner, lines: &[&str]) -> (u64, u64) {
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        let tally = Tally::read(runner, &lines);
        (tally.passed, tally.failed)
    }

    #[test]
    fn results_of_several_libtest_binaries_add_up() {
        let lines = [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
        ];
        assert_eq!(tally(Runner::Libtest, &lines), (5, 4));
    }

    #[test]
    fn a_nextest_summary_counts_timeouts_and_unstartable_tests_as_failed() {
        let lines = [
            "     Summary [   4.210s] 128 tests run: 121 passed (2 slow, 1 leaky), 4 failed, 2 timed out, 1 exec failed, 3 skipped",
        ];
        assert_eq!(tally(Runner::Nextest, &lines), (121, 7));
    }

    #[test]
    fn colours_do_not_hide_a_summary() {
        let lines = [
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.005s] \u{1b}[1m7\u{1b}[0m tests run: \u{1b}[1m7\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m",
        ];
        assert_eq!(tally(Runner::Nextest, &lines), (7, 0));
    }

    #[test]
    fn only_tests_whose_driver_was_silent_run_again() {
        let lines = [
            "test story::desk ... FAILED",
            "---- story::desk stdout ----",
            "Error: The page has no button",
            "---- apps::scan stdout ----",
            "Error: on /security, which reads:",
            "Caused by: The WebDriver request returned an error: error sending request for url (http://127.0.0.1:1/session)",
        ]
        .map(str::to_owned);
        assert_eq!(without_an_answer(&lines), ["apps::scan"]);
        let first = Tally {
            passed: 3,
            failed: 2,
        };
        let repeated = Tally {
            passed: 1,
            failed: 0,
        };
        let both = first.with_repeated(1, repeated);
        assert_eq!((both.passed, both.failed), (4, 1));
    }

    #[test]
    fn words_in_the_output_of_a_test_are_not_counted() {
        assert_eq!(
            tally(Runner::Libtest, &["12 passed the door, 3 failed to"]),
            (0, 0)
        );
    }

    #[test]
    fn the_output_of_a_failed_test_is_not_counted_beside_the_summary() {
        let lines = [
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 33 filtered out",
            "     Summary [  28.000s] 273 tests run: 272 passed, 1 failed, 0 skipped",
        ];
        assert_eq!(tally(Runner::Nextest, &lines), (272, 1));
    }

    #[test]
    fn a_runner_that_never_got_to_its_summary_counts_nothing() {
        assert_eq!(
            tally(Runner::Nextest, &["error: could not compile"]),
            (0, 0)
        );
    }
}
