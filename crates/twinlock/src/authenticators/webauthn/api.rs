//! Security keys as the JSON API asks them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::{KEY_TIMEOUT, Moment};

/// What a security key is asked.
#[derive(Serialize, ToSchema)]
pub struct KeyQuestion {
    /// `PublicKeyCredentialRequestOptions` as JSON, for `PublicKeyCredential.parseRequestOptionsFromJSON`.
    #[schema(value_type = Object, example = json!({"challenge": "…"}))]
    pub webauthn: Value,
    /// Until when an answer is taken. One answer is, and only to the question asked last.
    #[schema(example = "2026-11-22T14:37:00Z", format = DateTime)]
    pub expires_at: String,
}

impl KeyQuestion {
    /// Asked at this moment.
    #[must_use]
    pub fn asked(moment: &Moment, webauthn: Value) -> Self {
        Self {
            webauthn,
            expires_at: moment.now.plus(KEY_TIMEOUT).rfc3339(),
        }
    }
}
