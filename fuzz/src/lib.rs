//! Properties of everything that reads input from outside. Each takes any bytes and fails by an assertion.
//!
//! "It does not panic" is the least of them: what is accepted must be the same thing when it is read again, must be what a second,
//! independent reader makes of it, and must never lead to another host, another person or another field. `cargo xtask fuzz` runs them
//! under libFuzzer; the tests of this crate run them over the kept inputs and seeded mutations of those.

mod addresses;
mod bodies;
mod codes;
mod headers;
mod sealed;
mod set_up;

/// A property: it takes any bytes, and a failed assertion is a finding.
pub type Property = fn(&[u8]);

/// Every target: its name, which is also the folder of its kept inputs, and its property.
pub const TARGETS: &[(&str, Property)] = &[
    ("backup_code", codes::backup_code),
    ("emailed_code", codes::emailed_code),
    ("six_digits", codes::six_digits),
    ("secret", codes::secret),
    ("otpauth", codes::otpauth),
    ("mailbox", addresses::mailbox),
    ("name", addresses::name),
    ("mail_headers", addresses::mail_headers),
    ("return_path", addresses::return_path),
    ("public_url", addresses::public_url),
    ("origin", headers::origin),
    ("host", headers::host),
    ("cookies", headers::cookies),
    ("forwarded", headers::forwarded),
    ("accept_language", headers::accept_language),
    ("json", bodies::json),
    ("form", bodies::form),
    ("token", sealed::token),
    ("sealed", sealed::sealed),
    ("settings", set_up::settings),
    ("smtp_url", set_up::smtp_url),
];

/// The property of this name.
#[must_use]
pub fn target(name: &str) -> Option<Property> {
    TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, property)| *property)
}

/// The bytes as text; what is not UTF-8 becomes U+FFFD, so that every input tries something.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
