//! An event as the JSON API shows it.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AccountId;

use super::rules::chain::ChainKind;
use super::store::Shown;

/// An event of the record.
#[derive(Serialize, ToSchema)]
pub struct AuditEvent {
    /// What its chain belongs to: `account` or `instance`.
    pub chain: &'static str,
    /// The account whose chain it is in; absent for the instance's.
    #[schema(format = Uuid)]
    pub account: Option<String>,
    /// Its place in the chain, from 1, without gaps.
    pub seq: i64,
    /// When it happened.
    #[schema(format = DateTime)]
    pub at: String,
    /// What happened: a stable word.
    pub kind: String,
    /// The device it was done from. Absent after the account was deleted.
    pub device: Option<String>,
    /// More about it, by name. Empty after the account was deleted.
    pub detail: BTreeMap<String, String>,
    /// The hash of the event before, in hexadecimal; for the first, where the chain begins.
    pub previous: String,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

/// One page of events, newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditEventList {
    /// The events.
    pub items: Vec<AuditEvent>,
    /// For `cursor`, where there may be more.
    pub next_cursor: Option<String>,
}

impl From<Shown> for AuditEvent {
    fn from(event: Shown) -> Self {
        let mut detail = event.detail.unwrap_or_default();
        let account = match event.chain.kind {
            ChainKind::Account => Some(AccountId(event.chain.id).to_string()),
            ChainKind::Organization | ChainKind::Instance => None,
        };
        Self {
            chain: event.chain.kind.word(),
            account,
            seq: event.seq,
            at: event.at.rfc3339(),
            kind: event.kind,
            device: detail.remove("device"),
            detail,
            previous: HEXLOWER.encode(&event.previous),
            hash: HEXLOWER.encode(&event.hash),
        }
    }
}
