//! Where texts leave.

use std::sync::Arc;

use anyhow::Context as _;
use twinlock_delivery::{Several, TextProvider};

use crate::config::Sms;

/// The providers of the settings, one after the other, or nobody.
///
/// # Errors
/// When what is needed to reach one is missing or not usable.
pub fn provider(settings: &Sms) -> anyhow::Result<Option<Arc<dyn TextProvider>>> {
    let mut providers = Vec::new();
    for provider in settings.providers() {
        let built = settings.built(provider);
        let built = built.with_context(|| format!("[sms] of the settings, {provider:?}"))?;
        providers.push(built.provider);
    }
    let mut providers = providers.into_iter();
    let Some(first) = providers.next() else {
        return Ok(None);
    };
    let others: Vec<_> = providers.collect();
    Ok(Some(if others.is_empty() {
        first
    } else {
        Arc::new(Several::new(first, others))
    }))
}
