//! Somebody with a browser.

mod acting;
mod reading;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, LoggingPrefsLogLevel};

use crate::chromedriver::Chromedriver;
use crate::demo::{Demo, install_tls, repository};
use crate::looks;
use crate::search::{Role, names};

/// What somebody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// 390 by 844, a finger.
    Phone,
    /// 1280 by 900, a mouse.
    Desktop,
}

/// How somebody browses.
#[derive(Clone, Copy, Debug)]
pub struct Browsing {
    /// The screen.
    pub screen: Screen,
    /// Whether pages may run scripts.
    pub scripts: bool,
    /// Whether dark colours are wished for.
    pub dark: bool,
}

impl Browsing {
    /// On a telephone.
    pub const PHONE: Self = Self {
        screen: Screen::Phone,
        scripts: true,
        dark: false,
    };
    /// At a desk.
    pub const DESKTOP: Self = Self {
        screen: Screen::Desktop,
        scripts: true,
        dark: false,
    };

    /// The same without scripts.
    #[must_use]
    pub const fn without_scripts(self) -> Self {
        Self {
            scripts: false,
            ..self
        }
    }

    /// The same in dark colours.
    #[must_use]
    pub const fn in_the_dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

impl Screen {
    const fn width(self) -> u32 {
        match self {
            Self::Phone => 390,
            Self::Desktop => 1280,
        }
    }

    const fn height(self) -> u32 {
        match self {
            Self::Phone => 844,
            Self::Desktop => 900,
        }
    }
}

/// A page longer than this says the rest of itself in the same way, in pixels.
const HIGHEST_PICTURE: u64 = 5000;

/// A person and their browser, which closes on drop.
pub struct Person {
    browser: WebDriver,
    chromedriver: Chromedriver,
    _profile: TempDir,
    downloads: TempDir,
    home: String,
    name: String,
    browsing: Browsing,
    pictures: AtomicU32,
}

impl Person {
    /// Opens a browser nobody used before. The name is the test's, for the pictures.
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn new(demo: &Demo, name: &str, browsing: Browsing) -> Result<Self> {
        Self::at(&demo.url, name, browsing).await
    }

    /// The same at another address (`http://localhost:PORT`).
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn at(home: &str, name: &str, browsing: Browsing) -> Result<Self> {
        install_tls();
        let chromedriver = Chromedriver::start().await?;
        let (profile, downloads) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let browser = WebDriver::builder(chromedriver.url(), capabilities(&profile)?)
            .request_timeout(Duration::from_secs(60))
            .await
            .context("Chromium did not start")?;
        let person = Self {
            browser,
            chromedriver,
            _profile: profile,
            downloads,
            home: home.to_owned(),
            name: name.to_owned(),
            browsing,
            pictures: AtomicU32::new(0),
        };
        person.set_up().await?;
        Ok(person)
    }

    async fn set_up(&self) -> Result<()> {
        let on_phone = self.browsing.screen == Screen::Phone;
        let (width, height) = (self.browsing.screen.width(), self.browsing.screen.height());
        let colours = if self.browsing.dark { "dark" } else { "light" };
        for (command, parameters) in [
            (
                "Emulation.setDeviceMetricsOverride",
                json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": on_phone}),
            ),
            (
                "Emulation.setTouchEmulationEnabled",
                json!({"enabled": on_phone}),
            ),
            (
                "Emulation.setEmulatedMedia",
                json!({"features": [{"name": "prefers-color-scheme", "value": colours}]}),
            ),
            (
                "Emulation.setScriptExecutionDisabled",
                json!({"value": !self.browsing.scripts}),
            ),
            (
                "Browser.setDownloadBehavior",
                json!({"behavior": "allow", "downloadPath": self.downloads.path()}),
            ),
            (
                "Browser.grantPermissions",
                json!({"origin": self.home, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}),
            ),
        ] {
            let answer = self.browser.cdp().send_raw(command, parameters).await;
            answer.with_context(|| command.to_owned())?;
        }
        Ok(())
    }

    /// Keeps a picture of the whole page, and checks what must hold on every page.
    ///
    /// # Errors
    /// When something does not hold.
    pub async fn looks(&self, at: &str) -> Result<()> {
        let number = self.pictures.fetch_add(1, Ordering::Relaxed) + 1;
        self.picture(&format!("{}-{number:02}-{at}", self.name))
            .await?;
        let browsing = self.browsing;
        looks::check(&self.browser, browsing.screen.width(), browsing.scripts).await
    }

    pub(crate) fn driver(&self) -> &WebDriver {
        &self.browser
    }

    pub(crate) async fn picture(&self, name: &str) -> Result<PathBuf> {
        let folder = repository().join("artifacts/screenshots");
        std::fs::create_dir_all(folder.join("pages"))?;
        let size = "[innerWidth, document.documentElement.scrollHeight]";
        let size = looks::evaluate(&self.browser, size).await?;
        let height = size
            .get(1)
            .and_then(Value::as_u64)
            .unwrap_or(0)
            .clamp(1, HIGHEST_PICTURE);
        let clip = json!({"x": 0, "y": 0, "width": size.get(0), "height": height, "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let answer = self
            .browser
            .cdp()
            .send_raw("Page.captureScreenshot", parameters)
            .await?;
        let picture = answer.get("data").and_then(Value::as_str);
        let picture = picture.context("a picture")?;
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, data_encoding::BASE64.decode(picture.as_bytes())?)?;
        Ok(file)
    }

    async fn or_picture_and_names<T>(&self, outcome: Result<T>, role: Role) -> Result<T> {
        let Err(error) = outcome else { return outcome };
        let there = names(&self.browser, role).await.unwrap_or_default();
        self.or_picture(Err(error.context(format!("there are only {there:?}"))))
            .await
    }

    async fn or_picture<T>(&self, outcome: Result<T>) -> Result<T> {
        let Err(error) = outcome else { return outcome };
        let picture = self.picture(&format!("{}-failed", self.name)).await;
        let page = self.text().await.unwrap_or_default();
        let path = self.path().await.unwrap_or_default();
        let picture = picture.unwrap_or_default();
        Err(error.context(format!(
            "on {path}, see {}, which reads:\n{page}\n",
            picture.display()
        )))
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // The library's own ending on drop waits for a connection this very thread would have to serve.
        if self.browser.clone().leak().is_ok() {
            self.chromedriver
                .end_session(&self.browser.session_id().to_string());
        }
    }
}

fn capabilities(profile: &TempDir) -> Result<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    let folder = profile.path().display();
    for argument in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        // Without a window of its own a page counts as hidden now and then, draws nothing, and a picture never comes.
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--disable-background-timer-throttling",
        "--lang=en",
        &format!("--user-data-dir={folder}"),
    ] {
        capabilities.add_arg(argument)?;
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}
