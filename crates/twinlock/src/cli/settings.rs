//! Reading the settings for a command.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;

use crate::app::{SystemClock, SystemEntropy};
use crate::config::{Email, Loaded, Settings, Severity, Source};
use crate::server::{self, Opened, Opening, Surroundings};

/// The file read when none is named.
const USUAL_FILE: &str = "twinlock.toml";

/// The settings in force, known to make sense.
pub(super) fn load(config: Option<&Path>) -> anyhow::Result<Settings> {
    let settings = read(config)?.settings;
    refuse_errors(&settings)?;
    Ok(settings)
}

/// The application, for a command that works beside `serve`. It sends nothing itself: mails wait for `serve`.
pub(super) async fn open(config: Option<&Path>, opening: Opening) -> anyhow::Result<Opened> {
    let settings = load(config)?;
    let around = Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        mail: server::provider(&Email::default())?,
        texts: None,
    };
    server::open(settings, around, opening).await
}

/// The settings as they are written.
pub(super) fn read(config: Option<&Path>) -> anyhow::Result<Loaded> {
    let file = config.unwrap_or(Path::new(USUAL_FILE));
    Ok(Loaded::read(file, config.is_some(), environment())?)
}

/// The settings of the demo, or those of a file.
pub(super) fn read_demo(config: Option<&Path>, built_in: &str) -> anyhow::Result<Settings> {
    if config.is_some() {
        return Ok(read(config)?.settings);
    }
    let source = Source {
        name: String::from("examples/demo.toml"),
        text: built_in.to_owned(),
        environment: environment(),
    };
    Ok(source.settings()?)
}

/// Stops on settings nothing should be started with.
pub(super) fn refuse_errors(settings: &Settings) -> anyhow::Result<()> {
    let errors: Vec<String> = settings
        .findings()
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{}: {}", finding.setting, finding.text))
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    bail!("{}", errors.join("\n"))
}

fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
