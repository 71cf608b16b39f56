//! How far a long command is, with rate and time left, on a terminal only; and whether it was asked to stop.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::{Clock as _, SystemClock, Timestamp};

/// Milliseconds between two lines.
const EVERY: i64 = 200;

/// One line on standard error that is written over.
pub(super) struct Progress {
    shown: bool,
    unit: &'static str,
    total: u64,
    begun: Timestamp,
    told: i64,
    stopped: Arc<AtomicBool>,
}

impl Progress {
    /// Of so many. From here on Ctrl+C does not end the program, but is told by [`Progress::is_stopped`].
    pub(super) fn of(total: u64, unit: &'static str) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stopped);
        tokio::spawn(async move {
            // Where the signal cannot be listened for, it ends the program as usual.
            if tokio::signal::ctrl_c().await.is_ok() {
                flag.store(true, Ordering::Relaxed);
            }
        });
        Self {
            shown: std::io::stderr().is_terminal(),
            unit,
            total,
            begun: SystemClock.now(),
            told: i64::MIN,
            stopped,
        }
    }

    /// Whether somebody pressed Ctrl+C.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// So many are done.
    pub(super) fn tell(&mut self, done: u64) {
        if !self.shown {
            return;
        }
        let now = SystemClock.now().as_millis();
        if now < self.told.saturating_add(EVERY) {
            return;
        }
        self.told = now;
        let spent = u64::try_from(now - self.begun.as_millis()).unwrap_or(0);
        let line = line(done, self.total, self.unit, spent);
        let mut err = std::io::stderr().lock();
        // Whoever closed the terminal does not want to see it.
        let _ = write!(err, "\r\x1b[K{line}").and_then(|()| err.flush());
    }

    /// Takes the line away again.
    pub(super) fn end(&self) {
        if self.shown {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
        }
    }
}

/// `spent`: milliseconds.
fn line(done: u64, total: u64, unit: &str, spent: u64) -> String {
    let rate = done.saturating_mul(1000).checked_div(spent).unwrap_or(0);
    let left = total.saturating_sub(done).checked_div(rate);
    let left = left.map_or(String::new(), |seconds| {
        format!(", {}:{:02} left", seconds / 60, seconds % 60)
    });
    format!(
        "{} of {} {unit}, {} a second{left}",
        grouped(done),
        grouped(total.max(done)),
        grouped(rate)
    )
}

/// 1234567 as 1,234,567.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long_still() {
        assert_eq!(
            line(50_000, 200_000, "events", 500),
            "50,000 of 200,000 events, 100,000 a second, 0:01 left"
        );
        assert_eq!(line(0, 5, "events", 0), "0 of 5 events, 0 a second");
    }
}
