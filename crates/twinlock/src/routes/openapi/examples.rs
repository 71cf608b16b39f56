//! Answers shown in the reference, where those of the single members do not make a good one. A test plays every example and compares.

use serde_json::{Value, json};

use crate::app::Refusal;
use crate::authenticators::api::EXAMPLE_CODES;

/// A wrong code, told without more.
pub(in crate::routes) const WRONG_CODE: Refusal = Refusal::InvalidCode {
    drift_seconds: None,
};

const FACTOR: &str = "019ab1c2-5d3e-7f40-8a51-b62c73d84e95";
const SIGN_IN: &str = "019ab1c4-0e7b-7c21-9f35-d1a6b8c0e243";
const BEGUN: &str = "2026-11-22T14:30:05Z";
const USED: &str = "2026-11-22T14:31:10Z";
const LATER: &str = "2026-11-22T14:42:00Z";
const TOKEN: &str = "tli_AZqxxA57fCGfNdGmuMDiQ9XbT0cW8rUeJk2LhYvNzPqM4sGa";

/// How this document begins.
pub(in crate::routes) fn description() -> Value {
    json!({"openapi": "3.1.0"})
}

/// A second factor that waits for its first code. An application's answer has the place for backup codes too.
pub(in crate::routes) fn enrolment(for_application: bool) -> Value {
    let example = json!({
        "factor": {
            "id": FACTOR,
            "kind": "totp",
            "label": "Phone",
            "state": "pending",
            "preferred": false,
            "created_at": BEGUN,
            "activated_at": null,
            "last_used_at": null,
            "expires_at": "2026-11-22T14:40:05Z",
        },
        "totp": {
            "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "otpauth_uri": "otpauth://totp/Twinlock:Ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Twinlock",
            "qr_svg": "<svg xmlns=\"http://www.w3.org/2000/svg\" …>…</svg>",
        },
    });
    if for_application {
        with(example, json!({"backup_codes": null}))
    } else {
        example
    }
}

/// An active second factor with a new name.
pub(in crate::routes) fn renamed_factor() -> Value {
    factor("Work phone")
}

fn factor(label: &str) -> Value {
    json!({
        "id": FACTOR,
        "kind": "totp",
        "label": label,
        "state": "active",
        "preferred": true,
        "created_at": BEGUN,
        "activated_at": USED,
        "last_used_at": USED,
        "expires_at": null,
    })
}

/// What happened to an account.
pub(in crate::routes) fn events() -> Value {
    json!({
        "items": [{
            "chain": "account",
            "account": FACTOR,
            "seq": 12,
            "at": USED,
            "kind": "signed_in",
            "device": "Firefox on Linux",
            "detail": {"first": "password", "second": "totp"},
            "previous": "5f3c0a9be1d2",
            "hash": "c1d7e60b4a98",
        }],
        "next_cursor": null,
    })
}

/// A code that was accepted.
pub(in crate::routes) fn verified() -> Value {
    json!({
        "verified": true,
        "kind": "totp",
        "factor": FACTOR,
        "backup_codes_remaining": 10,
        "device_token": "tld_AZqxwl0-f0CKUbYsc9hOlW3kR9pVbXn2TzQmDs7FhJc",
    })
}

/// A sign-up that waits for its code.
pub(in crate::routes) fn verify_email() -> Value {
    json!({
        "id": SIGN_IN,
        "token": TOKEN,
        "state": "verify_email",
        "email_hint": "a•••@example.org",
        "expires_at": "2026-11-22T14:40:05Z",
        "resend_at": "2026-11-22T14:31:05Z",
    })
}

/// A sign-in that was just begun.
pub(in crate::routes) fn first_factor() -> Value {
    json!({
        "id": SIGN_IN,
        "token": TOKEN,
        "state": "first_factor",
        "methods": ["password", "email_code"],
    })
}

/// A sign-in that was looked at.
pub(in crate::routes) fn waiting_for_first_factor() -> Value {
    json!({
        "id": SIGN_IN,
        "state": "first_factor",
        "methods": ["password", "email_code"],
    })
}

/// A sign-in that waits for a code of the app.
pub(in crate::routes) fn second_factor() -> Value {
    json!({
        "id": SIGN_IN,
        "token": TOKEN,
        "state": "second_factor",
        "factors": [{"id": FACTOR, "kind": "totp", "label": "Phone"}],
        "preferred": FACTOR,
        "backup_codes": true,
        "trust": false,
    })
}

/// What a security key is asked.
pub(in crate::routes) fn key_question() -> Value {
    json!({
        "webauthn": {
            "challenge": "bV0iCPFcAEyBTsWcJcL4eY7GfS1pqxJz8a2mDk5oLhE",
            "rpId": "login.example.org",
            "allowCredentials": [{"type": "public-key", "id": "AwMDAwMDAwMDAwMDAwMDAw"}],
            "userVerification": "discouraged",
            "timeout": 300_000,
        },
        "expires_at": "2026-11-22T14:37:00Z",
    })
}

/// A code that was texted.
pub(in crate::routes) fn texted() -> Value {
    json!({
        "phone_hint": "•••• 89",
        "expires_at": "2026-11-22T14:37:00Z",
        "resend_at": "2026-11-22T14:33:00Z",
        "state": "queued",
    })
}

/// A number that waits for its code, which did not get there.
pub(in crate::routes) fn waiting_number() -> Value {
    let factor = json!({
        "kind": "sms",
        "label": "•••• 89",
        "state": "pending",
        "preferred": false,
        "activated_at": null,
        "last_used_at": null,
        "expires_at": "2026-11-22T14:40:05Z",
    });
    json!({
        "factor": with(self::factor(""), factor),
        "sms": with(texted(), json!({"state": "refused"})),
    })
}

/// A code that is on its way.
pub(in crate::routes) fn code_sent() -> Value {
    json!({
        "id": SIGN_IN,
        "token": TOKEN,
        "expires_at": LATER,
        "resend_at": "2026-11-22T14:33:00Z",
        "delayed": false,
    })
}

/// A sign-in that is through without a second factor.
pub(in crate::routes) fn complete() -> Value {
    json!({
        "id": SIGN_IN,
        "state": "complete",
        "session": session("aal1", &json!(["otp"])),
        "device_token": "tld_AZqxwl0-f0CKUbYsc9hOlW3kR9pVbXn2TzQmDs7FhJc",
    })
}

/// A sign-in that is through with a second factor.
pub(in crate::routes) fn complete_with_code() -> Value {
    let other = json!({
        "session": session("aal2", &json!(["pwd", "otp", "mfa"])),
    });
    with(complete(), other)
}

/// A sign-in that is through after a forgotten password, with a mailed code and one of the app.
pub(in crate::routes) fn complete_after_reset() -> Value {
    let session = session("aal1", &json!(["otp", "mfa"]));
    with(complete_with_code(), json!({"session": session}))
}

/// A forced enrolment that is done.
pub(in crate::routes) fn enrolled() -> Value {
    let other = json!({"factor": factor("Phone"), "backup_codes": EXAMPLE_CODES});
    with(complete_with_code(), other)
}

/// An example with other or more members.
fn with(mut example: Value, other: Value) -> Value {
    if let (Value::Object(members), Value::Object(other)) = (&mut example, other) {
        members.extend(other);
    }
    example
}

fn session(aal: &str, amr: &Value) -> Value {
    json!({
        "token": "tls_AZqxxX4d0Y8mR2tVwKfQhLc7NpJsBzDgXeUaYoIvTqCrMkWn",
        "expires_at": "2026-12-22T14:31:10Z",
        "aal": aal,
        "amr": amr,
    })
}
