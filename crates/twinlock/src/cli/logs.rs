//! What the program writes about itself: one line an event on standard error, JSON where a program reads it.
//!
//! Only this program's own parts may say more than warnings: libraries below it would show statements with their values, or letters,
//! at their lower levels.

use std::io::{IsTerminal as _, Write};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Level, LogForm, Telemetry};

/// Overrides `telemetry.level` for one start.
const VARIABLE: &str = "TWINLOCK_LOG";

/// Begins to write as the settings say.
pub(super) fn write(telemetry: &Telemetry) {
    let is_json = match telemetry.log {
        LogForm::Json => true,
        LogForm::Text => false,
        LogForm::Auto => !std::io::stderr().is_terminal(),
    };
    begin(is_json, level(telemetry.level), std::io::stderr);
}

/// Begins to write errors only, as text, for commands that end by themselves.
pub(super) fn write_errors() {
    begin(
        false,
        asked_for().unwrap_or(LevelFilter::ERROR),
        std::io::stderr,
    );
}

/// Begins to write to `to`; what came from outside cannot leave its line or its JSON text.
pub(super) fn begin<W>(is_json: bool, level: LevelFilter, to: W)
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("twinlock", level);
    let form = tracing_subscriber::fmt::layer().with_ansi(false);
    let registry = tracing_subscriber::registry().with(filter);
    // It fails only where somebody listens already, as in a test.
    let _ = if is_json {
        let json = form
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false);
        registry.with(json.with_writer(Plain(to))).try_init()
    } else {
        registry.with(form.with_writer(Plain(to))).try_init()
    };
    std::panic::set_hook(Box::new(|panic| {
        // Where it happened, not what was said: a message may quote the text it broke on.
        let at = panic.location().map(ToString::to_string);
        tracing::error!(at, "a part of the program panicked");
    }));
}

fn level(configured: Level) -> LevelFilter {
    asked_for().unwrap_or(match configured {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    })
}

fn asked_for() -> Option<LevelFilter> {
    std::env::var(VARIABLE).ok()?.parse().ok()
}

/// Writes each line in printable ASCII: whatever could move a terminal's cursor, turn the direction of writing or begin another line
/// becomes an escape that is valid in JSON and harmless in text.
#[derive(Clone)]
struct Plain<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Plain<W> {
    type Writer = Plain<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Plain(self.0.make_writer())
    }
}

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        if body.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            self.0.write_all(line)?;
        } else {
            self.0.write_all(escaped(body).as_bytes())?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn escaped(body: &[u8]) -> String {
    let mut safe = String::with_capacity(body.len() + 32);
    for unit in String::from_utf8_lossy(body).encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(plain @ ' '..='~') => safe.push(plain),
            _ => safe.push_str(&format!("\\u{unit:04x}")),
        }
    }
    safe.push('\n');
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x05_a_line_stays_one_line_of_harmless_signs() {
        let mut written = Vec::new();
        let hostile = "{\"name\":\"a\u{202e}b\u{1b}[2J\u{9b}é😀\"}\nnext\r\n";
        let mut plain = Plain(&mut written);
        plain.write_all(hostile.as_bytes()).unwrap();
        let line = String::from_utf8(written).unwrap();
        assert_eq!(
            line,
            "{\"name\":\"a\\u202eb\\u001b[2J\\u009b\\u00e9\\ud83d\\ude00\"}\\u000anext\\u000d\n"
        );
    }
}
