//! The messages, one file per feature, built into the program.

use twinlock_web::Catalog;
use twinlock_web::i18n::CatalogError;

macro_rules! english {
    ($($name:literal),* $(,)?) => {
        &[$(("en", $name, include_str!(concat!("../../../../locales/en/", $name, ".ftl")))),*]
    };
}

/// Every message file.
pub const SOURCES: &[(&str, &str, &str)] = english![
    "admin",
    "audit",
    "api_reference",
    "authenticators",
    "countries",
    "demo",
    "edge",
    "freeze",
    "help",
    "mail",
    "settings",
    "sign_in",
    "sign_up",
    "sms",
    "step_up",
];

/// All messages in all languages.
///
/// # Errors
/// When a file does not parse or an id stands twice; a test loads them all.
pub fn catalog() -> Result<Catalog, CatalogError> {
    Catalog::from_sources(SOURCES)
}
