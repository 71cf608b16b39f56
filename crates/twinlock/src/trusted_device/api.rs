//! A trusted device as the JSON API shows it.

use serde::Serialize;
use utoipa::ToSchema;

use super::Device;

/// A device where the second factor is not asked.
#[derive(Serialize, ToSchema)]
pub struct TrustedDevice {
    /// Its id.
    #[schema(example = "019ab1c5-90d2-7e64-a1f8-2c7d4b6e8f10", format = Uuid)]
    pub id: String,
    /// A short name of it.
    #[schema(example = "Firefox on Linux")]
    pub label: String,
    /// When it became trusted.
    #[schema(example = "2026-11-22T14:31:10Z", format = DateTime)]
    pub trusted_at: String,
    /// When that ends by itself. A change of the account's second factors or password, a reset and a freeze end it before.
    #[schema(example = "2026-12-22T14:31:10Z", format = DateTime)]
    pub trusted_until: String,
    /// When it was last signed in on.
    #[schema(example = "2026-11-22T14:31:10Z", format = DateTime)]
    pub last_used_at: String,
}

/// Trusted devices, last used first.
#[derive(Serialize, ToSchema)]
pub struct TrustedDeviceList {
    /// The devices.
    pub items: Vec<TrustedDevice>,
    /// For `cursor`, where there are more.
    #[schema(example = json!(null), required)]
    pub next_cursor: Option<String>,
}

impl From<&Device> for TrustedDevice {
    fn from(device: &Device) -> Self {
        // Only trusted ones are shown; one that is none would read as ended when it was last used.
        let (since, until) = match device.trust {
            Some(trust) => (trust.since, trust.until),
            None => (device.created_at, device.last_used_at),
        };
        Self {
            id: device.id.to_string(),
            label: device.label.clone(),
            trusted_at: since.rfc3339(),
            trusted_until: until.rfc3339(),
            last_used_at: device.last_used_at.rfc3339(),
        }
    }
}
