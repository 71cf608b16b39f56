//! The schema, built into the program.

use twinlock_db::Migration;

/// Every step of the schema, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "first_story",
        sql: include_str!("../../../../migrations/0001_first_story.sql"),
    },
    Migration {
        version: 2,
        name: "notices_and_freeze",
        sql: include_str!("../../../../migrations/0002_notices_and_freeze.sql"),
    },
    Migration {
        version: 3,
        name: "audit_checkpoints",
        sql: include_str!("../../../../migrations/0003_audit_checkpoints.sql"),
    },
    Migration {
        version: 4,
        name: "removed_methods",
        sql: include_str!("../../../../migrations/0004_removed_methods.sql"),
    },
    Migration {
        version: 5,
        name: "trusted_devices",
        sql: include_str!("../../../../migrations/0005_trusted_devices.sql"),
    },
    Migration {
        version: 6,
        name: "security_keys",
        sql: include_str!("../../../../migrations/0006_security_keys.sql"),
    },
    Migration {
        version: 7,
        name: "security_check_up",
        sql: include_str!("../../../../migrations/0007_security_check_up.sql"),
    },
    Migration {
        version: 8,
        name: "text_messages",
        sql: include_str!("../../../../migrations/0008_text_messages.sql"),
    },
    Migration {
        version: 9,
        name: "numbered_device_tokens",
        sql: include_str!("../../../../migrations/0009_numbered_device_tokens.sql"),
    },
];

/// The schema this program works with.
#[must_use]
pub fn schema_version() -> u32 {
    MIGRATIONS.last().map_or(0, |last| last.version)
}
