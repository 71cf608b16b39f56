//! The groups of calls, in the order a reader meets them.

use serde_json::{Value, json};

/// Name, heading, and what its calls are for.
const GROUPS: &[(&str, &str, &str)] = &[
    (
        "accounts",
        "Accounts of your users",
        "For an application that keeps its own users and passwords and lets Twinlock keep their second factors. Called by your server with an API key; your users never see it.",
    ),
    (
        "factors",
        "Their second factors",
        "Setting up authenticator apps and numbers for your users, and looking after them.",
    ),
    (
        "codes",
        "Their codes",
        "Checking what somebody typed, and backup codes for the day the phone is gone.",
    ),
    (
        "devices",
        "Their trusted devices",
        "Browsers where your users are not asked for a code.",
    ),
    (
        "sign-in",
        "Signing up and in",
        "For a front end or native app of your own where Twinlock keeps the accounts: what the sign-in pages do, step by step. Each step answers with a `state`; the sign-in is through at `complete`.",
    ),
    (
        "session",
        "The session",
        "Who is signed in, and proving it again before something sensitive.",
    ),
    (
        "me",
        "One's own account",
        "What a signed-in person sees and changes of their own account.",
    ),
    (
        "own-two-factor",
        "One's own two-factor authentication",
        "A signed-in person's own second factors and backup codes.",
    ),
    (
        "document",
        "This description",
        "For programs that read descriptions of interfaces.",
    ),
];

/// The group a path belongs to: by what it is about, and otherwise by its first word.
pub(super) fn group_of(path: &str) -> &str {
    let rest = path.trim_start_matches("/api/").trim_start_matches("v1/");
    let first = rest.split(['/', '.']).next().unwrap_or_default();
    let about = |word: &str| rest.split('/').any(|part| part == word);
    match first {
        "accounts" if about("factors") => "factors",
        "accounts" if about("devices") => "devices",
        "accounts" if about("verify") || about("unlock") || about("backup-codes") => "codes",
        "me" if about("factors") || about("two-factor") || about("backup-codes") => {
            "own-two-factor"
        }
        "audit-events" => "accounts",
        "sign-up" => "sign-in",
        "openapi" => "document",
        other => other,
    }
}

/// The document's `tags`.
pub(super) fn tags() -> Value {
    let tags = GROUPS.iter().map(
        |(name, heading, about)| json!({"name": name, "x-displayName": heading, "description": about}),
    );
    tags.collect()
}
